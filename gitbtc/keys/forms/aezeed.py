"""aezeed, the cipher seed of LND.

Source of the rule: lnd/aezeed (README and cipherseed.go). 24 words of BIP-39's English list stand for 33 bytes: the
version 0, 23 bytes of ciphertext, 5 of salt, and the CRC-32C (Castagnoli) of those 29 bytes, big-endian. Without a
passphrase the text is enciphered under a known one: the words are the seed. The checksum of BIP-39 fits one in 256.
"""

from __future__ import annotations

from functools import cache

from gitbtc.keys.form import Form
from gitbtc.keys.words import numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LISTS = ("english",)
COUNTS = (24,)
WHOLE = False

FORM = Form("LND aezeed cipher seed", "keep the words on paper; gitbtc needs only the node's public key and its xpubs")

_SIZE, _CHECKED = 33, 29
# The first byte, which is 0, stands above so many bits.
_VERSION_FROM = 8 * (_SIZE - 1)
# The polynomial of CRC-32C, bits reflected (RFC 3720, section 12.1).
_CASTAGNOLI = 0x82F63B78


def recognise(phrase: Sequence[bytes], listed: str) -> Form | None:
    """The form if the words of `phrase`, all on the list, are a cipher seed whose checksum is right, else None."""
    number = numbers(listed)
    if len(phrase) not in COUNTS:
        return None
    bits = 0
    for word in phrase:
        bits = bits << 11 | number[word]
    return FORM if is_checked(bits) else None


def is_checked(bits: int) -> bool:
    """Whether the version and the checksum of 24 words, 11 bits each, are right."""
    if bits >> _VERSION_FROM:
        return False
    seed = bits.to_bytes(_SIZE, "big")
    return _crc32c(seed[:_CHECKED]).to_bytes(4, "big") == seed[_CHECKED:]


def _crc32c(content: bytes) -> int:
    table = _remainders()
    remainder = 0xFFFFFFFF
    for byte in content:
        remainder = remainder >> 8 ^ table[remainder & 0xFF ^ byte]
    return remainder ^ 0xFFFFFFFF


@cache
def _remainders() -> list[int]:
    """What each byte leaves."""
    remainders = list(range(256))
    for _ in range(8):
        remainders = [remainder >> 1 ^ (_CASTAGNOLI if remainder & 1 else 0) for remainder in remainders]
    return remainders
