"""The places of the index, of a revision, of a range of commits, and of everything that a repository reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.errors import CannotWork
from gitbtc.repo.git import SUBMODULE
from gitbtc.repo.introduced import introduced
from gitbtc.repo.stored import tagged
from gitbtc.scanning.place import BLOB, COMMIT, NAME, REF, TAG, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitbtc.repo.git import BlobReader, Entry, Git

# Every commit that a ref reaches, that some HEAD or stash or branch has stood at, and of every linked work tree.
EVERYTHING = ("--all", "--reflog")


def of_index(git: Git) -> Iterator[Place]:
    """What the next commit would change, and the sides of what a merge left open."""
    for changed in git.staged_paths():
        if changed.new:
            yield from _entry(changed.path, changed.new)
    yield from _unmerged(git)


def _unmerged(git: Git) -> Iterator[Place]:
    for path, stages in git.unmerged_entries().items():
        for entry in stages.values():
            yield from _entry(path, entry)


def of_revision(git: Git, blobs: BlobReader, revision: str) -> Iterator[Place]:
    """What `revision` names, a commit, a tag, a tree or a file: all of its files, and what was written in it."""
    oid = git.resolve(revision)
    while True:
        kind, content = _object(blobs, oid)
        if kind == "blob":
            yield Place(BLOB, revision.partition(":")[2], oid)
            return
        if kind == "tree":
            yield from _tree(git, oid)
            return
        yield Place(COMMIT if kind == "commit" else TAG, oid=oid)
        oid = git.resolve(f"{oid}^{{tree}}") if kind == "commit" else tagged(content)


def _object(blobs: BlobReader, oid: str) -> tuple[str, bytes]:
    found = blobs.find(oid)
    if found is None:
        raise CannotWork(f"object {oid} is not in this repository")
    return found


def of_commits(git: Git, commits: list[str]) -> Iterator[Place]:
    """What the commits brought in, their messages, and the names of their files."""
    yield from (Place(COMMIT, oid=oid) for oid in commits)
    for one in introduced(git, commits):
        yield from _entry(one.path, (one.mode, one.oid))


def of_everything(git: Git, blobs: BlobReader) -> Iterator[Place]:
    """All that the repository reaches: the history of every ref and of every reflog (stashes stand there), tags, what
    is staged, the names of refs.
    """
    yield from of_commits(git, git.reachable(*EVERYTHING))
    for path, entry in git.index_entries().items() if not git.is_bare() else ():
        yield from _entry(path, entry)
    if not git.is_bare():
        yield from _unmerged(git)
    for oid, kind, name in git.refs():
        yield Place(REF, name)
        if kind != "commit":
            yield from of_tip(git, blobs, oid)


def of_tip(git: Git, blobs: BlobReader, oid: str) -> Iterator[Place]:
    """What a ref shows that points to no commit: tags, and the tree or the file that they stand for."""
    kind, content = _object(blobs, oid)
    while kind == "tag":
        yield Place(TAG, oid=oid)
        oid = tagged(content)
        kind, content = _object(blobs, oid)
    if kind == "tree":
        yield from _tree(git, oid)
    elif kind == "blob":
        yield Place(BLOB, oid=oid)


def _tree(git: Git, oid: str) -> Iterator[Place]:
    for path, entry in git.tree_entries(oid).items():
        yield from _entry(path, entry)


def _entry(path: str, entry: Entry) -> Iterator[Place]:
    mode, oid = entry
    yield Place(NAME, path)
    if mode != SUBMODULE:
        yield Place(BLOB, path, oid)


def once(places: Iterable[Place]) -> Iterator[Place]:
    """Each object and each name once, of the many versions in which a history has it."""
    seen: set[str] = set()
    for place in places:
        identity = place.identity()
        if identity not in seen:
            seen.add(identity)
            yield place
