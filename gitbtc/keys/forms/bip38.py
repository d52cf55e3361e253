"""Keys encrypted with a passphrase (BIP-38), and the intermediate codes they can be made from.

Source of the rule: BIP-38. Base58Check of 39 bytes that begin 0142 (a key was encrypted) or 0143 (made from an
intermediate code), then a byte of flags; intermediate codes are 49 bytes behind a magic of their own. The confirmation
code only shows that an address depends on a passphrase: it is harmless.
"""

from __future__ import annotations

from gitbtc.keys.form import Form

# Characters of the whole text, of a key and of an intermediate code.
LENGTHS = (58, 72)
GLUED = ((rb"6(?=P[RYfgno])", 58), (rb"p(?=assphrase)", 72))

KEY = Form(
    "encrypted private key (BIP-38)",
    "keep it beside the wallet: whoever has it can try passphrases for ever; gitbtc needs only the address",
)
INTERMEDIATE = Form(
    "intermediate code (BIP-38)", "keep it where the key is to be made: it lets passphrases be tried against its keys"
)

# What the flags can be: the two high bits say that no intermediate code was used, 20 that the public key is compressed,
# 04 that the code has a lot and a sequence number. The others are reserved and zero.
_FLAGS = {b"\x01\x42": (0xC0, 0xE0), b"\x01\x43": (0x00, 0x04, 0x20, 0x24)}
_MAGICS = (bytes.fromhex("2ce9b3e1ff39e251"), bytes.fromhex("2ce9b3e1ff39e253"))


def recognise(payload: bytes) -> Form | None:
    """The form if the Base58Check `payload` is an encrypted key or an intermediate code, else None."""
    if len(payload) == 39 and payload[2] in _FLAGS.get(payload[:2], ()):
        return KEY
    return INTERMEDIATE if len(payload) == 49 and payload.startswith(_MAGICS) else None
