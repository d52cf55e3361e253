"""WIF."""

from __future__ import annotations

import random

import base58 as reference
import pytest
from embit.ec import PrivateKey
from embit.networks import NETWORKS

from gitbtc.keys import runs
from gitbtc.keys.forms import wif
from gitbtc.keys.forms.scalar import ORDER
from gitbtc.kinds import base58
from tests.keys.lookalikes import BASE58, changed, scalars

SCALAR = bytes(range(32, 64))


@pytest.mark.parametrize(
    ("version", "name"),
    [
        (0x80, "WIF private key"),
        (0xEF, "WIF private key (test network)"),
        (0x82, "WIF private key (Electrum 3.0)"),
        (0xF6, "WIF private key (Electrum 3.0, test network)"),
        (0xB0, "WIF private key (another coin's version byte)"),
        (0x00, "WIF private key (another coin's version byte)"),
    ],
)
def test_the_version_byte_names_the_form(version: int, name: str) -> None:
    for suffix in (b"", b"\x01"):
        form = wif.recognise(bytes([version]) + SCALAR + suffix)
        assert form is not None
        assert form.name == name


def test_the_suffixes_of_bip178_are_keys_too() -> None:
    found = [suffix for suffix in range(256) if wif.recognise(b"\x80" + SCALAR + bytes([suffix]))]
    assert found == [0x01, 0x10, 0x11, 0x12]


@pytest.mark.parametrize("scalar", [0, ORDER, ORDER + 1, 2**256 - 1])
def test_a_number_that_is_no_private_key_is_none(scalar: int) -> None:
    assert wif.recognise(b"\x80" + scalar.to_bytes(32, "big")) is None


@pytest.mark.parametrize("scalar", [1, ORDER - 1])
def test_the_first_and_the_last_private_key_are_keys(scalar: int) -> None:
    assert wif.recognise(b"\x80" + scalar.to_bytes(32, "big"))


@pytest.mark.parametrize("size", [0, 1, 20, 31, 34, 77])
def test_another_length_is_none(size: int) -> None:
    assert wif.recognise(b"\x80" + b"\x01" * size) is None


def test_the_lengths_are_those_that_encoding_gives() -> None:
    lengths = {
        len(base58.encode_check(bytes([version]) + scalar + suffix))
        for version in (0, 1, 0x80, 0xEF, 0xFF)
        for scalar in (b"\x01" * 32, b"\xfe" * 32)
        for suffix in (b"", b"\x01")
    }
    assert lengths <= set(wif.LENGTHS)


def found(text: str) -> list[str]:
    return [secret.decode() for _, _, secret in runs.find(text.encode())]


def test_every_random_key_is_found_also_glued_and_none_with_a_character_changed() -> None:
    draw = random.Random(58)
    for number, key in enumerate(scalars(1000, draw)):
        network = NETWORKS[("main", "test")[number % 2]]
        text = PrivateKey(key, compressed=number // 2 % 2 == 0).wif(network)
        assert found(text) == [text]
        assert found(f"key{text}more") == [text]
        assert found(changed(text, BASE58, draw)) == []


@pytest.mark.parametrize("version", [0x80, 0xEF, *wif.FORMS])
@pytest.mark.parametrize("suffix", [b"", b"\x01", b"\x10", b"\x11", b"\x12"])
@pytest.mark.parametrize("key", [b"\0" * 31 + b"\1", (ORDER - 1).to_bytes(32, "big"), SCALAR])
def test_every_named_version_is_found_inside_a_longer_run(version: int, suffix: bytes, key: bytes) -> None:
    text = reference.b58encode_check(bytes([version]) + key + suffix).decode()
    assert found(f"xx{text}xx") == [text]


@pytest.mark.parametrize("version", range(256))
def test_every_other_version_is_found_by_itself(version: int) -> None:
    for suffix in (b"", b"\x01"):
        text = reference.b58encode_check(bytes([version]) + SCALAR + suffix).decode()
        assert found(f'"{text}"') == [text]
