"""Which coins pay for something: searched for in several ways, and of what is found the least wasteful taken.

All of it goes by effective values, so that each input pays for itself, and a fee is never below the feerate that was
asked for. Source of the terms and of the searches: Bitcoin Core's coinselection.cpp (waste, branch and bound, single
random draw, CoinGrinder) and Murch, "An Evaluation of Coin Selection Strategies" (2016).
"""

from __future__ import annotations

import random
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from gitbtc.coins.weights import SCRIPT_BYTES, WU_PER_BYTE, dust_sat, output_weight, transaction_weight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gitbtc.coins.feerate import Feerate
    from gitbtc.spends.listing import Outpoint

BRANCH_AND_BOUND, LARGEST_FIRST, RANDOM_DRAW, COIN_GRINDER, GIVEN = (
    "branch and bound", "largest first", "random draw", "coin grinder", "as given",
)  # fmt: skip
# How many steps a search takes before it goes with what it has (Core's TOTAL_TRIES).
_TRIES = 100_000
# Nodes relay nothing heavier (Core's MAX_STANDARD_TX_WEIGHT).
HEAVIEST = 400_000
# From so many times the long-term feerate on, the lightest inputs are searched for (Core's rule for CoinGrinder).
_EXPENSIVE = 3
# What a virtual size is rounded up by at the most (WU).
_ROUNDING = WU_PER_BYTE - 1


class Candidate(NamedTuple):
    """A coin that may be spent. `weight`: of its input (WU), also where it stands beside one with a witness;
    `effective_sat`: what is left of it now; `waste_sat`: what spending it now costs more than later, below zero too.
    """

    outpoint: Outpoint
    amount_sat: int
    script_type: str
    weight: int
    effective_sat: int
    waste_sat: int


class Goal(NamedTuple):
    """What is to be paid: `pay` has the length of each output's script (bytes) and its amount (sat). `change_type` is
    the script type of the change, which weighs `change_input_weight` (WU) once it is spent, at the feerate `long_term`.
    """

    pay: Sequence[tuple[int, int]]
    feerate: Feerate
    long_term: Feerate
    change_type: str
    change_input_weight: int

    @property
    def amount_sat(self) -> int:
        """All that is paid, without the fee."""
        return sum(amount for _, amount in self.pay)

    def target_sat(self, pool: int) -> int:
        """What the effective values must come to, where `pool` coins can be chosen from: the payments, and the fee of
        all but the inputs.
        """
        # The inputs are counted by how many there can be; a unit more for each byte that is begun.
        empty = [("p2wpkh", 0)] * pool
        weight = transaction_weight(empty, [script for script, _ in self.pay]) + _ROUNDING
        return self.amount_sat + self.feerate.fee(weight)

    @property
    def change_script(self) -> int:
        """The length of the change's script (bytes)."""
        return SCRIPT_BYTES[self.change_type]

    @property
    def change_fee_sat(self) -> int:
        """What the output of the change costs now. With a 253rd output its count takes two bytes more."""
        return self.feerate.fee(output_weight(self.change_script) + 2 * WU_PER_BYTE * (len(self.pay) == 252))

    @property
    def change_cost_sat(self) -> int:
        """The same, and what spending the change will cost."""
        return self.change_fee_sat + self.long_term.fee(self.change_input_weight)

    @property
    def least_change_sat(self) -> int:
        """The least change that is worth its output: no dust, and not below what spending it will cost."""
        return max(dust_sat(self.change_type) or 0, self.long_term.fee(self.change_input_weight))


class Selection(NamedTuple):
    """Coins that pay for a goal: inputs = payments + change + fee. `change_sat` is None where there is none; `weight`
    (WU) is that of the signed transaction at the most; `waste_sat` is what the choice costs beyond what it has to.
    """

    inputs: list[Candidate]
    change_sat: int | None
    fee_sat: int
    weight: int
    waste_sat: int
    found_by: str

    @property
    def rank(self) -> tuple[object, ...]:
        """What the better one of two is told by: the waste, then the number of inputs, then their names."""
        return self.waste_sat, len(self.inputs), [one.outpoint for one in self.inputs]


class Lacking(NamedTuple):
    """Why nothing is chosen: by how much (sat) the coins are too few; 0: only a transaction that is too heavy does."""

    lacking_sat: int


def select(
    pool: Sequence[Candidate], goal: Goal, given: Sequence[Candidate] = (), seed: int = 0
) -> Selection | Lacking:
    """The least wasteful choice among `pool`, with all of `given`. For one seed it is always the same."""
    search = _Search(pool, goal, given)
    if search.lacking_sat > 0:
        return Lacking(search.lacking_sat)
    found = [
        selection
        for name, chosen in search.run(random.Random(seed))  # noqa: S311 - which coins are tried first is no secret
        for selection in search.finished(name, chosen)
    ]
    best = min(found, key=lambda selection: selection.rank, default=None)
    return Lacking(0) if best is None else checked(best, goal)


def checked(selection: Selection, goal: Goal) -> Selection:
    """The selection; ValueError for one that may not be told, whatever search had found it."""
    outpoints = [one.outpoint for one in selection.inputs]
    change = 0 if selection.change_sat is None else selection.change_sat
    paid = goal.amount_sat + change + selection.fee_sat
    least = goal.feerate.fee_of_vsize(-(-selection.weight // WU_PER_BYTE))
    sound = (
        len(set(outpoints)) == len(outpoints)
        and sum(one.amount_sat for one in selection.inputs) == paid
        and selection.fee_sat >= least
        and selection.weight <= HEAVIEST
        and (selection.change_sat is None or change >= goal.least_change_sat)
    )
    if not sound:
        raise ValueError("a choice of coins that does not add up")
    return selection


class _Search:
    """The searches among the coins that are worth more than their input."""

    def __init__(self, pool: Sequence[Candidate], goal: Goal, given: Sequence[Candidate]) -> None:
        self._goal = goal
        self._given = sorted(given)
        named = {one.outpoint for one in given}
        worth = (one for one in pool if one.effective_sat > 0 and one.outpoint not in named)
        # Equal ones stand together, and the lighter first.
        self._pool = sorted(worth, key=lambda one: (-one.effective_sat, one.waste_sat, one.outpoint))
        self._target = goal.target_sat(len(self._pool) + len(given)) - sum(one.effective_sat for one in given)

    @property
    def lacking_sat(self) -> int:
        """By how much all coins together are too few; 0 or less where they are enough."""
        return self._target - sum(one.effective_sat for one in self._pool)

    @cached_property
    def _with_change(self) -> int:
        """What the effective values must come to for change to be worth it."""
        return self._target + self._goal.change_fee_sat + self._goal.least_change_sat

    def run(self, chance: random.Random) -> Iterator[tuple[str, list[Candidate]]]:
        """What each search finds."""
        if self._target <= 0:
            yield GIVEN, []
        exact = _branch_and_bound(self._pool, self._target, self._target + self._goal.change_cost_sat)
        if exact is not None:
            yield BRANCH_AND_BOUND, exact
        for enough in (self._target, self._with_change):
            yield LARGEST_FIRST, _first(self._pool, enough)
        shuffled = chance.sample(self._pool, len(self._pool))
        yield RANDOM_DRAW, _first(shuffled, self._with_change)
        if self._goal.feerate.sat_per_kvb > _EXPENSIVE * self._goal.long_term.sat_per_kvb:
            for enough in (self._target, self._with_change):
                yield COIN_GRINDER, _lightest(self._pool, enough)

    def finished(self, name: str, chosen: Sequence[Candidate]) -> Iterator[Selection]:
        """The transactions that a choice makes, without and with change, as far as they are sound."""
        goal, inputs = self._goal, sorted([*self._given, *chosen])
        excess = sum(one.effective_sat for one in chosen) - self._target
        if excess < 0:
            return
        waste = sum(one.waste_sat for one in inputs)
        brought = sum(one.amount_sat for one in inputs) - goal.amount_sat
        scripts = [script for script, _ in goal.pay]
        weight = _weight(inputs, scripts)
        if weight <= HEAVIEST:
            yield Selection(inputs, None, brought, weight, waste + excess, name)
        weight = _weight(inputs, [*scripts, goal.change_script])
        fee = goal.feerate.fee_of_vsize(-(-weight // WU_PER_BYTE))
        change = brought - fee
        if weight <= HEAVIEST and change >= goal.least_change_sat:
            yield Selection(inputs, change, fee, weight, waste + goal.change_cost_sat, name)


def _weight(inputs: Iterable[Candidate], scripts: Sequence[int]) -> int:
    return transaction_weight([(one.script_type, one.weight) for one in inputs], scripts)


# -- searches ---------------------------------------------------------------------------------------------------------


def _first(coins: Sequence[Candidate], enough: int) -> list[Candidate]:
    """The first of `coins` until they are `enough`; all of them where they are not."""
    sums = accumulate(one.effective_sat for one in coins)
    count = next((place + 1 for place, held in enumerate(sums) if held >= enough), len(coins))
    return list(coins[:count]) if enough > 0 else []


class _Walk:
    """A walk through all choices of `coins`, those with the first coin before those without. It visits a choice, and
    either goes on to larger ones or turns back.

    Of equal coins that follow each other, the later is not tried where the earlier was left out: nothing new can come.
    """

    def __init__(self, coins: Sequence[Candidate]) -> None:
        self._coins = coins
        self._next = 0
        self.chosen: list[int] = []
        self.value = self.waste = self.weight = 0
        self.available = sum(one.effective_sat for one in coins)

    @property
    def has_next(self) -> bool:
        """Whether there is a coin that was neither taken in nor left out."""
        return self._next < len(self._coins)

    def onward(self) -> None:
        """Take the next coin in, or leave it out where it equals one that was left out."""
        coin = self._coins[self._next]
        self.available -= coin.effective_sat
        if not self._repeats():
            self._count(coin, 1)
            self.chosen.append(self._next)
        self._next += 1

    def back(self) -> bool:
        """Leave the coin out that was taken in last; False where none is left: every choice was seen."""
        if not self.chosen:
            return False
        last = self.chosen.pop()
        # What stands behind it can be chosen again, itself not.
        self.available += sum(one.effective_sat for one in self._coins[last + 1 : self._next])
        self._count(self._coins[last], -1)
        self._next = last + 1
        return True

    def picked(self) -> list[Candidate]:
        """The choice that it stands at."""
        return [self._coins[place] for place in self.chosen]

    def _repeats(self) -> bool:
        before = self._next - 1
        if before < 0 or (self.chosen and self.chosen[-1] == before):
            return False
        one, other = self._coins[before], self._coins[self._next]
        return (one.effective_sat, one.waste_sat, one.weight) == (other.effective_sat, other.waste_sat, other.weight)

    def _count(self, coin: Candidate, sign: int) -> None:
        self.value += sign * coin.effective_sat
        self.waste += sign * coin.waste_sat
        self.weight += sign * coin.weight


def _search(
    coins: Sequence[Candidate], enough: int, most: int | None, cost: Callable[[_Walk], int], *, grows: bool
) -> list[Candidate] | None:
    """The choice from `enough` on, up to `most`, with the least `cost`; `grows`: a coin more never costs less."""
    walk, best, least = _Walk(coins), None, None
    for _ in range(_TRIES):
        is_over = most is not None and walk.value > most
        hopeless = walk.value + walk.available < enough or is_over
        hopeless = hopeless or (grows and least is not None and cost(walk) > least)
        if not hopeless and walk.value >= enough and (least is None or cost(walk) < least):
            best, least = walk.picked(), cost(walk)
        if not hopeless and walk.has_next and (walk.value < enough or not grows):
            walk.onward()
        elif not walk.back():
            break
    return best


def _branch_and_bound(coins: Sequence[Candidate], enough: int, most: int) -> list[Candidate] | None:
    """The least wasteful choice that needs no change; None where none was found."""
    grows = all(one.waste_sat >= 0 for one in coins)
    return _search(coins, enough, most, lambda walk: walk.waste + max(walk.value - enough, 0), grows=grows)


def _lightest(coins: Sequence[Candidate], enough: int) -> list[Candidate]:
    """The lightest choice that is enough; none where there is none."""
    return _search(coins, enough, None, lambda walk: walk.weight, grows=True) or []
