"""Extended private keys."""

from __future__ import annotations

import random

import base58 as reference
import pytest

from gitbtc.keys import runs
from gitbtc.keys.forms import extended
from gitbtc.keys.forms.scalar import ORDER
from gitbtc.kinds import base58
from tests.keys.lookalikes import BASE58, changed

MIDDLE = bytes(range(41))
SCALAR = bytes(range(1, 33))


def named(payload: bytes) -> str:
    form = extended.recognise(payload)
    return form.name if form else ""


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("0488ade4", "xprv"), ("049d7878", "yprv"), ("04b2430c", "zprv"), ("0295b005", "Yprv"), ("02aa7a99", "Zprv"),
        ("04358394", "tprv"), ("044a4e28", "uprv"), ("045f18bc", "vprv"), ("024285b5", "Uprv"), ("02575048", "Vprv"),
    ],
)  # fmt: skip
def test_the_version_names_the_form_and_shows_in_the_text(version: str, name: str) -> None:
    payload = bytes.fromhex(version) + MIDDLE + b"\0" + SCALAR
    assert named(payload) == f"extended private key ({name})"
    assert base58.encode_check(payload).startswith(name)


@pytest.mark.parametrize("version", ["0488b21e", "00000000", "019da462"])
def test_a_private_key_is_one_under_any_version(version: str) -> None:
    payload = bytes.fromhex(version) + MIDDLE + b"\0" + SCALAR
    assert named(payload) == "extended private key (under other version bytes)"


@pytest.mark.parametrize("first", [0x02, 0x03, 0x01, 0x04])
def test_a_public_key_is_none_under_any_version(first: int) -> None:
    assert extended.recognise(bytes.fromhex("0488ade4") + MIDDLE + bytes([first]) + SCALAR) is None


@pytest.mark.parametrize("scalar", [bytes(32), b"\xff" * 32])
def test_a_number_that_is_no_private_key_is_none(scalar: bytes) -> None:
    assert extended.recognise(bytes.fromhex("0488ade4") + MIDDLE + b"\0" + scalar) is None


def test_another_length_is_none() -> None:
    payload = bytes.fromhex("0488ade4") + MIDDLE + b"\0" + SCALAR
    assert extended.recognise(payload[:-1]) is None
    assert extended.recognise(payload + b"\1") is None


def test_the_lengths_are_those_that_encoding_gives() -> None:
    payloads = [version + middle + b"\0" + SCALAR
                for version in (b"\0\0\0\0", b"\0\0\0\1", b"\4\x88\xad\xe4", b"\xff\xff\xff\xff")
                for middle in (bytes(9) + b"\1" * 32, b"\xff" * 41)]  # fmt: skip
    assert {len(base58.encode_check(payload)) for payload in payloads} <= set(extended.LENGTHS)


def found(text: str) -> list[str]:
    return [secret.decode() for _, _, secret in runs.find(text.encode())]


def test_every_random_key_is_found_also_glued_and_none_with_a_character_changed() -> None:
    draw = random.Random(32)
    versions = [*extended._NAMES, 0x0488B21E, 0x043587CF]
    for number in range(1000):
        key = draw.randrange(1, ORDER).to_bytes(32, "big")
        version = versions[number % len(versions)].to_bytes(4, "big")
        text = reference.b58encode_check(version + draw.randbytes(41) + b"\0" + key).decode()
        assert found(text) == [text]
        assert found(f"[d34db33f/84h]{text}/0/*") == [text]
        assert found(f"key{text}more") == [text]
        assert found(changed(text, BASE58, draw)) == []
