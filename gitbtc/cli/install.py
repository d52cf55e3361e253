"""`gitbtc install`: drivers, filter and hooks for this repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitbtc.errors import UsageError, printable
from gitbtc.repo.doctor import by_configuration, filters
from gitbtc.repo.git import Git
from gitbtc.repo.install import Install
from gitbtc.repo.server import ServerInstall

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.option("--server", is_flag=True, help="Gate what is pushed to this repository; it needs no work tree.")
@click.option("--shared-hooks", is_flag=True, help="Use core.hooksPath also where other repositories share it.")
@click.option("--keys-only", is_flag=True, help="The key gate alone: no drivers, nothing for state files.")
def command(*, server: bool, shared_hooks: bool, keys_only: bool) -> None:
    """Set up gitbtc in this repository: Git's drivers, the filter, the hooks, the attributes.

    Running it again changes nothing. After adding a kind (.gitbtc/schemas), after moving gitbtc, and when `gitbtc
    doctor` says so, run it again. `gitbtc uninstall` takes everything out.
    """
    if server and keys_only:
        raise UsageError("--server and --keys-only: name one of them; the server's gate looks for keys too")
    if server:
        gate = ServerInstall(Git(), shared_hooks=shared_hooks)
        show(gate.install(), gate.top, "Nothing to do: what is pushed here is gated.")
        show_hooks(gate)
        return
    installation = Install(Git(), shared_hooks=shared_hooks, keys_only=keys_only)
    changed = installation.install()
    show(changed, installation.top, "Nothing to do: gitbtc is set up here.")
    show_other_filters(installation)
    show_hooks(installation)
    if installation.top / ".gitattributes" in changed:
        click.echo("Next: git add .gitattributes, and commit it, so that every clone and branch has it.")


def show(changed: list[Path], top: Path, otherwise: str) -> None:
    """Print the paths that changed, those in the folder `top` relative to it; `otherwise` when there are none."""
    for path in changed:
        done = "changed" if path.exists() else "removed"
        click.echo(printable(f"{done} {path.relative_to(top) if path.is_relative_to(top) else path}"))
    if not changed:
        click.echo(otherwise)


def show_other_filters(installation: Install) -> None:
    """Print which paths keep a filter that is not ours, if any do."""
    if others := installation.other_filters():
        click.echo(printable(f"The key gate does not see at `git add`, {filters(others)}"))


def show_hooks(installation: Install | ServerInstall) -> None:
    """Print where the hooks are, where that is anything but the Git folder."""
    hooks = installation.hooks
    if not installation.in_hooks_folder():
        click.echo(printable(f"The hooks are {by_configuration(hooks)}."))
    elif hooks.folder.is_relative_to(installation.top) and not hooks.folder.is_relative_to(installation.common):
        click.echo(
            "The hooks name this machine's Python, and core.hooksPath lies in the work tree: do not commit them."
        )
