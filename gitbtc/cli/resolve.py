"""`gitbtc resolve`: settle conflicts by choosing a side."""

from __future__ import annotations

import click

from gitbtc.errors import UsageError, printable
from gitbtc.repo.git import Git
from gitbtc.resolve.open_conflicts import Conflicts
from gitbtc.resolve.resolving import Resolving


@click.command("resolve")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--ours", "choice", flag_value="ours", help="Take the record, or the transaction, of our side.")
@click.option("--theirs", "choice", flag_value="theirs", help="Take that of their side.")
@click.option("--base", "choice", flag_value="base", help="Take that of the common ancestor; no spender wins.")
@click.option("--winner", metavar="TXID", help="Of a coin that a join left contested: the transaction that spends it.")
def command(addresses: tuple[str, ...], choice: str | None, winner: str | None) -> int:
    """Settle conflicts: ADDRESS is `path::identity` or an outpoint `txid:vout`, as `gitbtc conflicts` lists them.

    Choosing a spender settles what hangs on it: the transaction that loses, and all that was built on it, leaves the
    coins and the mempool, and the coins that only it spent are back.

    What a join left contested has no sides: say --winner TXID, or --winner none; where no transaction is known,
    --winner unattributed; where the coin's description is contested, --winner listed. Each is a commit.
    """
    if winner is not None and choice is None:
        return _end(addresses, winner)
    if choice is None:
        raise UsageError("say which side to take: --ours, --theirs or --base; of what a join left contested, --winner")
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


def _end(addresses: tuple[str, ...], winner: str) -> int:
    from gitbtc.resolve.ending_contests import Ending

    git = Git().at_top()
    with git.blobs() as blobs:
        for address in addresses:
            click.echo(f"gitbtc: settled and committed: {printable(Ending(git, blobs).settle(address, winner))}")
    return 0
