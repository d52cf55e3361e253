"""What happens to the rest of a root when a transaction loses.

Its outputs were never paid, so they leave the coins, and so does all that was built on them; what it and its
descendants spent is unspent again, unless the winner or another live transaction spends it; it leaves the mempool;
its record stays, and says why. A winner that one side had given up lives again, and what it made is there again.
"""

from __future__ import annotations

from gitbtc.spends import COINS, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import inputs, is_dead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint

    # Records of a root by kind and key, as the state files hold them; settling edits them in place.
    State = dict[str, dict[tuple[Any, ...], Record]]
    # A coin's record as some snapshot listed it, or None when no snapshot ever did.
    KnownCoin = Callable[[Outpoint], Record | None]


class Settlement:
    """How one contested coin ends: `losers` and all built on them go, `winners` live (none: nobody won).

    `revived` are transactions built on the winners, which live again with them if they were given up when those seemed
    lost. `taken` are outpoints that stay spent although no transaction record says so (the winner is named in the log
    alone), `freed` those that are coins again although no record of a loser names them. `pending` are mempool entries
    of winners (txid -> record), put back where no record of them is left.
    """

    __slots__ = ("freed", "losers", "pending", "revived", "taken", "winners")

    def __init__(  # noqa: PLR0913 - a settlement is all that ends with it
        self,
        losers: Iterable[str],
        winners: Iterable[str] = (),
        *,
        revived: Iterable[str] = (),
        taken: Iterable[Outpoint] = (),
        freed: Iterable[Outpoint] = (),
        pending: Mapping[str, Record] | None = None,
    ) -> None:
        self.winners = frozenset(winners)
        self.losers = frozenset(losers) - self.winners
        self.revived = frozenset(revived) - self.losers
        self.taken = frozenset(taken)
        self.freed = frozenset(freed)
        self.pending = dict(pending or {})


def settle(state: State, settlement: Settlement, known_coin: KnownCoin) -> set[str]:
    """Make `state` what it is when `settlement` stands; the txids of the transactions that were taken out."""
    for txid in settlement.winners:
        _unmark(state, txid)
        if txid in settlement.pending and (txid,) not in state[TRANSACTIONS]:
            state[MEMPOOL].setdefault((txid,), dict(settlement.pending[txid]))
    gone = _with_descendants(state, settlement.losers | _rivals(state, settlement)) - settlement.winners
    unspent = {outpoint for txid in gone for outpoint in inputs(_record(state, txid))}
    around = {outpoint for txid in gone | settlement.winners for outpoint in _around(state, txid)}
    concerned = around | settlement.taken | settlement.freed | {coin for coin in state[COINS] if coin[0] in gone}
    for txid in gone:
        _mark(state, txid, settlement)
        state[MEMPOOL].pop((txid,), None)
    concerned |= {outpoint for txid in _revive(state, settlement) for outpoint in _around(state, txid)}
    live = _live_inputs(state)
    for outpoint in concerned:
        if outpoint in live or outpoint in settlement.taken or _is_void(state, outpoint[0], gone):
            state[COINS].pop(outpoint, None)
        else:
            made = _as_made(state, outpoint) if outpoint in unspent else None
            _restore(state, outpoint, known_coin(outpoint) or made)
    _flag_spent(state, concerned, live)
    return gone


def _unmark(state: State, txid: str) -> None:
    record = state[TRANSACTIONS].get((txid,), {})
    if is_dead(record):
        record.pop("replaced_by", None)
        record.pop("abandoned", None)


def _revive(state: State, settlement: Settlement) -> set[str]:
    """What was given up with a winner lives again, unless its coins have gone elsewhere since."""
    alive: set[str] = set()
    waiting = set(settlement.revived)
    while waiting:
        live = _live_inputs(state)
        found = {txid for txid in waiting if _can_live(state, txid, live)}
        for txid in found:
            _unmark(state, txid)
            live |= set(inputs(_record(state, txid)))
        alive |= found
        waiting = waiting - found if found else set()
    return alive


def _can_live(state: State, txid: str, live: set[Outpoint]) -> bool:
    record = state[TRANSACTIONS].get((txid,), {})
    needed = inputs(record)
    gone_elsewhere = any(outpoint in live or _is_void(state, outpoint[0], set()) for outpoint in needed)
    return record.get("abandoned") is True and not record.get("replaced_by") and not gone_elsewhere


def _rivals(state: State, settlement: Settlement) -> set[str]:
    """Whatever lives and spends a coin of the winners: it may be a transaction that neither side took for live."""
    spent = {outpoint for txid in settlement.winners for outpoint in inputs(_record(state, txid))} | settlement.taken
    live = (
        (txid, record)
        for kind in (TRANSACTIONS, MEMPOOL)
        for (txid,), record in state[kind].items()
        if txid not in settlement.winners and not is_dead(record)
    )
    return {txid for txid, record in live if not spent.isdisjoint(inputs(record))}


def _with_descendants(state: State, losers: Iterable[str]) -> set[str]:
    gone = set(losers)
    waiting = True
    while waiting:
        children = {
            txid
            for kind in (TRANSACTIONS, MEMPOOL)
            for (txid,), record in state[kind].items()
            if txid not in gone and not is_dead(record) and any(parent in gone for parent, _ in inputs(record))
        }
        gone |= children
        waiting = bool(children)
    return gone


def _record(state: State, txid: str) -> Record:
    return state[TRANSACTIONS].get((txid,)) or state[MEMPOOL].get((txid,)) or {}


def _around(state: State, txid: str) -> list[Outpoint]:
    """The coins that a transaction spends, and those that it makes."""
    record = _record(state, txid)
    return [*inputs(record), *((txid, output["vout"]) for output in record.get("outputs", ()))]


def _mark(state: State, txid: str, settlement: Settlement) -> None:
    """A transaction record says that it lost: to a winner, or (given up, or built on a loser) to nobody."""
    record = state[TRANSACTIONS].get((txid,))
    if record is None or is_dead(record):
        return
    spent = set(inputs(record))
    winners = [winner for winner in sorted(settlement.winners) if spent & set(inputs(_record(state, winner)))]
    if txid in settlement.losers:
        winners += sorted(settlement.winners)
    if winners:
        record["replaced_by"] = winners[0]
    else:
        record["abandoned"] = True


def _is_void(state: State, txid: str, gone: set[str]) -> bool:
    """Whether a transaction never made its outputs."""
    return txid in gone or is_dead(state[TRANSACTIONS].get((txid,), {}))


def _live_inputs(state: State) -> set[Outpoint]:
    return {
        outpoint
        for kind in (TRANSACTIONS, MEMPOOL)
        for (txid,), record in state[kind].items()
        if not is_dead(record) and not is_dead(state[TRANSACTIONS].get((txid,), {}))
        for outpoint in inputs(record)
    }


def _restore(state: State, outpoint: Outpoint, coin: Record | None) -> None:
    if coin is not None:
        state[COINS].setdefault(outpoint, dict(coin))


def _as_made(state: State, outpoint: Outpoint) -> Record | None:
    """A coin as the transaction that made it tells: what came and went between two commits was never listed.

    Only for what a transaction of the wallet spent: of any other output nobody says whose it is. Without inputs it is
    a coinbase.
    """
    txid, vout = outpoint
    maker: Record = state[TRANSACTIONS].get((txid,), {})
    output = next((one for one in maker.get("outputs", ()) if one["vout"] == vout and one["address"]), None)
    if output is None:
        return None
    block: Record = {name: maker[name] for name in ("block_height", "block_hash") if name in maker}
    described: Record = {name: output[name] for name in ("amount_sat", "script_type", "address")}
    return {"txid": txid, "vout": vout, **described, **block, "coinbase": not maker["inputs"], "label": None}


def _flag_spent(state: State, outpoints: set[Outpoint], live: set[Outpoint]) -> None:
    """The `spent` flag of the outputs concerned, in the records of the transactions that made them."""
    for txid, vout in outpoints:
        record = state[TRANSACTIONS].get((txid,))
        for output in record["outputs"] if record else ():
            if output["vout"] == vout:
                output["spent"] = (txid, vout) in live
