"""Blobs of which it is known beforehand that they will be wanted: git unpacks them while others are looked at."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING

from gitbtc.repo.git import BlobReader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from gitbtc.repo.git import Git

_KEPT = 24  # blobs,
_KEPT_BYTES = 256 << 20  # and no more than this, but for the one that was read last
_READERS = 2  # git processes


class ReadAhead:
    """Reads blobs through a few git processes at a time, and keeps the latest; use it in a `with`. A blob that is
    no longer kept is read again.
    """

    def __init__(self, git: Git) -> None:
        self._readers = [(BlobReader(git), deque[str]()) for _ in range(_READERS)]
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for reader, _ in self._readers:
            reader.__exit__(kind, error, traceback)

    def expect(self, oids: Iterable[str]) -> None:
        """Have blobs unpacked that will be read soon: a few, of which all are kept until then."""
        for oid in oids:
            if oid not in self._kept and not any(oid in waiting for _, waiting in self._readers):
                reader, waiting = min(self._readers, key=lambda pair: len(pair[1]))
                reader.ask(oid)
                waiting.append(oid)

    def read(self, oid: str) -> bytes:
        """The bytes of the blob `oid`; CannotWork when the repository does not hold it."""
        self.expect([oid])
        for reader, waiting in self._readers:
            while oid in waiting:
                self._keep(waiting.popleft(), reader.answer())
        if oid not in self._kept:
            raise self._readers[0][0].missing(oid)
        self._kept.move_to_end(oid)
        return self._kept[oid]

    def _keep(self, oid: str, found: tuple[str, bytes] | None) -> None:
        if found is not None:
            self._kept[oid] = found[1]
        while len(self._kept) > 1 and (len(self._kept) > _KEPT or self._size() > _KEPT_BYTES):
            self._kept.popitem(last=False)

    def _size(self) -> int:
        return sum(map(len, self._kept.values()))
