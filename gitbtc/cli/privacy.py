"""`gitbtc privacy`: what the history of the coins gives away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_revisions
from gitbtc.cli.asked_state import asked, of_wallets, wallets
from gitbtc.cli.paging import say
from gitbtc.coins.privacy import findings
from gitbtc.errors import printable_json
from gitbtc.state.snapshot import path_in
from gitbtc.views.privacy import document, lines

if TYPE_CHECKING:
    from gitbtc.cli.asked_state import State

_PUBLIC_KEY = re.compile(rb"[xyzYZtuvUV]pub[1-9A-HJ-NP-Za-km-z]{100}")  # BIP-32, SLIP-132
_REMOTES = "refs/remotes/"
_DESCRIPTORS = "descriptors"


@click.command("privacy")
@click.argument("rev", required=False, shell_complete=complete_revisions)
@of_wallets
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.privacy/v1.")
def command(rev: str | None, *, folder: str | None, agent: str | None, as_json: bool) -> int:
    """Tell what the history gives away at a revision, or in the work tree without REV, and what shows it.

    Only what the records prove: reused addresses, change and payments that can be told apart, coins of several
    categories spent together, payments back, dust, keys on a remote. Exit status 1 when there are any.
    """
    with asked(rev) as state:
        found = [
            (wallet.root, finding)
            for wallet in wallets(state, folder, agent)
            for finding in findings(wallet, _published(state, wallet.root))
        ]
        if as_json:
            click.echo(printable_json(document(found)))
        else:
            say(lines(found))
            if not found:
                click.echo("nothing that the records prove")
    return 1 if found else 0


def _published(state: State, root: str) -> list[str]:
    """The remote-tracking refs whose commit has the root's descriptors, with an extended public key in them."""
    git, path = state.git, path_in(root, _DESCRIPTORS)
    found: dict[str, bool] = {}
    names = []
    with git.blobs() as blobs:
        for oid, kind, name in git.refs():
            if kind == "commit" and name.startswith(_REMOTES):
                blob = git.tree_entries(oid, path).get(path, ("", ""))[1]
                if blob and blob not in found:
                    found[blob] = _PUBLIC_KEY.search(blobs.read(blob)) is not None
                if blob and found[blob]:
                    names.append(name.removeprefix(_REMOTES))
    return names
