"""Whether what is listed here is what the source says it has, to the satoshi."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gitbtc.errors import GitbtcError
from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import built_in
from gitbtc.sources.snapshot import Asked
from gitbtc.spends import COINS
from gitbtc.spends.evidence import EVENT, inputs, is_dead
from gitbtc.spends.listing import Coins, worth

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Mapping

    from gitbtc.kinds.kind import Record
    from gitbtc.sources.snapshot import Outpoint, SourceSnapshot
    from gitbtc.spends.evidence import Evidence


class OtherBalance(GitbtcError):
    """What would be listed is not what the source says that it has."""


class CoinFiles(NamedTuple):
    """Files of coins: what the source tells `now`, what it `told` now and before, what is here `after` the import."""

    now: bytes
    told: bytes
    after: bytes


def check(
    snapshot: SourceSnapshot, listed: CoinFiles, earlier: Collection[str],
    evidence: Callable[[], tuple[Evidence, Evidence]],
) -> list[str]:  # fmt: skip
    """Raise OtherBalance where the source's coins as they are `listed` in the end are not worth its balance. The first
    `evidence` is of all that the source told, the second of what is known here then. `earlier`: the confirmed
    transactions that it told before, and does not now.

    A coin that is otherwise here by something that the source does not know of, or that somebody settled, is no fault:
    the notices say what it makes. Without a balance in the snapshot there is nothing to check.
    """
    if snapshot.balance_sat is None or COINS not in snapshot.records:
        return []
    known = Asked[str](lambda txid: txid in earlier or txid in snapshot.txids)
    # What both list alike counts for both, if it is of a transaction that the source knows.
    looked_at = {(one.key[0], one.key[1]): (one.old_record, one.new_record)
                 for one in delta(built_in(COINS), listed.told, listed.after)}  # fmt: skip
    told_worth, strange = _strange(snapshot, listed, known)
    looked_at = {outpoint: (coin, coin) for outpoint, coin in strange.items()} | looked_at
    wanted = {
        outpoint: coin["amount_sat"] for outpoint, (coin, _) in looked_at.items() if coin and outpoint[0] in known
    }
    counted = {outpoint: coin["amount_sat"] for outpoint, (_, coin) in looked_at.items()
              if coin and (outpoint in snapshot.owned or outpoint in wanted)}  # fmt: skip
    apart = wanted.keys() ^ counted.keys()
    if apart:
        views = evidence()
        apart = {one for one in apart if _is_otherwise(one, known, *views)}
    explained = sum(counted.get(one, 0) - wanted.get(one, 0) for one in apart)
    alike = told_worth - sum(coin["amount_sat"] for coin, _ in looked_at.values() if coin)
    total = alike + sum(counted.values())
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


def _strange(
    snapshot: SourceSnapshot, listed: CoinFiles, known: Container[str]
) -> tuple[int, dict[Outpoint, Record]]:  # fmt: skip
    """What the coins that the source told are worth (sat), and which are of transactions that it does not know."""
    if snapshot.coins_sat is None:
        coins = Coins(listed.told)
        unknown = [txid for txid in coins.txids() if txid not in known]
        return worth(listed.told), {one: coin for one in coins.of_any(unknown) if (coin := coins.get(one))}
    changes = delta(built_in(COINS), listed.now, listed.told)
    come, gone = ([one for one in (getattr(change, side) for change in changes) if one is not None]
                  for side in ("new_record", "old_record"))  # fmt: skip
    apart = sum(coin["amount_sat"] for coin in come) - sum(coin["amount_sat"] for coin in gone)
    strange = {(coin["txid"], coin["vout"]): coin for coin in come if coin["txid"] not in known}
    return snapshot.coins_sat + apart, strange


def _is_otherwise(outpoint: Outpoint, known: Container[str], told: Evidence, after: Evidence) -> bool:
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
        and (was_told(txid) or any(outpoint in snapshot.owned for outpoint in inputs(record)))
    ]
