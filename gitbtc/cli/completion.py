"""`gitbtc completion`: what makes a shell complete gitbtc's commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from gitbtc.errors import CannotWork


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash: gitbtc completion bash > ~/.local/share/bash-completion/completions/gitbtc
    zsh:  gitbtc completion zsh > a folder of $fpath, as _gitbtc
    fish: gitbtc completion fish > ~/.config/fish/completions/gitbtc.fish
    """  # noqa: D301 - \b is click's sign for lines that stay as they are
    from gitbtc.cli import program, shells  # noqa: F401 - shells has click use its scripts

    found = get_completion_class(shell)
    if found is None:
        raise CannotWork(f"click has no completion for {shell}")
    click.echo(found(program, {}, "gitbtc", "_GITBTC_COMPLETE").source())
