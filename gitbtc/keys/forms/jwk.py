"""Private keys of elliptic curves in JSON Web Keys.

Source of the rule: RFC 7517, RFC 7518 (6.2.2: `d` is the private key, as many octets as the curve's order has, in
Base64 for URLs without padding) and RFC 8812 (`secp256k1`). `crv` stands in the same object.
"""

from __future__ import annotations

from gitbtc.keys.form import Form
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


FORM = Form("private key in a JSON Web Key", "keep the key outside the repository; the public one has no `d`")

_CURVE = compiled(rb"[\"']?\bcrv[\"']?\s{0,8}:\s{0,8}[\"'](?:secp256k1|P-256K?|K-256|Ed25519|X25519)[\"']")
_KEY = compiled(rb"(?<![\w-])[\"']?d[\"']?\s{0,8}:\s{0,8}[\"']([A-Za-z0-9_-]{43})=?[\"']")
_OBJECT = 600  # bytes ahead of `crv` and behind it


def find(text: bytes) -> Iterator[Spot]:
    """Every such key in `text`: its offset, the form, the key in hex."""
    from binascii import a2b_base64

    for curve in _CURVE.finditer(text):
        start = max(text.rfind(b"{", max(curve.start() - _OBJECT, 0), curve.start()), curve.start() - _OBJECT, 0)
        end = text.find(b"}", curve.end(), curve.end() + _OBJECT)
        for key in _KEY.finditer(text, start, end if end >= 0 else curve.end() + _OBJECT):
            scalar = a2b_base64(key[1].translate(bytes.maketrans(b"-_", b"+/")) + b"=")
            if any(scalar):
                yield key.start(1), FORM, scalar.hex().encode("ascii")
