"""`gitbtc reserve`: say which coins an agent is about to spend."""

from __future__ import annotations

import click

from gitbtc.cli.arguments import complete_coins
from gitbtc.errors import printable
from gitbtc.repo.git import Git
from gitbtc.reserving.claims import Claims
from gitbtc.reserving.events import Reserving, agent_of, names_of, root_at
from gitbtc.views import terms

MOST_BLOCKS = 1_000_000  # some nineteen years


@click.command("reserve")
@click.argument("outpoints", nargs=-1, required=True, metavar="OUTPOINT...", shell_complete=complete_coins)
@click.option("--blocks", type=click.IntRange(1, MOST_BLOCKS), required=True, metavar="N",
              help="For how many blocks from the tip it holds.")  # fmt: skip
@click.option("--agent", metavar="NAME", help="Who reserves. [default: $GITBTC_AGENT, or as git config says]")
@click.option("--note", metavar="TEXT", default="", help="Why, in words.")
@click.option("--claim", "remote", metavar="REMOTE", help="Claim the coins on this remote first: one agent gets them.")
@click.option("--at", type=click.IntRange(0), metavar="HEIGHT",
              help="The height to count from. [default: that of network/chain.json]")  # fmt: skip
@click.option("--root", metavar="PATH", help="The folder that holds wallet/. [default: the one that lists the coins]")
def command(  # noqa: PLR0913 - one parameter an option
    outpoints: tuple[str, ...],
    *,
    blocks: int,
    agent: str | None,
    note: str,
    remote: str | None,
    at: int | None,
    root: str | None,
) -> int:
    """Reserve coins for an agent: all of them, or none.

    OUTPOINT is `txid:vout`; the txid may be cut to its first digits, as in 6d0cc27c:0.

    Writes an event into strategy/execution.json of the work tree, which is yours to commit. Reserving a coin again sets
    another end. Exit status 1 when the agent may not have one of the coins.
    """
    names, git = names_of(outpoints), Git()
    speaker, place, git = agent_of(git, agent), root_at(git, root), git.at_top()
    name = speaker.name
    claims = None if remote is None else Claims(git, remote)
    done = Reserving(git, name, place).reserve(names, blocks, note, at, claims)
    event, shown = done.event or {}, terms.word(name)
    count = terms.counted(len(done.outpoints), ("coin", "coins"))
    click.echo(
        f"gitbtc: {shown} reserved {count} ({terms.btc(done.amount_sat)}) until block {event['expires_height']}, "
        f"{terms.counted(blocks, ('block', 'blocks'))} from block {event['block_height']}"
    )
    if speaker.is_shared:
        click.echo(
            f"gitbtc: note: {shown} is user.name here, and agents of one name are one agent; give each its own: "
            "--agent NAME, GITBTC_AGENT, or `git config gitbtc.agent NAME`",
            err=True,
        )
    for outpoint in done.frozen:
        click.echo(f"gitbtc: note: {outpoint} is frozen: somebody does not want it spent", err=True)
    if claims is not None:
        click.echo(f"gitbtc: claimed on {printable(claims.remote)}")
    click.echo(f"gitbtc: {printable(done.path)} is written, and not committed: `git add` and `git commit` it")
    return 0
