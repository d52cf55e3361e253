"""What inputs and outputs weigh, and below what amount a node does not relay an output.

Weight units of BIP-141: a byte outside of the witness is four. Signatures count as long as they can be: 72 bytes of DER
with the hash type (low S, as every wallet signs), 64 in Taproot (BIP-341, default hash type). What cannot be known,
such as the script behind a p2sh address, has no weight: nothing is guessed.
"""

from __future__ import annotations

from gitbtc.kinds.bech32 import witness_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from gitbtc.kinds.kind import Record

WU_PER_BYTE = 4
_SIGNATURE, _PUBLIC_KEY = 1 + 72, 1 + 33  # bytes, each with the byte that tells its length
_OUTPOINT_AND_SEQUENCE = 32 + 4 + 4
_WSH_PROGRAM = 1 + 34  # bytes: the scriptSig of p2sh-p2wsh
_WPKH_PROGRAM = 1 + 22
_LARGEST_MULTISIG = 20  # keys: OP_CHECKMULTISIG

# script_type -> the length of the output's script (bytes).
SCRIPT_BYTES = {"p2pkh": 25, "p2sh": 23, "p2wpkh": 22, "p2wsh": 34, "p2tr": 34}
_WITNESS = frozenset(["p2wpkh", "p2wsh", "p2tr"])
# What spending an output costs at least, as Core's GetDustThreshold counts it (policy.cpp; bytes, vbytes).
_DUST_INPUT, _DUST_WITNESS_INPUT = 148, 67
_DUST_RELAY_SAT_PER_VB = 3


class InputWeights:
    """What the coins of a root weigh as inputs, by its descriptors."""

    def __init__(self, descriptors: Iterable[Record]) -> None:
        found: dict[str, set[int | None]] = {}
        for descriptor in descriptors:
            for script_type, weight in _of_descriptor(descriptor).items():
                found.setdefault(script_type, set()).add(weight)
        # Two descriptors that make scripts of one type and another weight: nobody can tell which made the coin.
        told = {script_type: next(iter(weights)) for script_type, weights in found.items() if len(weights) == 1}
        self._weights: Mapping[str, int | None] = {**_SINGLE_KEY, **dict.fromkeys(found), **told}

    def of(self, script_type: str) -> int | None:
        """The weight (WU) of an input that spends a coin of this type, with its part of the witness; None: unknown."""
        return self._weights.get(script_type)


def _input(script_sig: int, witness: int) -> int:
    """The weight of an input with so many bytes in its scriptSig and its witness."""
    length = _length_bytes(script_sig)
    return WU_PER_BYTE * (_OUTPOINT_AND_SEQUENCE + length + script_sig) + witness


def _length_bytes(number: int) -> int:
    """How many bytes a compact size takes."""
    return 1 if number < 0xFD else 3 if number <= 0xFFFF else 5


_BY_KEY_HASH = 1 + _SIGNATURE + _PUBLIC_KEY  # bytes: the witness of p2wpkh
# Whoever locks to one key: each weight is the same whatever the wallet. A Taproot coin is spent by its key.
_SINGLE_KEY: Mapping[str, int] = {
    "p2pkh": _input(_SIGNATURE + _PUBLIC_KEY, 0),
    "p2wpkh": _input(0, _BY_KEY_HASH),
    "p2tr": _input(0, 1 + 1 + 64),
}


def _of_descriptor(descriptor: Record) -> dict[str, int | None]:
    """script_type -> the weight of an input that spends what a descriptor makes; None: unknown."""
    form = descriptor["script_type"]
    if form == "combo":
        return {**_SINGLE_KEY, "p2sh": _input(_WPKH_PROGRAM, _BY_KEY_HASH)}
    script_type = "p2sh" if form.startswith("p2sh") else form
    uncompressed = any(len(key.get("pubkey", "")) == 130 for key in descriptor.get("keys", ()))
    weight = None if uncompressed else _FORMS.get(form, _unknown)(descriptor)
    return {script_type: weight}


def _unknown(_: Record) -> int | None:
    return None


def _single_key(descriptor: Record) -> int | None:
    return _SINGLE_KEY[descriptor["script_type"]]


def _taproot(descriptor: Record) -> int | None:
    """By its key, unless there are scripts too: then the key may be one that nobody has."""
    return None if "," in descriptor.get("descriptor", ",") else _SINGLE_KEY["p2tr"]


def _nested_key_hash(_: Record) -> int | None:
    return _input(_WPKH_PROGRAM, _BY_KEY_HASH)


def _multisig(descriptor: Record) -> tuple[int, int] | None:
    """(bytes of the script, bytes of its k signatures and the empty element before them); None where it is none."""
    needed, keys = descriptor.get("threshold"), len(descriptor.get("keys", ()))
    if (
        descriptor.get("policy") not in ("multi", "sortedmulti")
        or not needed
        or not needed <= keys <= _LARGEST_MULTISIG
    ):
        return None
    numbers = sum(1 if number <= 16 else 2 for number in (needed, keys))
    return numbers + keys * _PUBLIC_KEY + 1, 1 + needed * _SIGNATURE


def _script_hash(descriptor: Record) -> int | None:
    found = _multisig(descriptor)
    if found is None:
        return None
    script, signatures = found
    push = 1 if script <= 75 else 2 if script <= 255 else 3  # OP_PUSHDATA1 and 2
    return _input(signatures + push + script, 0)


def _witness_script_hash(descriptor: Record) -> int | None:
    found = _multisig(descriptor)
    if found is None:
        return None
    script, signatures = found
    nested = _WSH_PROGRAM if descriptor["script_type"] == "p2sh-p2wsh" else 0
    return _input(nested, 1 + signatures + _length_bytes(script) + script)


_FORMS = {
    "p2pkh": _single_key, "p2wpkh": _single_key, "p2tr": _taproot, "p2sh-p2wpkh": _nested_key_hash,
    "p2sh": _script_hash, "p2wsh": _witness_script_hash, "p2sh-p2wsh": _witness_script_hash,
}  # fmt: skip


# -- outputs ----------------------------------------------------------------------------------------------------------


def script_bytes(script_type: str, address: str = "") -> int | None:
    """The length of an output's script (bytes), where its type or its address tells it."""
    if script_type in SCRIPT_BYTES:
        return SCRIPT_BYTES[script_type]
    program = witness_program(address) if address else None
    return None if program is None else 2 + len(program[2])


def output_weight(script: int) -> int:
    """The weight (WU) of an output whose script has so many bytes."""
    return WU_PER_BYTE * (8 + _length_bytes(script) + script)


def dust_sat(script_type: str, address: str = "") -> int | None:
    """The amount (sat) below which Core relays no such output (policy.cpp, GetDustThreshold, at its default dust relay
    feerate of 3 sat/vB); None where nobody can tell. A word about the type alone, whatever feerates are.
    """
    script = script_bytes(script_type, address)
    if script is None:
        return None
    is_witness = script_type in _WITNESS or script_type not in SCRIPT_BYTES
    spending = _DUST_WITNESS_INPUT if is_witness else _DUST_INPUT
    return _DUST_RELAY_SAT_PER_VB * (8 + _length_bytes(script) + script + spending)


# -- transactions -----------------------------------------------------------------------------------------------------

_VERSION_AND_LOCKTIME = 4 + 4  # bytes
_MARKER_AND_FLAG = 2  # WU: they stand in the witness
_NO_WITNESS = 1  # WU: the empty witness of an input beside one that has some
_LEGACY = frozenset(["p2pkh"])


def transaction_weight(inputs: Collection[tuple[str, int]], output_scripts: Collection[int]) -> int:
    """The weight (WU) of a transaction with `inputs` (script_type, weight) and outputs with scripts of so many bytes.

    Behind p2sh both are possible, so such an input counts as one without a witness too: a unit more, never less.
    """
    counts = _length_bytes(len(inputs)) + _length_bytes(len(output_scripts))
    weight = WU_PER_BYTE * (_VERSION_AND_LOCKTIME + counts)
    weight += sum(weight for _, weight in inputs) + sum(map(output_weight, output_scripts))
    if all(script_type in _LEGACY for script_type, _ in inputs):
        return weight
    return weight + _MARKER_AND_FLAG + sum(empty_witness(script_type) for script_type, _ in inputs)


def empty_witness(script_type: str) -> int:
    """What an input that has no witness weighs more (WU) beside one that has."""
    return _NO_WITNESS if script_type in _LEGACY or script_type == "p2sh" else 0
