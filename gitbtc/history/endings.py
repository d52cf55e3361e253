"""How the story of a coin stands at one moment: spent, unspent, contested, and who has it reserved."""

from __future__ import annotations

from typing import Any, NamedTuple

from gitbtc.spends.evidence import EVENT, IN_MEMPOOL
from gitbtc.spends.reservations import Reservation, holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint


class CoinEnding(NamedTuple):
    """`state`, a word of `STATES`; `listed`: it is among the coins. `txids`: the transactions that spend it; of a coin
    that was lost its own. `block_height`: of the block that holds the spender, or the coin's own transaction while
    nothing spends it; None while it waits for one. `replaced_by`: what took a lost transaction's place.
    `in_mempool`: the spender waits there. `reservations`: those that hold now.
    """

    state: str
    listed: bool
    txids: tuple[str, ...] = ()
    block_height: int | None = None
    replaced_by: str | None = None
    in_mempool: bool = False
    reservations: tuple[Reservation, ...] = ()

    def document(self) -> dict[str, Any]:
        """The ending as JSON."""
        held = [{"agent": one.agent, "expires_height": one.expires_height} for one in self.reservations]
        return {**self._asdict(), "txids": list(self.txids), "reservations": held}


def _unspent(evidence: Evidence, outpoint: Outpoint, live: list[str]) -> CoinEnding | None:
    coin = evidence.coins.get(outpoint)
    if coin is None or live:
        return None
    return CoinEnding("unspent", listed=True, block_height=coin.get("block_height"))


def _contested(evidence: Evidence, outpoint: Outpoint, live: list[str]) -> CoinEnding | None:
    return CoinEnding("contested", outpoint in evidence.coins, tuple(live)) if len(live) > 1 else None


def _spent(evidence: Evidence, outpoint: Outpoint, _: list[str]) -> CoinEnding | None:
    txid = evidence.spender(outpoint)
    if txid is None:
        return None
    height = evidence.transactions.get(txid, {}).get("block_height")
    waits = evidence.claimants(outpoint)[txid] == IN_MEMPOOL
    return CoinEnding("spent", outpoint in evidence.coins, (txid,), height, in_mempool=waits)


def _lost(evidence: Evidence, outpoint: Outpoint, _: list[str]) -> CoinEnding | None:
    txid = outpoint[0]
    if txid not in evidence.dead:
        return None
    return CoinEnding("lost", listed=False, txids=(txid,), replaced_by=evidence.transactions[txid].get("replaced_by"))


def _gone(_: Evidence, __: Outpoint, ___: list[str]) -> CoinEnding:
    return CoinEnding("gone", listed=False)


# In this order: the first that applies.
STATES: dict[str, Callable[[Evidence, Outpoint, list[str]], CoinEnding | None]] = {
    "contested": _contested, "unspent": _unspent, "spent": _spent, "lost": _lost, "gone": _gone
}  # fmt: skip


def ending(evidence: Evidence, outpoint: Outpoint) -> CoinEnding:
    """How it stands with `outpoint` in a snapshot."""
    live = sorted(txid for txid, strength in evidence.claimants(outpoint).items() if strength > EVENT)
    found = next(end for state in STATES.values() if (end := state(evidence, outpoint, live)))
    held = evidence.reservations.get(outpoint, {}).values()
    return found._replace(reservations=tuple(one for one in held if holds(one, evidence.tip)))
