"""Mnemonics in a text: runs of words of a list, their windows checked."""

from __future__ import annotations

import re
from itertools import filterfalse, pairwise

from gitbtc.keys.forms import PHRASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.keys.forms import PhraseFamily

    Hit = tuple[int, PhraseFamily, str, bytes]

# What may stand between two words of a phrase: white space, comma, quotes, brackets, hyphen, the marks of lists and
# tables. Anything else (a full stop, a colon, a number of three digits) ends the run; such strictness is what keeps
# prose and code free of false alarms.
_SEPARATORS = rb"\s,;|*\"'`()\[\]{}<>\0\-"
_NUMBERING = frozenset(
    b"%0*d%s" % (width, number, mark) for number in range(100) for width in (1, 2) for mark in (b"", b".", b":")
)
_TOKEN = re.compile(rb"[0-9]{1,2}[.:](?![0-9])|[A-Za-z0-9_\x80-\xff]+|[^" + _SEPARATORS + rb"A-Za-z0-9_\x80-\xff]")
_UNIT_END = re.compile(rb'[\n"]')

# A text is read in pieces that overlap by more than a phrase, so that its tokens never fill the memory.
_PIECE = 1 << 20
_OVERLAP = 1 << 12


# Invisible characters, dashes, curly quotes, bullets, the byte order mark; NFKD has made spaces of the wide ones.
_FOREIGN_SEPARATORS = re.compile("[\u00a0\u00ab\u00b7\u00bb\u1680\u2000-\u203a\u2060-\u2069\u3000-\u3002\ufeff]")

# So many different words make a phrase of strings that stand apart; fewer are the values of an enumeration, such as
# `sell` and `limit`.
FEWEST_WORDS = 6

# The quick look: digits become 0, separators a space, and what is neither a separator nor part of a word `#`.
_PLAIN = bytes(
    ord(" ") if re.match(b"[" + _SEPARATORS + b"]", bytes([byte]))
    else ord("0") if byte in b"0123456789"
    else byte if byte in b".:" or re.match(rb"[a-z_\x80-\xff]", bytes([byte]))
    else ord("#")
    for byte in range(256)
)  # fmt: skip
_PLAIN_NUMBERING = frozenset([b"0", b"00"])
# Twelve words of three letters, the shortest on any list that is written with separators.
_SHORTEST = 47


def find(text: bytes, *, spread: bool = False) -> Iterator[Hit]:
    """Every phrase in `text`: line, family, the form's name, the words joined by single spaces.

    `spread`: the text is made of strings that stand apart in a document. There, a few words that repeat are no phrase,
    unless they are all there is.
    """
    start, line = 0, 1
    while start < len(text):
        end = _character(text, start + _PIECE)
        piece = _comparable(text[start:end])
        quick = _quick_words(piece)
        for family in PHRASES:
            if _least(family) in _flags(quick, family):
                for offset, name, secret in _in_piece(piece, family, spread=spread):
                    yield line + piece.count(b"\n", 0, offset), family, name, secret
        if end >= len(text):
            return
        line += text.count(b"\n", start, end - _OVERLAP)
        start = _character(text, end - _OVERLAP)


def _character(text: bytes, offset: int) -> int:
    """The next offset at which a UTF-8 character can begin."""
    for later in range(offset, min(offset + 3, len(text))):
        if text[later] & 0xC0 != 0x80:
            return later
    return offset


def _comparable(piece: bytes) -> bytes:
    """`piece` in lower case and NFKD, the form that BIP-39 compares words in; the same lines, other offsets."""
    if piece.isascii():
        return piece.lower()
    try:
        text = piece.decode("utf-8")
    except UnicodeDecodeError:
        return piece.lower()
    import unicodedata

    return _FOREIGN_SEPARATORS.sub(" ", unicodedata.normalize("NFKD", text).lower()).encode("utf-8")


def _quick_words(piece: bytes) -> list[bytes]:
    """The words of `piece`, several times faster than by `_TOKEN`; where it breaks a run, `_TOKEN` breaks it too."""
    plain = piece.translate(_PLAIN).replace(b"0.", b"0 ").replace(b"0:", b"0 ")
    stretches = plain.replace(b".", b"#").replace(b":", b"#").split(b"#")
    long = b" # ".join([stretch for stretch in stretches if len(stretch) >= _SHORTEST])
    return list(filterfalse(_PLAIN_NUMBERING.__contains__, long.split()))


def _least(family: PhraseFamily) -> bytes:
    return b"\1" * min(family.COUNTS)


def _flags(words: Sequence[bytes], family: PhraseFamily) -> bytes:
    """One byte a word, 1 for those on the family's list."""
    return bytes(map(family.words().__contains__, words))


def _in_piece(piece: bytes, family: PhraseFamily, *, spread: bool) -> Iterator[tuple[int, str, bytes]]:
    tokens = [token for token in _TOKEN.finditer(piece) if token[0] not in _NUMBERING]
    words = [token[0] for token in tokens]
    places = [token.start() for token in tokens]
    flags = _flags(words, family)
    start = flags.find(_least(family))
    while start >= 0:
        end = flags.find(b"\0", start)
        end = len(flags) if end < 0 else end
        yield from _in_run(piece, words[start:end], places[start:end], family, spread=spread)
        start = flags.find(_least(family), end)


def _in_run(
    piece: bytes, words: Sequence[bytes], places: Sequence[int], family: PhraseFamily, *, spread: bool
) -> Iterator[tuple[int, str, bytes]]:
    """The phrases of one run of listed words.

    A line or a string that is a phrase by itself is taken as it stands. In what is left, every window counts that is
    not part of a larger one.
    """
    for start, end in _stretches(piece, words, places, family):
        stretch = words[start:end]
        name = family.recognise(stretch)
        if not name:
            yield from _windows(stretch, places[start:end], family, spread=spread)
        elif not (_listing(stretch, family) or (spread and all(stretch.count(word) > 1 for word in set(stretch)))):
            yield places[start], name, b" ".join(stretch)


def _stretches(
    piece: bytes, words: Sequence[bytes], places: Sequence[int], family: PhraseFamily
) -> Iterator[tuple[int, int]]:
    """The run cut into lines or strings that are phrases, and the stretches between them."""
    begun = 0
    for start, end in _units(piece, words, places):
        if end - start in family.COUNTS and family.recognise(words[start:end]):
            if begun < start:
                yield begun, start
            yield start, end
            begun = end
    if begun < len(words):
        yield begun, len(words)


def _units(piece: bytes, words: Sequence[bytes], places: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for number in range(1, len(words)):
        if _UNIT_END.search(piece, places[number - 1] + len(words[number - 1]), places[number]):
            yield start, number
            start = number
    yield start, len(words)


def _windows(
    words: Sequence[bytes], places: Sequence[int], family: PhraseFamily, *, spread: bool
) -> Iterator[tuple[int, str, bytes]]:
    tried: set[bytes] = set()
    covered = 0
    numbers = b"".join([family.words()[word].to_bytes(2, "big") for word in words])
    longest = 2 * max(family.COUNTS)
    for start in range(len(words) - min(family.COUNTS) + 1):
        ahead = numbers[2 * start : 2 * start + longest]
        if ahead in tried:
            continue
        tried.add(ahead)
        for count in family.COUNTS:
            end = start + count
            if covered < end <= len(words):
                window = words[start:end]
                name = family.recognise(window)
                if name and not _listing(window, family) and not (spread and len(set(window)) < FEWEST_WORDS):
                    yield places[start], name, b" ".join(window)
                    covered = end
                    break


def _listing(words: Sequence[bytes], family: PhraseFamily) -> bool:
    """Whether the words are no phrase but a part of the list itself."""
    numbers = [family.words()[word] for word in words]
    return all(after - before == 1 for before, after in pairwise(numbers))
