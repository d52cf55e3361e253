"""codex32 as BIP-93 describes it: long division of polynomials over GF(32), with a character for each coefficient.

gitbtc carries a remainder in one number and looks its steps up in a table; what is written here it has to find.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.keys.lookalikes import BECH32


class Code(NamedTuple):
    """One of the two checksums: its generator's coefficients below the first, a 1, and a right string's remainder."""

    generator: str
    remainder: str


SHORT = Code("em3gqeeelmcss", "secretshare32")
LONG = Code("02e6fe4xh4x9kyh", "secretshare32ex")


def encoded(hrp: str, data: str) -> str:
    """`data` (threshold, identifier, index, payload) behind `hrp`, with the checksum for its length."""
    code = SHORT if len(data) <= 80 else LONG
    letters = [ord(letter) for letter in hrp]
    beginning = [1, *(letter >> 5 for letter in letters), 0, *(letter & 31 for letter in letters)]
    rest = _remainder([*beginning, *_values(data), *[0] * len(code.remainder)], _values(code.generator))
    checksum = "".join(BECH32[value ^ wanted] for value, wanted in zip(rest, _values(code.remainder), strict=True))
    return f"{hrp}1{data}{checksum}"


def _values(characters: str) -> list[int]:
    return [BECH32.index(character) for character in characters]


def _remainder(dividend: list[int], generator: list[int]) -> list[int]:
    """What is left of `dividend` (the highest power first) after division by the generator."""
    rest = list(dividend)
    for place in range(len(rest) - len(generator)):
        factor = rest[place]
        for behind, coefficient in enumerate(generator, place + 1):
            rest[behind] ^= _product(factor, coefficient)
    return rest[-len(generator) :]


def _product(one: int, other: int) -> int:
    """Multiplication in GF(32), modulo x^5 + x^3 + 1."""
    total = 0
    for bit in range(5):
        if other >> bit & 1:
            total ^= one << bit
    for bit in range(8, 4, -1):
        if total >> bit & 1:
            total ^= 0b101001 << bit - 5
    return total
