"""`gitbtc conflicts`: what a merge left to settle."""

from __future__ import annotations

import json
from typing import Any

import click

from gitbtc.errors import printable
from gitbtc.repo.git import Git
from gitbtc.resolve.open_conflicts import Conflicts, Open
from gitbtc.views.conflicts import conflict_document, conflict_line

ROOT_KEY = "gitbtc.conflicts/v1"

# Conflicts of a whole file: what happened, and how to settle it.
WHOLE = {
    "modify_delete": "one side deleted the file, the other changed it; keep it with `git add`, or `git rm` it",
    "unreadable": "a side does not parse, so the file was merged as text; settle it by hand, then `git add` it",
}


@click.command("conflicts")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> int:
    """List the conflicts that are open, and how to settle each.

    Exit status 1 when there are any.
    """
    git = Git().at_top()
    with git.blobs() as blobs:
        conflicts = Conflicts(git, blobs)
        found = list(conflicts.open())
        settled = conflicts.settled_paths()
    if as_json:
        click.echo(json.dumps({ROOT_KEY: {"conflicts": [_document(open_) for open_ in found]}}, indent=2))
    else:
        for open_ in found:
            click.echo(_line(open_))
        for path in settled:
            click.echo(f"gitbtc: {printable(path)}: no conflict is left in it: `git add` it")
        if not found and not settled:
            click.echo("gitbtc: no conflict is open")
    return 1 if found else 0


def _line(open_: Open) -> str:
    if not open_.conflict.key:
        return f"gitbtc: {open_.conflict.type}: {printable(open_.path)}: {WHOLE[open_.conflict.type]}"
    return conflict_line(open_.path, open_.kind, open_.conflict)


def _document(open_: Open) -> dict[str, Any]:
    if not open_.conflict.key:
        return {"path": open_.path, "address": open_.path, "type": open_.conflict.type}
    return conflict_document(open_.path, open_.kind, open_.conflict)
