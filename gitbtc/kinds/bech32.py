"""Bech32 and Bech32m (BIP-173, BIP-350), and the segregated witness addresses written in them."""

from __future__ import annotations

from functools import lru_cache

BECH32, BECH32M = 1, 0x2BC830A3
LONGEST = 90  # characters, BIP-173; other uses of the encoding set their own limit

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_NO_VALUE = 32
_VALUES = bytes(CHARSET.find(chr(code)) if chr(code) in CHARSET else _NO_VALUE for code in range(256))
_BASE32 = str.maketrans(CHARSET, "0123456789abcdefghijklmnopqrstuv")
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM = 6  # characters


def _feedback() -> list[int]:
    table = [0] * 32
    for top in range(32):
        for bit, term in enumerate(_GENERATOR):
            if top >> bit & 1:
                table[top] ^= term
    return table


_FEEDBACK = _feedback()


def polymod(values: bytes, remainder: int = 1) -> int:
    """The checksum polynomial's remainder over 5-bit values (BIP-173), given that over those before them."""
    for value in values:
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value ^ _FEEDBACK[remainder >> 25]
    return remainder


def expanded(hrp: str) -> bytes:
    """The human-readable part as the values that the checksum covers (BIP-173)."""
    codes = hrp.encode("ascii")
    return bytes(code >> 5 for code in codes) + b"\0" + bytes(code & 31 for code in codes)


def decode(text: str, longest: int = LONGEST) -> tuple[str, str, int] | None:
    """(human-readable part, payload characters without checksum, BECH32 or BECH32M); None for anything else.

    Both parts come in lower case. The payload stays text; `to_bytes` and `value` read it.
    """
    if len(text) > longest or not text.isascii() or text.lower() != text != text.upper():
        return None
    hrp, one, payload = text.lower().rpartition("1")
    if not one or not hrp or len(payload) < _CHECKSUM:
        return None
    values, begun = payload.encode("ascii").translate(_VALUES), _begun(hrp)
    if _NO_VALUE in values or begun is None:
        return None
    checksum = polymod(values, begun)
    return (hrp, payload[:-_CHECKSUM], checksum) if checksum in (BECH32, BECH32M) else None


@lru_cache(maxsize=64)
def _begun(hrp: str) -> int | None:
    """The remainder over a human-readable part, of which there are few; None for what is none."""
    return polymod(expanded(hrp)) if all("!" <= character <= "~" for character in hrp) else None


def value(character: str) -> int:
    """The 5 bits that a payload character stands for."""
    return CHARSET.index(character)


def to_bytes(payload: str) -> bytes | None:
    """The bytes of payload characters; None when more than 4 bits, or bits that are not zero, are left over."""
    if not payload:
        return b""
    size, left_over = divmod(5 * len(payload), 8)
    number = int(payload.translate(_BASE32), 32)
    if left_over > 4 or number & ((1 << left_over) - 1):
        return None
    return (number >> left_over).to_bytes(size, "big")


def witness_program(address: str) -> tuple[str, int, bytes] | None:
    """(human-readable part, witness version, program) of a segregated witness address; None for anything else.

    Checks what BIP-141 and BIP-350 say of versions, lengths and which checksum goes with which version.
    """
    decoded = decode(address)
    if decoded is None or not decoded[1]:
        return None
    hrp, payload, checksum = decoded
    version, program = value(payload[0]), to_bytes(payload[1:])
    if program is None or version > 16 or not 2 <= len(program) <= 40:
        return None
    if checksum != (BECH32M if version else BECH32) or (version == 0 and len(program) not in (20, 32)):
        return None
    return hrp, version, program


def witness_address(hrp: str, version: int, program: bytes) -> str:
    """The segregated witness address of a program of 20 or 32 bytes, in lower case (BIP-173, BIP-350)."""
    size = -(-8 * len(program) // 5)
    number = int.from_bytes(program, "big") << (5 * size - 8 * len(program))
    values = bytes([version, *(number >> 5 * place & 31 for place in reversed(range(size)))])
    checksum = polymod(expanded(hrp) + values + bytes(_CHECKSUM)) ^ (BECH32M if version else BECH32)
    tail = bytes(checksum >> 5 * place & 31 for place in reversed(range(_CHECKSUM)))
    return f"{hrp}1" + "".join(CHARSET[five_bits] for five_bits in values + tail)
