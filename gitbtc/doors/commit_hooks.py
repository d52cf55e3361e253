"""The hooks of a commit: before it is made, of its message, and once it is made. Exit status 1 refuses."""

from __future__ import annotations

import os
import sys
from functools import partial

from gitbtc.doors import emptied, lost_trailers, passed
from gitbtc.doors.commit import Examination
from gitbtc.doors.message_file import MessageFile
from gitbtc.errors import printable
from gitbtc.repo import files
from gitbtc.repo.git import Git
from gitbtc.state.in_progress import COMMIT, InProgress
from gitbtc.state.merging import SQUASH, announced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.state.snapshot import Snapshot

# The message of a commit whose message nobody tells: an empty one.
_NOT_TOLD = os.devnull


def examine(_: list[str]) -> int:
    """pre-commit, pre-merge-commit: the index against HEAD, and in a merge against its sides."""
    git = Git().at_top()
    index = git.index_ending()
    with git.blobs() as blobs:
        examination = Examination(git, blobs, _NOT_TOLD)
        messages = list(examination.messages())
        if not messages:
            passed.leave(_folder(git), examination, index)
            examination.settle()
    return _refuse(messages, examination)


def examine_commit(arguments: list[str]) -> int:
    """pre-commit: what this hook stages is in the commit, so where that leaves nothing to commit, as where all that was
    squashed had lost already, the commit is made all the same: a second `git commit` would find nothing to do.
    """
    status = examine(arguments)
    return 0 if status and _is_squashed_to_nothing(Git().at_top()) else status


def _is_squashed_to_nothing(git: Git) -> bool:
    return InProgress(git).name == SQUASH and git.index_is("HEAD")


def examine_patch(_: list[str]) -> int:
    """pre-applypatch: the same for `am` and `rebase --apply`, with the message, which no other hook of ours sees."""
    git = Git().at_top()
    with git.blobs() as blobs:
        examination = Examination(git, blobs)
        messages = list(examination.messages()) or _patch_faults(git, examination)
    return _refuse(messages, examination)


def examine_and_sign(arguments: list[str]) -> int:
    """prepare-commit-msg: what pre-commit did not see, with the message; what was settled becomes trailers of it."""
    git = Git().at_top()
    message, *source = arguments
    with git.blobs() as blobs:
        # Of a commit that is made again the message says what it did the first time.
        examination = Examination(git, blobs, _NOT_TOLD if source[:1] == ["commit"] else message)
        found = passed.take(_folder(git), examination)
        amended = examination.amended() if source == ["commit", "HEAD"] else []
        if amended:
            return _refuse(amended)
        if found is None:
            messages = list(examination.messages()) or _message_faults(MessageFile(git, message), examination)
            if messages and examination.is_only_repaired and examination.in_progress.is_rebase and git.index_is("HEAD"):
                emptied.leave(_folder(git), git.resolve("HEAD"))
                return 0
            if messages:
                if examination.in_progress.is_rebase:
                    _let_go_on(git, message)
                return _refuse(messages, examination)
            _print(examination.notices)
            found = passed.Passed(examination.trailers(), examination.unvouched)
    passed.leave_unvouched(_folder(git), found.unvouched)
    lost = MessageFile(git, message).add(found.trailers) if found.trailers else []
    lost_trailers.leave(_folder(git), examination.head, lost)
    return 0


def _let_go_on(git: Git, message: str) -> None:
    """Have `git rebase --continue` commit a refused pick once it is settled.

    Git does so where it finds the message that the commit is to have. 2.39 writes it down itself when a hook refuses;
    2.47 and 2.55 do not, and take what is staged for changes that a person made beside the rebase. They remove it when
    they go on.
    """
    files.write(os.path.join(git.git_dir(), "rebase-merge", "message"), files.read(message) or b"")


def sign_again(_: list[str]) -> int:
    """post-commit: a trailer that Git took for a comment goes back into the message, and a commit of which nothing is
    left goes; nothing can be vetoed here.
    """
    git = Git().at_top()
    for notice in (emptied.take_away(git, _folder(git)), lost_trailers.put_back(git, _folder(git))):
        if notice:
            print(notice, file=sys.stderr)
    return 0


def _folder(git: Git) -> str:
    return os.path.join(git.git_dir(), "gitbtc")


def _refuse(messages: list[str], examination: Examination | None = None) -> int:
    """Say what speaks against it, and only then what else is worth a line: an editor shows the first line alone."""
    _print(messages)
    if examination is not None:
        _print(examination.notices)
        if messages and examination.in_progress.name != COMMIT:
            _print([f"gitbtc: once that is settled, {examination.in_progress.way_on}"])
    return 1 if messages else 0


def _print(lines: list[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)


def read_message(arguments: list[str]) -> int:
    """commit-msg: the message as the person left it."""
    git = Git().at_top()
    with git.blobs() as blobs:
        examination = Examination(git, blobs, arguments[0])
        examination.unvouched = passed.take_unvouched(_folder(git))
        return _refuse(_message_faults(MessageFile(git, arguments[0]), examination), examination)


def _patch_faults(git: Git, examination: Examination) -> list[str]:
    return _message_faults(MessageFile(git, git.git_path("rebase-apply/final-commit"), is_final=True), examination)


def _message_faults(file: MessageFile, examination: Examination) -> list[str]:
    """No key in the message, and in it a reason for a rewrite, and for each coin that the commit loses."""
    from gitbtc.judge.key_gate import judged
    from gitbtc.keys.finding import MESSAGE, notices, refusal
    from gitbtc.keys.scan import scan
    from gitbtc.spends.declared import Declared
    from gitbtc.spends.trailers import REWRITE

    message = file.content
    found = judged(scan(message), examination.files.allow_list, partial(scan, message, "", None))
    if found and found.refusing:
        return [refusal(found.refusing, "the commit message", MESSAGE, found.remarks)]
    examination.notices += notices(found.told, "the commit message") if found else []
    said = [Declared(reading) for reading in file.readings]
    if examination.is_rewriting and not any(one.rewrites for one in said) and _rewrites(examination):
        reason = (
            f"a line `{REWRITE}: <reason>` in the last paragraph of its message (`git commit -m … -m '{REWRITE}: …'`)"
        )
        return [f"gitbtc: a commit that rewrites says why: {reason}"]
    unvouched = examination.unvouched.items()
    return [line for outpoint, line in unvouched if not any(one.vouches(outpoint) for one in said)]


def _rewrites(examination: Examination) -> bool:
    return any(examination.rewrites()) or any(examination.corrections())


def warn(_: list[str]) -> int:
    """post-merge: what a fast-forward brought, which nothing can veto, is looked at now, and may not be pushed on."""
    sign_again([])
    from gitbtc.doors.made_commits import MadeCommits

    git = Git().at_top().as_stored()
    if git.find("HEAD") not in announced() or git.find("ORIG_HEAD") is None:
        return 0  # a merge commit, or a squash, which commits nothing: looked at before it is made
    with MadeCommits(git) as made:
        for oid in git.new_commits(["ORIG_HEAD..HEAD"]):
            for finding in made.findings(oid):
                after = "; already merged: nothing can stop a fast-forward" if finding.refuses else ""
                print(f"gitbtc: {finding}{after}", file=sys.stderr)
    for path in _made_live(git):
        print(
            f"gitbtc: {printable(path)}: this fast-forward made the branch live, which simulated; if nobody meant that,"
            " `git reset --keep ORIG_HEAD` takes it back",
            file=sys.stderr,
        )
    return 0


def _made_live(git: Git) -> list[str]:
    from gitbtc.judge.simulation import Past, made_live
    from gitbtc.state.snapshot import installed_kinds, of_revision

    kinds = installed_kinds(git)
    with git.blobs() as blobs:

        def snapshot(oid: str | None) -> Snapshot:
            return of_revision(git, oid, blobs.read, kinds)

        return made_live(Past.of(git, git.resolve("ORIG_HEAD"), snapshot), snapshot(git.resolve("HEAD")))
