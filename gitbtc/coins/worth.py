"""What each coin is worth once it has paid for its own input."""

from __future__ import annotations

import math
from typing import NamedTuple

from gitbtc.coins.weights import dust_sat
from gitbtc.kinds import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitbtc.coins.feerate import Feerate
    from gitbtc.coins.holdings import Holding
    from gitbtc.coins.weights import InputWeights
    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint


class Worth(NamedTuple):
    """A coin seen from the tip. `age`: its confirmations (blocks), 0 while unconfirmed; `weight`: of the input that
    spends it (WU); `effective_sat`: its amount without what that input costs, below zero too; None: not known.
    """

    holding: Holding
    age: int | None
    weight: int | None
    effective_sat: int | None

    @property
    def outpoint(self) -> Outpoint:
        """Its name."""
        return self.holding.outpoint

    @property
    def is_below_cost(self) -> bool:
        """Whether spending it costs all that it is worth, or more, at the feerate that is asked about."""
        return self.effective_sat is not None and self.effective_sat <= 0

    @property
    def is_dust(self) -> bool:
        """Whether nodes would not relay the making of such a coin, whatever feerates are."""
        coin = self.holding.coin
        least = dust_sat(coin["script_type"], coin["address"])
        return least is not None and coin["amount_sat"] < least


def worth(holding: Holding, tip: int | None, weights: InputWeights, feerate: Feerate | None) -> Worth:
    """What a coin is worth at a feerate; without one its effective value is not known."""
    coin = holding.coin
    weight = weights.of(coin["script_type"])
    return Worth(holding, age(coin, tip), weight, effective_sat(coin, weight, feerate))


def effective_sat(coin: Record, weight: int | None, feerate: Feerate | None) -> int | None:
    """The amount less what its input costs, weight / 4 times the feerate, rounded up; None where one is not known."""
    if weight is None or feerate is None:
        return None
    return int(coin["amount_sat"]) - feerate.fee(weight)


def age(coin: Record, tip: int | None) -> int | None:
    """Its confirmations (blocks) at the tip: the block that holds it is the first. None where no tip is known."""
    height = coin["block_height"]
    if height is None:
        return 0
    return None if tip is None or tip < height else tip - height + 1


# By what coins are ordered: the largest and the oldest first, what is not known last.
ORDERS = ("outpoint", "amount", "age", "effective")


def ordered(
    coins: Iterable[Record], by: str, tip: int | None, weights: InputWeights, feerate: Feerate | None
) -> Iterator[Record]:
    """Records of coins, which come by outpoint, in one of the ORDERS. To sort them all are held, but as their lines,
    which take half of the memory.
    """
    if by == "outpoint":
        yield from coins
        return
    values: dict[str, Callable[[Record], int | None]] = {
        "amount": lambda coin: int(coin["amount_sat"]),
        "age": lambda coin: age(coin, tip),
        "effective": lambda coin: effective_sat(coin, weights.of(coin["script_type"]), feerate),
    }

    def place(line: bytes) -> float:
        value = values[by](json_text.loads(line))
        return math.inf if value is None else -value

    lines = [json_text.dumps(coin) for coin in coins]
    lines.sort(key=place)  # of equal ones the first by outpoint stays the first
    lines.reverse()
    while lines:
        yield json_text.loads(lines.pop())
