"""Events from two moments of one root, made by hand."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.history.events import KINDS
from gitbtc.history.moment import Moment
from gitbtc.history.telling import TOLD, MomentDelta
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from tests import strategies
from tests.history.wallet import mined, paid
from tests.made_state import FUNDING, coin, pending, spend, txid

if TYPE_CHECKING:
    from gitbtc.history.events import Event

State = dict[str, list[dict[str, Any]]]

A, R = spend("aa", coin(0)), spend("rr", coin(0), fee=9000)
REPLACED = A | {"replaced_by": R["txid"]}


def moment(state: State) -> Moment:
    files = {kind: codec.encode_file(built_in(kind), state.get(kind, [])) for kind in TOLD}
    return Moment(files.__getitem__)


def event(event_type: str, agent: str, vout: int = 0, **more: Any) -> dict[str, Any]:
    return {"timestamp": 1_700_000_000, "block_height": None, "event_type": event_type, "txid": None,
            "amount_sat": None, "fee_sat": None, "note": "", "agent": agent, "outpoints": [f"{FUNDING}:{vout}"],
            **more}  # fmt: skip


def events(before: State, after: State, asked: tuple[tuple[str, int], ...] = ()) -> list[Event]:
    return MomentDelta(moment(before), moment(after), set(TOLD)).events(asked)


def told(before: State, after: State) -> list[tuple[str, str]]:
    """Kind and transaction (by its name) of each event."""
    return [(one.kind, bytes.fromhex((one.txid or "")[:4]).decode()) for one in events(before, after)]


def test_a_new_coin_is_received() -> None:
    (received,) = events({}, {"utxos": [coin(0)]})
    assert (received.kind, received.outpoint, received.amount_sat) == ("received", (FUNDING, 0), 100_000_000)


@pytest.mark.parametrize(
    ("state", "by"),
    [
        ({"transactions": [A]}, A),
        ({"mempool": [pending(A)]}, A),
        ({"execution": [event("dca_buy", "bot", txid=A["txid"])]}, A),
        ({"mempool": [pending(R)], "transactions": [mined(A)]}, A),
        ({"mempool": [pending(A)], "transactions": [mined(R)]}, R),
        ({"mempool": [pending(R)], "transactions": [A, R]}, R),
    ],
)
def test_a_coin_that_left_was_spent_by_the_transaction_with_the_best_claim(state: State, by: dict[str, Any]) -> None:
    spent = events({"utxos": [coin(0)]}, state)[0]
    assert (spent.kind, spent.txid) == ("spent", by["txid"])


def test_the_agent_of_the_log_is_told_beside_the_transaction() -> None:
    log = [event("dca_buy", "bot", txid=A["txid"])]
    spent = events({"utxos": [coin(0)]}, {"transactions": [A], "execution": log})[0]
    assert (spent.agent, spent.details) == ("bot", {"fee_sat": 1000})


@pytest.mark.parametrize(
    "claims",
    [{}, {"transactions": [REPLACED]}, {"execution": [event("reserve", "bot", txid=A["txid"])]}],
)
def test_a_coin_that_left_without_a_live_transaction_was_removed(claims: State) -> None:
    assert ("removed", "") in told({"utxos": [coin(0)]}, claims)
    assert not {"spent", "lost"} & {kind for kind, _ in told({"utxos": [coin(0)]}, claims)}


def test_a_replacement_takes_the_outputs_of_the_one_that_it_replaces() -> None:
    before = {"utxos": [paid(A)], "transactions": [A], "mempool": [pending(A)]}
    after = {"utxos": [paid(R)], "transactions": [REPLACED, R], "mempool": [pending(R)]}
    assert told(before, after) == [("received", ""), ("lost", "aa"), ("claimed", "rr"), ("replaced", "aa")]


def test_a_transaction_that_is_given_up_gives_its_coin_back() -> None:
    before = {"utxos": [paid(A)], "transactions": [A]}
    abandoned = A | {"abandoned": True}
    assert told(before, {"utxos": [coin(0)], "transactions": [abandoned]}) == [
        ("restored", "aa"), ("lost", "aa"), ("abandoned", "aa")
    ]  # fmt: skip
    assert told({"utxos": [coin(0)], "transactions": [abandoned]}, before) == [
        ("received", ""), ("spent", "aa"), ("revived", "aa")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "before",
    [{"mempool": [pending(A)]}, {"transactions": [A]}, {"mempool": [pending(A)], "transactions": [A]}],
)
def test_a_transaction_is_confirmed_once(before: State) -> None:
    output = paid(A)
    (confirmed,) = events(
        {**before, "utxos": [output]}, {"transactions": [mined(A)], "utxos": [output | {"block_height": 105}]}
    )  # fmt: skip
    assert (confirmed.kind, confirmed.txid, confirmed.details) == ("confirmed", A["txid"], {"block_height": 105})


def test_coins_alone_tell_of_a_block_too() -> None:
    both = [coin(0, block_height=None), coin(1, block_height=None)]
    kinds = [one.kind for one in events({"utxos": both}, {"utxos": [coin(0), coin(1)]})]
    assert kinds == ["confirmed"]
    assert [one.kind for one in events({"utxos": [coin(0)]}, {"utxos": both[:1]})] == ["unconfirmed"]


def test_history_that_an_import_brings_is_no_news() -> None:
    """Transactions of the past, whose inputs were never listed here."""
    assert events({}, {"transactions": [mined(A), R]}) == []


def test_a_claim_on_a_coin_that_was_never_listed_is_told_when_asked_for() -> None:
    (claimed,) = events({}, {"transactions": [A]}, asked=((FUNDING, 0),))
    assert (claimed.kind, claimed.txid, claimed.coin) == ("claimed", A["txid"], None)


def test_a_claim_on_a_coin_that_is_still_listed() -> None:
    (claimed,) = events({"utxos": [coin(0)]}, {"utxos": [coin(0)], "mempool": [pending(A)]})
    assert (claimed.kind, claimed.txid, claimed.coin) == ("claimed", A["txid"], coin(0))


def test_a_record_that_moves_from_the_mempool_to_the_transactions_claims_nothing_new() -> None:
    assert events({"mempool": [pending(A)], "utxos": [coin(0)]}, {"transactions": [A], "utxos": [coin(0)]}) == []


def test_what_only_says_again_who_spends_a_coin_is_no_news() -> None:
    known = {"utxos": [coin(0)], "mempool": [pending(A)]}
    assert events(known, {**known, "execution": [event("dca_buy", "bot", txid=A["txid"])]}) == []


def test_a_transaction_that_leaves_the_mempool_for_a_block_is_confirmed() -> None:
    (confirmed,) = events({"mempool": [pending(A)]}, {"transactions": [mined(A)]})
    assert (confirmed.kind, confirmed.file, confirmed.txid) == ("confirmed", "transactions", A["txid"])


def test_reservations() -> None:
    log = [event("reserve", "bot", expires_height=120, note="rent"), event("release", "other", 1)]
    reserved, released = events({"utxos": [coin(0)]}, {"utxos": [coin(0)], "execution": log})
    assert (reserved.kind, reserved.agent, reserved.outpoint) == ("reserved", "bot", (FUNDING, 0))
    assert (reserved.coin, reserved.details) == (coin(0), {"expires_height": 120, "note": "rent"})
    assert (released.kind, released.agent, released.outpoint) == ("released", "other", (FUNDING, 1))


def test_labels_and_what_is_fixed_for_good() -> None:
    relabelled, redescribed = events({"utxos": [coin(0)]}, {"utxos": [coin(0, label="x", amount_sat=5)]})
    assert (relabelled.kind, relabelled.details) == ("relabelled", {"fields": {"label": {"old": None, "new": "x"}}})
    assert redescribed.details == {"fields": {"amount_sat": {"old": 100_000_000, "new": 5}}}


def test_the_balance_is_what_the_coins_are_worth_more() -> None:
    step = MomentDelta(
        moment({"utxos": [coin(0), coin(1)]}), moment({"utxos": [coin(2), coin(1, amount_sat=1)]}), set(TOLD)
    )
    assert step.balance_sat == 300_000_000 + 1 - 100_000_000 - 200_000_000


def test_many_coins_are_told_as_few_are() -> None:
    """Beyond some number, inputs are looked up all at once."""
    many = [coin(vout) for vout in range(100)]
    transaction = spend("aa", *many)
    log = [event("custom", "bot", 7, txid=txid("bb"))]
    spent = events({"utxos": many}, {"transactions": [transaction], "execution": log})
    assert [(one.kind, one.txid) for one in spent] == [("spent", transaction["txid"])] * 100
    back = events({"transactions": [transaction]}, {"utxos": many, "transactions": [transaction]})
    assert {one.kind for one in back} == {"restored"}


def test_an_outpoint_is_not_taken_for_one_that_begins_like_it() -> None:
    transaction = spend("aa", coin(1))
    assert told({"utxos": [coin(1), coin(11)]}, {"transactions": [transaction]}) == [("spent", "aa"), ("removed", "")]
    twelve = spend("aa", coin(11))
    assert [one.kind for one in events({"utxos": [coin(1)]}, {"transactions": [twelve]})] == ["removed"]


@pytest.mark.parametrize("indent", [None, 1])
def test_files_in_another_layout_tell_the_same(indent: int | None) -> None:
    before, after = ({kind: json.dumps(state.get(kind, []), indent=indent).encode() for kind in TOLD}
                     for state in ({"utxos": [coin(0)]}, {"transactions": [A]}))  # fmt: skip
    spent = MomentDelta(Moment(before.__getitem__), Moment(after.__getitem__), set(TOLD)).events()
    assert [(one.kind, one.txid) for one in spent] == [("spent", A["txid"])]


def test_every_kind_has_a_meaning_and_the_effects_are_those_of_a_list() -> None:
    assert all(sort.meaning and sort.effect in (-1, 0, 1) for sort in KINDS.values())
    assert {kind for kind, sort in KINDS.items() if sort.effect > 0} == {"known", "received", "restored"}
    assert {kind for kind, sort in KINDS.items() if sort.effect < 0} == {"spent", "lost", "removed"}


@st.composite
def linear_histories(draw: st.DrawFn) -> list[dict[str, bytes]]:
    """The files of a root in commit after commit, whatever made them."""
    moments = [dict.fromkeys(TOLD, b"")]
    for _ in range(draw(st.integers(1, 4))):
        before = moments[-1]
        versions = {kind: draw(strategies.versions(built_in(kind), before[kind])) for kind in strategies.RECORDS
                    if kind in TOLD}  # fmt: skip
        moments.append({**before, **versions})
    return moments


@given(linear_histories())
def test_along_a_line_the_events_of_each_coin_sum_up_to_whether_it_is_listed(moments: list[dict[str, bytes]]) -> None:
    sums: dict[Any, int] = {}
    balance = 0
    for before, after in pairwise(moments):
        step = MomentDelta(Moment(before.__getitem__), Moment(after.__getitem__), set(TOLD))
        balance += step.balance_sat
        for one in step.events():
            sums[one.outpoint] = sums.get(one.outpoint, 0) + one.effect
    listed = codec.parse(built_in("utxos"), moments[-1]["utxos"])
    assert {outpoint for outpoint, total in sums.items() if total} == {(held["txid"], held["vout"]) for held in listed}
    assert set(sums.values()) <= {0, 1}
    assert balance == sum(held["amount_sat"] for held in listed)
