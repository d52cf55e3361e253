"""`gitbtc release`: give up reservations."""

from __future__ import annotations

import click

from gitbtc.cli.arguments import complete_coins
from gitbtc.errors import printable
from gitbtc.repo.git import Git
from gitbtc.reserving.claims import Claims
from gitbtc.reserving.events import Reserving, agent_of, names_of, root_at
from gitbtc.spends.evidence import outpoint_text
from gitbtc.views import terms


@click.command("release")
@click.argument("outpoints", nargs=-1, required=True, metavar="OUTPOINT...", shell_complete=complete_coins)
@click.option("--agent", metavar="NAME", help="Who releases. [default: $GITBTC_AGENT, or as git config says]")
@click.option("--claim", "remote", metavar="REMOTE", help="Give up the agent's claims on this remote too.")
@click.option("--root", metavar="PATH", help="The folder that holds wallet/. [default: where the agent reserved them]")
def command(outpoints: tuple[str, ...], *, agent: str | None, remote: str | None, root: str | None) -> int:
    """Release coins that an agent has reserved: all of them, or none.

    OUTPOINT is `txid:vout`; the txid may be cut to its first digits, as in 6d0cc27c:0.

    Writes an event into strategy/execution.json of the work tree, which is yours to commit. Exit status 1 when the
    agent has not reserved one of the coins.
    """
    names, git = names_of(outpoints), Git()
    speaker, place, git = agent_of(git, agent), root_at(git, root), git.at_top()
    name = speaker.name
    claims = None if remote is None else Claims(git, remote)
    done = Reserving(git, name, place).release(names, claims)
    if done.event is not None:
        count = terms.counted(len(done.event["outpoints"]), ("coin", "coins"))
        click.echo(f"gitbtc: {terms.word(name)} released {count}")
        click.echo(f"gitbtc: {printable(done.path)} is written, and not committed: `git add` and `git commit` it")
    for outpoint in done.outpoints if claims is not None else ():
        told = "claim given up" if outpoint in done.freed else f"{terms.word(name)} has no claim there"
        click.echo(f"gitbtc: {outpoint_text(outpoint)}: {told} ({printable(remote or '')})")
    return 0
