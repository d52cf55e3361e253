from __future__ import annotations

from typing import Any

import pytest

from gitbtc.kinds.registry import built_in
from gitbtc.merge.records import changes_fixed_facts, changes_only_measures, merge_record

COIN = {"txid": "a" * 64, "vout": 0, "amount_sat": 5, "script_type": "p2wpkh", "address": "x", "block_height": None,
        "coinbase": False, "label": None}  # fmt: skip
CHANNEL = {"channel_id": "1x1x1", "local_balance_sat": 50, "remote_balance_sat": 50, "unsettled_balance_sat": 0,
           "htlc_count": 0, "capacity_sat": 100, "is_active": True}  # fmt: skip


def merged(kind: str, base: dict[str, Any] | None, ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """The merged record, the same whichever side is ours."""
    results = [
        merge_record(built_in(kind), base, *sides, into_ours=False) for sides in ((ours, theirs), (theirs, ours))
    ]
    assert all(not result.contested for result in results), results[0].type
    assert results[0].ours == results[1].ours == results[0].theirs
    return results[0].ours


def contested(kind: str, base: dict[str, Any] | None, ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """The type of the conflict, the same whichever side is ours."""
    one = merge_record(built_in(kind), base, ours, theirs, into_ours=False)
    other = merge_record(built_in(kind), base, theirs, ours, into_ours=False)
    assert one.contested == other.contested
    assert (one.ours, one.theirs) == (other.theirs, other.ours)
    assert one.type == other.type
    return f"{one.type}: {','.join(one.contested)}"


def test_changes_of_different_fields_come_together() -> None:
    result = merged("utxos", COIN, COIN | {"label": "rent"}, COIN | {"block_height": 7, "block_hash": "b" * 64})
    assert result == COIN | {"label": "rent", "block_height": 7, "block_hash": "b" * 64}


def test_two_new_labels_are_contested_and_nothing_else_is_lost() -> None:
    ours, theirs = COIN | {"label": "rent", "confirmations": 3}, COIN | {"label": "salary", "block_height": 7}
    assert contested("utxos", COIN, ours, theirs) == "edit: label"
    result = merge_record(built_in("utxos"), COIN, ours, theirs, into_ours=False)
    assert result.ours == COIN | {"label": "rent", "confirmations": 3, "block_height": 7}
    assert result.theirs == COIN | {"label": "salary", "confirmations": 3, "block_height": 7}


@pytest.mark.parametrize("field", ["amount_sat", "script_type", "address", "coinbase"])
def test_what_the_txid_commits_to_cannot_have_two_values(field: str) -> None:
    assert contested("utxos", COIN, COIN | {"label": "x"}, COIN | {field: 6}) == f"data_error: {field}"


def test_a_fault_in_the_facts_outranks_a_difference_of_opinion() -> None:
    ours, theirs = COIN | {"label": "a", "amount_sat": 6}, COIN | {"label": "b", "amount_sat": 7}
    assert contested("utxos", COIN, ours, theirs) == "data_error: amount_sat,label"


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        ((None, None), (7, "b"), (None, None), (7, "b")),  # confirmed beats unconfirmed
        ((7, "b"), (None, None), (7, "b"), (None, None)),  # reorganised away, and the other has not noticed
        ((None, None), (7, None), (7, "b"), (7, "b")),  # two views of one block: the fuller one
        ((5, "a"), (7, "b"), (7, None), (7, "b")),
    ],
)
def test_a_block_is_one_value(base: Any, ours: Any, theirs: Any, result: Any) -> None:
    sides = [COIN | dict(zip(("block_height", "block_hash"), side, strict=True)) for side in (base, ours, theirs)]
    got = merged("utxos", sides[0], sides[1] | {"label": "x"}, sides[2])
    assert (got["block_height"], got["block_hash"]) == result


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        ((None, None), (7, "b"), (7, "c")),
        ((None, None), (7, "b"), (8, "b")),
        ((5, "a"), (None, None), (8, "c")),
    ],
)
def test_two_blocks_for_one_coin_are_a_reorg(base: Any, ours: Any, theirs: Any) -> None:
    sides = [COIN | dict(zip(("block_height", "block_hash"), side, strict=True)) for side in (base, ours, theirs)]
    assert contested("utxos", *sides).startswith("reorg: block_")


def test_confirmations_take_the_larger_of_two_new_values_and_never_conflict() -> None:
    counts = [COIN | {"confirmations": number} for number in (5, 8, 11)]
    assert merged("utxos", *counts)["confirmations"] == 11
    assert merged("utxos", counts[2], counts[0], counts[2])["confirmations"] == 5
    assert merged("utxos", None, COIN, counts[0])["confirmations"] == 5


def test_the_earlier_time_of_a_label_stays() -> None:
    times = [{"address": "a", "label": "l", "category": "fee", "created_at": time} for time in (9, 5, 7)]
    assert merged("labels", None, times[1], times[2])["created_at"] == 5
    assert merged("labels", *times)["created_at"] == 5


def test_an_unknown_fee_gives_way_and_two_fees_are_an_error_in_the_data() -> None:
    fees = [{"txid": "a", "fee_sat": fee} for fee in (None, 10, 11)]
    assert merged("transactions", fees[0], fees[0] | {"label": "x"}, fees[1])["fee_sat"] == 10
    assert merged("transactions", None, fees[0], fees[1])["fee_sat"] == 10
    assert contested("transactions", fees[0], fees[1], fees[2]) == "data_error: fee_sat"


def outputs(*spent: bool, amount: int = 1) -> dict[str, Any]:
    rows = [
        {"vout": number, "amount_sat": amount, "address": None, "script_type": "p2tr", "spent": flag}
        for number, flag in enumerate(spent)
    ]
    return {"txid": "a", "outputs": rows}


def test_each_output_of_a_transaction_is_merged_by_itself() -> None:
    result = merged("transactions", outputs(False, False), outputs(True, False), outputs(False, True))
    assert result == outputs(True, True)


def test_spent_wins_without_a_base_and_unspent_again_wins_with_one() -> None:
    assert merged("transactions", None, outputs(True), outputs(False)) == outputs(True)
    assert merged("transactions", outputs(True), outputs(False), outputs(True)) == outputs(False)


def test_outputs_of_other_amounts_or_numbers_are_an_error_in_the_data() -> None:
    before = outputs(False)
    assert contested("transactions", before, outputs(True), outputs(False, amount=2)) == "data_error: outputs"
    assert contested("transactions", before, outputs(True), outputs(False, False)) == "data_error: outputs"


def test_balances_of_two_moments_are_never_mixed() -> None:
    ours = CHANNEL | {"local_balance_sat": 40, "remote_balance_sat": 60}
    theirs = CHANNEL | {"local_balance_sat": 30, "unsettled_balance_sat": 20}
    names = "local_balance_sat,remote_balance_sat,unsettled_balance_sat"
    assert contested("channels", CHANNEL, ours, theirs) == f"edit: {names}"
    assert merged("channels", CHANNEL, ours, CHANNEL | {"is_active": False}) == ours | {"is_active": False}


def test_gap_limit_and_next_index_grow() -> None:
    base = {"id": "i", "gap_limit": 20, "next_index": 3}
    assert merged("descriptors", base, base | {"gap_limit": 30, "next_index": 4}, base | {"next_index": 9}) == (
        base | {"gap_limit": 30, "next_index": 9}
    )


def test_true_is_not_one() -> None:
    assert contested("channels", CHANNEL, CHANNEL | {"is_active": 1}, CHANNEL | {"is_active": False}).startswith("edit")
    both = merge_record(built_in("channels"), CHANNEL, CHANNEL | {"x": 1}, CHANNEL | {"x": True}, into_ours=False)
    assert both.contested == ["x"]


def test_a_field_that_a_side_takes_out_is_a_change() -> None:
    with_hash = COIN | {"confirmations": 1}
    assert merged("utxos", with_hash, COIN, with_hash | {"label": "x"}) == COIN | {"label": "x"}
    assert contested(
        "utxos", COIN | {"label": "a"}, {**COIN, "label": "b"}, {k: v for k, v in COIN.items() if k != "label"}
    )


def test_which_changes_touch_fixed_facts() -> None:
    kind = built_in("transactions")
    assert changes_fixed_facts(kind, outputs(False), outputs(False, amount=2))
    assert not changes_fixed_facts(kind, outputs(False), outputs(True))
    assert changes_fixed_facts(built_in("utxos"), COIN, COIN | {"amount_sat": 1})
    assert not changes_fixed_facts(built_in("utxos"), COIN, COIN | {"label": "x"})


def test_which_changes_are_only_fresher_views() -> None:
    kind = built_in("descriptors")
    base = {"id": "i", "gap_limit": 20, "next_index": 3, "label": None}
    assert changes_only_measures(kind, base, base | {"next_index": 4})
    assert not changes_only_measures(kind, base, base | {"next_index": 4, "label": "x"})
