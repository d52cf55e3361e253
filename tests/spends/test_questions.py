"""The rows of the table on views made by hand."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends.evidence import Evidence
from gitbtc.spends.fates import Fates
from gitbtc.spends.questions import Questions, Verdict
from gitbtc.spends.testimony import Views
from tests.made_state import coin, pending, spend

A, B = spend("aa", coin(0)), spend("bb", coin(0))
BUMP = spend("bump", coin(0), fee=2000)
HELD = {"utxos": [coin(0)]}


def snapshot(**files: Any) -> Evidence:
    return Evidence(lambda kind: json.dumps(files[kind]).encode() if kind in files else b"")


def judge_all(base: Evidence, *heads: Evidence) -> list[Verdict]:
    questions = Questions(Fates(Views(base, heads)))
    return [*questions.asked, *questions.told]


def verdict(base: dict[str, Any], one: dict[str, Any], other: dict[str, Any]) -> str:
    """`row name` of the one outpoint that is touched, the same whichever side is ours; "" where nothing is said."""
    told = []
    for sides in ((one, other), (other, one)):
        found = judge_all(snapshot(**base), *(snapshot(**side) for side in sides))
        about = [one for one in found if one.outpoint == (coin(0)["txid"], 0)]
        told.append("".join(f"{one.row.number} {one.row.name}" for one in about))
    assert told[0] == told[1]
    return told[0]


def mined(transaction: dict[str, Any], height: int, **changes: Any) -> dict[str, Any]:
    return transaction | {"confirmed": True, "block_height": height, "block_time": 1_700_000_000} | changes


def event(transaction: dict[str, Any], *outpoints: str) -> dict[str, Any]:
    return {
        "timestamp": 1,
        "event_type": "custom",
        "txid": transaction["txid"],
        "outpoints": list(outpoints),
        "note": "",
    }


def reserve(agent: str, until: int | None = None, event_type: str = "reserve", minute: int = 1) -> dict[str, Any]:
    made = event({"txid": None}, f"{coin(0)['txid']}:0") | {"event_type": event_type, "agent": agent}
    return made | {"timestamp": minute} | ({"expires_height": until} if until else {})


def release(agent: str) -> dict[str, Any]:
    return reserve(agent, None, "release", 2)


def spending(agent: str, transaction: dict[str, Any]) -> dict[str, Any]:
    return event(transaction, f"{coin(0)['txid']}:0") | {"agent": agent}


sides = st.fixed_dictionaries({}, optional={
    "utxos": st.just([coin(0)]),
    "transactions": st.sampled_from([[A], [B], [A | {"confirmed": True}], [B | {"abandoned": True}]]),
    "mempool": st.sampled_from([[pending(A)], [pending(B)]]),
})  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "row"),
    [
        ({"transactions": [A]}, {"transactions": [A]}, ""),
        ({"transactions": [A]}, {"mempool": [pending(A)]}, ""),
        ({"transactions": [A | {"confirmed": True}]}, {"execution": [event(A, f"{coin(0)['txid']}:0")]}, ""),
        ({"transactions": [A]}, {}, "2 unattributed"),
        ({"mempool": [pending(A)]}, {}, "2 unattributed"),
        ({}, {}, "3 double_spend_candidate"),
        ({"transactions": [A]}, HELD, ""),
        ({}, HELD, ""),
        ({"transactions": [A]}, {"transactions": [B]}, "8 double_spend"),
        ({"transactions": [A]}, {"mempool": [pending(B)]}, "8 double_spend"),
        ({"mempool": [pending(A)]}, HELD | {"mempool": [pending(B)]}, "8 double_spend"),
        ({"transactions": [A]}, {"execution": [event(B, f"{coin(0)['txid']}:0")]}, "8 double_spend"),
        ({"transactions": [mined(A, 5)]}, {"transactions": [B]}, "5 conflicted"),
        ({"transactions": [mined(A, 5)]}, {"mempool": [pending(B)]}, "5 conflicted"),
        ({"transactions": [A]}, {"transactions": [A | {"replaced_by": BUMP["txid"]}, BUMP]}, "6 replaced"),
        (
            {"transactions": [A]},
            {"mempool": [pending(BUMP) | {"replaces": [A["txid"]]}], "transactions": [BUMP]},
            "6 replaced",
        ),
        ({"transactions": [A]}, {"transactions": [A | {"replaced_by": B["txid"]}, B]}, "7 rbf_unproven"),
        (
            {"transactions": [A]},
            {"transactions": [A | {"replaced_by": BUMP["txid"]}, BUMP | {"fee_sat": None}]},
            "7 rbf_unproven",
        ),
        (
            {"transactions": [A]},
            {"transactions": [A | {"replaced_by": BUMP["txid"]}, BUMP | {"weight": 80_000}]},
            "7 rbf_unproven",
        ),
        (
            {"transactions": [A]},
            {"transactions": [A | {"replaced_by": B["txid"]}, B | {"replaced_by": BUMP["txid"]}, BUMP]},
            "6 replaced",
        ),
        ({"transactions": [mined(A, 5)]}, {"transactions": [mined(B, 6)]}, "9 reorg"),
        (
            {"transactions": [mined(A, 5, block_hash="aa" * 32)]},
            {"transactions": [mined(B, 5, block_hash="bb" * 32)]},
            "9 reorg",
        ),
        ({"transactions": [mined(A, 5)]}, {"transactions": [mined(B, 5)]}, "9 data_error"),
        ({"execution": [reserve("ann")]} | HELD, {"transactions": [A]}, "16 reservation"),
        ({"execution": [reserve("ann")]} | HELD, {"transactions": [A], "execution": [spending("ann", A)]}, ""),
        ({"execution": [reserve("ann")]} | HELD, {"execution": [reserve("bob")]} | HELD, "16 reservation"),
        ({"execution": [reserve("ann"), release("ann")]} | HELD, {"execution": [reserve("bob")]} | HELD, ""),
        (
            {"execution": [reserve("ann", 10)], "chain": {"block_height": 9}} | HELD,
            {"transactions": [A], "chain": {"block_height": 10}},
            "16 reservation",
        ),
        (
            {"execution": [reserve("ann", 10)], "chain": {"block_height": 9}} | HELD,
            {"transactions": [A], "chain": {"block_height": 11}},
            "",
        ),
        ({"utxos": [coin(0, amount_sat=7)]}, HELD, "14 data_error"),
        ({"utxos": [coin(0, address="elsewhere")]}, {"utxos": []}, "14 data_error"),
    ],
)
def test_the_verdict_on_one_coin(one: dict[str, Any], other: dict[str, Any], row: str) -> None:
    assert verdict(HELD, one, other) == row


@pytest.mark.parametrize(
    ("base", "one", "other", "row"),
    [
        # A coin that is back: row 13.
        ({"mempool": [pending(A)]}, HELD, {"mempool": [pending(A)]}, ""),
        ({"transactions": [A]}, HELD | {"transactions": [A | {"abandoned": True}]}, {"transactions": [A]}, ""),
        ({"transactions": [A]}, HELD | {"transactions": [A | {"abandoned": True}]},
         {"transactions": [A], "mempool": [pending(A)]}, ""),
        ({"transactions": [A]}, HELD | {"transactions": [A | {"abandoned": True}]}, {"transactions": [mined(A, 5)]},
         "13 restored"),
        ({"mempool": [pending(A)]}, HELD, {"transactions": [mined(A, 5)]}, "13 restored"),
        # A confirmation is news, although base knew the transaction.
        ({"transactions": [A]}, {"transactions": [A | {"replaced_by": BUMP["txid"]}, BUMP]},
         {"transactions": [mined(A, 5)]}, "5 conflicted"),
        # A reservation that both sides know binds whoever spends as somebody else.
        (HELD | {"execution": [reserve("ann")]}, HELD | {"execution": [reserve("ann")]},
         {"transactions": [A], "execution": [reserve("ann"), spending("bob", A)]}, "16 reservation"),
        (HELD | {"execution": [reserve("ann")]}, HELD | {"execution": [reserve("ann")]},
         {"transactions": [A], "execution": [reserve("ann")]}, ""),
        (HELD | {"execution": [reserve("ann")]}, HELD | {"execution": [reserve("ann"), release("ann")]},
         HELD | {"execution": [reserve("ann"), reserve("bob")]}, ""),
    ],
)  # fmt: skip
def test_the_verdict_on_a_coin_that_base_tells_otherwise(
    base: dict[str, Any], one: dict[str, Any], other: dict[str, Any], row: str
) -> None:
    assert verdict(base, one, other) == row


@pytest.mark.parametrize(("mine", "winner"), [(mined(A, 5), A), (A, BUMP)])
def test_who_wins_without_being_asked(mine: dict[str, Any], winner: dict[str, Any]) -> None:
    replacement = {"transactions": [A | {"replaced_by": BUMP["txid"]}, BUMP]}
    [found] = list(judge_all(snapshot(**HELD), snapshot(transactions=[mine]), snapshot(**replacement)))
    assert not found.type
    assert found.winner == winner["txid"]
    assert found.losers == {A["txid"], BUMP["txid"]} - {winner["txid"]}


def change_of(transaction: dict[str, Any]) -> dict[str, Any]:
    return coin(0, transaction["txid"], amount_sat=transaction["outputs"][0]["amount_sat"])


def test_what_was_built_on_a_transaction_that_lost_is_contested() -> None:
    """Row 10: ours replaced the parent, theirs has paid with its change since."""
    child = spend("child", change_of(A))
    base = {"utxos": [change_of(A)], "transactions": [A]}
    one = {"utxos": [change_of(BUMP)], "transactions": [A | {"replaced_by": BUMP["txid"]}, BUMP]}
    found = list(judge_all(snapshot(**base), snapshot(**one), snapshot(transactions=[A, child])))
    assert [(told.row.number, told.type, told.outpoint) for told in found if told.type] == [
        (10, "descendant", (A["txid"], 0))
    ]


def test_what_was_built_on_a_contested_transaction_is_in_the_conflict_too() -> None:
    child = spend("child", change_of(A))
    grandchild = spend("grandchild", change_of(child))
    one = {"utxos": [change_of(grandchild)], "transactions": [A, child, grandchild]}
    found = list(judge_all(snapshot(**HELD), snapshot(**one), snapshot(transactions=[B])))
    contested = {told.outpoint: told for told in found if told.type}
    assert {outpoint: told.type for outpoint, told in contested.items()} == {
        (coin(0)["txid"], 0): "double_spend",
        (A["txid"], 0): "descendant",
        (child["txid"], 0): "descendant",
    }
    parent = contested[A["txid"], 0].parent
    assert parent is not None
    assert parent.outpoint == (coin(0)["txid"], 0)


def test_a_confirmed_child_says_that_its_parent_is_confirmed() -> None:
    child = mined(spend("child", change_of(A)), 7)
    found = judge_all(snapshot(**HELD), snapshot(transactions=[A, child]), snapshot(transactions=[B]))
    assert [(told.row.number, told.winner) for told in found if told.losers] == [(5, A["txid"])]


def test_a_transaction_that_lost_claims_nothing() -> None:
    for mark in ({"replaced_by": "cc" * 32}, {"abandoned": True}):
        assert verdict(HELD, {"transactions": [A | mark]} | HELD, {"transactions": [B]}) == ""


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
    assert not found


def test_a_spend_that_the_common_ancestor_saw_is_not_reported_again() -> None:
    base = {"transactions": [A]}
    assert verdict(base, {"transactions": [A]}, {"transactions": [A | {"replaced_by": B["txid"]}, B]}) == ""


def test_two_replacements_of_one_transaction_are_a_double_spend() -> None:
    base = {"transactions": [A]}
    one, other = ([A | {"replaced_by": new["txid"]}, new] for new in (B, spend("cc", coin(0))))
    assert verdict(base, {"transactions": one}, {"transactions": other}) == "8 double_spend"


def test_two_descriptions_of_a_coin_that_base_did_not_have() -> None:
    [found] = judge_all(snapshot(), snapshot(utxos=[coin(0)]), snapshot(utxos=[coin(0, amount_sat=3)]))
    assert (found.row.number, found.type) == (14, "data_error")


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
        results.append([(verdict.outpoint, verdict.row, verdict.parties) for verdict in found])
    assert results[0] == results[1]


@given(sides, sides)
def test_two_live_transactions_new_on_the_two_sides_are_a_conflict_or_one_of_them_loses(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    spenders = [snapshot(**side).spender((coin(0)["txid"], 0)) for side in (one, other)]
    verdicts = list(judge_all(snapshot(**HELD), snapshot(**one), snapshot(**other)))
    if None not in spenders and len(set(spenders)) == 2:
        [found] = verdicts
        assert found.type or found.losers or found.row.name == "restored"


@given(st.sampled_from([{}, HELD, {"transactions": [A]}]), sides, sides)
def test_evidence_derived_from_a_base_is_that_read_whole(
    base: dict[str, Any], one: dict[str, Any], other: dict[str, Any]
) -> None:
    files = {kind: codec.encode_file(built_in(kind), records) for kind, records in one.items()}
    before = {kind: codec.encode_file(built_in(kind), records) for kind, records in base.items()}
    known = Evidence(lambda kind: before.get(kind, b""))
    derived, whole = Evidence(lambda kind: files.get(kind, b""), known), Evidence(lambda kind: files.get(kind, b""))
    for name in ("transactions", "mempool", "claims", "dead", "agents", "network", "tip", "reservations"):
        assert getattr(derived, name) == getattr(whole, name)
    found, plain = (
        [(verdict.outpoint, verdict.row) for verdict in judge_all(known, side, snapshot(**other))]
        for side in (derived, whole)
    )
    assert found == plain


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
