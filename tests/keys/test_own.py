"""The proof that a private key is the repository's own, on the test vectors of BIP-84, BIP-86 and BIP-341."""

from __future__ import annotations

import json
import random
import sys
from typing import TYPE_CHECKING

import pytest
from embit.ec import PrivateKey
from embit.networks import NETWORKS
from embit.script import p2pkh, p2sh, p2tr, p2wpkh

from gitbtc.keys import own
from gitbtc.keys.form import BLOCK
from gitbtc.keys.forms.scalar import ORDER
from gitbtc.keys.scan import scan
from gitbtc.kinds import base58, codec
from gitbtc.kinds.registry import built_in
from tests.keys.lookalikes import scalars

if TYPE_CHECKING:
    from collections.abc import Callable

# BIP-340, test vector 1: a private key.
KEY = "b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfef"


def public(address: str) -> Callable[[], frozenset[bytes]]:
    return lambda: own.public_texts([json.dumps([{"address": address}]).encode()])


def written() -> list[str]:
    return [text.decode() for text in own._written(bytes.fromhex(KEY))]


def test_every_way_that_the_public_side_is_written_is_a_match() -> None:
    ways = written()
    assert len(set(ways)) == len(ways) == 19
    for way in ways:
        found = scan(f"see {KEY}".encode(), "", public(way))
        assert [(key.form, key.severity) for key in found] == [(own.FORM.name, BLOCK)], way


def test_a_block_hash_asks_nobody_what_the_repository_holds() -> None:
    """Each block changes chain.json: all coins would be gone through for it."""

    def known() -> frozenset[bytes]:
        pytest.fail("somebody was asked")

    tip = {"block_hash": "5d" * 32, "block_height": 7, "block_time": 1_700_000_000, "network": "regtest"}
    content = codec.encode_file(built_in("chain"), tip)
    assert scan(content, "network/chain.json", known) == []
    found = scan(content + KEY.encode(), "network/chain.json", public(written()[0]))
    assert [key.form for key in found] == [own.FORM.name]


def test_the_addresses_are_those_of_an_independent_implementation() -> None:
    key = PrivateKey(bytes.fromhex(KEY)).get_public_key()
    scripts = (p2pkh(key), p2sh(p2wpkh(key)), p2wpkh(key), p2tr(key))
    expected = {script.address(NETWORKS[network]) for script in scripts for network in ("main", "test", "regtest")}
    assert expected <= set(written())


@pytest.mark.parametrize("package", ["coincurve", "ecdsa"])
def test_either_package_multiplies_every_key_as_an_independent_implementation_does(package: str) -> None:
    if package == "coincurve" and sys.version_info >= (3, 14):
        pytest.skip("coincurve has no wheels for Python 3.14")
    multiplied = {"coincurve": own._by_coincurve, "ecdsa": own._by_ecdsa}[package]
    draw = random.Random(340)
    for scalar in (b"\0" * 31 + b"\1", (ORDER - 1).to_bytes(32, "big"), *scalars(40, draw)):
        key = PrivateKey(scalar).get_public_key()
        output = p2tr(key).data[2:]
        assert multiplied(scalar) == (key.sec(), PrivateKey(scalar, compressed=False).get_public_key().sec(), output)


def test_without_coincurve_a_key_is_proven_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "find_spec", {"ecdsa": "found"}.get)
    monkeypatch.setattr(own, "_by_coincurve", None)
    assert own.is_available()
    assert scan(f"see {KEY}".encode(), "", public(written()[0]))


def test_without_either_package_nothing_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    known = written()[0]
    monkeypatch.setattr(own, "find_spec", {}.get)
    assert not own.is_available()
    assert scan(f"see {KEY}".encode(), "", public(known)) == []


def test_an_extended_public_key_stands_for_its_own_key() -> None:
    key = PrivateKey(bytes.fromhex(KEY)).get_public_key().sec()
    xpub = base58.encode_check(bytes.fromhex("0488b21e") + bytes(41) + key)
    assert scan(f'{{"note": "0x{KEY.upper()}"}}'.encode(), "", public(xpub))


def test_a_hash_is_no_key_and_a_typed_field_is_not_looked_at() -> None:
    known = public(written()[-1])
    assert scan(b"see " + b"ab" * 32, "", known) == []
    assert scan(f'[{{"txid":"{KEY}"}},{{"txid":"{KEY}"}}]'.encode(), "", known) == []
    assert scan(f"{KEY}00 {KEY[:-1]}".encode(), "", known) == []


def test_where_nothing_is_to_prove_the_repository_is_not_asked() -> None:
    def never() -> frozenset[bytes]:
        raise AssertionError

    assert scan(b"no hex here", "", never) == []


def test_the_line_is_that_of_the_file() -> None:
    content = f'[\n{{"txid":"{"ab" * 32}"}},\n{{"note":"{KEY}"}}]'.encode()
    assert [found.where for found in scan(content, "", public(written()[0]))] == [3]
