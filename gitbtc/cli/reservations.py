"""`gitbtc reservations`: which coins agents have reserved, and claimed on a remote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gitbtc.cli.arguments import complete_revisions
from gitbtc.cli.asked_state import asked
from gitbtc.cli.paging import say
from gitbtc.errors import printable_json
from gitbtc.reserving.claims import Claims
from gitbtc.spends.reservations import Reservation
from gitbtc.state.sound import known
from gitbtc.views import terms
from gitbtc.views.reservations import held, line, rows_of, whole_line

if TYPE_CHECKING:
    from gitbtc.reserving.claims import Found
    from gitbtc.spends.evidence import Evidence

    Roots = dict[str, Evidence]
    Row = dict[str, Any]

ROOT_KEY = "gitbtc.reservations/v1"


@click.command("reservations")
@click.argument("rev", required=False, shell_complete=complete_revisions)
@click.option("--all", "expired_too", is_flag=True, help="List expired ones too.")
@click.option("--claim", "remote", metavar="REMOTE", help="List the claims on this remote too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(rev: str | None, *, expired_too: bool, remote: str | None, as_json: bool) -> int:
    """List the reservations in a revision, or in the work tree without REV: who, which coin, until which block."""
    with asked(rev) as state:
        roots = {root: known(state.snapshot, root) for root in sorted(state.snapshot.roots())}
        rows = [row for root, evidence in roots.items() for row in rows_of(root, evidence)]
        claimed = [] if remote is None else [_claim_row(found, roots) for found in Claims(state.git, remote).listed()]
    shown = [row for row in rows if expired_too or row["holds"]]
    claims = [row for row in claimed if expired_too or row["holds"]]
    if as_json:
        document = {"tips": {root: evidence.tip for root, evidence in roots.items()}, "reservations": shown,
                    "remote": remote, "claims": claims}  # fmt: skip
        click.echo(printable_json({ROOT_KEY: document}))
    else:
        _show(shown, claims, remote, len(rows) + len(claimed) - len(shown) - len(claims))
    return 0


def _claim_row(found: Found, roots: Roots) -> Row:
    """A claim; one that gitbtc did not write names nobody, and nobody can tell whether it has expired."""
    claim = found.claim
    if claim is None:
        return {"ref": found.ref, "readable": False, "holds": True}
    listing = (evidence for evidence in roots.values() if claim.outpoint in evidence.coins)
    evidence = next(listing, next(iter(roots.values())) if len(roots) == 1 else None)
    event = {"agent": claim.agent, "expires_height": claim.expires_height}
    return {"ref": found.ref, "readable": True, **held(Reservation(claim.outpoint, event), evidence)}


def _show(rows: list[Row], claims: list[Row], remote: str | None, hidden: int) -> None:
    say(map(whole_line, rows))
    for row in claims:
        told = line(row) if row["readable"] else f"{terms.word(row['ref'])} is no claim that gitbtc wrote"
        say([f"claim on {terms.word(remote or '')}: {told}"])
    if not rows and not claims:
        say(["gitbtc: nothing is reserved"])
    if hidden:
        say([f"gitbtc: {hidden} expired; --all lists them"])
