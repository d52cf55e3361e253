"""Versions of state files that were looked at whole, and what of a new version is then left to look at.

A version is vetted that is canonical and in which this very program, with these very kinds, looked for keys at every
byte and found nothing at all, not even something that it only tells, or that 32 bytes in hex might turn out to be. So
what was found cannot change with the allow list, with the repository's other files or with what else is installed:
only with the program, and then nothing counts as vetted any more.

A version that merely is in the index, or in a commit, is not vetted: a clone without gitbtc may have put it there.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress

from gitbtc import resources
from gitbtc.digest import sha256
from gitbtc.errors import GitbtcError
from gitbtc.kinds.registry import BUILT_IN
from gitbtc.repo import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.kinds.delta import Change
    from gitbtc.kinds.kind import Kind

FILE = "vetted"
_MOST = 1 << 16  # bytes of the file, some 1,000 versions; when it is full, the newer half is kept
_LONGEST = 256  # bytes of a line, of which few are so long
_BESIDE = 4096  # bytes on either side of a change
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Vetted:
    """The vetted versions: a path, and what `blob_id` makes of its bytes. They lie in `folder`, gitbtc's in the common
    Git folder, once `keep` was called. What cannot be read or written there is not vetted; nothing raises.
    """

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, FILE)
        self._head = f"{_program()}\n".encode()
        self._lines = dict.fromkeys(self._kept())
        self._new: list[bytes] = []

    def _kept(self) -> list[bytes]:
        with suppress(OSError):
            content = files.read(self._path) or b""
            if content.startswith(self._head):
                return content.splitlines()[1:]
        return []

    def holds(self, path: str, oid: str, kind: Kind | None) -> bool:
        """Whether the version `oid` of the file of `kind` (None: of no state file) at `path` is vetted."""
        return _line(path, oid, kind) in self._lines

    def add(self, path: str, oid: str, kind: Kind | None) -> None:
        """From now on it is."""
        line = _line(path, oid, kind)
        if line not in self._lines:
            self._lines[line] = None
            self._new.append(line)

    def keep(self) -> None:
        """Write down what was added. Nothing waits for the disk: what a crash loses is looked at again."""
        new, self._new = [line + b"\n" for line in self._new], []
        kept = [line + b"\n" for line in self._kept()]
        with suppress(OSError, GitbtcError):
            if new and kept and sum(map(len, kept + new)) < _MOST:
                with open(self._path, "ab") as file:
                    file.write(b"".join(new))
            elif new:
                newer = [*kept[len(kept) // 2 :], *new][-_MOST // _LONGEST :]
                files.write(self._path, self._head + b"".join(newer))


def _line(path: str, oid: str, kind: Kind | None) -> bytes:
    is_added = kind is not None and kind.name not in BUILT_IN.values()
    schema = sha256(json.dumps(kind.schema, sort_keys=True).encode()).hexdigest() if kind and is_added else ""
    return f"{oid} {json.dumps(path)} {schema}".encode()


def _program() -> str:
    """A digest of what the outcome of a look depends on besides the bytes: the code that looks, and the schemas."""
    looked_by = [os.path.join(_PACKAGE, room) for room in ("keys", "kinds")]
    found = sorted(place for folder in [*looked_by, resources.folder("schemas")] for place in _stats(folder))
    return sha256(json.dumps(found).encode()).hexdigest()


def _stats(folder: str) -> Iterator[tuple[str, int, int]]:
    """(path, size, moment) of each file below `folder` that is no compiled one."""
    for entry in os.scandir(folder):
        if entry.is_dir():
            yield from _stats(entry.path) if entry.name != "__pycache__" else ()
        else:
            stat = entry.stat()
            yield entry.path, stat.st_size, stat.st_mtime_ns


def unseen(kind: Kind, changes: Sequence[Change], after: bytes) -> bytes:
    """The records of `after` that the walk from a vetted version did not find there, as a file, with the records that
    stand beside each change: a key may begin in one record and end in the next.
    """
    lines: list[bytes] = []
    done = len(kind.frame.head)
    for start, end in _stretches(kind, changes, len(after)):
        begin = max(after.rfind(b"\n", 0, max(start - _BESIDE, 0)) + 1, done)
        until = after.find(b"\n", end + _BESIDE)
        done = len(after) - len(kind.frame.foot) if until < 0 else until + 1
        done = max(begin, min(done, len(after) - len(kind.frame.foot)))
        lines += [line.removesuffix(b",") for line in after[begin:done].split(b"\n") if line]
    return kind.frame.file(lines)


def _stretches(kind: Kind, changes: Sequence[Change], size: int) -> Iterator[tuple[int, int]]:
    """Where in the new version each change begins and ends: those before it say by how much it has moved."""
    moved, ending = 0, len(kind.frame.end)
    for change in changes:
        start = change.at + moved
        grown = len(change.new) + ending if change.new else 0
        moved += grown - (len(change.old) + ending if change.old else 0)
        yield min(start, size), min(start + grown, size)
