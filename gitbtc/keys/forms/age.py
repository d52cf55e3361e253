"""Identities of age, to which backups of wallets are encrypted.

Source of the rule: C2SP's age specification. Bech32 of 32 bytes behind `age-secret-key-`, written in capitals; a
post-quantum identity has `age-secret-key-pq-` and 32 bytes too. Recipients (`age1…`) are public.
"""

from __future__ import annotations

from gitbtc.keys.form import Form
from gitbtc.keys.forms.bech32 import CHECKSUM, Hrps, characters, payload
from gitbtc.kinds import bech32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


FORM = Form("age identity", "keep it where it decrypts; who only encrypts needs the recipient (age1…)")

_SIZE = 32
_DATA = characters(_SIZE) + CHECKSUM
_HRPS = Hrps(("age-secret-key-", "age-secret-key-pq-"), _DATA, _DATA)


def find(text: bytes) -> Iterator[Spot]:
    """Every identity in `text`: its offset, the form, its text in lower case."""
    for offset, hrp, run in _HRPS.find(text):
        data = run[:_DATA]
        if len(payload(hrp, data, bech32.BECH32) or b"") == _SIZE:
            yield offset, FORM, f"{hrp}1{data}".encode("ascii")
