"""What merging would make of each state file: which Git would simply take, and which it would ask the merge driver for.

Only the records in which a side differs from the base are merged.
"""

from __future__ import annotations

from gitbtc.judge import growth
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.layouts import APART, HALF_GONE, LAYOUT, half_gone, layout_of, lie_apart
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import Style
from gitbtc.premerge.versions import Version, both_changed, excerpt
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gitbtc.kinds.kind import Key, Kind
    from gitbtc.merge.conflict import Conflict
    from gitbtc.merge.files import Merge
    from gitbtc.premerge.versions import Differences, Versions
    from gitbtc.repo.git import Entry

# The entry of a file that Git would not take from a side, but have merged.
_TO_MERGE = ("100644", "")


class MergeFinding:
    """One thing that stands against a merge, or that it would decide.

    It is about the record `identity` of the file at `path`, or about the whole file when that is empty. `kind` and
    `conflict` are set when the record is contested; else `text` says in one line what is wrong.
    """

    __slots__ = ("conflict", "identity", "kind", "path", "text", "type")

    def __init__(self, type_: str, path: str, text: str = "", *, identity: str = "") -> None:
        self.type = type_
        self.path = path
        self.text = text
        self.identity = identity
        self.kind: Kind | None = None
        self.conflict: Conflict | None = None

    @property
    def address(self) -> str:
        """`path::identity`, or the path."""
        return f"{self.path}::{self.identity}" if self.identity else self.path


def of_conflict(path: str, kind: Kind, conflict: Conflict) -> MergeFinding:
    """The finding that a contested record is."""
    finding = MergeFinding(conflict.type, path, identity=codec.identity_text(kind, conflict.key))
    finding.kind, finding.conflict = kind, conflict
    return finding


class Foreseen:
    """The merge of `theirs` into `ours`, whose common ancestor is `base`."""

    def __init__(self, versions: Versions, base: Version, ours: Version, theirs: Version) -> None:
        self._versions = versions
        self.base = base
        self.ours = ours
        self.theirs = theirs
        self._options = Options(Style, into_ours=True)
        self._found: dict[str, list[MergeFinding]] = {}
        self._paths = sorted(base.entries.keys() | ours.entries.keys() | theirs.entries.keys())

    def conflicts(self) -> Iterator[MergeFinding]:
        """What somebody would have to settle, by path and record."""
        for path in self._paths:
            yield from self.conflicts_in(path)

    def conflicts_in(self, path: str) -> list[MergeFinding]:
        """The same of one file."""
        if path not in self._found:
            self._found[path] = list(self._contested(path))
        return self._found[path]

    def stops(self, bases: Sequence[Version]) -> Iterator[MergeFinding]:
        """Where Git stops although nobody has to be asked: it merges files, and the records lie otherwise on a side.
        `bases` are the common ancestors as they are.
        """
        apart = lie_apart([side.entries for side in (*self._sides, *bases)])
        for path in self._paths:
            if self._of_git(path) == _TO_MERGE and None not in (side.entries.get(path) for side in self._sides):
                is_half = half_gone(*(side.entries.get(path) for side in (self.base, *self._sides)))
                if path in apart or is_half:
                    why = APART if path in apart else HALF_GONE
                    yield MergeFinding(LAYOUT, path, f"{why}: Git stops there, and `gitbtc merge` goes on by record")

    def result(self) -> Version:
        """What would be in the index: no file that somebody has to settle."""
        entries: dict[str, Entry] = {}
        for path in self._paths:
            taken = self._taken(path)
            if taken is not None and not self.conflicts_in(path):
                entries[path] = taken
        return Version("the merge", "", entries)

    def content(self, path: str, of: Callable[[Version, str], bytes]) -> bytes:
        """The merged file at `path`, from what `of` answers for each of the three versions."""
        side = next((side for side in self._sides if side.entries.get(path) == self._taken(path)), None)
        if side is not None:
            return of(side, path)
        base, ours, theirs = (of(version, path) for version in (self.base, self.ours, self.theirs))
        return merge_files(self._versions.kind(path), base, ours, theirs, self._options).content

    @property
    def _sides(self) -> tuple[Version, Version]:
        return self.ours, self.theirs

    def _taken(self, path: str) -> Entry | None:
        """The entry that is taken without asking; _TO_MERGE when there is more to do. Where a side only has the same
        records in another layout, those of the other one are taken.
        """
        taken, (ours, theirs) = self._of_git(path), (side.entries.get(path) for side in self._sides)
        if taken != _TO_MERGE or ours is None or theirs is None:
            return taken
        if self._lies_otherwise(path, self.base, self.theirs) or self._lies_otherwise(path, *self._sides):
            return ours
        return theirs if self._lies_otherwise(path, self.base, self.ours) else taken

    def _lies_otherwise(self, path: str, one: Version, other: Version) -> bool:
        """Whether two versions have the same records in different layouts."""
        entries = [version.entries.get(path) for version in (one, other)]
        if len({layout_of(entry) for entry in entries} - {None}) < len(entries):
            return False
        try:
            return not self._versions.between(path, one.blob(path), other.blob(path))
        except Malformed:
            return False

    def _of_git(self, path: str) -> Entry | None:
        """The entry that Git takes without asking; _TO_MERGE when there is more to do."""
        base, ours, theirs = (side.entries.get(path) for side in (self.base, self.ours, self.theirs))
        if theirs in (base, ours):
            return ours
        return theirs if ours == base else _TO_MERGE

    def _contested(self, path: str) -> Iterator[MergeFinding]:
        if self._taken(path) != _TO_MERGE:
            return
        entries = [side.entries.get(path) for side in self._sides]
        if None in entries:
            yield MergeFinding("modify_delete", path, "one side deleted the file, the other changed it")
        elif {entry[0] for entry in entries if entry} & {SYMBOLIC_LINK, SUBMODULE}:
            yield MergeFinding("unreadable", path, "a side has something else than a file in a state file's place")
        else:
            yield from self._in_file(path)

    def _in_file(self, path: str) -> Iterator[MergeFinding]:
        kind = self._versions.kind(path)
        try:
            merge = self._merged(kind, path)
        except Malformed as error:
            yield MergeFinding("unreadable", path, f"{error}; it would be merged as text")
            return
        yield from (of_conflict(path, kind, conflict) for conflict in (merge.conflicts if merge else ()))

    def _merged(self, kind: Kind, path: str) -> Merge | None:
        """The merge of the records that both sides changed, or one in a way that is not simply taken; None: no such."""
        mine, yours = (self._versions.between(path, self.base.blob(path), side.blob(path)) for side in self._sides)
        keys = both_changed(kind, mine, yours)
        if kind.append_only:
            keys |= {key for pairs in (mine, yours) for key, (_, line) in pairs.items() if line is None}
        if not keys:
            return None
        known = {**yours, **mine}
        lines = [{key: known[key][0] for key in keys}, _after(keys, mine, known), _after(keys, yours, known)]
        sides = (self.base, self.ours, self.theirs)
        base, ours, theirs = (
            excerpt(kind, side.items(), exists=bool(version.blob(path)))
            for side, version in zip(lines, sides, strict=True)
        )
        return merge_files(kind, base, ours, theirs, self._options)

    def not_taken(self) -> Iterator[MergeFinding]:
        """What would come in without a conflict, but not past the hooks, in files that can be read: another form than
        the canonical one, records of files that only grow with other facts than before.
        """
        for path, entry in self.theirs.entries.items():
            if entry != self.base.entries.get(path):
                blob = self.theirs.blob(path)
                if self._taken(path) == entry and (path, blob) in self._versions.other_forms:
                    yield MergeFinding("form", path, "not in canonical form; `git add --renormalize` makes it so")
                yield from self._rewritten(path, self._versions.between(path, self.base.blob(path), blob))

    def _rewritten(self, path: str, pairs: Differences) -> Iterator[MergeFinding]:
        kind = self._versions.kind(path)
        old, new = (excerpt(kind, ((key, pair[at]) for key, pair in pairs.items()), exists=True) for at in (0, 1))
        for key, what in growth.rewritten(kind, old, new):
            if what != "removed":  # a merge keeps what one side removed
                text = "this file only grows, and the merge would rewrite the record"
                yield MergeFinding("append_only", path, text, identity=codec.identity_text(kind, key))


def _after(keys: set[Key], pairs: Differences, known: Differences) -> dict[Key, bytes | None]:
    """The lines of a side: changed by it, or the base's."""
    return {key: pairs[key][1] if key in pairs else known[key][0] for key in keys}
