"""Extended private keys in Bech32.

Source of the rule: SLIP-32. The payload is the depth (1 byte), 4 bytes for each step of the path, the chain code (32)
and the key (33 bytes, the first one 00 for a private key); the human-readable part is xprv, or tprv on test networks.
As in Base58, the key's first byte alone tells private from public, also behind xpub.
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


FORM = Form("extended private key (SLIP-32)", "keep it in a wallet; gitbtc needs only the extended public key (xpub)")


def _size(depth: int) -> int:
    return 1 + 4 * depth + 32 + 33


_HRPS = Hrps(("xprv", "tprv", "xpub", "tpub"), characters(_size(0)) + CHECKSUM, characters(_size(255)) + CHECKSUM)


def find(text: bytes) -> Iterator[Spot]:
    """Every extended private key in `text`: its offset, the form, its text in lower case."""
    for offset, hrp, run in _HRPS.find(text):
        depth = bech32.value(run[0]) << 3 | bech32.value(run[1]) >> 2
        data = run[: characters(_size(depth)) + CHECKSUM]
        decoded = payload(hrp, data, bech32.BECH32)
        if decoded and len(decoded) == _size(depth) and decoded[-33] == 0 and is_private_key(decoded[-32:]):
            yield offset, FORM, f"{hrp}1{data}".encode("ascii")
