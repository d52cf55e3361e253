"""Keys of Nostr, with which zaps are signed and wallets connected.

Source of the rules: NIP-19 (nsec: 32 bytes in Bech32), NIP-49 (ncryptsec, encrypted with a passphrase: version 02, the
cost's logarithm, salt 16, nonce 24, how the key was handled before, ciphertext 48).
"""

from __future__ import annotations

from gitbtc.keys.form import Form
from gitbtc.keys.forms.bech32 import CHECKSUM, Hrps, characters, payload
from gitbtc.keys.forms.scalar import is_private_key
from gitbtc.kinds import bech32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


PLAIN = Form("private key (nostr nsec)", "keep it in a signer; who only reads needs the npub")
ENCRYPTED = Form(
    "encrypted private key (nostr ncryptsec)",
    "keep it in a signer: whoever has it can try passphrases for ever; who only reads needs the npub",
)

_VERSION = 2
_PLAIN_SIZE, _ENCRYPTED_SIZE = 32, 1 + 1 + 16 + 24 + 1 + 48
_DATA = {
    "nsec": characters(_PLAIN_SIZE) + CHECKSUM,
    "ncryptsec": characters(_ENCRYPTED_SIZE) + CHECKSUM,
}
_HRPS = Hrps(tuple(_DATA), _DATA["nsec"], _DATA["ncryptsec"])


def find(text: bytes) -> Iterator[Spot]:
    """Every such key in `text`: its offset, the form, its text in lower case."""
    for offset, hrp, run in _HRPS.find(text):
        data = run[: _DATA[hrp]]
        form = _form(hrp, payload(hrp, data, bech32.BECH32) or b"")
        if form:
            yield offset, form, f"{hrp}1{data}".encode("ascii")


def _form(hrp: str, decoded: bytes) -> Form | None:
    if hrp == "nsec":
        return PLAIN if len(decoded) == _PLAIN_SIZE and is_private_key(decoded) else None
    return ENCRYPTED if len(decoded) == _ENCRYPTED_SIZE and decoded[0] == _VERSION else None
