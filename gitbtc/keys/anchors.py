"""What a text must hold for a form to be looked for in it, so that most texts load the module of hardly any.

Family -> strings without capitals, one of which stands in every text that holds the form, once that is in lower case.
"""

from __future__ import annotations

# Object identifiers in DER: of secp256k1, of prime-field curves.
SECP256K1, PRIME_FIELD = bytes.fromhex("06052b8104000a"), bytes.fromhex("06072a8648ce3d0101")
PSBT = b"psbt\xff"
LNDCONNECT = b"lndconnect"

ANCHORS: dict[str, tuple[bytes, ...]] = {
    "age": (b"age-secret-key-",),
    "cashu": (b"cashua", b"cashub"),
    "codex32": (b"ms1", b"cl1"),
    "der": (SECP256K1.lower(), PRIME_FIELD.lower()),
    "descriptors": (b"wpkh(", b"combo(", b"slip77(", b"ct("),
    "jwk": (b"crv",),
    "keystore": (b"ciphertext", b"aes-128-ctr"),
    "lnc": (b"pairing",),
    "lnd": (b"\x02\x01", b"location ", LNDCONNECT),
    "lndhub": (b"lndhub:",),
    "near_phrase": (b"mnemonic", b"seed", b"recovery", b"backup"),
    "nostr": (b"nsec1", b"ncryptsec1"),
    "nostr_connect": (b"walletconnect", b"bunker"),
    "pem": (b"private key",),
    "psbt": (PSBT,),
    "rpc": (b"__cookie__:", b"rpcpass", b"rpc_pass", b"rpc-pass", b"rpcauth", b"://", b":\\/\\/", b"auth"),
    "silent_payments": (b"spspend1", b"spscan1"),
    "slip32": (b"xprv1", b"tprv1", b"xpub1", b"tpub1"),
}
