"""What happens to the rest of a root when a transaction loses.

Its outputs were never paid, so they leave the coins, and so does all that was built on them; what it and its
descendants spent is unspent again, unless the winner or another live transaction spends it; it leaves the mempool;
its record stays, and says why.
"""

from __future__ import annotations

from gitbtc.spends import COINS, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import inputs, is_dead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.coins import Outpoint

    # Records of a root by kind and key, as the state files hold them; settling edits them in place.
    State = dict[str, dict[tuple[Any, ...], Record]]
    # A coin's record as some snapshot listed it, or None when no snapshot ever did.
    KnownCoin = Callable[[Outpoint], Record | None]


def lose(state: State, losers: Iterable[str], winner: str | None, known_coin: KnownCoin) -> set[str]:
    """Take `losers` and all their descendants out of `state`, for `winner` (None: nobody won); the txids taken out."""
    gone = _with_descendants(state, losers)
    spent = {outpoint for txid in gone for outpoint in _inputs_of(state, txid)}
    for txid in gone:
        _mark(state, txid, winner)
        state[MEMPOOL].pop((txid,), None)
    for outpoint in [key for key in state[COINS] if key[0] in gone]:
        del state[COINS][outpoint]
    live = _live_inputs(state)
    for outpoint in sorted(spent - live):
        if outpoint[0] not in gone:
            _restore(state, outpoint, known_coin)
    for outpoint in live & state[COINS].keys():
        del state[COINS][outpoint]
    _flag_spent(state, spent | live, live)
    return gone


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


def _inputs_of(state: State, txid: str) -> list[Outpoint]:
    record = state[TRANSACTIONS].get((txid,)) or state[MEMPOOL].get((txid,)) or {}
    return inputs(record)


def _mark(state: State, txid: str, winner: str | None) -> None:
    """A transaction record says that it lost: to the winner, or (given up, or built on a loser) to nobody."""
    record = state[TRANSACTIONS].get((txid,))
    if record is None or is_dead(record):
        return
    if winner and set(inputs(record)) & set(_inputs_of(state, winner)):
        record["replaced_by"] = winner
    else:
        record["abandoned"] = True


def _live_inputs(state: State) -> set[Outpoint]:
    return {
        outpoint
        for kind in (TRANSACTIONS, MEMPOOL)
        for (txid,), record in state[kind].items()
        if not is_dead(record) and not is_dead(state[TRANSACTIONS].get((txid,), {}))
        for outpoint in inputs(record)
    }


def _restore(state: State, outpoint: Outpoint, known_coin: KnownCoin) -> None:
    coin = known_coin(outpoint)
    if coin is not None:
        state[COINS].setdefault(outpoint, dict(coin))


def _flag_spent(state: State, outpoints: set[Outpoint], live: set[Outpoint]) -> None:
    """The `spent` flag of the outputs concerned, in the records of the transactions that made them."""
    for txid, vout in outpoints:
        record = state[TRANSACTIONS].get((txid,))
        for output in record["outputs"] if record else ():
            if output["vout"] == vout:
                output["spent"] = (txid, vout) in live
