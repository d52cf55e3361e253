"""The commits that the heads of a join reach: clocks, which heads matter, what they have in common.

The clock of a commit is its corrected commit date: the committer's time, but at least one more than any parent's, so
that no wrong clock makes a commit older than what it was built on. Ties are decided by the oid.
"""

from __future__ import annotations

from heapq import heappop, heappush
from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Protocol

    from gitbtc.join.atoms import Token
    from gitbtc.repo.git import Entry

    Pair = tuple[Entry | None, Entry | None]  # of one file: before and now
    Differing = Mapping[str, Pair]  # by path

    class Read(Protocol):
        """A commit as it is stored. `time` is its committer's in Unix seconds."""

        oid: str
        parents: list[str]
        time: int
        tree: str
        message: bytes

    class Trees(Protocol):
        """Tells in which files two trees differ; None is the empty tree."""

        def differing(self, old: str | None, new: str) -> dict[str, Pair]:
            """The files that differ, by path."""

        def folder(self, tree: str, path: str) -> Mapping[str, Entry]:
            """path -> entry of every file in one folder of a tree; none where it is no folder."""


TRAILER = "Gitbtc-Join"


def is_join(tree: str, parents: Sequence[str], message: bytes) -> bool:
    """Whether a commit says of itself that it is nothing but the join of its parents."""
    return len(parents) > 1 and f"{TRAILER}: {tree}".encode() in message.split(b"\n")


class Node:
    """A commit: `token` is its clock. `is_join`: it is nothing but the join of its parents, and says so itself."""

    __slots__ = ("is_join", "oid", "parents", "time", "token", "tree")

    def __init__(self, read: Read, date: int) -> None:
        self.oid = read.oid
        self.parents = read.parents
        self.tree = read.tree
        self.time = read.time
        self.token: Token = (date, read.oid)
        # With the tree's name in it: an amended join is an ordinary commit, whose changes count.
        self.is_join = is_join(read.tree, read.parents, read.message)


class CommitGraph:
    """All commits that some heads reach, given with parents before children."""

    def __init__(self, commits: Iterable[Read]) -> None:
        self.nodes: dict[str, Node] = {}
        for read in commits:
            self.add(read)

    def add(self, read: Read) -> Node:
        """Take in one more commit, whose parents are known."""
        date = max((self.nodes[parent].token[0] + 1 for parent in read.parents), default=read.time)
        node = self.nodes[read.oid] = Node(read, max(date, read.time))
        return node

    def independent(self, oids: Iterable[str]) -> list[str]:
        """Those of the commits that no other one reaches, the oldest first."""
        chosen = {oid: self.nodes[oid] for oid in oids}
        oldest = min((node.token[0] for node in chosen.values()), default=0)
        reached: set[str] = set()
        waiting = [parent for node in chosen.values() for parent in node.parents]
        while waiting:
            oid = waiting.pop()
            node = self.nodes[oid]
            if oid not in reached and node.token[0] >= oldest:
                reached.add(oid)
                waiting += node.parents
        return [node.oid for node in sorted(chosen.values(), key=attrgetter("token")) if node.oid not in reached]

    def frontier(self, heads: Iterable[str]) -> list[str]:
        """The ordinary commits that the heads come down to, with joins replaced by what they join, the oldest first.

        The result of a join depends on these alone: neither on the order nor on the grouping of earlier joins.
        """
        found: set[str] = set()
        seen: set[str] = set()
        waiting = list(heads)
        while waiting:
            oid = waiting.pop()
            if oid not in seen:
                seen.add(oid)
                node = self.nodes[oid]
                if node.is_join:
                    waiting += node.parents
                else:
                    found.add(oid)
        return self.independent(found)

    def common(self, heads: Iterable[str]) -> str | None:
        """The newest commit through which every way from the heads to the first commits leads, None when there is none.

        Nothing that was done before it matters: whoever changed a record since has seen all of that.
        """
        waiting: list[tuple[int, str]] = []
        open_: set[str] = set()

        def add(oids: Iterable[str]) -> None:
            for oid in oids:
                if oid not in open_:
                    open_.add(oid)
                    heappush(waiting, (-self.nodes[oid].token[0], oid))

        add(heads)
        while waiting:
            _, oid = heappop(waiting)
            if len(open_) == 1:
                return oid
            open_.discard(oid)
            parents = self.nodes[oid].parents
            if not parents:
                return None
            add(parents)
        return None

    def since(self, heads: Sequence[str], base: str | None) -> list[Node]:
        """The commits between the base and the heads, parents before children, line by line."""
        found: list[Node] = []
        seen = {base}
        for head in heads:
            line: list[Node] = []
            waiting = [head]
            while waiting:
                oid = waiting.pop()
                if oid not in seen:
                    seen.add(oid)
                    line.append(self.nodes[oid])
                    waiting += self.nodes[oid].parents
            found += sorted(line, key=attrgetter("token"))
        return found
