"""Amounts and feerates as other programs write them, in exact decimal arithmetic.

Bitcoin Core writes amounts as JSON numbers in BTC and feerates in BTC/kvB. Read them with `parse_float=Decimal`: a
float64 loses a satoshi in one of thirteen random amounts when it is truncated, and sums of floats drift.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow

from gitbtc.errors import GitbtcError

MAX_SAT = 21_000_000 * 10**8
_MAX_BTC = Decimal(21_000_000)
# Python's default context rounds to 28 digits without a word; here a digit that does not fit is an error.
_EXACT = Context(prec=64, traps=[Inexact, InvalidOperation, Overflow])
_SAT_PER_VB = 5  # decimal places between BTC/kvB and sat/vB
_THOUSANDTH = Decimal("0.001")


class NotAnAmount(GitbtcError):
    """The value is not an amount of bitcoin."""


def btc_to_sat(amount: object) -> int:
    """The satoshis of an amount in BTC, given as a Decimal or an int.

    Raises NotAnAmount for anything else (a bool, a float, text), for parts of a satoshi, for a negative amount and for
    more than 21 million BTC.
    """
    return int(_scaled(_bounded(amount), 8, "a whole number of satoshis"))


def signed_btc_to_sat(amount: object) -> int:
    """The satoshis of an amount in BTC that may be negative, such as a part of a balance. Raises NotAnAmount."""
    number = Decimal(amount) if type(amount) is int else amount  # exact: a bool is an int to Python
    if isinstance(number, Decimal) and number.is_finite() and number < 0:
        return -btc_to_sat(number.copy_negate())
    return btc_to_sat(number)


def sat_per_vbyte(feerate: object) -> int | float:
    """The feerate in sat/vB of one in BTC/kvB, to three decimals. Raises NotAnAmount."""
    try:
        return _rounded(_bounded(feerate).scaleb(_SAT_PER_VB, _EXACT))
    except DecimalException:
        raise NotAnAmount("a feerate has too many digits") from None


def told_feerate(feerate: object) -> int | float:
    """A feerate that is told in sat/vB, to three decimals. Raises NotAnAmount."""
    return _rounded(_bounded(feerate))


def feerate(fee_sat: int, vsize: int) -> int | float:
    """The feerate in sat/vB of a fee in satoshi and a virtual size in vbytes, to three decimals."""
    return _rounded(Decimal(fee_sat) / Decimal(vsize))


def _bounded(amount: object) -> Decimal:
    number = Decimal(amount) if type(amount) is int else amount  # exact: a bool is an int to Python
    if not isinstance(number, Decimal) or not number.is_finite():
        raise NotAnAmount("an amount is a JSON number in BTC")
    if number < 0:
        raise NotAnAmount("the amount is negative")
    if number > _MAX_BTC:
        raise NotAnAmount("the amount is more than 21 million BTC")
    return number


def _scaled(number: Decimal, places: int, wanted: str) -> Decimal:
    try:
        scaled = number.scaleb(places, _EXACT)
    except DecimalException:
        raise NotAnAmount(f"the amount is not {wanted}") from None
    if scaled != scaled.to_integral_value():
        raise NotAnAmount(f"the amount is not {wanted}")
    return scaled


def _rounded(rate: Decimal) -> int | float:
    """Records hold feerates as JSON numbers: an integer where it is one, else the float that prints these decimals."""
    rounded = rate.quantize(_THOUSANDTH, ROUND_HALF_EVEN)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)
