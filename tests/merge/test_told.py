"""One record here and as a source tells it: whose word counts for each field."""

from __future__ import annotations

from typing import Any

import pytest

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import Style
from gitbtc.merge.told import Telling, merge_told

COIN = {"txid": "a" * 64, "vout": 0, "amount_sat": 5, "script_type": "p2wpkh", "address": "x", "block_height": None,
        "coinbase": False, "label": None}  # fmt: skip
DESCRIPTOR = {"id": "i", "label": None, "next_index": 4, "gap_limit": 20}
OUTPUT = {"vout": 0, "amount_sat": 5, "address": None, "script_type": "p2wpkh", "spent": False}


def told(kind: str, base: dict[str, Any] | None, ours: dict[str, Any], theirs: dict[str, Any], tip: int = 9) -> Any:
    return merge_told(built_in(kind), base, ours, theirs, Telling(tip)).record


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "label"),
    [
        ("a", "a", "b", "b"),  # renamed there
        ("a", "a", None, None),  # taken back
        ("a", "b", "a", "b"),  # renamed here
        ("a", None, "a", None),  # taken away here
        ("a", "b", "c", "b"),
        (None, "b", "c", "b"),
        (None, None, "c", "c"),
    ],
)
def test_a_label_that_people_changed_stays(
    base: str | None, ours: str | None, theirs: str | None, label: str | None
) -> None:
    before, here, now = ({**COIN, "label": value} for value in (base, ours, theirs))
    assert told("utxos", before, here, now)["label"] == label


@pytest.mark.parametrize(
    ("ours", "theirs", "label"), [("b", None, "b"), ("b", "c", "b"), (None, "c", "c"), ("b", "b", "b")]
)
def test_the_first_time_nobody_is_overwritten(ours: str | None, theirs: str | None, label: str | None) -> None:
    assert told("utxos", None, {**COIN, "label": ours}, {**COIN, "label": theirs})["label"] == label


def test_what_is_kept_is_told_where_the_source_changed_it_too() -> None:
    before, here, now = ({**COIN, "label": value} for value in ("a", "Kraken deposit", "OTC desk"))
    merged = merge_told(built_in("utxos"), before, here, now, Telling(9))
    assert merged.notices() == ['label kept: "Kraken deposit" here, "OTC desk" in the wallet']
    assert merge_told(built_in("utxos"), before, here, before, Telling(9)).notices() == []


@pytest.mark.parametrize("base", [None, COIN, {**COIN, "amount_sat": 6}])
def test_a_fact_is_the_sources_whoever_wrote_it_here(base: dict[str, Any] | None) -> None:
    assert told("utxos", base, {**COIN, "amount_sat": 6, "address": "y"}, COIN) == COIN


def test_what_the_source_does_not_know_stays_whatever_its_name() -> None:
    more = {"confirmations": 3, "spendable": False, "of_a_later_schema": 1}
    assert told("utxos", COIN, {**COIN, **more}, {**COIN, "label": "b"}) == {**COIN, **more, "label": "b"}


def test_a_mark_that_the_source_does_not_tell_any_more_goes() -> None:
    mark = {"replaced_by": "b" * 64, "in_mempool": False, "abandoned": True}
    assert told("transactions", mark, mark, {}) == {}
    assert told("transactions", {}, mark | {"in_mempool": False}, {}) == mark
    assert told("transactions", mark, {}, mark) == {"in_mempool": False}


def test_a_number_is_not_undone_by_none() -> None:
    record = {"fee_sat": 7, "inputs": [{"txid": "b" * 64, "vout": 1, "amount_sat": 5}]}
    silent = {"fee_sat": None, "inputs": [{"txid": "b" * 64, "vout": 1, "amount_sat": None}]}
    assert told("transactions", None, record, silent) == record
    assert told("transactions", None, silent, record) == record
    assert told("transactions", silent, record, {**record, "fee_sat": 8})["fee_sat"] == 8


def test_the_outputs_are_as_the_source_tells_them() -> None:
    ours, theirs = (
        {"outputs": [{**OUTPUT, "amount_sat": 6, "spent": False}]},
        {"outputs": [OUTPUT, {**OUTPUT, "vout": 1}]},
    )
    assert told("transactions", None, ours, theirs) == theirs


def test_an_index_once_used_stays_used() -> None:
    ours, theirs = {**DESCRIPTOR, "next_index": 9, "label": "savings"}, {**DESCRIPTOR, "gap_limit": 100}
    assert told("descriptors", DESCRIPTOR, ours, theirs) == {**ours, "gap_limit": 100}


@pytest.mark.parametrize(("tip", "height"), [(6, 7), (7, None), (9, None)])
def test_a_block_above_its_tip_is_one_that_the_source_has_not_seen(tip: int, height: int | None) -> None:
    seen = {**COIN, "block_height": 7, "block_hash": "c" * 64}
    assert told("utxos", COIN, seen, COIN, tip)["block_height"] == height
    assert told("utxos", seen, seen, COIN, tip)["block_height"] is None


def test_a_block_keeps_its_hash_where_the_source_does_not_tell_it() -> None:
    seen = {**COIN, "block_height": 7, "block_hash": "c" * 64}
    assert told("utxos", None, seen, {**COIN, "block_height": 7}) == seen


def merged(kind_name: str, *sides: Any) -> Any:
    kind = built_in(kind_name)
    files = [codec.encode_file(kind, side) if side is not None else b"" for side in sides]
    merge = merge_files(kind, files[0], files[1], files[2], Options(Style, into_ours=True, telling=Telling(9)))
    assert merge.conflicts == []
    return codec.parse(kind, merge.content)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        ([], [COIN], [], [COIN]),
        ([], [], [COIN], [COIN]),
        ([COIN], [{**COIN, "label": "rent"}], [], []),
        ([COIN], [{**COIN, "amount_sat": 6}], [], []),
        ([COIN], [], [{**COIN, "block_height": 7}], []),
        ([COIN], [{**COIN, "amount_sat": 6}], [COIN], [COIN]),
    ],
)
def test_no_record_is_ever_contested(base: Any, ours: Any, theirs: Any, result: Any) -> None:
    assert merged("utxos", base, ours, theirs) == result


@pytest.mark.parametrize(("ours", "theirs", "height"), [(7, 9, 9), (9, 7, 9), (8, 8, 8)])
def test_the_higher_tip_stays_and_of_two_equal_ones_the_sources(ours: int, theirs: int, height: int) -> None:
    chain = {"network": "regtest", "block_hash": "a" * 64, "block_time": 1}
    sides = [{**chain, "block_height": 6}, {**chain, "block_height": ours},
             {**chain, "block_height": theirs, "block_hash": "b" * 64}]  # fmt: skip
    told_chain = merged("chain", *sides)
    assert told_chain["block_height"] == height
    assert ours != theirs or told_chain["block_hash"] == "b" * 64


def test_whether_an_output_is_spent_is_not_told_by_one_source() -> None:
    ours, theirs = ({"outputs": [{**OUTPUT, "spent": spent}]} for spent in (True, False))
    assert told("transactions", None, ours, theirs) == ours
    assert told("transactions", ours, theirs, ours) == theirs
