"""Which scripts are a root's own: those that its descriptors make, and those of the coins that it lists.

embit derives them. It is imported when a script is asked for, and no sooner: curves take their time to load.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from gitbtc.kinds.kind import Record

# How many scripts of a descriptor are looked at beyond the one that is used next, and how many at the most: a thousand
# take half a second. (20: the gap of BIP-44.)
AHEAD, _MOST = 20, 2000
_HARDENED = 1 << 31  # BIP-32: no public key has a child from here on
# What addresses begin with: of Bech32, and of Base58Check for the hash of a key and of a script.
_TEST_PREFIXES = ("tb", b"\x6f", b"\xc4")
_PREFIXES = {"main": ("bc", b"\x00", b"\x05"), "regtest": ("bcrt", b"\x6f", b"\xc4")}


class OwnScripts:
    """The scripts of a root with these `descriptors`, that lists coins at these `addresses`."""

    def __init__(self, descriptors: Iterable[Record], addresses: Iterable[str]) -> None:
        self._records = list(descriptors)
        self._addresses = frozenset(address for address in addresses if address)
        self._derived: set[bytes] | None = None

    def has(self, script: bytes, hints: Iterable[int] = ()) -> bool:
        """Whether a script is the root's own; `hints` are the last steps of paths that somebody says lead to it. They
        prove nothing, and say where to look.
        """
        if script in self._listed:
            return True
        if any(self._makes(descriptor, script, hint) for descriptor, _ in self._descriptors for hint in hints):
            return True
        if self._derived is None:
            self._derived = set()
            for descriptor, end in self._descriptors:
                with suppress(Unreadable):
                    self._derived.update(made(descriptor, range(end)))
        return script in self._derived

    @cached_property
    def _listed(self) -> set[bytes]:
        told = (script_of(_text(record).partition("(")[2].partition(")")[0]) for record in self._records
                if _text(record).startswith("addr("))  # fmt: skip
        return {script for script in (*told, *map(script_of, self._addresses)) if script is not None}

    @cached_property
    def _descriptors(self) -> list[tuple[Any, int]]:
        """Each descriptor that embit can read, and how many of its scripts are looked at."""
        found = []
        for record in self._records:
            with suppress(Unreadable):  # it derives nothing
                descriptor = parsed(record)
                end = min(record.get("next_index", 0) + AHEAD, _MOST) if descriptor.is_wildcard else 1
                found.append((descriptor, end))
        return found

    def _makes(self, descriptor: Any, script: bytes, index: int) -> bool:
        with suppress(Unreadable):
            return index < _HARDENED and script in made(descriptor, [index])
        return False


class Unreadable(Exception):
    """A descriptor that embit cannot read, or cannot derive from."""


def parsed(record: Record) -> Any:
    """The descriptor of a record, as embit has it. Raises Unreadable."""
    from embit.descriptor import Descriptor

    try:
        return Descriptor.from_string(_text(record))
    except Exception as error:  # embit raises what Python raises where a text is not what it expects
        raise Unreadable from error


def made(descriptor: Any, indices: Iterable[int]) -> Iterator[bytes]:
    """The scripts of a descriptor at these indices, of each branch. Raises Unreadable."""
    for index in indices:
        for branch in range(descriptor.num_branches):
            try:
                yield bytes(descriptor.derive(index, branch_index=branch).script_pubkey().data)
            except Exception as error:  # the same
                raise Unreadable from error


def _text(record: Record) -> str:
    return str(record.get("descriptor", ""))


def script_of(address: str) -> bytes | None:
    """The script that an address stands for; None for what is none."""
    from gitbtc.kinds import base58
    from gitbtc.kinds.bech32 import witness_program
    from gitbtc.kinds.formats import read_address

    read = read_address(address)
    if read is None:
        return None
    program = witness_program(address)
    if program is not None:
        _, version, payload = program
        return bytes([0x50 + version if version else 0, len(payload)]) + payload
    payload = base58.decode_check(address)[1:]
    return b"\x76\xa9\x14" + payload + b"\x88\xac" if read[0] == "p2pkh" else b"\xa9\x14" + payload + b"\x87"


def type_of(script: bytes) -> str:
    """The script_type of a script, as records have it."""
    if len(script) == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return "p2pkh"
    if len(script) == 23 and script[:2] == b"\xa9\x14" and script[22:] == b"\x87":
        return "p2sh"
    programs = {(22, b"\0\x14"): "p2wpkh", (34, b"\0\x20"): "p2wsh", (34, b"\x51\x20"): "p2tr"}
    return programs.get((len(script), script[:2]), "op_return" if script[:1] == b"\x6a" else "unknown")


def address_of(script: bytes, network: str) -> str:
    """The address of a script on a network of chain.json; "" for one that has none."""
    from gitbtc.kinds import base58
    from gitbtc.kinds.bech32 import witness_address

    hrp, of_key, of_script = _PREFIXES.get(network, _TEST_PREFIXES)
    if _is_witness_program(script):
        return witness_address(hrp, max(0, script[0] - 0x50), script[2:])
    if type_of(script) == "p2pkh":
        return base58.encode_check(of_key + script[3:23])
    return base58.encode_check(of_script + script[2:22]) if type_of(script) == "p2sh" else ""


def _is_witness_program(script: bytes) -> bool:
    """Whether a script is a version and a program of 2 to 40 bytes (BIP-141); of version 0, of 20 or 32."""
    if not 4 <= len(script) <= 42 or script[1] != len(script) - 2:
        return False
    return 0x51 <= script[0] <= 0x60 or (script[0] == 0 and script[1] in (20, 32))
