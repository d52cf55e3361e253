"""Records that are rightly gone from a merge although a side had just added them, because the other files say why.

What became of pending transactions, the fates tell.
"""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends import CHANNELS, LABELS, ROUTING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gitbtc.kinds.kind import Key, Record
    from gitbtc.spends.evidence import Files

    Lost = Mapping[Key, Record]


def ended(kind: str, lost: Lost, gone: Collection[Key], files: Files) -> set[Key]:
    """Those of the `lost` records of `kind` that have reason to be gone, by what `files`, the merged ones, hold.

    `gone` are the records that a common ancestor had and the merge has not.
    """
    judge = _ENDED.get(kind)
    return judge(lost, gone, files) if judge else set()


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
    CHANNELS: _under_another_id,
    ROUTING: _without_a_channel,
    LABELS: _renamed_twice,
}
