"""`gitbtc drift`: how far the work tree is from a commit, or from what a source tells."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitbtc.cli import left_out
from gitbtc.cli.arguments import complete_revisions
from gitbtc.cli.compared import Compared, as_document, in_words
from gitbtc.cli.paging import say
from gitbtc.errors import printable_json
from gitbtc.kinds.registry import Kinds
from gitbtc.repo.diffing import Drift
from gitbtc.repo.git import Git
from gitbtc.repo.install import SCHEMAS

if TYPE_CHECKING:
    from gitbtc.sources.configured import Configured


@click.command("drift")
@click.argument("revision", required=False, default="HEAD", metavar="[REV | SOURCE]", shell_complete=complete_revisions)
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.diff/v1.")
@left_out.allow_empty
def command(revision: str, *, as_json: bool, allow_empty: bool) -> int:
    """Show how far the state files of the work tree are from those of a commit, HEAD unless told otherwise.

    Files are compared as they lie there: also those that nobody has added yet, and whatever the index holds. Where
    .gitbtc/sources.toml names a SOURCE so, they are compared with what it tells now, and an import that would change
    them is not made. Exit status 1 when a record differs, 3 when the source cannot be read, or no state file is.
    """
    git = Git()
    source = _source(git, revision)
    if source is not None:
        return _from_source(source, git, as_json=as_json)
    kinds = Kinds(os.path.join(git.top_level(), SCHEMAS))
    left_out.tell(git, kinds)
    compared = Compared(Drift(git, revision, lambda path: kinds.for_path(path) is not None))
    if compared.show(git, as_document if as_json else in_words):
        return 1
    is_any = allow_empty or any(map(kinds.for_path, (*git.work_tree_paths(), *git.tree_entries(revision))))
    return left_out.status(is_any=is_any, allowed=allow_empty)


def _source(git: Git, name: str) -> Configured | None:
    """The source of that name, when the repository has one."""
    from gitbtc.sources.configured import PATH, read

    top = git.top_level()
    return read(Path(top)).get(name) if os.path.exists(os.path.join(top, PATH)) else None


def _from_source(source: Configured, git: Git, *, as_json: bool) -> int:
    import time

    from gitbtc.cli.asked_node import tell
    from gitbtc.sources.asking import Patience
    from gitbtc.sources.drift import drift
    from gitbtc.sources.syncing import look
    from gitbtc.views.source_drift import lines, of_source

    with look(source, source.program.asker(Patience(), tell), git.at_top()) as snapshot:
        drifted = drift(source.root, snapshot, source.name)
    if as_json:
        click.echo(printable_json(of_source(source.name, drifted)))
    else:
        say(lines(source.name, drifted, int(time.time())))
    return 1 if drifted.patches else 0
