from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gitbtc.views import terms


@pytest.mark.parametrize(
    ("sat", "shown"),
    [(0, "0.00000000 BTC"), (350_000_000, "3.50000000 BTC"), (-1, "−0.00000001 BTC"),
     (2_100_000_000_000_001, "21000000.00000001 BTC")],
)  # fmt: skip
def test_an_amount_is_exact(sat: int, shown: str) -> None:
    assert terms.btc(sat) == shown


def test_a_gain_has_its_sign() -> None:
    assert [terms.btc(sat, signed=True) for sat in (1, -1, 0)] == [
        "+0.00000001 BTC",
        "−0.00000001 BTC",
        "0.00000000 BTC",
    ]


def test_millisatoshi_are_shown_as_satoshi() -> None:
    assert [terms.value(msat, "msat") for msat in (1500, 1, -1001)] == ["1.500 sat", "0.001 sat", "-1.001 sat"]


@pytest.mark.parametrize("seconds", [10**20, -(10**20), -(10**12), 10**12])
def test_a_time_that_no_calendar_holds_is_shown_as_a_number(seconds: int) -> None:
    assert terms.value(seconds, "seconds") == str(seconds)


scalars = (
    st.none() | st.booleans() | st.integers() | st.sampled_from([1, 5, 1e5])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    | st.sampled_from(["null", "true", "1", "1e5", "-", ".", "5.00000000", "(absent)", "0.00000005 BTC"])
    | st.just(terms.ABSENT)
)  # fmt: skip
scalars = scalars.filter(lambda given: not isinstance(given, int) or abs(given) < 2**63)


@example("1", 1, "")
@example("100000.0", 1e5, "usd")
@example("0.00000005 BTC", 5, "sat")
@given(scalars, scalars, st.sampled_from(["", "sat", "msat", "seconds", "usd", "blocks"]))
def test_different_values_never_look_the_same(one: Any, other: Any, unit: str) -> None:
    same = type(one) is type(other) and repr(one) == repr(other)
    assert (terms.value(one, unit) == terms.value(other, unit)) == same


@given(st.text(max_size=8) | st.text(st.characters(categories=["Cc", "Cf", "Co", "Cn", "Zl", "Zp"]), max_size=4))
def test_what_is_shown_is_printable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert terms.value(text).isprintable()


def test_ids_are_cut_no_shorter_than_tells_them_apart() -> None:
    assert terms.telling_length({"ab" * 32, "cd" * 32}) == 8
    assert terms.telling_length({"ab" * 32, "ab" * 7 + "cd" * 25}) == 16
    assert terms.telling_length(set()) == 8
