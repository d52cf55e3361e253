"""The best common ancestor of two commits, from commits that are files of their own: git is not started for it.

The walk is Git's own (`paint_down_to_common` in its commit-reach.c): commits are taken by date, latest first, each
tells its parents which of the two reaches them, and what both reach makes all below it stale. It ends when only stale
ones are left. All best ancestors are among what it finds then, whatever the dates are; where dates lie, others may be.
"""

from __future__ import annotations

from heapq import heappop, heappush

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

_ONE, _OTHER, _STALE = 1, 2, 4
_BOTH = _ONE | _OTHER
_MOST = 1_000  # commits: from here on Git is quicker


class Parentage:
    """The oids of a commit's parents, and its date in Unix seconds."""

    __slots__ = ("date", "parents")

    def __init__(self, parents: list[str], date: int) -> None:
        self.parents = parents
        self.date = date

    @classmethod
    def parsed(cls, content: bytes) -> Self | None:
        """A commit, from its bytes; None where they are not as Git writes them."""
        head = content[: content.find(b"\n\n")].split(b"\n")
        parents = [line[7:].decode("ascii", "replace") for line in head if line.startswith(b"parent ")]
        date = next((line.rsplit(b" ", 2)[-2] for line in head if line.startswith(b"committer ")), b"")
        return cls(parents, int(date)) if date.isdigit() else None


def common_ancestors(read: Callable[[str], Parentage | None], one: str, other: str) -> list[str] | None:
    """The best common ancestor of two commits, none for unrelated histories. None where only Git can say: `read` has
    not all of the commits above it, they are many, or there are several.
    """
    reached = {one: _ONE, other: _OTHER} if one != other else {one: _BOTH}
    commits: dict[str, Parentage] = {}
    waiting: list[tuple[int, str]] = []  # by date, the latest first
    new, found = set(reached), []
    while not all(reached[oid] & _STALE for oid in new.union(oid for _, oid in waiting)):
        for oid in new:
            commit = commits.get(oid) or read(oid)
            if commit is None or len(commits) >= _MOST:
                return None
            commits[oid] = commit
            heappush(waiting, (-commit.date, oid))
        _, oid = heappop(waiting)
        told = reached[oid]
        if told == _BOTH:
            found.append(oid)
            told |= _STALE
        further = [parent for parent in commits[oid].parents if told & ~reached.get(parent, 0)]
        reached.update((parent, reached.get(parent, 0) | told) for parent in further)
        new = set(further).difference(oid for _, oid in waiting)
    best = {oid for oid in found if not reached[oid] & _STALE}
    return list(best) if len(best) < 2 else None
