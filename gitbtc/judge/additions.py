"""What a merge may not leave out: a record that one side added to a set and that nobody removed.

A merge that failed half-way and was committed as it stood (an `index.lock`, a full disk), or one that took a side's
file whole, loses such records without a word. Coins, which have more ways to go, are the business of the spend gate.
"""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import root_of
from gitbtc.spends import MEMPOOL
from gitbtc.spends.ended import ended
from gitbtc.state.snapshot import apart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from gitbtc.judge.spend_gate import SnapshotOf
    from gitbtc.kinds.kind import Key, Kind, Record
    from gitbtc.kinds.registry import Kinds
    from gitbtc.state.merging import Merging
    from gitbtc.state.snapshot import Snapshot

    # root -> whether a transaction, by its txid, is over.
    IsOver = Callable[[str], Callable[[str], bool]]

_UNREADABLE = b"-"
WAY_OUT = "put it back, or remove it in a commit of its own, before the merge or after it"


class LostAddition:
    """A record that a merge lacks: where it was, and which head added it."""

    __slots__ = ("head", "key", "kind", "path", "record")

    def __init__(self, path: str, kind: Kind, key: Key, record: Record, head: str) -> None:
        self.path = path
        self.kind = kind
        self.key = key
        self.record = record
        self.head = head

    def __str__(self) -> str:
        address = codec.address(self.path, self.kind, self.key)
        return f"{address} is missing, which {self.head[:12]} added and nobody removed"


def lost_additions(
    kind: Kind, bases: Iterable[bytes], sides: Sequence[bytes], result: bytes
) -> dict[Key, tuple[int, Record]]:
    """The records that `result` lacks, that one of `sides` has and none of `bases`: key -> (whose, the record).

    A record that the sides tell differently is in conflict, and whoever settles that may take it out. `bases` are read
    only where something is missing. A side that does not parse has added nothing; nothing can be said without a base.
    """
    missing: dict[Key, tuple[int, Record]] = {}
    lines: dict[Key, set[bytes]] = {}
    for place, side in enumerate(sides):
        for key, (line, record) in (_missing(kind, side, result) or {}).items():
            missing.setdefault(key, (place, record))
            lines.setdefault(key, set()).add(line)
    for base in bases if missing else ():
        before = _missing(kind, base, result)
        missing = {key: one for key, one in missing.items() if key not in before} if before is not None else {}
    return {key: one for key, one in missing.items() if len(lines[key]) == 1}


def _missing(kind: Kind, version: bytes, result: bytes) -> dict[Key, tuple[bytes, Record]] | None:
    """What `version` has and `result` lacks: key -> (line, record); None when the version does not parse."""
    try:
        changes = delta(kind, version, result)
    except codec.Malformed:
        return None
    return {
        change.key: (change.old, change.old_record)
        for change in changes
        if change.new is None and change.old is not None and change.old_record is not None
    }


def lost_in_merge(
    kinds: Kinds, merging: Merging, snapshot_of: SnapshotOf, result: Snapshot, is_over: IsOver
) -> Iterator[LostAddition]:
    """The additions of its heads that the merge `result` lacks, in any set but the coins; by path and identity.

    `is_over` tells of a root whether a transaction waits in no mempool any more; asked where one is missing there.
    """
    heads = [snapshot_of(head) for head in merging.heads]
    bases = _Bases(merging, snapshot_of)
    for path in sorted({path for head in heads for path in head.state_paths()}):
        kind = kinds.for_path(path)
        if kind is None or kind.growth != "set" or kind.join == "two-phase" or _is_as_in_all(path, heads, result):
            continue
        *sides, merged = _versions(path, [*heads, result])
        lost = lost_additions(kind, (_version(path, base) for base in bases), sides, merged)
        if lost and not _was_removed(path, bases, heads, result):
            gone = {key: record for key, (_, record) in lost.items()}
            is_pending = kind.name == MEMPOOL
            excused = _over(gone, is_over(root_of(path))) if is_pending else _ended(kind, path, gone, bases, result)
            for key in sorted(lost.keys() - excused):
                place, record = lost[key]
                if not _has_moved(kind, key, kinds, heads[place], result):
                    yield LostAddition(path, kind, key, record, merging.heads[place])


def _versions(path: str, sides: Sequence[Snapshot]) -> list[bytes]:
    """The file of each side without what is the same in all; of one that cannot be read, what does not parse."""
    try:
        return apart(path, sides)
    except codec.Malformed:
        return [_version(path, side) for side in sides]


def _version(path: str, side: Snapshot) -> bytes:
    content = side.readable(path)
    return _UNREADABLE if content is None else content


def with_them(lost: Iterable[LostAddition], result: Snapshot) -> dict[str, bytes]:
    """path -> the files of `result` that lack something, with it."""
    lines: dict[str, dict[Key, bytes]] = {}
    kinds: dict[str, Kind] = {}
    for one in lost:
        kinds[one.path] = one.kind
        known = lines.setdefault(one.path, codec.keyed(one.kind, result.content(one.path)))
        known[one.key] = codec.encode_record(one.kind, one.record)
    return {
        path: codec.encode_lines(kinds[path], [known[key] for key in sorted(known)]) for path, known in lines.items()
    }


def _over(lost: Iterable[Key], is_over: Callable[[str], bool]) -> Collection[Key]:
    """Those of the lost transactions of a mempool that wait in none any more."""
    return [key for key in lost if is_over(str(key[0]))]


def _ended(kind: Kind, path: str, lost: dict[Key, Record], bases: _Bases, result: Snapshot) -> Collection[Key]:
    """Those of the lost records of another file that have reason to be gone."""
    root, merged = root_of(path), result.content(path)
    gone = {key for base in bases for key in _missing(kind, base.content(path), merged) or ()}
    return ended(kind.name, lost, gone, lambda name: result.of_kind(root, name))


class _Bases:
    """The common ancestors of any two heads, asked for when somebody wants to know."""

    def __init__(self, merging: Merging, snapshot_of: SnapshotOf) -> None:
        self._merging = merging
        self._snapshot_of = snapshot_of

    def __iter__(self) -> Iterator[Snapshot]:
        return map(self._snapshot_of, self._merging.all_bases())


def _is_as_in_all(path: str, heads: Sequence[Snapshot], result: Snapshot) -> bool:
    return all(head.oid(path) in ("", result.oid(path)) for head in heads)


def _was_removed(path: str, bases: Iterable[Snapshot], heads: Sequence[Snapshot], result: Snapshot) -> bool:
    """Whether a head removed or moved the whole file, and the merge followed it: that was asked about as a whole."""
    return (
        path not in result.entries
        and any(path not in head.entries for head in heads)
        and any(path in base.entries for base in bases)
    )


def _has_moved(kind: Kind, key: Key, kinds: Kinds, head: Snapshot, result: Snapshot) -> bool:
    """Whether a file that the head does not have holds the record: below another folder, as after `-Xsubtree`."""
    elsewhere = (path for path in result.state_paths() if path not in head.entries and kinds.for_path(path) is kind)
    return any(key in codec.keyed(kind, result.content(path)) for path in elsewhere)
