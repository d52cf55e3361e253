"""`gitbtc uninstall`: this repository as it was before `gitbtc install`."""

from __future__ import annotations

import click

from gitbtc.cli.install import show
from gitbtc.repo.git import Git
from gitbtc.repo.install import Install
from gitbtc.repo.server import ServerInstall


@click.command()
@click.option("--shared-hooks", is_flag=True, help="Also take the hooks out of a core.hooksPath that is shared.")
def command(*, shared_hooks: bool) -> None:
    """Take out the configuration, the attributes and the hooks that `gitbtc install` wrote, and nothing else.

    Hooks that were there before are put back. State files stay as they are.
    """
    git = Git()
    gate = ServerInstall(git, shared_hooks=shared_hooks)
    changed = gate.uninstall()
    if not git.is_bare():
        changed += Install(git, shared_hooks=shared_hooks).uninstall()
    show(changed, gate.top, "Nothing to do: gitbtc is not set up here.")
    if gate.top / ".gitattributes" in changed:
        click.echo(
            "Next: commit .gitattributes. Branches that still name gitbtc's drivers are merged as text without it."
        )
