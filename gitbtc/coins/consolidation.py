"""Whether joining small coins in one pays: what it costs now, and what it saves at a feerate of another day."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal
from itertools import accumulate, takewhile
from typing import NamedTuple

from gitbtc.coins.selection import HEAVIEST
from gitbtc.coins.weights import SCRIPT_BYTES, WU_PER_BYTE, transaction_weight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitbtc.coins.feerate import Feerate
    from gitbtc.coins.names import Names
    from gitbtc.coins.pool import Rates
    from gitbtc.coins.selection import Candidate
    from gitbtc.kinds.kind import Record

_THOUSANDTH = Decimal("0.001")
# By how much the feerate of that day must be above the break-even: it is a guess.
_MARGIN = Decimal("1.5")


class Consolidation(NamedTuple):
    """One transaction that joins `coins` in one of `script_type`: its weight (WU), its fee now, what the inputs would
    cost at the feerate `future` less what the one input will, and the feerate (sat/vB) from which that is more.
    """

    coins: list[Candidate]
    script_type: str
    weight: int
    cost_sat: int
    future: Feerate
    saving_sat: int
    break_even: Decimal

    @property
    def is_recommended(self) -> bool:
        """Whether the future feerate is at least one and a half times the break-even."""
        return self.future.sat_per_vb >= _MARGIN * self.break_even

    @property
    def amount_sat(self) -> int:
        """What the one coin will be worth."""
        return sum(one.amount_sat for one in self.coins) - self.cost_sat


class Into(NamedTuple):
    """What coins are joined to: a coin of `script_type`, whose input weighs `input_weight` (WU)."""

    script_type: str
    input_weight: int


def consolidation(
    coins: Sequence[Candidate], into: Into, rates: Rates, most: int | None = None
) -> Consolidation | None:
    """The joining of the smallest of `coins` by effective value, `most` of them and as many as one transaction may
    weigh; `rates.long_term` is the feerate of that other day. None for fewer than two, or where nothing is left.
    """
    script_type, input_weight = into
    now, future = rates
    smallest = _light_enough(sorted(coins, key=lambda one: (one.effective_sat, one.outpoint))[:most], script_type)
    saved = sum(one.weight for one in smallest) - input_weight
    if len(smallest) < 2 or saved <= 0:
        return None
    weight = _weight(smallest, script_type)
    cost = now.fee_of_vsize(-(-weight // WU_PER_BYTE))
    saving = sum(future.fee(one.weight) for one in smallest) - future.fee(input_weight)
    break_even = (Decimal(cost) * WU_PER_BYTE / saved).quantize(_THOUSANDTH, ROUND_UP)
    found = Consolidation(smallest, script_type, weight, cost, future, saving, break_even)
    return found if found.amount_sat > 0 else None


def _light_enough(coins: list[Candidate], script_type: str) -> list[Candidate]:
    """The first of `coins`, as many as one transaction may spend."""
    # An input adds its own weight and at most a unit for an empty witness; so many fit, and a few more may.
    sums = accumulate(one.weight for one in coins)
    found = coins[: sum(1 for _ in takewhile(HEAVIEST.__gt__, sums))]
    while len(found) > 1 and _weight(found, script_type) > HEAVIEST:
        found.pop()
    return found


def _weight(coins: Sequence[Candidate], script_type: str) -> int:
    return transaction_weight([(one.script_type, one.weight) for one in coins], [SCRIPT_BYTES[script_type]])


def cluster_of(names: Names, *, mix: bool) -> Callable[[Record], str]:
    """What coins may be joined by: their category; where nobody has given one, their label. All with all if `mix`."""

    def cluster(coin: Record) -> str:
        category = names.category(coin)
        return "" if mix else names.label(coin) if category == "unknown" else category

    return cluster
