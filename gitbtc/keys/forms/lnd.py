"""Macaroons: what LND, and the daemons beside it, are commanded with.

Source of the rules: libmacaroons' format.txt and Go's macaroon.v2, which LND uses. Version 2: the byte 02, then fields
of a type, a length and their bytes (1 location, 2 identifier, 4 verification, 6 signature), an end (0) behind the
identifier, behind each caveat and behind the last caveat. Version 1: packets of four hex digits for the length, a name,
a space, the bytes and a line end. Both end in a signature of 32 bytes, which is the secret. `lndconnect://` carries one
in Base64 (lndconnect's lnd_connect_uri.md).
"""

from __future__ import annotations

import re

from gitbtc.keys.anchors import LNDCONNECT
from gitbtc.keys.form import Form
from gitbtc.keys.forms import uri
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


_ADVICE = "it commands the node: bake a new root key, keep the file out of the repository"
LND = Form("macaroon (LND)", _ADVICE)
OTHER = Form("macaroon (another service)", "revoke it, keep it out of the repository: whoever has it is let in")

_BEGIN = compiled(rb"\x02\x01(?=[\x01-\x40][!-~])")
_OLD_BEGIN = compiled(rb"location (?<=[0-9a-f]{4}location )(?=[!-~])")
_OLD_PACKET = compiled(rb"([0-9a-f]{4})(location|identifier|cid|vid|cl|signature) ")
_OLD_LENGTH = 4  # hex digits ahead of a packet's name
_CONNECT = uri.scheme(LNDCONNECT)
_PARAMETER = compiled(rb"[?&;#]macaroon=([0-9a-z+/_-]{64,})", re.IGNORECASE)
_HEX = b"0123456789abcdefABCDEF"

_END, _LOCATION, _IDENTIFIER, _VERIFICATION, _SIGNATURE = 0, 1, 2, 4, 6
_SIGNATURE_SIZE = 32


def find(text: bytes) -> Iterator[Spot]:
    """Every macaroon in `text`: its offset, the form, its signature."""
    yield from _new(text)
    yield from _old(text)
    for offset, address in uri.find(text, _CONNECT) if LNDCONNECT in text.lower() else ():
        for macaroon in _PARAMETER.findall(address):
            yield from ((offset, form, signature) for _, form, signature in _new(_decoded(macaroon)))


def _decoded(macaroon: bytes) -> bytes:
    from binascii import a2b_base64, unhexlify

    if not macaroon.translate(None, _HEX):
        return unhexlify(macaroon[: len(macaroon) // 2 * 2])
    digits = macaroon.translate(bytes.maketrans(b"-_", b"+/"))
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return a2b_base64(digits + b"=" * (-len(digits) % 4))


def _form(location: bytes) -> Form:
    return LND if location == b"lnd" else OTHER


def _new(text: bytes) -> Iterator[Spot]:
    # Where caveats were read and led to no signature: each place is walked once, whatever begins before it.
    walked: set[int] = set()
    for match in _BEGIN.finditer(text):
        location_end = _field(text, match.start() + 1, _LOCATION)
        location = text[match.end() + 1 : location_end]
        end = _field(text, location_end, _IDENTIFIER)
        signature = _signature(text, end, walked) if location.isascii() else b""
        if signature:
            yield match.start(), _form(location), signature


def _signature(text: bytes, end: int, walked: set[int]) -> bytes:
    """The signature behind the caveats that begin with an end at `end`; empty if there is none."""
    while end > 0 and text[end : end + 1] == b"\0" and end not in walked:
        walked.add(end)
        start = end + 1
        if text[start : start + 3] == bytes((_END, _SIGNATURE, _SIGNATURE_SIZE)):
            signature = text[start + 3 : start + 3 + _SIGNATURE_SIZE]
            return signature if len(signature) == _SIGNATURE_SIZE else b""
        if text[start : start + 1] == bytes((_LOCATION,)):
            start = _field(text, start, _LOCATION)
        end = _field(text, start, _IDENTIFIER)
        if text[end : end + 1] == bytes((_VERIFICATION,)):
            end = _field(text, end, _VERIFICATION)
    return b""


def _field(text: bytes, start: int, kind: int) -> int:
    """Where the field of `kind` at `start` ends; beyond the text if there is none."""
    beyond = len(text)
    if text[start : start + 1] != bytes((kind,)):
        return beyond
    size = shift = 0
    for place in range(start + 1, min(start + 4, beyond)):
        size |= (text[place] & 0x7F) << shift
        if text[place] < 0x80:
            return min(place + 1 + size, beyond)
        shift += 7
    return beyond


def _old(text: bytes) -> Iterator[Spot]:
    walked: set[int] = set()
    for match in _OLD_BEGIN.finditer(text, _OLD_LENGTH):
        start = match.start() - _OLD_LENGTH
        signature = _old_signature(text, start, walked)
        if signature:
            yield start, _form(text[match.end() : start + int(text[start : start + 4], 16) - 1]), signature


def _old_signature(text: bytes, start: int, walked: set[int]) -> bytes:
    packet = _OLD_PACKET.match(text, start)
    while packet and start not in walked:
        walked.add(start)
        end = start + int(packet[1], 16)
        if text[end - 1 : end] != b"\n" or end <= packet.end():
            break
        if packet[2] == b"signature":
            signature = text[packet.end() : end - 1]
            return signature if len(signature) == _SIGNATURE_SIZE else b""
        start = end
        packet = _OLD_PACKET.match(text, start)
    return b""
