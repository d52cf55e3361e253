"""One place after the other: read, scanned, and told what was found or why it could not be read."""

from __future__ import annotations

import errno
import mmap
import os
import stat
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING

from gitbtc.keys.scan import scan, scan_name
from gitbtc.repo.stored import Commit, spoken_in_tag
from gitbtc.scanning import containers
from gitbtc.scanning.folders import is_special
from gitbtc.scanning.place import BLOB, COMMIT, FILE, NAME, REF, TAG, Looked, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import IO

    from gitbtc.keys.finding import KeyFinding
    from gitbtc.repo.git import BlobReader
    from gitbtc.scanning.own_keys import OwnKeys

    Look = Callable[[bytes, str], list[KeyFinding]]

# What is larger is scanned in pieces of this size, which overlap by so much that no key is cut in two: a scan takes
# several times the memory of what it looks at.
PIECE = 64 << 20
OVERLAP = 1 << 20

NOT_HERE = "not in this repository: a shallow or a partial clone?"
DEVICE = "a socket or a device: it is not read"
SPECIAL = "a pipe, a socket or a device: it holds nothing"


class Examiner:
    """Looks at places. `blobs` reads the objects of the repository, `own` its own keys; both None outside of one.
    `allowed` are the fingerprints of what is let through.
    """

    def __init__(
        self, blobs: BlobReader | None = None, own: OwnKeys | None = None, allowed: Container[str] = frozenset()
    ) -> None:
        self._blobs = blobs
        self._own = own
        self._scan = partial(scan, known=own, allowed=allowed)
        self._within: list[Looked] = []
        self._looks: dict[str, Callable[[Place], list[KeyFinding]]] = {
            FILE: self._in_file,
            BLOB: self._in_blob,
            COMMIT: lambda place: self._scan(Commit(self._read(place)).spoken),
            TAG: lambda place: self._scan(spoken_in_tag(self._read(place))),
            NAME: lambda place: scan_name(place.path),
            REF: lambda place: scan_name(place.path),
        }

    def look(self, place: Place) -> Looked:
        """What is there. A place that cannot be read is no error: it is told."""
        if self._own is not None:
            self._own.was_asked = False
        try:
            self._within = []
            found = self._looks[place.sort](place)
            passing = self._own is not None and self._own.was_asked
            return Looked(place, found, passing=passing, within=self._within)
        except OSError as error:
            return Looked(place, problem=error.strerror or "it cannot be read")
        except _NotHere:
            return Looked(place, problem=NOT_HERE)
        except _Special:
            return Looked(place, problem=SPECIAL, harmless=True)

    def _read(self, place: Place) -> bytes:
        found = self._blobs.find(place.oid) if self._blobs else None
        if found is None:
            raise _NotHere
        return found[1]

    def _in_blob(self, place: Place) -> list[KeyFinding]:
        content = self._read(place)
        self._open(place, BytesIO(content), len(content))
        return in_pieces(content, place.path, self._scan)

    def _open(self, place: Place, file: IO[bytes], size: int) -> None:
        """Look at what a compressed file holds."""
        for member in containers.members(file, place.path, size):
            found = in_member(member, self._scan)
            if found or member.problem:
                there = replace(place, member=member.name)
                self._within.append(Looked(there, found, member.problem, harmless=not member.is_beyond))

    def _in_file(self, place: Place) -> list[KeyFinding]:
        if place.named:
            return self._in_named(place)
        mode = os.lstat(place.disk).st_mode
        if stat.S_ISLNK(mode):
            return self._scan(os.fsencode(os.readlink(place.disk)), place.path)
        if is_special(mode):
            raise _Special
        if stat.S_ISDIR(mode):
            os.listdir(place.disk)  # a folder is a place only where this fails
        return self._in_content(place)

    def _in_named(self, place: Place) -> list[KeyFinding]:
        """What a person named is read, or told as not read: a link to the file, a pipe of the shell, standard input."""
        found = self._scan(os.fsencode(os.readlink(place.disk))) if os.path.islink(place.disk) else []
        if found and not os.path.exists(place.disk):
            return found
        mode = os.stat(place.disk).st_mode
        if not is_special(mode):
            return found + self._in_content(place)
        if not stat.S_ISFIFO(mode) and not (stat.S_ISCHR(mode) and os.path.samestat(os.stat(place.disk), os.fstat(0))):
            raise OSError(errno.EINVAL, DEVICE)
        with open(place.disk, "rb") as stream:
            content = stream.read()
        self._open(place, BytesIO(content), len(content))
        return found + in_pieces(content, place.path, self._scan)

    def _in_content(self, place: Place) -> list[KeyFinding]:
        with open(place.disk, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            self._open(place, file, size)
            file.seek(0)
            if size <= PIECE:
                return self._scan(file.read(), place.path)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                return in_pieces(mapped, place.path, self._scan)


def in_member(member: containers.Member, look: Look = scan) -> list[KeyFinding]:
    """The findings in a member, in its name and in either reading of it, each secret once."""
    found: dict[str, KeyFinding] = {}
    looked = (scan_name(member.name), in_pieces(member.content, member.name, look), in_pieces(member.spoken, "", look))
    for finding in chain(*looked):
        found.setdefault(finding.fingerprint, finding)
    return list(found.values())


def found_within(content: bytes, path: str) -> list[KeyFinding]:
    """The findings in the members of a compressed file."""
    members = containers.members(BytesIO(content), path, len(content))
    return [finding for member in members for finding in in_member(member)]


class _NotHere(Exception):
    pass


class _Special(Exception):
    pass


def in_pieces(
    content: bytes | mmap.mmap, path: str, look: Look = scan, piece: int = PIECE, overlap: int = OVERLAP
) -> list[KeyFinding]:
    """The findings in `content`, of any size, each secret once. What its name and its first bytes say of the whole file
    is asked of the first piece alone.
    """
    found: dict[tuple[str, str], KeyFinding] = {}
    start, lines = 0, 0
    while True:
        end = min(start + piece, len(content))
        for finding in look(content[start:end], "" if start else path):
            # The first piece that holds it knows the line that it begins on.
            found.setdefault((finding.form, finding.fingerprint), finding.moved(lines))
        if end == len(content):
            return list(found.values())
        # At a line's start, if there is one: a string is then not taken for what stands between two.
        following = content.rfind(b"\n", end - overlap, end - overlap // 2) + 1 or end - overlap
        lines += content[start:following].count(b"\n")
        start = following
