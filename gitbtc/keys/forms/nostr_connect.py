"""Connections to a wallet or a signer over Nostr: whoever has the URI spends, or has signed.

Source of the rules: NIP-47 (`nostr+walletconnect://`, of which `secret` is the 32-byte key that payments are asked for
with) and NIP-46 (`bunker://` and a public key; its `secret`, which lets a client in, is any string).
"""

from __future__ import annotations

import re

from gitbtc.keys.form import Form
from gitbtc.keys.forms import uri
from gitbtc.keys.forms.scalar import is_private_key
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


WALLET = Form("wallet connection (nostr+walletconnect)", "revoke it in the wallet: whoever has it can spend")
SIGNER = Form("signer connection (nostr bunker)", "revoke it in the signer, and make a new one")

_WALLET = uri.scheme(rb"nostr(?:\+|%(?:25){0,2}2b)?walletconnect(?:(?:\+|%(?:25){0,2}2b)[a-z0-9]{1,32})?")
_SIGNER = uri.scheme(rb"bunker")
_KEY = compiled(rb"[?&;#]secret=([0-9a-f]{64})(?![0-9a-f])", re.IGNORECASE)
_HOST = compiled(rb"bunker:/{0,2}[0-9a-f]{64}(?![0-9a-z])", re.IGNORECASE)
# Long enough that it is no word of an example.
_TOKEN = compiled(rb"[?&;#]secret=([0-9a-z._~-]{8,256})", re.IGNORECASE)


def find(text: bytes) -> Iterator[Spot]:
    """Every such secret in `text`: the offset of its URI, the form, the secret, in lower case if it is a key."""
    for offset, connection in uri.find(text, _WALLET):
        for key in _KEY.findall(connection):
            if is_private_key(bytes.fromhex(key.decode("ascii"))):
                yield offset, WALLET, key.lower()
    for offset, connection in uri.find(text, _SIGNER):
        if _HOST.match(connection):
            for token in _TOKEN.findall(connection):
                yield offset, SIGNER, token.lower() if _KEY.match(b"?secret=" + token) else token
