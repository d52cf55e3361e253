"""Runs of Base58 characters."""

from __future__ import annotations

from gitbtc.keys import runs
from gitbtc.keys.forms import wif
from gitbtc.kinds import base58


def test_a_key_is_given_by_its_offset_and_its_text(xprv: str) -> None:
    found = list(runs.find(b"key: " + xprv.encode() + b"."))
    assert [(at, form.name, key) for at, form, key in found] == [(5, "extended private key (xprv)", xprv.encode())]


def test_every_known_version_is_found_inside_a_longer_run() -> None:
    for version in wif.FORMS:
        for scalar in (b"\x01" * 32, b"\xfe" * 32):
            for suffix in (b"", b"\x01"):
                key = base58.encode_check(bytes([version]) + scalar + suffix).encode()
                assert [hit[2] for hit in runs.find(b"zz" + key + b"zz")] == [key], hex(version)


def test_hex_and_bech32_are_passed_over() -> None:
    assert list(runs.find(b"ab123456789" * 40 + b" bc1" + b"qpzry9x8gf2tvdw" * 20)) == []
