"""Extended private keys in Bech32, against embit."""

from __future__ import annotations

import random

import pytest
from embit import bech32 as reference

from gitbtc.keys.forms import slip32
from gitbtc.keys.forms.scalar import ORDER
from tests.keys.lookalikes import BECH32, changed

# SLIP-32, m/44'/0'/0' of its mnemonic.
PRIVATE = (
    "xprv1qwqqqqpvsqqqqqyqqqqqq0dyhsvs5f5qzywnr7klmjg972nldnnhcmcsnyv3zme984p5g5seqrlxftuztddhs42vxw3gkgcgtlqg9a53k0r39nq"
    "afenwzvef0k585enml6g"
)
PUBLIC = (
    "xpub1qwqqqqpvsqqqqqyqqqqqq0dyhsvs5f5qzywnr7klmjg972nldnnhcmcsnyv3zme984p5g5seqdm5eyg0eurl495gd6nefux4etke4l3sk39c8al"
    "zzwae9ycw0h6t6ltmssr"
)


def encoded(hrp: str, payload: bytes, encoding: int = reference.Encoding.BECH32) -> str:
    return str(reference.bech32_encode(encoding, hrp, reference.convertbits(payload, 8, 5)))


def node(depth: int, draw: random.Random) -> bytes:
    return bytes([depth]) + draw.randbytes(4 * depth + 32) + b"\0" + draw.randrange(1, ORDER).to_bytes(32, "big")


def found(text: str) -> list[str]:
    return [secret.decode() for _, _, secret in slip32.find(text.encode())]


def test_the_vector_is_found_and_its_public_side_is_not() -> None:
    assert list(slip32.find(f"[{PRIVATE}]".encode())) == [(1, slip32.FORM, PRIVATE.encode())]
    assert found(PUBLIC) == []


def test_every_random_one_is_found_in_both_cases_and_none_with_a_character_changed() -> None:
    draw = random.Random(32)
    for number in range(1000):
        text = encoded(("xprv", "tprv")[number % 2], node(draw.choice([0, 1, 3, 4, 5]), draw))
        assert found(text) == [text]
        assert found(changed(text, BECH32, draw, start=5)) == []
        if number < 50:
            assert found(text.upper()) == [text]
            assert found(f"the{text}end") == [text]


@pytest.mark.parametrize("depth", [6, 31, 255])
def test_any_depth_is_found(depth: int) -> None:
    text = encoded("xprv", node(depth, random.Random(depth)))
    assert found(text) == [text]


def test_a_private_key_is_one_behind_xpub_too() -> None:
    assert found(encoded("xpub", node(1, random.Random(1))))


@pytest.mark.parametrize("scalar", [0, ORDER, 2**256 - 1])
def test_a_number_that_is_no_private_key_is_none(scalar: int) -> None:
    assert found(encoded("xprv", bytes(33) + b"\0" + scalar.to_bytes(32, "big"))) == []


def test_another_checksum_a_mixed_case_and_another_length_are_none() -> None:
    payload = node(1, random.Random(2))
    assert found(encoded("xprv", payload, reference.Encoding.BECH32M)) == []
    assert found(encoded("xprv", payload).replace("xprv", "Xprv")) == []
    assert found("xprv" + encoded("xprv", payload)[4:].upper()) == []
    assert found(encoded("xprv", b"\2" + payload[1:])) == []
