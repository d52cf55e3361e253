"""`gitbtc export`: a period as a file that an accountant's program reads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gitbtc.cli.asked_period import asked_prices, ends, found_period, of_periods
from gitbtc.errors import CannotWork, UsageError, printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.cli.asked_period import Period
    from gitbtc.exporting.accounts import Accounts
    from gitbtc.exporting.entries import Export
    from gitbtc.kinds.kind import Record

    Form = Callable[[Export, Accounts], str]

_FORMATS = ("csv", "hledger", "beancount", "koinly", "cointracker", "rotki")
_PRICED = ("hledger", "beancount")
# Booking methods of beancount 3 that always find one way: STRICT asks for a lot, AVERAGE is not there yet.
_METHODS = ("fifo", "lifo", "hifo")


@click.command("export")
@of_periods
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="csv", show_default=True, help="For which program."
)
@click.option("--prices", metavar="SOURCE", help="Instead, the prices that a source told; hledger and beancount alone.")
@click.option(
    "--lots", type=click.Choice(_METHODS, case_sensitive=False), metavar="fifo|lifo|hifo",
    help="beancount alone: each receipt is a lot at its price, and what goes takes lots in this order. Needs --price.",
)  # fmt: skip
@click.option("--price", metavar="usd[:SOURCE]", help="Of --lots: whose prices count, by oracles/prices.json.")
@click.option("-o", "--output", metavar="FILE", help="Where to. [default: standard output]")
def command(  # noqa: PLR0913 - one parameter an option
    period: str | None, first: str | None, last: str | None, folders: tuple[str, ...], *, form: str, prices: str | None,
    lots: str | None, price: str | None, output: str | None,
) -> int:  # fmt: skip
    """Write what came and went in a period as a file for accountants' programs: everything up to HEAD, unless PERIOD
    says otherwise, in the words of `gitbtc statement`.

    The same period gives the same bytes again, and a longer one begins with the bytes of a shorter one that began where
    it begins. Accounts are named in .gitbtc/accounts.toml, as committed. Nothing is written, exit status 1, where the
    period does not add up by its transactions.
    """
    _check_lots(form, prices, lots, price)
    with found_period(*ends(period, first, last), folders) as found:
        text = _prices(found, form, prices) if prices is not None else _told(found, form, lots, price)
    _write(text.encode(), output)
    return 0


def _check_lots(form: str, prices: str | None, lots: str | None, price: str | None) -> None:
    """Refuse options that do not go together."""
    if (lots is None) != (price is None):
        raise UsageError(
            "--price is for --lots fifo, lifo or hifo, with --format beancount"
            if lots is None
            else "--lots needs the worth of what comes and goes: --price usd, or usd:SOURCE"
        )
    if lots is not None and form != "beancount":
        raise UsageError(f"--lots is for beancount; an export for {form} has none")
    if lots is not None and prices is not None:
        raise UsageError("--lots is of a ledger, --prices a file of its own; ask for one")


def _told(period: Period, form: str, lots: str | None, price: str | None) -> str:
    from gitbtc.exporting.accounts import PATH, Accounts
    from gitbtc.exporting.entries import export

    if any(commit.is_cut for commit in period.timeline.commits()):
        raise CannotWork(
            "history is cut here (a shallow clone), so this would not be the export of the whole repository; "
            "`git fetch --unshallow` brings what was before"
        )
    snapshot = period.after.snapshot
    accounts = Accounts(snapshot.content(PATH) if snapshot else b"", period.roots)
    told = export(
        period.reckoning, period.called, period.timeline.first_confirmed(period.roots) if form == "csv" else {}
    )
    if lots is not None and price is not None:
        from gitbtc.exporting.lots import Lots, beancount_with_lots

        text = beancount_with_lots(told, accounts, period.called, Lots(lots, asked_prices(period, price)))
    else:
        text = _form(form)(told, accounts)
    _note(period, form, is_last_day_over=told.is_last_day_over)
    return text


def _form(form: str) -> Form:
    from gitbtc.exporting import journals, tables

    forms: dict[str, Form] = {
        "csv": tables.plain, "koinly": tables.koinly, "cointracker": tables.cointracker, "rotki": tables.rotki,
        "hledger": journals.hledger, "beancount": journals.beancount,
    }  # fmt: skip
    return forms[form]


def _note(period: Period, form: str, *, is_last_day_over: bool) -> None:
    """What the file does not say."""
    concluded = len(period.reckoning.ownership.concluded)
    if concluded:
        click.echo(
            f"note: whose {concluded} outputs are is concluded, not proven; `gitbtc statement --json` names them",
            err=True,
        )
    if form == "beancount" and not is_last_day_over:
        click.echo(
            "note: the last day is not over: its balance is asserted once a longer export goes beyond it", err=True
        )
    if period.reckoning.pending:
        count = len(period.reckoning.pending)
        click.echo(f"note: {count} unconfirmed at the end: not exported until a block holds it", err=True)


def _prices(period: Period, form: str, source: str) -> str:
    from gitbtc.exporting.journals import beancount_prices, hledger_prices

    if form not in _PRICED:
        raise UsageError(f"--prices is for {' and '.join(_PRICED)}; a table of {form} has none")
    told: list[Record] = period.records(period.after, "prices")
    found = [one for one in told if one["source"] == source]
    if not found:
        sources = ", ".join(sorted({printable(one["source"]) for one in told})) or "no source"
        raise UsageError(f"--prices {printable(source)}: no such source tells prices here; {sources} does")
    return (hledger_prices if form == "hledger" else beancount_prices)(found)


def _write(content: bytes, output: str | None) -> None:
    if output is None or output == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    from gitbtc.repo.files import write

    write(output, content)
