"""Runes: what Core Lightning is commanded with from afar.

Source of the rule: the README of Rusty Russell's runes, and Core Lightning's `createrune`. Base64 in its URL-safe
letters of an authentication code of 32 bytes and a text of restrictions: `&` between them, `|` between alternatives,
each of a field's name, a mark of what is compared, and a value. Core Lightning's begin with `=` and a number, the
rune's own, which no field's name stands before and no alternative behind.

Nothing in it is a checksum. What is held against the rule is every byte behind the 32, to the end of the token, and
that those are no text: a token of 34 random bytes, the shortest of all, passes once in 6,554, one of more bytes more
seldom by far. The name of a file in IPFS (34 bytes in Base58) is told by its own rule.
"""

from __future__ import annotations

from gitbtc.keys.form import Form
from gitbtc.keys.lazily import compiled
from gitbtc.kinds import base58

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot

ANCHORS = ()

FORM = Form("rune (Core Lightning)", "it commands the node: blacklist it there, keep new ones out of the repository")

_CODE = 32  # bytes
# 42 characters and 4 bits of the next one are the code. What follows is `=` and the upper bits of a digit.
_TOKEN = compiled(rb"(?<![A-Za-z0-9+/_-])[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]9[MNO][A-Za-z0-9_-]++(?![+/])")
_ALTERNATIVE = rb"[A-Za-z0-9_ \x80-\xff]*[!=/^$~<>}{#](?:[^&|\\\0-\x1f\x7f]|\\[^\0-\x1f\x7f])*+"
_RESTRICTIONS = compiled(rb"=[0-9]{1,19}(?:-[^&|\\\0-\x1f\x7f]*+)?(?:&%b(?:\|%b)*)*" % ((_ALTERNATIVE,) * 2))
_PLAIN_BASE64 = bytes.maketrans(b"-_", b"+/")
_CID_BEGIN, _CID_CHARACTERS = b"Qm", 46


def find(text: bytes) -> Iterator[Spot]:
    """Every rune in `text`: its offset, the form, its text without padding."""
    for match in _TOKEN.finditer(text):
        if _is_rune(match[0]) and not _is_content_id(match[0]):
            yield match.start(), FORM, match[0]


def _is_rune(token: bytes) -> bool:
    from binascii import a2b_base64

    if len(token) % 4 == 1:
        return False
    decoded = a2b_base64(token.translate(_PLAIN_BASE64) + b"=" * (-len(token) % 4))
    code, restrictions = decoded[:_CODE], decoded[_CODE:]
    return not code.isascii() and _is_text(restrictions) and _RESTRICTIONS.fullmatch(restrictions) is not None


def _is_text(restrictions: bytes) -> bool:
    try:
        restrictions.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_content_id(token: bytes) -> bool:
    """Whether it is a CID of version 0: a multihash of SHA-256 in Base58 (multiformats' CID specification)."""
    if len(token) != _CID_CHARACTERS or not token.startswith(_CID_BEGIN) or token.translate(None, base58.ALPHABET):
        return False
    multihash = base58.decode(token)
    return len(multihash) == 34 and multihash.startswith(b"\x12\x20")
