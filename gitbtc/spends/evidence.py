"""What one snapshot of a root says about coins: which it holds, and which transactions claim to spend which."""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends import CHAIN, COINS, EXECUTION, MEMPOOL, TRANSACTIONS
from gitbtc.spends.coins import Coins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.coins import Outpoint

    # The content of a state file of the root by kind; b"" when the snapshot has none.
    Files = Callable[[str], bytes]

# How strong a claim is: the stronger evidence stays.
CONFIRMED, IN_MEMPOOL, UNCONFIRMED, EVENT = 4, 3, 2, 1


class Evidence:
    """What a snapshot knows.

    `claims`: outpoint -> {txid that claims to spend it: strength}; `dead`: transactions that lost or were given up and
    claim nothing; `transactions`: txid -> record; `mempool`: txid -> entry; `network`: the chain's name or "".
    """

    __slots__ = ("_coins", "_files", "claims", "dead", "mempool", "network", "transactions")

    def __init__(self, files: Files) -> None:
        """Read the snapshot whose state files `files` answers. Raises codec.Malformed."""
        self._files = files
        self._coins: Coins | None = None
        self.transactions: dict[str, Record] = {record["txid"]: record for record in _records(files, TRANSACTIONS)}
        self.mempool: dict[str, Record] = {record["txid"]: record for record in _records(files, MEMPOOL)}
        self.dead = {txid for txid, record in self.transactions.items() if is_dead(record)}
        self.claims: dict[Outpoint, dict[str, int]] = {}
        for txid, outpoint, strength in self._claimed(files):
            if txid not in self.dead:
                held = self.claims.setdefault(outpoint, {})
                held[txid] = max(strength, held.get(txid, 0))
        chain = codec.parse(built_in(CHAIN), files(CHAIN)) if files(CHAIN) else {}
        self.network: str = chain.get("network", "")

    @property
    def coins(self) -> Coins:
        """The coins that the snapshot lists; read when first asked for."""
        if self._coins is None:
            self._coins = Coins(self._files(COINS))
        return self._coins

    def spends(self, outpoint: Outpoint) -> bool:
        """Whether a live transaction spends `outpoint`: more than an event of the log says so."""
        return any(strength > EVENT for strength in self.claimants(outpoint).values())

    def claimants(self, outpoint: Outpoint) -> dict[str, int]:
        """The transactions that claim to spend `outpoint`, each with the strength of its evidence."""
        return self.claims.get(outpoint, {})

    def spender(self, outpoint: Outpoint) -> str | None:
        """The best claimed spender; on equal evidence the smaller txid, so that the answer has no order."""
        claimants = self.claimants(outpoint)
        return min(claimants, key=lambda txid: (-claimants[txid], txid)) if claimants else None

    def _claimed(self, files: Files) -> Iterator[tuple[str, Outpoint, int]]:
        for txid, record in self.transactions.items():
            strength = CONFIRMED if record.get("confirmed") else UNCONFIRMED
            yield from ((txid, outpoint, strength) for outpoint in inputs(record))
        for txid, record in self.mempool.items():
            yield from ((txid, outpoint, IN_MEMPOOL) for outpoint in inputs(record))
        for event in _records(files, EXECUTION):
            if event.get("txid") and event.get("event_type") not in ("reserve", "release"):
                yield from ((event["txid"], outpoint, EVENT) for outpoint in _named(event))


def is_dead(transaction: Record) -> bool:
    """Whether a transaction record says that the transaction lost or was given up."""
    return bool(transaction.get("replaced_by")) or transaction.get("abandoned") is True


def inputs(transaction: Record) -> list[Outpoint]:
    """The outpoints that a transaction or mempool record spends."""
    return [(spent["txid"], spent["vout"]) for spent in transaction.get("inputs", ())]


def _named(event: Record) -> Iterable[Outpoint]:
    for text in event.get("outpoints", ()):
        txid, _, vout = text.partition(":")
        if vout.isdigit():
            yield txid, int(vout)


def _records(files: Files, kind: str) -> list[Record]:
    content = files(kind)
    records: list[Any] = codec.parse(built_in(kind), content) if content else []
    return records


def outpoint_text(outpoint: Outpoint) -> str:
    """An outpoint as people write it: `txid:vout`."""
    return f"{outpoint[0]}:{outpoint[1]}"
