"""The layers of a file: its bytes, its bytes without escapes, and the strings of the JSON in it.

All by linear passes over the bytes, not by a JSON parser: a parser would stop at the first error, drop the first of two
members with one name, and give up on deep nesting, and a key may stand behind each of these.
"""

from __future__ import annotations

from itertools import islice

from gitbtc.keys.escapes import lines_with
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# UTF-16 inside a binary file. Bounded, since each repetition takes memory; what follows is the next match.
_WIDE = compiled(rb"(?:[\t\n\r\x20-\x7e]\0){12,4096}")
# A string (1), and the colon after it if it names a member (2). JSON strings hold no line end, so that a stray quote is
# over at the end of its line.
_STRING = compiled(rb'"([^"\n]*)"?(:?)')
_SPACED_COLON = compiled(rb'"([ \t\r\n]{1,64}):')

# Strings are read in pieces, so that those of a large file are not all in memory as objects, and a piece begins so far
# before the end of the last one that a phrase of one word a record is whole in one of them.
_PIECE = 1 << 21
_OVERLAP = 1 << 14
_OVERLAP_STRINGS = 256


def quoted(content: bytes) -> bytes | None:
    """`content` with the JSON inside its JSON strings, read one level, in their place; None when there can be none."""
    content = content.replace(rb"\u0022", rb"\"")
    if rb"\"" not in content:
        return None
    content = _lines_alone(content, rb"\"")
    for escape, plain in ((rb"\\", b"\2"), (rb"\"", b"\1"), (b'"', b" "), (b"\1", b'"'), (b"\2", b"\\")):
        content = content.replace(escape, plain)
    return content


def _lines_alone(content: bytes, sign: bytes) -> bytes:
    """The lines with `sign` in them, the others empty."""
    pieces: list[bytes] = []
    done = 0
    for start, end in lines_with(content, sign):
        pieces += [b"\n" * content.count(b"\n", done, start), content[start:end]]
        done = end
    return b"".join(pieces)


def wide_text(content: bytes) -> bytes | None:
    """`content` as UTF-8 when it is UTF-16 or UTF-32 by its byte order mark, or holds UTF-16 of ASCII; else None."""
    if content.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return content.decode("utf-32", "replace").encode("utf-8", "replace")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    if b"\0" not in content:
        return None
    narrowed = _WIDE.sub(lambda wide: wide[0][::2], content)
    return narrowed if narrowed != content else None


# The code pages that texts were written in before UTF-8: Western and Central Europe, Japan twice, Korea, China, Taiwan.
_CODE_PAGES = ("cp1252", "cp1250", "cp932", "euc_jp", "cp949", "gb18030", "big5")
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\f\r\x1b")


def in_code_pages(content: bytes) -> Iterator[bytes]:
    """A text that is not UTF-8, as UTF-8, as if it were written in each of the code pages."""
    if len(content.translate(None, _CONTROLS)) < len(content):
        return
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        for code_page in _CODE_PAGES:
            yield content.decode(code_page, "replace").encode("utf-8", "replace")


class Strings:
    """Some consecutive JSON strings of a text, in order, without their quotes; `names` has a 1 for those that name a
    member, and a 0 for the values.
    """

    __slots__ = ("_counted", "_line", "_places", "_source", "_start", "names", "strings")

    def __init__(self, source: bytes, start: int, end: int) -> None:
        self._source = source
        self._start = start
        self._places: list[int] = []
        self._counted, self._line = 0, 1
        # Every second part between quotes is a string, several times faster than by the expression that says so, and
        # the same unless a quote is missing somewhere.
        parts = source[start:end].split(b'"')
        self.strings = parts[1::2]
        after = parts[2::2] if len(parts) % 2 else [*parts[2::2], b""]
        self.names = bytes([part[:1] == b":" for part in after])
        if b"\n" in b"".join(self.strings):
            found = _STRING.findall(source, start, end)
            self.strings = [string for string, _ in found]
            self.names = bytes([colon == b":" for _, colon in found])

    def line(self, ordinal: int) -> int:
        """The line of the text on which the string number `ordinal` (from 0) begins."""
        # Found once, and lines counted from the last one on: a text may have thousands to tell of.
        if not self._places:
            found = islice(_STRING.finditer(self._source, self._start), len(self.strings))
            self._places = [string.start() for string in found]
        place = self._places[ordinal]
        if place < self._counted:
            self._counted, self._line = 0, 1
        self._line += self._source.count(b"\n", self._counted, place)
        self._counted = place
        return self._line


def strings(content: bytes) -> Iterator[Strings]:
    """The strings of `content` in overlapping pieces; none if it has fewer than two strings."""
    if content.count(b'"') < 4:
        return
    if b" :" in content or b"\t:" in content or b"\n:" in content:
        content = _SPACED_COLON.sub(rb'":\1', content)
    start = 0
    while start < len(content):
        end = _end_of_string(content, start, start + _PIECE)
        yield Strings(content, start, end)
        start = end if end >= len(content) else _overlap(content, start, end)


def _end_of_string(content: bytes, start: int, end: int) -> int:
    """The first offset from `end` on that is not within a string; `start` is not within one either."""
    line = max(content.rfind(b"\n", start, end) + 1, start)
    if content.count(b'"', line, end) % 2:
        end = min(offset for offset in (content.find(b'"', end), content.find(b"\n", end), len(content)) if offset >= 0)
        end += 1
    return end + 1 if content[end : end + 1] == b":" else end


def _overlap(content: bytes, start: int, end: int) -> int:
    """Where the next piece begins: at a line's start, or some strings back where a line is that long."""
    line = content.rfind(b"\n", start, end - _OVERLAP) + 1
    if line > start:
        return line
    begin = end
    for _ in range(_OVERLAP_STRINGS):
        closing = content.rfind(b'"', end - _OVERLAP, begin)
        opening = content.rfind(b'"', end - _OVERLAP, max(closing, 0))
        if opening < 0:
            break
        begin = opening
    return begin


# What shows nothing: where a program may break a word (soft hyphens, zero-width characters, `<wbr>`), and what tells a
# terminal the colour of a text (ECMA-48, 8.3.117).
_INVISIBLE = compiled(
    rb"\xc2\xad|\xe2\x80[\x8b-\x8d]|\xe2\x81\xa0|\xef\xbb\xbf|<wbr ?/?>|\x1b\[[0-9;]{0,32}m"
    rb"|&(?:shy|#173|#8203|ZeroWidthSpace);"
)
# By their first byte, which is found many times faster.
_SOME_INVISIBLE = {
    b"\xc2": (b"\xc2\xad",), b"\xe2": (b"\xe2\x80", b"\xe2\x81\xa0"), b"\xef": (b"\xef\xbb\xbf",), b"<": (b"<wbr",),
    b"\x1b": (b"\x1b[",), b"&": (b"&shy;", b"&#173;", b"&#8203;", b"&ZeroWidthSpace;"),
}  # fmt: skip


def visible(content: bytes) -> bytes | None:
    """The text without what only says where a line may be broken; None where nothing does."""
    if not any(mark in content for first, marks in _SOME_INVISIBLE.items() if first in content for mark in marks):
        return None
    shown = _INVISIBLE.sub(b"", content)
    return shown if shown != content else None


def gaps(content: bytes) -> Iterator[int]:
    """Where in the visible text something is left out."""
    gone = 0
    for invisible in _INVISIBLE.finditer(content):
        yield invisible.start() - gone
        gone += len(invisible[0])
