"""Tokens: runs of the letters that keys, hex and Base64 are written in, long enough for a key, and what they encode."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, groupby, product

from gitbtc.keys.lazily import compiled, replaced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

# A mini key of Casascius' first coins; everything else is longer.
SHORTEST = 22
_SHORTEST_PART = 8  # of a token that is cut in several
_TWO_PARTS = b"T" * _SHORTEST_PART + b"\n" + b"T" * _SHORTEST_PART  # what two of them on two lines have between them
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
# Searching one character class is several times faster by `translate` and `find` than by a regular expression.
_CLASSES = bytes(ord("T") if byte in _LETTERS else ord(" ") for byte in range(256))
_LEAST = b"T" * SHORTEST
_SIGNS, _LINE_END = (b"+", b"-"), 10
_PART_CLASSES = bytes(byte if byte == 10 else ord("T") if byte in _LETTERS + b"=" else ord(" ") for byte in range(256))
_HEX = b"0123456789abcdefABCDEF"
_HEX_CLASSES = bytes(ord("H") if byte in _HEX else ord(" ") for byte in range(256))
# The first digits of the bytes of ASCII.
_HIGH_OF_ASCII = b"01234567"
_PLAIN_BASE64 = bytes.maketrans(b"-_", b"+/")

# What stands between the lines of one text in hex or Base64: line ends, the quotes and commas of an array or of
# strings that a program joins, the marks that a patch, a comment or a mail begins its lines with. The last line may be
# short, and is no member's name.
_BETWEEN = compiled(rb"=?=?[\s\"'`,+\\()>#*|-]{1,24}")
_LONGEST_BETWEEN = 26
_REST = compiled(
    rb"[\s\"'`,+\\()>#*|-]{1,24}([A-Za-z0-9+/_\-]{1,21})(?:={1,2}(?![A-Za-z0-9+/_\-=])|(?![A-Za-z0-9+/_\-]|[\"'`]?\s?[:=]))"
)
# So many bytes can be a raw key or a hash, and nothing that has a structure.
_BARE = 33
_BARE_DIGITS = (64, 66)

# How UTF-8 begins, to the end of the first character beyond ASCII.
_CHARACTER = compiled(rb"[\0-\x7f]*+(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})")


# What has a structure in hex, with other letters around it.
_LONGEST_BARE_DIGITS = 67
_LONG_HEX = compiled(rb"[0-9a-f]{68,}+|[0-9A-F]{68,}+")


class Tokens:
    """The tokens of a text, in order: where each begins, and itself."""

    __slots__ = ("_ends", "starts", "tokens")

    def __init__(self, text: bytes) -> None:
        self.starts: list[int] = []
        self.tokens: list[bytes] = []
        shape = text.translate(_CLASSES)
        is_patch = b"@@ -" in text or b"\n+++ " in text
        start = shape.find(_LEAST)
        while start >= 0:
            end = shape.find(b" ", start)
            end = len(text) if end < 0 else end
            # The sign before a line of a patch is none of its letters, though some texts are written with it.
            is_signed = is_patch and text[start : start + 1] in _SIGNS and (start == 0 or text[start - 1] == _LINE_END)
            self.starts.append(start + is_signed)
            self.tokens.append(text[start + is_signed : end])
            start = shape.find(_LEAST, end)
        self._ends: list[int] = []

    def joined(self) -> bytes:
        """All of them, with a space between."""
        return b" ".join(self.tokens)

    def offset(self, place: int) -> int:
        """The offset in the text of what stands at `place` in `joined()`."""
        if not self._ends:
            self._ends = list(accumulate(len(token) + 1 for token in self.tokens))
        number = bisect_right(self._ends, place)
        return self.starts[number] + place - (self._ends[number - 1] if number else 0)


def holds_hex(text: bytes, digits: int) -> bool:
    """Whether so many hex digits stand together in `text`."""
    return b"H" * digits in text.translate(_HEX_CLASSES)


def encoded_in_strings(strings: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """What consecutive strings, each a token and nothing else, encode together: the number of the first, the bytes."""
    if _TWO_PARTS not in b"\n".join(strings).translate(_PART_CLASSES):
        return
    number = 0
    for is_token, group in groupby(strings, _is_token):
        joined = list(group)
        if is_token and len(joined) > 1:
            for decoded in _decoded(b"".join(joined)):
                yield number, decoded
        number += len(joined)


def _is_token(string: bytes) -> bool:
    return len(string) >= _SHORTEST_PART and not string.translate(None, _LETTERS + b"=")


def encoded(text: bytes, tokens: Tokens) -> Iterator[tuple[int, bytes]]:
    """What the tokens of `text` encode in hex or Base64: the offset of the token, the bytes.

    A token by itself, and those that follow one another as lines or as the strings of an array.
    """
    block: list[bytes] = []
    began = end = -_LONGEST_BETWEEN - 1
    for start, token in zip(tokens.starts, tokens.tokens, strict=True):
        # Of 22 Base64 characters, one at least is a capital: the first bit of every byte of ASCII is 0.
        if token.islower() and token.translate(None, _HEX) and not _LONG_HEX.search(token):
            continue
        if start - end > _LONGEST_BETWEEN or not _BETWEEN.fullmatch(text, end, start):
            if len(block) > 1 or (block and len(block[0]) not in _BARE_DIGITS):
                yield from _block(text, began, block, end)
            block, began = [], start
        block.append(token)
        end = start + len(token)
        if text[end : end + 1] == b"=":  # padding ends a text (RFC 4648, 3.2)
            if len(block) > 1:
                yield from ((began, decoded) for decoded in _decoded(b"".join(block)))
            block, began = [], end
        if len(token) in _BARE_DIGITS and token.islower() and token[::2].translate(None, _HIGH_OF_ASCII):
            continue  # hashes and public keys, most of all tokens, told at the least cost
        for decoded in _decoded(token):
            yield start, decoded
    if block:
        yield from _block(text, began, block, end)


def _block(text: bytes, began: int, block: Sequence[bytes], end: int) -> Iterator[tuple[int, bytes]]:
    """What the lines of `block` and a shorter last one, if there is one, encode together."""
    rest = _REST.match(text, end)
    if rest or len(block) > 1:
        for decoded in _decoded(b"".join(block) + (rest[1] if rest else b"")):
            yield began, decoded


def _decoded(token: bytes) -> Iterator[bytes]:
    token = token.replace(b"=", b"")
    digits = token[2:] if token[:2] in {b"0x", b"0X"} else token
    if not digits.translate(None, _HEX):
        yield from _from_hex(digits)
        if len(digits) % 2 and len(digits) > _LONGEST_BARE_DIGITS:
            yield from _from_hex(digits[1:])
    else:
        if not token.islower():
            yield from _from_base64(token)
        yield from _touched(token)


def _touched(token: bytes) -> Iterator[bytes]:
    """What hex in it encodes: where no text is, another column's letters touch it, the last of them digits as well."""
    glued = _LONG_HEX.search(token)
    if glued:
        yield from (content for start in (0, 1) for content in _from_hex(glued[0][start:]))


# How what has a structure begins, or what stands in it: enough to read it where other letters are glued to its Base64.
_STRUCTURES = (b"psbt\xff", b"\x2b\x81\x04\x00\x0a", b"\x02\x01\x03lnd", b"BIE1", b"BIE2")


def _from_hex(digits: bytes) -> Iterator[bytes]:
    from binascii import unhexlify

    decoded = unhexlify(digits[: len(digits) // 2 * 2])
    if len(decoded) > _BARE or decoded.isascii():
        yield decoded


def _from_base64(token: bytes) -> Iterator[bytes]:
    """What it encodes; where other letters are glued to its front, only what is text without them, or a structure."""
    from binascii import a2b_base64

    plain = token.translate(_PLAIN_BASE64)
    for glued in range(4):
        digits = plain[glued:]
        # A last character alone encodes no whole byte.
        digits = digits[: len(digits) - (len(digits) % 4 == 1)]
        decoded = a2b_base64(digits + b"=" * (-len(digits) % 4))
        if (len(decoded) > _BARE and not glued) or is_text(decoded) or any(map(decoded.__contains__, _STRUCTURES)):
            yield decoded


# One word in Base64 or in hex begins so: a small letter and another one or an accent, or the first bytes of kana,
# jamo and ideographs in UTF-8.
_BEGINS_WORD = frozenset(
    bytes(beginning)
    for firsts, seconds in ((b"YZabcde", b"GHWXmn23Mcs8"), (b"e", _HEX), (b"4567", _LETTERS))
    for beginning in product(firsts, seconds)
)
_WORD_SIZES = range(4, 49)
_BLOCK = 1 << 14  # bytes: a list of all the words of a large text is slow
_BLOCKS = 1 << 22  # bytes: of the words of so many those are kept that may be encoded ones
_ENCODED_WORD = compiled(rb"[A-Za-z0-9+/=]+")
_WORD_LETTERS = bytes(byte if _ENCODED_WORD.match(bytes([byte])) else ord(" ") for byte in range(256))


def with_words_decoded(text: bytes, listed: Callable[[], Container[bytes]], fewest: int) -> bytes | None:
    """`text` with words of a list that are encoded one by one; None with fewer than `fewest` different ones.

    `listed` is called only where there may be so many: the lists have to be read for it.
    """
    letters = text.translate(_WORD_LETTERS)
    words: dict[bytes, bytes] = {}
    for first in range(0, len(letters), _BLOCKS):
        tokens: set[bytes] = set()
        for start in range(first, min(first + _BLOCKS, len(letters)), _BLOCK):
            tokens.update(letters[start : start + _BLOCK + _WORD_SIZES.stop].split())
        # Four digits of hex may be Base64 too.
        words |= {
            token: word
            for token in tokens
            if token[:2] in _BEGINS_WORD and len(token) in _WORD_SIZES
            for word in _words(token)
            if _is_like_a_word(word)
        }
    if len(words) < fewest:
        return None
    all_listed = listed()
    words = {token: word for token, word in words.items() if word in all_listed}
    return replaced(_ENCODED_WORD, lambda token: words.get(token[0], token[0]), text) if len(words) >= fewest else None


def _is_like_a_word(word: bytes) -> bool:
    return word.isalpha() and word.islower() if word.isascii() else is_text(word)


def _words(token: bytes) -> Iterator[bytes]:
    """What the token is in hex and in Base64."""
    from binascii import Error, a2b_base64, unhexlify

    if len(token) % 2 == 0 and not token.translate(None, _HEX):
        yield unhexlify(token)
    if len(token) % 4 and b"=" not in token:
        return
    try:
        yield a2b_base64(token)
    except Error:
        return


def places(text: bytes, word: bytes) -> Iterator[int]:
    """Where a word stands: searched without an expression, which would be many times slower."""
    start = text.find(word)
    while start >= 0:
        yield start
        start = text.find(word, start + 1)


def is_text(decoded: bytes) -> bool:
    """Whether the bytes are UTF-8."""
    if decoded.isascii():
        return True
    if not _CHARACTER.match(decoded):
        return False  # most are random, and an exception takes four times as long
    try:
        decoded.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
