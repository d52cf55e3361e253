"""The repository's objects through libgit2, for commands that read many of them.

Importing pygit2 costs some 100 ms: nothing that Git starts for a file or a commit may import this module.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import pygit2

from gitbtc.errors import CannotWork, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from gitbtc.errors import GitbtcError
    from gitbtc.repo.git import Entry, Git

Peeled = TypeVar("Peeled", pygit2.Commit, pygit2.Tree)

_TOPOLOGICAL = pygit2.enums.SortMode.TOPOLOGICAL | pygit2.enums.SortMode.TIME


class LoggedCommit:
    """A commit of a history: `oid`, `tree`, `parents` (oids), `author` and `email`, `message`, and when it was written:
    `time` in Unix seconds, `offset` from UTC in minutes. `is_cut`: it has parents that a shallow clone does not hold.
    """

    __slots__ = ("author", "email", "is_cut", "message", "offset", "oid", "parents", "time", "tree")

    def __init__(self, commit: pygit2.Commit, *, is_cut: bool) -> None:
        self.oid = str(commit.id)
        self.tree = str(commit.tree_id)
        self.parents = [] if is_cut else [str(parent) for parent in commit.parent_ids]
        self.author, self.email = (_text(raw) for raw in (commit.author.raw_name, commit.author.raw_email))
        self.time, self.offset = commit.author.time, commit.author.offset
        self.message = _text(commit.raw_message)
        self.is_cut = is_cut


class Ancestor:
    """A commit as the walk for a join needs it: `time` is its committer's, in Unix seconds; `message` raw."""

    __slots__ = ("message", "oid", "parents", "time", "tree")

    def __init__(self, commit: pygit2.Commit) -> None:
        self.oid = str(commit.id)
        self.parents = [str(parent) for parent in commit.parent_ids]
        self.time: int = commit.commit_time
        self.tree = str(commit.tree_id)
        self.message: bytes = commit.raw_message


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")


class Objects:
    """The objects of the repository that `path` lies in; CannotWork when there is none, or libgit2 cannot read it."""

    def __init__(self, path: str | Path) -> None:
        found = pygit2.discover_repository(str(path))
        if found is None:
            raise CannotWork(f"{path}: not in a Git repository; `gitbtc init` makes one")
        try:
            self._repository = pygit2.Repository(found)
        except pygit2.GitError as error:
            raise CannotWork(f"{found}: cannot be read: {error}") from None
        self._chosen: dict[tuple[str, str], list[tuple[str, Entry]]] = {}

    @classmethod
    def of(cls, git: Git) -> Self:
        """The objects of the repository that `git` works in, those of a push that is being received among them."""
        objects = cls(git.git_dir())
        incoming = git.environment.get("GIT_QUARANTINE_PATH")
        if incoming:
            objects._repository.odb.add_disk_alternate(os.path.join(git.cwd, incoming))
        return objects

    def commit(self, revision: str) -> str:
        """The oid of the commit that `revision` names; CannotWork when it names none."""
        return str(self._peeled(self._find(revision), pygit2.Commit, revision).id)

    def tree(self, revision: str) -> dict[str, Entry]:
        """path -> (mode, oid) of every file and symbolic link of `revision`'s tree, in the tree's order."""
        return dict(_files(self._peeled(self._find(revision), pygit2.Tree, revision), ""))

    def chosen(self, oid: str, wanted: Callable[[str], bool]) -> dict[str, Entry]:
        """The same for those files of the commit `oid` alone whose path, cut to its last folder, is `wanted`.

        A folder that many commits share is read once, so `wanted` must always answer the same.
        """
        return dict(self._below(self._peeled(self._find(oid), pygit2.Tree, oid), "", wanted))

    def _below(self, tree: pygit2.Tree, folder: str, wanted: Callable[[str], bool]) -> list[tuple[str, Entry]]:
        known = self._chosen.get((str(tree.id), folder))
        if known is not None:
            return known
        found: list[tuple[str, Entry]] = []
        for entry in tree:
            name = (entry.raw_name or b"").decode("utf-8", "surrogateescape")
            if isinstance(entry, pygit2.Tree):
                found += [(f"{name}/{path}", file) for path, file in self._below(entry, name, wanted)]
            elif isinstance(entry, pygit2.Blob) and wanted(f"{folder}/{name}"):
                found.append((name, (f"{entry.filemode:o}", str(entry.id))))
        self._chosen[str(tree.id), folder] = found
        return found

    def blob(self, oid: str) -> bytes:
        """The bytes of the blob `oid`; CannotWork when there is no such blob."""
        try:
            found = self._repository[oid]
        except (KeyError, ValueError):
            found = None
        if not isinstance(found, pygit2.Blob):
            raise self._absent(oid, "no such blob in this repository")
        return found.data

    def merge_base(self, ours: str, theirs: str) -> str | None:
        """The oid of a best common ancestor (Git's first choice of several), None for unrelated histories."""
        base = self._repository.merge_base(self.commit(ours), self.commit(theirs))
        return None if base is None else str(base)

    def merge_bases(self, ours: str, theirs: str) -> list[str]:
        """The oids of all best common ancestors of two commits given by oid; none for unrelated histories."""
        own = self.beyond(theirs, ours)
        if not own:
            return [theirs]
        # A best one that is not itself a head has a child that only theirs has: all between would be better ones.
        found = sorted({parent for parents in own.values() for parent in parents} - own.keys())
        return [oid for oid in found if not any(self.is_ancestor(oid, other) for other in found if other != oid)]

    def is_ancestor(self, oid: str, of: str) -> bool:
        """Whether the commit `oid` is reachable from another one."""
        return self._repository.descendant_of(of, oid)

    def beyond(self, oid: str, known: str) -> dict[str, list[str]]:
        """oid -> parents of the commits that are reachable from the commit `oid` and not from `known`. CannotWork where
        the history ends too early.
        """
        walk = self._repository.walk(pygit2.Oid(hex=oid))
        walk.hide(pygit2.Oid(hex=known))
        try:
            return {str(commit.id): [str(parent) for parent in commit.parent_ids] for commit in walk}
        except KeyError:
            raise CannotWork(f"the history of {oid[:12]} is not all here; `git fetch --unshallow` brings it") from None

    def history(self, revision: str) -> Iterator[LoggedCommit]:
        """The commits that a revision (all it reaches) or a range `A..B`, `A...B` names, newest first, no commit before
        one that is built on it. CannotWork when it names none.
        """
        try:
            named = self._repository.revparse(revision)
        except (KeyError, ValueError, pygit2.GitError):
            raise self._absent(revision, "no such revision or range in this repository") from None
        ends = [self._peeled(end, pygit2.Commit, revision).id for end in (named.from_object, named.to_object) if end]
        shared = self._shared()
        walk = shared.walk(ends[-1], _TOPOLOGICAL)
        if len(ends) == 2 and named.flags & pygit2.enums.RevSpecFlag.MERGE_BASE:
            walk.push(ends[0])
            for base in self.merge_bases(*map(str, ends)):
                walk.hide(pygit2.Oid(hex=base))
        elif len(ends) == 2:
            walk.hide(ends[0])
        cut = _cut(shared)
        return (LoggedCommit(commit, is_cut=str(commit.id) in cut) for commit in walk)

    def _shared(self) -> pygit2.Repository:
        """The repository without its linked work tree, in which libgit2 does not see where a shallow clone ends."""
        folder = self._repository.path
        pointer = os.path.join(folder, "commondir")
        if not os.path.exists(pointer):
            return self._repository
        with open(pointer, encoding="utf-8", errors="surrogateescape") as common:
            return pygit2.Repository(os.path.join(folder, common.read().rstrip("\n")))

    def ancestor(self, oid: str) -> Ancestor:
        """The commit `oid` alone."""
        return Ancestor(self._peeled(self._find(oid), pygit2.Commit, oid))

    def ancestry(self, oids: Iterable[str]) -> Iterator[Ancestor]:
        """The commits `oids` and all that they reach, parents before children; CannotWork where the history ends too
        early.
        """
        shared = self._shared()
        if _cut(shared):
            raise CannotWork("the history is not all here; `git fetch --unshallow` brings it")
        walk = shared.walk(None, pygit2.enums.SortMode.TOPOLOGICAL | pygit2.enums.SortMode.REVERSE)
        for oid in oids:
            walk.push(pygit2.Oid(hex=oid))
        return (Ancestor(commit) for commit in walk)

    def differing(self, old: str | None, new: str) -> dict[str, tuple[Entry | None, Entry | None]]:
        """path -> (entry before, entry now) of the files that differ between two trees; None: the empty tree."""
        later = self._tree(new)
        diff = later.diff_to_tree(swap=True) if old is None else self._tree(old).diff_to_tree(later)
        found: dict[str, tuple[Entry | None, Entry | None]] = {}
        for delta in diff.deltas:
            path = delta.new_file.raw_path.decode("utf-8", "surrogateescape")
            was, now = found.get(path, (None, None))
            found[path] = _entry(delta.old_file) or was, _entry(delta.new_file) or now
        return found

    def folder(self, tree: str, path: str) -> dict[str, Entry]:
        """path -> (mode, oid) of every file in one folder of a tree; none where it is no folder."""
        try:
            found = self._tree(tree)[path]
        except KeyError:
            return {}
        return dict(_files(found, path + "/")) if isinstance(found, pygit2.Tree) else {}

    def _tree(self, oid: str) -> pygit2.Tree:
        return self._peeled(self._find(oid), pygit2.Tree, oid)

    # -- writing ---------------------------------------------------------------------------------------------------

    def write_blob(self, content: bytes) -> str:
        """Store `content` as a blob, without any filter; its oid."""
        return str(self._repository.create_blob(content))

    def blob_id(self, content: bytes) -> str:
        """The oid that `content` has as a blob; nothing is written."""
        return str(pygit2.hash(content))

    def write_tree(self, old: str | None, changed: Mapping[str, Entry | None]) -> str:
        """Store the tree that differs from the tree `old` (None: the empty one) in the entries of these paths; its oid.
        None takes a path out. No path may be a folder of another.
        """
        index = pygit2.Index()
        if old is not None:
            index.read_tree(self._tree(old))
        gone = [path for path, entry in changed.items() if entry is None and path in index]
        for path in gone:
            index.remove(path)
        for path, entry in changed.items():
            if entry is not None:
                index.add(pygit2.IndexEntry(path, pygit2.Oid(hex=entry[1]), pygit2.enums.FileMode(int(entry[0], 8))))
        return str(index.write_tree(self._repository))

    def write_commit(self, tree: str, parents: Sequence[str], message: str, by: tuple[str, str, int]) -> str:
        """Store a commit, which no ref points to yet; its oid. `by`: name, email, time in Unix seconds."""
        signature = pygit2.Signature(*by, 0, "utf-8")
        return str(self._repository.create_commit(None, signature, signature, message, tree, list(parents)))

    # -- refs ------------------------------------------------------------------------------------------------------

    def refs(self) -> dict[str, str]:
        """Full name -> oid of the commit, of every ref that leads to one, sorted by name."""
        found: dict[str, str] = {}
        for name in sorted(self._repository.references):
            try:
                found[name] = str(self._repository.references[name].peel(pygit2.Commit).id)
            except (KeyError, ValueError, pygit2.GitError):
                continue  # it leads to a file, a tree or nowhere
        return found

    def branches(self) -> dict[str, str]:
        """name -> oid of the commit, of all local branches, then of all remote-tracking ones, as `git branch` names
        them; sorted by name.
        """
        found: dict[str, str] = {}
        for kept in (self._repository.branches.local, self._repository.branches.remote):
            for name in sorted(name for name in kept if not name.endswith("/HEAD")):
                found.setdefault(name, str(kept[name].peel(pygit2.Commit).id))
        return found

    def conflicts(self) -> dict[str, tuple[str | None, str | None, str | None]]:
        """path -> oids of base, ours and theirs (None where the file is absent) of every unmerged path of the index."""
        self._repository.index.read()
        sides = self._repository.index.conflicts or ()
        return {next(entry.path for entry in stages if entry): _oids(stages) for stages in sides}

    def _find(self, revision: str) -> pygit2.Object:
        try:
            return self._repository.revparse_single(revision)
        except (KeyError, ValueError, pygit2.GitError):
            raise self._absent(revision, "no such revision in this repository") from None

    def _peeled(self, found: pygit2.Object, kind: type[Peeled], revision: str) -> Peeled:
        try:
            return found.peel(kind)
        except (ValueError, pygit2.GitError):
            raise self._absent(revision, f"not a revision that has a {kind.__name__.lower()}") from None

    def _absent(self, name: str, why: str) -> GitbtcError:
        """What is told of an object that is not here: libgit2 fetches none that a partial clone has left out."""
        if name == "HEAD" and self._repository.head_is_unborn:
            return UsageError("there is no commit here yet")
        is_partial = any(
            entry.name.endswith(".promisor") or entry.name == "extensions.partialclone"
            for entry in self._repository.config
        )
        if is_partial:
            why = "not here, since this is a partial clone; `git fetch --refetch --no-filter` brings all of it"
        return CannotWork(f"{name}: {why}") if is_partial else UsageError(f"{name}: {why}")

    @property
    def is_shallow(self) -> bool:
        """Whether the history ends early here."""
        return bool(_cut(self._shared()))


def _entry(file: pygit2.DiffFile) -> Entry | None:
    return None if int(file.mode) == 0 else (f"{int(file.mode):o}", str(file.id))


def _cut(repository: pygit2.Repository) -> frozenset[str]:
    """Where a shallow clone ends."""
    if not repository.is_shallow:
        return frozenset()
    with open(os.path.join(repository.path, "shallow"), encoding="ascii") as ends:
        return frozenset(ends.read().split())


def _oids(stages: Iterable[pygit2.IndexEntry | None]) -> tuple[str | None, str | None, str | None]:
    base, ours, theirs = (str(entry.id) if entry else None for entry in stages)
    return base, ours, theirs


def _files(tree: pygit2.Tree, above: str) -> Iterator[tuple[str, Entry]]:
    for entry in tree:
        path = above + (entry.raw_name or b"").decode("utf-8", "surrogateescape")
        if isinstance(entry, pygit2.Tree):
            yield from _files(entry, path + "/")
        elif isinstance(entry, pygit2.Blob):
            yield path, (f"{entry.filemode:o}", str(entry.id))
