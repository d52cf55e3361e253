"""What the commits of a history changed, record by record. A file is read where a commit changed it, nowhere else."""

from __future__ import annotations

from gitbtc.errors import CannotWork
from gitbtc.join.atoms import Atoms
from gitbtc.join.base_files import NO_FILE, BaseFiles
from gitbtc.join.element import OBSERVED, Policy
from gitbtc.join.lying import Lying
from gitbtc.join.states import Base
from gitbtc.kinds import codec
from gitbtc.kinds.layouts import layout_named, stranger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gitbtc.join.differences import Difference, Differences
    from gitbtc.join.history import Differing, Node, Pair, Trees
    from gitbtc.join.states import Changes, Name
    from gitbtc.kinds.kind import Key, Kind, Record
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Entry

    # Answers with the differences of versions of files from the contents of those files at the base.
    ReadAll = Callable[[Mapping[str, bytes], Sequence[tuple[str, str]]], Differences]


class Reading:
    """Reads commits against the commit `base` (None: nothing) that all of them come from. `trees` and `blob` read
    single objects, `read_all` many files.
    """

    def __init__(
        self, trees: Trees, blob: Callable[[str], bytes], read_all: ReadAll, kinds: Kinds, base: Node | None
    ) -> None:
        self._trees = trees
        self._read_all = read_all
        self._differences: Differences
        self.kinds = kinds
        self.tree = base.tree if base else None
        self._policies: dict[str, Policy] = {}
        files = trees.differing(None, base.tree).items() if base else ()
        self.base_files = BaseFiles({path: new for path, (_, new) in files if new}, blob, kinds)
        self.lying = Lying(trees, kinds, self.base_files, base)
        # Is told, where it is set, the oids of the base's state files before any is read.
        self.expect: Callable[[Sequence[str]], None] | None = None
        self._placed: set[tuple[str, str]] = set()  # files all of whose records belong in them
        # Blobs that are no state file -> the one that the commit before it had.
        self._broken: dict[tuple[str, str], Entry | None] = {}
        self._faults: dict[tuple[str, str], str] = {}  # what is wrong with a shard that is none
        self.base = Base(base.token if base else None, self._record)

    # -- kinds -----------------------------------------------------------------------------------------------------

    def kind(self, path: str) -> Kind | None:
        """The kind of a state file; None for any other file."""
        return self.base_files.kind(path)

    def policy(self, path: str) -> Policy:
        """How the records of the file at `path` join."""
        if path not in self._policies:
            kind = self.kind(path)
            removal, contested = (kind.join, kind.removal != "stands") if kind else (OBSERVED, True)
            self._policies[path] = Policy(Atoms(kind), removal, change_adds=contested)
        return self._policies[path]

    # -- the base --------------------------------------------------------------------------------------------------

    def _record(self, name: Name) -> Record | None:
        path, key = name
        kind, entry = self.kind(path), self.base_files.entry(path)
        if entry is None:
            return None
        if kind is None:
            return _as_record(entry)
        if not kind.is_array:
            return codec.parse(kind, content) if (content := self.base_files.content(path)) else None
        if key is None:
            return {}
        line = self.base_files.line(path, key)
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
            groups = self._grouped(files)
            were_there = self.lying.take(node, groups)
            for path, group in groups.items():
                kind = self.kind(path)
                if group.keys() == {path}:
                    found |= self._in_file(path, *group[path])
                elif kind is not None:
                    found |= self._in_shards(node, kind, path, group)
                    was, now = were_there[path]
                    if was != now:
                        found[path, None] = {} if now else None
            yield node, found

    def _grouped(self, files: Differing) -> dict[str, dict[str, Pair]]:
        """The files that differ, by the path by which their records are called."""
        found: dict[str, dict[str, Pair]] = {}
        for path, pair in files.items():
            found.setdefault(self.kinds.whole(path), {})[path] = pair
        return found

    def _differing(self, node: Node, trees: Mapping[str, str]) -> Differing:
        return self._trees.differing(self._tree_before(node, trees), node.tree)

    def _tree_before(self, node: Node, trees: Mapping[str, str]) -> str | None:
        return trees[node.parents[0]] if len(node.parents) == 1 else self.tree if node.parents else None

    def _compare(self, differing: Sequence[Differing]) -> None:
        """Have every version of a state file compared with the base's."""
        paths = sorted({path for files in differing for path in files if self.kind(path)})
        versions = {
            (path, entry[1]): None
            for files in differing
            for path, pair in files.items()
            for entry in pair
            if entry and entry[0] not in NO_FILE and self.kind(path) and entry != self.base_files.files.get(path)
        }
        if self.expect is not None:
            base = self.base_files.files.items()
            self.expect([oid for path, (mode, oid) in base if mode not in NO_FILE and self.kind(path)])
        anchors = {path: self.base_files.content(path) for path in paths}
        self._differences = self._read_all(anchors, list(versions))

    # -- shards ----------------------------------------------------------------------------------------------------

    def _in_shards(self, node: Node, kind: Kind, whole: str, group: Mapping[str, Pair]) -> dict[Name, Record | None]:
        """What a commit changed of records that lie in shards, before or after it."""
        is_relaid = len(set(map(self.lying.layout_of_file, group))) > 1
        if not is_relaid:
            group = {path: self._sound_pair(kind, path, *pair) for path, pair in group.items()}
        before, after = (self._side(node, kind, whole, group, side, is_relaid=is_relaid) for side in (0, 1))
        return self._changed(whole, kind, before, after)

    def _changed(
        self, path: str, kind: Kind, before: Mapping[Key, bytes | None], after: Mapping[Key, bytes | None]
    ) -> dict[Name, Record | None]:
        """The records that are otherwise after a commit, given the lines in which each side differs from the base."""
        found: dict[Name, Record | None] = {}
        for key in {**before, **after}:
            line = self._line(after, path, key)
            if self._line(before, path, key) != line:
                found[path, key] = None if line is None else codec.decode_line(kind, line)
        return found

    def _side(  # noqa: PLR0913 - one side of what a commit does
        self, node: Node, kind: Kind, whole: str, group: Mapping[str, Pair], side: int, *, is_relaid: bool
    ) -> dict[Key, bytes | None]:
        """The lines in which the records before a commit (0) or after it (1) differ from the base's, in files that
        differ. Where it has them lie otherwise, those are all files of either, and all lines.
        """
        # What stands in none of the files is gone.
        lines: dict[Key, bytes | None] = dict.fromkeys(self.base_files.lines(whole)) if is_relaid else {}
        for path, pair in group.items():
            entry = pair[side]
            if is_relaid and entry is not None:
                lines |= self.base_files.lines(path)
            if entry is not None:
                differing = self._difference_of_shard(kind, path, entry)
                if differing is None:
                    raise CannotWork(
                        f"{node.oid[:12]}: {path} {self._faults[path, entry[1]]}, and its records came to lie otherwise"
                        " there, so that nobody can say what became of them; join without it"
                    )
                lines |= differing
            elif not is_relaid:
                lines |= dict.fromkeys(self.base_files.lines(path))
        return lines

    def _sound_pair(self, kind: Kind, path: str, old: Entry | None, new: Entry | None) -> Pair:
        """The versions of a shard before a commit and after it; where one cannot be read, the latest that could."""
        old = self._sound(path, old)
        if new is None or self._difference_of_shard(kind, path, new) is not None:
            return old, new
        self._broken[path, new[1]] = old
        return old, old

    def _difference_of_shard(self, kind: Kind, path: str, entry: Entry) -> Mapping[Key, bytes | None] | None:
        """The lines in which a shard differs from the base's; None for what is none, or holds another's record."""
        if entry == self.base_files.files.get(path):
            return {}
        found = None if entry[0] in NO_FILE else self._differences[path, entry[1]]
        if found is None or isinstance(found, bytes):
            self._faults[path, entry[1]] = "is no state file"
            return None
        if (path, entry[1]) in self._placed:
            return found
        shard = self.kinds.shard(path)
        records = ((key, codec.decode_line(kind, line)) for key, line in found.items() if line is not None)
        why = stranger(kind, layout_named(kind, shard[1]), shard[1], records) if shard else ""
        if why:
            self._faults[path, entry[1]] = f"is no such shard: {why}"
            return None
        self._placed.add((path, entry[1]))
        return found

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
        found = self._changed(path, kind, self._lines_of(path, old), self._lines_of(path, new))
        if (old is None) != (new is None):
            found[path, None] = None if new is None else {}
        return found

    def _sound(self, path: str, entry: Entry | None) -> Entry | None:
        """The latest version of a file, up to this one, that could be read."""
        while entry is not None and (path, entry[1]) in self._broken:
            entry = self._broken[path, entry[1]]
        return entry

    def _line(self, differing: Mapping[Key, bytes | None], path: str, key: Key) -> bytes | None:
        return differing[key] if key in differing else self.base_files.line(path, key)

    def _lines_of(self, path: str, entry: Entry | None) -> Mapping[Key, bytes | None]:
        """The lines in which a version differs from the base's."""
        if entry is None:
            return dict.fromkeys(self.base_files.lines(path))
        found = self._difference(path, entry)
        return {} if found is None or isinstance(found, bytes) else found

    def _difference(self, path: str, entry: Entry) -> Difference:
        """None for what is no state file."""
        if entry[0] in NO_FILE:
            return None
        if entry == self.base_files.entry(path):
            kind = self.kind(path)
            return {} if kind and kind.is_array else self.base_files.content(path) or None
        return self._differences[path, entry[1]]

    def check(self, names: Mapping[str, Node]) -> None:
        """CannotWork when a state file of one of these commits (name -> commit) is none: it names all of them."""
        if not self._broken:
            return
        faults = []
        for name, node in names.items():
            for path, (_, entry) in self._trees.differing(self.tree, node.tree).items():
                if entry and (path, entry[1]) in self._broken:
                    why = self._faults.get((path, entry[1]), "is no state file")
                    faults.append(f"{name}: {path} {why}; mend it there, or join without it")
        if faults:
            raise CannotWork("\n".join(faults))


def _as_record(entry: Entry) -> Record:
    return {"mode": entry[0], "oid": entry[1]}
