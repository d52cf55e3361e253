"""BIP-39 mnemonics, in each of the ten languages.

Source of the rule: BIP-39. Each word stands for 11 bits; of the 33 bits of every three words, 32 are entropy and one is
checksum, the first bits of the entropy's SHA-256.
"""

from __future__ import annotations

from functools import cache

from gitbtc.keys.form import Form
from gitbtc.keys.words import numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from hashlib import _Hash as Hash

LISTS = (
    "english", "spanish", "french", "italian", "portuguese", "czech", "japanese", "korean", "chinese_simplified",
    "chinese_traditional",
)  # fmt: skip
# Longest first: a phrase of 24 words is one finding, and not also the 12 of it whose checksum happens to fit.
COUNTS = (24, 21, 18, 15, 12)
WHOLE = False

_ADVICE = "keep the words on paper or in a signing device; gitbtc needs only the xpub of the account"


def _language(listed: str) -> str:
    name, _, script = listed.partition("_")
    return f"{name.title()}, {script}" if script else name.title()


FORMS = {listed: Form(f"BIP-39 mnemonic ({_language(listed)})", _ADVICE) for listed in LISTS}


def recognise(phrase: Sequence[bytes], listed: str) -> Form | None:
    """The form if the words of `phrase`, all on the list, have the right checksum, else None."""
    if len(phrase) not in COUNTS:
        return None
    number = numbers(listed)
    bits = 0
    for word in phrase:
        bits = bits << 11 | number[word]
    return FORMS[listed] if is_checked(bits, len(phrase)) else None


def is_checked(bits: int, count: int) -> bool:
    """Whether the checksum of `count` words, 11 bits each, is right."""
    size = count // 3
    entropy = (bits >> size).to_bytes(size * 4, "big")
    return _sha256()(entropy).digest()[0] >> (8 - size) == bits & (1 << size) - 1


@cache
def _sha256() -> Callable[[bytes], Hash]:
    # Not each time: words are tried by the thousand.
    from hashlib import sha256

    return sha256
