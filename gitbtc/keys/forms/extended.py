"""Extended private keys.

Source of the rule: BIP-32 (78 bytes in Base58Check: version 4, depth 1, parent fingerprint 4, child number 4, chain
code 32, key 33), names of the version bytes by SLIP-132. The key's first byte alone tells private from public: a
private key can stand under any version bytes, also those of an `xpub`.
"""

from __future__ import annotations

from gitbtc.keys.form import Form
from gitbtc.keys.forms.scalar import is_private_key

_ADVICE = "keep it in a wallet; gitbtc needs only the extended public key (xpub)"

# Characters of the whole text: 82 bytes with the checksum; fewer than 111 when version bytes are zero.
LENGTHS = range(106, 113)
# How the text begins under any version bytes of SLIP-132, private or public, and how long it then is.
GLUED = ((rb"[xtyzuvYZUV](?=p(?:rv|ub))", 111),)

_NAMES = {
    0x0488ADE4: "xprv",
    0x049D7878: "yprv",
    0x04B2430C: "zprv",
    0x0295B005: "Yprv",
    0x02AA7A99: "Zprv",
    0x04358394: "tprv",
    0x044A4E28: "uprv",
    0x045F18BC: "vprv",
    0x024285B5: "Uprv",
    0x02575048: "Vprv",
}


def _form(name: str) -> Form:
    return Form(f"extended private key ({name})", _ADVICE)


_FORMS = {version: _form(name) for version, name in _NAMES.items()}
_OTHER = _form("under other version bytes")


def recognise(payload: bytes) -> Form | None:
    """The form if the Base58Check `payload` is an extended private key, else None."""
    if len(payload) != 78 or payload[45] != 0 or not is_private_key(payload[46:]):
        return None
    return _FORMS.get(int.from_bytes(payload[:4], "big"), _OTHER)
