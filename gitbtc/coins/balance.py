"""Classes of coins, and groups of them, added up: every sum is that of the coins, or nobody is told one."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from gitbtc.coins.holdings import CLASSES, FOREIGN, UNCONFIRMED, Holding
from gitbtc.errors import CannotWork
from gitbtc.spends.reservable import COINBASE_MATURITY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from gitbtc.kinds.kind import Record

_SAT_PER_BTC = 100_000_000


class Sum(NamedTuple):
    """Coins counted and added up."""

    coins: int = 0
    amount_sat: int = 0

    def with_one(self, holding: Holding) -> Sum:
        """The sum with one more coin."""
        return Sum(self.coins + 1, self.amount_sat + holding.amount_sat)


def by_class(holdings: Sequence[Holding]) -> dict[tuple[str, str], Sum]:
    """(class, detail) -> its coins, in the order of CLASSES. CannotWork unless they are the sum of all."""
    sums = dict.fromkeys(CLASSES, Sum())
    for holding in holdings:
        about = holding.name, holding.detail
        sums[about] = sums[about].with_one(holding)
    check(sums.values(), holdings)
    return sums


def grouped(holdings: Sequence[Holding], group: Callable[[Record], str]) -> dict[str, Sum]:
    """What `group` says of a coin -> its coins, the largest amount first. CannotWork unless they are the sum of all."""
    sums: dict[str, Sum] = {}
    for holding in holdings:
        name = group(holding.coin)
        sums[name] = sums.get(name, Sum()).with_one(holding)
    check(sums.values(), holdings)
    return dict(sorted(sums.items(), key=lambda one: (-one[1].amount_sat, one[0])))


def total(holdings: Iterable[Holding]) -> Sum:
    """All of them."""
    amounts = [holding.coin["amount_sat"] for holding in holdings]
    return Sum(len(amounts), sum(amounts))


def check(sums: Collection[Sum], holdings: Sequence[Holding]) -> None:
    """Raise CannotWork unless `sums` are the coins, to the satoshi; also under -O."""
    counts, amounts = zip(*sums, strict=True) if sums else ((), ())
    added = Sum(sum(counts), sum(amounts))
    if added != total(holdings) or len({holding.outpoint for holding in holdings}) != len(holdings):
        raise CannotWork("the classes do not add up to the coins, which is a bug of gitbtc's; nothing is told")


# -- another program's words ------------------------------------------------------------------------------------------


class CoreBalances(NamedTuple):
    """What Bitcoin Core's `getbalances` tells of the same coins (sat)."""

    trusted_sat: int
    untrusted_pending_sat: int
    immature_sat: int


def core_balances(holdings: Iterable[Holding], tip: int | None) -> CoreBalances:
    """The coins as Core's wallet adds them up: it knows no freezes and no reservations, and calls a coinbase immature
    until it is 101 deep (wallet.cpp: COINBASE_MATURITY + 1), a block longer than consensus does.
    """
    sums = {"trusted": 0, "pending": 0, "immature": 0}
    for holding in holdings:
        sums[_core_class(holding, tip)] += holding.amount_sat
    return CoreBalances(sums["trusted"], sums["pending"], sums["immature"])


def _core_class(holding: Holding, tip: int | None) -> str:
    height = holding.coin["block_height"]
    if holding.coin["coinbase"] and (height is None or tip is None or tip < height + COINBASE_MATURITY):
        return "immature"
    return "pending" if (holding.name, holding.detail) == (UNCONFIRMED, FOREIGN) else "trusted"


# -- in another currency ----------------------------------------------------------------------------------------------


def usd(amount_sat: int, price: Record) -> Decimal:
    """An amount in dollars at a price, to the cent."""
    worth = Decimal(amount_sat) * Decimal(repr(price["price_usd"])) / _SAT_PER_BTC
    return worth.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
