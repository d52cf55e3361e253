"""SeedQR: a mnemonic as a row of digits, the content of a signing device's QR code.

Source of the rule: SeedSigner's SeedQR format specification. Each word of a BIP-39 mnemonic in English is its number in
the list, 0000 to 2047, in four digits: 48, 60, 72, 84 or 96 digits. The checksum is BIP-39's (4 to 8 bits); before it,
each group of four must be below 2048, as one in five of random digits is: 48 digits fit once in 3 * 10**9. Spaces may
divide the groups, as in the format's own examples; years and times of day in a row look the same, and are told by their
order, by lying close together, or by all being multiples of five. (A CompactSeedQR is the bare entropy: nothing tells
it from other bytes.)
"""

from __future__ import annotations

from gitbtc.keys.form import Form
from gitbtc.keys.forms import bip39
from gitbtc.keys.lazily import compiled
from gitbtc.keys.words import numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot

ANCHORS: tuple[bytes, ...] = ()

FORM = Form("SeedQR", "keep the code on paper or in a signing device; gitbtc needs only the xpub of the account")

# Searching one character class is several times faster by `translate` and `find` than by a regular expression.
_CLASSES = bytes(ord("D") if byte in b"0123456789" else ord(" ") * (byte == ord(" ")) for byte in range(256))
_NO_HEX = bytes(byte for byte in range(256) if byte not in b"abcdefABCDEF")
_FEWEST = min(bip39.COUNTS)
_CLOSED = b"DDDD" * _FEWEST
_SPACED = b" ".join([b"DDDD"] * _FEWEST)
_DIGITS = tuple(4 * count for count in bip39.COUNTS)
_LIST = "english"
_LISTED = 2048
# Twelve random numbers below 2048 lie within so narrow a range once in 4,000 rows; years always do.
_CLOSE = 800
# Where no text is, a number can touch the row.
_BINARY = compiled(rb"[\0-\x08\x0e-\x1f]")
_AROUND, _TOUCHING = 200, 8


def find(text: bytes) -> Iterator[Spot]:
    """Every SeedQR in `text`: its offset, the form, the words that it stands for."""
    shape = text.translate(_CLASSES)
    for start, end in _rows(shape, _CLOSED, b"D"):
        is_touched = end - start <= _DIGITS[0] + _TOUCHING and _is_among_bytes(text, start, end)
        if end - start in _DIGITS and (is_touched or not _is_in_hex(text, start, end)):
            yield from _phrase(start, [text[at : at + 4] for at in range(start, end, 4)])
        elif is_touched:
            for begin, size in _ends(start, end):
                yield from _phrase(begin, [text[at : at + 4] for at in range(begin, begin + size, 4)])
    for start, end in _rows(shape, _SPACED, b" DDDD"):
        groups = text[start:end].split(b" ")
        if not _is_a_series(groups):
            yield from _phrase(start, groups)


def _is_among_bytes(text: bytes, start: int, end: int) -> bool:
    return _BINARY.search(text, max(start - _AROUND, 0), end + _AROUND) is not None


def _ends(start: int, end: int) -> list[tuple[int, int]]:
    """What the digits of a number beside it may leave of a row: where it begins, its size."""
    return [(at, size) for size in _DIGITS if size < end - start <= size + _TOUCHING for at in (start, end - size)]


def _is_in_hex(text: bytes, start: int, end: int) -> bool:
    """Whether the digits are a part of hex: in hashes and bitmaps that many stand together now and then."""
    return bool(
        text[max(start - 1, 0) : start].translate(None, _NO_HEX) or text[end : end + 1].translate(None, _NO_HEX)
    )


def _rows(shape: bytes, least: bytes, more: bytes) -> Iterator[tuple[int, int]]:
    """Where `least` and any number of `more` stand between what is no digit: start and end."""
    end = 0
    start = shape.find(least)
    while start >= 0:
        end = start + len(least)
        while shape.startswith(more, end):
            end += len(more)
        if not (shape.endswith(b"D", 0, start) or shape.startswith(b"D", end)):
            yield start, end
        start = shape.find(least, end)


def _is_a_series(groups: list[bytes]) -> bool:
    """Whether numbers are years, times of day or the like, and not random."""
    values = list(map(int, groups))
    ordered = sorted(values)
    return (
        values in (ordered, ordered[::-1])
        or ordered[-1] - ordered[0] < _CLOSE
        or all(value % 5 == 0 for value in values)
    )


def _phrase(start: int, groups: list[bytes]) -> Iterator[Spot]:
    if len(groups) not in bip39.COUNTS or max(map(int, groups)) >= _LISTED:
        return
    listed = list(numbers(_LIST))
    phrase = [listed[int(group)] for group in groups]
    if bip39.recognise(phrase, _LIST):
        yield start, FORM, b" ".join(phrase)
