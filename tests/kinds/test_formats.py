"""Addresses, extended keys, descriptors and the smaller forms, by the vectors of their BIPs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds import base58
from gitbtc.kinds.formats import (
    CHECKS,
    FORMATS,
    MAIN,
    NOT_MAIN,
    REGTEST,
    TEST,
    check_format,
    descriptor_checksum,
    descriptor_networks,
    read_address,
    read_extended_key,
    with_apostrophes,
)

if TYPE_CHECKING:
    from pathlib import Path

# Of the genesis block, BIP-13, BIP-350, BIP-341, Bitcoin Core's key_io_valid.json, and pay-to-anchor.
ADDRESSES = [
    ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "p2pkh", MAIN),
    ("3P14159f73E4gFr7JterCCQh9QjiTjiZrG", "p2sh", MAIN),
    ("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "p2pkh", NOT_MAIN),
    ("2NC2hEhe28ULKAJkW5MjZ3jtTMJdvXmByvK", "p2sh", NOT_MAIN),
    ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "p2wpkh", MAIN),
    ("bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv", "p2wpkh", MAIN),
    ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7", "p2wsh", TEST),
    ("bcrt1qdavt4j2sd7dlhqsavtnfxvzppw6k7qy97tmnu9", "p2wpkh", REGTEST),
    ("bc1p2wsldez5mud2yam29q22wgfh9439spgduvct83k3pm50fcxa5dps59h4z5", "p2tr", MAIN),
    ("tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c", "p2tr", TEST),
    ("bc1pfeessrawgf", "unknown", MAIN),
    ("BC1SW50QGDZ25J", "unknown", MAIN),
]
NO_ADDRESSES = [
    "",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",  # checksum
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\n",
    " 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut",  # human-readable part, BIP-350
    "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9",
    base58.encode_check(bytes([0x30]) + bytes(20)),  # another coin's version byte
    base58.encode_check(bytes(33)),
    "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b",
    "1" * 5000,
]

# BIP-32 (test vector 1), SLIP-132, and a recording of a regtest node.
XPUB = "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8"
ZPUB = "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs"
TPUB = "tpubDCbswZhW389kHzZHzambeYkfkYkXtav6wMt1TSXK1xkxzQnfbdQBfTAwabmT83KpGnKrYmZkw6WfgR1hsFSrRfTUjkgXKqdrpBMf9W7Be75"
# BIP-32, test vector 5.
BROKEN_KEYS = {
    "xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6Txnt3siSujt9RCVYsx4qHZGc62TG4McvMGcAUjeuwZdduYEvFn":
        "no point",  # prefix 04
    "xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6N8ZMMXctdiCjxTNq964yKkwrkBJJwpzZS4HS2fxvyYUA4q2Xe4":
        "no point",  # prefix 01
    "xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6Q5JXayek4PRsn35jii4veMimro1xefsM58PgBMrvdYre8QyULY":
        "no point",  # x = 7
    "xpub661no6RGEX3uJkY4bNnPcw4URcQTrSibUZ4NqJEw5eBkv7ovTwgiT91XX27VbEXGENhYRCf7hyEbWrR3FewATdCEebj6znwMfQkhRYHRLpJ":
        "master key",  # depth 0 with a parent
    "xpub661MyMwAuDcm6CRQ5N4qiHKrJ39Xe1R1NyfouMKTTWcguwVcfrZJaNvhpebzGerh7gucBvzEQWRugZDuDXjNDRmXzSZe4c7mnTK97pTvGS8":
        "master key",  # depth 0 with an index
    "DMwo58pR1QLEFihHiXPVykYB6fJmsTeHvyTp7hRThAtCX8CvYzgPcn8XnmdfHPmHJiEDXkTiJTVV9rHEBUem2mwVbbNfvT2MTcAqj3nesx8uBf9":
        "begins as one does",
    XPUB[:-1] + "9": "checksum",
    XPUB + "\n": "checksum",
}  # fmt: skip


def private_key_behind(version: str) -> str:
    """An extended private key of no wallet, with the version bytes `version`."""
    return base58.encode_check(bytes.fromhex(version) + bytes(9) + bytes(32) + b"\0" + bytes(31) + b"\7")


def wif() -> str:
    return base58.encode_check(b"\x80" + bytes(31) + b"\7" + b"\1")


def described(body: str) -> str:
    return f"{body}#{descriptor_checksum(body)}"


# -- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "script_type", "networks"), ADDRESSES)
def test_an_address_tells_its_script_type_and_its_networks(
    text: str, script_type: str, networks: frozenset[str]
) -> None:
    assert read_address(text) == (script_type, networks)
    assert check_format("bitcoin-address", text) is None


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_does_not_decode_is_no_address(text: str) -> None:
    assert read_address(text) is None
    assert "checksum" in (check_format("bitcoin-address", text) or "")


def test_only_where_a_script_may_have_no_address_may_it_be_empty() -> None:
    assert check_format("bitcoin-address-or-empty", "") is None
    assert check_format("bitcoin-address", "")


@given(st.binary(min_size=20, max_size=20), st.sampled_from([0x00, 0x05, 0x6F, 0xC4]))
def test_one_wrong_character_of_a_base58_address_is_noticed(payload: bytes, version: int) -> None:
    text = base58.encode_check(bytes([version]) + payload)
    wrong = text[:-1] + ("2" if text[-1] != "2" else "3")
    assert read_address(text)
    assert read_address(wrong) is None


# -- extended keys ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "networks"), [(XPUB, MAIN), (ZPUB, MAIN), (TPUB, NOT_MAIN)])
def test_an_extended_public_key_tells_its_networks(key: str, networks: frozenset[str]) -> None:
    assert read_extended_key(key) == networks
    assert check_format("extended-public-key", key) is None


@pytest.mark.parametrize(("key", "why"), BROKEN_KEYS.items())
def test_a_broken_extended_key_is_refused_and_told_why(key: str, why: str) -> None:
    told = check_format("extended-public-key", key)
    assert told is not None
    assert why in told


@pytest.mark.parametrize("version", ["0488ade4", "0488b21e", "04358394", "04b2430c", "ffffffff"])
def test_a_private_key_is_refused_whatever_it_calls_itself(version: str) -> None:
    key = private_key_behind(version)
    told = check_format("extended-public-key", key)
    assert told is not None
    assert "private" in told
    assert not any(key[start : start + 6] in told for start in range(len(key) - 5))


def test_an_x_beyond_the_field_is_no_point_though_its_remainder_is() -> None:
    beyond = (2**256 - 2**32 - 977 + 1).to_bytes(32, "big")
    for x, taken in ((bytes(31) + b"\1", True), (beyond, False)):
        key = base58.encode_check(bytes.fromhex("0488b21e") + bytes(41) + b"\2" + x)
        assert (check_format("extended-public-key", key) is None) == taken


# -- descriptors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["raw(deadbeef)#89f8spxm", described(f"wsh(sortedmulti(2,[f9578447/48h/0h/0h/2h]{XPUB}/<0;1>/*,{ZPUB}/0/*))"),
     described("addr(bc1p2wsldez5mud2yam29q22wgfh9439spgduvct83k3pm50fcxa5dps59h4z5)"),
     described("tr(a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd)")],
)  # fmt: skip
def test_a_public_descriptor_with_its_checksum_is_taken(text: str) -> None:
    assert check_format("public-descriptor", text) is None


def test_the_descriptors_of_bitcoin_core_are_taken(recordings: Path) -> None:
    answer = json.loads((recordings / "0-base" / "listdescriptors.json").read_bytes())
    texts = [entry["desc"] for entry in answer["result"]["descriptors"]]
    assert len(texts) == 8
    assert [check_format("public-descriptor", text) for text in texts] == [None] * 8
    assert {descriptor_networks(text) for text in texts} == {NOT_MAIN}


@pytest.mark.parametrize(
    "text",
    ["raw(deadbeef)", "raw(deadbeef)#", "raw(deadbeef)#89f8spxmx", "raw(deadbeef)#89f8spx", "raw(deedbeef)#89f8spxm",
     "raw(deadbeef)##9f8spxm", "raw(Ü)#00000000", "raw(deadbeef)#89f8spxm\n", "", "#", "deadbeef#89f8spxm"],
)  # fmt: skip
def test_a_descriptor_without_its_right_checksum_is_refused(text: str) -> None:
    told = check_format("public-descriptor", text)
    assert told is not None
    assert "checksum" in told


@pytest.mark.parametrize(
    "key", [private_key_behind("0488ade4"), private_key_behind("0488b21e"), wif(), XPUB[:-1] + "9"]
)
@pytest.mark.parametrize("body", ["wpkh({}/0/*)", "wsh(multi(1," + XPUB + ",[f9578447/48h]{}/1))", "{}"])
def test_a_descriptor_with_a_private_or_a_broken_key_is_refused(key: str, body: str) -> None:
    for text in (described(body.format(key)), body.format(key)):
        told = check_format("public-descriptor", text)
        assert told is not None
        assert "public keys only" in told
        assert key[:8] not in told


def test_a_descriptor_belongs_to_the_networks_that_all_its_keys_belong_to() -> None:
    assert descriptor_networks(described(f"wpkh({XPUB}/0/*)")) == MAIN
    assert descriptor_networks(described(f"wsh(multi(1,{XPUB},{TPUB}))")) == frozenset()
    assert descriptor_networks("raw(deadbeef)#89f8spxm") == MAIN | NOT_MAIN


@given(st.text("()[]'h/*0123456789abcdefABCDEF#,", max_size=60), st.data())
def test_a_descriptors_checksum_notices_any_one_wrong_character(body: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(body)))
    other = data.draw(st.sampled_from("pkh()0aH"))
    wrong = body[:place] + other + body[place + 1 :]
    assert (descriptor_checksum(wrong) == descriptor_checksum(body)) == (wrong == body)


# -- the smaller forms -----------------------------------------------------------------------------------------------

UUID = "0f4e8a52-3f6b-4d6e-9d53-2b1a7c9e4f10"
TXID = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
TAKEN: list[tuple[str, Any]] = [
    ("derivation-path", "m"),
    ("derivation-path", "m/84'/0'/0'"),
    ("derivation-path", "m/48'/0'/0'/2'/1/2147483647"),
    ("uuid", UUID),
    ("uuid", UUID.upper()),
    ("outpoint", TXID + ":0"),
    ("outpoint", TXID + ":4294967295"),
    ("channel-id", "820000x12x1"),
    ("channel-id", "16777215x16777215x65535"),
    ("feerate", 0),
    ("feerate", 0.1),
    ("feerate", 1.001),
    ("feerate", 12345.678),
    ("feerate", 10**20),
]
REFUSED: list[tuple[str, Any]] = [
    ("derivation-path", "m/84h/0h/0h"),
    ("derivation-path", "84'/0'/0'"),
    ("derivation-path", "m/84'/"),
    ("derivation-path", "m/01"),
    ("derivation-path", "m/2147483648"),
    ("derivation-path", "m/0'\n"),
    ("derivation-path", "m/٣"),
    ("uuid", UUID[:-1]),
    ("uuid", UUID + "\n"),
    ("uuid", UUID.replace("-", "")),
    ("outpoint", TXID),
    ("outpoint", TXID + ":4294967296"),
    ("outpoint", TXID + ":01"),
    ("outpoint", TXID.upper() + ":0"),
    ("outpoint", TXID + ":0\n"),
    ("channel-id", "820000:12:1"),
    ("channel-id", "16777216x0x0"),
    ("channel-id", "1x0x65536"),
    ("channel-id", "01x0x0"),
    ("channel-id", "1x0x0\n"),
    ("feerate", 1.0001),
    ("feerate", 1e-20),
]


@pytest.mark.parametrize(("name", "value"), TAKEN)
def test_a_value_of_the_form_is_taken(name: str, value: Any) -> None:
    assert check_format(name, value) is None


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_value_of_another_form_is_refused(name: str, value: Any) -> None:
    assert check_format(name, value)


@given(st.integers(0, 10**9))
def test_every_feerate_of_three_decimals_is_taken(thousandths: int) -> None:
    assert check_format("feerate", float(f"{thousandths // 1000}.{thousandths % 1000:03}")) is None


@pytest.mark.parametrize("value", [None, 7, True, [], {}])
@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"feerate"}))
def test_a_format_of_texts_has_nothing_to_say_of_other_values(name: str, value: Any) -> None:
    assert check_format(name, value) is None


@given(st.sampled_from(sorted(FORMATS)), st.text(max_size=200))
def test_no_text_makes_a_check_fail_or_is_repeated_by_it(name: str, text: str) -> None:
    told = check_format(name, text)
    assert told is None or len(text) < 12 or text not in told


@pytest.mark.parametrize("path", ["m/84h/0h/0h", "m/84H/0'/0h", "m/84'/0'/0'"])
def test_hardened_steps_are_written_with_apostrophes(path: str) -> None:
    assert with_apostrophes(path) == "m/84'/0'/0'"


# -- an address and its script type ----------------------------------------------------------------------------------

P2WPKH, ANCHOR = "bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv", "bc1pfeessrawgf"


@pytest.mark.parametrize(
    ("script_type", "address", "fits"),
    [
        ("p2wpkh", P2WPKH, True),
        ("p2tr", P2WPKH, False),
        ("p2wpkh", "", False),
        ("p2wpkh", None, True),  # not known
        ("op_return", "", True),
        ("op_return", None, True),
        ("op_return", P2WPKH, False),
        ("unknown", "", True),
        ("unknown", ANCHOR, True),
        ("unknown", P2WPKH, True),
        ("p2wpkh", "no address", True),  # said already by the format
    ],
)
def test_an_address_has_to_fit_its_script_type(script_type: str, address: str | None, *, fits: bool) -> None:
    check = CHECKS["address-fits-script"]
    output = {"address": address, "script_type": script_type}
    assert [field for field, _ in check(output)] == ([] if fits else ["address"])
    assert [field for field, _ in check({"outputs": [7, output]})] == ([] if fits else ["outputs[1].address"])
