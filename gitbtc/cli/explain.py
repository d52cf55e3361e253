"""`gitbtc explain`: what a conflict or a note of a merge means, and what to do about it."""

from __future__ import annotations

import click

from gitbtc.errors import UsageError
from gitbtc.merge.conflict import TYPES
from gitbtc.views.explanations import EXPLANATIONS


@click.command("explain")
@click.argument("type_", metavar="[TYPE]", required=False)
def command(type_: str | None) -> None:
    """Explain a type of conflict or note: what it means, why gitbtc decides so, what to do. Without TYPE, list them."""
    if type_ is None:
        for name, explanation in EXPLANATIONS.items():
            click.echo(f"{name:<23} {TYPES.get(name) or explanation.splitlines()[0]}")
    elif type_ in EXPLANATIONS:
        click.echo(EXPLANATIONS[type_])
    else:
        raise UsageError(f"{type_}: no such type; `gitbtc explain` lists them")
