"""`gitbtc psbt`: what a transaction would do, before it is signed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitbtc.cli.asked_state import asked, of_wallets, wallets
from gitbtc.cli.paging import say
from gitbtc.coins.proposal import judge, taken_on
from gitbtc.coins.psbt import read
from gitbtc.errors import CannotWork, printable, printable_json
from gitbtc.state.snapshot import installed_kinds, of_revision
from gitbtc.views.psbt import document, lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitbtc.cli.asked_state import State
    from gitbtc.coins.proposal import Elsewhere, Input, Taken
    from gitbtc.coins.wallet import Wallet
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

_STDIN = "-"


@click.command("psbt")
@click.argument("file", metavar="FILE", type=click.Path(allow_dash=True))
@click.option("--unconfirmed", is_flag=True, help="Own change that no block holds may be spent.")
@of_wallets
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.psbt/v1.")
def command(file: str, folder: str | None, agent: str | None, *, unconfirmed: bool, as_json: bool) -> int:
    """Tell what the PSBT in FILE (BIP-174, BIP-370; `-`: standard input) would do, before it is signed.

    Of each input whether the coin is free, by the work tree and by every branch that is here; of each output whether it
    is ours; the fee and the feerate that it comes to. What the repository knows of a coin counts, not what the PSBT
    says of it. Exit status 1 when an input is not free, or something else speaks against signing.
    """
    unsigned = read(_content(file))
    with asked(None) as state:
        found = wallets(state, folder, agent)
        proposal = judge(unsigned, found, _branches(state, found), unconfirmed=unconfirmed)
        network = next((str(name) for wallet in found if (name := wallet.chain.get("network"))), "main")

        def called(one: Input) -> str:
            owner = next((wallet for wallet in found if wallet.coin(one.spent.outpoint)), None)
            coin = owner.coin(one.spent.outpoint) if owner else None
            return owner.names.label(coin) if owner and coin else ""

        if as_json:
            click.echo(printable_json(document(unsigned, proposal, network, called)))
        else:
            say(lines(unsigned, proposal, network, called))
    return 1 if proposal.findings else 0


def _content(file: str) -> bytes:
    if file == _STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise CannotWork(f"{file}: cannot be read: {error.strerror}") from None


def _branches(state: State, found: Sequence[Wallet]) -> Elsewhere:
    """What branches say that the current one has not merged."""
    git, kinds = state.git, installed_kinds(state.git)
    views: list[tuple[str, Evidence, Evidence, str | None]] = []
    with git.blobs() as blobs:
        for name, oid in git.unmerged_branches(state.commit) if state.commit else ():
            snapshot = of_revision(git, oid, blobs.read, kinds)
            for wallet in found if snapshot.roots() else ():
                try:
                    views.append((name, wallet.evidence, snapshot.claims(wallet.root), wallet.asking.agent))
                except CannotWork as error:
                    click.echo(f"gitbtc: note: {printable(name)} says nothing: {printable(str(error))}", err=True)

    def elsewhere(outpoint: Outpoint) -> list[Taken]:
        return [one for name, here, there, agent in views for one in taken_on(name, here, there, outpoint, agent)]

    return elsewhere
