"""Records that are rightly gone from a merge although a side had just added them, because the other files say why."""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends import CHANNELS, LABELS, MEMPOOL, ROUTING, TRANSACTIONS
from gitbtc.spends.evidence import inputs, is_dead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gitbtc.kinds.kind import Key, Record
    from gitbtc.spends.evidence import Files
    from gitbtc.spends.listing import Outpoint

    Lost = Mapping[Key, Record]


def ended(kind: str, lost: Lost, gone: Collection[Key], files: Files) -> set[Key]:
    """Those of the `lost` records of `kind` that have reason to be gone, by what `files`, the merged ones, hold.

    `gone` are the records that a common ancestor had and the merge has not.
    """
    judge = _ENDED.get(kind)
    return judge(lost, gone, files) if judge else set()


def _mined_or_void(lost: Lost, _: Collection[Key], files: Files) -> set[Key]:
    """Pending transactions that are confirmed, marked as lost, beside a live rival, or built on one that is."""
    known = {record["txid"]: record for record in _records(TRANSACTIONS, files)}
    live = [record for record in known.values() if not is_dead(record)] + _records(MEMPOOL, files)
    spenders = {outpoint: record["txid"] for record in live for outpoint in inputs(record)}
    void = {txid for txid, record in known.items() if is_dead(record)}
    while True:
        more = {record["txid"] for record in lost.values() if _has_lost(record, spenders, void)} - void
        if not more:
            return {key for key in lost if key[0] in void or known.get(key[0], {}).get("confirmed")}
        void |= more


def _has_lost(record: Record, spenders: Mapping[Outpoint, str], void: set[str]) -> bool:
    txid = record["txid"]
    return any(spenders.get(outpoint, txid) != txid or outpoint[0] in void for outpoint in inputs(record))


def _under_another_id(lost: Lost, _: Collection[Key], files: Files) -> set[Key]:
    """Channels whose funding another record has: an alias went, or the id took its place."""
    funded = {record.get("funding_outpoint") for record in _records(CHANNELS, files)} - {None}
    return {key for key, record in lost.items() if record.get("funding_outpoint") in funded}


def _without_a_channel(lost: Lost, _: Collection[Key], files: Files) -> set[Key]:
    """Policies of channels that are not there."""
    channels = {record["channel_id"] for record in _records(CHANNELS, files)}
    return {key for key in lost if files(CHANNELS) and key[0] not in channels}


def _renamed_twice(lost: Lost, gone: Collection[Key], files: Files) -> set[Key]:
    """Labels of an address that had one, for which each side has a new one: one name was chosen."""
    renamed = {address for address, _ in gone} & {record["address"] for record in _records(LABELS, files)}
    return {key for key in lost if key[0] in renamed}


def _records(kind: str, files: Files) -> list[Record]:
    content = files(kind)
    records: list[Record] = codec.parse(built_in(kind), content) if content else []
    return records


_ENDED: dict[str, Callable[[Lost, Collection[Key], Files], set[Key]]] = {
    MEMPOOL: _mined_or_void,
    CHANNELS: _under_another_id,
    ROUTING: _without_a_channel,
    LABELS: _renamed_twice,
}
