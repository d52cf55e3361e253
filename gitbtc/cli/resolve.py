"""`gitbtc resolve`: settle conflicts by choosing a side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_conflicts
from gitbtc.cli.paging import say
from gitbtc.errors import UsageError, printable
from gitbtc.repo.git import Git
from gitbtc.resolve.open_conflicts import Conflicts
from gitbtc.resolve.resolving import Resolving
from gitbtc.resolve.selecting import Selection, side_of
from gitbtc.state.in_progress import COMMIT, InProgress
from gitbtc.views.conflicts import settled_line
from gitbtc.views.terms import with_short_ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.resolve.open_conflicts import Open


@click.command("resolve")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_conflicts)
@click.option("--ours", "choice", flag_value="ours", help="Take the record, or the transaction, of our side.")
@click.option("--theirs", "choice", flag_value="theirs", help="Take that of their side.")
@click.option("--base", "choice", flag_value="base", help="Take that of the common ancestor; no spender wins.")
@click.option("--both", "choice", flag_value="both", help="Of two names that one thing got: keep both.")
@click.option("--all", "everything", is_flag=True, help="Settle every open conflict.")
@click.option("--winner", metavar="TXID", help="Take the side of this transaction; of a contested coin, whose it is.")
def command(names: tuple[str, ...], choice: str | None, winner: str | None, *, everything: bool) -> int:
    """Settle conflicts: all that are called NAME, or none when one of them cannot be.

    \b
    NAME is what `gitbtc conflicts` shows, or shorter:
      6d0cc27c:0                    the coin; a txid needs its first four digits
      f28f95d2                      the record of the transaction
      wallet/utxos.json::6d0cc27c:0 an address, `path::identity`
      wallet/utxos.json, wallet, .  all in a file, or below a folder
      'wallet/labels.json::*'       all whose address the pattern matches

    Choosing a spender, by its side or as --winner TXID, settles what hangs on it: the transaction that loses, and all
    that was built on it, leaves the coins and the mempool, and the coins that only it spent are back.

    Where the sides have records in different layouts (`gitbtc reshard`), it brings these together first, and without
    NAME it does nothing else.

    What a join left contested has no sides: say --winner TXID, or --winner none; where no transaction is known,
    --winner unattributed; where the coin's description is contested, --winner listed. Each is a commit.
    """  # noqa: D301 - \b is click's sign for lines that stay as they are
    relaid = _bring_together() if winner is None else False
    if relaid and not (names or everything or choice):
        return 0
    if bool(names) == everything:
        raise UsageError("say what to settle: the coins, files or addresses that `gitbtc conflicts` lists, or --all")
    if winner is not None and choice is None and not everything:
        return _take(lambda open_: side_of(open_, winner), names) if _is_merging() else _end(names, winner)
    if choice is None:
        raise UsageError(
            "say which side to take: --ours, --theirs or --base, of two names --both, of a spend --winner TXID"
        )
    return _take(lambda _: choice, names)


def _is_merging() -> bool:
    """Whether conflicts may be open, so that a transaction is that of a side."""
    git = Git().at_top()
    return bool(git.unmerged_entries()) or InProgress(git).name != COMMIT


def _bring_together() -> bool:
    """Merge record by record what the sides of the merge in progress have in different layouts; whether there was."""
    git = Git().at_top()
    with git.blobs() as blobs:
        conflicts = Conflicts(git, blobs)
        told = conflicts.relaying.carry_out()
        for line in told:
            click.echo(f"gitbtc: {line}")
        if told:
            left = Conflicts(git, blobs).count()
            way_on = conflicts.making.in_progress.way_on
            click.echo(
                f"gitbtc: {left} open; `gitbtc conflicts` lists them" if left else f"gitbtc: nothing is open; {way_on}"
            )
    return bool(told)


def _take(side: Callable[[Open], str], names: tuple[str, ...]) -> int:
    """Settle the conflicts called `names`, or all without any, each for its side."""
    here = Git()
    git = here.at_top()
    with git.blobs() as blobs:
        conflicts = Conflicts(git, blobs)
        selection = Selection(conflicts.open(), here.prefix(), conflicts.top)
        settled = selection.each(names) if names else selection.all()
        sides = {open_: side(open_) for open_ in settled}
        Resolving(conflicts).settle(sides)
        after = Conflicts(git, blobs)
        left, unstaged = after.count(), after.settled_paths()
    say(settled_line(one.path, one.kind, one.conflict, taken) for one, taken in sides.items())
    say(f"gitbtc: {printable(path)}: no conflict is left in it: `git add` it" for path in unstaged)
    way_on = conflicts.making.in_progress.way_on
    say([f"gitbtc: {left} open; `gitbtc conflicts` lists them" if left else f"gitbtc: nothing is open; {way_on}"])
    return 0


def _end(names: tuple[str, ...], winner: str) -> int:
    from gitbtc.resolve.ending_contests import Ending

    git = Git().at_top()
    with git.blobs() as blobs:
        ending = Ending(git, blobs)
        for name in names:
            ending.judged(name, winner)  # all of them, before the first is a commit
        for name in names:
            ending = Ending(git, blobs)
            done = ending.settle(name, winner) if ending.called(name) else "settled with the one before"
            say([f"gitbtc: settled and committed: {printable(with_short_ids(done))}"])
    return 0
