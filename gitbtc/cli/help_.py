"""`gitbtc help`: what `gitbtc --help` and `gitbtc COMMAND --help` tell, as people ask Git for it."""

from __future__ import annotations

import click

from gitbtc.cli import COMMANDS, program
from gitbtc.errors import UsageError, printable


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in COMMANDS if name.startswith(incomplete)]


@click.command("help")
@click.argument("name", metavar="[COMMAND]", required=False, shell_complete=_complete)
@click.pass_context
def command(ctx: click.Context, name: str | None) -> None:
    """Tell what gitbtc can do, or what COMMAND does and takes."""
    above = ctx.parent or ctx
    if name is None:
        click.echo(program.get_help(above))
        return
    asked = program.get_command(above, name) if isinstance(program, click.Group) else None
    if asked is None:
        raise UsageError(f"no command is called {printable(name)!r}; `gitbtc help` lists them")
    click.echo(asked.get_help(click.Context(asked, info_name=name, parent=above)))
