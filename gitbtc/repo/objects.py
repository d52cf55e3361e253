"""The repository's objects, for commands that read many of them: what those ask, whoever answers.

libgit2 answers without a process for each question (libgit.py). It does not answer everywhere; where it does not, git
itself does, more slowly (plumbing.py). `objects_of` (reading.py) knows which.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gitbtc.errors import CannotWork, UsageError
from gitbtc.repo.index import SUBMODULE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gitbtc.errors import GitbtcError
    from gitbtc.repo.index import Entry

_RANGE = re.compile(r"(.*?)(\.\.\.?)(.*)", re.DOTALL)

TREE = "40000"  # the mode of a folder
CUT_SHORT = "not all here; `git fetch --unshallow` brings it"


class LoggedCommit(NamedTuple):
    """A commit of a history: `tree` and `parents` are oids, `time` is when it was written, in Unix seconds, `offset`
    from UTC in minutes. `is_cut`: it has parents that a shallow clone does not hold; none of them is in `parents`.
    """

    oid: str
    tree: str
    parents: list[str]
    author: str
    email: str
    time: int
    offset: int
    message: str
    is_cut: bool


@dataclass(slots=True)
class Ancestor:
    """A commit as the walk for a join needs it: `time` is its committer's, in Unix seconds; `message` raw."""

    oid: str
    parents: list[str]
    time: int
    tree: str
    message: bytes


class Objects(ABC):
    """The objects and refs of one repository. A revision or an object that is not there is a UsageError, or CannotWork
    where it is missing since the clone is partial or shallow.

    `bring`, where it is set, has blobs come here that are not (by their oids), or raises.
    """

    bring: Callable[[Sequence[str]], None] | None = None

    def __init__(self) -> None:
        self._chosen: dict[tuple[str, str], list[tuple[str, Entry]]] = {}

    # -- commits and trees -----------------------------------------------------------------------------------------

    def commit(self, revision: str) -> str:
        """The oid of the commit that `revision` names."""
        return self._peeled(revision, "commit")

    @abstractmethod
    def _peeled(self, revision: str, kind: str) -> str:
        """The oid of the `commit` or `tree` that `revision` names, is a tag of, or, for a tree, is the commit of."""

    @abstractmethod
    def _entries(self, tree: str) -> Iterable[tuple[str, str, str]]:
        """Name, mode and oid of each entry of the tree, in its order."""

    def tree(self, revision: str) -> dict[str, Entry]:
        """path -> (mode, oid) of every file and symbolic link of `revision`'s tree, in the tree's order."""
        return dict(self._files(self._peeled(revision, "tree"), ""))

    def _files(self, tree: str, above: str) -> Iterator[tuple[str, Entry]]:
        for name, mode, oid in self._entries(tree):
            if mode == TREE:
                yield from self._files(oid, f"{above}{name}/")
            elif mode != SUBMODULE:
                yield above + name, (mode, oid)

    def chosen(self, oid: str, wanted: Callable[[str], bool]) -> dict[str, Entry]:
        """The same for those files of the commit `oid` alone whose path, cut to its last two folders, is `wanted`.

        A folder that many commits share is read once, so `wanted` must always answer the same.
        """
        return dict(self._below(self._peeled(oid, "tree"), "", wanted))

    def _below(self, tree: str, folder: str, wanted: Callable[[str], bool]) -> list[tuple[str, Entry]]:
        known = self._chosen.get((tree, folder))
        if known is not None:
            return known
        found: list[tuple[str, Entry]] = []
        for name, mode, oid in self._entries(tree):
            if mode == TREE:
                inner = f"{folder.rpartition('/')[2]}/{name}" if folder else name
                found += [(f"{name}/{path}", file) for path, file in self._below(oid, inner, wanted)]
            elif mode != SUBMODULE and wanted(f"{folder}/{name}" if folder else name):
                found.append((name, (mode, oid)))
        self._chosen[tree, folder] = found
        return found

    def folder(self, tree: str, path: str) -> dict[str, Entry]:
        """path -> (mode, oid) of every file in one folder of a tree; none where it is no folder."""
        for part in path.split("/"):
            found = [oid for name, mode, oid in self._entries(tree) if (name, mode) == (part, TREE)]
            if not found:
                return {}
            [tree] = found
        return dict(self._files(tree, path + "/"))

    @abstractmethod
    def differing(self, old: str | None, new: str) -> dict[str, tuple[Entry | None, Entry | None]]:
        """path -> (entry before, entry now) of the files that differ between two trees; None: the empty tree."""

    def blob(self, oid: str) -> bytes:
        """The bytes of the blob `oid`."""
        found = self._blob(oid)
        if found is None and self.bring is not None:
            self.bring([oid])
            found = self._blob(oid)
        if found is None:
            raise self._absent(oid, "no such blob in this repository")
        return found

    @abstractmethod
    def _blob(self, oid: str) -> bytes | None:
        """The same; None for what is not there, or no blob."""

    # -- histories -------------------------------------------------------------------------------------------------

    def history(self, revision: str) -> Iterator[LoggedCommit]:
        """The commits that a revision (all it reaches) or a range `A..B`, `A...B` names, newest first, no commit before
        one that is built on it.
        """
        named = _RANGE.fullmatch(revision)
        if named is None:
            return self._walk([self.commit(revision)], [])
        if not named[1] and not named[3]:
            raise self._absent(revision, "no such revision or range in this repository")
        first, last = (self.commit(end or "HEAD") for end in (named[1], named[3]))
        if named[2] == "...":
            return self._walk([last, first], self.merge_bases(first, last))
        return self._walk([last], [first])

    @abstractmethod
    def _walk(self, heads: Sequence[str], hidden: Sequence[str]) -> Iterator[LoggedCommit]:
        """The commits that the commits `heads` reach and none of `hidden` does, in the order of `history`."""

    @abstractmethod
    def ancestor(self, oid: str) -> Ancestor:
        """The commit `oid` alone."""

    @abstractmethod
    def ancestry(self, oids: Iterable[str]) -> Iterator[Ancestor]:
        """The commits `oids` and all that they reach, parents before children; CannotWork where the history ends too
        early.
        """

    @abstractmethod
    def merge_bases(self, ours: str, theirs: str) -> list[str]:
        """The oids of all best common ancestors of two commits given by oid; none for unrelated histories."""

    @abstractmethod
    def beyond(self, oid: str, known: str) -> dict[str, list[str]]:
        """oid -> parents of the commits that are reachable from the commit `oid` and not from `known`. CannotWork where
        the history ends too early.
        """

    @property
    @abstractmethod
    def is_shallow(self) -> bool:
        """Whether the history ends early here."""

    # -- writing ---------------------------------------------------------------------------------------------------

    @abstractmethod
    def write_blob(self, content: bytes) -> str:
        """Store `content` as a blob, without any filter; its oid."""

    @abstractmethod
    def blob_id(self, content: bytes) -> str:
        """The oid that `content` has as a blob; nothing is written."""

    @abstractmethod
    def write_tree(self, old: str | None, changed: Mapping[str, Entry | None]) -> str:
        """Store the tree that differs from the tree `old` (None: the empty one) in the entries of these paths; its oid.
        None takes a path out. No path may be a folder of another.
        """

    @abstractmethod
    def write_commit(self, tree: str, parents: Sequence[str], message: str, by: tuple[str, str, int]) -> str:
        """Store a commit, which no ref points to yet; its oid. `by`: name, email, time in Unix seconds."""

    # -- refs ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def refs(self) -> dict[str, str]:
        """Full name -> oid of the commit, of every ref that leads to one, sorted by name."""

    def branches(self) -> dict[str, str]:
        """name -> oid of the commit, of all local branches, then of all remote-tracking ones, as `git branch` names
        them; sorted by name.
        """
        found: dict[str, str] = {}
        refs = self.refs()
        for prefix in ("refs/heads/", "refs/remotes/"):
            for ref, oid in refs.items():
                if ref.startswith(prefix) and not ref.endswith("/HEAD"):
                    found.setdefault(ref.removeprefix(prefix), oid)
        return found

    # -- what is not there -----------------------------------------------------------------------------------------

    def _absent(self, name: str, why: str) -> GitbtcError:
        if name == "HEAD" and self._is_unborn():
            return UsageError("there is no commit here yet")
        if self._is_partial():
            why = "not here, since this is a partial clone; `git fetch --refetch --no-filter` brings all of it"
            return CannotWork(f"{name}: {why}")
        return UsageError(f"{name}: {why}")

    @abstractmethod
    def _is_unborn(self) -> bool:
        """Whether HEAD is on a branch that has no commit yet."""

    @abstractmethod
    def _is_partial(self) -> bool:
        """Whether the clone left objects out that its remote has."""
