from __future__ import annotations

from typing import Any

from gitbtc.join.atoms import Atoms
from gitbtc.join.element import GROW_ONLY, TWO_PHASE, Policy, added, contests, joined, step
from gitbtc.kinds.registry import built_in

LABEL = {"address": "a", "label": "b", "category": "fee", "created_at": 9}
LABELS = Policy(Atoms(built_in("labels")), change_adds=True)
A, B, C, D = (1, "a"), (2, "b"), (3, "c"), (4, "d")


def changed(**fields: Any) -> dict[str, Any]:
    return {**LABEL, **fields}


def test_a_removal_takes_out_the_addition_it_has_seen() -> None:
    start = added(LABELS, A, LABEL)
    assert joined(LABELS, [step(LABELS, start, None, B), start]).view(LABELS) is None


def test_an_addition_that_the_removal_has_not_seen_survives() -> None:
    removed = step(LABELS, added(LABELS, A, LABEL), None, B)
    assert joined(LABELS, [removed, added(LABELS, C, LABEL)]).view(LABELS) == LABEL


def test_a_join_does_not_revive_what_one_of_its_parents_had_removed() -> None:
    """H has the addition A; R removed A, and joined with an addition B; whoever saw that last removes the record."""
    head = added(LABELS, A, LABEL)
    removed = step(LABELS, head, None, C)
    gathered = joined(LABELS, [removed, added(LABELS, B, LABEL)])
    gone = step(LABELS, gathered, None, D)
    assert joined(LABELS, [joined(LABELS, [head, gathered]), gone]).view(LABELS) is None


def test_a_change_brings_a_record_back_that_elsewhere_was_removed() -> None:
    start = added(LABELS, A, LABEL)
    sides = [step(LABELS, start, None, B), step(LABELS, start, changed(category="income"), C)]
    assert joined(LABELS, sides).view(LABELS) == changed(category="income")


def test_a_fresher_measure_brings_nothing_back() -> None:
    start = added(LABELS, A, LABEL)
    sides = [step(LABELS, start, None, B), step(LABELS, start, changed(created_at=5), C)]
    assert joined(LABELS, sides).view(LABELS) is None


def test_different_fields_are_joined_each_by_itself_and_the_later_clock_decides_one() -> None:
    start = added(LABELS, A, LABEL)
    one, other = step(LABELS, start, changed(category="income"), B), step(LABELS, start, changed(created_at=5), C)
    both = joined(LABELS, [one, other])
    assert both.view(LABELS) == changed(category="income", created_at=5)
    assert contests(LABELS, both) == {}
    last = joined(LABELS, [both, step(LABELS, start, changed(category="exchange"), D)])
    assert last.view(LABELS) == changed(category="exchange", created_at=5)
    assert contests(LABELS, last) == {("field", "category"): "edit"}


def test_a_coin_that_many_saw_arrive_is_spent_for_all() -> None:
    coins = Policy(Atoms(built_in("labels")), TWO_PHASE)
    spent = step(coins, added(coins, A, LABEL), None, C)
    assert not joined(coins, [spent, added(coins, B, LABEL), added(coins, D, LABEL)]).lists()


def test_a_record_of_a_file_that_only_grows_stays() -> None:
    log = Policy(Atoms(built_in("labels")), GROW_ONLY)
    assert joined(log, [step(log, added(log, A, LABEL), None, C), added(log, A, LABEL)]).view(log) == LABEL


def test_a_null_takes_no_fee_away_and_a_block_beats_none() -> None:
    known = Policy(Atoms(built_in("transactions")), GROW_ONLY)
    record = {"txid": "ab", "fee_sat": 5, "block_height": None, "confirmed": False, "label": None}
    start = added(known, A, record)
    sides = [step(known, start, {**record, "fee_sat": None, "label": "x"}, B),
             step(known, start, {**record, "block_height": 7, "confirmed": True}, C)]  # fmt: skip
    expected = {**record, "block_height": 7, "confirmed": True, "label": "x"}
    assert joined(known, sides).view(known) == expected


def test_simulating_wins_however_old_it_is() -> None:
    strategy = Policy(Atoms(built_in("strategy")), change_adds=True)
    start = added(strategy, A, {"name": "dca", "simulation_mode": True})
    live = step(strategy, start, {"name": "dca", "simulation_mode": False}, B)
    assert joined(strategy, [live, start]).view(strategy) == {"name": "dca", "simulation_mode": True}
