from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.diff.operations import Operation, apply, changed_fields, operations
from gitbtc.errors import GitbtcError
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import Kinds, built_in
from tests.made_state import coin
from tests.strategies import STRATEGY, files, histories, kinds

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind

UTXOS, CHAIN, PRICES = built_in("utxos"), built_in("chain"), built_in("prices")
SETTINGS = built_in("strategy")
TIP = {"network": "regtest", "block_height": 5, "block_hash": "ab" * 32, "block_time": 1_700_000_000}


def documents(kind: Kind, old: Any, new: Any) -> list[dict[str, Any]]:
    before, after = (b"" if side is None else codec.encode_file(kind, side) for side in (old, new))
    return [operation.document() for operation in operations(kind, kind.path, before, after)]


# -- properties ------------------------------------------------------------------------------------------------------


@given(st.data(), kinds)
def test_applying_the_operations_to_the_old_version_gives_the_new_one(data: st.DataObject, kind: Kind) -> None:
    old, new = data.draw(histories(kind, 1))
    assert apply(kind, old, operations(kind, kind.path, old, new)) == new
    assert apply(kind, new, operations(kind, kind.path, new, old)) == old


@given(st.data(), kinds)
def test_a_file_that_comes_or_goes_is_its_records_coming_or_going(data: st.DataObject, kind: Kind) -> None:
    content = data.draw(files(kind))
    assert apply(kind, b"", operations(kind, kind.path, b"", content)) == content
    assert apply(kind, content, operations(kind, kind.path, content, b"")) == codec.canonical(kind, b"")


@given(st.data(), kinds)
def test_the_layout_is_no_difference(data: st.DataObject, kind: Kind) -> None:
    old, new = data.draw(histories(kind, 1))
    spread = json.dumps(codec.parse(kind, old), indent=2).encode()
    assert operations(kind, kind.path, old, spread) == []
    assert apply(kind, spread, operations(kind, kind.path, spread, new)) == new


values = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.0, 1.0, -0.0, 0.5, "", "a"])
nested = st.recursive(values, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("k"), inner))


@given(st.dictionaries(st.sampled_from("abc"), nested), st.dictionaries(st.sampled_from("abc"), nested))
def test_a_register_of_any_shape_is_followed(old: dict[str, Any], new: dict[str, Any]) -> None:
    before, after = codec.encode_file(CHAIN, old), codec.encode_file(CHAIN, new)
    assert apply(CHAIN, before, operations(CHAIN, "c", before, after)) == after


@given(st.data(), kinds)
def test_operations_that_do_not_fit_are_refused(data: st.DataObject, kind: Kind) -> None:
    old, new = data.draw(histories(kind, 1))
    made = operations(kind, kind.path, old, new)
    if made:
        with pytest.raises(GitbtcError):
            apply(kind, new, made)


# -- vocabulary ------------------------------------------------------------------------------------------------------


def test_a_record_that_comes_is_inserted_whole() -> None:
    (told,) = documents(UTXOS, [], [coin(0)])
    line = codec.encode_record(UTXOS, coin(0))
    assert told == {
        "op": "insert", "address": f"wallet/utxos.json::{'f0' * 32}:0", "content_id": codec.content_id(line),
        "record": coin(0),
    }  # fmt: skip


def test_a_record_that_goes_is_deleted_with_what_it_was() -> None:
    (told,) = documents(UTXOS, [coin(0)], None)
    assert (told["op"], told["record"]) == ("delete", coin(0))


def test_a_mutation_tells_null_from_absent() -> None:
    (told,) = documents(UTXOS, [coin(0)], [coin(0, label="rent", block_hash=None)])
    assert told["op"] == "mutate"
    assert told["fields"] == {"label": {"old": None, "new": "rent"}, "block_hash": {"new": None}}
    assert told["content_id"] == codec.content_id(codec.encode_record(UTXOS, coin(0, label="rent", block_hash=None)))


def test_a_log_entry_never_becomes_another_one() -> None:
    reading = {"timestamp": 5, "block_height": None, "price_usd": 60000, "source": "x"}
    told = documents(PRICES, [reading], [{**reading, "block_height": 9}])
    assert sorted(each["op"] for each in told) == ["delete", "insert"]


def test_a_member_of_an_object_file_is_replaced() -> None:
    (told,) = documents(SETTINGS, STRATEGY, {**STRATEGY, "simulation_mode": False})
    line = b'"simulation_mode":false'
    assert told == {
        "op": "replace", "address": "strategy/agent.json::simulation_mode", "content_id": codec.content_id(line),
        "old": True, "new": False,
    }  # fmt: skip


def test_a_register_is_one_record() -> None:
    (told,) = documents(CHAIN, TIP, {**TIP, "block_height": 6})
    assert (told["op"], told["address"]) == ("mutate", "network/chain.json::chain")
    assert told["fields"] == {"block_height": {"old": 5, "new": 6}}
    assert documents(CHAIN, None, TIP)[0]["record"] == TIP


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (5, 5.0), (0.0, -0.0), ([1], [True]), ({"a": 5}, {"a": 5.0}), (None, False)]
)
def test_values_that_python_takes_for_equal_differ(one: Any, other: Any) -> None:
    assert changed_fields({"x": one}, {"x": other}) == ["x"]


def test_what_does_not_parse_is_said() -> None:
    with pytest.raises(Malformed):
        operations(UTXOS, "p", b"[]\n", b"{")


def test_an_added_kind_has_operations_too() -> None:
    kind = Kinds(str(Path(__file__).parents[1] / "kinds" / "schemas")).load("vtxos")
    record = {"txid": "aa" * 32, "vout": 1, "amount_sat": 5}
    old, new = codec.encode_file(kind, [record]), codec.encode_file(kind, [{**record, "amount_sat": 6}])
    made = operations(kind, "ark/vtxos.json", old, new)
    assert [operation.fields for operation in made] == [{"amount_sat": {"old": 5, "new": 6}}]
    assert apply(kind, old, made) == new


def test_the_address_names_the_file_and_the_record() -> None:
    operation = Operation(UTXOS, "treasury/wallet/utxos.json", ("ab" * 32, 7), None, coin(7, "ab" * 32))
    assert operation.address == f"treasury/wallet/utxos.json::{'ab' * 32}:7"
