"""`gitbtc merge`: Git's own merge, which stops for questions and for nothing else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_revisions
from gitbtc.errors import CannotWork
from gitbtc.interrupts import undisturbed
from gitbtc.kinds.layouts import folded, lie_apart
from gitbtc.repo.git import Git
from gitbtc.resolve.open_conflicts import Conflicts
from gitbtc.state.in_progress import COMMIT, WAYS_ON, InProgress
from gitbtc.state.merging import MERGE
from gitbtc.state.snapshot import installed_kinds
from gitbtc.views.conflicts import open_line

if TYPE_CHECKING:
    from collections.abc import Sequence

# What a hook staged and the next one stages on top: the union first, then what follows from it.
_MOST_ROUNDS = 3
_WRONG_USAGE = 129  # of Git
# Options whose value is a word of its own, which is no head.
_VALUED = frozenset(["-m", "-F", "--file", "-s", "--strategy", "-X", "--strategy-option", "--cleanup", "--into-name"])
# With these Git stops on purpose, or does something else than to merge.
_NO_COMMIT = frozenset(["--no-commit", "--squash", "--abort", "--quit", "--ff-only"])


@click.command("merge", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="ARG...", shell_complete=complete_revisions)
def command(arguments: tuple[str, ...]) -> int:
    """Merge as `git merge ARG...` does, and commit what needs nobody: where a hook had to stage what Git's own merge
    did not bring about, `git merge` stops for a second step; this takes it.

    Exit status 1 when something is open that a person has to settle, which is listed, or Git refuses; 2 for wrong
    usage, 3 where Git could not merge here.
    """
    if arguments == ("-h",):  # as an option it would be found in -Xtheirs, too
        click.echo(click.get_current_context().get_help())
        return 0
    git = Git()
    git.git_dir()  # or a repository that cannot be read would be one that nobody set up
    if not git.config("merge.gitbtc-utxos.driver"):
        raise CannotWork("gitbtc is not set up in this repository; `gitbtc install` does it")
    top = git.at_top()
    top.check_writable()
    merges = _one_by_one(top, arguments)
    for number, one in enumerate(merges, start=1):
        status = _merge(git, top, one)
        if status and number < len(merges):
            print(f"gitbtc: {len(merges) - number} more to merge: the same command goes on after this", file=sys.stderr)
        if status:
            return status
    return 0


def _merge(git: Git, top: Git, arguments: tuple[str, ...]) -> int:
    """One merge, and what follows of it; the exit status. Interrupted, it is as if it had not been begun."""
    was_committed = top.all_is_committed()
    head = top.find("HEAD") if was_committed and InProgress(top).name == COMMIT else None
    try:
        return _completed(git, top, arguments, was_committed=was_committed)
    except KeyboardInterrupt:
        # Git leaves what it has merged in the index, and does not say at each moment that it is a merge.
        if head is not None and top.find("HEAD") == head:
            with undisturbed():
                top.reset()
        raise


def _completed(git: Git, top: Git, arguments: tuple[str, ...], *, was_committed: bool) -> int:
    status = git.attached("merge", *arguments)
    if status > 1:
        return _cut_short(top, status, was_committed=was_committed)
    if status == 0 or _NO_COMMIT.intersection(arguments):
        return status
    _bring_together(top)
    _stage_settled(top)
    for _ in range(_MOST_ROUNDS):
        if not _is_complete(git.at_top()):
            break
        status = git.attached("commit", "--no-edit")
        if status == 0:
            print("gitbtc: nobody had to be asked; the merge is committed", file=sys.stderr)
            return 0
    return _told(git.at_top()) or status


def _one_by_one(git: Git, arguments: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The arguments of each merge to be made: of one, unless heads are named whose records lie in different layouts.
    Git's octopus takes those for files that were deleted here and changed there, and does not end.
    """
    words = (at for at, word in enumerate(arguments) if not word.startswith("-"))
    named = [at for at in words if not {*arguments[:at][-1:]} & _VALUED]
    heads = {at: oid for at in named if (oid := git.find(f"{arguments[at]}^{{commit}}"))}
    if len(heads) < 2 or _NO_COMMIT.intersection(arguments) or not _lie_apart(git, ["HEAD", *heads.values()]):
        return [arguments]
    print("gitbtc: the heads have records in different layouts: they are merged one at a time", file=sys.stderr)
    return [tuple(word for at, word in enumerate(arguments) if at == head or at not in heads) for head in heads]


def _lie_apart(git: Git, heads: Sequence[str]) -> bool:
    kinds = installed_kinds(git)
    return bool(lie_apart([folded(kinds, git.tree_entries(head)) for head in heads]))


def _cut_short(git: Git, status: int, *, was_committed: bool) -> int:
    """The exit status where Git could not merge. It has said why; what is to be done with what it left is said here."""
    if InProgress(git).name == MERGE:
        print(f"gitbtc: the merge was cut short: {WAYS_ON[MERGE]}", file=sys.stderr)
    elif was_committed and not git.all_is_committed():
        print(
            "gitbtc: the merge was cut short, and all was committed before: `git reset --hard` takes back what Git"
            " wrote of it",
            file=sys.stderr,
        )
    return 2 if status == _WRONG_USAGE else 3


def _bring_together(git: Git) -> None:
    """Merge record by record what the sides have in different layouts; Git sees deleted files there, and new ones."""
    if InProgress(git).name != MERGE:
        return
    with git.blobs() as blobs:
        for line in Conflicts(git, blobs).relaying.carry_out():
            print(f"gitbtc: {line}", file=sys.stderr)


def _stage_settled(git: Git) -> None:
    """Stage what Git left open although nothing is contested in it: it calls a rename what moved with its root, where
    many files are alike (`[]`), and is in doubt then.
    """
    if InProgress(git).name != MERGE:
        return
    with git.blobs() as blobs:
        settled = Conflicts(git, blobs).settled_paths()
    if settled:
        git.stage(settled)


def _is_complete(git: Git) -> bool:
    """Whether a merge is in progress in which nothing is open, so that only a commit is left."""
    return InProgress(git).name == MERGE and not git.unmerged_entries() and not _open(git)


def _open(git: Git) -> Sequence[str]:
    with git.blobs() as blobs:
        return [open_line(one.path, one.kind, one.conflict) for one in Conflicts(git, blobs).open()]


def _told(git: Git) -> int:
    """The exit status where something is open, which is listed; 0 where nothing is."""
    if InProgress(git).name != MERGE:
        return 0
    lines = _open(git)
    for line in lines:
        click.echo(line)
    return 1 if lines else 0
