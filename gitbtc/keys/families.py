"""The families of forms that are read in a text or in a whole file, by what they read.

Those that are words of a list stand in gitbtc/keys/phrases.py: a whole file, too, is searched for such words.
"""

from __future__ import annotations

from gitbtc.keys.anchors import ANCHORS
from gitbtc.keys.forms import bip38, extended, labelled, minikey, rune, seed_qr, wallet_files, wif
from gitbtc.keys.lazily import Later

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Base58Family, FileFamily, TextFamily


def _later(*names: str) -> Iterator[TextFamily]:
    """The families of `forms` that are called so, each loaded for the first text that has one of its anchors."""
    return (Later(f"gitbtc.keys.forms.{name}", ANCHORS[name]) for name in names)


BASE58: tuple[Base58Family, ...] = (wif, extended, bip38)
TEXTS: tuple[TextFamily, ...] = (
    *_later("pem", "der", "psbt", "descriptors"),
    wallet_files,
    seed_qr,
    *_later("nostr_connect", "lnd", "lndhub", "age", "jwk", "keystore"),
)
# Those that a name beside the secret tells: what is put together of several strings has no names.
NAMED: tuple[TextFamily, ...] = (*_later("rpc"), labelled, *_later("near_phrase", "lnc"))
# Those that are one run of letters, digits and `+/_-`: they are shown the long ones of a text, a space between them.
TOKENS: tuple[TextFamily, ...] = (
    *_later("slip32", "nostr", "silent_payments", "codex32"),
    minikey,
    *_later("cashu"),
    rune,
)
FILES: tuple[FileFamily, ...] = (wallet_files,)
