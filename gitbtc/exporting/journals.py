"""Exports that are journals of plain-text accounting: hledger (and ledger), beancount.

Both check what they read: every account is declared, every transaction balances, and balances are asserted, by the
satoshi. Prices and lots are left out: hledger 2 reads braces as lots, and what a coin had cost is the books' business;
beancount's with lots are a module of their own.
"""

from __future__ import annotations

from decimal import Decimal

from gitbtc.errors import UsageError
from gitbtc.exporting.entries import coins, date, next_day

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitbtc.exporting.accounts import Accounts, Posting
    from gitbtc.exporting.entries import Entry, Export
    from gitbtc.kinds.kind import Record

AMOUNTS = 46  # the column at which amounts begin


# -- hledger -----------------------------------------------------------------------------------------------------------


def hledger(export: Export, accounts: Accounts) -> str:
    """A journal that `hledger check --strict` and ledger take. Each transaction asserts what there is after it."""
    return "\n".join(_hledger(export, accounts)) + "\n"


def _hledger(export: Export, accounts: Accounts) -> Iterator[str]:
    # The form that ledger knows too; hledger reads it as its own `commodity 1.00000000 BTC`.
    yield from ("commodity BTC", "    format 1.00000000 BTC")
    declared: set[str] = set()
    if export.opening_sat is not None:
        yield from _declared("account {}".format, [accounts.asset, accounts.opening], declared)
        yield f"{date(export.opening_day)} * opening"
        yield _posting(accounts.asset, export.opening_sat, assertion=export.opening_sat)
        yield _posting(accounts.opening, -export.opening_sat)
    for entry in export.entries:
        postings = accounts.postings(entry)
        yield from _declared("account {}".format, [one.account for one in postings], declared)
        yield from _of_hledger(entry, postings)


def _of_hledger(entry: Entry, postings: list[Posting]) -> Iterator[str]:
    # A semicolon begins a comment, and a bar parts the payee from the note.
    text = (entry.label or entry.flow.type).replace(";", ",").replace("|", "/").strip()
    yield f"{date(entry.day)} * ({entry.flow.txid[:8]}) {text}"
    yield f"    ; txid: {entry.flow.txid}"
    yield f"    ; block: {entry.flow.height}"
    for place, (account, amount) in enumerate(postings):
        yield _posting(account, amount, assertion=None if place else entry.balance_sat)


def _posting(account: str, amount_sat: int, assertion: int | None = None) -> str:
    asserted = "" if assertion is None else f" = {coins(assertion)} BTC"
    return f"    {account:<{AMOUNTS - 6}}  {coins(amount_sat):>18} BTC{asserted}"


def _declared(form: Callable[[str], str], names: Iterable[str], declared: set[str]) -> Iterator[str]:
    """The declarations of accounts, where each is used first: a longer export begins like a shorter one."""
    for name in names:
        if name not in declared:
            declared.add(name)
            yield ""
            yield form(name)
    yield ""


# -- beancount ---------------------------------------------------------------------------------------------------------


def beancount(export: Export, accounts: Accounts) -> str:
    """A ledger that bean-check takes. What there is at a day's end is asserted with a tolerance of 0: without it, a
    satoshi more or less would pass in silence.
    """
    return "\n".join(Beancount(accounts).lines(export)) + "\n"


class Beancount:
    """Writes a ledger, line by line."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self._declared: set[str] = set()
        self._spelled: dict[str, str] = {}

    def lines(self, export: Export) -> Iterator[str]:
        """The ledger of a period."""
        yield from self.head()
        if export.opening_sat is not None:
            pair = (self.accounts.asset, export.opening_sat), (self.accounts.opening, -export.opening_sat)
            yield from self._opened(export.opening_day, [account for account, _ in pair])
            yield f'{date(export.opening_day)} * "opening"'
            yield from (self.posting(*one) for one in pair)
        entries = export.entries
        for entry, after in zip(entries, [*entries[1:], None], strict=True):
            postings = self.accounts.postings(entry)
            yield from self._opened(entry.day, self.used(postings))
            yield from self._entry(entry, postings)
            # While a day lasts, more may come, and a longer export would have to say otherwise.
            if after.day > entry.day if after else export.is_last_day_over:
                yield ""
                asset = self.name(self.accounts.asset)
                yield f"{date(next_day(entry.day))} balance {asset}  {coins(entry.balance_sat)} ~ 0 BTC"

    def head(self) -> Iterator[str]:
        """What the ledger begins with."""
        yield "1970-01-01 commodity BTC"

    def used(self, postings: list[Posting]) -> list[str]:
        """The accounts that an entry of these postings names."""
        return [one.account for one in postings]

    def held(self, _: str) -> str:
        """What an account (as beancount spells it) may hold, as its `open` says."""
        return "BTC"

    def amounts(self, _: Entry, postings: list[Posting]) -> Iterator[str]:
        """The lines of an entry's postings."""
        return (self.posting(*one) for one in postings)

    def _opened(self, day: int, names: list[str]) -> Iterator[str]:
        return _declared(
            lambda name: f"{date(day)} open {name} {self.held(name)}",
            [self.name(name) for name in names],
            self._declared,
        )

    def _entry(self, entry: Entry, postings: list[Posting]) -> Iterator[str]:
        yield f'{date(entry.day)} * "{_quoted(entry.label or entry.flow.type)}"'
        yield f'  txid: "{entry.flow.txid}"'
        yield f"  block: {entry.flow.height}"
        yield from self.amounts(entry, postings)

    def posting(self, account: str, amount_sat: int) -> str:
        """A line of a posting in BTC."""
        return f"  {self.name(account):<{AMOUNTS - 4}}  {coins(amount_sat):>18} BTC"

    def name(self, account: str) -> str:
        """An account as beancount spells it: `Income:Consulting`. UsageError where two come to be spelled alike."""
        first, *rest = account.split(":")
        first = {"revenues": "income"}.get(first.lower(), first.lower())
        name = ":".join(part[:1].upper() + part[1:].replace(" ", "-").replace("_", "-") for part in (first, *rest))
        if self._spelled.setdefault(name, account) != account:
            raise UsageError(f"beancount spells {account} and {self._spelled[name]} alike: {name}; rename one of them")
        return name


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


# -- prices ------------------------------------------------------------------------------------------------------------


def hledger_prices(prices: Iterable[Record]) -> str:
    """Prices of a file of their own, the last of each day."""
    return "".join(f"P {day} BTC {price} USD\n" for day, price in _daily(prices))


def beancount_prices(prices: Iterable[Record]) -> str:
    """The same for beancount."""
    return "".join(f"{day} price BTC {price} USD\n" for day, price in _daily(prices))


def _daily(prices: Iterable[Record]) -> list[tuple[str, str]]:
    """(day, price as it was read) by day; `prices` are in the order of their times."""
    return sorted({date(one["timestamp"]): format(Decimal(repr(one["price_usd"])), "f") for one in prices}.items())
