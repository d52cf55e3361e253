"""Shares of SLIP-39, each of which is a part of a wallet's master secret.

Source of the rule: SLIP-39, "Format of the share mnemonic". A word stands for 10 bits: an identifier of 15 bits, the
extendable backup flag, 4 bits of the iteration exponent, four each of the group's index, its threshold less one, the
number of groups less one, the member's index and its threshold less one; then the share's value with zero bits before
it to fill its words; then the Reed-Solomon code RS1024, three words, over all that and a customization string.
"""

from __future__ import annotations

from functools import cache
from itertools import accumulate, compress, count, cycle
from operator import xor

from gitbtc.keys.form import Form
from gitbtc.keys.words import numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
# The field's polynomial, x^10 + x^3 + 1, whose root is an element of this order. The generator's roots are its first
# three powers; the first two tell most stretches of words from shares.
_MODULUS, _ORDER, _ROOTS = 0b100_0000_1001, 1023, (1, 2)


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


def shares(numbers: Sequence[int]) -> dict[int, list[int]]:
    """Of words one behind the other, by their numbers: how many of them from a place on may be a share by their
    checksum and their padding, most first, for each place from which any may. Of others one in a million may, too.

    No polynomial is made for each stretch. A share is right if its polynomial, the customization string ahead of the
    words, is 1 at each root of the generator; two of the three are tried. Divided by the power of the root that belongs
    to the share's end, that is an equation of what depends on the end alone and on the beginning alone: both are the
    sum of all words before that place, each times a power of its own, and one term more. So a share lies where the two
    are equal.
    """
    sums = _sums(numbers)
    ends = list(map(xor, sums, cycle(_terms(0, 0))))
    terms = cycle(zip(*(_terms(*_customized(is_extendable)) for is_extendable in (0, 1)), strict=True))
    begun = [total ^ both[second >> 4 & 1] for total, both, second in zip(sums, terms, numbers[1:], strict=False)]
    right = set(ends).intersection(begun)
    places: dict[int, list[int]] = {}
    for end in compress(count(), map(right.__contains__, ends)):
        places.setdefault(ends[end], []).append(end)
    found: dict[int, list[int]] = {}
    for start in compress(count(), map(right.__contains__, begun)):
        sizes = (end - start for end in reversed(places[begun[start]]))
        fitting = [size for size in sizes if size in COUNTS and _is_padded(numbers[start + _BEFORE], size)]
        if fitting:
            found[start] = fitting
    return found


def _sums(numbers: Sequence[int]) -> list[int]:
    """For each place, the sum of the words before it, each times the power of its place at the two roots: the first
    ten bits are those of the first root.
    """
    powers, logarithms = _field()
    products = powers * 2 + [0] * _ORDER
    others = [power << 10 for power in powers] * 2 + [0] * _ORDER
    # The powers by which the words from place 1 on are divided: the order less once and less twice their place.
    once, twice = range(_ORDER - 1, -1, -1), [*range(_ORDER - 2, 0, -2), *range(_ORDER - 1, -1, -2)]
    divisors = cycle(zip(once, twice, strict=True))
    values = map(logarithms.__getitem__, numbers)
    terms = [products[value + one] ^ others[value + other] for value, (one, other) in zip(values, divisors)]  # noqa: B905 - one has no end
    return list(accumulate(terms, xor, initial=0))


@cache
def _terms(first: int, second: int) -> list[int]:
    """Two elements of the field, by their logarithms, divided by each power of the two roots."""
    powers = _field()[0] * 3
    ones = powers[first + _ORDER : first : -1]
    others = powers[second + 2 * _ORDER : second : -2]
    return [one ^ other << 10 for one, other in zip(ones, others, strict=True)]


@cache
def _customized(is_extendable: int) -> tuple[int, int]:
    """The logarithms of the customization string's polynomial at the two roots."""
    powers, logarithms = _field()
    values = [1, 1]
    for character in _CUSTOMIZATION[is_extendable]:
        values = [
            powers[(logarithms[value] + root) % _ORDER] ^ character for value, root in zip(values, _ROOTS, strict=True)
        ]
    first, second = (logarithms[value] for value in values)
    return first, second


@cache
def _field() -> tuple[list[int], list[int]]:
    """The powers of a primitive element of the field of 1,024 elements, and the logarithm of each element; that of 0,
    which has none, is beyond the sum of any other two.
    """
    powers = [1]
    while len(powers) < _ORDER:
        doubled = powers[-1] << 1
        powers.append(doubled ^ _MODULUS if doubled >> 10 else doubled)
    logarithms = [2 * _ORDER] * (_ORDER + 1)
    for logarithm, power in enumerate(powers):
        logarithms[power] = logarithm
    return powers, logarithms


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
    multiples = [0]
    for term in _GENERATOR:
        multiples += [multiple ^ term for multiple in multiples]
    return multiples
