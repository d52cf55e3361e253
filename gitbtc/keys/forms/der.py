"""Private keys of secp256k1 in DER.

Source of the rule: SEC 1, C.4 (ECPrivateKey: version 1, the key in an octet string, the curve under [0], the public key
under [1]), RFC 5208 and RFC 5958 (PKCS #8, which names the curve ahead of an ECPrivateKey), SEC 2 for the curve: its
identifier 1.3.132.0.10, or its parameters written out, as Bitcoin Core's wallets keep each key. In hex and in Base64 it
is found by what they encode.
"""

from __future__ import annotations

import re

from gitbtc.keys.anchors import PRIME_FIELD, SECP256K1
from gitbtc.keys.form import Form
from gitbtc.keys.forms.scalar import is_private_key
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot

# secp256k1, and the identifier of prime fields, in which one byte is a capital letter.

FORM = Form("private key in DER", "keep the key in a wallet; gitbtc needs only the address or the public key")

# A sequence, version 1, an octet string of 32 bytes.
_KEY = compiled(rb"\x30(?:([\x25-\x7f])|\x81(.)|\x82(..))\x02\x01\x01\x04\x20(.{32})", re.DOTALL)
_KEY_SIZE = 37
# The parameters of secp256k1 as far as its prime: specified domain, version 1, prime field, the prime.
_PRIME = (2**256 - 2**32 - 977).to_bytes(32, "big")
_SPECIFIED = compiled(
    rb"\xa0(?:.|\x81.|\x82..)\x30(?:.|\x81.|\x82..)\x02\x01\x01\x30\x2c"
    + re.escape(PRIME_FIELD + b"\x02\x21\x00" + _PRIME),
    re.DOTALL,
)
_NAMED = b"\xa0\x07" + SECP256K1
_PUBLIC_KEY = b"\xa1"
# What stands between the curve of PKCS #8 and its ECPrivateKey: an octet string's tag and length.
_WRAPPED = compiled(re.escape(SECP256K1) + rb"\x04(?:[\x25-\x7f]|\x81.|\x82..)\Z", re.DOTALL)
_LONGEST_WRAP = len(SECP256K1) + 4


def find(text: bytes) -> Iterator[Spot]:
    """Every private key in DER in `text`: its offset, the form, the 32 bytes in hex."""
    for key in _KEY.finditer(text):
        if _names_the_curve(text, key) and is_private_key(key[4]):
            yield key.start(), FORM, key[4].hex().encode("ascii")


def _names_the_curve(text: bytes, key: re.Match[bytes]) -> bool:
    size = int.from_bytes(key[1] or key[2] or key[3], "big")
    end, rest = key.end(), size - _KEY_SIZE
    if text.startswith(_NAMED, end):
        return rest == len(_NAMED) or (rest > len(_NAMED) and text.startswith(_PUBLIC_KEY, end + len(_NAMED)))
    if rest > len(_PRIME) and _SPECIFIED.match(text, end):
        return True
    ahead = text[max(key.start() - _LONGEST_WRAP, 0) : key.start()]
    return bool(_WRAPPED.search(ahead)) and (rest == 0 or (rest > 0 and text.startswith(_PUBLIC_KEY, end)))
