"""The history of an oracle: where a reading stands, and that sources are never mixed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.coins.estimates import quantile, series, standing
from gitbtc.coins.feerate import Feerate


def reading(height: int | None, rate: float = 5, source: str = "a", time: int | None = None) -> dict[str, Any]:
    when = (height or 0) if time is None else time
    return {"timestamp": when, "block_height": height, "source": source, "target_1_block_sat_vbyte": rate * 2,
            "target_6_block_sat_vbyte": rate, "target_144_block_sat_vbyte": 0.1}  # fmt: skip


def test_a_series_has_one_source_and_the_blocks_that_are_asked_about() -> None:
    readings = [reading(100), reading(101, source="b"), reading(90), reading(89), reading(None, time=95), reading(111)]
    found = series(readings, 110, blocks=21)
    assert found is not None
    assert (found.source, [one["block_height"] for one in found.readings], found.left_out) == ("a", [90, 100], 1)
    other = series(readings, 110, "b")
    assert other is not None
    assert [one["source"] for one in other.readings] == ["b"]
    assert series(readings, None) is None
    assert series(readings, 110, "nobody") is None
    assert series([], 110) is None


RATES = st.lists(st.integers(1, 40), min_size=1, max_size=60)


@given(RATES, st.integers(1, 40))
def test_where_a_reading_stands(rates: list[int], one: int) -> None:
    ordered = sorted(map(Feerate, rates))
    part = standing(ordered, Feerate(one))
    if len(rates) < 20:
        assert part is None
        return
    assert part is not None
    below, above = sum(rate < one for rate in rates), sum(rate > one for rate in rates)
    assert part == Fraction(below, len(rates)) + Fraction(len(rates) - below - above, 2 * len(rates))
    assert standing(ordered[::-1], Feerate(one)) == part


@given(RATES, st.fractions(0, 1))
def test_a_quantile_is_a_reading_that_so_many_are_not_above(rates: list[int], part: Fraction) -> None:
    ordered = sorted(map(Feerate, rates))
    found = quantile(ordered, part)
    assert found in ordered
    assert sum(rate <= found.sat_per_kvb for rate in rates) >= part * len(rates)
    assert sum(rate < found.sat_per_kvb for rate in rates) <= part * len(rates)


@pytest.mark.parametrize("count", [1, 19])
def test_one_reading_is_no_history(count: int) -> None:
    """The first version took one reading for the dearest of all."""
    assert standing([Feerate(5)] * count, Feerate(5)) is None
