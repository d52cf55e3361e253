"""BIP-39 mnemonics, English list.

Source of the rule: BIP-39. Each word stands for 11 bits; of the 33 bits of every three words, 32 are entropy and one is
checksum, the first bits of the entropy's SHA-256.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "BIP-39 mnemonic (English)"
ADVICE = "keep the words on paper or in a signing device; gitbtc needs only the xpub of the account"

# Longest first: a phrase of 24 words is one finding, and not also the 12 of it whose checksum happens to fit.
COUNTS = (24, 21, 18, 15, 12)

_LIST = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "words", "english.txt")
_numbers: dict[bytes, int] = {}


def words() -> dict[bytes, int]:
    """The list: each word's number, 0…2047."""
    if not _numbers:
        with open(_LIST, "rb") as listed:
            _numbers.update((word, number) for number, word in enumerate(listed.read().split()))
    return _numbers


def recognise(phrase: Sequence[bytes]) -> str | None:
    """The form's name if the words of `phrase` (all on the list, lower case) have the right checksum, else None."""
    if len(phrase) not in COUNTS:
        return None
    numbers = words()
    bits = 0
    for word in phrase:
        bits = bits << 11 | numbers[word]
    checksum_bits = len(phrase) // 3
    entropy = (bits >> checksum_bits).to_bytes(checksum_bits * 4, "big")
    return NAME if _checksum(entropy, checksum_bits) == bits & ((1 << checksum_bits) - 1) else None


def _checksum(entropy: bytes, bits: int) -> int:
    from hashlib import sha256

    return sha256(entropy).digest()[0] >> (8 - bits)
