"""Descriptors whose key can only be a private one in plain hex.

Source of the rule: BIP-380 writes a private key as WIF or as an extended key, which are found as such; no descriptor
takes 32 bytes in hex for one. Where a program takes them nevertheless, or a person writes them, they look like the
x-only public key of BIP-386, which stands in `tr()` and in the `pk()` of its scripts. `wpkh()` (BIP-382) and `combo()`
(BIP-384) take compressed or longer public keys only, and never stand in `tr()`: 32 bytes in them are a key.
"""

from __future__ import annotations

from gitbtc.keys.form import Form
from gitbtc.keys.forms.scalar import is_private_key
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


BLINDING = Form(
    "blinding key in a descriptor", "whoever has it sees every amount: keep the descriptor outside the repository"
)
FORM = Form("private key in a descriptor", "write the descriptor with public keys; gitbtc needs no other")

# Of Elements: the master key of SLIP-77, or a private view key, which stands first in `ct()` (ELIP 150).
# The bracket comes first, so that the search is one for a plain letter.
_BLINDING = compiled(rb"\((?:(?<=\bslip77\()|(?<=\bct\())([0-9a-fA-F]{64})[,)]")
_KEY = compiled(rb"\((?:(?<=wpkh\()|(?<=combo\())(?:\[[0-9a-fA-Fh'/]{8,200}\])?([0-9a-fA-F]{64})\)")


def find(text: bytes) -> Iterator[Spot]:
    """Every such key in `text`: its offset, the form, the key in lower case."""
    for key in _KEY.finditer(text):
        if is_private_key(bytes.fromhex(key[1].decode("ascii"))):
            yield key.start(1), FORM, key[1].lower()
    for key in _BLINDING.finditer(text):
        if is_private_key(bytes.fromhex(key[1].decode("ascii"))):
            yield key.start(1), BLINDING, key[1].lower()
