"""The proof that 32 bytes in hex are a private key of the repository itself.

Nothing in 32 bytes tells a private key from a hash. But its public key is one multiplication away, and what the
repository knows of its owner is public keys, addresses and extended keys: where one of them comes out, it is the key.
The multiplication is libsecp256k1's, by the optional package coincurve, or that of the package ecdsa, in Python; with
neither nothing is proven, and `is_available` says so.

Source of the rules: SEC 1 and SEC 2 (public keys), BIP-16, BIP-49, BIP-84 and BIP-86 (the addresses of a single key),
BIP-341 (the tweak of a taproot key without scripts).
"""

from __future__ import annotations

import re
from hashlib import new as new_hash
from hashlib import sha256
from importlib.util import find_spec

from gitbtc.keys.form import Form
from gitbtc.keys.forms.scalar import is_private_key
from gitbtc.keys.typed import without_typed
from gitbtc.kinds import base58
from gitbtc.kinds.bech32 import witness_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FORM = Form(
    "private key of an address or a public key of this repository",
    "it can spend what lies there: move those coins first, then take the key out",
)

_CANDIDATE = re.compile(rb"(?<![0-9a-zA-Z])(?:0x)?([0-9a-fA-F]{64})(?![0-9a-zA-Z])")
# Addresses, public keys (compressed, uncompressed, x-only) and extended public keys, as they stand in a text.
_PUBLIC = re.compile(
    rb"(?:bc|tb|bcrt)1[02-9ac-hj-np-z]{38,62}|\b[xyzYZtuvUV]pub[1-9A-HJ-NP-Za-km-z]{107}\b"
    rb"|\b(?:0[23])?[0-9a-f]{64}\b|\b04[0-9a-f]{128}\b|\b[13mn2][1-9A-HJ-NP-Za-km-z]{25,34}\b"
)
_HRPS = ("bc", "tb", "bcrt")
_P2PKH, _P2SH = (b"\x00", b"\x6f"), (b"\x05", b"\xc4")


def is_available() -> bool:
    """Whether private keys can be multiplied out here."""
    return find_spec("coincurve") is not None or find_spec("ecdsa") is not None


def public_texts(states: Iterable[bytes]) -> frozenset[bytes]:
    """What state files say publicly of their owner: each address and public key as it is written there."""
    found = {text for state in states for text in _PUBLIC.findall(state)}
    keys = (base58.decode(text)[45:78].hex().encode() for text in found if text[1:4] == b"pub")
    return frozenset(found.union(keys))


def find(text: bytes, known: Callable[[], frozenset[bytes]]) -> Iterator[tuple[int, Form, bytes]]:
    """The private keys in hex outside of typed fields whose public side `known` has: line, form, the key's hex.

    `known` is called only where there is something to prove; a proof takes some 0.3 ms for each different candidate,
    by ecdsa some 1.5 ms.
    """
    free = without_typed(text)
    tried: set[bytes] = set()
    for candidate in _CANDIDATE.finditer(free):
        digits = candidate[1].lower()
        if digits not in tried and not known().isdisjoint(_written(bytes.fromhex(digits.decode()))):
            yield free.count(b"\n", 0, candidate.start()) + 1, FORM, digits
        tried.add(digits)


def _written(scalar: bytes) -> Iterator[bytes]:
    """Every way to write the public side of a private key: public keys in hex, addresses of single keys."""
    if not is_private_key(scalar):
        return
    multiplied = _by_coincurve if find_spec("coincurve") else _by_ecdsa
    compressed, uncompressed, output_key = multiplied(scalar)
    x_only = compressed[1:]
    yield from (form.hex().encode() for form in (compressed, uncompressed, x_only))
    for form in (compressed, uncompressed):
        yield from _base58(_P2PKH, _hash160(form))
    key_hash = _hash160(compressed)
    yield from _base58(_P2SH, _hash160(b"\x00\x14" + key_hash))
    yield from (witness_address(hrp, 0, key_hash).encode() for hrp in _HRPS)
    yield output_key.hex().encode()
    yield from (witness_address(hrp, 1, program).encode() for program in (x_only, output_key) for hrp in _HRPS)


def _by_coincurve(scalar: bytes) -> tuple[bytes, bytes, bytes]:
    """A private key's public key, compressed and uncompressed, and the output key of taproot: its x."""
    from coincurve import PublicKey

    key = PublicKey.from_valid_secret(scalar)
    x_only = key.format()[1:]
    output = PublicKey(b"\x02" + x_only).add(_tagged_hash(b"TapTweak", x_only))
    return key.format(), key.format(compressed=False), output.format()[1:]


def _by_ecdsa(scalar: bytes) -> tuple[bytes, bytes, bytes]:
    """The same."""
    from ecdsa import SECP256k1

    base = SECP256k1.generator
    key = base * int.from_bytes(scalar, "big")
    is_odd = key.y() % 2
    x_only = key.to_bytes("raw")[:32]
    output = (-key if is_odd else key) + base * int.from_bytes(_tagged_hash(b"TapTweak", x_only), "big")
    return key.to_bytes("compressed"), key.to_bytes("uncompressed"), output.to_bytes("raw")[:32]


def _base58(versions: tuple[bytes, ...], key_hash: bytes) -> Iterator[bytes]:
    return (base58.encode_check(version + key_hash).encode() for version in versions)


def _hash160(content: bytes) -> bytes:
    return new_hash("ripemd160", sha256(content).digest()).digest()


def _tagged_hash(tag: bytes, content: bytes) -> bytes:
    name = sha256(tag).digest()
    return sha256(name + name + content).digest()
