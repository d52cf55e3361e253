"""`gitbtc plan consolidate`: whether joining small coins pays."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import click

from gitbtc.cli.asked_state import asked, of_wallets, one_wallet
from gitbtc.cli.paging import say
from gitbtc.coins.consolidation import Into, cluster_of, consolidation
from gitbtc.coins.estimates import quantile, series
from gitbtc.coins.feerate import Feerate
from gitbtc.coins.pool import Rates, pool
from gitbtc.coins.weights import SCRIPT_BYTES, InputWeights
from gitbtc.errors import UsageError, printable_json
from gitbtc.views.consolidation import Told, document, lines

if TYPE_CHECKING:
    from gitbtc.coins.consolidation import Consolidation
    from gitbtc.coins.selection import Candidate
    from gitbtc.coins.wallet import Wallet


class Wanted(NamedTuple):
    """How coins are joined: at most so many, in a coin of a type, and across labels or not."""

    most: int | None
    script_type: str | None
    mix: bool


@click.group("plan")
def command() -> None:
    """Plan what to do with coins; nothing is signed or written."""


@command.command("consolidate")
@click.option("--feerate", metavar="RATE", required=True, help="What the transaction would pay now, in sat/vB.")
@click.option("--future", metavar="RATE", help="The feerate of another day. [default: the oracle's median of a week]")
@click.option("--count", "most", type=click.IntRange(2), metavar="N", help="The N smallest only.")
@click.option("--to", "script_type", type=click.Choice(list(SCRIPT_BYTES)),
              help="The script type of the new coin. [default: that of most of the coins]")  # fmt: skip
@click.option("--mix", is_flag=True, help="Also join coins of different categories and labels.")
@of_wallets
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.plan/v1.")
def consolidate(  # noqa: PLR0913 - one parameter an option
    *,
    feerate: str,
    future: str | None,
    most: int | None,
    script_type: str | None,
    folder: str | None,
    agent: str | None,
    mix: bool,
    as_json: bool,
) -> int:
    """Tell what joining the smallest spendable coins would cost now, and save on another day.

    Coins of different label categories are never joined without --mix, nor those of different labels where there is no
    category: one transaction links them. Coins that are worth less than their inputs are left out.
    """
    with asked(None) as state:
        wallet = one_wallet(state, folder, agent)
        later, source = _future(wallet, future)
        rates = Rates(Feerate.read(feerate), later)
        told = Told(wallet, *rates, source, _plans(wallet, rates, Wanted(most, script_type, mix)))
        if as_json:
            click.echo(printable_json(document(told)))
        else:
            say(lines(told))
    return 0


def _future(wallet: Wallet, given: str | None) -> tuple[Feerate, str | None]:
    """The feerate of another day, and whose median it is; None where it was given."""
    if given is not None:
        return Feerate.read(given), None
    known = series(wallet.records("fees"), wallet.tip)
    if known is None:
        raise UsageError(
            "at which feerate would they be spent another day? oracles/fees.json has no reading of a week: "
            "give --future"
        )
    return quantile(known.feerates(6), Fraction(1, 2)), known.source


def _plans(wallet: Wallet, rates: Rates, wanted: Wanted) -> list[tuple[str, Consolidation]]:
    weights = InputWeights(wallet.records("descriptors"))
    coins = {one.outpoint: one.coin for one in wallet.holdings}
    cluster = cluster_of(wallet.names, mix=wanted.mix)
    clusters: dict[str, list[Candidate]] = {}
    for one in pool(wallet.holdings, weights, rates).candidates:
        clusters.setdefault(cluster(coins[one.outpoint]), []).append(one)
    plans = []
    for name, members in sorted(clusters.items()):
        into = wanted.script_type or _usual(members)
        weight = weights.of(into)
        if weight is None:
            raise UsageError(f"--to {into}: no descriptor of this root tells what spending such a coin will weigh")
        plan = consolidation(members, Into(into, weight), rates, wanted.most)
        if plan is not None:
            plans.append((name, plan))
    return plans


def _usual(coins: list[Candidate]) -> str:
    """The script type that most of the coins have."""
    types = [one.script_type for one in coins]
    return max(sorted(set(types)), key=types.count)
