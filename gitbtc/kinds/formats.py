"""What a text or a number in a record must be beyond its JSON type: addresses, keys, descriptors, paths, feerates.

`FORMATS` maps the `format` of a field to a check, `CHECKS` the names in a record's `x-gitbtc-check` to checks of
fields against each other. A check answers None, or in words what the value must be; it never repeats the value, which
may be a key.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gitbtc.kinds import base58, bech32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from gitbtc.kinds.places import Record

    Networks = frozenset[str]

MAIN = frozenset(["main"])
REGTEST = frozenset(["regtest"])
# The test networks share one human-readable part (BIP-173); in Base58Check regtest shares their version bytes too.
TEST = frozenset(["test", "testnet4", "signet"])
NOT_MAIN = TEST | REGTEST
ANY_NETWORK = MAIN | NOT_MAIN

_BY_HRP = {"bc": MAIN, "tb": TEST, "bcrt": REGTEST}
_BY_VERSION = {0x00: ("p2pkh", MAIN), 0x05: ("p2sh", MAIN), 0x6F: ("p2pkh", NOT_MAIN), 0xC4: ("p2sh", NOT_MAIN)}
_BY_PROGRAM = {(0, 20): "p2wpkh", (0, 32): "p2wsh", (1, 32): "p2tr"}
# Script types that are an address each. Others, which are not quoted, are the business of the field itself.
_ADDRESSED = ("p2pkh", "p2sh", *_BY_PROGRAM.values())

# Version bytes of extended public keys (BIP-32, SLIP-132).
_KEY_VERSIONS = {
    **dict.fromkeys(("0488b21e", "049d7cb2", "04b24746", "0295b43f", "02aa7ed3"), MAIN),
    **dict.fromkeys(("043587cf", "044a5262", "045f1cf6", "024289ef", "02575483"), NOT_MAIN),
}
_FIELD_PRIME = 2**256 - 2**32 - 977  # of secp256k1

_HARDENED = re.compile("[hH](?=/|$)")
_PATH = re.compile(r"m(?:/(?:0|[1-9]\d{0,9})'?)*", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_OUTPOINT = re.compile(r"[0-9a-f]{64}:(0|[1-9]\d{0,9})", re.ASCII)
_CHANNEL = re.compile(r"(0|[1-9]\d{0,7})x(0|[1-9]\d{0,7})x(0|[1-9]\d{0,4})", re.ASCII)


# -- addresses -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def read_address(text: str) -> tuple[str, Networks] | None:
    """The script type of an address and the networks that it can belong to; None when it does not decode.

    A witness program of no known meaning has the script type `unknown` (BIP-350 wants it taken for an address).
    """
    segwit = bech32.witness_program(text)
    if segwit is not None:
        hrp, version, program = segwit
        return (_BY_PROGRAM.get((version, len(program)), "unknown"), _BY_HRP[hrp]) if hrp in _BY_HRP else None
    payload = _payload(text, 21)
    return _BY_VERSION.get(payload[0]) if payload else None


def _payload(text: str, size: int) -> bytes | None:
    """What the Base58Check `text` holds, when that is `size` bytes."""
    if len(text) > 2 * size:  # a digit holds more than half a byte; do not decode a novel to find that it is none
        return None
    try:
        payload = base58.decode_check(text)
    except base58.NotBase58:
        return None
    return payload if len(payload) == size else None


def _address(text: str) -> str | None:
    return None if read_address(text) else "must be a Bitcoin address, whose checksum is right"


def _address_or_empty(text: str) -> str | None:
    return _address(text) if text else None


# -- extended keys and descriptors -----------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def read_extended_key(text: str) -> Networks | str:
    """The networks that an extended public key can belong to, or what is wrong with it, in words."""
    payload = _payload(text, 78)
    if payload is None:
        return "must be an extended public key (BIP-32), whose checksum is right"
    if payload[45] == 0:
        return "must be an extended public key: this is a private one; remove it, and treat the key as exposed"
    networks = _KEY_VERSIONS.get(payload[:4].hex())
    if networks is None:
        return "must be an extended public key that begins as one does (xpub, ypub, zpub, tpub, upub, vpub, …)"
    if payload[4] == 0 and any(payload[5:13]):
        return "must be an extended public key: a master key has neither a parent nor a child number (BIP-32)"
    return (
        networks if _is_public_key(payload[45:]) else "must be an extended public key: it holds no point of the curve"
    )


def _is_public_key(key: bytes) -> bool:
    """Whether 33 bytes are a compressed public key: 02 or 03 and the x of a point of secp256k1."""
    x = int.from_bytes(key[1:], "big")
    square = (x**3 + 7) % _FIELD_PRIME
    return key[0] in (2, 3) and x < _FIELD_PRIME and pow(square, (_FIELD_PRIME - 1) // 2, _FIELD_PRIME) == 1


def _extended_key(text: str) -> str | None:
    read = read_extended_key(text)
    return read if isinstance(read, str) else None


# BIP-380. Case does not lie 32 apart in this alphabet, so a wrong case changes one symbol of the checksum, not two.
_DESCRIPTOR_ALPHABET = (
    "0123456789()[],'/*abcdefgh@:$%{}"
    "IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~"
    'ijklmnopqrstuvwxyzABCDEFGH`#"\\ '
)  # fmt: skip
_DESCRIPTOR_GENERATOR = (0xF5DEE51989, 0xA9FDCA3312, 0x1BAB10E32D, 0x3706B1677A, 0x644D626FFD)
_DESCRIPTOR = re.compile(r"[a-z_]+\(.*\)", re.DOTALL)
_WORD = re.compile("[0-9A-Za-z]+")
_HEX = re.compile("(?:[0-9a-fA-F]{2})+")
_HARDENED_STEP = re.compile(r"([/<;](?:\d{1,10}|\*))[hH](?=[/;>\]),}]|$)", re.ASCII)
_FINGERPRINT = 8  # hex digits of a key origin
_SHORTEST_ADDRESS = 14  # characters: a witness program of 2 bytes
_SHORTEST_KEY = 40  # characters; function and miniscript fragment names, indexes and fingerprints are all shorter


def descriptor_checksum(body: str) -> str | None:
    """The 8 characters that go behind the `#` of a descriptor (BIP-380); None when a character has no place in one."""
    places = [_DESCRIPTOR_ALPHABET.find(character) for character in body]
    if -1 in places:
        return None
    remainder = 1
    for symbol in _descriptor_symbols(places):
        top = remainder >> 35
        remainder = (remainder & 0x7FFFFFFFF) << 5 ^ symbol
        for bit, term in enumerate(_DESCRIPTOR_GENERATOR):
            remainder ^= term if top >> bit & 1 else 0
    remainder ^= 1
    return "".join(bech32.CHARSET[remainder >> 5 * place & 31] for place in range(7, -1, -1))


def _descriptor_symbols(places: list[int]) -> Iterator[int]:
    group = 0
    for count, place in enumerate(places, start=1):
        yield place & 31
        group = group * 3 + (place >> 5)
        if count % 3 == 0:
            yield group
            group = 0
    if len(places) % 3:
        yield group
    yield from [0] * 8


def _descriptor(text: str) -> str | None:
    body, _, checksum = text.rpartition("#")
    for word in _key_words(body or text):
        if isinstance(read_extended_key(word), str):
            return "must hold public keys only, each with a right checksum; a private one has no place in a repository"
    if not _DESCRIPTOR.fullmatch(body):
        return "must be an output descriptor that ends in # and its checksum (BIP-380)"
    return None if descriptor_checksum(body) == checksum else "must end in the checksum of its text (BIP-380)"


def spelled_descriptor(text: str) -> str:
    """A descriptor with `'` for hardened steps, hex and Bech32 in lower case, and the checksum of that text.

    One whose checksum is wrong or missing stays as it is: a new one would hide that it was damaged.
    """
    body, _, checksum = text.rpartition("#")
    spelled = _WORD.sub(_spelled_word, _HARDENED_STEP.sub(r"\1'", body))
    if spelled == body or descriptor_checksum(body) != checksum:
        return text
    return f"{spelled}#{descriptor_checksum(spelled)}"


def _spelled_word(found: re.Match[str]) -> str:
    word = found[0]
    is_fingerprint = len(word) == _FINGERPRINT and found.string[found.start() - 1 : found.start()] == "["
    if (is_fingerprint or len(word) >= _SHORTEST_KEY) and _HEX.fullmatch(word):
        return word.lower()
    return word.lower() if len(word) >= _SHORTEST_ADDRESS and bech32.decode(word) else word


def _key_words(descriptor: str) -> Iterator[str]:
    """The parts of a descriptor that are long enough to be a key, and not hex (public keys, scripts, hashes)."""
    for word in _WORD.findall(descriptor):
        if len(word) >= _SHORTEST_KEY and not _HEX.fullmatch(word) and not read_address(word):
            yield word


def address_networks(text: str) -> Networks:
    """The networks that an address can belong to; all for a text that is none."""
    read = read_address(text)
    return read[1] if read else ANY_NETWORK


def key_networks(text: str) -> Networks:
    """The networks that an extended public key can belong to; all for a text that is none."""
    read = read_extended_key(text)
    return ANY_NETWORK if isinstance(read, str) else read


def descriptor_networks(text: str) -> Networks:
    """The networks that every key and address of a descriptor can belong to."""
    networks = ANY_NETWORK
    for word in _WORD.findall(text):
        networks &= address_networks(word) & key_networks(word) if len(word) >= _SHORTEST_ADDRESS else ANY_NETWORK
    return networks


# -- paths, references, feerates -------------------------------------------------------------------------------------


def with_apostrophes(path: str) -> str:
    """A derivation path with every hardened step written as `'`, also where it came as `h` or `H`."""
    return _HARDENED.sub("'", path)


def _derivation_path(text: str) -> str | None:
    if not _PATH.fullmatch(text):
        if _PATH.fullmatch(with_apostrophes(text)):
            return "must mark hardened steps by an apostrophe: m/84'/0'/0'"
        return "must be a derivation path such as m/84'/0'/0'"
    steps = [int(step.rstrip("'")) for step in text.split("/")[1:]]
    return None if all(step < 2**31 for step in steps) else "must have steps below 2147483648 (BIP-32)"


def _uuid(text: str) -> str | None:
    return None if _UUID.fullmatch(text) else "must be a UUID"


def _outpoint(text: str) -> str | None:
    found = _OUTPOINT.fullmatch(text)
    return None if found and int(found[1]) < 2**32 else "must be an outpoint: txid:vout, the txid in lower-case hex"


def _channel_id(text: str) -> str | None:
    found = _CHANNEL.fullmatch(text)
    fits = found and int(found[1]) < 2**24 and int(found[2]) < 2**24 and int(found[3]) < 2**16
    return None if fits else "must be a channel id: BLOCKxTXxOUT, such as 820000x12x1"


def _feerate(number: float) -> str | None:
    return None if round(number, 3) == number else "must have at most three decimals"


# format -> what it applies to, and the check.
FORMATS: dict[str, tuple[type | tuple[type, ...], Callable[[Any], str | None]]] = {
    "bitcoin-address": (str, _address),
    "bitcoin-address-or-empty": (str, _address_or_empty),
    "extended-public-key": (str, _extended_key),
    "public-descriptor": (str, _descriptor),
    "derivation-path": (str, _derivation_path),
    "uuid": (str, _uuid),
    "outpoint": (str, _outpoint),
    "channel-id": (str, _channel_id),
    "feerate": ((int, float), _feerate),
}


def check_format(name: str, value: Any) -> str | None:
    """What `value` must be to have the format `name`, or None when it has it, or the format is not for its type."""
    types, check = FORMATS[name]
    return check(value) if isinstance(value, types) else None


# -- checks of a record ----------------------------------------------------------------------------------------------


def _address_fits_script(record: Record) -> Iterator[tuple[str, str]]:
    yield from _misfit(record, "")
    outputs = record.get("outputs")
    for place, output in enumerate(outputs if isinstance(outputs, list) else ()):
        if isinstance(output, dict):
            yield from _misfit(output, f"outputs[{place}].")


def _misfit(output: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """An output may leave its address unknown (null); an empty one says that the script has none."""
    address, script_type = output.get("address"), output.get("script_type")
    if not isinstance(address, str):
        return
    read = read_address(address)
    if script_type == "op_return" and address:
        yield prefix + "address", "must be empty: an op_return output has no address"
    elif script_type in _ADDRESSED and not address:
        yield prefix + "address", f"must not be empty: a {script_type} output has an address"
    elif script_type in _ADDRESSED and read and read[0] != script_type:
        yield prefix + "address", f"must fit script_type, which says {script_type}; the address is of {read[0]}"


# name in x-gitbtc-check -> (field path, rule in words) of each fault.
CHECKS: dict[str, Callable[[Record], Iterable[tuple[str, str]]]] = {"address-fits-script": _address_fits_script}
