"""beancount with lots: each receipt is a lot at what it was worth, and what goes out takes lots by the method chosen.

Which lots a payment takes, and so what was gained, beancount reckons: `{}`, and a posting without an amount. What was
paid is in dollars, at the price of the time of its block.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import NamedTuple

from gitbtc.errors import GitbtcError, printable
from gitbtc.exporting.entries import date, one_line
from gitbtc.exporting.journals import AMOUNTS, Beancount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.exporting.accounts import Accounts, Posting
    from gitbtc.exporting.entries import Entry, Export
    from gitbtc.statement.fiat import Prices
    from gitbtc.statement.groups import Called

# Amounts are exact: rounded to cents, a satoshi more or less would be within the tolerance that beancount infers.
_EXACT = Context(prec=60)
_SHOWN = 3  # transactions that a refusal names


class NoCost(GitbtcError):
    """What coins had cost, or what they were paid for, nobody told."""


class Lots(NamedTuple):
    """How lots are told: beancount's booking method, and whose prices count."""

    method: str
    prices: Prices


def beancount_with_lots(export: Export, accounts: Accounts, called: Called, lots: Lots) -> str:
    """A ledger that bean-check takes. NoCost where a price is missing, where there is something already as the period
    begins, or where coins went to what is the owner's own, so that their lots did.
    """
    _check_opening(export)
    _check_owner(export, accounts, called)
    _check_prices(export, lots.prices)
    return "\n".join(_WithLots(accounts, lots).lines(_receipts_first(export))) + "\n"


def _check_opening(export: Export) -> None:
    first = export.entries[0] if export.entries else None
    opening = export.opening_sat or (first.balance_sat - first.flow.net_sat if first else 0)
    if opening:
        raise NoCost(
            f"--lots: {opening} sat are there as the period begins, and what they had cost is not told; begin where "
            "there was nothing, without --from"
        )


def _check_owner(export: Export, accounts: Accounts, called: Called) -> None:
    for entry in export.entries:
        counter = accounts.counter(entry) if entry.moved_sat else ""
        if called.is_of_channel(entry.flow):
            counter = "a channel"
        elif not counter.lower().startswith("assets:"):
            continue
        raise NoCost(
            f"--lots: {entry.flow.txid} moved coins to or from {counter}: that is no sale, and which lots moved nobody "
            "told; nothing was exported"
        )


def _check_prices(export: Export, prices: Prices) -> None:
    missing = [entry for entry in export.entries if entry.flow.net_sat and prices.at(entry.time) is None]
    if missing:
        named = ", ".join(f"{entry.flow.txid} ({date(entry.time)})" for entry in missing[:_SHOWN])
        raise NoCost(
            f"--lots: {printable(prices.source)} tells no price of the 24 hours before {len(missing)} transactions: "
            f"{named}{', …' if len(missing) > _SHOWN else ''}; nothing was exported. Add prices to oracles/prices.json"
        )


def _receipts_first(export: Export) -> Export:
    """The same with what came in a block before what went, so that no lot is taken before it is there."""
    entries, balance = [], 0
    for entry in sorted(export.entries, key=lambda one: (one.flow.height, one.day, one.flow.net_sat < 0)):
        balance += entry.flow.net_sat
        entries.append(entry._replace(balance_sat=balance))
    return export._replace(opening_sat=None, entries=entries)


class _WithLots(Beancount):
    def __init__(self, accounts: Accounts, lots: Lots) -> None:
        super().__init__(accounts)
        self._lots = lots

    def head(self) -> Iterator[str]:
        yield f"; lots and payments at the prices of {one_line(self._lots.prices.source)}"
        # Gains take up any difference; this compares the price of what is paid with what was got for it.
        yield 'plugin "beancount.plugins.sellgains"'
        yield from super().head()

    def used(self, postings: list[Posting]) -> list[str]:
        found = super().used(postings)
        return [*found, self.accounts.gains] if postings[0].amount_sat < 0 else found

    def held(self, name: str) -> str:
        return f'BTC "{self._lots.method.upper()}"' if name == self.name(self.accounts.asset) else "USD"

    def amounts(self, entry: Entry, postings: list[Posting]) -> Iterator[str]:
        coins, *rest = postings
        told = self._lots.prices.at(entry.time)
        if not coins.amount_sat or told is None:  # a price is missing only where nothing came or went
            yield self.posting(*coins)
            return
        price = told[0]
        yield f"{self.posting(*coins)} {_cost(price, postings)}"
        for account, amount in rest:
            yield f"  {self.name(account):<{AMOUNTS - 4}}  {_worth(amount, price):>18} USD"
        if coins.amount_sat < 0:
            yield f"  {self.name(self.accounts.gains)}"


def _cost(price: Decimal, postings: list[Posting]) -> str:
    """The lot that comes to be, or any; with the price of what goes, unless that is booked on what the plugin does not
    count among what is got for it.
    """
    coins, *rest = postings
    if coins.amount_sat > 0:
        return f"{{{price:f} USD}}"
    is_comparable = not any(one.account.lower().startswith(("income:", "revenues:")) for one in rest)
    return f"{{}} @ {price:f} USD" if is_comparable else "{}"


def _worth(sat: int, price: Decimal) -> str:
    """An amount in USD, exactly."""
    return format(_EXACT.scaleb(_EXACT.multiply(price, Decimal(sat)), Decimal(-8)), "f")
