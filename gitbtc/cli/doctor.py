"""`gitbtc doctor`: what is wrong with the set-up, and how to mend it."""

from __future__ import annotations

import json

import click

from gitbtc.errors import printable
from gitbtc.repo.doctor import Check, examine
from gitbtc.repo.git import Git
from gitbtc.repo.install import Install


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.doctor/v1.")
@click.option("--fix", is_flag=True, help="Mend what installing again mends.")
def command(*, as_json: bool, fix: bool) -> int:
    """Check everything that `gitbtc install` sets up. Exit status 1 when something is broken."""
    git = Git()
    checks = examine(git)
    if fix and any(check.fixable for check in checks):
        Install(git).install()
        checks = examine(git)
    click.echo(_document(checks) if as_json else _table(checks))
    return 0 if all(check.fine for check in checks) else 1


def _document(checks: list[Check]) -> str:
    outcomes = [
        {"name": check.name, "ok": check.fine, "found": check.found, "mend": check.mend, "fixable": check.fixable}
        for check in checks
    ]
    return json.dumps({"gitbtc.doctor/v1": {"ok": all(check.fine for check in checks), "checks": outcomes}}, indent=2)


def _table(checks: list[Check]) -> str:
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{'ok    ' if check.fine else 'BROKEN'}  {check.name:<{width}}  {check.found}")
        if check.mend:
            lines.append(" " * (width + 10) + f"mend: {check.mend}")
    if any(check.fixable for check in checks):
        lines.append("`gitbtc doctor --fix` installs again.")
    return "\n".join(printable(line) for line in lines)
