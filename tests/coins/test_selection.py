"""Selections against a search that sees every choice, and what must hold for each of them."""

from __future__ import annotations

import math
import random
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.coins.balance import Sum
from gitbtc.coins.feerate import Feerate
from gitbtc.coins.holdings import CLASSES, SPENDABLE, Holding
from gitbtc.coins.pool import Rates, pool
from gitbtc.coins.selection import HEAVIEST, Candidate, Goal, Lacking, Selection, _Search, checked, select
from gitbtc.coins.weights import InputWeights, transaction_weight
from tests.made_state import coin

if TYPE_CHECKING:
    from collections.abc import Sequence

WEIGHTS = {"p2wpkh": 272, "p2tr": 230, "p2pkh": 592}
AMOUNTS = st.one_of(st.integers(300, 5_000), st.integers(5_000, 200_000), st.sampled_from([10_000, 20_000, 40_000]))
COIN = st.tuples(AMOUNTS, st.sampled_from(sorted(WEIGHTS)))
COINS = st.lists(COIN, min_size=1, max_size=9)
MANY_COINS = st.lists(COIN, min_size=10, max_size=12)  # 4,095 choices
FEERATES = st.integers(100, 60_000)  # sat/kvB: from 0.1 sat/vB
PAY = st.lists(st.tuples(st.sampled_from([22, 25, 34]), st.integers(546, 150_000)), min_size=1, max_size=3)


def candidates(made: Sequence[tuple[int, str]], rates: Rates) -> list[Candidate]:
    holdings = [Holding(("ab" * 32, vout), coin(vout, "ab" * 32, amount_sat=amount, script_type=kind), "spendable", "")
                for vout, (amount, kind) in enumerate(made)]  # fmt: skip
    return pool(holdings, InputWeights([]), rates).candidates


def goal(pay: Sequence[tuple[int, int]], rates: Rates) -> Goal:
    return Goal(pay, rates.now, rates.long_term, "p2wpkh", 272)


def every(coins: Sequence[Candidate], wanted: Goal) -> list[Selection]:
    """Every sound transaction that any choice of coins makes."""
    search = _Search(coins, wanted, ())
    choices = (chosen for size in range(1, len(coins) + 1) for chosen in combinations(coins, size))
    return [one for chosen in choices for one in search.finished("", list(chosen))]


@settings(max_examples=150)
@given(COINS, PAY, FEERATES, FEERATES, st.integers(0, 3))
def test_no_choice_underfunds_and_none_that_could_be_found_wastes_less(
    made: list[tuple[int, str]], pay: list[tuple[int, int]], now: int, later: int, seed: int
) -> None:
    check(made, pay, (now, later), seed)


@settings(max_examples=5)
@given(MANY_COINS, PAY, FEERATES, FEERATES, st.integers(0, 3))
def test_none_of_four_thousand_choices_wastes_less(
    made: list[tuple[int, str]], pay: list[tuple[int, int]], now: int, later: int, seed: int
) -> None:
    check(made, pay, (now, later), seed)


def check(made: list[tuple[int, str]], pay: list[tuple[int, int]], feerates: tuple[int, int], seed: int) -> None:
    """What is chosen pays, and an exact search finds nothing better of what this one sees all of."""
    now, later = feerates
    rates = Rates(Feerate(now), Feerate(later))
    coins, wanted = candidates(made, rates), goal(pay, rates)
    found, sound = select(coins, wanted, seed=seed), every(coins, wanted)
    if isinstance(found, Lacking):
        assert sound == []
        assert found.lacking_sat > 0
        return
    paid = wanted.amount_sat + (found.change_sat or 0) + found.fee_sat
    assert sum(one.amount_sat for one in found.inputs) == paid
    weight = transaction_weight([(one.script_type, one.weight) for one in found.inputs],
                                [size for size, _ in pay] + ([22] if found.change_sat is not None else []))  # fmt: skip
    assert found.weight == weight <= HEAVIEST
    assert found.fee_sat * 1000 >= math.ceil(weight / 4) * now
    assert found.change_sat is None or found.change_sat >= max(294, math.ceil(272 * later / 4000))
    assert found.waste_sat >= min(one.waste_sat for one in sound)
    exact = [
        one.waste_sat
        for one in sound
        if one.change_sat is None
        and sum(each.effective_sat for each in one.inputs) - wanted.target_sat(len(coins)) <= wanted.change_cost_sat
    ]
    assert not exact or found.waste_sat <= min(exact)  # the search for these sees all of so few
    if now > 3 * later:  # and so does that for the lightest
        lightest = min((one for one in sound if one.change_sat is not None), key=lambda one: one.weight, default=None)
        assert lightest is None or found.waste_sat <= lightest.waste_sat
    assert select(coins, wanted, seed=seed) == found
    assert select(coins[::-1], wanted, seed=seed) == found


@given(COINS, PAY, FEERATES, st.data())
def test_what_is_given_is_spent(
    made: list[tuple[int, str]], pay: list[tuple[int, int]], now: int, data: st.DataObject
) -> None:
    rates = Rates(Feerate(now), Feerate(10_000))
    coins, wanted = candidates(made, rates), goal(pay, rates)
    given_ = data.draw(st.lists(st.sampled_from(coins), unique=True)) if coins else []
    found = select(coins, wanted, given_)
    if isinstance(found, Selection):
        assert set(given_) <= set(found.inputs)
        assert checked(found, wanted) is found


def test_of_equal_coins_any_number_is_searched() -> None:
    """The first version of such a search crashed on equal values."""
    rates = Rates(Feerate(12_000), Feerate(10_000))
    coins = candidates([(10_000, "p2wpkh")] * 60, rates)
    found = select(coins, goal([(22, 333_333)], rates))
    assert isinstance(found, Selection)
    assert len(found.inputs) == 37


def test_an_exact_match_needs_no_change() -> None:
    rates = Rates(Feerate(20_000), Feerate(10_000))
    amounts = [100_000, 61_000, 37_000, 23_000, 9_000]
    coins = candidates([(amount, "p2wpkh") for amount in amounts], rates)
    wanted = goal([(34, 61_000 + 23_000 - 2 * 1360 - Goal([(34, 0)], *rates, "p2wpkh", 272).target_sat(5))], rates)
    found = select(coins, wanted)
    assert isinstance(found, Selection)
    assert ([one.amount_sat for one in found.inputs], found.change_sat) == ([61_000, 23_000], None)
    assert found.found_by == "branch and bound"


def test_at_high_feerates_the_lightest_inputs_are_taken() -> None:
    rates = Rates(Feerate(100_000), Feerate(10_000))
    coins = candidates([(1_000_000, "p2pkh"), (970_000, "p2tr"), (30_000, "p2tr"), *[(60_000, "p2wpkh")] * 8], rates)
    found = select(coins, goal([(22, 800_000)], rates))
    assert isinstance(found, Selection)
    assert [one.amount_sat for one in found.inputs] == [970_000]


def test_many_coins_of_a_satoshi_more_each_end_in_time() -> None:
    rates = Rates(Feerate(1_000), Feerate(10_000))
    chance = random.Random(1)
    coins = candidates([(10_000 + chance.randrange(5_000), "p2tr") for _ in range(3_000)], rates)
    found = select(coins, goal([(22, 7_654_321)], rates))
    assert isinstance(found, Selection)
    heavy = select(coins, goal([(22, 27_000_000)], rates))
    assert heavy == Lacking(0)  # more inputs than a transaction may weigh


def test_only_coins_that_nothing_holds_back_are_in_the_pool() -> None:
    rates = Rates(Feerate(10_000), Feerate(10_000))
    free = (SPENDABLE, "")
    holdings = [Holding(("ab" * 32, vout), coin(vout, "ab" * 32), *about, free) for vout, about in enumerate(CLASSES)]
    holdings += [
        Holding(("cd" * 32, 0), coin(0, "cd" * 32, amount_sat=680), "spendable", ""),
        Holding(("cd" * 32, 1), coin(1, "cd" * 32, script_type="p2sh"), "spendable", ""),
        Holding(("cd" * 32, 2), coin(2, "cd" * 32), "spendable", ""),
    ]
    found = pool(holdings, InputWeights([]), rates, {("cd" * 32, 2)})
    assert [one.outpoint for one in found.candidates] == [("ab" * 32, 0)]
    assert {why: held.coins for why, held in found.held_back.items()} == {
        **dict.fromkeys(CLASSES[1:], 1), ("below cost", ""): 1, ("unknown weight", ""): 1, ("excluded", ""): 1,
    }  # fmt: skip
    assert found.held_back["excluded", ""] == Sum(1, 300_000_000)
    more = pool(holdings, InputWeights([]), rates, unconfirmed=True)
    assert [one.outpoint for one in more.candidates] == [("ab" * 32, 0), ("ab" * 32, 4), ("cd" * 32, 2)]


def test_what_does_not_add_up_is_never_told() -> None:
    rates = Rates(Feerate(10_000), Feerate(10_000))
    wanted = goal([(22, 50_000)], rates)
    found = select(candidates([(100_000, "p2wpkh")], rates), wanted)
    assert isinstance(found, Selection)
    for broken in (
        found._replace(fee_sat=found.fee_sat - 1), found._replace(inputs=found.inputs * 2),
        found._replace(fee_sat=found.fee_sat - 110, change_sat=(found.change_sat or 0) + 110),
        found._replace(weight=HEAVIEST + 1),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="does not add up"):
            checked(broken, wanted)
