"""Many versions of state files, each as its difference from one of them, the anchor: read once, compared, let go.

A fleet's versions are nearly all of the work of a join, and no two depend on each other: they are shared out among
processes, each with a git of its own, in the order in which they lie in the object store (a packed version is stored
as its difference from a neighbour).
"""

from __future__ import annotations

import os
from collections import deque

from gitbtc import progress
from gitbtc.errors import CannotWork
from gitbtc.interrupts import leave_to_parent
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import Kinds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Protocol

    from gitbtc.kinds.kind import Key, Kind
    from gitbtc.repo.git import Git

    # A state file: its path and the oid of its blob.
    File = tuple[str, str]
    # The lines that differ from the anchor's, None for one that is gone; all bytes of a file whose records have no
    # lines; None for what is no state file.
    Difference = Mapping[Key, bytes | None] | bytes | None

    class Reader(Protocol):
        """Reads blobs one after another, in the order in which they were asked for."""

        def ask(self, oid: str) -> None:
            """Have a blob read."""

        def answer(self) -> tuple[str, bytes] | None:
            """The type and the bytes of the next blob that was asked for."""


MANY = 200  # files that are worth another process
_SHARE = 64  # files that a process is given at a time, at least
_SHARES = 8  # and how often it is given some
_AHEAD = 3  # blobs that git unpacks while one is compared


class Differences:
    """Differences of files from `anchors` (path -> content). `schemas`: those of added kinds, where -> content."""

    def __init__(self, schemas: Mapping[str, bytes], anchors: Mapping[str, bytes]) -> None:
        self._kinds = Kinds.of(schemas)
        self._anchors = anchors
        self._compared: dict[File, Difference] = {}

    def __contains__(self, file: object) -> bool:
        return file in self._compared

    def __getitem__(self, file: File) -> Difference:
        return self._compared[file]

    def read(self, reader: Reader, files: Sequence[File]) -> None:
        """Compare some files, one after another."""
        self._compared.update(self.compared(reader, files))

    def take(self, compared: Iterable[tuple[File, Difference]]) -> None:
        """Hold what somebody else compared."""
        self._compared.update(compared)

    def compared(self, reader: Reader, files: Sequence[File]) -> Iterator[tuple[File, Difference]]:
        """(file, difference) of each of `files`."""
        waiting: deque[File] = deque()
        for file in files:
            reader.ask(file[1])
            waiting.append(file)
            if len(waiting) > _AHEAD:
                yield self._next(reader, waiting)
        while waiting:
            yield self._next(reader, waiting)

    def _next(self, reader: Reader, waiting: deque[File]) -> tuple[File, Difference]:
        file, found = waiting.popleft(), reader.answer()
        kind = self._kinds.for_path(file[0])
        if found is None:
            raise CannotWork(
                f"{file[0]}: the version {file[1]} is not in this repository, so that nobody can say what it changed;"
                " in a partial clone, `git fetch --refetch --no-filter` brings all of it"
            )
        if kind is None or found[0] != "blob":
            return file, None
        try:
            return file, self._difference(kind, file[0], found[1])
        except Malformed:
            return file, None

    def _difference(self, kind: Kind, path: str, content: bytes) -> Difference:
        if not kind.is_array:
            codec.parse(kind, content)
            return content
        return {change.key: change.new for change in delta(kind, self._anchors.get(path, b""), content)}


def shared_out(
    git: Git, schemas: Mapping[str, bytes], anchors: Mapping[str, bytes], files: Sequence[File]
) -> Differences:
    """The differences of `files`, read by as many processes as there are processors and as are worth it."""
    differences = Differences(schemas, anchors)
    if len(files) < MANY:
        with git.blobs() as reader:
            differences.read(reader, files)
        return differences
    return _by_processes(git, differences, (schemas, anchors), as_stored(git, files))


def as_stored(git: Git, files: Sequence[File]) -> list[File]:
    """The files in the order in which they lie in the object store."""
    place = {oid: at for at, oid in enumerate(git.stored_order())}
    return sorted(files, key=lambda file: place.get(file[1], 0))


def _by_processes(
    git: Git,
    differences: Differences,
    given: tuple[Mapping[str, bytes], Mapping[str, bytes]],
    files: Sequence[File],
) -> Differences:
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    workers = min(processors(), len(files) // _SHARE)
    share = max(_SHARE, -(-len(files) // (workers * _SHARES)))
    step = progress.doing("files compared", len(files))
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (git, *given)) as pool, step:
        asked = [pool.submit(_compare, files[at : at + share]) for at in range(0, len(files), share)]
        for answered in as_completed(asked):
            compared = answered.result()
            differences.take(compared)
            step.done += len(compared)
    return differences


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_own: list[tuple[Differences, Reader]] = []  # of a process that only compares


def _begin(git: Git, schemas: Mapping[str, bytes], anchors: Mapping[str, bytes]) -> None:
    leave_to_parent()
    _own.append((Differences(schemas, anchors), git.blobs()))


def _compare(files: Sequence[File]) -> list[tuple[File, Difference]]:
    differences, reader = _own[0]
    return list(differences.compared(reader, files))
