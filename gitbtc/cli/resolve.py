"""`gitbtc resolve`: settle conflicts by choosing a side."""

from __future__ import annotations

import click

from gitbtc.errors import UsageError, printable
from gitbtc.gate.open_conflicts import Conflicts
from gitbtc.gate.resolving import Resolving
from gitbtc.repo.git import Git


@click.command("resolve")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--ours", "choice", flag_value="ours", help="Take the record, or the transaction, of our side.")
@click.option("--theirs", "choice", flag_value="theirs", help="Take that of their side.")
@click.option("--base", "choice", flag_value="base", help="Take that of the common ancestor; no spender wins.")
def command(addresses: tuple[str, ...], choice: str | None) -> int:
    """Settle conflicts: ADDRESS is `path::identity` or an outpoint `txid:vout`, as `gitbtc conflicts` lists them.

    Choosing a spender settles what hangs on it: the transaction that loses, and all that was built on it, leaves the
    coins and the mempool, and the coins that only it spent are back.
    """
    if choice is None:
        raise UsageError("say which side to take: --ours, --theirs or --base")
    git = Git().at_top()
    with git.blobs() as blobs:
        conflicts = Conflicts(git, blobs)
        settled = Resolving(conflicts, choice).settle(list(addresses))
        left = len(list(Conflicts(git, blobs).open()))
    for open_ in settled:
        click.echo(f"gitbtc: settled {printable(open_.address)}: {choice}")
    way_on = conflicts.examination.in_progress.way_on
    click.echo(f"gitbtc: {left} open; `gitbtc conflicts` lists them" if left else f"gitbtc: nothing is open; {way_on}")
    return 0
