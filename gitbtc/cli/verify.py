"""`gitbtc verify`: made commits, examined as the gates examine them, where no hook ran: in CI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gitbtc import progress
from gitbtc.cli.arguments import complete_revisions
from gitbtc.doors.made_commits import MadeCommits
from gitbtc.doors.new_commits import named
from gitbtc.errors import UsageError, printable_json
from gitbtc.repo.git import Git

if TYPE_CHECKING:
    from gitbtc.judge.findings import Finding

ROOT_KEY = "gitbtc.verify/v1"

_LONG = 50  # commits: about a second


@click.command("verify")
@click.argument("ranges", nargs=-1, required=True, metavar="RANGE...", shell_complete=complete_revisions)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(ranges: tuple[str, ...], *, as_json: bool) -> int:
    """Examine each commit of RANGE with its parents: no key in it, records by their schemas, no record lost from a
    file that only grows, no rule about coins broken, and in a merge no double spend.

    RANGE is A..B or A...B, as Git means them, or a revision for that one commit. Nothing has to be set up in the
    repository, and it may be bare. Exit status 1 when something speaks against a commit, 2 when no commit is in RANGE.
    """
    git = Git().as_stored()
    commits = named(git, ranges)
    if not commits:
        raise UsageError(f"{' '.join(ranges)}: no commit is in it, so nothing was looked at; is a side of it empty?")
    with MadeCommits(git) as made:
        looked_at = progress.counted("commits verified", commits, len(commits))
        found = [finding for oid in looked_at for finding in made.findings(oid)]
    refusing = sum(finding.refuses for finding in found)
    if as_json:
        document = {
            "commits": len(commits),
            "findings": [_document(finding) for finding in found if finding.refuses],
            "notices": [_document(finding) for finding in found if not finding.refuses],
        }
        click.echo(printable_json({ROOT_KEY: document}))
    else:
        for finding in found:
            click.echo(finding)
        click.echo(f"{_counted(len(commits), 'commit')} verified, {_counted(refusing, 'finding')}")
    return 1 if refusing else 0


def _document(finding: Finding) -> dict[str, Any]:
    return {"commit": finding.object, "type": finding.type, "path": finding.path or None, "text": finding.text}


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
