"""`gitbtc check`: the rules that hold across the files of a root."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gitbtc.errors import printable
from gitbtc.gate.broken_rules import broken_rules
from gitbtc.gate.snapshot import Snapshot, installed_kinds, of_work_tree
from gitbtc.repo.git import Git

if TYPE_CHECKING:
    from gitbtc.kinds.registry import Kinds
    from gitbtc.spends.rules import Violation

ROOT_KEY = "gitbtc.check/v1"


@click.command("check")
@click.argument("rev", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(rev: str | None, *, as_json: bool) -> int:
    """Check a revision, or the work tree without REV: no coin spent twice, no spent coin listed, fees that add up,
    channels within their capacity.

    Exit status 1 when a rule is broken.
    """
    git = Git()
    kinds = installed_kinds(git)
    snapshot = of_work_tree(git, kinds) if rev is None else _of_revision(git, rev, kinds)
    roots = sorted(snapshot.roots())
    found = [broken for root in roots for broken in broken_rules(snapshot, root)]
    if as_json:
        violations = [_document(path, violation) for path, violation in found]
        click.echo(json.dumps({ROOT_KEY: {"roots": roots, "violations": violations}}, indent=2))
    else:
        for path, violation in found:
            click.echo(printable(f"{path}: {violation.rule}: {violation.text}"))
        click.echo(f"{len(roots)} root{'' if len(roots) == 1 else 's'} checked, {len(found)} rules broken")
    return 1 if found else 0


def _of_revision(git: Git, rev: str, kinds: Kinds) -> Snapshot:
    from gitbtc.repo.objects import Objects

    objects = Objects(git.cwd)
    return Snapshot(rev, objects.tree(rev), lambda _, oid: objects.blob(oid), kinds)


def _document(path: str, violation: Violation) -> dict[str, str]:
    return {"path": path, "rule": violation.rule, "identity": violation.identity, "text": violation.text}
