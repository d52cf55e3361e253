"""`gitbtc drift`: how far the work tree is from a commit."""

from __future__ import annotations

import os

import click

from gitbtc.cli.compared import Compared, as_document, in_words
from gitbtc.kinds.registry import Kinds
from gitbtc.repo.diffing import Drift
from gitbtc.repo.git import Git
from gitbtc.repo.install import SCHEMAS


@click.command("drift")
@click.argument("revision", required=False, default="HEAD", metavar="[REV]")
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.diff/v1.")
def command(revision: str, *, as_json: bool) -> int:
    """Show how far the state files of the work tree are from those of a commit, HEAD unless told otherwise.

    Files are compared as they lie there: also those that nobody has added yet, and whatever the index holds. Exit
    status 1 when a record differs.
    """
    git = Git()
    kinds = Kinds(os.path.join(git.top_level(), SCHEMAS))
    compared = Compared(Drift(git, revision, lambda path: kinds.for_path(path) is not None))
    return 1 if compared.show(git, as_document if as_json else in_words) else 0
