"""The repository's objects through libgit2, for commands that read many of them.

Importing pygit2 costs some 100 ms: nothing that Git starts for a file or a commit may import this module.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import pygit2

from gitbtc.errors import CannotWork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gitbtc.repo.git import Entry

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

    def commit(self, revision: str) -> str:
        """The oid of the commit that `revision` names; CannotWork when it names none."""
        return str(_peeled(self._find(revision), pygit2.Commit, revision).id)

    def tree(self, revision: str) -> dict[str, Entry]:
        """path -> (mode, oid) of every file and symbolic link of `revision`'s tree, in the tree's order."""
        return dict(_files(_peeled(self._find(revision), pygit2.Tree, revision), ""))

    def chosen(self, oid: str, wanted: Callable[[str], bool]) -> dict[str, Entry]:
        """The same for those files of the commit `oid` alone whose path, cut to its last folder, is `wanted`.

        A folder that many commits share is read once, so `wanted` must always answer the same.
        """
        return dict(self._below(_peeled(self._find(oid), pygit2.Tree, oid), "", wanted))

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
            raise CannotWork(f"{oid}: no such blob in this repository")
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
            raise CannotWork(f"{revision}: no such revision or range in this repository") from None
        ends = [_peeled(end, pygit2.Commit, revision).id for end in (named.from_object, named.to_object) if end]
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
            raise CannotWork(f"{revision}: no such revision in this repository") from None


def _cut(repository: pygit2.Repository) -> frozenset[str]:
    """Where a shallow clone ends."""
    if not repository.is_shallow:
        return frozenset()
    with open(os.path.join(repository.path, "shallow"), encoding="ascii") as ends:
        return frozenset(ends.read().split())


def _peeled(found: pygit2.Object, kind: type[Peeled], revision: str) -> Peeled:
    try:
        return found.peel(kind)
    except (ValueError, pygit2.GitError):
        raise CannotWork(f"{revision}: not a revision that has a {kind.__name__.lower()}") from None


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
