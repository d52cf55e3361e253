"""Base58 and Base58Check, the encodings of addresses, WIF and extended keys.

Source of the rule: Bitcoin Core's base58.cpp. Leading zero bytes are written as leading `1`s; Base58Check appends the
first four bytes of the payload's double SHA-256.
"""

from __future__ import annotations

from gitbtc.errors import GitbtcError

ALPHABET = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

_NO_DIGIT = 255
_DIGITS = bytes(max(ALPHABET.find(byte), -1) % 256 for byte in range(256))
# So many digits of base 58 stay below 2**60, where Python multiplies in a single machine step.
_GROUP = 10
_GROUP_BASE = 58**_GROUP


class NotBase58(GitbtcError):
    """The text is not Base58, or its checksum does not fit. The message never repeats the text: it may be a key."""


def decode(text: str | bytes) -> bytes:
    """The bytes that the Base58 `text` stands for; NotBase58 for any character outside the alphabet."""
    digits = _ascii(text).translate(_DIGITS)
    if _NO_DIGIT in digits:
        raise NotBase58("not Base58: a character is outside its alphabet")
    ahead = len(digits) % _GROUP
    number = _value(digits[:ahead])
    for start in range(ahead, len(digits), _GROUP):
        number = number * _GROUP_BASE + _value(digits[start : start + _GROUP])
    zeros = len(digits) - len(digits.lstrip(b"\0"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _value(digits: bytes) -> int:
    value = 0
    for digit in digits:
        value = value * 58 + digit
    return value


def encode(payload: bytes) -> str:
    """The Base58 text of `payload`."""
    number = int.from_bytes(payload, "big")
    digits = bytearray()
    while number:
        number, digit = divmod(number, 58)
        digits.append(ALPHABET[digit])
    zeros = len(payload) - len(payload.lstrip(b"\0"))
    digits.extend(ALPHABET[:1] * zeros)
    digits.reverse()
    return digits.decode("ascii")


def checksum(payload: bytes) -> bytes:
    """The four bytes that Base58Check appends to `payload`."""
    from hashlib import sha256

    return sha256(sha256(payload).digest()).digest()[:4]


def decode_check(text: str | bytes) -> bytes:
    """The payload of the Base58Check `text`, without its checksum; NotBase58 when the checksum does not fit."""
    decoded = decode(text)
    payload, given = decoded[:-4], decoded[-4:]
    if len(decoded) < 4 or checksum(payload) != given:
        raise NotBase58("not Base58Check: the checksum does not fit")
    return payload


def encode_check(payload: bytes) -> str:
    """The Base58Check text of `payload`."""
    return encode(payload + checksum(payload))


def _ascii(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        # `from None`: the codec's own error quotes the text.
        raise NotBase58("not Base58: a character is outside its alphabet") from None
