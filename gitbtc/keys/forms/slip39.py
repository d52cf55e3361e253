"""Shares of SLIP-39, each of which is a part of a wallet's master secret.

Source of the rule: SLIP-39, "Format of the share mnemonic". A word stands for 10 bits: an identifier of 15 bits, the
extendable backup flag, 4 bits of the iteration exponent, four each of the group's index, its threshold less one, the
number of groups less one, the member's index and its threshold less one; then the share's value with zero bits before
it to fill its words; then the Reed-Solomon code RS1024, three words, over all that and a customization string.
"""

from __future__ import annotations

from functools import cache

from gitbtc.keys.form import Form
from gitbtc.keys.words import numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_BEFORE, _AFTER = 4, 3
# A value has the length of the master secret: a multiple of 16 bits, at least 128, and at most the 512 that BIP-32
# makes a wallet of. That is 20 words for 128 bits and 33 for 256. Longest first.
COUNTS = tuple(_BEFORE + -(-bits // 10) + _AFTER for bits in range(512, 127, -16))
LISTS = ("slip39",)
WHOLE = False

FORM = Form(
    "SLIP-39 share",
    "keep each share on paper in a place of its own; one that was published weakens the others: make new ones",
)

_GENERATOR = (
    0xE0E040, 0x1C1C080, 0x3838100, 0x7070200, 0xE0E0009, 0x1C0C2412, 0x38086C24, 0x3090FC48, 0x21B1F890, 0x3F3F120,
)  # fmt: skip
_CUSTOMIZATION = (b"shamir", b"shamir_extendable")


def recognise(phrase: Sequence[bytes], listed: str) -> Form | None:
    """The form if the words of `phrase`, all on the list, are a share whose checksum is right, else None."""
    if len(phrase) not in COUNTS:
        return None
    number = numbers(listed)
    # Five words tell most stretches of a longer text from a share, before the others are looked up.
    *head, first_of_value = [number[word] for word in phrase[: _BEFORE + 1]]
    if not _is_padded(first_of_value, len(phrase)) or not _has_its_groups(head):
        return None
    return FORM if _is_checked([number[word] for word in phrase]) else None


def counts(numbers: Sequence[int]) -> Callable[[int], Sequence[int]]:
    """Of words one behind the other, by their numbers: how many of them from a place on may be a share, most first.

    What is told is so: the checksum is right. Without the polynomial of each stretch: that of the words up to its end
    less that of the words before it, which a table moves on by as many words.
    """
    until = [0]
    for number in numbers:
        until.append(_shifted(until[-1]) ^ number)

    last = len(numbers) - COUNTS[-1]

    def of(start: int) -> Sequence[int]:
        head = numbers[start : start + _BEFORE + 1]
        if start > last or not _has_its_groups(head):
            return ()
        begun = until[start] ^ _customized(head[1] >> 4 & 1)
        lowest, following, highest = begun & 0x3FF, begun >> 10 & 0x3FF, begun >> 20
        ahead = until[start : start + COUNTS[0] + 1]
        return [
            count
            for count, low, middle, high in _fitting(head[_BEFORE].bit_length())
            if count < len(ahead) and ahead[count] ^ low[lowest] ^ middle[following] ^ high[highest] == 1
        ]

    return of


def _shifted(remainder: int) -> int:
    """A remainder behind which another word follows."""
    return (remainder & 0xFFFFF) << 10 ^ _multiples()[remainder >> 20]


@cache
def _customized(is_extendable: int) -> int:
    """The remainder of the customization string, which stands before the words of a share."""
    return _remainder(_CUSTOMIZATION[is_extendable])


@cache
def _fitting(bits: int) -> list[tuple[int, list[int], list[int], list[int]]]:
    """The counts of words in which the first word of the value may have so many bits, each with its tables."""
    return [(count, *_tables(count)) for count in COUNTS if _is_padded((1 << bits) - 1, count)]


@cache
def _tables(count: int) -> tuple[list[int], list[int], list[int]]:
    """What ten bits of a remainder come to behind which `count` words follow: the lowest, the next, the highest."""
    bits = [1 << bit for bit in range(30)]
    for _ in range(count):
        bits = list(map(_shifted, bits))
    return _sums(bits[:10]), _sums(bits[10:20]), _sums(bits[20:])


def _sums(bits: Sequence[int]) -> list[int]:
    """What each combination of these comes to, by the number whose bits choose them."""
    sums = [0]
    for bit in bits:
        sums += [value ^ bit for value in sums]
    return sums


def _is_padded(first_of_value: int, count: int) -> bool:
    """Whether the bits that fill the value's words, in a share of `count` words, are zero."""
    padding = 10 * (count - _BEFORE - _AFTER) % 16
    return first_of_value >> (10 - padding) == 0


def _has_its_groups(head: Sequence[int]) -> bool:
    """Whether there are at least as many groups as are needed."""
    threshold = head[2] >> 2 & 15
    groups = (head[2] & 3) << 2 | head[3] >> 8
    return threshold <= groups


def _is_checked(share: Sequence[int]) -> bool:
    is_extendable = share[1] >> 4 & 1
    return _remainder([*_CUSTOMIZATION[is_extendable], *share]) == 1


def _remainder(values: Iterable[int]) -> int:
    """The remainder of RS1024."""
    multiples = _multiples()
    remainder = 1
    for value in values:
        remainder = (remainder & 0xFFFFF) << 10 ^ value ^ multiples[remainder >> 20]
    return remainder


@cache
def _multiples() -> list[int]:
    """What each value of the ten highest bits adds to the remainder."""
    return _sums(_GENERATOR)
