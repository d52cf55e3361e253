"""The table of verdicts on snapshots made by hand."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.spends.evidence import Evidence
from gitbtc.spends.verdicts import Case, judge, judge_all, networks_differ
from tests.state import coin, pending, spend

A, B = spend("aa", coin(0)), spend("bb", coin(0))
HELD = {"utxos": [coin(0)]}


def snapshot(**files: Any) -> Evidence:
    return Evidence(lambda kind: json.dumps(files[kind]).encode() if kind in files else b"")


def verdict(base: dict[str, Any], one: dict[str, Any], other: dict[str, Any]) -> str:
    """`row type notice` of the one outpoint that is touched, the same whichever side is ours."""
    told = []
    for sides in ((one, other), (other, one)):
        found = judge(Case((coin(0)["txid"], 0), snapshot(**base), *(snapshot(**side) for side in sides)))
        told.append(" ".join(str(part) for part in (found.row, found.type, found.notice) if part))
    assert told[0] == told[1]
    return told[0]


def event(transaction: dict[str, Any], *outpoints: str) -> dict[str, Any]:
    return {
        "timestamp": 1,
        "event_type": "custom",
        "txid": transaction["txid"],
        "outpoints": list(outpoints),
        "note": "",
    }


sides = st.fixed_dictionaries({}, optional={
    "utxos": st.just([coin(0)]),
    "transactions": st.sampled_from([[A], [B], [A | {"confirmed": True}], [B | {"abandoned": True}]]),
    "mempool": st.sampled_from([[pending(A)], [pending(B)]]),
})  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "row"),
    [
        ({"transactions": [A]}, {"transactions": [A]}, "1"),
        ({"transactions": [A]}, {"mempool": [pending(A)]}, "1"),
        ({"transactions": [A | {"confirmed": True}]}, {"execution": [event(A, f"{coin(0)['txid']}:0")]}, "1"),
        ({"transactions": [A]}, {}, "2 unattributed"),
        ({"mempool": [pending(A)]}, {}, "2 unattributed"),
        ({}, {}, "3 double_spend_candidate"),
        ({"transactions": [A]}, HELD, "4"),
        ({}, HELD, "4"),
        ({"transactions": [A]}, {"transactions": [B]}, "8 double_spend"),
        ({"transactions": [A]}, {"mempool": [pending(B)]}, "8 double_spend"),
        ({"mempool": [pending(A)]}, HELD | {"mempool": [pending(B)]}, "8 double_spend"),
        ({"transactions": [A]}, {"execution": [event(B, f"{coin(0)['txid']}:0")]}, "8 double_spend"),
        ({"utxos": [coin(0, amount_sat=7)]}, HELD, "14 data_error"),
        ({"utxos": [coin(0, address="elsewhere")]}, {"utxos": []}, "14 data_error"),
    ],
)
def test_the_verdict_on_one_coin(one: dict[str, Any], other: dict[str, Any], row: str) -> None:
    assert verdict(HELD, one, other) == row


def test_a_transaction_that_lost_claims_nothing() -> None:
    for mark in ({"replaced_by": "cc" * 32}, {"abandoned": True}):
        assert verdict(HELD, {"transactions": [A | mark]} | HELD, {"transactions": [B]}) == "4"


def test_a_child_that_spends_its_parents_output_is_no_double_spend() -> None:
    parent = spend("parent", coin(0))
    child = spend("child", coin(0, parent["txid"]))
    found = judge_all(snapshot(**HELD), snapshot(transactions=[parent]), snapshot(transactions=[parent, child]))
    assert not any(verdict.type for verdict in found)


def test_a_batch_that_each_side_saw_in_part_is_clean() -> None:
    batch = spend("batch", coin(0), coin(1))
    base = {"utxos": [coin(0), coin(1)]}
    one = {"utxos": [coin(1)], "transactions": [batch]}
    other = {"utxos": [coin(0)], "transactions": [batch]}
    found = list(judge_all(snapshot(**base), snapshot(**one), snapshot(**other)))
    assert [(verdict.row, verdict.type) for verdict in found] == [(1, ""), (1, "")]


def test_a_spend_that_the_common_ancestor_saw_is_not_reported_again() -> None:
    base = {"transactions": [A]}
    assert verdict(base, {"transactions": [A]}, {"transactions": [A | {"replaced_by": B["txid"]}, B]}) == "4"


def test_two_replacements_of_one_transaction_are_a_double_spend() -> None:
    base = {"transactions": [A]}
    one, other = ([A | {"replaced_by": new["txid"]}, new] for new in (B, spend("cc", coin(0))))
    assert verdict(base, {"transactions": one}, {"transactions": other}) == "8 double_spend"


@given(st.sampled_from([{}, HELD]), sides, sides)
def test_no_conflict_is_left_out_for_speed(base: dict[str, Any], one: dict[str, Any], other: dict[str, Any]) -> None:
    snapshots = [snapshot(**files) for files in (base, one, other)]
    outpoint = (coin(0)["txid"], 0)
    found = {verdict.outpoint for verdict in judge_all(*snapshots) if verdict.type}
    assert (outpoint in found) is bool(judge(Case(outpoint, *snapshots)).type)


def test_two_descriptions_of_a_coin_that_base_did_not_have() -> None:
    [found] = judge_all(snapshot(), snapshot(utxos=[coin(0)]), snapshot(utxos=[coin(0, amount_sat=3)]))
    assert (found.row, found.type) == (14, "data_error")


def test_networks() -> None:
    chains = [snapshot(chain={"network": name}) for name in ("main", "regtest")]
    assert networks_differ(*chains)
    assert not networks_differ(chains[0], chains[0])
    assert not networks_differ(chains[0], snapshot())


def test_a_reservation_spends_nothing() -> None:
    reserved = event(A, f"{coin(0)['txid']}:0") | {"event_type": "reserve"}
    assert not snapshot(execution=[reserved]).claims


@given(st.sampled_from([{}, HELD]), sides, sides)
def test_the_order_of_the_sides_changes_nothing(
    base: dict[str, Any], one: dict[str, Any], other: dict[str, Any]
) -> None:
    results = []
    for ordered in ((one, other), (other, one)):
        found = judge_all(snapshot(**base), *(snapshot(**side) for side in ordered))
        results.append([(verdict.outpoint, verdict.row, verdict.type, verdict.notice) for verdict in found])
    assert results[0] == results[1]


@given(sides, sides)
def test_two_live_transactions_new_on_the_two_sides_are_never_clean(one: dict[str, Any], other: dict[str, Any]) -> None:
    spenders = [snapshot(**side).spender((coin(0)["txid"], 0)) for side in (one, other)]
    verdicts = list(judge_all(snapshot(**HELD), snapshot(**one), snapshot(**other)))
    if None not in spenders and len(set(spenders)) == 2:
        assert [verdict.type for verdict in verdicts] == ["double_spend"]


def test_every_kind_of_evidence_is_weighed_by_its_strength() -> None:
    outpoint = (coin(0)["txid"], 0)
    weighed: list[dict[str, Any]] = [
        {"execution": [event(A, f"{outpoint[0]}:0")]},
        {"transactions": [A]},
        {"mempool": [pending(A)]},
        {"transactions": [A | {"confirmed": True}]},
    ]
    strengths = [snapshot(**files).claimants(outpoint)[A["txid"]] for files in weighed]
    assert all(weak < strong for weak, strong in itertools.pairwise(strengths))
