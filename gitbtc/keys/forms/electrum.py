"""Electrum's seeds since its version 2.0.

Source of the rule: Electrum's seed version system (electrum/mnemonic.py and version.py). A phrase is a seed if the HMAC
of its text, keyed `Seed version`, begins with the digits of a seed type. The words need no list for that, but are taken
from one: those here are the ones that Electrum makes seeds of, and BIP-39's in Portuguese, as other wallets do.

One text in 216 begins so by chance. That is a weaker proof than most, and as strong as BIP-39's for 21 words.
"""

from __future__ import annotations

from functools import cache, lru_cache

from gitbtc.keys.form import Form

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from hashlib import _Hash as Hash

LISTS = ("english", "spanish", "electrum-portuguese", "portuguese", "japanese", "chinese_simplified")
# What it makes: 12 words, 13 in its first versions, and 24 or 25 for two-factor wallets before 2.7. Longer texts are
# looked through for these; words that stand alone may be any number from 12 on, as when made with `--nbits`.
COUNTS = (25, 24, 13, 12)
WHOLE = False

_FEWEST = 12
_ADVICE = "keep the words on paper or in a signing device; gitbtc needs only the master public key"

_TWO_FACTORS = "101"
FORMS = {
    "01": Form("Electrum seed", _ADVICE),
    "100": Form("Electrum seed (SegWit)", _ADVICE),
    _TWO_FACTORS: Form("Electrum seed (two-factor)", _ADVICE),
    "102": Form("Electrum seed (two-factor, SegWit)", _ADVICE),
}

_FIRST_BYTES = frozenset(int(f"{prefix}0"[:2], 16) for prefix in FORMS)

_BLOCK = 128  # bytes of SHA-512
_INNER, _OUTER = (bytes(byte ^ pad for byte in b"Seed version".ljust(_BLOCK, b"\0")) for pad in (0x36, 0x5C))

# No space stands between characters of Chinese and Japanese.
_UNSPACED = frozenset(["japanese", "chinese_simplified"])


def recognise(phrase: Sequence[bytes], listed: str) -> Form | None:
    """The form if the words of `phrase`, all on the list, have the version of a seed, else None."""
    if len(phrase) < _FEWEST:
        return None
    version = _version(phrase, listed)
    if version[0] not in _FIRST_BYTES:
        return None
    prefix = next(filter(version.hex().startswith, FORMS), "")
    # Electrum tells its two derivations of these seeds apart by the number of words, and takes no other number.
    if prefix == _TWO_FACTORS and 12 < len(phrase) < 20:
        return None
    return FORMS.get(prefix)


def _version(phrase: Sequence[bytes], listed: str) -> bytes:
    """The first two bytes of the HMAC (RFC 2104), which is two plain hashes, taken by the thousand."""
    sha512 = _sha512()
    separator = b"" if listed in _UNSPACED else b" "
    text = separator.join(phrase)
    if not text.isascii():
        text = separator.join(map(_unaccented, phrase))
    inner = sha512(_INNER + text).digest()
    return sha512(_OUTER + inner).digest()[:2]


@cache
def _sha512() -> Callable[[bytes], Hash]:
    from hashlib import sha512

    return sha512


@lru_cache(maxsize=1 << 13)
def _unaccented(word: bytes) -> bytes:
    """`word`, which is in NFKD, without its combining marks."""
    from unicodedata import combining

    return "".join(letter for letter in word.decode("utf-8") if not combining(letter)).encode("utf-8")
