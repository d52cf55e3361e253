"""Amounts are exact: a satoshi is never gained, lost or guessed."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.sources.amounts import MAX_SAT, NotAnAmount, btc_to_sat, feerate, sat_per_vbyte, signed_btc_to_sat

AMOUNTS = st.integers(0, MAX_SAT)


def as_core_spells(sat: int) -> str:
    return f"{sat // 10**8}.{sat % 10**8:08d}"


@given(AMOUNTS)
def test_every_amount_comes_back_to_the_satoshi(sat: int) -> None:
    assert btc_to_sat(json.loads(as_core_spells(sat), parse_float=Decimal)) == sat


@given(st.decimals(min_value=0, max_value=21_000_000, allow_nan=False, places=12))
def test_an_amount_is_taken_exactly_or_refused(amount: Decimal) -> None:
    exact = Fraction(amount) * 10**8
    if exact.denominator == 1:
        assert btc_to_sat(amount) == exact
    else:
        with pytest.raises(NotAnAmount):
            btc_to_sat(amount)


@given(AMOUNTS, st.integers(1, 9), st.integers(9, 60))
def test_a_trace_of_a_satoshi_is_refused_however_small(sat: int, digit: int, place: int) -> None:
    """Decimal's default context rounds to 28 digits: there the trace would vanish."""
    with pytest.raises(NotAnAmount):
        btc_to_sat(Decimal(as_core_spells(sat) + "0" * (place - 9) + str(digit)))


@pytest.mark.parametrize(
    ("spelled", "sat"),
    [
        ("5", 500_000_000),
        ("0", 0),
        ("1e-8", 1),
        ("1E-08", 1),
        ("0.00000600", 600),
        ("7.00000001", 700_000_001),
        ("0.29", 29_000_000),
        ("1.1", 110_000_000),
        ("69.99", 6_999_000_000),
        ("2.1e7", MAX_SAT),
        ("-0.0", 0),
    ],
)
def test_the_spellings_of_json(spelled: str, sat: int) -> None:
    assert btc_to_sat(json.loads(spelled, parse_float=Decimal)) == sat


@pytest.mark.parametrize(
    "value",
    [
        True, False, None, "1.0", "", [], {}, 0.5, 1.0, float("nan"), -1, 21_000_001,
        Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity"), Decimal("-1e-8"), Decimal("1e-9"),
        Decimal("21000000.00000001"), Decimal("1e999999"), Decimal("1e-999999"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(NotAnAmount):
        btc_to_sat(value)


def test_a_part_of_a_balance_may_be_negative() -> None:
    assert signed_btc_to_sat(Decimal("-3.00002388")) == -300_002_388
    assert (signed_btc_to_sat(0), signed_btc_to_sat(-1), signed_btc_to_sat(Decimal("0.5"))) == (0, -(10**8), 5 * 10**7)


@pytest.mark.parametrize("value", [True, "x", None, Decimal("NaN"), Decimal("-Infinity"), -0.1, Decimal("-1e-9")])
def test_what_is_no_part_of_a_balance_is_refused(value: Any) -> None:
    with pytest.raises(NotAnAmount):
        signed_btc_to_sat(value)


@pytest.mark.parametrize(
    ("per_kvb", "rate"),
    [("0.00001000", 1), ("0.00000100", 0.1), ("0.00012345", 12.345), ("0.00010000", 10), ("0.000012345678", 1.235)],
)
def test_feerates_are_decimals_of_three_places(per_kvb: str, rate: float) -> None:
    read = sat_per_vbyte(Decimal(per_kvb))
    assert (read, type(read)) == (rate, type(rate))


def test_a_feerate_is_the_fee_for_each_virtual_byte() -> None:
    assert feerate(2388, 198) == 12.061
    assert feerate(141, 141) == 1
