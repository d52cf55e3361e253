"""What compressed files hold: zip, which office programs write too, gzip, tar in gzip, and the streams of PDF.

One level: what lies compressed within is not opened again. Neither is anything that is read without end: so many bytes
and members at most, and so many bytes for each that the file has. What was not read is told.

Source of the rules: PKWARE's APPNOTE (zip), RFC 1952 (gzip), POSIX's `pax` (the header of ustar, long names) and GNU
tar (type L), ISO 32000-1, 7.3.8 and 9.4.3 (streams, and text that is shown), ECMA-376 and OpenDocument for where a text
goes on in another element.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Protocol
    from zipfile import ZipFile, ZipInfo

    class _Unpacking(Protocol):
        def read1(self, size: int, /) -> bytes: ...


# Of one file: bytes that are unpacked, and for each byte of the file, once they are more than this; members.
MOST_BYTES = 64 << 20
_RATIO, _WITHOUT_RATIO = 100, 1 << 20
MOST_MEMBERS = 10_000
_CHUNK = 1 << 16

BEYOND = "more is packed in it than is unpacked: what is beyond was not read"
ENCRYPTED = "encrypted: it was not read"
OTHERWISE = "packed in a way that is not read"
DAMAGED = "damaged, or cut short: what could be unpacked was read"

_ZIP, _EMPTY_ZIP, _GZIP, _PDF = b"PK\3\4", b"PK\5\6", b"\x1f\x8b", b"%PDF-"
_LONGEST_MAGIC = 5
_IS_ENCRYPTED = 1  # of a member's flags

# Where a text goes on in another paragraph, cell or line; every other tag stands within it.
_BREAKS = re.compile(
    rb"</(?:w:p|w:tc|si|a:p|text:p|text:h)>|<(?:w:br|w:tab|w:cr|text:s|text:tab|text:line-break)\b[^<>]*>"
)
_TAG = re.compile(rb"<[^<>]*>")
# Between two pieces of a text that is shown with its letters moved: by so much to the right, it is a space.
_MOVED = re.compile(rb"\)\s{0,8}(-?[0-9]{1,6})?(?:\.[0-9]{0,6})?\s{0,8}\(")
_SPACE = -150
_STREAM = re.compile(rb"stream\r?\n")
_STREAM_END = b"endstream"
_OBJECT = re.compile(rb"([0-9]{1,10}) [0-9]{1,5} obj\b")
_NEAR = 512

_BLOCK = 512  # of a tar
_USTAR = b"ustar"
_REGULAR, _LONG_NAME, _PAX = b"0\0007", b"L", b"x"
_PAX_PATH = re.compile(rb"[0-9]+ path=([^\n]*)\n")


@dataclass(frozen=True, slots=True)
class Member:
    """A file within: its name, its bytes, and another reading of them, as a person reads it, b"" for none. `problem`
    says what was not read, "" for nothing; `is_beyond`: since it is too much.
    """

    name: str
    content: bytes = b""
    spoken: bytes = b""
    problem: str = ""

    @property
    def is_beyond(self) -> bool:
        """Whether there is more that could have been read."""
        return self.problem == BEYOND


class _Budget:
    """How many bytes may still be unpacked of a file of `size`."""

    def __init__(self, size: int) -> None:
        self.left = min(MOST_BYTES, size * _RATIO + _WITHOUT_RATIO)


def members(file: IO[bytes], path: str, size: int) -> Iterator[Member]:
    """The members of the `file` of `size` bytes, called `path`; none if it is no such file."""
    begin = file.read(_LONGEST_MAGIC)
    file.seek(0)
    budget = _Budget(size)
    if begin.startswith((_ZIP, _EMPTY_ZIP)):
        yield from _in_zip(file, budget)
    elif begin.startswith(_GZIP):
        yield from _in_gzip(file, path, budget)
    elif begin.startswith(_PDF):
        yield from _in_pdf(file.read(MOST_BYTES), budget)


def _taken(stream: _Unpacking, budget: _Budget) -> tuple[bytes, str]:
    """What the stream holds, as far as it can be read, and the problem, "" for none."""
    import zlib

    parts = []
    try:
        while part := stream.read1(_CHUNK):
            parts.append(part[: budget.left])
            budget.left -= len(part)
            if budget.left < 0:
                return b"".join(parts), BEYOND
    except (OSError, EOFError, ValueError, zlib.error):  # of the standard library's readers
        return b"".join(parts), DAMAGED
    return b"".join(parts), ""


# -- zip -------------------------------------------------------------------------------------------------------------


def _in_zip(file: IO[bytes], budget: _Budget) -> Iterator[Member]:
    from zipfile import BadZipFile, ZipFile

    try:
        archive = ZipFile(file)
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        yield Member("", problem=DAMAGED)
        return
    with archive:
        for number, entry in enumerate(archive.infolist()):
            if number == MOST_MEMBERS or budget.left < 0:
                yield Member("", problem=BEYOND)
                return
            if not entry.is_dir():
                yield _of_zip(archive, entry, budget)


def _of_zip(archive: ZipFile, entry: ZipInfo, budget: _Budget) -> Member:
    from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile

    if entry.flag_bits & _IS_ENCRYPTED:
        return Member(entry.filename, problem=ENCRYPTED)
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return Member(entry.filename, problem=OTHERWISE)
    try:
        with archive.open(entry) as stream:
            content, problem = _taken(cast("_Unpacking", stream), budget)
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        return Member(entry.filename, problem=DAMAGED)
    return Member(entry.filename, content, _without_tags(content), problem)


def _without_tags(content: bytes) -> bytes:
    """The text of the XML that office programs write: a word goes on behind a change of its style."""
    return _TAG.sub(b"", _BREAKS.sub(b"\n", content)) if content.startswith(b"<?xml") else b""


# -- gzip, tar -------------------------------------------------------------------------------------------------------


def _in_gzip(file: IO[bytes], path: str, budget: _Budget) -> Iterator[Member]:
    import gzip

    with gzip.GzipFile(fileobj=file) as stream:
        content, problem = _taken(stream, budget)
    if content[_BLOCK // 2 + 1 :].startswith(_USTAR):
        yield from _in_tar(content)
        if problem:
            yield Member("", problem=problem)
        return
    name = path.rpartition("/")[2]
    yield Member(name.removesuffix(".gz") if name.endswith(".gz") else "", content, problem=problem)


def _in_tar(content: bytes) -> Iterator[Member]:
    start, number, name = 0, 0, b""
    while len(header := content[start : start + _BLOCK]) == _BLOCK and any(header):
        size = _size_in_tar(header[124:136])
        held = content[start + _BLOCK : start + _BLOCK + size]
        kind = header[156:157]
        if kind == _LONG_NAME:
            name = held.rstrip(b"\0")
        elif kind == _PAX:
            name = (_PAX_PATH.findall(held) or [name])[-1]
        elif kind in _REGULAR:
            called = name or b"/".join(filter(None, (_field(header[345:500]), _field(header[:100]))))
            yield Member(called.decode("utf-8", "surrogateescape"), held)
            name = b""
        number += 1
        if number == MOST_MEMBERS:
            yield Member("", problem=BEYOND)
            return
        start += _BLOCK + -(-size // _BLOCK) * _BLOCK


def _field(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _size_in_tar(field: bytes) -> int:
    """A size in octal digits, or behind a first bit that is set in bytes; 0 where it is none."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    return int(digits, 8) if digits and not digits.translate(None, b"01234567") else 0


# -- PDF -------------------------------------------------------------------------------------------------------------


def _in_pdf(content: bytes, budget: _Budget) -> Iterator[Member]:
    import zlib

    for number, begin in enumerate(_STREAM.finditer(content)):
        start = begin.end()
        if number == MOST_MEMBERS or budget.left <= 0:
            yield Member("", problem=BEYOND)
            return
        if int.from_bytes(content[start : start + 2], "big") % 31 or content[start : start + 1] not in (b"x", b"h"):
            continue  # RFC 1950: no zlib
        end = content.find(_STREAM_END, start)
        try:
            held = zlib.decompressobj().decompress(content[start : end if end >= 0 else len(content)], budget.left)
        except zlib.error:
            continue
        budget.left -= len(held)
        named = _OBJECT.findall(content, max(begin.start() - _NEAR, 0), begin.start())
        yield Member(f"object {named[-1].decode()}" if named else f"stream {number + 1}", held, _shown(held))


def _shown(content: bytes) -> bytes:
    """What a page shows, of which the letters may be moved apart; b"" if none are."""
    return _MOVED.sub(lambda moved: b" " if int(moved[1] or 0) < _SPACE else b"", content) if b") " in content else b""
