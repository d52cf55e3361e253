"""Files that only grow: no commit may lose or rewrite one of their records, no merge may lose one of either side's."""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.delta import delta
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import Style
from gitbtc.merge.records import changes_fixed_facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.kinds.delta import Change
    from gitbtc.kinds.kind import Key, Kind


def rewritten(kind: Kind, old: bytes, new: bytes) -> Iterator[tuple[Key, str]]:
    """The records of `old` that `new` lacks, or whose fixed facts it changes, each with what happened. Malformed."""
    if not kind.append_only:
        return
    for change in delta(kind, old, new):
        if change.old_record is None:
            continue
        if change.new_record is None:
            yield change.key, "removed"
        elif changes_fixed_facts(kind, change.old_record, change.new_record):
            yield change.key, "rewritten"


def lost(kind: Kind, versions: list[bytes], result: bytes) -> Iterator[tuple[Key, str]]:
    """The records that one of `versions` (the parents') has and `result` lacks, or has other than every parent that has
    it; each with what happened. A version that does not parse has none.
    """
    known = [(version, found) for version in versions if (found := _rewritten(kind, version, result)) is not None]
    for key in sorted({key for _, found in known for key in found}):
        told = [found.get(key) for _, found in known]
        if "removed" in told:
            yield key, "removed"
        elif all(what or key not in codec.keyed(kind, version) for what, (version, _) in zip(told, known, strict=True)):
            yield key, "rewritten"


def _rewritten(kind: Kind, version: bytes, result: bytes) -> dict[Key, str] | None:
    try:
        return dict(rewritten(kind, version, result))
    except codec.Malformed:
        return None


def union(kind: Kind, base: bytes, sides: list[bytes], merged: bytes) -> bytes | None:
    """`merged` with every record of every side that it lacks, and with what every side learned of a record that it took
    from one of them as it was; None when nothing is missing. Malformed.

    A record that a side shares with a common ancestor and the other side removed is lost too: these files only grow.
    """
    if not any(_may_lack(delta(kind, side, merged)) for side in sides):
        return None
    contested: set[Key] = set()
    together = sides[0]
    for side in sides[1:]:
        merge = merge_files(kind, base, together, side, Options(Style, virtual=True))
        together = merge.content
        contested |= {conflict.key for conflict in merge.conflicts}
    found, versions = codec.keyed(kind, merged), [codec.keyed(kind, one) for one in (base, *sides)]
    known = {key: line for version in versions[1:] for key, line in version.items()} | codec.keyed(kind, together)
    complete = known | {
        key: line
        for key, line in found.items()
        if key not in known or key in contested or all(version.get(key) != line for version in versions)
    }
    return None if complete == found else codec.encode_lines(kind, [complete[key] for key in sorted(complete)])


def _may_lack(changes: list[Change]) -> bool:
    """Whether a side has something that the merged file tells otherwise, or not at all."""
    return any(change.old is not None for change in changes)
