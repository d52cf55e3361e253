"""The hooks of a push, at both of its ends. Exit status 1 refuses."""

from __future__ import annotations

import os
import sys

from gitbtc import progress
from gitbtc.repo.git import Git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.judge.findings import Finding


def push(arguments: list[str]) -> int:
    """pre-push: every commit that is about to leave."""
    from gitbtc.doors.new_commits import leaving, to_send
    from gitbtc.doors.pushed import findings

    git = Git().at_top().as_stored()  # what leaves is what is stored, whatever refs/replace shows of it here
    updates = to_send(_input())
    commits = leaving(git, arguments[0], updates)
    return _tell(findings(git, updates, progress.counted("commits", commits, len(commits))))


def receive(_: list[str]) -> int:
    """pre-receive, in a repository without a work tree: every commit that arrives, or nothing of the push comes in."""
    from gitbtc.doors.new_commits import tips, to_receive
    from gitbtc.doors.pushed import findings, in_options, replacing
    from gitbtc.doors.watched import watched
    from gitbtc.repo.examined import Examined
    from gitbtc.repo.limits import COMMITS, REFS, SECONDS, Limits

    git = Git().as_stored()
    settings = dict(git.config_entries())
    limits, examined = Limits(settings), Examined(git)
    with watched(limits[SECONDS]):
        updates = to_receive(_input())
        limits.check(REFS, len(updates), "this push")
        arrived = examined.arriving(tips(updates))
        limits.check(COMMITS, len(arrived.commits), "this push")
        said = [*replacing(updates), *in_options(updates, _options())]
        commits = progress.counted("commits", arrived.commits, len(arrived.commits))
        status = _tell([*said, *findings(git, updates, commits, settings)])
        if not status:
            examined.add(arrived)
    return status


def _options() -> list[bytes]:
    """What `git push -o` hands over, where the server takes that: githooks(5)."""
    count = int(os.environ.get("GIT_PUSH_OPTION_COUNT") or 0)
    return [os.fsencode(os.environ[f"GIT_PUSH_OPTION_{number}"]) for number in range(count)]


def _tell(found: list[Finding]) -> int:
    for finding in found:
        print(f"gitbtc: {finding}", file=sys.stderr)
    return 1 if any(finding.refuses for finding in found) else 0


def _input() -> list[str]:
    """The lines that Git hands to the hook; the names of refs are any bytes."""
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\n")
