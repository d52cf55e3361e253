"""A snapshot: the state files of one commit, of the index, or of nothing, by root.

What lies in shards is one file here, called by the path that the whole file would have: whoever reads records of a
kind in a root reads those of all its files (kinds/layouts.py). The files as they lie are in `files`.
"""

from __future__ import annotations

import os
from functools import partial
from itertools import chain

from gitbtc.errors import CannotWork
from gitbtc.kinds import json_text, layouts
from gitbtc.kinds.codec import Malformed, content_id
from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import Kinds, below, built_in, root_of
from gitbtc.kinds.shards import TXID
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK
from gitbtc.spends import COINS
from gitbtc.spends.evidence import Evidence
from gitbtc.spends.listing import Coins, CoinsInShards

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Protocol, TypeVar

    from gitbtc.kinds.kind import Kind, Record
    from gitbtc.kinds.lines import Lines
    from gitbtc.repo.git import Entry, Git
    from gitbtc.spends.kept import KeptEvidence
    from gitbtc.spends.listing import Outpoint

    T = TypeVar("T")
    ReadBlob = Callable[[str], bytes]  # oid -> content
    Read = Callable[[str, str], bytes]  # path, oid -> content

    class Earlier(Protocol):
        """States that were looked at before (gitbtc.state.checkpoint)."""

        def known(self, snapshot: Snapshot, root: str) -> KeptEvidence | None:
            """What `snapshot` can be read through; None for nothing."""

        def propose(self, snapshot: Snapshot, root: str, is_sound: Callable[[Evidence], bool]) -> None:
            """Have the evidence of `snapshot` kept, if that is worth it and breaks no rule (`is_sound`)."""


_NO_FILE = (SYMBOLIC_LINK, SUBMODULE)


def installed_kinds(git: Git) -> Kinds:
    """The built-in kinds and those that `gitbtc install` registered in this repository."""
    return Kinds(schemas_folder(git))


def schemas_folder(git: Git) -> str:
    """Where `gitbtc install` keeps the schemas that a person added."""
    return os.path.join(git.common_dir(), "gitbtc", "schemas")


class Snapshot:
    """The files of one moment. `name` says which moment, for messages; `files` are the entries as they lie, `entries`
    those with one for all shards of a kind in a root. What it says of coins is read through the `checkpoints`.
    """

    def __init__(
        self, name: str, entries: Mapping[str, Entry], read: Read, kinds: Kinds, checkpoints: Earlier | None = None
    ) -> None:
        self.name = name
        self.checkpoints = checkpoints
        self.files = entries
        self.entries = layouts.folded(kinds, entries)
        self._read = read
        self._kinds = kinds
        self._evidence: dict[str, Evidence] = {}
        self._lines: dict[str, Lines] = {}
        self._joined: dict[str, bytes] = {}  # of shards

    def kind(self, path: str) -> Kind | None:
        """What the file at `path` would be; None for one that is no state file."""
        return self._kinds.for_path(path)

    def called(self, path: str) -> str:
        """The path by which the records of the file at `path` are called."""
        return self._kinds.whole(path)

    def state_paths(self) -> list[str]:
        """The paths of the state files, sorted."""
        return sorted(path for path in self.entries if self._kinds.for_path(path))

    def state_files(self) -> list[str]:
        """The paths of the state files as they lie, each shard for itself, sorted."""
        return sorted(path for path in self.files if self._kinds.for_path(path))

    def roots(self) -> set[str]:
        """The roots that hold a state file."""
        return {root_of(path) for path in self.state_paths()}

    def oid(self, path: str) -> str:
        """The oid of the file at `path`, or "" when there is none."""
        return self.entries.get(path, ("", ""))[1]

    def content(self, path: str) -> bytes:
        """The bytes of the file at `path`, of shards what they make together; none when it is not there, or is no file.
        Malformed for shards that make none.
        """
        mode, oid = self.entries.get(path) or self.files.get(path, ("", ""))
        if not mode or mode in _NO_FILE:
            return b""
        if not isinstance(oid, layouts.Folded):
            return self._read(path, oid)
        if path not in self._joined:
            self._joined[path] = layouts.read(oid, self._read)
        return self._joined[path]

    def parts(self, path: str, txids: Collection[str] | None = None) -> Iterator[bytes]:
        """The same as files with records, in order: of shards by txid each by itself, if it has any, and those alone in
        which records of some `txids` (by their first digits; None for any) can lie. Malformed.
        """
        mode, oid = self.entries.get(path, ("", ""))
        if mode in _NO_FILE or not isinstance(oid, layouts.Folded) or oid.kind.shards != TXID:
            contents = iter([self.content(path)])
        else:
            contents = (self.in_shards(path, [name]) for name in layouts.holding(oid, txids))
        kind, size = self.kind(path), 0
        for content in contents:
            if content and not (kind and content == kind.frame.empty):
                size += len(content)
                json_text.expect(size)
                yield content

    def readable(self, path: str) -> bytes | None:
        """The same; None for shards that make none."""
        try:
            return self.content(path)
        except Malformed:
            return None

    def in_shards(self, path: str, names: Sequence[str]) -> bytes:
        """What some of the shards of `path` make; none of those that are not there."""
        mode, oid = self.entries.get(path, ("", ""))
        if mode in _NO_FILE or not isinstance(oid, layouts.Folded):
            return b""
        return layouts.read(oid, self._read, names)

    def coins(self, root: str) -> Coins:
        """The coins that a root lists; in shards each is read when it is asked about. Malformed."""
        path = path_in(root, COINS)
        oid = self.oid(path)
        if not isinstance(oid, layouts.Folded):
            return Coins(self.content(path))
        return CoinsInShards({name: partial(self.in_shards, path, [name]) for name in oid.files})

    def file(self, path: str) -> bytes:
        """The bytes of one file as it lies; none when it is not there, or is no file."""
        mode, oid = self.files.get(path, ("", ""))
        return self._read(path, oid) if mode and mode not in _NO_FILE else b""

    def layout(self, path: str) -> layouts.Layout | None:
        """How the records at `path` lie; None where there are none."""
        return layouts.layout_of(self.entries.get(path))

    def laid_out(self, contents: Mapping[str, bytes], *others: Snapshot) -> dict[str, bytes]:
        """The files that have to become others for the records at some paths to be those of `contents`: path -> bytes.
        They lie as here, where there are none here as in the first of `others` that has some. Malformed.
        """
        made: dict[str, bytes] = {}
        for path, content in contents.items():
            kind = self.kind(path)
            if kind is None:
                made[path] = content
                continue
            known = (layout for side in (self, *others) if (layout := side.layout(path)) is not None)
            made |= layouts.laid_out(
                self.entries.get(path), path, kind, content, self._read, next(known, layouts.WHOLE)
            )
        return made

    def place_of(self, path: str, identity: str) -> tuple[str, int]:
        """The file, of those that hold the records at `path`, in which the record of that name stands, and the line on
        which it begins there; ("", 0) where it stands in none.
        """
        from gitbtc.kinds.lines import Lines

        kind, oid = self.kind(path), self.oid(path)
        if kind is None:
            return "", 0
        for place in layouts.may_hold(oid, identity) if isinstance(oid, layouts.Folded) else [path]:
            if place not in self._lines:
                self._lines[place] = Lines(kind, self.content(place))
            line = self._lines[place].called(identity)
            if line:
                return place, line
        return "", 0

    def of_kind(self, root: str, kind: str) -> bytes:
        """The content of the state file of `kind` in `root`."""
        return self.content(path_in(root, kind))

    def overlaid(self, contents: Mapping[str, bytes]) -> Snapshot:
        """The same moment with other contents at some paths; itself without any. They lie as they did."""
        if not contents:
            return self
        entries = dict.fromkeys(contents, ("100644", "")) | dict(self.entries)

        def read(path: str, oid: str) -> bytes:
            return contents[path] if path in contents else self._read(path, oid)

        made = Snapshot(
            self.name,
            {path: (mode, str(oid)) if path in contents else (mode, oid) for path, (mode, oid) in entries.items()},
            read,
            self._kinds,
        )
        made.files = self.files
        return made

    def moved(self, roots: Mapping[str, str]) -> Snapshot:
        """The same moment with the state files of some roots (old -> new) elsewhere; itself without any."""
        if not roots:
            return self
        names = {self._moved(path, roots): path for path in self.files}
        files = {name: self.files[path] for name, path in names.items()}
        return Snapshot(self.name, files, lambda name, oid: self._read(names[name], oid), self._kinds, self.checkpoints)

    def _moved(self, path: str, roots: Mapping[str, str]) -> str:
        """Where a file lies when some roots have moved."""
        root = root_of(self._kinds.whole(path))
        is_moved = root in roots and self._kinds.for_path(path)
        return below(roots[root], path.removeprefix(root).removeprefix("/")) if is_moved else path

    def beside(self, name: str, entries: Mapping[str, Entry]) -> Snapshot:
        """Other files of the same repository."""
        return Snapshot(name, entries, self._read, self._kinds)

    def evidence(self, root: str, known: Evidence | None = None) -> Evidence:
        """What this snapshot knows about the coins of `root`; CannotWork when its records do not say.

        Read through what differs from the evidence `known`, which is quicker where that is little; else through a
        checkpoint, if there is one.
        """
        evidence = self.claims(root, known)
        self.read_or_explain(root, partial(_check_coins, evidence))
        return evidence

    def claims(self, root: str, known: Evidence | None = None) -> Evidence:
        """The same without its coins being read yet."""
        if root not in self._evidence:
            if known is None:
                known = self.checkpoint(root)
            self._evidence[root] = self._read_through(root, known) or self._read_whole(root)
        return self._evidence[root]

    def checkpoint(self, root: str) -> KeptEvidence | None:
        """What a root can be read through of what was looked at before; None for nothing."""
        return None if self.checkpoints is None else self.checkpoints.known(self, root)

    def may_spend(self, root: str, kind: str, outpoints: Collection[Outpoint]) -> set[str] | None:
        """The transactions, by the first digits of their txids, whose records of a kind can spend one of `outpoints`;
        None for any.
        """
        return self._may(
            root,
            kind,
            lambda kept: (txid for one in outpoints for txid in kept.ever_spent_by(one)),
            len(outpoints),
        )

    def may_name(self, root: str, kind: str, beginnings: Collection[str]) -> set[str] | None:
        """The same of those whose records are of a transaction, or spend an output of one, whose txid begins so."""
        return self._may(root, kind, lambda kept: chain(beginnings, *map(kept.spending, beginnings)), len(beginnings))

    def _may(self, root: str, kind: str, told: Callable[[KeptEvidence], Iterable[str]], asked: int) -> set[str] | None:
        """Those that are `told` by a state that was kept, and all in shards that differ from its own: of so many
        that are `asked` about that they lie in most of the shards, None.
        """
        path = path_in(root, kind)
        entry = self.entries.get(path)
        oid = entry[1] if entry else ""
        if not isinstance(oid, layouts.Folded) or oid.kind.shards != TXID or asked > len(oid.files):
            return None
        kept = self.checkpoint(root)
        if kept is None:
            return None
        apart = layouts.differing([entry, kept.origin.entries.get(path)])
        return None if apart is None else {*apart, *told(kept)}

    def _read_whole(self, root: str) -> Evidence:
        return self.read_or_explain(root, lambda: Evidence(partial(self.of_kind, root), origin=self))

    def _read_through(self, root: str, known: Evidence | None) -> Evidence | None:
        """None where that cannot be done, as when the other is what does not parse."""
        if known is None or known.origin is None:
            return None
        sides = [known.origin, self]

        def changes(kind: str) -> Iterator[tuple[Record | None, Record | None]]:
            for change in delta(built_in(kind), *apart(path_in(root, kind), sides)):
                yield change.old_record, change.new_record

        try:
            evidence = Evidence(partial(self.of_kind, root), known, changes, origin=self)
            _ = evidence.coins
        except (AttributeError, CannotWork, KeyError, Malformed, TypeError):
            return None
        return evidence

    def keep(self, root: str, *, is_sound: Callable[[Evidence], bool]) -> None:
        """Have later states be read through what this one says of a root, if that breaks no rule (`is_sound`) and is
        worth it.
        """
        if self.checkpoints is not None:
            self.checkpoints.propose(self, root, is_sound)

    def read_or_explain(self, root: str, read: Callable[[], T]) -> T:
        """What `read` makes of the files of `root`; CannotWork where they do not parse, or are not as schemas say."""
        try:
            return read()
        except Malformed as error:
            raise CannotWork(
                f"{self.name}: a state file of {root or 'the top folder'} does not parse ({error}), so nobody can "
                "say what it spends; mend it there first"
            ) from None
        except (AttributeError, KeyError, TypeError) as error:
            raise CannotWork(
                f"{self.name}: records of {root or 'the top folder'} do not follow their schema ({error}); "
                "`gitbtc validate` names them"
            ) from None


def apart(path: str, sides: Sequence[Snapshot]) -> list[bytes]:
    """The file at `path` of each of some snapshots, without shards that are the same in all of them: they differ in the
    same records as the whole. Malformed.
    """
    names = layouts.differing(side.entries.get(path) for side in sides)
    return [side.content(path) if names is None else side.in_shards(path, names) for side in sides]


def _check_coins(evidence: Evidence) -> None:
    evidence.coins.check()


def path_in(root: str, kind: str) -> str:
    """The path of the file of a built-in kind in a root."""
    return below(root, built_in(kind).path)


def of_revision(
    git: Git, revision: str | None, read: ReadBlob, kinds: Kinds, checkpoints: Earlier | None = None
) -> Snapshot:
    """The snapshot of a commit; an empty one for None (before the first commit, or without a common ancestor)."""
    entries = git.tree_entries(revision) if revision else {}
    return Snapshot(revision[:12] if revision else "nothing", entries, _of(read), kinds, checkpoints)


def of_index(git: Git, read: ReadBlob, kinds: Kinds, checkpoints: Earlier | None = None) -> Snapshot:
    """The snapshot that the next commit would record, from the index that Git names to its hooks."""
    return Snapshot("the index", git.index_entries(), _of(read), kinds, checkpoints)


def of_merged_places(git: Git, read: ReadBlob, kinds: Kinds) -> Snapshot:
    """The same with the files that both sides of a merge have and that it left open: where each file will be."""
    left_open = {path: stages[3] for path, stages in git.unmerged_entries().items() if {2, 3} <= stages.keys()}
    return Snapshot("the index", {**git.index_entries(), **left_open}, _of(read), kinds)


def of_contents(name: str, contents: Mapping[str, bytes], kinds: Kinds) -> Snapshot:
    """The snapshot that files given as path -> bytes make, which need be in no repository."""
    entries = {path: ("100644", content_id(content)) for path, content in contents.items()}
    return Snapshot(name, entries, lambda path, _: contents[path], kinds)


def of_work_tree(git: Git, kinds: Kinds, read: ReadBlob | None = None, checkpoints: Earlier | None = None) -> Snapshot:
    """The state files as they lie in the work tree, tracked or not, but for ignored ones. With `read`, those that are
    as the index has them have their oids; nobody knows those of others. One that has changed when it is read once more
    is CannotWork.
    """
    top = git.top_level()
    tracked = git.tracked_files() if read else {}
    unchanged = {path: oid for path, (oid, is_unchanged) in tracked.items() if is_unchanged}
    places = {path: os.path.join(top, path) for path in git.work_tree_paths()}
    present = {path: place for path, place in places.items() if path in unchanged or os.path.isfile(place)}
    entries = {
        path: (SYMBOLIC_LINK if path not in unchanged and os.path.islink(place) else "100644", unchanged.get(path, ""))
        for path, place in present.items()
    }

    seen: dict[str, tuple[int, int, int]] = {}

    def content(path: str, oid: str) -> bytes:
        if read is not None and oid and unchanged.get(path) != oid:
            return read(oid)
        with open(present[path], "rb") as file:
            about = os.fstat(file.fileno())
            version = about.st_ino, about.st_size, about.st_mtime_ns
            if seen.setdefault(path, version) != version:
                raise CannotWork(f"{path}: has changed since it was looked at first; do it again")
            return file.read()

    return Snapshot("the work tree", entries, content, kinds, checkpoints)


def _of(read: ReadBlob) -> Read:
    return lambda _, oid: read(oid)
