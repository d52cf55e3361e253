"""The proof that a private key is the repository's own, on the test vectors of BIP-84, BIP-86 and BIP-341."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import bip_utils
import coincurve

from gitbtc.keys import own
from gitbtc.keys.form import BLOCK
from gitbtc.keys.scan import scan
from gitbtc.kinds import base58

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


def test_the_addresses_are_those_of_an_independent_implementation() -> None:
    key = coincurve.PrivateKey(bytes.fromhex(KEY)).public_key.format()
    expected = {
        bip_utils.P2PKHAddrEncoder.EncodeKey(key, net_ver=b"\x00"),
        bip_utils.P2SHAddrEncoder.EncodeKey(key, net_ver=b"\x05"),
        bip_utils.P2WPKHAddrEncoder.EncodeKey(key, hrp="bc"),
        bip_utils.P2TRAddrEncoder.EncodeKey(key, hrp="tb"),
    }
    assert expected <= set(written())


def test_an_extended_public_key_stands_for_its_own_key() -> None:
    key = coincurve.PrivateKey(bytes.fromhex(KEY)).public_key.format()
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
