"""Electrum's seeds before its version 2.0.

Source of the rule: electrum/old_mnemonic.py. Three words of a list of 1,626 stand for 32 bits, so that 12 words are the
128 bits of a seed; Electrum takes 24 words too. There is no checksum, and the list has everyday words: only a line or a
string that is nothing but 12 or 24 of them is a seed.
"""

from __future__ import annotations

from gitbtc.keys.form import Form

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LISTS = ("electrum-v1",)
COUNTS = (24, 12)
WHOLE = True

FORM = Form(
    "Electrum seed (before version 2.0)",
    "move the coins to a new wallet: this seed has no checksum, and wallets of today no longer make such; "
    "keep the words on paper until then; gitbtc needs only the master public key",
)


def recognise(phrase: Sequence[bytes], listed: str) -> Form | None:  # noqa: ARG001 - there is only one list
    """The form if `phrase`, words of the list, has the right number of them, else None."""
    return FORM if len(phrase) in COUNTS else None
