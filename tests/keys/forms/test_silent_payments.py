"""Keys of silent payments, against embit."""

from __future__ import annotations

import random

import pytest
from embit import bech32 as reference

from gitbtc.keys.form import BLOCK, NOTICE
from gitbtc.keys.forms import silent_payments
from tests.keys.lookalikes import BECH32, changed, scalars

SCAN, SPEND = bytes(range(1, 33)), bytes(range(33, 65))


def encoded(hrp: str, payload: bytes, version: int = 0, encoding: int = reference.Encoding.BECH32M) -> str:
    return str(reference.bech32_encode(encoding, hrp, [version, *reference.convertbits(payload, 8, 5)]))


def found(text: str) -> list[tuple[str, str]]:
    return [(form.severity, secret.decode()) for _, form, secret in silent_payments.find(text.encode())]


@pytest.mark.parametrize("hrp", ["spspend", "tspspend"])
def test_a_spend_key_blocks(hrp: str) -> None:
    text = encoded(hrp, SCAN + SPEND)
    for around in ("{}", "sp({})", "sp([deadbeef/352h/0h/0h]{})#checksum", "text{}", "{}qqq"):
        assert found(around.format(text)) == [(BLOCK, text)]
    assert found(text.upper()) == [(BLOCK, text)]


@pytest.mark.parametrize("hrp", ["spscan", "tspscan"])
def test_a_viewing_key_is_a_notice(hrp: str) -> None:
    text = encoded(hrp, SCAN + b"\3" + SPEND)
    assert found(f"sp({text})") == [(NOTICE, text)]


def test_every_random_one_is_found_and_none_with_a_character_changed() -> None:
    draw = random.Random(392)
    keys = scalars(2000, draw)
    for number, (scan, spend) in enumerate(zip(keys, keys, strict=True)):
        hrp, between = [("spspend", b""), ("tspspend", b""), ("spscan", b"\2"), ("tspscan", b"\3")][number % 4]
        text = encoded(hrp, scan + between + spend)
        assert found(text) == [(BLOCK if "spend" in hrp else NOTICE, text)]
        assert found(changed(text, BECH32, draw, start=len(hrp) + 1)) == []


@pytest.mark.parametrize(
    "text",
    [
        encoded("sp", b"\2" + SCAN + b"\3" + SPEND),  # an address
        encoded("spspend", SCAN + SPEND, version=1),
        encoded("spspend", SCAN + SPEND, encoding=reference.Encoding.BECH32),
        encoded("spspend", SCAN + bytes(32)),
        encoded("spspend", bytes(32) + SPEND),
        encoded("spspend", SCAN + SPEND + b"\1"),
        encoded("spscan", SCAN + SPEND),
        encoded("spscan", SCAN + b"\4" + SPEND),
    ],
)
def test_what_breaks_a_rule_is_none(text: str) -> None:
    assert found(text) == []
