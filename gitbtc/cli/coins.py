"""`gitbtc coins`: each coin, whether it may be spent, and what it is worth at a feerate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_revisions
from gitbtc.cli.asked_state import asked, of_wallets, wallets
from gitbtc.cli.paging import say
from gitbtc.coins.feerate import Feerate
from gitbtc.coins.readings import TARGETS, latest
from gitbtc.coins.weights import InputWeights
from gitbtc.coins.worth import ORDERS, ordered, worth
from gitbtc.errors import UsageError
from gitbtc.views.coins import Told, as_csv, document, lines
from gitbtc.views.in_pieces import json_in_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitbtc.coins.wallet import Wallet
    from gitbtc.coins.worth import Worth
    from gitbtc.kinds.kind import Record

_DESCRIPTORS, _FEES = "descriptors", "fees"


@click.command("coins")
@click.argument("rev", required=False, shell_complete=complete_revisions)
@click.option("--free", is_flag=True, help="Only coins that nothing holds back.")
@click.option("--below-cost", is_flag=True, help="Only coins that cost more to spend than they are worth.")
@click.option("--sort", "order", type=click.Choice(list(ORDERS)), default="outpoint", show_default=True,
              help="The largest, or the oldest, first.")  # fmt: skip
@click.option("--feerate", metavar="RATE", help="What effective values are told at (sat/vB). [default: the oracle's]")
@of_wallets
@click.option("--csv", "as_table", is_flag=True, help="Print CSV.")
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.coins/v1.")
def command(  # noqa: PLR0913 - one parameter an option
    rev: str | None,
    order: str,
    feerate: str | None,
    folder: str | None,
    agent: str | None,
    *,
    free: bool,
    below_cost: bool,
    as_table: bool,
    as_json: bool,
) -> int:
    """List the coins at a revision, or in the work tree without REV.

    Each with its amount, its age in blocks, its class (as `gitbtc balance` has them), and its effective value: the
    amount without what its own input costs. Without --feerate that is told at the oracle's latest estimate for 6
    blocks, where there is one of the last 24 hours before the tip. Nothing is guessed where the script is not known.
    """
    if as_table and as_json:
        raise UsageError("--csv or --json: one of them")
    given = None if feerate is None else Feerate.read(feerate)

    def wanted(coin: Worth) -> bool:
        return (coin.holding.is_free or not free) and (coin.is_below_cost or not below_cost)

    with asked(rev) as state:
        told = [_told(one, given, order, wanted) for one in wallets(state, folder, agent, added=True)]
        if (below_cost or order == "effective") and any(one.feerate is None for one in told):
            raise UsageError("at which feerate? oracles/fees.json has none of the last 24 hours: give --feerate")
        if as_json:
            _write(json_in_pieces(document(told)))
            click.echo()
        elif as_table:
            _write(as_csv(told))
        else:
            say(_apart(map(lines, told)))
    return 0


def _write(pieces: Iterable[str]) -> None:
    for piece in pieces:
        click.echo(piece, nl=False)


def _apart(tables: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of tables, with an empty one between two."""
    for number, table in enumerate(tables):
        yield from ("",) if number else ()
        yield from table


def _told(wallet: Wallet, given: Feerate | None, order: str, wanted: Callable[[Worth], bool]) -> Told:
    source = None if given else latest(wallet.records(_FEES), wallet.chain.get("block_time"))
    rate = given or _estimate(source)
    weights = InputWeights(wallet.records(_DESCRIPTORS))
    _ = wallet.names  # which may be what cannot be read: nothing has been printed yet
    in_order = partial(ordered, by=order, tip=wallet.tip, weights=weights, feerate=rate)
    coins = (worth(holding, wallet.tip, weights, rate) for holding in wallet.classified(in_order))
    return Told(wallet, filter(wanted, coins), rate, source)


def _estimate(reading: Record | None) -> Feerate | None:
    return Feerate.of(reading[TARGETS[6]]) if reading else None
