"""Lines of state that come together: the sides of a merge, a pick, a revert, and their common ancestors."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.repo.git import Git

MERGE, SQUASH, CHERRY_PICK, REBASE, REVERT = "merge", "squash", "cherry-pick", "rebase", "revert"


class Merging:
    """What brings the lines of `heads` (oids; ours first) together; `name` says what Git calls that.

    A pick or a revert takes one step of another line: `base` is then the commit where that step begins (None for the
    empty state before a first commit), which need not be an ancestor of ours. `began` tells two attempts at the same
    thing apart. Without a `git`, the heads are of no repository, and their bases are given.
    """

    def __init__(
        self,
        git: Git | None,
        heads: list[str],
        name: str = MERGE,
        base: list[str | None] | None = None,
        began: str = "",
    ) -> None:
        self._git = git
        self.heads = heads
        self.name = name
        self.began = began
        self._base = base
        self._found: dict[tuple[int, int], list[str | None]] = {}

    @property
    def into_ours(self) -> bool:
        """Whether ours is a branch that is merged into, and takes all that the others know; not one step of theirs."""
        return self.name in (MERGE, SQUASH)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Every two of the heads, by position: an octopus can bring a coin together twice among the others."""
        for one in range(len(self.heads)):
            for other in range(one + 1, len(self.heads)):
                yield one, other

    def bases(self, one: int, other: int) -> list[str | None]:
        """The best common ancestors of two heads; [None] when their histories are unrelated."""
        if self._base is not None or self._git is None:
            return self._base or [None]
        if (one, other) not in self._found:
            self._found[one, other] = [*self._git.merge_bases(self.heads[one], self.heads[other])] or [None]
        return self._found[one, other]

    def all_bases(self) -> list[str | None]:
        """The best common ancestors of every two of the heads, each once."""
        return list(dict.fromkeys(base for pair in self.pairs() for base in self.bases(*pair)))

    def told_in(self, head: int, needle: str) -> tuple[str, str] | None:
        """The oid and the subject of the commit of a head's own line that brought a text into a state file; None where
        nobody can say. Asks Git.
        """
        if self._git is None or not self.heads[head]:
            return None
        return self._git.bringing(needle, self.heads[head], [base for base in self.all_bases() if base])

    def identity(self) -> list[str]:
        """What tells it from every other one, attempts at the same one apart."""
        ours, *others = self.heads
        return [self.name, ours, *sorted(others), *(base or "" for base in self._base or [])]


def announced() -> dict[str, str]:
    """oid -> name of the heads that `git merge` says it merges: no MERGE_HEAD exists before its hooks have run."""
    prefix = "GITHEAD_"
    return {name.removeprefix(prefix): value for name, value in os.environ.items() if name.startswith(prefix)}
