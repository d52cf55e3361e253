"""The rules of reservations on events made by hand."""

from __future__ import annotations

import json
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds.registry import built_in
from gitbtc.kinds.validate import violations
from gitbtc.spends.evidence import Evidence
from gitbtc.spends.reservable import obstacle
from gitbtc.spends.reservations import (
    Reservation,
    dated,
    holds,
    named,
    release_event,
    reserve_event,
    standing,
)
from tests.made_state import FUNDING, coin, pending, spend

COIN, OTHER_COIN = (FUNDING, 0), (FUNDING, 1)
NAMES = [f"{FUNDING}:0", f"{FUNDING}:1"]


def event(event_type: str, agent: str, timestamp: int, *, expires_height: int = 110) -> dict[str, Any]:
    made = {"event_type": event_type, "agent": agent, "timestamp": timestamp, "outpoints": NAMES[:1], "note": ""}
    return made | ({"expires_height": expires_height} if event_type == "reserve" else {})


def held(events: list[dict[str, Any]]) -> dict[Any, dict[str, int | None]]:
    """outpoint -> agent -> the end of its reservation."""
    return {at: {who: one.expires_height for who, one in agents.items()} for at, agents in standing(events).items()}


events = st.builds(
    lambda event_type, agent, timestamp, outpoints, expires_height: {
        "event_type": event_type, "agent": agent, "timestamp": timestamp, "outpoints": outpoints,
        "expires_height": expires_height,
    },
    st.sampled_from(["reserve", "release", "custom"]), st.sampled_from(["ann", "bob"]), st.integers(0, 4),
    st.lists(st.sampled_from(NAMES), max_size=2), st.integers(100, 102),
)  # fmt: skip


def test_a_reservation_stands_until_its_agent_releases_it() -> None:
    reserved = event("reserve", "ann", 1)
    assert held([reserved]) == {COIN: {"ann": 110}}
    assert held([reserved, event("release", "bob", 2)]) == {COIN: {"ann": 110}}
    assert held([reserved, event("release", "ann", 2)]) == {}
    assert held([reserved, event("release", "ann", 2), event("reserve", "ann", 3)]) == {COIN: {"ann": 110}}


def test_reserving_again_sets_another_end_also_an_earlier_one() -> None:
    first, second = event("reserve", "ann", 1, expires_height=120), event("reserve", "ann", 2, expires_height=105)
    assert held([first, second]) == {COIN: {"ann": 105}}


def test_of_one_second_the_reservation_counts_and_the_longer_one() -> None:
    told = [event("reserve", "ann", 1, expires_height=height) for height in (105, 120)]
    assert held([*told, event("release", "ann", 1)]) == {COIN: {"ann": 120}}


@given(st.lists(events, max_size=8), st.randoms())
def test_what_stands_does_not_depend_on_the_order_of_the_events(log: list[dict[str, Any]], random: Any) -> None:
    shuffled = list(log)
    random.shuffle(shuffled)
    assert held(shuffled) == held(log)


@given(st.lists(events, max_size=8))
def test_what_one_agent_says_changes_nothing_for_another(log: list[dict[str, Any]]) -> None:
    alone = held([one for one in log if one["agent"] == "ann"])
    assert {at: agents["ann"] for at, agents in held(log).items() if "ann" in agents} == {
        at: agents["ann"] for at, agents in alone.items()
    }


@given(st.lists(events, max_size=8))
def test_an_event_that_is_known_twice_counts_once(log: list[dict[str, Any]]) -> None:
    assert held(log + log) == held(log)


@pytest.mark.parametrize(
    ("end", "tip", "stands"),
    [(110, 109, True), (110, 110, True), (110, 111, False), (None, 10**6, True), (110, None, True)],
)
def test_it_holds_until_the_chain_is_past_its_end(end: int | None, tip: int | None, stands: bool) -> None:
    made = {"agent": "ann"} if end is None else {"agent": "ann", "expires_height": end}
    assert holds(Reservation(COIN, made), tip) is stands


@pytest.mark.parametrize("text", ["", "zz", FUNDING, f"{FUNDING}:", f"{FUNDING}:-1", f"{FUNDING}:²", f"{FUNDING}:٣"])
def test_a_name_that_is_no_outpoint_names_nothing(text: str) -> None:
    assert list(named({"outpoints": [text]})) == []


# -- what may be reserved ----------------------------------------------------------------------------------------------


def told(agent: str = "ann", tip: int = 150, **files: Any) -> str | None:
    return obstacle(Evidence(lambda kind: json.dumps(files[kind]).encode() if kind in files else b""), COIN, agent, tip)


A = spend("aa", coin(0))


def test_a_coin_that_is_free_may_be_reserved() -> None:
    assert told(utxos=[coin(0)]) is None
    assert told(utxos=[coin(0, block_height=None)]) is None


def test_a_coin_that_is_not_listed_may_not() -> None:
    assert told(utxos=[coin(1)]) == "is not listed in wallet/utxos.json"


@pytest.mark.parametrize(
    "files",
    [
        {"transactions": [A]},
        {"mempool": [pending(A)]},
        {"execution": [event("custom", "bob", 1) | {"txid": A["txid"]}]},
    ],
)
def test_a_coin_that_somebody_claims_to_spend_may_not_listed_or_not(files: dict[str, Any]) -> None:
    assert told(utxos=[coin(0)], **files) == f"is spent by {A['txid']}"
    assert told(utxos=[], **files) == f"is spent by {A['txid']}"


def test_a_transaction_that_was_given_up_is_no_obstacle() -> None:
    assert told(utxos=[coin(0)], transactions=[A | {"abandoned": True}]) is None


def test_another_agents_reservation_is_an_obstacle_while_it_holds() -> None:
    log = [event("reserve", "bob", 1), event("reserve", "", 2, expires_height=200)]
    assert told(utxos=[coin(0)], execution=log[:1], tip=110) == "is reserved by bob until block 110"
    assert told(utxos=[coin(0)], execution=log[:1], tip=111) is None
    assert told(utxos=[coin(0)], execution=log[:1], tip=110, agent="bob") is None
    both = "is reserved by an agent without a name until block 200 and by bob until block 110"
    assert told(utxos=[coin(0)], execution=log, tip=110) == both


@pytest.mark.parametrize(("tip", "ripe"), [(198, False), (199, True)])
def test_a_coinbase_output_must_be_spendable_in_the_next_block(tip: int, ripe: bool) -> None:
    mined = coin(0, coinbase=True, block_height=100)
    refusal = "is a coinbase output, which block 200 may spend at the earliest"
    assert told(utxos=[mined], tip=tip) == (None if ripe else refusal)


def test_a_coinbase_output_that_no_block_holds_may_not() -> None:
    assert told(utxos=[coin(0, coinbase=True, block_height=None)]) == "is a coinbase output that no block holds"


# -- events ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=6))
def test_each_event_ends_what_its_agent_said_before_whatever_the_clock_says(steps: list[tuple[bool, int]]) -> None:
    log: list[dict[str, Any]] = []
    for reserves, now in steps:
        made = reserve_event("ann", NAMES[:1], 110) if reserves else release_event("ann", NAMES[:1])
        log.append(dated(made, log, 100, partial(int, now)))
        assert (COIN in standing(log)) is reserves
    assert all(one["timestamp"] < other["timestamp"] for one, other in pairwise(log))
    assert not list(violations(built_in("execution"), log))


def test_the_clock_is_taken_where_nothing_was_said_about_the_coins() -> None:
    log = [event("reserve", "bob", 900), event("reserve", "ann", 800)]
    assert dated(reserve_event("ann", NAMES[1:], 110), log, 100, lambda: 7)["timestamp"] == 7
    assert dated(reserve_event("ann", NAMES, 110), log, 100, lambda: 7)["timestamp"] == 801
    assert dated(reserve_event("ann", NAMES, 110), log, 100, lambda: 1000)["timestamp"] == 1000


def test_the_events_of_an_agent_are_numbered() -> None:
    log: list[dict[str, Any]] = [{**event("custom", "ann", 1), "seq": 6}, {**event("custom", "bob", 1), "seq": 9}]
    for number in (7, 8):
        log.append(dated(reserve_event("ann", NAMES, 110), log, 100, lambda: 5))
        assert log[-1]["seq"] == number


def test_an_event_says_who_which_coins_until_when_and_why() -> None:
    made = dated(reserve_event("ann", reversed(NAMES), 110, "rent"), [], 100, lambda: 5)
    assert made == {
        "agent": "ann", "amount_sat": None, "block_height": 100, "event_type": "reserve", "expires_height": 110,
        "fee_sat": None, "note": "rent", "outpoints": NAMES, "seq": 1, "timestamp": 5, "txid": None,
    }  # fmt: skip
