"""What is not looked at: what a sparse checkout leaves out of the work tree, and all of it where no state file is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Git


allow_empty = click.option("--allow-empty", is_flag=True, help="Exit with 0 also where no state file is.")


def status(*, is_any: bool, allowed: bool) -> int:
    """The exit status where nothing is wrong: 3 where there was nothing to look at, and nobody meant that."""
    if is_any or allowed:
        return 0
    click.echo("gitbtc: no state file is here: nothing was looked at; if that is meant, --allow-empty", err=True)
    return 3


def tell(git: Git, kinds: Kinds) -> None:
    """Say on standard error how many state files nobody looked at."""
    count = sum(kinds.for_path(path) is not None for path in git.sparse_paths())
    if count:
        files = "1 state file is" if count == 1 else f"{count} state files are"
        click.echo(f"gitbtc: {files} left out of this sparse checkout, and not looked at; name a revision", err=True)
