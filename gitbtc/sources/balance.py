"""Whether what is listed here is what the source says it has, to the satoshi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.errors import GitbtcError
from gitbtc.spends import COINS, TRANSACTIONS
from gitbtc.spends.evidence import EVENT, inputs, is_dead

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gitbtc.kinds.kind import Record
    from gitbtc.sources.snapshot import Outpoint, SourceSnapshot
    from gitbtc.spends.evidence import Evidence


class OtherBalance(GitbtcError):
    """What would be listed is not what the source says that it has."""


def check(snapshot: SourceSnapshot, told: Evidence, after: Evidence) -> list[str]:
    """Raise OtherBalance where the source's coins in `after` are not worth its balance; `told` is all that it told, now
    and before.

    A coin that is otherwise here by something that the source does not know of, or that somebody settled, is no fault:
    the notices say what it makes. Without a balance in the snapshot there is nothing to check.
    """
    if snapshot.balance_sat is None or COINS not in snapshot.records:
        return []
    # Whoever tells of no transactions knows those of its coins.
    now = {record["txid"] for record in snapshot.records.get(TRANSACTIONS, snapshot.records[COINS])}
    known = now | {txid for txid, record in told.transactions.items() if record["confirmed"]}
    wanted = {outpoint: coin["amount_sat"] for outpoint in told.coins
              if outpoint[0] in known and (coin := told.coins.get(outpoint)) is not None}  # fmt: skip
    listed = {outpoint: coin["amount_sat"] for outpoint in snapshot.owned | wanted.keys()
              if (coin := after.coins.get(outpoint)) is not None}  # fmt: skip
    apart = [one for one in wanted.keys() ^ listed.keys() if _is_otherwise(one, known, told, after)]
    explained = sum(listed.get(one, 0) - wanted.get(one, 0) for one in apart)
    total = sum(listed.values())
    over = total - explained - snapshot.balance_sat
    if over:
        raise OtherBalance(
            f"nothing was imported: the coins would be worth {total - explained} sat, and {snapshot.source} says "
            f"{snapshot.balance_sat} sat, {abs(over)} sat {'less' if over > 0 else 'more'}"
        )
    if not apart:
        return []
    said = f"{snapshot.source} has {snapshot.balance_sat} sat, and {total} sat of that wallet are listed"
    return [f"{said}: {len(apart)} of its coins are otherwise here, by what was settled, or it does not know of"]


def _is_otherwise(outpoint: Outpoint, known: Collection[str], told: Evidence, after: Evidence) -> bool:
    """Whether something else is known here of a coin than the source tells, of the transactions `known` to it: what
    became of the one that made it, or which ones spend it.
    """
    txid = outpoint[0]
    makes = txid in known and not told.standing(txid).makes_no_coin
    spenders = {one for one in _spenders(outpoint, told) if one in known}
    return makes is after.standing(txid).makes_no_coin or spenders != _spenders(outpoint, after)


def _spenders(outpoint: Outpoint, view: Evidence) -> set[str]:
    return {txid for txid, strength in view.claimants(outpoint).items() if strength > EVENT}


def forgotten(snapshot: SourceSnapshot, unknown: Mapping[str, Record], was_told: Callable[[str], bool]) -> list[str]:
    """A line for each unconfirmed transaction here, of those `unknown` to the source (by txid), that it once told
    (`was_told`), or that spends its coins: a wallet that was made anew knows no payment that no block holds.
    """
    way_out = "it counts until a block decides, or somebody says `abandoned` in its record"
    return [
        f"{txid} is unconfirmed, and {snapshot.source} does not know it (any more); {way_out}"
        for txid, record in sorted(unknown.items())
        if not record["confirmed"]
        and not is_dead(record)
        and (was_told(txid) or not snapshot.owned.isdisjoint(inputs(record)))
    ]
