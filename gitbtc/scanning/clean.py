"""What was found clean before, so that a long scan that was stopped goes on, and the next one looks at what is new.

The file begins with the name of the scanner; an identity of 16 bytes follows for each place that holds nothing. Only
whole ones count. Another scanner, so any change of its code, its word lists or its Python, begins a new file.
"""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc.errors import CannotWork
from gitbtc.repo.files import write
from gitbtc.repo.lock import alone

if TYPE_CHECKING:
    from types import TracebackType
    from typing import IO, Self

    from gitbtc.scanning.place import Place

FILE = "scanned.clean"
LOCK = "scanned.lock"

_NAME = 32  # bytes of the scanner's name,
_WIDTH = 16  # and of an identity
_AT_ONCE = 256  # identities in one write


class Clean:
    """The clean places of the repository whose gitbtc folder is `folder`; use it in a `with`.

    A folder that cannot be written is no error: the scan just begins anew each time.
    """

    def __init__(self, folder: str, scanner: bytes | None = None) -> None:
        self._folder = folder
        self._scanner = scanner_name() if scanner is None else scanner
        self._known: set[bytes] = set()
        self._new: list[bytes] = []
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            with alone(os.path.join(self._folder, LOCK)):
                self._open(Path(self._folder, FILE))
        except (OSError, CannotWork):
            self._file = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._write()
        if self._file is not None:
            self._file.close()

    def _open(self, path: Path) -> None:
        content = path.read_bytes() if path.exists() else b""
        rows = content[_NAME:]
        if content[:_NAME] != self._scanner or len(rows) % _WIDTH:
            rows = rows[: len(rows) - len(rows) % _WIDTH] if content[:_NAME] == self._scanner else b""
            # In the place of the old file: who still writes to that one writes to nobody.
            write(path, self._scanner + rows)
        self._known = {rows[at : at + _WIDTH] for at in range(0, len(rows), _WIDTH)}
        self._file = path.open("ab", buffering=0)

    def __contains__(self, place: Place) -> bool:
        return _identity(place) in self._known

    def add(self, place: Place) -> None:
        """Remember that nothing was found there, not even a notice."""
        self._new.append(_identity(place))
        if len(self._new) >= _AT_ONCE:
            self._write()

    def _write(self) -> None:
        if self._file is not None and self._new:
            # One write to the end of the file: two scans at a time do not cut each other's identities in two.
            self._file.write(b"".join(self._new))
        self._new.clear()


def _identity(place: Place) -> bytes:
    return blake2b(place.identity().encode("utf-8", "surrogateescape"), digest_size=_WIDTH).digest()


@lru_cache(maxsize=1)
def scanner_name() -> bytes:
    """A digest of all that decides what a scan finds."""
    import sys

    import gitbtc.keys
    from gitbtc.keys import own, words
    from gitbtc.scanning import examiner

    digest = sha256(sys.version.encode())
    keys = Path(next(iter(gitbtc.keys.__path__)))
    kinds = keys.parent / "kinds"
    parts = sorted(path for folder in (keys, kinds) for path in folder.rglob("*") if path.suffix in (".py", ".txt"))
    for path in (*parts, Path(examiner.__file__)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for name in words.LISTS:
        digest.update(b"\n".join(words.numbers(name)))
    digest.update(bytes([own.is_available()]))
    return digest.digest()
