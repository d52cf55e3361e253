"""Whether the state files that a branch brings are state files at all: what does not parse, or is not what its schema
says, cannot be judged any further.
"""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.validate import records_of, violations
from gitbtc.premerge.foreseen import MergeFinding
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitbtc.kinds.kind import Record
    from gitbtc.premerge.versions import Version, Versions

_SHOWN = 5  # faults of one file


def faults(versions: Versions, base: Version, side: Version) -> Iterator[MergeFinding]:
    """What is wrong with the records that `side` has and `base` does not, file by file."""
    for path, entry in side.entries.items():
        if entry != base.entries.get(path):
            if entry[0] in (SYMBOLIC_LINK, SUBMODULE):
                yield MergeFinding("unreadable", path, "something else than a file stands in a state file's place")
                continue
            try:
                yield from _in_file(versions, path, base, side)
            except Malformed:
                yield from _own_fault(versions, path, side)


def _own_fault(versions: Versions, path: str, side: Version) -> Iterator[MergeFinding]:
    """What is wrong with the file of `side`, when it is not the one that it was compared with that does not parse."""
    try:
        codec.keyed(versions.kind(path), versions.content(side.blob(path)))
    except Malformed as error:
        yield MergeFinding("unreadable", path, str(error))


def _in_file(versions: Versions, path: str, base: Version, side: Version) -> Iterator[MergeFinding]:
    kind = versions.kind(path)
    found = violations(kind, _new_records(versions, path, base, side))
    for shown, violation in enumerate(found):
        if shown == _SHOWN:
            yield MergeFinding("record", path, "and more; `gitbtc validate` names them")
            return
        yield MergeFinding("record", path, str(violation), identity=violation.identity)


def _new_records(versions: Versions, path: str, base: Version, side: Version) -> Iterable[Record]:
    kind = versions.kind(path)
    if not kind.is_array:
        return records_of(kind, versions.content(side.blob(path)))[0]
    pairs = versions.between(path, base.blob(path), side.blob(path))
    return (codec.decode_line(kind, line) for _, line in pairs.values() if line is not None)
