"""The repository's objects through libgit2, for commands that read many of them.

Importing pygit2 costs some 100 ms: nothing that Git starts for a file or a commit may import this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pygit2

from gitbtc.errors import CannotWork

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gitbtc.repo.git import Entry

Peeled = TypeVar("Peeled", pygit2.Commit, pygit2.Tree)


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

    def commit(self, revision: str) -> str:
        """The oid of the commit that `revision` names; CannotWork when it names none."""
        return str(_peeled(self._find(revision), pygit2.Commit, revision).id)

    def tree(self, revision: str) -> dict[str, Entry]:
        """path -> (mode, oid) of every file and symbolic link of `revision`'s tree, in the tree's order."""
        return dict(_files(_peeled(self._find(revision), pygit2.Tree, revision), ""))

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
