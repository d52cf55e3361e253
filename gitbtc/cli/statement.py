"""`gitbtc statement`: opening + what came - what went = closing, to the satoshi."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitbtc.cli.asked_period import asked_prices, ends, found_period, of_periods
from gitbtc.cli.paging import say, terminal_width
from gitbtc.errors import UsageError, printable_json

if TYPE_CHECKING:
    from gitbtc.cli.asked_period import Moment, Period
    from gitbtc.statement.fiat import Fiat
    from gitbtc.statement.lightning import Channels
    from gitbtc.views.statement import End, Told


@click.command("statement")
@of_periods
@click.option("--price", metavar="usd[:SOURCE]", help="What it was worth when it happened, by oracles/prices.json.")
@click.option("--csv", "as_csv", is_flag=True, help="The lines of the sum as a table.")
@click.option("--html", "page", metavar="FILE", help="Write one page, for a browser or a printer.")
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.statement/v1.")
def command(  # noqa: PLR0913 - click gives every option
    period: str | None, first: str | None, last: str | None, folders: tuple[str, ...], *, price: str | None,
    page: str | None, as_csv: bool, as_json: bool,
) -> int:  # fmt: skip
    """Tell what came and what went in a period, and prove that it adds up to the satoshi.

    PERIOD is A..B, each a revision, a day (2026-03-15, UTC), a month (2026-03) or a height, or one day or month alone;
    a revision or height alone is the end. Without one, everything up to HEAD is told. A day or a height means the last
    commit whose chain.json is not later. Only what a block holds is counted. Exit status 1 where it does not add up, or
    coins came or went without a transaction.
    """
    from gitbtc.views.statement import WIDTH, document, lines, table

    if as_csv and as_json:
        raise UsageError("--csv and --json are two forms; ask for one")
    with found_period(*ends(period, first, last), folders) as found:
        whole = document(told(found, price))
    if page is not None:
        from gitbtc.repo.files import write
        from gitbtc.views.page import of_statement

        write(page, of_statement(whole).encode())
    if as_json:
        click.echo(printable_json(whole))
    elif as_csv:
        click.echo(table(whole), nl=False)
    elif page is None:
        say(lines(whole, terminal_width() or WIDTH))
    return 0 if found.reckoning.is_clean else 1


def told(period: Period, price: str | None) -> Told:
    """A period with what a statement says around it."""
    from gitbtc.views.statement import Told

    return Told(
        _title(period), end_of(period, period.before), end_of(period, period.after), period.reckoning, period.called,
        channels_of(period), None if price is None else _fiat(period, price), checked(period), period.is_cut,
    )  # fmt: skip


def _fiat(period: Period, price: str) -> Fiat:
    from gitbtc.statement.fiat import in_usd

    return in_usd(period.reckoning.flows, asked_prices(period, price))


def checked(period: Period) -> tuple[int, int]:
    """How many rules the files of the end break, and how many coins are contested. The step that led there is not held
    against rules again: that is a commit's own business.
    """
    from gitbtc.cli.check import examined

    commit, snapshot = period.end()
    contests, broken = examined(period.git, commit.oid, snapshot, period.kinds, with_step=False)
    return len(broken), len(contests)


def end_of(period: Period, moment: Moment) -> End:
    """One end of a period, with how its commit is signed."""
    from gitbtc.views.statement import End

    commit = moment.commit
    return End(moment.asked.text, commit, period.git.signature(commit.oid) if commit else None)


def _title(period: Period) -> str:
    """The month or the day that the period is, where both ends are of one."""
    import time

    begin, end = period.before.asked, period.after.asked
    if begin.first is None or begin != end:
        return ""
    is_month = end.text.count("-") == 1
    return time.strftime("%B %Y" if is_month else "%d %B %Y", time.gmtime(begin.first)).lstrip("0")


def channels_of(period: Period) -> Channels | None:
    """What lies in channels, where the roots have any at one of the ends."""
    from gitbtc.spends import CHANNELS, PENDING
    from gitbtc.statement.lightning import Channels, funding, held, moved

    at_ends = [
        [period.records(moment, kind) for kind in (CHANNELS, PENDING)] for moment in (period.before, period.after)
    ]
    if not any(records for kinds in at_ends for records in kinds):
        return None
    funded = funding(record for kinds in at_ends for records in kinds for record in records)
    return Channels(held(*at_ends[0]), held(*at_ends[1]), *moved(period.reckoning.flows, funded))
