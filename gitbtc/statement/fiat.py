"""What flows were worth in dollars when they happened, by the prices that one source told."""

from __future__ import annotations

from bisect import bisect_right
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from gitbtc.statement.flows import COINBASE, SHARED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitbtc.kinds.kind import Record
    from gitbtc.statement.flows import Flow

_DAY = 24 * 3600  # seconds: an older price is none
_SAT_PER_BTC = 100_000_000
_CENT = Decimal("0.01")


class Fiat(NamedTuple):
    """The sums of a period in dollars, each rounded once, at its end; the age (seconds) of the oldest price that
    counted, None where none did; the transactions that have no price, which are in no sum.
    """

    source: str
    sums: Mapping[str, Decimal]
    oldest_price_seconds: int | None
    unpriced: Sequence[str]


class Prices:
    """The prices of a bitcoin (USD) that one source told."""

    def __init__(self, records: Iterable[Record], source: str) -> None:
        self.source = source
        told = sorted((one["timestamp"], Decimal(repr(one["price_usd"]))) for one in records if one["source"] == source)
        self._times = [time for time, _ in told]
        self._prices = [price for _, price in told]

    def at(self, moment: int | None) -> tuple[Decimal, int] | None:
        """The last price told by a moment (Unix seconds), and its age then (seconds); None where none was told within
        24 hours.
        """
        place = 0 if moment is None else bisect_right(self._times, moment)
        if moment is None or not place or moment - self._times[place - 1] > _DAY:
            return None
        return self._prices[place - 1], moment - self._times[place - 1]


def in_usd(flows: Iterable[Flow], prices: Prices) -> Fiat:
    """The flows in dollars, each at the price of its block's time. Nothing is a cost basis, and no gain is told."""
    sums = dict.fromkeys(("received", "sent", "fees", "coinbase", "shared"), Decimal(0))
    oldest, unpriced = None, []
    for one in flows:
        found = prices.at(one.record["block_time"])
        if found is None:
            unpriced.append(one.txid)
            continue
        price, age = found
        oldest = max(oldest or 0, age)
        for name, sat in _amounts(one).items():
            sums[name] += price * sat
    rounded = {name: (total / _SAT_PER_BTC).quantize(_CENT, ROUND_HALF_EVEN) for name, total in sums.items()}
    return Fiat(prices.source, rounded, oldest, unpriced)


def _amounts(one: Flow) -> dict[str, int]:
    """What a flow adds to each sum (sat)."""
    if one.type in (COINBASE, SHARED):
        return {one.type: one.net_sat}
    return {"received": one.received_sat, "sent": one.sent_sat, "fees": one.fee_sat}
