"""What the commands that read history share: the repository, its commits, progress, what is said of a cut."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gitbtc import progress
from gitbtc.history.commits import History
from gitbtc.repo.ahead import ReadAhead
from gitbtc.repo.reading import objects_of
from gitbtc.views import terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Git
    from gitbtc.repo.objects import LoggedCommit, Objects


@contextmanager
def opened(git: Git, kinds: Kinds | None = None) -> Iterator[tuple[History, Objects]]:
    """The history of the repository where `git` runs, and its commits. `kinds`: those whose files are told besides
    those that say something of coins.
    """
    objects = objects_of(git)
    with ReadAhead(git) as blobs:
        yield History(objects, blobs, kinds, git), objects


def watched(commits: Sequence[LoggedCommit], taken: Iterable[LoggedCommit]) -> Iterable[LoggedCommit]:
    """`taken`, with whoever waits told of how many it is."""
    return progress.counted("commits read", taken, len(commits))


def cut(commits: Iterable[LoggedCommit]) -> list[str]:
    """The commits at which a shallow clone ends."""
    return [commit.oid for commit in commits if commit.is_cut]


def about_cut(oids: Sequence[str]) -> list[str]:
    """What is said of them."""
    if not oids:
        return []
    places = ", ".join(map(terms.short, oids))
    return [f"history is cut at {places} (a shallow clone); `git fetch --unshallow` brings what was before"]
