"""WIF, the wallet import format of a single private key.

Source of the rule: Bitcoin Core's DecodeSecret (key_io.cpp): Base58Check of a version byte and 32 bytes, followed by 01
when the public key is compressed; BIP-178 adds the suffixes 10, 11 and 12. Electrum 3.0 added its script type to the
version byte. Other coins use the same shape under version bytes of their own.
"""

from __future__ import annotations

from gitbtc.keys.form import Form
from gitbtc.keys.forms.scalar import is_private_key

_ADVICE = "keep the key in a wallet; gitbtc needs only the address or the public key"

# Characters of the whole text: 37 or 38 bytes with the checksum, the shortest under version byte 00.
LENGTHS = range(49, 53)
# How the text begins under the version bytes of FORMS, and how long it then is, to find it inside a longer run.
GLUED = ((rb"5(?=[H-Z])|9(?=[1-9A-H])", 51), (rb"[KLM]|c(?=[M-Za-o])|d(?=[6-9A-Y])", 52))

_SUFFIXES = (0x01, 0x10, 0x11, 0x12)

_ELECTRUM = Form("WIF private key (Electrum 3.0)", _ADVICE)
_ELECTRUM_TESTNET = Form("WIF private key (Electrum 3.0, test network)", _ADVICE)
FORMS = {
    0x80: Form("WIF private key", _ADVICE),
    0xEF: Form("WIF private key (test network)", _ADVICE),
    **dict.fromkeys((0x81, 0x82, 0x85, 0x86, 0x87), _ELECTRUM),
    **dict.fromkeys((0xF0, 0xF1, 0xF4, 0xF5, 0xF6), _ELECTRUM_TESTNET),
}
OTHER_COIN = Form("WIF private key (another coin's version byte)", _ADVICE)


def recognise(payload: bytes) -> Form | None:
    """The form if the Base58Check `payload` is a private key, else None."""
    if len(payload) == 34 and payload[33] not in _SUFFIXES:
        return None
    if len(payload) not in (33, 34) or not is_private_key(payload[1:33]):
        return None
    return FORMS.get(payload[0], OTHER_COIN)
