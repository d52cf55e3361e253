"""Whether what is listed here is what the source says it has, to the satoshi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.errors import GitbtcError
from gitbtc.spends import COINS, TRANSACTIONS
from gitbtc.spends.evidence import inputs, is_dead

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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
    now = {record["txid"] for record in snapshot.records.get(TRANSACTIONS, ())}
    known = {txid: record for txid, record in told.transactions.items() if txid in now or record["confirmed"]}
    wanted = {outpoint: coin["amount_sat"] for outpoint in told.coins
              if outpoint[0] in known and (coin := told.coins.get(outpoint)) is not None}  # fmt: skip
    listed = {outpoint: coin["amount_sat"] for outpoint in snapshot.owned | wanted.keys()
              if (coin := after.coins.get(outpoint)) is not None}  # fmt: skip
    apart = [one for one in wanted.keys() ^ listed.keys() if _is_known_here(one, known, after)]
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


def _is_known_here(outpoint: Outpoint, told: Mapping[str, Record], after: Evidence) -> bool:
    """Whether more is known here of a coin than the source knows: that its transaction lost, or who spends it."""
    if outpoint[0] not in told or after.standing(outpoint[0]).is_given_up:
        return True
    if any(txid not in told or is_dead(told[txid]) for txid in after.claimants(outpoint)):
        return True
    spenders = [txid for txid, record in told.items() if outpoint in inputs(record) and not is_dead(record)]
    return any(after.standing(txid).is_given_up for txid in spenders)


def forgotten(snapshot: SourceSnapshot, after: Evidence, earlier: Collection[str]) -> list[str]:
    """A line for each unconfirmed transaction here that the source does not know, although it once told it (`earlier`),
    or it spends its coins: a wallet that was made anew knows no payment that no block holds.
    """
    if TRANSACTIONS not in snapshot.records:
        return []
    known = {record["txid"] for record in snapshot.records[TRANSACTIONS]}
    way_out = "it counts until a block decides, or somebody says `abandoned` in its record"
    return [
        f"{txid} is unconfirmed, and {snapshot.source} does not know it (any more); {way_out}"
        for txid, record in sorted(after.transactions.items())
        if txid not in known
        and not record["confirmed"]
        and not is_dead(record)
        and (txid in earlier or not snapshot.owned.isdisjoint(inputs(record)))
    ]
