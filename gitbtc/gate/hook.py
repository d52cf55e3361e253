"""`gitbtc hook NAME`: what Git's hooks run. Exit status 1 refuses."""

from __future__ import annotations

import sys

from gitbtc.errors import GitbtcError, printable, report
from gitbtc.gate.commit import ALLOW_REWRITE, Examination, settlements_of
from gitbtc.gate.merging import announced, merge_in_progress
from gitbtc.repo.git import Git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

REWRITE_TRAILER = "Gitbtc-Rewrite:"


def main(arguments: list[str]) -> int:
    """Serve one hook; the exit status for Git."""
    try:
        door = DOORS[arguments[1]]
    except (IndexError, KeyError):
        print(f"gitbtc: no hook of that name; there are {', '.join(DOORS)}", file=sys.stderr)
        return 2
    try:
        return door(arguments[2:])
    except GitbtcError as error:
        print("gitbtc: " + "\n".join(printable(line) for line in str(error).splitlines()), file=sys.stderr)
        return error.status
    except Exception as error:  # noqa: BLE001 - a hook that fails refuses, and shows nothing of what it looked at
        print(f"{report(error)}\ngitbtc: refused, since nobody could look", file=sys.stderr)
        return 1


def _examine(_: list[str]) -> int:
    """pre-commit, pre-merge-commit, pre-applypatch: the index against HEAD, and in a merge against its sides."""
    git = Git().at_top()
    with git.blobs() as blobs:
        examination = Examination(git, blobs)
        messages = list(examination.messages())
    for notice in examination.notices:
        print(notice, file=sys.stderr)
    return _refuse(messages)


def _refuse(messages: list[str]) -> int:
    for message in messages:
        print(message, file=sys.stderr)
    return 1 if messages else 0


def _sign(arguments: list[str]) -> int:
    """prepare-commit-msg: what was settled in this merge becomes trailers of its commit."""
    git = Git().at_top()
    merging = merge_in_progress(git)
    trailers = settlements_of(git, merging.heads).trailers if merging else {}
    if trailers:
        given = [part for line in sorted(set(trailers.values())) for part in ("--trailer", line)]
        git.run("interpret-trailers", "--in-place", "--if-exists", "addIfDifferent", *given, arguments[0])
    return 0


def _read_message(arguments: list[str]) -> int:
    """commit-msg: no key in the message, and a reason in it for a rewrite."""
    import os

    from gitbtc.keys.finding import refusal
    from gitbtc.keys.scan import scan

    with open(arguments[0], "rb") as file:
        message = file.read()
    found = scan(message)
    if found:
        print(refusal(found, "the commit message"), file=sys.stderr)
        return 1
    if os.environ.get(ALLOW_REWRITE) == "1" and REWRITE_TRAILER.encode() not in message and _rewrites():
        print(f"gitbtc: a commit that rewrites says why: add a line `{REWRITE_TRAILER} <reason>`", file=sys.stderr)
        return 1
    return 0


def _rewrites() -> bool:
    git = Git().at_top()
    with git.blobs() as blobs:
        examination = Examination(git, blobs)
        return any(examination.rewrites(examination.changed()))


def _warn(_: list[str]) -> int:
    """post-merge: what a fast-forward brought, which nothing can veto, is looked at now, and may not be pushed on."""
    from gitbtc.gate.push import CommitExamination

    git = Git().at_top()
    if git.find("HEAD") not in announced() or git.find("ORIG_HEAD") is None:
        return 0  # a merge commit, or a squash, which commits nothing: looked at before it is made
    with git.blobs() as blobs:
        examination = CommitExamination(git, blobs)
        for oid, parents in git.commits("ORIG_HEAD..HEAD"):
            for message in examination.messages(oid, parents):
                print(f"{message}; already merged: nothing can stop a fast-forward", file=sys.stderr)
    return 0


def _push(arguments: list[str]) -> int:
    """pre-push: every commit that is about to leave."""
    from gitbtc.gate.push import CommitExamination, new_commits

    git = Git().at_top()
    with git.blobs() as blobs:
        examination = CommitExamination(git, blobs)
        leaving = new_commits(git, arguments[0], sys.stdin)
        return _refuse([message for oid, parents in leaving for message in examination.messages(oid, parents)])


DOORS: dict[str, Callable[[list[str]], int]] = {
    "pre-commit": _examine,
    "pre-merge-commit": _examine,
    "pre-applypatch": _examine,
    "prepare-commit-msg": _sign,
    "commit-msg": _read_message,
    "pre-push": _push,
    "post-merge": _warn,
}
