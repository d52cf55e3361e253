"""Private keys in partially signed transactions, which an independent implementation writes."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path

import pytest
from embit.psbt import PSBT
from embit.script import Script
from embit.transaction import Transaction, TransactionInput, TransactionOutput
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.keys.forms import psbt
from gitbtc.keys.forms.scalar import ORDER
from gitbtc.keys.scan import scan
from gitbtc.kinds import base58

VECTORS = json.loads(Path(__file__).parent.with_name("key-material.json").read_text("utf-8"))
PUBLIC = [base64.b64decode(row["text"]) for row in VECTORS if row["cls"] == "negative" and row["kind"] == "psbt"]

SCALAR = bytes(range(1, 33))
WIF = base58.encode_check(b"\x80" + SCALAR + b"\x01").encode()
EXTENDED = bytes.fromhex("0488ade4") + bytes(41) + b"\0" + SCALAR
XPRV = base58.encode_check(EXTENDED).encode()
XPUB = bytes.fromhex("0488b21e") + bytes(41) + b"\2" + SCALAR
ORIGIN = bytes.fromhex("d34db33f54000080")
PROPRIETARY = b"\xfc\x04test\x01"
WHERE = ("global", "input 0", "input 1", "output 0", "output 1")
SECRETS = {
    WIF: ("WIF private key", WIF),
    XPRV: ("extended private key (xprv)", XPRV),
    EXTENDED: ("extended private key (xprv)", XPRV),
    SCALAR: (psbt.FORM.name, SCALAR.hex().encode()),
}


def made(version: int | None, fields: dict[str, dict[bytes, bytes]]) -> bytes:
    """A PSBT of two inputs and two outputs with `fields` in its maps."""
    inputs = [TransactionInput(bytes([number]) * 32, number) for number in (1, 2)]
    outputs = [TransactionOutput(5000, Script(b"\x00\x14" + bytes([number]) * 20)) for number in (1, 2)]
    partial = PSBT(Transaction(vin=inputs, vout=outputs), version=version)
    maps = dict(zip(WHERE, (partial, *partial.inputs, *partial.outputs), strict=True))
    for where, pairs in fields.items():
        maps[where].unknown = dict(pairs)
    return bytes(partial.serialize())


def found(content: bytes) -> list[tuple[str, bytes]]:
    return [(form.name, secret) for _, form, secret in psbt.find(content)]


@pytest.mark.parametrize("version", [None, 2])
@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("key", [PROPRIETARY, b"\xf0", b"\x50key", b"\xfd\x01\x02"])
def test_a_key_in_a_field_of_which_nothing_is_known_is_found(version: int | None, where: str, key: bytes) -> None:
    for value, secret in SECRETS.items():
        assert found(made(version, {where: {key: value}})) == [secret]


def test_a_key_in_the_key_of_such_a_field_is_found() -> None:
    assert found(made(None, {"input 1": {b"\xf0" + WIF: b""}})) == [("WIF private key", WIF)]


@pytest.mark.parametrize("version", [None, 2])
def test_a_global_xpub_that_is_private_is_found(version: int | None) -> None:
    assert found(made(version, {"global": {b"\x01" + EXTENDED: ORIGIN}})) == [("extended private key (xprv)", XPRV)]
    assert found(made(version, {"global": {b"\x01" + XPUB: ORIGIN}})) == []


@pytest.mark.parametrize("version", [None, 2])
def test_a_field_that_is_known_holds_no_key(version: int | None) -> None:
    known = {
        "input 0": {bytes([kind]): SCALAR for kind in (0x17, 0x18, 0x0A, 0x1F) if version or kind != 0x0E},
        "output 1": {b"\x05": SCALAR},
    }
    assert found(made(version, known)) == []


@pytest.mark.parametrize(
    "value", [b"", SCALAR[:-1], SCALAR + b"\0", bytes(32), ORDER.to_bytes(32, "big"), b"\2" + SCALAR, XPUB]
)
def test_another_value_is_none(value: bytes) -> None:
    for where in WHERE:
        assert found(made(None, {where: {PROPRIETARY: value}})) == []


def test_the_public_vectors_are_none_wherever_they_are_cut() -> None:
    assert len(PUBLIC) == 4
    for content in PUBLIC:
        for end in range(len(content)):
            assert found(content[:end]) == []


def test_a_thousand_keys_are_found_and_with_one_character_changed_are_not() -> None:
    chance = random.Random(9)
    empty = made(None, {"global": {PROPRIETARY: b"?" * 52}})
    for _ in range(1000):
        key = base58.encode_check(b"\xef" + chance.randrange(1, ORDER).to_bytes(32, "big") + b"\x01").encode()
        place = chance.randrange(52)
        other = chance.choice(base58.ALPHABET.replace(key[place : place + 1], b""))
        assert found(empty.replace(b"?" * 52, key)) == [("WIF private key (test network)", key)]
        assert found(empty.replace(b"?" * 52, key[:place] + bytes([other]) + key[place + 1 :])) == []


def test_it_is_found_in_hex_and_base64_as_one_finding() -> None:
    for value, (form, _) in SECRETS.items():
        content = made(2, {"output 0": {PROPRIETARY: value}})
        for text in (content.hex(), base64.b64encode(content).decode()):
            assert [hit.form for hit in scan(json.dumps({"psbt": text}).encode())] == [form]


def test_one_inside_another_is_found() -> None:
    inner = made(None, {"input 0": {PROPRIETARY: EXTENDED}})
    outer = made(None, {"global": {PROPRIETARY: inner}})
    assert found(outer) == [SECRETS[EXTENDED]]


@given(
    st.sampled_from([*PUBLIC, *(made(version, {"input 0": {PROPRIETARY: EXTENDED}}) for version in (None, 2))]),
    st.data(),
)
def test_any_change_is_read(content: bytes, data: st.DataObject) -> None:
    changed = bytearray(content)
    for _ in range(3):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(
            st.sampled_from([0, 1, 4, 5, 0xFC, 0xFD, 0xFE, 0xFF])
        )
    found(bytes(changed))


@given(st.binary())
def test_any_bytes_are_read(content: bytes) -> None:
    found(b"psbt\xff" + content + b"psbt\xff\0")


@pytest.mark.parametrize(
    "unit", [b"psbt\xff", b"psbt\xff\x01\x00\x00", b"psbt\xff\x06psbt\xff\x00\x06", b"\0",
             b"psbt\xff\xff" + b"\xff" * 8, b"\x02\xfc\x01\x20" + SCALAR]
)  # fmt: skip
def test_a_text_of_one_thing_repeated_is_read_to_its_end(unit: bytes) -> None:
    # A pass that grows with the square of the length would not come back from these.
    found(b"psbt\xff" + unit * (2**19 // len(unit)))
