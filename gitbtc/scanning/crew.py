"""Many places looked at by several processes, one for each core; few by this one alone."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import TYPE_CHECKING

from gitbtc.errors import CannotWork
from gitbtc.interrupts import leave_to_parent
from gitbtc.scanning.examiner import Examiner
from gitbtc.scanning.own_keys import OwnKeys
from gitbtc.scanning.place import Looked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from gitbtc.repo.git import Git
    from gitbtc.scanning.place import Place

# With fewer places, the others would have started when all is done.
_FEW = 256
_BATCH = 32  # places that a process is given at a time
_MOST = 8  # processes


def look(
    git: Git | None, places: Iterable[Place], allowed: frozenset[str] = frozenset(), few: int = _FEW
) -> Iterator[Looked]:
    """What is at each of the places, in their order. `git` reads objects; None outside of a repository. `allowed` are
    the fingerprints of what is let through.
    """
    waiting = iter(places)
    first = list(islice(waiting, few))
    if len(first) < few or cores() < 2:
        return _alone(git, chain(first, waiting), allowed)
    return _together(git, chain(first, waiting), allowed)


def cores() -> int:
    """How many cores this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return min(_MOST, len(allowed(0)) if allowed else os.cpu_count() or 1)


def _alone(git: Git | None, places: Iterable[Place], allowed: frozenset[str]) -> Iterator[Looked]:
    if git is None:
        yield from map(Examiner(allowed=allowed).look, places)
        return
    with git.blobs() as blobs:
        yield from map(Examiner(blobs, OwnKeys(git, blobs), allowed).look, places)


def _together(git: Git | None, places: Iterator[Place], allowed: frozenset[str]) -> Iterator[Looked]:
    given: deque[tuple[list[Place], Future[list[Looked | None]]]] = deque()
    with ProcessPoolExecutor(cores(), initializer=_begin, initargs=(git, allowed)) as crew:
        try:
            for batch in _batches(places):
                given.append((batch, crew.submit(_look, batch)))
                if len(given) > 2 * cores():
                    yield from _looked(*given.popleft())
            while given:
                yield from _looked(*given.popleft())
        except BrokenProcessPool:
            raise CannotWork(
                "a process that scanned was killed, for want of memory perhaps; run it again: it goes on where it was"
            ) from None
        finally:
            crew.shutdown(cancel_futures=True)


def _looked(batch: list[Place], told: Future[list[Looked | None]]) -> Iterator[Looked]:
    return (looked or Looked(place) for place, looked in zip(batch, told.result(), strict=True))


def _batches(places: Iterator[Place]) -> Iterator[list[Place]]:
    while batch := list(islice(places, _BATCH)):
        yield batch


# -- in the other processes ------------------------------------------------------------------------------------------

_examiners: list[Examiner] = []


def _begin(git: Git | None, allowed: frozenset[str]) -> None:
    leave_to_parent()
    blobs = git and git.blobs()
    _examiners[:] = [Examiner(blobs, OwnKeys(git, blobs), allowed) if git and blobs else Examiner(allowed=allowed)]


def _look(places: list[Place]) -> list[Looked | None]:
    """What is at each place; None where there is nothing to tell, as at most: to send it would take its time."""
    return [_told(_examiners[0].look(place)) for place in places]


def _told(looked: Looked) -> Looked | None:
    return looked if looked.findings or looked.within or looked.problem or looked.passing else None
