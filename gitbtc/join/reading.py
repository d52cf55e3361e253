"""What the commits of a history changed, record by record. A file is read where a commit changed it, nowhere else."""

from __future__ import annotations

from gitbtc.errors import CannotWork
from gitbtc.join.atoms import Atoms
from gitbtc.join.element import OBSERVED, Policy
from gitbtc.join.states import Base
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Protocol

    from gitbtc.join.differences import Difference, Differences
    from gitbtc.join.history import Node
    from gitbtc.join.states import Changes, Name
    from gitbtc.kinds.kind import Key, Kind, Record
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Entry

    Differing = Mapping[str, tuple[Entry | None, Entry | None]]

    # Answers with the differences of versions of files from the contents of those files at the base.
    ReadAll = Callable[[Mapping[str, bytes], Sequence[tuple[str, str]]], Differences]

    class Trees(Protocol):
        """Tells in which files two trees differ; None is the empty tree."""

        def differing(self, old: str | None, new: str) -> dict[str, tuple[Entry | None, Entry | None]]:
            """path -> (entry before, entry now)."""


_NO_FILE = frozenset([SYMBOLIC_LINK, SUBMODULE])


class Reading:
    """Reads commits against the commit `base` (None: nothing) that all of them come from. `trees` and `blob` read
    single objects, `read_all` many files.
    """

    def __init__(
        self, trees: Trees, blob: Callable[[str], bytes], read_all: ReadAll, kinds: Kinds, base: Node | None
    ) -> None:
        self._trees = trees
        self._blob = blob
        self._read_all = read_all
        self._differences: Differences
        self._kinds = kinds
        self.tree = base.tree if base else None
        self._kind_of: dict[str, Kind | None] = {}
        self._policies: dict[str, Policy] = {}
        self._entries = {path: new for path, (_, new) in trees.differing(None, base.tree).items()} if base else {}
        self._contents: dict[str, bytes] = {}
        self._lines: dict[str, dict[Key, bytes]] = {}
        # Blobs that are no state file -> the one that the commit before it had.
        self._broken: dict[tuple[str, str], Entry | None] = {}
        self.base = Base(base.token if base else None, self._record)

    # -- kinds -----------------------------------------------------------------------------------------------------

    def kind(self, path: str) -> Kind | None:
        """The kind of a state file; None for any other file."""
        if path not in self._kind_of:
            self._kind_of[path] = self._kinds.for_path(path)
        return self._kind_of[path]

    def policy(self, path: str) -> Policy:
        """How the records of the file at `path` join."""
        if path not in self._policies:
            kind = self.kind(path)
            removal, contested = (kind.join, kind.removal != "stands") if kind else (OBSERVED, True)
            self._policies[path] = Policy(Atoms(kind), removal, change_adds=contested)
        return self._policies[path]

    # -- the base --------------------------------------------------------------------------------------------------

    def entry(self, path: str) -> Entry | None:
        """The entry of a file at the base."""
        return self._entries.get(path)

    def entries(self) -> dict[str, Entry | None]:
        """The entries of all files at the base."""
        return dict(self._entries)

    def lines(self, path: str) -> dict[Key, bytes]:
        """The lines of a state file of the base, by key."""
        self.content(path)
        return self._lines[path]

    def content(self, path: str) -> bytes:
        """The bytes of a state file of the base; none where it is no such file."""
        if path not in self._contents:
            kind, content = self.kind(path), self._content(self.entry(path))
            try:
                self._lines[path] = codec.keyed(kind, content) if kind else {}
            except Malformed:
                self._lines[path], content = {}, b""
            self._contents[path] = content
        return self._contents[path]

    def _content(self, entry: Entry | None) -> bytes:
        return b"" if entry is None or entry[0] in _NO_FILE else self._blob(entry[1])

    def _record(self, name: Name) -> Record | None:
        path, key = name
        kind, entry = self.kind(path), self.entry(path)
        if entry is None:
            return None
        if kind is None:
            return _as_record(entry)
        if not kind.is_array:
            return codec.parse(kind, content) if (content := self.content(path)) else None
        if key is None:
            return {}
        line = self.lines(path).get(key)
        return None if line is None else codec.decode_line(kind, line)

    # -- commits ---------------------------------------------------------------------------------------------------

    def changes(self, nodes: Sequence[Node], trees: Mapping[str, str]) -> Iterator[tuple[Node, Changes]]:
        """What each commit changed of its parent's records, or, with several parents, has otherwise than the base;
        `trees`: oid of a commit -> oid of its tree, of all parents.
        """
        differing = [self._differing(node, trees) for node in nodes]
        self._compare(differing)
        for node, files in zip(nodes, differing, strict=True):
            found: dict[Name, Record | None] = {}
            for path, (old, new) in files.items():
                found |= self._in_file(path, old, new)
            yield node, found

    def _differing(self, node: Node, trees: Mapping[str, str]) -> Differing:
        old = trees[node.parents[0]] if len(node.parents) == 1 else self.tree if node.parents else None
        return self._trees.differing(old, node.tree)

    def _compare(self, differing: Sequence[Differing]) -> None:
        """Have every version of a state file compared with the base's."""
        paths = sorted({path for files in differing for path in files if self.kind(path)})
        anchors = {path: self.content(path) for path in paths}
        versions = {
            (path, entry[1]): None
            for files in differing
            for path, pair in files.items()
            for entry in pair
            if entry and entry[0] not in _NO_FILE and self.kind(path) and entry != self.entry(path)
        }
        self._differences = self._read_all(anchors, list(versions))

    def _in_file(self, path: str, old: Entry | None, new: Entry | None) -> Changes:
        kind = self.kind(path)
        if kind is None:
            return {(path, ()): _as_record(new) if new else None}
        old = self._sound(path, old)
        if new and self._difference(path, new) is None:
            self._broken[path, new[1]] = old
            return {}
        if not kind.is_array:
            content = self._difference(path, new) if new else b""
            return {(path, ()): codec.parse(kind, content) if isinstance(content, bytes) and content else None}
        found = self._in_array(path, kind, old, new)
        if (old is None) != (new is None):
            found[path, None] = None if new is None else {}
        return found

    def _sound(self, path: str, entry: Entry | None) -> Entry | None:
        """The latest version of a file, up to this one, that could be read."""
        while entry is not None and (path, entry[1]) in self._broken:
            entry = self._broken[path, entry[1]]
        return entry

    def _in_array(self, path: str, kind: Kind, old: Entry | None, new: Entry | None) -> dict[Name, Record | None]:
        before, after = self._lines_of(path, old), self._lines_of(path, new)
        changed = [key for key in {**before, **after} if self._line(before, path, key) != self._line(after, path, key)]
        found: dict[Name, Record | None] = {}
        for key in changed:
            line = self._line(after, path, key)
            found[path, key] = None if line is None else codec.decode_line(kind, line)
        return found

    def _line(self, differing: Mapping[Key, bytes | None], path: str, key: Key) -> bytes | None:
        return differing[key] if key in differing else self.lines(path).get(key)

    def _lines_of(self, path: str, entry: Entry | None) -> Mapping[Key, bytes | None]:
        """The lines in which a version differs from the base's."""
        if entry is None:
            return dict.fromkeys(self.lines(path))
        found = self._difference(path, entry)
        return {} if found is None or isinstance(found, bytes) else found

    def _difference(self, path: str, entry: Entry) -> Difference:
        """None for what is no state file."""
        if entry[0] in _NO_FILE:
            return None
        if entry == self.entry(path):
            kind = self.kind(path)
            return {} if kind and kind.is_array else self.content(path) or None
        return self._differences[path, entry[1]]

    def check(self, names: Mapping[str, Node]) -> None:
        """CannotWork when a state file of one of these commits (name -> commit) is none: it names all of them."""
        if not self._broken:
            return
        faults = []
        for name, node in names.items():
            for path, (_, entry) in self._trees.differing(self.tree, node.tree).items():
                if entry and (path, entry[1]) in self._broken:
                    faults.append(f"{name}: {path} is no state file; mend it there, or join without it")
        if faults:
            raise CannotWork("\n".join(faults))


def _as_record(entry: Entry) -> Record:
    return {"mode": entry[0], "oid": entry[1]}
