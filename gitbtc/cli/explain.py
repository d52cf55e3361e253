"""`gitbtc explain`: what a conflict or a note of a merge means, and what to do about it."""

from __future__ import annotations

import click

from gitbtc.cli.arguments import complete_conflicts
from gitbtc.errors import CannotWork, UsageError
from gitbtc.merge.conflict import TYPES
from gitbtc.views.explanations import EXPLANATIONS, explained


@click.command("explain")
@click.argument("name", metavar="[TYPE|NAME]", required=False, shell_complete=complete_conflicts)
def command(name: str | None) -> None:
    """Explain a type of conflict or note: what it means, why gitbtc decides so, what to do. Without TYPE, list them.

    NAME, as `gitbtc resolve` takes it, explains the conflicts that are open there.
    """
    if name is None:
        for type_, explanation in EXPLANATIONS.items():
            click.echo(f"{type_:<23} {TYPES.get(type_) or explanation.splitlines()[0]}")
    elif name in EXPLANATIONS:
        click.echo(explained(name))
    else:
        _explain_open(name)


def _explain_open(name: str) -> None:
    """Each conflict called `name`, then what its type means, once."""
    from gitbtc.repo.git import Git
    from gitbtc.resolve.open_conflicts import Conflicts
    from gitbtc.resolve.selecting import Selection
    from gitbtc.views.conflicts import open_line

    here = Git()
    try:
        git = here.at_top()
        with git.blobs() as blobs:
            conflicts = Conflicts(git, blobs)
            found = Selection(conflicts.open(), here.prefix(), conflicts.top).called(name)
    except CannotWork:  # no repository, or none that a conflict can be open in
        found = []
    if not found:
        raise UsageError(f"{name}: no such type, and no such conflict is open; `gitbtc explain` lists the types")
    for open_ in found:
        click.echo(open_line(open_.path, open_.kind, open_.conflict))
    for type_ in dict.fromkeys(open_.conflict.type for open_ in found):
        click.echo(f"\n{explained(type_)}")
