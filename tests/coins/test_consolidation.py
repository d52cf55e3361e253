"""Whether a consolidation pays, against the formula and against weights that are added up by hand."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from gitbtc.coins.consolidation import Into, cluster_of, consolidation
from gitbtc.coins.feerate import Feerate
from gitbtc.coins.names import Names
from gitbtc.coins.pool import Rates
from gitbtc.coins.selection import HEAVIEST
from tests.coins.test_selection import candidates
from tests.made_state import ADDRESS, OTHER, coin

WPKH = Into("p2wpkh", 272)


@given(
    st.lists(st.integers(20_000, 900_000), min_size=2, max_size=30), st.integers(100, 50_000), st.integers(100, 90_000)
)
def test_the_break_even_is_where_cost_and_saving_meet(amounts: list[int], now: int, future: int) -> None:
    rates = Rates(Feerate(now), Feerate(future))
    coins = candidates([(amount, "p2wpkh") for amount in amounts], rates)
    plan = consolidation(coins, WPKH, rates)
    if plan is None:
        assert len(coins) < 2 or sum(one.amount_sat for one in coins) <= now * 68 * len(coins) / 1000 + now
        return
    count = len(plan.coins)
    weight = 42 + 4 * 31 + 272 * count
    assert plan.weight == weight
    assert plan.cost_sat == math.ceil(Fraction(math.ceil(Fraction(weight, 4)) * now, 1000))
    assert plan.saving_sat == count * math.ceil(Fraction(68 * future, 1000)) - math.ceil(Fraction(68 * future, 1000))
    exact = Fraction(plan.cost_sat, 68 * (count - 1))
    assert 0 <= Fraction(str(plan.break_even)) - exact < Fraction(1, 1000)
    assert plan.is_recommended == (Fraction(future, 1000) >= Fraction(3, 2) * Fraction(str(plan.break_even)))
    assert plan.amount_sat == sum(one.amount_sat for one in plan.coins) - plan.cost_sat


def test_the_smallest_by_worth_are_joined_and_not_the_first_in_the_file() -> None:
    rates = Rates(Feerate(5_000), Feerate(30_000))
    coins = candidates([(90_000, "p2wpkh"), (30_000, "p2pkh"), (29_800, "p2wpkh"), (700_000, "p2tr")], rates)
    plan = consolidation(coins, WPKH, rates, 2)
    assert plan is not None
    assert [one.amount_sat for one in plan.coins] == [30_000, 29_800]  # 592 WU cost more than 200 sat more
    assert consolidation(coins[:1], WPKH, rates) is None
    assert consolidation(candidates([(2_000, "p2wpkh")] * 2, Rates(Feerate(25_000), Feerate(1))), WPKH,
                         Rates(Feerate(25_000), Feerate(1))) is None  # nothing would be left  # fmt: skip


def test_a_transaction_that_nobody_relays_is_not_planned() -> None:
    rates = Rates(Feerate(1_000), Feerate(30_000))
    plan = consolidation(candidates([(10_000, "p2wpkh")] * 1_600, rates), WPKH, rates)
    assert plan is not None
    assert HEAVIEST - 272 < plan.weight <= HEAVIEST


def test_coins_of_different_categories_or_labels_do_not_belong_together() -> None:
    names = Names([{"address": OTHER, "label": "ACME", "category": "income"}], [])
    coins = [coin(0, address=OTHER), coin(1, address=OTHER, label="x"), coin(2, address=ADDRESS, label="y"), coin(3)]
    assert [cluster_of(names, mix=False)(one) for one in coins] == ["income", "income", "y", ""]
    assert {cluster_of(names, mix=True)(one) for one in coins} == {""}
