"""The repository's objects through libgit2.

Importing pygit2 costs some 100 ms: nothing that Git starts for a file or a commit may import this module.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import pygit2

from gitbtc.errors import CannotWork, not_written
from gitbtc.progress import doing
from gitbtc.repo.configuration import is_partial
from gitbtc.repo.objects import CUT_SHORT, Ancestor, LoggedCommit, Objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Self

    from gitbtc.repo.index import Entry

_KINDS: dict[str, type[pygit2.Commit | pygit2.Tree]] = {"commit": pygit2.Commit, "tree": pygit2.Tree}
_TOPOLOGICAL = pygit2.enums.SortMode.TOPOLOGICAL


class LibgitObjects(Objects):
    """The objects of `repository`, and those in the folder `incoming`."""

    def __init__(self, repository: pygit2.Repository, incoming: str | None = None) -> None:
        super().__init__()
        self._repository = repository
        if incoming is not None:
            repository.odb.add_disk_alternate(incoming)

    @classmethod
    def at(cls, folder: str, incoming: str | None = None) -> Self | None:
        """The objects of the repository whose Git folder is `folder`; None when libgit2 cannot read all of it."""
        try:
            objects = cls(pygit2.Repository(folder), incoming)
        except pygit2.GitError:
            return None
        return None if objects._is_partial() else objects

    # -- commits and trees -----------------------------------------------------------------------------------------

    def _peeled(self, revision: str, kind: str) -> str:
        try:
            return str(self._find(revision).peel(_KINDS[kind]).id)
        except (ValueError, pygit2.GitError):
            raise self._absent(revision, f"not a revision that has a {kind}") from None

    def _find(self, revision: str) -> pygit2.Object:
        try:
            return self._repository.revparse_single(revision)
        except (KeyError, ValueError, pygit2.GitError):
            raise self._absent(revision, "no such revision in this repository") from None

    def _entries(self, tree: str) -> Iterable[tuple[str, str, str]]:
        return [
            ((entry.raw_name or b"").decode("utf-8", "surrogateescape"), _mode(entry.filemode), str(entry.id))
            for entry in self._tree(tree)
        ]

    def _tree(self, oid: str) -> pygit2.Tree:
        return self._find(oid).peel(pygit2.Tree)

    def differing(self, old: str | None, new: str) -> dict[str, tuple[Entry | None, Entry | None]]:
        later = self._tree(new)
        diff = later.diff_to_tree(swap=True) if old is None else self._tree(old).diff_to_tree(later)
        found: dict[str, tuple[Entry | None, Entry | None]] = {}
        for delta in diff.deltas:
            path = delta.new_file.raw_path.decode("utf-8", "surrogateescape")
            was, now = found.get(path, (None, None))
            found[path] = _entry(delta.old_file) or was, _entry(delta.new_file) or now
        return found

    def _blob(self, oid: str) -> bytes | None:
        try:
            with doing("reading from Git"):
                found = self._repository[oid]
        except (KeyError, ValueError):
            return None
        return found.data if isinstance(found, pygit2.Blob) else None

    # -- histories -------------------------------------------------------------------------------------------------

    def _walk(self, heads: Sequence[str], hidden: Sequence[str]) -> Iterator[LoggedCommit]:
        shared = self._shared()
        walk = shared.walk(None, _TOPOLOGICAL | pygit2.enums.SortMode.TIME)
        for oid in heads:
            walk.push(pygit2.Oid(hex=oid))
        for oid in hidden:
            walk.hide(pygit2.Oid(hex=oid))
        cut = _cut(shared)
        return (_logged(commit, is_cut=str(commit.id) in cut) for commit in walk)

    def _shared(self) -> pygit2.Repository:
        """The repository without its linked work tree, in which libgit2 does not see where a shallow clone ends."""
        folder = self._repository.path
        pointer = os.path.join(folder, "commondir")
        if not os.path.exists(pointer):
            return self._repository
        with open(pointer, encoding="utf-8", errors="surrogateescape") as common:
            return pygit2.Repository(os.path.join(folder, common.read().rstrip("\n")))

    def ancestor(self, oid: str) -> Ancestor:
        return _ancestor(self._find(oid).peel(pygit2.Commit))

    def ancestry(self, oids: Iterable[str]) -> Iterator[Ancestor]:
        shared = self._shared()
        if _cut(shared):
            raise CannotWork(f"the history is {CUT_SHORT}")
        walk = shared.walk(None, _TOPOLOGICAL | pygit2.enums.SortMode.REVERSE)
        for oid in oids:
            walk.push(pygit2.Oid(hex=oid))
        return map(_ancestor, walk)

    def merge_bases(self, ours: str, theirs: str) -> list[str]:
        own = self.beyond(theirs, ours)
        if not own:
            return [theirs]
        # A best one that is not itself a head has a child that only theirs has: all between would be better ones.
        found = sorted({parent for parents in own.values() for parent in parents} - own.keys())
        is_ancestor = self._repository.descendant_of
        return [oid for oid in found if not any(is_ancestor(other, oid) for other in found if other != oid)]

    def beyond(self, oid: str, known: str) -> dict[str, list[str]]:
        walk = self._repository.walk(pygit2.Oid(hex=oid))
        walk.hide(pygit2.Oid(hex=known))
        try:
            return {str(commit.id): [str(parent) for parent in commit.parent_ids] for commit in walk}
        except KeyError:
            raise CannotWork(f"the history of {oid[:12]} is {CUT_SHORT}") from None

    @property
    def is_shallow(self) -> bool:
        return bool(_cut(self._shared()))

    # -- writing ---------------------------------------------------------------------------------------------------

    def write_blob(self, content: bytes) -> str:
        with _stored():
            return str(self._repository.create_blob(content))

    def blob_id(self, content: bytes) -> str:
        return str(pygit2.hash(content))

    def write_tree(self, old: str | None, changed: Mapping[str, Entry | None]) -> str:
        index = pygit2.Index()
        if old is not None:
            index.read_tree(self._tree(old))
        gone = [path for path, entry in changed.items() if entry is None and path in index]
        for path in gone:
            index.remove(path)
        for path, entry in changed.items():
            if entry is not None:
                index.add(pygit2.IndexEntry(path, pygit2.Oid(hex=entry[1]), pygit2.enums.FileMode(int(entry[0], 8))))
        # What can be brought lies elsewhere, and whoever takes the tree in sees whether it has all of it.
        pygit2.settings.enable_strict_object_creation(value=self.bring is None)
        try:
            with _stored():
                return str(index.write_tree(self._repository))
        finally:
            pygit2.settings.enable_strict_object_creation(value=True)

    def write_commit(self, tree: str, parents: Sequence[str], message: str, by: tuple[str, str, int]) -> str:
        signature = pygit2.Signature(*by, 0, "utf-8")
        with _stored():
            oid = self._repository.create_commit(None, signature, signature, message, tree, list(parents))
            if oid not in self._repository:  # it says nothing of a disk that is full (observed on pygit2 1.21)
                raise OSError("No space left on device")
        return str(oid)

    # -- refs ------------------------------------------------------------------------------------------------------

    def refs(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in sorted(self._repository.references):
            try:
                found[name] = str(self._repository.references[name].peel(pygit2.Commit).id)
            except (KeyError, ValueError, pygit2.GitError):
                continue  # it leads to a file, a tree or nowhere
        return found

    # -- what is not there -----------------------------------------------------------------------------------------

    def _is_unborn(self) -> bool:
        return self._repository.head_is_unborn

    def _is_partial(self) -> bool:
        return is_partial((entry.name, entry.value or "") for entry in self._repository.config)


@contextmanager
def _stored() -> Iterator[None]:
    """CannotWork where what is begun within cannot be written."""
    try:
        yield
    except (OSError, pygit2.GitError) as error:
        raise not_written(OSError(str(error)), "an object of the repository") from None


def _logged(commit: pygit2.Commit, *, is_cut: bool) -> LoggedCommit:
    author = commit.author
    return LoggedCommit(
        str(commit.id), str(commit.tree_id), [] if is_cut else [str(parent) for parent in commit.parent_ids],
        _text(author.raw_name), _text(author.raw_email), author.time, author.offset, _text(commit.raw_message), is_cut,
    )  # fmt: skip


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")


def _ancestor(commit: pygit2.Commit) -> Ancestor:
    parents = [str(parent) for parent in commit.parent_ids]
    return Ancestor(str(commit.id), parents, commit.commit_time, str(commit.tree_id), commit.raw_message)


def _entry(file: pygit2.DiffFile) -> Entry | None:
    return None if int(file.mode) == 0 else (f"{int(file.mode):o}", str(file.id))


@cache
def _mode(number: int) -> str:
    """A mode as Git writes it: a tree may have thousands of entries, and there are few modes."""
    return f"{number:o}"


def _cut(repository: pygit2.Repository) -> frozenset[str]:
    """Where a shallow clone ends."""
    if not repository.is_shallow:
        return frozenset()
    with open(os.path.join(repository.path, "shallow"), encoding="ascii") as ends:
        return frozenset(ends.read().split())
