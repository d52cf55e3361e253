"""Keys of silent payments (BIP-352) as descriptors hold them.

Source of the rule: BIP-392. Bech32m of a version (0), the scan private key (32 bytes) and, behind spspend, the spend
private key (32), behind spscan the spend public key (33); with a t in front on test networks. What is behind spscan
sees every payment and spends none.
"""

from __future__ import annotations

from gitbtc.keys.form import NOTICE, Form
from gitbtc.keys.forms.bech32 import CHECKSUM, Hrps, characters
from gitbtc.keys.forms.scalar import is_private_key
from gitbtc.kinds import bech32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


SPEND = Form(
    "silent payment private keys (spspend)", "keep them in a wallet; gitbtc needs only spscan, or the sp1 address"
)
SCAN = Form(
    "silent payment viewing key (spscan)", "whoever reads it sees every payment: share it only as you would a balance",
    NOTICE,
)  # fmt: skip

_VERSION = "q"
_SIZES = {"spspend": 64, "tspspend": 64, "spscan": 65, "tspscan": 65}
_HRPS = Hrps(tuple(_SIZES), 1 + characters(64) + CHECKSUM, 1 + characters(65) + CHECKSUM)


def find(text: bytes) -> Iterator[Spot]:
    """Every such key in `text`: its offset, the form, its text in lower case."""
    for offset, hrp, run in _HRPS.find(text):
        data = run[: 1 + characters(_SIZES[hrp]) + CHECKSUM]
        checked = bech32.decode(f"{hrp}1{data}", len(hrp) + 1 + len(data))
        if checked and checked[2] == bech32.BECH32M and data[0] == _VERSION:
            form = _form(hrp, bech32.to_bytes(checked[1][1:]) or b"")
            if form:
                yield offset, form, f"{hrp}1{data}".encode("ascii")


def _form(hrp: str, keys: bytes) -> Form | None:
    if len(keys) != _SIZES[hrp] or not is_private_key(keys[:32]):
        return None
    if hrp.endswith("spspend"):
        return SPEND if is_private_key(keys[32:]) else None
    return SCAN if keys[32] in {2, 3} else None
