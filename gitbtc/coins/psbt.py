"""Partially signed transactions, read: what would be spent, and what would be paid.

Source of the rules: BIP-174 (version 0) and BIP-370 (version 2). embit reads the fields. Before that the maps are
looked through here, since a reader that takes one of two fields and a signer that takes the other see two transactions:
a field that stands twice, bytes behind the end, and fields of version 2 in a PSBT of version 0 are refused.
"""

from __future__ import annotations

import binascii
from typing import NamedTuple

from gitbtc.errors import UsageError
from gitbtc.keys.forms.psbt import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from gitbtc.spends.listing import Outpoint

    Map = dict[bytes, bytes]

MAGIC = b"psbt\xff"
_LARGEST = 32 << 20  # bytes: all transactions that a standard one could spend, whole
_UNSIGNED_TX, _VERSION = b"\x00", b"\xfb"
_COUNTS = (b"\x04", b"\x05")
# Fields of an input and of an output that only version 2 has (BIP-370).
_INPUT_V2 = frozenset([b"\x0e", b"\x0f", b"\x10", b"\x11", b"\x12"])
_OUTPUT_V2 = frozenset([b"\x03", b"\x04"])
_GLOBAL_V2 = frozenset([b"\x02", b"\x03", *_COUNTS, b"\x06"])


class Spent(NamedTuple):
    """An input. `amount_sat` and `script` are what the PSBT says that it spends (None: it does not say); `is_proven`:
    the whole transaction that made it is there, so that the txid vouches for them; `clashes`: two fields of the PSBT
    say two things; `sighash`: the type of signature that it asks for (None: the usual one).
    """

    outpoint: Outpoint
    amount_sat: int | None
    script: bytes | None
    is_proven: bool
    clashes: bool
    sighash: int | None


class Paid(NamedTuple):
    """An output. `hints`: the last steps of the derivation paths that the PSBT names for it, which prove nothing."""

    amount_sat: int
    script: bytes
    hints: tuple[int, ...]


class Unsigned(NamedTuple):
    """What a PSBT says. `txid`: of the transaction without signatures, which is the final one where all inputs are
    native segwit.
    """

    version: int
    txid: str
    inputs: list[Spent]
    outputs: list[Paid]


def read(content: bytes) -> Unsigned:
    """The PSBT in a file: as bytes, in Base64, or in hex. UsageError for what is none."""
    raw = _decoded(content)
    try:
        version, unsigned = _looked_through(raw)
    except EOFError:
        raise UsageError("no whole PSBT: it ends before it should") from None
    from embit.psbt import PSBT
    from embit.transaction import Transaction

    try:
        psbt = PSBT.parse(raw)
        transaction = psbt.tx if unsigned is None else Transaction.parse(unsigned)
        inputs = [_spent(vin, scope) for vin, scope in zip(transaction.vin, psbt.inputs, strict=True)]
        outputs = [_paid(vout, scope) for vout, scope in zip(transaction.vout, psbt.outputs, strict=True)]
        return Unsigned(version, transaction.txid().hex(), inputs, outputs)
    except Exception as error:  # noqa: BLE001 - embit raises what Python raises where bytes are not what it expects
        raise UsageError(f"no PSBT that can be read ({type(error).__name__})") from None


def _decoded(content: bytes) -> bytes:
    if len(content) > _LARGEST:
        raise UsageError(f"no PSBT is larger than {_LARGEST >> 20} MB")
    if content.startswith(MAGIC):
        return content
    text = b"".join(content.split())
    for decode in (binascii.unhexlify, _base64):
        try:
            raw = decode(text)
        except ValueError:
            continue
        if raw.startswith(MAGIC):
            return raw
    raise UsageError(
        "no PSBT: a file of one begins with the bytes `psbt`, in Base64 with cHNidP, in hex with 70736274ff"
    )


def _base64(text: bytes) -> bytes:
    return binascii.a2b_base64(text, strict_mode=True)


def _looked_through(raw: bytes) -> tuple[int, bytes | None]:
    """The version, and the unsigned transaction of version 0. UsageError for what two readers could take for two
    transactions; EOFError where it ends too soon.
    """
    reader = Reader(raw, len(MAGIC))
    told = _map(reader)
    version = int.from_bytes(told.get(_VERSION, b""), "little")
    unsigned = told.get(_UNSIGNED_TX)
    if version not in (0, 2) or (unsigned is None) is (version == 0):
        raise UsageError("no PSBT of version 0 (BIP-174) or 2 (BIP-370)")
    if version == 0 and not _GLOBAL_V2.isdisjoint(told):
        raise UsageError("a PSBT of version 0 with fields of version 2 (BIP-370): signers may see two transactions")
    inputs, outputs = (_count(told, place) for place in (0, 1)) if version else _counts(unsigned or b"")
    if inputs + outputs > len(raw):
        raise EOFError
    for count, foreign in ((inputs, _INPUT_V2), (outputs, _OUTPUT_V2)):
        for _ in range(count):
            fields = _map(reader)
            if version == 0 and not foreign.isdisjoint(fields):
                raise UsageError(
                    "a PSBT of version 0 with fields of version 2 (BIP-370): signers may see two transactions"
                )
    if reader.offset != len(raw):
        raise UsageError("bytes stand behind the end of the PSBT")
    return version, unsigned


def _map(reader: Reader) -> Map:
    found: Map = {}
    for key, value in reader.fields():
        if key in found:
            raise UsageError("a field of the PSBT stands twice (BIP-174)")
        found[key] = value
    return found


def _count(told: Map, place: int) -> int:
    return Reader(told.get(_COUNTS[place], b""), 0).length()


def _counts(unsigned: bytes) -> tuple[int, int]:
    """How many inputs and outputs an unsigned transaction has."""
    reader = Reader(unsigned, 4)
    inputs = reader.length()
    for _ in range(inputs):
        reader.taken(36)
        if reader.length():
            raise UsageError("the transaction of a PSBT is signed already (BIP-174)")
        reader.taken(4)
    return inputs, reader.length()


def _spent(vin: Any, scope: Any) -> Spent:
    whole, told = scope.non_witness_utxo, scope.witness_utxo
    is_proven = whole is not None and whole.txid() == vin.txid
    made = whole.vout[vin.vout] if whole is not None else None
    differs = made is not None and told is not None and made.serialize() != told.serialize()
    clashes = differs or (whole is not None and not is_proven)
    output = made if is_proven else told
    amount, script = (None, None) if output is None else (output.value, bytes(output.script_pubkey.data))
    return Spent((vin.txid.hex(), vin.vout), amount, script, is_proven, clashes, scope.sighash_type)


def _paid(vout: Any, scope: Any) -> Paid:
    paths = list(scope.bip32_derivations.values())
    paths += [path for _, path in scope.taproot_bip32_derivations.values()]
    return Paid(vout.value, bytes(vout.script_pubkey.data), tuple(_last_steps(paths)))


def _last_steps(paths: Iterable[Any]) -> Iterable[int]:
    return sorted({path.derivation[-1] for path in paths if path.derivation})
