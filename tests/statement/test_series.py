"""What a report draws is counted from coins and blocks."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.coins.feerate import Feerate
from gitbtc.statement.series import Bin, by_age, by_amount, coin_days, halving, median, respelled

DAY = 24 * 3600


def test_coins_are_sorted_into_powers_of_ten() -> None:
    assert by_amount([999, 1000, 99_999_999, 100_000_000, 12_300_000_000]) == [
        Bin("100 – 1k sat", 1, 999, 100), Bin("1k – 10k sat", 1, 1000, 1000), Bin("10k – 100k sat", 0, 0, 10**4),
        Bin("100k – 1M sat", 0, 0, 10**5), Bin("1M – 10M sat", 0, 0, 10**6),
        Bin("10M – 100M sat", 1, 99_999_999, 10**7), Bin("1 – 10 BTC", 1, 100_000_000, 10**8),
        Bin("10 – 100 BTC", 0, 0, 10**9), Bin("100 – 1,000 BTC", 1, 12_300_000_000, 10**10),
    ]  # fmt: skip
    assert by_amount([]) == []


@given(st.lists(st.tuples(st.integers(1, 2**50), st.none() | st.integers(0, 2**31))), st.integers(0, 2**31))
def test_no_coin_is_lost_on_the_way(coins: list[tuple[int, int | None]], now: int) -> None:
    for bins in (by_age(coins, now), by_amount(amount for amount, _ in coins)):
        assert sum(one.coins for one in bins) == len(coins)
        assert sum(one.amount_sat for one in bins) == sum(amount for amount, _ in coins)


@pytest.mark.parametrize(
    ("days", "band"),
    [(0, "< 1 day"), (1, "1 day – 1 week"), (7, "1 week – 1 month"), (30, "1 – 6 months"), (182, "6 – 12 months"),
     (365, "1 – 2 years"), (730, "2 – 3 years"), (1095, "> 3 years")],
)  # fmt: skip
def test_an_age_is_in_the_band_that_begins_with_it(days: int, band: str) -> None:
    assert [one.name for one in by_age([(5, 0)], days * DAY) if one.coins] == [band]


def test_coin_days_are_amounts_times_days() -> None:
    assert coin_days([(200_000_000, 0), (100_000_000, DAY), (7, None)], 3 * DAY) == Decimal(8)


def test_the_middle_feerate() -> None:
    assert median([]) is None
    assert str(median([Feerate.read(rate) for rate in ("9", "1.5", "3")])) == "3"
    assert str(median([Feerate.read(rate) for rate in ("1", "2.001")])) == "1.5"


@pytest.mark.parametrize(
    ("network", "height", "subsidy", "at"),
    [("main", 839_998, 625_000_000, 840_000), ("main", 839_999, 312_500_000, 1_050_000),
     ("main", 6_929_998, 1, 6_930_000), ("main", 6_929_999, 0, 7_140_000), ("regtest", 149, 2_500_000_000, 300),
     ("regtest", 148, 5_000_000_000, 150)],
)  # fmt: skip
def test_the_subsidy_halves_by_the_networks_own_table(network: str, height: int, subsidy: int, at: int) -> None:
    found = halving(network, height, (100, 100))
    assert (found.subsidy_sat, found.height, found.is_measured, found.spacing) == (subsidy, at, False, 600)


def test_blocks_are_as_far_apart_as_the_history_says_once_it_is_long_enough() -> None:
    assert halving("main", 900_000, (2016, 2016 * 571))[2:] == (571, True)
    assert halving("main", 900_000, (2015, 2015 * 571))[2:] == (600, False)


def test_labels_that_are_the_same_but_for_their_spelling() -> None:
    rows = [{"label": label, "address": f"address {place}"} for place, label in
            enumerate(("Salary", "salary", "salary ", "rent", "\uff32ent", "other"))]  # fmt: skip
    assert respelled(rows) == [(["rent", "\uff32ent"], 2), (["Salary", "salary", "salary "], 3)]
