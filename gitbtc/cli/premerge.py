"""`gitbtc premerge`: what merging branches would do, and which of them collide."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_revisions
from gitbtc.cli.paging import say
from gitbtc.errors import CannotWork, UsageError, printable, printable_json
from gitbtc.premerge.branches import Premerge
from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from gitbtc.views.premerge import document, lines

if TYPE_CHECKING:
    from gitbtc.repo.objects import Objects


@click.command("premerge")
@click.argument("names", nargs=-1, required=True, metavar="BRANCH...", shell_complete=complete_revisions)
@click.option("--onto", default="HEAD", metavar="REV", help="What they would be merged into.", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(names: tuple[str, ...], onto: str, *, as_json: bool) -> int:
    """Tell what merging each BRANCH would do, and which of them collide with each other, without merging.

    BRANCH is a branch, any other revision, or a pattern such as 'agents/*' for local and remote-tracking branches.

    Exit status 1 when there is any conflict.
    """
    git = Git()
    objects = objects_of(git)
    into = _commit(objects, onto)
    # Git's own reader keeps the bases of packed files in memory, however large they are; libgit2 does not.
    with git.blobs() as blobs:
        foreseen = Premerge(git, objects, blobs.read, into, _revisions(objects, names))
        collisions = foreseen.judge()
    if as_json:
        click.echo(printable_json(document(into, foreseen.branches, collisions)))
    else:
        say(lines(foreseen.branches, collisions))
    return 1 if collisions or any(branch.conflicts for branch in foreseen.branches) else 0


def _commit(objects: Objects, revision: str) -> str:
    try:
        return objects.commit(revision)
    except CannotWork as error:
        raise UsageError(printable(str(error))) from None


def _revisions(objects: Objects, names: tuple[str, ...]) -> dict[str, str]:
    """Every revision that is named, by the name that was given, or by the branch's that a pattern stands for."""
    found: dict[str, str] = {}
    branches = objects.branches()
    for name in names:
        matching = {branch: oid for branch, oid in branches.items() if fnmatchcase(branch, name)}
        found |= matching or {name: _commit(objects, name)}
    return found
