"""`gitbtc check`: the rules that hold across the files of a root."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gitbtc.errors import printable
from gitbtc.judge.broken_rules import broken_rules
from gitbtc.judge.contested import DOUBLE_SPEND, open_contests
from gitbtc.repo.git import Git
from gitbtc.spends import COINS
from gitbtc.spends.evidence import outpoint_text
from gitbtc.state.snapshot import Snapshot, installed_kinds, of_work_tree, path_in

if TYPE_CHECKING:
    from gitbtc.kinds.registry import Kinds
    from gitbtc.spends.rules import Violation
    from gitbtc.spends.trailers import Trailer

ROOT_KEY = "gitbtc.check/v1"


@click.command("check")
@click.argument("rev", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(rev: str | None, *, as_json: bool) -> int:
    """Check a revision, or the work tree without REV: no coin spent twice, no spent coin listed, fees that add up,
    channels within their capacity, each funded by a coin of its own and with no policy for another, nothing that a join
    left contested.

    Exit status 1 when a rule is broken, or a coin contested.
    """
    git = Git()
    kinds = installed_kinds(git)
    snapshot = of_work_tree(git, kinds) if rev is None else _of_revision(git, rev, kinds)
    roots = sorted(snapshot.roots())
    contests = list(open_contests(git, rev or "HEAD", snapshot)) if git.find(rev or "HEAD") else []
    known = {outpoint_text(contest.outpoint) for _, contest in contests if contest.outpoint}
    broken = (broken for root in roots for broken in broken_rules(snapshot, root))
    found = [(path, one) for path, one in broken if one.rule != DOUBLE_SPEND or one.identity not in known]
    if as_json:
        violations = [_document(path, violation) for path, violation in found]
        contested = [_contest(root, contest) for root, contest in contests]
        document = {"roots": roots, "violations": violations, "contested": contested}
        click.echo(json.dumps({ROOT_KEY: document}, indent=2))
    else:
        for root, contest in contests:
            click.echo(printable(_contested(root, contest)))
        for path, violation in found:
            click.echo(printable(f"{path}: {violation.rule}: {violation.text}"))
        click.echo(f"{len(roots)} root{'' if len(roots) == 1 else 's'} checked, {len(found)} rules broken")
    return 1 if found or contests else 0


# What settles a contest in which no transaction is named.
_NO_PARTIES = {"data_error": "listed", "double_spend_candidate": "unattributed"}


def _contested(root: str, contest: Trailer) -> str:
    name = outpoint_text(contest.outpoint) if contest.outpoint else ""
    by = f" by {' and by '.join(contest.parties)}" if contest.parties else ""
    winner = "TXID" if contest.parties else _NO_PARTIES.get(contest.choice, "TXID")
    mend = f"gitbtc resolve {name} --winner {winner}"
    return f"{path_in(root, COINS)}: contested: {name}: {contest.choice}{by}; settle it with: {mend}"


def _contest(root: str, contest: Trailer) -> dict[str, Any]:
    name = outpoint_text(contest.outpoint) if contest.outpoint else ""
    return {"path": path_in(root, COINS), "outpoint": name, "type": contest.choice, "parties": list(contest.parties)}


def _of_revision(git: Git, rev: str, kinds: Kinds) -> Snapshot:
    from gitbtc.repo.objects import Objects

    objects = Objects(git.cwd)
    return Snapshot(rev, objects.tree(rev), lambda _, oid: objects.blob(oid), kinds)


def _document(path: str, violation: Violation) -> dict[str, str]:
    return {"path": path, "rule": violation.rule, "identity": violation.identity, "text": violation.text}
