"""Values that are equal in several spellings become one, and what is not equal stays two."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.errors import CannotWork
from gitbtc.kinds import codec
from gitbtc.kinds.delta import delta
from gitbtc.kinds.formats import check_format, descriptor_checksum, spelled_descriptor
from gitbtc.kinds.registry import built_in
from gitbtc.kinds.spelling import Spellings
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import Style
from tests.made_state import ADDRESS, channel, coin, pending, spend

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind

XPUB = "tpubDAo3ALCKuAQBQCnLPaYdVGAZcDVtcQXDNfmBQxYAbmcr7JZ5qGRUEhLPNjJTBWz5sZJtoyaD4rAB8snACkT5mqhGg5QXNTeBnKKaCBtqZ5a"
UTXOS, TRANSACTIONS = built_in("utxos"), built_in("transactions")
HEX = "ab" * 32
PAY = spend("pay", coin(0))


def canonical(kind: Kind, *records: Any) -> bytes:
    return codec.canonical(kind, json.dumps(list(records)).encode())


def described(body: str) -> str:
    return f"{body}#{descriptor_checksum(body)}"


@pytest.mark.parametrize(
    ("kind", "field", "spelled", "stored"),
    [
        ("utxos", "address", ADDRESS.upper(), ADDRESS),
        ("utxos", "address", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        ("utxos", "address", ADDRESS[:9].upper() + ADDRESS[9:], ADDRESS[:9].upper() + ADDRESS[9:]),
        ("utxos", "address", "", ""),
        ("utxos", "txid", HEX.upper(), HEX),
        ("utxos", "block_hash", HEX.upper(), HEX),
        ("utxos", "label", "re\u0301nt", "r\u00e9nt"),
        ("utxos", "label", "\u212b", "\u00c5"),
        ("utxos", "label", "RENT", "RENT"),
        ("utxos", "label", "\ufb01ne", "\ufb01ne"),
        ("transactions", "replaced_by", HEX.upper(), HEX),
        ("channels", "peer_pubkey", f"02{HEX}".upper(), f"02{HEX}"),
        ("channels", "funding_outpoint", f"{HEX.upper()}:1", f"{HEX}:1"),
        ("descriptors", "id", "6F0D7C1E-52C4-5B0A-9D1E-8A4B6E0F3C27", "6f0d7c1e-52c4-5b0a-9d1e-8a4b6e0f3c27"),
        ("descriptors", "derivation_path", "m/84H/1h/0'", "m/84'/1'/0'"),
        ("peers", "alias", "e\u0301", "\u00e9"),
    ],
)
def test_a_field_is_stored_in_one_spelling(kind: str, field: str, spelled: str, stored: str) -> None:
    record = {name: "" for name, _ in built_in(kind).key_types} | {"vout": 0, field: spelled}
    line = codec.encode_record(built_in(kind), record)
    assert json.loads(line)[field] == stored


def test_inner_records_are_spelled_too() -> None:
    shouted = PAY | {
        "inputs": [PAY["inputs"][0] | {"txid": PAY["inputs"][0]["txid"].upper()}],
        "outputs": [PAY["outputs"][0] | {"address": PAY["outputs"][0]["address"].upper()}],
    }
    assert canonical(TRANSACTIONS, shouted) == canonical(TRANSACTIONS, PAY)
    assert canonical(built_in("mempool"), pending(PAY) | {"replaces": [HEX.upper()]}) == canonical(
        built_in("mempool"), pending(PAY) | {"replaces": [HEX]}
    )


def test_what_is_one_record_in_two_spellings_stands_once() -> None:
    one, other = coin(0), coin(0, txid=coin(0)["txid"].upper(), address=ADDRESS.upper())
    assert canonical(UTXOS, one, other) == canonical(UTXOS, one)
    with pytest.raises(codec.Malformed, match="and differ"):
        canonical(UTXOS, one, other | {"label": "x"})


@pytest.mark.parametrize(
    ("kind", "record", "shouted"),
    [
        ("utxos", coin(0), {"address": ADDRESS.upper()}),
        ("utxos", coin(0), {"txid": coin(0)["txid"].upper()}),
        ("utxos", coin(0, label="r\u00e9nt"), {"label": "re\u0301nt"}),
        ("transactions", PAY, {"inputs": [PAY["inputs"][0] | {"txid": PAY["inputs"][0]["txid"].upper()}]}),
        ("channels", channel("1x1x1", funding_outpoint=f"{HEX}:0"), {"funding_outpoint": f"{HEX.upper()}:0"}),
    ],
)
def test_a_file_that_is_canonical_json_in_another_spelling_is_not_canonical(
    kind: str, record: dict[str, Any], shouted: dict[str, Any]
) -> None:
    lines = json.dumps(record | shouted, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert codec.canonical(built_in(kind), b"[\n" + lines + b"\n]\n") == canonical(built_in(kind), record)
    assert codec.parse(built_in(kind), b"[\n" + lines + b"\n]\n") == [record]


def in_capitals(content: bytes) -> bytes:
    """A file as an older version, which knew of no spellings, stored it."""
    return content.replace(ADDRESS.encode(), ADDRESS.upper().encode())


def test_versions_in_two_spellings_do_not_differ() -> None:
    content = canonical(UTXOS, coin(0), coin(1))
    assert delta(UTXOS, in_capitals(content), content) == []
    assert delta(UTXOS, content, in_capitals(content)) == []


def test_a_merge_compares_by_meaning() -> None:
    base = canonical(UTXOS, coin(0), coin(1))
    theirs = canonical(UTXOS, coin(0, label="rent"), coin(1), coin(2))
    for versions in ((in_capitals(base), base, theirs), (base, in_capitals(base), theirs),
                     (in_capitals(base), base, in_capitals(theirs))):  # fmt: skip
        merge = merge_files(UTXOS, *versions, Options(Style))
        assert (merge.content, merge.conflicts) == (theirs, [])


@pytest.mark.parametrize(
    ("spelled", "stored"),
    [
        (f"wpkh([D34DB33F/84h/1H/0h]{XPUB}/0/*)", f"wpkh([d34db33f/84'/1'/0']{XPUB}/0/*)"),
        (f"wpkh({XPUB}/<0;1>/*h)", f"wpkh({XPUB}/<0;1>/*')"),
        (f"wpkh({XPUB}/<0h;1h>/*)", f"wpkh({XPUB}/<0';1'>/*)"),
        (f"sh(sortedmulti(1,[D34DB33F]{XPUB}/0h,{XPUB}/1))", f"sh(sortedmulti(1,[d34db33f]{XPUB}/0',{XPUB}/1))"),
        (f"pk({'02' + HEX.upper()})", f"pk({'02' + HEX})"),
        (f"addr({ADDRESS.upper()})", f"addr({ADDRESS})"),
        ("wsh(and_v(v:hash160(" + HEX[:40].upper() + "),older(10)))", f"wsh(and_v(v:hash160({HEX[:40]}),older(10)))"),
    ],
)
def test_a_descriptor_has_one_spelling_and_the_checksum_of_it(spelled: str, stored: str) -> None:
    assert spelled_descriptor(described(spelled)) == described(stored)
    assert spelled_descriptor(described(stored)) == described(stored)
    assert check_format("public-descriptor", described(spelled)) == check_format("public-descriptor", described(stored))


@pytest.mark.parametrize("text", ["", "#", "wpkh(x/0h)", f"wpkh({XPUB}/0h)#qqqqqqqq", f"wpkh({XPUB}/0h)"])
def test_a_damaged_descriptor_is_not_given_a_new_checksum(text: str) -> None:
    assert spelled_descriptor(text) == text


@given(st.text())
def test_no_text_is_lost(text: str) -> None:
    line = codec.encode_record(built_in("peers"), {"pubkey": "x", "alias": normalize("NFD", text)}) if text else b""
    assert not text or json.loads(line)["alias"] == normalize("NFC", text)


@given(st.lists(st.recursive(st.none() | st.booleans() | st.integers() | st.sampled_from(["A", "a", "e\u0301", "BC1"]),
                             lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["txid", "vout"]), inner)),
                max_size=4))  # fmt: skip
def test_values_of_any_shape_are_settled_or_kept(values: list[Any]) -> None:
    """What is seen at a glance to be settled is not changed by a closer look."""
    records = [{"txid": value, "inputs": value, "label": value} for value in values]
    spellings = TRANSACTIONS.spellings
    glance = spellings.are_settled(records, is_ascii=False)
    before = json.dumps(records)
    for record in records:
        spellings.settle(record)
    assert not glance or json.dumps(records) == before
    after = json.dumps(records)
    for record in records:
        spellings.settle(record)
    assert json.dumps(records) == after


def test_a_schema_names_a_spelling_that_there_is() -> None:
    with pytest.raises(CannotWork, match="no spelling is called 'loud'"):
        Spellings({"properties": {"name": {"x-gitbtc-spelling": "loud"}}}, "here")


def test_every_field_of_text_says_how_it_is_spelled() -> None:
    """A text of no format, no pattern and no list of values is somebody's words."""
    for name in ("utxos", "transactions", "labels", "descriptors", "channels", "execution", "peers", "strategy"):
        for field, rules in built_in(name).record_schema["properties"].items():
            if "string" in built_in(name).fields[field].json_types:
                assert "format" in rules or "x-gitbtc-spelling" in rules, f"{name}.{field}"
