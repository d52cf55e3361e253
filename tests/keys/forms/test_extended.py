"""Extended private keys."""

from __future__ import annotations

import pytest

from gitbtc.keys.forms import extended
from gitbtc.kinds import base58

MIDDLE = bytes(range(41))
SCALAR = bytes(range(1, 33))


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("0488ade4", "xprv"), ("049d7878", "yprv"), ("04b2430c", "zprv"), ("0295b005", "Yprv"), ("02aa7a99", "Zprv"),
        ("04358394", "tprv"), ("044a4e28", "uprv"), ("045f18bc", "vprv"), ("024285b5", "Uprv"), ("02575048", "Vprv"),
    ],
)  # fmt: skip
def test_the_version_names_the_form_and_shows_in_the_text(version: str, name: str) -> None:
    payload = bytes.fromhex(version) + MIDDLE + b"\0" + SCALAR
    assert extended.recognise(payload) == f"extended private key ({name})"
    assert base58.encode_check(payload).startswith(name)


@pytest.mark.parametrize("version", ["0488b21e", "00000000", "019da462"])
def test_a_private_key_is_one_under_any_version(version: str) -> None:
    payload = bytes.fromhex(version) + MIDDLE + b"\0" + SCALAR
    assert extended.recognise(payload) == "extended private key (under other version bytes)"


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
