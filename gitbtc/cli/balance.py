"""`gitbtc balance`: what there is, in classes that add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_revisions
from gitbtc.cli.asked_state import asked, of_wallets, wallets
from gitbtc.cli.paging import say
from gitbtc.coins.balance import grouped
from gitbtc.coins.readings import latest
from gitbtc.errors import printable_json
from gitbtc.views.balance import Told, document, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitbtc.coins.balance import Sum
    from gitbtc.coins.wallet import Wallet
    from gitbtc.kinds.kind import Record

_PRICES = "prices"


@click.command("balance")
@click.argument("rev", required=False, shell_complete=complete_revisions)
@click.option("--by", type=click.Choice(["label", "category", "script"]), help="Add up by what the coins are, too.")
@of_wallets
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.balance/v1.")
def command(rev: str | None, *, by: str | None, folder: str | None, agent: str | None, as_json: bool) -> int:
    """Tell what there is at a revision, or in the work tree without REV, each coin in one class.

    The classes, of which the first that fits counts: contested, immature (a coinbase that the next block may not
    spend), unconfirmed, frozen, reserved, spendable. They add up to all coins. Exit status 3 where the
    files do not say.
    """
    with asked(rev) as state:
        group = _GROUPS[by] if by else None
        told = [Told(one, _price(one), group and group(one)) for one in wallets(state, folder, agent, added=by is None)]
    if as_json:
        click.echo(printable_json(document(told, by)))
    else:
        say(["\n\n".join("\n".join(lines(one, by)) for one in told)])
    return 0


def _price(wallet: Wallet) -> Record | None:
    return latest(wallet.records(_PRICES), wallet.chain.get("block_time"))


_GROUPS: dict[str, Callable[[Wallet], Mapping[str, Sum]]] = {
    "label": lambda wallet: grouped(wallet.holdings, wallet.names.label),
    "category": lambda wallet: grouped(wallet.holdings, wallet.names.category),
    "script": lambda wallet: grouped(wallet.holdings, lambda coin: str(coin["script_type"])),
}
