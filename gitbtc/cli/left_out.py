"""What a sparse checkout leaves out of the work tree, for commands that look at that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Git


def tell(git: Git, kinds: Kinds) -> None:
    """Say on standard error how many state files nobody looked at."""
    count = sum(kinds.for_path(path) is not None for path in git.sparse_paths())
    if count:
        files = "1 state file is" if count == 1 else f"{count} state files are"
        click.echo(f"gitbtc: {files} left out of this sparse checkout, and not looked at; name a revision", err=True)
