"""`gitbtc select`: which coins pay for something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_coins
from gitbtc.cli.asked_state import asked, of_wallets, one_wallet
from gitbtc.cli.paging import say
from gitbtc.coins.feerate import Feerate
from gitbtc.coins.holdings import MINE, RESERVED
from gitbtc.coins.payments import read_payment
from gitbtc.coins.pool import Rates, candidate, pool, reason
from gitbtc.coins.selection import Goal, Selection, select
from gitbtc.coins.weights import SCRIPT_BYTES, InputWeights
from gitbtc.errors import GitbtcError, UsageError, printable_json
from gitbtc.spends.evidence import outpoint_text
from gitbtc.views.balance import WORDS
from gitbtc.views.selection import Told, document, lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gitbtc.coins.holdings import Holding
    from gitbtc.coins.selection import Candidate
    from gitbtc.coins.wallet import Wallet

LONG_TERM = "10"  # sat/vB: Bitcoin Core's -consolidatefeerate


@click.command("select")
@click.argument("payments", nargs=-1, required=True, metavar="TO=AMOUNT...")
@click.option("--feerate", metavar="RATE", required=True, help="What the transaction is to pay, in sat/vB.")
@click.option("--long-term", metavar="RATE", default=LONG_TERM, show_default=True,
              help="What coins will be spent at another time (sat/vB).")  # fmt: skip
@click.option("--change", "change_type", type=click.Choice(list(SCRIPT_BYTES)),
              help="The script type of the change. [default: that of the coins that are worth most]")  # fmt: skip
@click.option("--include", multiple=True, metavar="COIN", shell_complete=complete_coins, help="Spend this one too.")
@click.option("--exclude", multiple=True, metavar="COIN", shell_complete=complete_coins, help="Leave this one alone.")
@click.option("--unconfirmed", is_flag=True, help="Own change that no block holds may be spent.")
@click.option("--seed", type=int, default=0, show_default=True, help="What chance begins with.")
@of_wallets
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.selection/v1.")
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    payments: tuple[str, ...],
    feerate: str,
    long_term: str,
    change_type: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    seed: int,
    folder: str | None,
    agent: str | None,
    *,
    unconfirmed: bool,
    as_json: bool,
) -> int:
    """Choose the coins of the work tree that pay for something, with the least waste.

    TO is an address or a script type, AMOUNT is BTC with a decimal point or satoshi with the unit: bc1q…=0.75,
    p2wpkh=75000sat. Only spendable coins are chosen, and with --include also what you have reserved. Nothing is signed,
    reserved or written. Exit status 1 when the coins are not enough; what is held back is told.
    """
    rates = Rates(Feerate.read(feerate), Feerate.read(long_term))
    with asked(None) as state:
        wallet = one_wallet(state, folder, agent)
        weights = InputWeights(wallet.records("descriptors"))
        paid = [read_payment(text, wallet.chain.get("network", "")) for text in payments]
        left_alone = {one.outpoint for one in _named(wallet, exclude)}
        wanted = _named(wallet, include)
        both = next((one for one in wanted if one.outpoint in left_alone), None)
        if both is not None:
            raise UsageError(f"{outpoint_text(both.outpoint)}: both --include and --exclude name it")
        found = pool(wallet.holdings, weights, rates, left_alone, unconfirmed=unconfirmed)
        given = [_given(one, weights, rates, unconfirmed=unconfirmed) for one in wanted]
        change = change_type or _usual_type(found.candidates or given)
        weight = weights.of(change)
        if weight is None:
            raise UsageError(
                f"--change {change}: no descriptor of this root tells what spending such change will weigh"
            )
        goal = Goal([(one.script, one.amount_sat) for one in paid], *rates, change, weight)
        told = Told(wallet, paid, goal, found, select(found.candidates, goal, given, seed))
        if as_json:
            click.echo(printable_json(document(told)))
        else:
            say(lines(told))
    return 0 if isinstance(told.found, Selection) else 1


def _named(wallet: Wallet, names: Sequence[str]) -> list[Holding]:
    """The coins that are called so; UsageError for a name that means none, or two."""
    from gitbtc.reserving.events import names_of

    held = {one.outpoint: one for one in wallet.holdings}
    found: dict[object, Holding] = {}
    for name in names_of(names):
        meant = name.meant(held)
        if not meant:
            raise UsageError(f"{name.text}: no coin that is listed here begins like this")
        found[meant[0]] = held[meant[0]]
    return list(found.values())


def _given(holding: Holding, weights: InputWeights, rates: Rates, *, unconfirmed: bool) -> Candidate:
    """A coin that is to be spent; GitbtcError when it may not be."""
    why = reason(holding, (), unconfirmed=unconfirmed)
    if why and why != (RESERVED, MINE):
        raise GitbtcError(f"{outpoint_text(holding.outpoint)} may not be spent: {WORDS[why]}")
    one = candidate(holding, weights, rates)
    if one is None:
        raise GitbtcError(f"{outpoint_text(holding.outpoint)}: nobody can say what spending it weighs")
    return one


def _usual_type(coins: Iterable[Candidate]) -> str:
    """The script type that most of the money has, so that the change does not stand out; p2wpkh for no coins."""
    sums: dict[str, int] = {}
    for one in coins:
        sums[one.script_type] = sums.get(one.script_type, 0) + one.amount_sat
    return max(sorted(sums), key=sums.__getitem__, default="p2wpkh")
