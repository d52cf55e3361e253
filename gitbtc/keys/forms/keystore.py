"""Keystores of Ethereum's programs: a private key under a password.

Source of the rule: the Web3 Secret Storage Definition, version 3: an object with the cipher's text (32 bytes at least),
the function that derives its key, and a MAC; and ERC-2335, whose modules have each a `message`. A private key of
secp256k1 is the same one for Bitcoin, and the password of a person is soon found.
"""

from __future__ import annotations

from gitbtc.keys.form import Form
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


FORM = Form("encrypted private key (keystore)", "keep the keystore outside the repository: a password is guessed")

_SIGN = rb"\"\s{0,16}:\s{0,16}"
_TEXT = compiled(rb"\"(?:ciphertext|message)" + _SIGN + rb"\"(?:0x)?([0-9a-fA-F]{64,256})\"")
_PARTS = (
    compiled(rb"\"(?:kdf|function)" + _SIGN + rb"\"(?:scrypt|pbkdf2)\""),
    compiled(rb"\"(?:mac|checksum)" + _SIGN + rb"[\"{]"),
    compiled(rb"\"aes-128-ctr\""),
)
_OBJECT = 1500  # bytes, ahead of it and behind


def find(text: bytes) -> Iterator[Spot]:
    """Every such key in `text`: its offset, the form, what is encrypted."""
    for encrypted in _TEXT.finditer(text):
        start, end = max(encrypted.start() - _OBJECT, 0), encrypted.end() + _OBJECT
        if all(part.search(text, start, end) for part in _PARTS):
            yield encrypted.start(1), FORM, encrypted[1].lower()
