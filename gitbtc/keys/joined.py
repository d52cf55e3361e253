"""What a text has in pieces, written together: another reading of it, for secrets that are one word.

Lines end within a key: programs wrap text at a width, and begin the next line with a mark (of a mail, a comment, a
patch) or within quotes. Bytes are written one by one in hex, as `openssl ec -text` and arrays have them. And people
write a key in groups of as many characters, to read it out.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from itertools import accumulate

from gitbtc.keys.escapes import lines_with
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    # Where in the text it begins, and what stands there, in one piece.
    Piece = tuple[int, bytes]

# So long is the longer one of two pieces on two lines.
_LONG = 18
_QUOTES = b"\"'`"
# Searching one character class is several times faster by `translate` and `find` than by a regular expression.
_CLASSES = bytes(ord("T") if 0x20 < byte != 0x7F and byte not in _QUOTES else ord(" ") for byte in range(256))
_LONGS = b"T" * _LONG
# What a line begins with ahead of its text.
_MARKS = rb"[ \t]{0,40}+(?:(?:[>#|*+;!%-]|//|--)[ \t]{0,8}+){0,3}"
# The end of a line that a word goes on behind: bare, behind the sign that a mail or a shell puts there, or between the
# quotes of strings that a program joins, on one line or on two.
_FOLD = compiled(
    rb"(?:[=\\]?\r?\n("
    + _MARKS
    + rb")|[\"'`][ \t]{0,4}+(?:[+.\\,&]|\|\||\.\.)?[ \t]{0,4}+\r?\n\s{0,40}+(?:[+.&][ \t]{1,4}+|\|\|[ \t]{0,4}+)?"
    rb"[bBfFrRuU]{0,2}[\"'`]()|[\"'`][ \t]{0,4}+(?:[+.&]|\|\||\.\.)?[ \t]{0,4}+[bBfFrRuU]{0,2}[\"'`]())"
    rb"(?=[0-9A-Za-z+/_%&?=$.-])"
)
# What words that go on behind a line end are cut between; sentences and programs seldom are.
_INNER = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/_%&?=$.-")
_MARK = compiled(rb"\A(?:[>#|*+;!%-]|//)+")
_MARK_LETTERS = b" \t>#|*+;!%-/"
_GOES_ON, _LINE_END = b"=\\", frozenset([b"\r", b"\n"])
_ENDINGS = frozenset(bytes([byte]) for byte in b"\r\n=\\\"'`")
_LINE_ENDS = compiled(rb"(?:[=\\]|[\"'`][ \t]{0,4}[+.\\,]?[ \t]{0,4})?\r?\Z")
_SIGNS = b"!#$%&()*+,-./:;<=>?@[]^_{|}~\\"
_OPENING = frozenset([b"", b'"', b"'", b"`"])
_LONGEST_MARK = 72
# What a line has ahead of the word that goes on.
_OPENERS = frozenset(bytes([byte]) for byte in _MARK_LETTERS + _QUOTES)
_OPENERS_OR_LINE_END = _OPENERS | {b"\n"}

# Sixteen bytes at least, each in two digits with the same two or three signs between; then the same with less rigour.
_HEX_CLASSES = bytes(
    ord("H") if byte in b"0123456789abcdefABCDEF" else ord("x") if byte in b"xX" else ord(" ") if byte in b"\t\r\n ,:;-"
    else ord("#")
    for byte in range(256)
)  # fmt: skip
_ONE_BY_ONE = (b" HH" * 8, b" HxHH" * 8, b"  HxHH" * 8)
_BYTES = compiled(
    rb"(?<![0-9a-zA-Z])(?:(?:0[xX])?[0-9a-fA-F]{2}[\s,:;-]{1,24}){15,}+(?:(?:0[xX])?[0-9a-fA-F]{2}(?![0-9a-zA-Z]))?"
)
_NO_DIGIT = compiled(rb"0[xX]|[^0-9a-fA-F]+")
# How far before it the name of what bytes are stands.
_NAME = 64

# Groups of so many letters and digits, five in a row, and all that follow, on further lines too.
_GROUPED_CLASSES = bytes(
    ord("#") if byte > 0x7F else ord("D") if chr(byte).isdigit() else ord("T") if chr(byte).isalpha()
    else ord(" ") if byte in b" -\n" else ord("#")
    for byte in range(256)
)  # fmt: skip
_SIZES = (4, 5, 6, 8, 10)
_NEAR = 512  # bytes, so far before it the run of a group may begin, on lines before
_GROUP, _FEWEST = rb"[DT]{%d}", 5
# A tag of a page.
TAG = compiled(rb"</?[A-Za-z][^<>\n]{0,256}>")
_NEXT_GROUP = rb"(?:[ -]|[ \t]{0,8}\r?\n[ \t]{0,40})"
_DIGIT = compiled(rb"[0-9]")
_BLANK = compiled(rb"[\s-]+")


def readings(text: bytes) -> Joined:
    """All that is in pieces in `text`, in one piece each, with a line of its own."""
    return Joined([*_folded(text), *_one_by_one(text), *_grouped(text), *_untagged(text)])


class Joined:
    """Pieces of a text, each a line of `text`."""

    __slots__ = ("_ends", "_starts", "text")

    def __init__(self, pieces: list[Piece]) -> None:
        self.text = b"\n".join([piece for _, piece in pieces])
        self._starts = [start for start, _ in pieces]
        self._ends = list(accumulate(len(piece) + 1 for _, piece in pieces))

    def offset(self, place: int) -> int:
        """Where in the text what stands at `place` in the joined one begins."""
        return self._starts[bisect_right(self._ends, place)]

    def offset_of_line(self, line: int) -> int:
        """The same of a line, from 1."""
        return self._starts[line - 1]


# -- lines that go on ----------------------------------------------------------------------------------------------


def _folded(text: bytes) -> Iterator[Piece]:
    """Words that go on behind the end of a line, or of several."""
    shape = text.translate(_CLASSES)
    end = 0
    while (start := shape.find(_LONGS, end)) >= 0:
        end = _end(text, shape, start)
        ahead = _ahead(text, shape, start) if _is_first(text, start) else None
        fold = _fold(text, end)
        if ahead or fold:
            pieces = [_MARK.sub(b"", text[start:end]) if ahead else text[start:end]]
            if fold and not ahead and text[start - 1 : start] in {b"\n", b""}:
                pieces[0] = pieces[0].removeprefix((fold[1] or b"").strip())
            while fold:
                end = _end(text, shape, fold.end())
                pieces.append(text[fold.end() : end])
                fold = _fold(text, end)
            yield from _variants(start, ahead, pieces)


def _end(text: bytes, shape: bytes, start: int) -> int:
    """Where the word that begins at `start` ends: before the sign that says that it goes on."""
    end = shape.find(b" ", start)
    end = len(shape) if end < 0 else end
    return end - (text[end : end + 1] in _LINE_END and end > start and text[end - 1] in _GOES_ON)


def _fold(text: bytes, end: int) -> re.Match[bytes] | None:
    """How the line ends, if a word that ends at `end` goes on behind that."""
    if text[end : end + 1] not in _ENDINGS or text[end - 1] not in _INNER:
        return None
    return _FOLD.match(text, end)


def _is_first(text: bytes, start: int) -> bool:
    """Whether a word may be the first of its line, by the two letters before it."""
    before = text[start - 1 : start]
    return before == b"\n" or (before in _OPENERS and (text[start - 2 : start - 1] or b"\n") in _OPENERS_OR_LINE_END)


def _ahead(text: bytes, shape: bytes, start: int) -> Piece | None:
    """The short end of the line before, if a word that begins at `start` goes on there."""
    line_end = text.rfind(b"\n", max(start - _LONGEST_MARK, 0), start)
    if line_end < 0 or text[line_end + 1 : start].strip(_MARK_LETTERS) not in _OPENING:
        return None
    sign = _LINE_ENDS.search(text, max(line_end - _LONGEST_MARK, 0), line_end)
    end = line_end - len(sign[0] if sign else b"")
    if end == 0 or text[end - 1] not in _INNER:
        return None
    begin = shape.rfind(b" ", 0, end) + 1
    return (begin, text[begin:end]) if text[begin:end].translate(None, _SIGNS) else None


def _variants(start: int, ahead: Piece | None, pieces: list[bytes]) -> Iterator[Piece]:
    """A word that begins on the line before or not, and ends on the last line or on the one before that: nothing tells
    the beginning and the end of a short line's word from a word of its own.
    """
    beginnings = [(start, b""), ahead] if ahead else [(start, b"")]
    for begin, first in beginnings:
        if first or len(pieces) > 1:
            yield begin, b"".join([first, *pieces])
        if len(pieces) > 1 and len(pieces[-1]) < _LONG and (first or len(pieces) > 2):
            yield begin, b"".join([first, *pieces[:-1]])


# -- bytes and groups ----------------------------------------------------------------------------------------------


def _one_by_one(text: bytes) -> Iterator[Piece]:
    """Bytes in hex with something between, behind what stands ahead of them."""
    shape = text.translate(_HEX_CLASSES)
    if not any(some in shape for some in _ONE_BY_ONE):
        return
    for run in _BYTES.finditer(text):
        name = b" ".join(text[max(run.start() - _NAME, 0) : run.start()].split())
        yield run.start(), name + b" " + _NO_DIGIT.sub(b"", run[0])


def _grouped(text: bytes) -> Iterator[Piece]:
    """Letters and digits in groups of as many."""
    shape = text.translate(_GROUPED_CLASSES)
    ends = dict.fromkeys(_SIZES, 0)
    for start, size in _among_groups(shape):
        if start < ends[size]:
            continue
        begun = _groups_of(size).search(text, max(ends[size], start - _NEAR), start + _NEAR)
        run = _groups_of(size).match(text, begun.start()) if begun else None
        if run:
            ends[size] = run.end()
            whole = _BLANK.sub(b"", run[0])
            if _DIGIT.search(whole):
                yield run.start(), whole


def _among_groups(shape: bytes) -> Iterator[tuple[int, int]]:
    """Where a group with a digit begins that is among five of its size, and the size."""
    at = shape.find(b"D")
    end = -1
    while at >= 0:
        begin = shape.rfind(b" ", end + 1, at) + 1 or end + 1
        end = shape.find(b" ", at)
        end = end if end >= 0 else len(shape)
        # Quotes may stand around the whole, before the first group or behind the last one.
        for size in {end - begin, end - 1 - shape.rfind(b"#", begin, end), shape.find(b"#", begin, end) - begin}:
            if size in _SIZES:
                reach = (_FEWEST - 1) * (size + 1)
                if _five(size).search(shape, max(begin - reach, 0), end + reach):
                    yield begin, size
        at = shape.find(b"D", end)


def _untagged(text: bytes) -> Iterator[Piece]:
    """Lines of a page in which tags follow one another, without them: they divide a word, too."""
    for start, end in lines_with(text, b"><") if b"</" in text else ():
        line = TAG.sub(b"", text[start:end])
        if _LONGS in line.translate(_CLASSES):
            yield start, line


@cache
def _five(size: int) -> re.Pattern[bytes]:
    return compiled(b" ".join([_GROUP % size] * _FEWEST))


@cache
def _groups_of(size: int) -> re.Pattern[bytes]:
    """Five groups of so many characters or more, and a shorter last one; compiled where it is needed."""
    return compiled(
        rb"(?<![^\s\"'])[0-9A-Za-z]{%d}(?:%b[0-9A-Za-z]{%d}){4,}+(?:%b[0-9A-Za-z]{1,%d}(?![0-9A-Za-z]))?"
        % (size, _NEXT_GROUP, size, _NEXT_GROUP, size)
    )
