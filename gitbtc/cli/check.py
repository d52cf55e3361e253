"""`gitbtc check`: the rules that hold across the files of a root."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from gitbtc.cli import left_out
from gitbtc.cli.arguments import complete_revisions
from gitbtc.cli.paging import say
from gitbtc.errors import GitbtcError, UsageError, printable, printable_json
from gitbtc.judge.broken_rules import broken_anywhere, broken_by_step, is_excused
from gitbtc.judge.contested import DOUBLE_SPEND, open_contests
from gitbtc.repo.git import Git
from gitbtc.spends.declared import Declared
from gitbtc.spends.evidence import outpoint_text
from gitbtc.state.checkpoint import Checkpoints
from gitbtc.state.in_progress import InProgress
from gitbtc.state.merging import MERGE, Merging
from gitbtc.state.snapshot import Snapshot, installed_kinds, of_work_tree, path_in
from gitbtc.views import contested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.kinds.registry import Kinds
    from gitbtc.spends.rules import Violation
    from gitbtc.spends.trailers import Trailer
    from gitbtc.state.snapshot import Earlier

ROOT_KEY = "gitbtc.check/v1"
_ALL = "all"
_SKIP = 125  # what `git bisect run` takes for a commit that cannot be tested


@click.command("check")
@click.argument("rev", required=False, shell_complete=complete_revisions)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--explain", metavar="[RULE]", is_flag=False, flag_value=_ALL,
    help="Say what a rule means, and how to mend what breaks it; without RULE, list the rules.",
)  # fmt: skip
@click.option(
    "--bisect", is_flag=True,
    help="For `git bisect run`: exit with 125, which skips the commit, where nobody can look.",
)  # fmt: skip
@click.option("--all", "anew", is_flag=True, help="Look at all records, also at those that broke no rule before.")
@left_out.allow_empty
def command(  # noqa: PLR0913 - each is an option
    rev: str | None, explain: str | None, *, as_json: bool, bisect: bool, anew: bool, allow_empty: bool
) -> int:
    """Check a revision against its parents, or the work tree against HEAD: no double spend, no lost coin.

    Coins, transactions, the mempool and the tip agree; fees add up; channels are within their capacity, each
    funded by a coin of its own and with no policy for another; nothing is left contested by a join. Exit status 1 when
    a rule is broken, or a coin contested; 3 where no state file is, or nobody can look.

    What a large wallet's records said when none of them broke a rule is kept in .git/gitbtc (checkpoint-…): then only
    what differs from that is looked at, unless it breaks one. --all looks at all of it.
    """
    if explain is not None:
        return _explain(explain)
    try:
        return _check(rev, as_json=as_json, anew=anew, allow_empty=allow_empty or bisect)
    except GitbtcError as error:
        if not bisect:
            raise
        click.echo(f"gitbtc: {printable(str(error))}; skipped", err=True)
        return _SKIP


def _check(rev: str | None, *, as_json: bool, anew: bool, allow_empty: bool) -> int:
    git = Git()
    kinds, checkpoints = installed_kinds(git), None if anew else Checkpoints(git)
    with git.blobs() as blobs:
        if rev is None:
            left_out.tell(git, kinds)
            snapshot = of_work_tree(git, kinds, blobs.read, checkpoints)
        else:
            snapshot = _of_revision(git, rev, kinds, checkpoints)
        status = _told(git, rev, snapshot, kinds, as_json=as_json)
        if checkpoints is not None:
            checkpoints.settle()
    return status or left_out.status(is_any=bool(snapshot.roots()), allowed=allow_empty)


def _told(git: Git, rev: str | None, snapshot: Snapshot, kinds: Kinds, *, as_json: bool) -> int:
    roots = sorted(snapshot.roots())
    contests, found = examined(git, rev, snapshot, kinds)
    drifting = [one for root in roots for one in _label_drift(snapshot, root)]
    if as_json:
        violations = [_document(path, violation) for path, violation in found]
        told = [contested.document(root, contest) for root, contest in contests]
        document = {"roots": roots, "violations": violations, "contested": told, "notices": drifting}
        click.echo(printable_json({ROOT_KEY: document}))
    else:
        say(contested.line(root, contest) for root, contest in contests)
        say(printable(f"{path}: {violation.rule}: {violation.told_of(path)}") for path, violation in found)
        say(printable(f"note: {notice['path']}: {LABEL_DRIFT}: {notice['text']}") for notice in drifting)
        say([f"{len(roots)} root{'' if len(roots) == 1 else 's'} checked, {len(found)} rules broken"])
        if found:
            say([f"How to mend it: gitbtc check --explain {found[0][1].rule}"])
    return 1 if found or contests else 0


def examined(
    git: Git, rev: str | None, snapshot: Snapshot, kinds: Kinds, *, with_step: bool = True
) -> tuple[list[tuple[str, Trailer]], list[tuple[str, Violation]]]:
    """What a revision, or the work tree for None, has contested, by root, and which rules it breaks, by path: those
    about the step that led there only with `with_step`.
    """
    roots = sorted(snapshot.roots())
    contests = list(open_contests(git, rev or "HEAD", snapshot)) if git.find(rev or "HEAD") else []
    known = {outpoint_text(contest.outpoint) for _, contest in contests if contest.outpoint}
    step = _Step(git, rev, kinds, snapshot.checkpoints)
    near = step.before[0] if step.before and snapshot.checkpoints else None
    broken = [one for root in roots for one in broken_anywhere(snapshot, root, near)]
    broken += step.broken(snapshot) if with_step else []
    return contests, [(path, one) for path, one in broken if one.rule != DOUBLE_SPEND or one.identity not in known]


LABEL_DRIFT = "label_drift"


def _label_drift(snapshot: Snapshot, root: str) -> Iterator[dict[str, str]]:
    """Where labels.json and labels.jsonl call one address differently: told, and no fault."""
    from gitbtc.kinds import codec
    from gitbtc.kinds.registry import built_in
    from gitbtc.labels.label_file import KIND
    from gitbtc.labels.naming import LABELS, Files, drift

    if not (snapshot.of_kind(root, KIND) and snapshot.of_kind(root, LABELS)):
        return
    files = Files(lambda kind: codec.opened(built_in(kind), snapshot.of_kind(root, kind)))
    try:
        differing = drift(files)
    except codec.Malformed:  # `gitbtc validate` says so
        return
    for address, here, there in differing:
        text = f"{address} is “{here}” there, “{there}” in labels.json; `gitbtc labels sync` writes one into the other"
        yield {"path": path_in(root, KIND), "type": LABEL_DRIFT, "identity": address, "text": text}


def _explain(rule: str) -> int:
    """Print what the table says of a rule, or the first line of each."""
    from gitbtc.views.rules import RULES

    if rule == _ALL:
        for name, words in RULES.items():
            click.echo(f"{name:<21} {words.splitlines()[0]}")
    elif rule in RULES:
        click.echo(RULES[rule])
    else:
        raise UsageError(f"{rule}: no such rule; `gitbtc check --explain` lists them")
    return 0


class _Step:
    """The step from the parents of a revision, or from HEAD to the work tree. `before`: the states it was made from."""

    def __init__(self, git: Git, rev: str | None, kinds: Kinds, checkpoints: Earlier | None) -> None:
        self._merging, self._message = _made(git, rev) if rev else (_in_the_making(git), "")
        self._read = partial(_of_revision, git, kinds=kinds, checkpoints=checkpoints)
        self.before = [self._read(oid) for oid in self._merging.heads if oid]

    def broken(self, after: Snapshot) -> Iterator[tuple[str, Violation]]:
        """What it breaks, as far as no message answers for it."""
        bases = self._merging.all_bases() if len(self.before) > 1 else []
        others = [self._read(oid) for oid in bases if oid]
        declared = Declared(self._message)
        for root in sorted(after.roots()):
            for path, violation in broken_by_step(self.before, after, root, others):
                if not is_excused(violation, declared):
                    yield path, violation


def _made(git: Git, rev: str) -> tuple[Merging, str]:
    """What a revision was made from, as far as the history is here, and its message; nothing for a tree."""
    from gitbtc.repo.reading import objects_of

    oid = git.find(f"{rev}^{{commit}}")
    if oid is None:
        return Merging(git, []), ""
    commit = next(objects_of(git).history(oid))
    return Merging(git, commit.parents), commit.message


def _in_the_making(git: Git) -> Merging:
    """What the work tree is made from: HEAD, in a merge the other heads too."""
    in_progress = InProgress(git)
    merging = in_progress.merging
    if merging and merging.name == MERGE:
        return merging
    return Merging(git, [in_progress.head] if in_progress.head else [])


def _of_revision(git: Git, rev: str, kinds: Kinds, checkpoints: Earlier | None) -> Snapshot:
    from gitbtc.repo.reading import objects_of

    objects = objects_of(git)
    return Snapshot(rev, objects.tree(rev), lambda _, oid: objects.blob(oid), kinds, checkpoints)


def _document(path: str, violation: Violation) -> dict[str, Any]:
    """`file`: where the record stands, a shard where records lie in shards, "" for nowhere; `line`: on which it begins
    there, 0 for none.
    """
    file, line = violation.place
    return {
        "path": path, "rule": violation.rule, "identity": violation.identity, "file": file, "line": line,
        "text": violation.text,
    }  # fmt: skip
