"""Mini private keys, as they are printed under the holograms of coins.

Source of the rule: Casascius' format (Bitcoin wiki, "Mini private key format"): S and 21, 25 or 29 further characters
of Base58, the SHA-256 of which begins 00 once a `?` is put behind them. The 22 of the first series, the 30 of all
later ones, 26 of a few other makers.

That is a checksum of one byte only, so what stands around it counts. It is a token of its own, or a part of a path or
of a compound (`/`, `-`, `_`), not of a long run of Base64, and it is not put together like a name in a program: the
names of classes begin with S often enough. Of the keys that a program draws at random, 1 in 200 (22 characters), 1 in
370 (26) and 1 in 1,250 (30) looks like a name and is not seen; of other random texts of that shape, 1 in 256 is taken
for a key.
"""

from __future__ import annotations

from gitbtc.keys.form import Form
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot

ANCHORS = ()

FORM = Form("mini private key", "it is the whole key: keep it where the coin is; gitbtc needs only the address")

_CHARACTER = rb"[1-9A-HJ-NP-Za-km-z]"
# The S comes first, so that the search for it is one for a plain string.
_KEY = compiled(rb"S(?<![0-9A-Za-z+]S)(?:%b{29}|%b{25}|%b{21})(?![0-9A-Za-z+])" % ((_CHARACTER,) * 3))
_TOKEN_BEFORE, _TOKEN_AFTER = compiled(rb"[0-9A-Za-z+/_\-]*\Z"), compiled(rb"[0-9A-Za-z+/_\-]*+")
# A line of Base64 in armour or in a mail has 64 or 76 characters.
_LONGEST_TOKEN = 63
# Capitals, small letters and digits alternate at random in a key: at 13 of the 21 places of a short one, where the
# names of four or five words do so at 5 to 7. So often they must, by the length, without a digit and with one.
_LEAST_CHANGES = {22: (8, 7), 26: (10, 8), 30: (11, 9)}
_KINDS = bytes(
    ord("A") if chr(code).isupper() else ord("a") if chr(code).islower() else ord("1") for code in range(128)
) + bytes(128)
_CHANGE = compiled(rb"(?<=A)[^A]|(?<=a)[^a]|(?<=1)[^1]")


def find(text: bytes) -> Iterator[Spot]:
    """Every mini key in `text`: its offset, the form, its text."""
    for match in _KEY.finditer(text):
        key = match[0]
        if not _is_like_a_name(key) and _is_right(key) and _stands_alone(text, match):
            yield match.start(), FORM, key


def _is_right(key: bytes) -> bool:
    from hashlib import sha256

    return sha256(key + b"?").digest()[0] == 0


def _is_like_a_name(key: bytes) -> bool:
    kinds = key.translate(_KINDS)
    return len(_CHANGE.findall(kinds)) < _LEAST_CHANGES[len(key)][b"1" in kinds]


def _stands_alone(text: bytes, match: re.Match[bytes]) -> bool:
    around = text[max(match.start() - _LONGEST_TOKEN, 0) : match.start()]
    before = _TOKEN_BEFORE.search(around)
    after = _TOKEN_AFTER.match(text, match.end(), match.end() + _LONGEST_TOKEN)
    glued = sum(len(part[0]) for part in (before, after) if part)
    return glued + len(match[0]) <= _LONGEST_TOKEN
