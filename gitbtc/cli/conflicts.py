"""`gitbtc conflicts`: what a merge left to settle."""

from __future__ import annotations

from typing import Any

import click

from gitbtc.cli.arguments import complete_conflicts
from gitbtc.cli.paging import say
from gitbtc.errors import printable, printable_json
from gitbtc.kinds.layouts import LAYOUT
from gitbtc.repo.git import Git
from gitbtc.resolve.open_conflicts import Conflicts, Open
from gitbtc.resolve.selecting import Selection
from gitbtc.views.conflicts import conflict_document, open_line

ROOT_KEY = "gitbtc.conflicts/v1"


@click.command("conflicts")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_conflicts)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(names: tuple[str, ...], *, as_json: bool) -> int:
    """List the conflicts that are open, and how to settle each. With NAME, those that `gitbtc resolve NAME` settles.

    Exit status 1 when there are any.
    """
    here = Git()
    git = here.at_top()
    with git.blobs() as blobs:
        conflicts = Conflicts(git, blobs)
        found = list(conflicts.open())
        settled = [] if names else conflicts.settled_paths()
        apart = [] if names else conflicts.relaying.pending
        if names:
            selection = Selection(found, here.prefix(), conflicts.top)
            found = list(dict.fromkeys(open_ for name in names for open_ in selection.called(name)))
    if as_json:
        lying = [{"path": path, "address": path, "type": LAYOUT} for path in apart]
        click.echo(printable_json({ROOT_KEY: {"conflicts": [*map(_document, found), *lying]}}))
    else:
        for open_ in found:
            say([open_line(open_.path, open_.kind, open_.conflict)])
        for path in apart:
            told = f"{conflicts.relaying.why(path)}: `gitbtc resolve` merges it record by record"
            say([f"gitbtc: {printable(path)}: {told}"])
        for path in settled:
            say([f"gitbtc: {printable(path)}: no conflict is left in it: `git add` it"])
        if not found and not settled and not apart:
            click.echo(f"gitbtc: no {'such ' if names else ''}conflict is open")
    return 1 if found or apart else 0


def _document(open_: Open) -> dict[str, Any]:
    if not open_.conflict.key:
        return {"path": open_.path, "address": open_.path, "type": open_.conflict.type}
    return conflict_document(open_.path, open_.kind, open_.conflict)
