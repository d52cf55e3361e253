"""Which merge is in progress: its sides and their common ancestors, however far Git has come with it."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.repo.git import Git


class Merging:
    """A merge of `heads` (oids; ours first)."""

    def __init__(self, git: Git, heads: list[str]) -> None:
        self._git = git
        self.heads = heads

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Every two of the heads, by position: an octopus can bring a coin together twice among the others."""
        for one in range(len(self.heads)):
            for other in range(one + 1, len(self.heads)):
                yield one, other

    def bases(self, one: int, other: int) -> list[str | None]:
        """The best common ancestors of two heads; [None] when their histories are unrelated."""
        found: list[str | None] = [*self._git.merge_bases(self.heads[one], self.heads[other])]
        return found or [None]


def announced() -> dict[str, str]:
    """oid -> name of the heads that `git merge` says it merges: no MERGE_HEAD exists before its hooks have run."""
    prefix = "GITHEAD_"
    return {name.removeprefix(prefix): value for name, value in os.environ.items() if name.startswith(prefix)}


def merge_in_progress(git: Git) -> Merging | None:
    """The merge that the next commit would conclude, or None."""
    theirs = git.heads_in("MERGE_HEAD") or list(announced())
    ours = git.find("HEAD")
    return None if not theirs or ours is None else Merging(git, [ours, *theirs])
