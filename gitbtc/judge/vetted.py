"""Versions of state files that were looked at whole, and what of a new version is then left to look at.

A version is vetted that is canonical and in which this very program, with these very kinds, looked for keys at every
byte and found nothing at all, not even something that it only tells, or that 32 bytes in hex might turn out to be. So
what was found cannot change with the allow list, with the repository's other files or with what else is installed:
only with the program, and then nothing counts as vetted any more.

Beside that, with words of their own: in which versions `gitbtc validate` looked at every record and found no fault, for
which networks. That too holds for this program and these schemas alone; and one says nothing of the other.

A version that merely is in the index, or in a commit, is not vetted: a clone without gitbtc may have put it there.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import lru_cache

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
    from gitbtc.kinds.validate import Valid

FILE = "vetted"
_MOST = 1 << 22  # bytes of the file, some 30,000 versions; when it is full, the newer half is kept
_LONGEST = 256  # bytes of a line, of which few are so long
_BESIDE = 4096  # bytes on either side of a change


class Vetted:
    """The vetted versions: a path, and what `blob_id` makes of its bytes; and by the same what was found `valid`. They
    lie in `folder`, gitbtc's in the common Git folder, once `keep` was called. What cannot be read or written there is
    not vetted; nothing raises.
    """

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, FILE)
        self._head = f"{resources.digest('keys', 'kinds')}\n".encode()
        self._content = self._kept()
        self._new: dict[bytes, None] = {}
        self._said: dict[bytes, bytes] | None = None

    def _kept(self) -> bytes:
        """The lines, and a line end before the first of them."""
        with suppress(OSError):
            content = files.read(self._path) or b""
            if content.startswith(self._head):
                return content[len(self._head) - 1 :]
        return b"\n"

    def holds(self, path: str, oid: str, kind: Kind | None) -> bool:
        """Whether the version `oid` of the file of `kind` (None: of no state file) at `path` is vetted."""
        line = _line(path, oid, kind)
        return line in self._new or b"\n%s\n" % line in self._content

    def add(self, path: str, oid: str, kind: Kind | None) -> None:
        """From now on it is."""
        if not self.holds(path, oid, kind):
            self._new[_line(path, oid, kind)] = None

    def valid(self, path: str, oid: str, kind: Kind) -> Valid | None:
        """What a look at all records of such a version found, where no fault was; None where nobody has looked."""
        said = self._all_said().get(_line(path, oid, kind))
        return _read(said) if said else None

    def add_valid(self, path: str, oid: str, kind: Kind, valid: Valid) -> None:
        """Remember that its records are what they have to be."""
        line, said = _line(path, oid, kind), _written(valid)
        if self._all_said().get(line) != said:
            self._all_said()[line] = said
            self._new[b"%s %s %s" % (_VALID, said, line)] = None

    def _all_said(self) -> dict[bytes, bytes]:
        """Of each valid version what was found, as it stands in the file; the last line about one counts."""
        if self._said is None:
            lines = (line.split(b" ", 2) for line in self._content.split(b"\n")[:-1] if line.startswith(_VALID))
            self._said = {parts[2]: parts[1] for parts in lines if len(parts) == 3}
        return self._said

    def keep(self) -> None:
        """Write down what was added. Nothing waits for the disk: what a crash loses is looked at again."""
        new, self._new = [line + b"\n" for line in self._new], {}
        if not new:
            return
        kept = self._kept()[1:]
        with suppress(OSError, GitbtcError):
            if kept and len(kept) + sum(map(len, new)) < _MOST:
                with open(self._path, "ab") as file:
                    file.write(b"".join(new))
            else:
                lines = kept.splitlines(keepends=True)
                newer = [*lines[len(lines) // 2 :], *new][-_MOST // _LONGEST :]
                files.write(self._path, self._head + b"".join(newer))


_VALID = b"valid"
_DIGITS = 19  # of a number of records; no file has so many


def _written(valid: Valid) -> bytes:
    named = (",".join(sorted(one)) for one in (valid.networks, *valid.said))
    return f"{valid.records}/{'/'.join(named)}".encode()


@lru_cache(maxsize=1 << 10)
def _read(said: bytes) -> Valid | None:
    from gitbtc.kinds.validate import Valid

    records, *named = said.decode("ascii", "replace").split("/")
    if not (records.isdecimal() and len(records) < _DIGITS and named):
        return None
    networks, *claims = (frozenset(one.split(",")) for one in named)
    return Valid(int(records), networks, claims)


def _line(path: str, oid: str, kind: Kind | None) -> bytes:
    return f"{oid} {json.dumps(path)} {_schema(kind)}".encode()


def _schema(kind: Kind | None) -> str:
    """What tells the versions of an added kind's schema apart; those of the others belong to the program."""
    if kind is None or kind.name in BUILT_IN.values():
        return ""
    return sha256(json.dumps(kind.schema, sort_keys=True).encode()).hexdigest()


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
