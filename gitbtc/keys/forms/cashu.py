"""Ecash: Cashu tokens, which are money to whoever reads them first.

Source of the rule: NUT-00. `cashuA` and JSON in Base64, or `cashuB` and CBOR in Base64; what makes one money is its
proofs, each of a secret and the mint's signature on it: a point of 33 bytes, or of 48 under the newer keysets. The
proofs are looked for where they must stand, not by reading the whole: a token that was cut short can hold some.
"""

from __future__ import annotations

import re

from gitbtc.keys.form import Form
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitbtc.keys.family import Spot


FORM = Form("ecash token (Cashu)", "redeem it in a wallet at once: it belongs to whoever does so first")

# Where a token begins, by what JSON's `{` and a map of CBOR begin with in Base64; the next one in the same run is not
# a part of it. Not `++`: with that, Python 3.11.2 passes over what `(?!` forbids. Nothing follows: `+` does the same.
_BEGIN = rb"cashu(?:Ae|B[o-v])"
_TOKEN = compiled(rb"cashu([AB])(?=[eo-v])((?:(?!%b)[A-Za-z0-9+/_-])+)" % _BEGIN)
_PLAIN_BASE64 = bytes.maketrans(b"-_", b"+/")

_JSON_PROOFS = compiled(rb'"proofs"\s{0,8}:\s{0,8}\[')
_JSON_SECRET = compiled(rb'"secret"\s{0,8}:\s{0,8}"((?:[^"\\]|\\.)++)"', re.DOTALL)
_JSON_SIGNATURE = compiled(rb'"C"\s{0,8}:\s{0,8}"(?:0[23][0-9a-f]{64}|[0-9a-f]{96})"', re.IGNORECASE)

# Texts of one letter are the members' names: p is an array, s a text, the others of them bytes, in which what looks
# like a member is none.
_CBOR_PROOFS = compiled(rb"\x61p[\x80-\x9f]")
_CBOR_MEMBER = compiled(
    rb"(\x61c(?:\x58\x21[\x02\x03].{32}|\x58\x30.{48}))|\x61[ersi](?:\x48.{8}|\x58\x20.{32}|\x58\x21.{33})"
    rb"|\x61s(?:([\x61-\x77])|\x78(.)|\x79(..))",
    re.DOTALL,
)


def find(text: bytes) -> Iterator[Spot]:
    """Every token with proofs in `text`: its offset, the form, the secrets of its proofs in order."""
    for match in _TOKEN.finditer(text):
        secrets = _SECRETS[match[1]](_decoded(match[2]))
        if secrets:
            yield match.start(), FORM, b"\n".join(sorted(secrets))


def _decoded(encoded: bytes) -> bytes:
    from binascii import a2b_base64

    digits = encoded.translate(_PLAIN_BASE64)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return a2b_base64(digits + b"=" * (-len(digits) % 4))


def _json_secrets(token: bytes) -> list[bytes]:
    is_money = token[:1] == b"{" and _JSON_PROOFS.search(token) and _JSON_SIGNATURE.search(token)
    return _JSON_SECRET.findall(token) if is_money else []


def _cbor_secrets(token: bytes) -> list[bytes]:
    if token[:1] < b"\xa0" or not _CBOR_PROOFS.search(token):
        return []
    secrets: list[bytes] = []
    is_signed = False
    member = _CBOR_MEMBER.search(token)
    while member:
        end = member.end()
        if member[1]:
            is_signed = True
        elif member.lastindex:
            end += _cbor_size(member)
            secrets.append(token[member.end() : end])
        member = _CBOR_MEMBER.search(token, end)
    return [secret for secret in secrets if secret] if is_signed else []


def _cbor_size(member: re.Match[bytes]) -> int:
    _, short, *long = member.groups()
    return short[0] - 0x60 if short else int.from_bytes(long[0] or long[1], "big")


_SECRETS: dict[bytes, Callable[[bytes], list[bytes]]] = {b"A": _json_secrets, b"B": _cbor_secrets}
