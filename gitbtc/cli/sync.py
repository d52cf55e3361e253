"""`gitbtc sync`: the sources of .gitbtc/sources.toml into the state files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitbtc.cli.asked_node import tell, volatile_option
from gitbtc.cli.paging import say
from gitbtc.errors import GitbtcError, printable, told
from gitbtc.views.synced import holding

if TYPE_CHECKING:
    from gitbtc.sources.syncing import Synced


@click.command("sync")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--commit", is_flag=True, help="Commit what came of it, a commit a source.")
@click.option("--full", is_flag=True, help="Ask again also for what is known already.")
@click.option("--strict", is_flag=True, help="Refuse a node that lags behind the chain.")
@volatile_option
@click.option("--wait", metavar="SECONDS", type=click.FloatRange(min=0), default=60, show_default=True,
              help="How long a node that is starting is waited for.")  # fmt: skip
def command(  # noqa: PLR0913 - one parameter an option
    names: tuple[str, ...], wait: float, *, commit: bool, full: bool, strict: bool, volatile: bool
) -> int:
    """Read the sources that .gitbtc/sources.toml names, all or those of these NAMEs, and bring in what they tell.

    A source is skipped while a merge or rebase is in progress, HEAD is detached, or a state file has changes of
    somebody's that are not committed. Exit status: 0 done, 1 refused or skipped, 3 a source cannot be read; the others
    are brought in all the same.
    """
    from gitbtc.repo.git import Git
    from gitbtc.sources.asking import Patience
    from gitbtc.sources.configured import chosen
    from gitbtc.sources.syncing import Manner, obstacle, sync

    git = Git().at_top()
    manner = Manner(commit=commit, full=full, strict=strict, volatile=volatile)
    status = 0
    for source in chosen(Path(git.top_level()), names):
        reason = obstacle(source, git)
        if reason:
            tell(f"{source.name}: skipped: {reason}")
            status = max(status, 1)
            continue
        try:
            asker = source.program.asker(Patience(start=wait), tell)
            show(source.name, sync(source, asker, git, manner))
        except GitbtcError as error:
            click.echo(told(error), err=True)
            status = max(status, error.status)
    return status


def show(name: str, synced: Synced) -> None:
    """Say in a line what a round did, and what is to be known."""
    touched = [change.path for change in synced.brought.changes if change.touched]
    done = "committed" if synced.committed else "changed" if touched else "unchanged"
    said = f"{done}: {', '.join(touched)}" if touched else done
    lines = [f"{printable(name)}: block {synced.snapshot.tip}, {said}"]
    say([*lines, holding(name, synced.holding, synced.snapshot.as_of)] if touched else lines)
    for notice in (*synced.snapshot.notices, *synced.brought.notices):
        tell(f"note: {notice}")
