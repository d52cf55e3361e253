"""PSBTs are read as every signer reads them, or refused."""

from __future__ import annotations

import base64
import contextlib
from typing import TYPE_CHECKING

import pytest
from embit.psbt import PSBT
from embit.script import Script
from embit.transaction import Transaction, TransactionInput, TransactionOutput
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.coins.psbt import read
from gitbtc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPT = b"\0\x14" + b"\2" * 20
FUNDING = Transaction(vin=[TransactionInput(b"\1" * 32, 0)], vout=[
    TransactionOutput(amount, Script(SCRIPT)) for amount in (1_000, 2_000)])  # fmt: skip


def made(version: int | None = None) -> PSBT:
    spent = [TransactionInput(FUNDING.txid(), vout, sequence=0xFFFFFFFD) for vout in (0, 1)]
    psbt = PSBT(Transaction(vin=spent, vout=[TransactionOutput(2_500, Script(SCRIPT))]))
    psbt.version = version
    for vout, scope in enumerate(psbt.inputs):
        scope.witness_utxo = FUNDING.vout[vout]
    return psbt


def field(key: bytes, value: bytes) -> bytes:
    return bytes([len(key)]) + key + bytes([len(value)]) + value


@pytest.mark.parametrize("version", [None, 2])
@pytest.mark.parametrize("written", [
    bytes, base64.b64encode, lambda raw: raw.hex().encode(), lambda raw: base64.encodebytes(raw) + b"\n"])  # fmt: skip
def test_both_versions_say_the_same_however_they_are_written(
    version: int | None, written: Callable[[bytes], bytes]
) -> None:
    told = read(written(made(version).serialize()))
    assert told.version == (version or 0)
    assert told.txid == made().tx.txid().hex()
    assert [(one.outpoint, one.amount_sat, one.script, one.is_proven) for one in told.inputs] == [
        ((FUNDING.txid().hex(), 0), 1_000, SCRIPT, False), ((FUNDING.txid().hex(), 1), 2_000, SCRIPT, False),
    ]  # fmt: skip
    assert [(one.amount_sat, one.script) for one in told.outputs] == [(2_500, SCRIPT)]


def test_a_whole_transaction_proves_an_amount_and_another_one_does_not() -> None:
    psbt = made()
    psbt.inputs[0].non_witness_utxo = FUNDING
    first, second = read(psbt.serialize()).inputs
    assert (first.is_proven, first.clashes, second.is_proven) == (True, False, False)
    psbt.inputs[0].witness_utxo = TransactionOutput(999, Script(SCRIPT))
    first = read(psbt.serialize()).inputs[0]
    assert (first.amount_sat, first.clashes) == (1_000, True)
    other = Transaction(vin=[TransactionInput(b"\3" * 32, 0)], vout=FUNDING.vout)
    psbt.inputs[0].non_witness_utxo, psbt.inputs[0].witness_utxo = other, FUNDING.vout[0]
    first = read(psbt.serialize()).inputs[0]
    assert (first.is_proven, first.clashes) == (False, True)


def test_what_two_readers_could_read_in_two_ways_is_refused() -> None:
    """A signer that takes the transaction of version 0 signs for another coin than a reader of these fields sees."""
    raw = made().serialize()
    inputs = raw.index(bytes([1, 1]), len(raw) - 120)
    for added in (field(b"\x0e", b"\7" * 32), field(b"\x0f", bytes(4)), field(b"\x10", bytes(4))):
        with pytest.raises(UsageError, match="two transactions"):
            read(raw[:inputs] + added + raw[inputs:])
    with pytest.raises(UsageError, match="two transactions"):
        read(raw[:-1] + field(b"\x03", bytes(8)) + raw[-1:])
    with pytest.raises(UsageError, match="two transactions"):
        read(raw[:5] + field(b"\x04", b"\2") + raw[5:])
    with pytest.raises(UsageError, match="stands twice"):
        read(raw[:inputs] + field(b"\x03", b"\1\0\0\0") * 2 + raw[inputs:])
    with pytest.raises(UsageError, match="behind the end"):
        read(raw + b"\0")
    two = made(2).serialize()
    with pytest.raises(UsageError, match="version"):
        read(two[:5] + field(b"\0", b"") + two[5:])


@pytest.mark.parametrize("content", [
    b"", b"psbt", b"cHNidP", b"70736274ff", b"cHNidP8=", b"x" * 100, b"psbt\xff\0", b"\0" * 100,
    b"psbt\xff" + field(b"\xfb", b"\2\0\0\0") + field(b"\4", b"\xff" * 9) + field(b"\5", b"\1") + b"\0",
    b"psbt\xff" + field(b"\xfb", b"\1\0\0\0") + b"\0",
])  # fmt: skip
def test_what_is_no_psbt_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        read(content)


@pytest.mark.parametrize("version", [None, 2])
def test_a_psbt_that_is_cut_is_refused(version: int | None) -> None:
    raw = made(version).serialize()
    for end in range(len(raw)):
        with pytest.raises(UsageError):
            read(raw[:end])


@given(st.integers(0, 10_000), st.binary(max_size=3), st.sampled_from([None, 2]))
def test_bytes_that_are_changed_are_read_or_refused(place: int, put: bytes, version: int | None) -> None:
    raw = made(version).serialize()
    at = place % len(raw)
    with contextlib.suppress(UsageError):
        read(raw[:at] + put + raw[at + len(put) :])
