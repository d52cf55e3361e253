"""`gitbtc watch`: the sources of .gitbtc/sources.toml, block by block."""

from __future__ import annotations

from pathlib import Path

import click

from gitbtc.cli.asked_node import tell
from gitbtc.cli.sync import show


@click.command("watch")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--commit/--no-commit", default=True, show_default=True, help="Commit each round.")
@click.option("--rounds", metavar="N", type=click.IntRange(min=1), help="Stop after so many rounds.")
def command(names: tuple[str, ...], rounds: int | None, *, commit: bool) -> None:
    """Follow the sources that .gitbtc/sources.toml names, all or those of these NAMEs, until it is stopped.

    Each new block is a round: what the wallet tells is brought in and committed. A round is skipped, and that said
    once, while somebody is in the middle of something in this repository. A node that cannot be read is tried again
    ever more seldom; a wrong password or another network ends it.
    """
    from gitbtc import progress
    from gitbtc.repo.git import Git
    from gitbtc.sources.configured import chosen
    from gitbtc.sources.watching import Watch

    progress.end()  # of what never ends
    git = Git().at_top()
    watch = Watch(chosen(Path(git.top_level()), names), git, commit=commit, told=tell, done=show)
    watch.run(rounds)
