"""Classes of coins, and groups of them, added up: every sum is that of the coins, or nobody is told one."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from gitbtc.coins.holdings import CLASSES, FOREIGN, IMMATURE, UNCONFIRMED, Holding
from gitbtc.errors import CannotWork
from gitbtc.spends.reservable import COINBASE_MATURITY, first_spending_block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from gitbtc.kinds.kind import Record

_SAT_PER_BTC = 100_000_000


class Sum(NamedTuple):
    """Coins counted and added up."""

    coins: int = 0
    amount_sat: int = 0

    def with_one(self, holding: Holding) -> Sum:
        """The sum with one more coin."""
        return Sum(self.coins + 1, self.amount_sat + holding.amount_sat)


class Balance(NamedTuple):
    """Coins added up. `classes`: (class, detail) -> its coins, in the order of CLASSES; `matures`: the height of the
    first block that may spend one of those that are immature, None where there is none or nobody knows.
    """

    classes: Mapping[tuple[str, str], Sum]
    everything: Sum
    core: CoreBalances
    matures: int | None


def added_up(holdings: Iterable[Holding], tip: int | None) -> Balance:
    """The sums of coins that come by outpoint. CannotWork unless the classes are the sum of all, each of them once."""
    sums = dict.fromkeys(CLASSES, Sum())
    core = dict.fromkeys(CoreBalances._fields, 0)
    blocks: set[int] = set()

    def taken(holding: Holding) -> Holding:
        about = holding.name, holding.detail
        sums[about] = sums[about].with_one(holding)
        core[_core_class(holding, tip)] += holding.amount_sat
        first = first_spending_block(holding.coin) if holding.name == IMMATURE else None
        if first is not None:
            blocks.add(first)
        return holding

    everything = total(map(taken, holdings))
    check(sums.values(), everything)
    return Balance(sums, everything, CoreBalances(**core), min(blocks, default=None))


def grouped(holdings: Sequence[Holding], group: Callable[[Record], str]) -> dict[str, Sum]:
    """What `group` says of a coin -> its coins, the largest amount first. CannotWork unless they are the sum of all."""
    sums: dict[str, Sum] = {}
    for holding in holdings:
        name = group(holding.coin)
        sums[name] = sums.get(name, Sum()).with_one(holding)
    check(sums.values(), total(holdings))
    return dict(sorted(sums.items(), key=lambda one: (-one[1].amount_sat, one[0])))


def total(holdings: Iterable[Holding]) -> Sum:
    """All of them, which come by outpoint; CannotWork for one that comes twice."""
    count, amount, last = 0, 0, ("", 0)
    for holding in holdings:
        if not last < holding.outpoint:
            raise CannotWork(_WRONG)
        last = holding.outpoint
        count += 1
        amount += holding.coin["amount_sat"]
    return Sum(count, amount)


def check(sums: Collection[Sum], everything: Sum) -> None:
    """Raise CannotWork unless `sums` are all coins, to the satoshi; also under -O."""
    counts, amounts = zip(*sums, strict=True) if sums else ((), ())
    if Sum(sum(counts), sum(amounts)) != everything:
        raise CannotWork(_WRONG)


_WRONG = "the classes do not add up to the coins, which is a bug of gitbtc's; nothing is told"


# -- another program's words ------------------------------------------------------------------------------------------


class CoreBalances(NamedTuple):
    """What Bitcoin Core's `getbalances` tells of the same coins (sat): it knows no freezes and no reservations, and
    calls a coinbase immature until it is 101 deep (wallet.cpp: COINBASE_MATURITY + 1), a block longer than consensus
    does.
    """

    trusted_sat: int
    untrusted_pending_sat: int
    immature_sat: int


def _core_class(holding: Holding, tip: int | None) -> str:
    """The field of CoreBalances that a coin is counted in."""
    height = holding.coin["block_height"]
    if holding.coin["coinbase"] and (height is None or tip is None or tip < height + COINBASE_MATURITY):
        return "immature_sat"
    return "untrusted_pending_sat" if (holding.name, holding.detail) == (UNCONFIRMED, FOREIGN) else "trusted_sat"


# -- in another currency ----------------------------------------------------------------------------------------------


def usd(amount_sat: int, price: Record) -> Decimal:
    """An amount in dollars at a price, to the cent."""
    worth = Decimal(amount_sat) * Decimal(repr(price["price_usd"])) / _SAT_PER_BTC
    return worth.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
