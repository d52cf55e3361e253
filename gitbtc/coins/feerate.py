"""Feerates: what a transaction pays for each virtual byte, exact to a thousandth of a satoshi."""

from __future__ import annotations

import re
from decimal import ROUND_FLOOR, Decimal

from gitbtc.errors import UsageError

_PLACES = 3  # of sat/vB; Bitcoin Core counts in sat/kvB too
_WU_PER_KVB = 4000
_WRITTEN = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,3})?\Z")
_HIGHEST = 1_000_000  # sat/vB: a bitcoin for 100 vB


class Feerate:
    """A feerate; `sat_per_kvb` is what 1,000 virtual bytes pay (sat)."""

    __slots__ = ("sat_per_kvb",)

    def __init__(self, sat_per_kvb: int) -> None:
        self.sat_per_kvb = sat_per_kvb

    @classmethod
    def read(cls, text: str) -> Feerate:
        """The feerate that a person wrote, in sat/vB; UsageError for what is none."""
        rate = Decimal(text) if _WRITTEN.match(text) else None
        if rate is None or rate > _HIGHEST:
            raise UsageError(
                f"{text}: no feerate; write sat/vB with at most three decimals, from 0 to {_HIGHEST:,}: 12.1"
            )
        return cls(int(rate.scaleb(_PLACES)))

    @classmethod
    def of(cls, number: float) -> Feerate:
        """That of a record, in sat/vB: its schema says that it has at most three decimals."""
        return cls(int(round(Decimal(repr(number)), _PLACES).scaleb(_PLACES)))

    @classmethod
    def paid(cls, fee_sat: int, vsize: int) -> Feerate:
        """What a fee comes to for each of `vsize` virtual bytes, rounded down."""
        return cls(int((Decimal(fee_sat).scaleb(_PLACES) / vsize).to_integral_value(ROUND_FLOOR)))

    def fee(self, weight: int) -> int:
        """What `weight` units cost (sat), rounded up."""
        return -(-weight * self.sat_per_kvb // _WU_PER_KVB)

    def fee_of_vsize(self, vsize: int) -> int:
        """What a transaction of so many virtual bytes pays at the least (sat)."""
        return self.fee(4 * vsize)

    @property
    def sat_per_vb(self) -> Decimal:
        """The feerate in sat/vB."""
        return Decimal(self.sat_per_kvb).scaleb(-_PLACES)

    def __str__(self) -> str:
        """In sat/vB, without zeros at the end: `12.1`."""
        whole, rest = divmod(self.sat_per_kvb, 10**_PLACES)
        return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Feerate) and self.sat_per_kvb == other.sat_per_kvb

    def __lt__(self, other: Feerate) -> bool:
        return self.sat_per_kvb < other.sat_per_kvb

    def __hash__(self) -> int:
        return hash(self.sat_per_kvb)
