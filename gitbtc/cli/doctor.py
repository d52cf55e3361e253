"""`gitbtc doctor`: what is wrong with the set-up, and how to mend it."""

from __future__ import annotations

import os

import click

from gitbtc.doors.unfinished import examine_unfinished
from gitbtc.errors import printable, printable_json
from gitbtc.repo.doctor import Check, examine
from gitbtc.repo.git import Git
from gitbtc.repo.install import Install
from gitbtc.repo.server import ServerInstall
from gitbtc.repo.server_doctor import SERVER_CHECKS, examine_server


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.doctor/v1.")
@click.option("--fix", is_flag=True, help="Mend what installing again mends.")
def command(*, as_json: bool, fix: bool) -> int:
    """Check everything that `gitbtc install` sets up, with --server too. Exit status 1 when something is broken."""
    git = Git()
    checks = _checks(git)
    if fix:
        for install in {_installer(check): None for check in checks if check.fixable}:
            install(git).install()
        checks = _checks(git)
    click.echo(_document(checks) if as_json else _table(checks))
    return 0 if all(check.fine for check in checks) else 1


def _checks(git: Git) -> list[Check]:
    here = [] if git.is_bare() else [*examine(git), *_sources(git)]
    return [*here, *examine_server(git), *examine_unfinished(git)]


def _sources(git: Git) -> list[Check]:
    """What is wrong with the sources that the repository names, where it names any."""
    from gitbtc.sources.configured import PATH

    if not os.path.exists(os.path.join(git.top_level(), PATH)):
        return []
    from gitbtc.sources.examined import examine_sources

    return examine_sources(git)


def _installer(check: Check) -> type[Install | ServerInstall]:
    return ServerInstall if check.name in SERVER_CHECKS else Install


def _document(checks: list[Check]) -> str:
    outcomes = [
        {"name": check.name, "ok": check.fine, "found": check.found, "mend": check.mend, "fixable": check.fixable}
        for check in checks
    ]
    return printable_json({"gitbtc.doctor/v1": {"ok": all(check.fine for check in checks), "checks": outcomes}})


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
