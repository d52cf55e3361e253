"""`gitbtc channels`: what lies in channels, and what forwarding by them costs; `plan`: a change of that as commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_revisions
from gitbtc.cli.asked_state import asked
from gitbtc.cli.paging import terminal_width
from gitbtc.errors import UsageError, printable, printable_json
from gitbtc.routing import plan
from gitbtc.routing.changes import last_changes
from gitbtc.routing.limits import read
from gitbtc.spends import CHANNELS, LIMITS_PATH, ROUTING
from gitbtc.state.sound import records_of
from gitbtc.views.channels import Told, document, lines, plan_lines

if TYPE_CHECKING:
    from gitbtc.cli.asked_state import State
    from gitbtc.kinds.kind import Record

_SHOW = "show"  # what may be left out


class _Channels(click.Group):
    """A group whose first argument is one of its commands, or else what `show` takes."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Call `show` where no command is named."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = [_SHOW, *args]
        return super().parse_args(ctx, args)


@click.group("channels", cls=_Channels)
def command() -> None:
    """Tell what lies in Lightning channels, and what forwarding by them costs.

    `gitbtc channels [REV]` is short for `gitbtc channels show [REV]`.
    """


@command.command(_SHOW)
@click.argument("rev", required=False, shell_complete=complete_revisions)
@click.option("--root", "folder", metavar="PATH", help="Only this root: the folder that holds channels/.")
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.channels/v1.")
def show(rev: str | None, folder: str | None, *, as_json: bool) -> int:
    """List the channels at a revision, or in the work tree without REV.

    Each with how much of it is ours, its capacity, its fees, what a payment of 100,000 sat costs that goes out by it,
    and besides that comes in by it, and who changed its policy when. Exit status 1 where a policy is of no channel.
    """
    with asked(rev) as state:
        told = [_told(state, root) for root in _roots(state, folder)]
    if as_json:
        click.echo(printable_json(document(told)))
    else:
        click.echo("\n\n".join("\n".join(lines(one, terminal_width())) for one in told))
    return 1 if any(one.orphans for one in told) else 0


@command.command("plan")
@click.argument("revisions", required=False, metavar="[A..B]", shell_complete=complete_revisions)
@click.option("--for", "program", type=click.Choice([plan.LND, plan.CLN]),
              help="Whose commands. [default: the program that .gitbtc/sources.toml names for the root]")  # fmt: skip
@click.option("--root", "folder", metavar="PATH", help="Only this root: the folder that holds channels/.")
def planned(revisions: str | None, program: str | None, folder: str | None) -> int:
    """Print the commands that a change of routing policies means, and run none of them.

    The change is from A to B, from A to the work tree, or from HEAD to it. A policy of no channel, or beyond a limit of
    .gitbtc/limits.toml, is told, has no command, and exit status 1.
    """
    first, dots, second = (revisions or "HEAD").partition("..")
    with asked(first or "HEAD") as before, asked((second or "HEAD") if dots else None) as after:
        limits = read(after.snapshot.content(LIMITS_PATH))
        status = 0
        for root in _roots(after, folder):
            channels = _by_id(after, root, CHANNELS)
            known = program or _program(after, root, channels)
            steps = list(
                plan.steps(_by_id(before, root, ROUTING), _by_id(after, root, ROUTING), channels, limits, known)
            )
            for line in plan_lines([step for step in steps if not step.obstacle], channels):
                click.echo(printable(line))
            for step in (step for step in steps if step.obstacle):
                click.echo(printable(f"gitbtc: {step.channel_id}: {step.obstacle}"), err=True)
                status = 1
    return status


def _roots(state: State, folder: str | None) -> list[str]:
    """The roots that have channels, or policies; the one in `folder`. UsageError where there is none."""
    from gitbtc.repo.git import Git
    from gitbtc.reserving.events import root_at

    asked_for = root_at(Git(), folder)
    found = [root for root in sorted(state.snapshot.roots())
             if any(state.snapshot.of_kind(root, kind) for kind in (CHANNELS, ROUTING))]  # fmt: skip
    roots = [root for root in found if asked_for in (None, root)]
    if not roots:
        place = f"in {folder}" if folder else "here"
        raise UsageError(f"no channels are listed {place}; `gitbtc import lnd` or `gitbtc import cln` brings them in")
    return roots


def _by_id(state: State, root: str, kind: str) -> dict[str, Record]:
    return {one["channel_id"]: one for one in records_of(state.snapshot, root, kind)}


def _told(state: State, root: str) -> Told:
    channels, policies = records_of(state.snapshot, root, CHANNELS), _by_id(state, root, ROUTING)
    git = state.git
    with git.blobs() as blobs:
        changes = last_changes(git, blobs, state.commit, root, policies) if state.commit else {}
    return Told(root, channels, policies, changes)


def _program(state: State, root: str, channels: dict[str, Record]) -> str:
    """The program of the root's node: as it is configured, else by what its records have. UsageError for two."""
    from gitbtc.sources.configured import read as configured

    top = Path(state.git.top_level())
    kinds = {one.kind for one in configured(top).values()
             if one.kind in (plan.LND, plan.CLN) and one.root.resolve() == (top / root).resolve()}  # fmt: skip
    if len(kinds) > 1:
        raise UsageError("whose commands? this root has a node of each program: say --for lnd or --for cln")
    return kinds.pop() if kinds else plan.CLN if any("bolt2_id" in one for one in channels.values()) else plan.LND
