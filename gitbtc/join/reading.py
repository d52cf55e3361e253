"""What the commits of a history changed, record by record. A file is read where a commit changed it, nowhere else."""

from __future__ import annotations

from gitbtc.errors import CannotWork
from gitbtc.join.atoms import Atoms
from gitbtc.join.element import OBSERVED, Policy
from gitbtc.join.states import Base
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.layouts import (
    WHOLE,
    Folded,
    divided,
    folded,
    layout_faults,
    layout_named,
    layout_of,
    read,
    stranger,
    unfolded,
)
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence
    from typing import Protocol

    from gitbtc.join.atoms import Token
    from gitbtc.join.differences import Difference, Differences
    from gitbtc.join.history import Node
    from gitbtc.join.states import Changes, Name
    from gitbtc.kinds.kind import Key, Kind, Record
    from gitbtc.kinds.layouts import Layout
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Entry

    Pair = tuple[Entry | None, Entry | None]
    Differing = Mapping[str, Pair]

    # Answers with the differences of versions of files from the contents of those files at the base.
    ReadAll = Callable[[Mapping[str, bytes], Sequence[tuple[str, str]]], Differences]

    class Trees(Protocol):
        """Tells in which files two trees differ; None is the empty tree."""

        def differing(self, old: str | None, new: str) -> dict[str, tuple[Entry | None, Entry | None]]:
            """path -> (entry before, entry now)."""

        def folder(self, tree: str, path: str) -> Mapping[str, Entry]:
            """path -> entry of every file in one folder of a tree; none where it is no folder."""


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
        self._files = {path: new for path, (_, new) in trees.differing(None, base.tree).items()} if base else {}
        self._entries = folded(kinds, {path: entry for path, entry in self._files.items() if entry})
        self._divisions: dict[tuple[str, Layout], dict[str, bytes]] = {}
        # By the whole file's path: when its records came to lie how, and whether they lay otherwise before.
        self.laid: dict[str, list[tuple[Token, Layout, bool]]] = {}
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
        """The entry of a file at the base; of shards, of all together."""
        return self._entries.get(path)

    def entries(self) -> dict[str, Entry | None]:
        """The entries of all files at the base as they lie."""
        return dict(self._files)

    def files(self, path: str) -> dict[str, Entry]:
        """The files that hold the records at `path` at the base: path -> entry."""
        entry = self.entry(path)
        return unfolded({path: entry}) if entry else {}

    def lines(self, path: str) -> dict[Key, bytes]:
        """The lines of a state file of the base, by key."""
        self.content(path)
        return self._lines[path]

    def content(self, path: str) -> bytes:
        """The bytes of a state file of the base; none where it is no such file."""
        if path not in self._contents:
            kind, content = self.kind(path), b""
            try:
                content = self._content(self.entry(path))
                self._lines[path] = codec.keyed(kind, content) if kind else {}
            except Malformed as error:
                if isinstance((self.entry(path) or ("", ""))[1], Folded):
                    raise CannotWork(f"the commit that the heads have in common cannot be read: {error}") from None
                self._lines[path], content = {}, b""
            self._contents[path] = content
        return self._contents[path]

    def _content(self, entry: Entry | None) -> bytes:
        if entry is None or entry[0] in _NO_FILE:
            return b""
        oid = entry[1]
        return read(oid, lambda _, blob: self._blob(blob)) if isinstance(oid, Folded) else self._blob(oid)

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
            for path, group in self._grouped(files).items():
                if group.keys() == {path}:
                    self._check_alone(node, path, *group[path])
                    found |= self._in_file(path, *group[path])
                else:
                    found |= self._in_shards(node, trees, path, group)
            yield node, found

    def _check_alone(self, node: Node, path: str, old: Entry | None, new: Entry | None) -> None:
        """CannotWork for a file that came beside shards of the same records."""
        kind = self.kind(path)
        if kind is not None and kind.shards and old is None and new is not None:
            self._is_there(node.tree, path)
            self._note_layout(node, kind, path, {path: (old, new)}, is_new=True)

    def _grouped(self, files: Differing) -> dict[str, dict[str, Pair]]:
        """The files that differ, by the path by which their records are called."""
        found: dict[str, dict[str, Pair]] = {}
        for path, pair in files.items():
            found.setdefault(self._kinds.whole(path), {})[path] = pair
        return found

    def _differing(self, node: Node, trees: Mapping[str, str]) -> Differing:
        return self._trees.differing(self._tree_before(node, trees), node.tree)

    def _tree_before(self, node: Node, trees: Mapping[str, str]) -> str | None:
        return trees[node.parents[0]] if len(node.parents) == 1 else self.tree if node.parents else None

    def _compare(self, differing: Sequence[Differing]) -> None:
        """Have every version of a state file compared with the base's."""
        paths = sorted({path for files in differing for path in files if self.kind(path)})
        anchors = {path: self._anchor(path) for path in paths}
        versions = {
            (path, entry[1]): None
            for files in differing
            for path, pair in files.items()
            for entry in pair
            if entry and entry[0] not in _NO_FILE and self.kind(path) and entry != self._base_entry(path)
        }
        self._differences = self._read_all(anchors, list(versions))

    def _base_entry(self, path: str) -> Entry | None:
        return self._files.get(path)

    def _anchor(self, path: str) -> bytes:
        """What versions of the file at `path` are compared with: the base's records that belong in it."""
        shard = self._kinds.shard(path)
        kind = self.kind(path)
        if shard is None or kind is None:
            return self.content(path)
        return self._division(kind, shard[0], layout_named(kind, shard[1])).get(shard[1], b"")

    def _division(self, kind: Kind, whole: str, layout: Layout) -> dict[str, bytes]:
        """The base's records as they would lie in a layout."""
        if (whole, layout) not in self._divisions:
            self._divisions[whole, layout] = divided(kind, layout, self.content(whole))
        return self._divisions[whole, layout]

    # -- shards ----------------------------------------------------------------------------------------------------

    def _in_shards(
        self, node: Node, trees: Mapping[str, str], whole: str, group: Mapping[str, Pair]
    ) -> dict[Name, Record | None]:
        """What a commit changed of records that lie in shards, before or after it."""
        kind = self.kind(whole)
        if kind is None:
            return {}
        before, after = (self._side(node, kind, whole, group, side) for side in (0, 1))
        found: dict[Name, Record | None] = {}
        for key in {**before, **after}:
            line = self._line(after, whole, key)
            if self._line(before, whole, key) != line:
                found[whole, key] = None if line is None else codec.decode_line(kind, line)
        was, now = self._were_there(node, trees, whole, group)
        if was != now:
            found[whole, None] = {} if now else None
        self._note_layout(node, kind, whole, group, is_new=not was)
        return found

    def _were_there(
        self, node: Node, trees: Mapping[str, str], whole: str, group: Mapping[str, Pair]
    ) -> tuple[bool, bool]:
        """Whether there were any such records before a commit, and after it. One file that stays tells it."""
        if all(old and new for old, new in group.values()):
            return True, True
        return self._is_there(self._tree_before(node, trees), whole), self._is_there(node.tree, whole)

    def _side(
        self, node: Node, kind: Kind, whole: str, group: Mapping[str, Pair], side: int
    ) -> dict[Key, bytes | None]:
        """The lines in which the records before a commit (0) or after it (1) differ from the base's, in files that
        differ. Where the layout differs, those are all files of either.
        """
        lines: dict[Key, bytes | None] = {}
        layouts = {self._layout(kind, path) for path in group}
        if len(layouts) > 1:  # what stands in none of them is gone
            lines |= dict.fromkeys(self.lines(whole))
        for path, pair in group.items():
            entry = pair[side]
            if entry is None and len(layouts) > 1:
                continue
            anchor = codec.keyed(kind, self._anchor(path))
            differing = dict.fromkeys(anchor) if entry is None else self._difference_of_shard(node, path, entry)
            lines |= {**{key: line for key, line in anchor.items() if key in lines}, **differing}
            self._check_places(node, kind, path, differing)
        return lines

    def _difference_of_shard(self, node: Node, path: str, entry: Entry) -> Mapping[Key, bytes | None]:
        if entry == self._files.get(path):
            return {}
        found = None if entry[0] in _NO_FILE else self._differences[path, entry[1]]
        if found is None or isinstance(found, bytes):
            raise CannotWork(
                f"{node.oid[:12]}: {path} is no state file, and no join reads a history that goes through such shards; "
                "mend it there, or join without it"
            )
        return found

    def _check_places(self, node: Node, kind: Kind, path: str, differing: Mapping[Key, bytes | None]) -> None:
        shard = self._kinds.shard(path)
        if shard is None:
            return
        records = ((key, codec.decode_line(kind, line)) for key, line in differing.items() if line is not None)
        why = stranger(kind, layout_named(kind, shard[1]), shard[1], records)
        if why:
            raise CannotWork(f"{node.oid[:12]}: {path}: {why}")

    def _layout(self, kind: Kind, path: str) -> Layout:
        shard = self._kinds.shard(path)
        return layout_named(kind, shard[1]) if shard else WHOLE

    def _is_there(self, tree: str | None, whole: str) -> bool:
        """Whether a tree has the records; CannotWork where they lie in two ways."""
        if tree is None:
            return False
        files = self._files_in(tree, whole)
        for _, fault in layout_faults(self._kinds, files):
            raise CannotWork(f"a head has records in two layouts: {fault}")
        return bool(files)

    def _note_layout(self, node: Node, kind: Kind, whole: str, group: Mapping[str, Pair], *, is_new: bool) -> None:
        """Remember a commit that has the records lie otherwise; what a merge took over is its parents' doing."""
        if len(node.parents) > 1:
            return
        came = {self._layout(kind, path) for path, (old, new) in group.items() if old is None and new is not None}
        went = {self._layout(kind, path) for path, (old, new) in group.items() if old is not None and new is None}
        others = came - went
        if others and (went or is_new):
            self.laid.setdefault(whole, []).append((node.token, min(others, key=str), bool(went)))

    def layout(self, path: str, tokens: Container[Token], tree: str | None) -> Layout:
        """How the records at `path` lie in the join of heads that reach the commits of `tokens` from a common one with
        that tree: as the newest says that had them lie otherwise, else as there, else as the newest that brought them.
        """
        laid = sorted((one for one in self.laid.get(path, ()) if one[0] in tokens), key=lambda one: one[0])
        changed = [layout for _, layout, is_change in laid if is_change]
        known = layout_of(folded(self._kinds, self._files_in(tree, path)).get(path)) if tree else None
        if changed or known is None:
            return (changed or [layout for _, layout, _ in laid] or [WHOLE])[-1]
        return known

    def _files_in(self, tree: str, whole: str) -> dict[str, Entry]:
        """The files of a tree that hold the records at a path."""
        there = self._trees.folder(tree, whole.rpartition("/")[0])
        return {path: entry for path, entry in there.items() if self._kinds.whole(path) == whole}

    # -- files -----------------------------------------------------------------------------------------------------

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
