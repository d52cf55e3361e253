"""`git mergetool --tool=gitbtc`: each conflict of a file shown, and a side taken for each."""

from __future__ import annotations

import os
import sys

from gitbtc.errors import GitbtcError, printable
from gitbtc.repo.git import Git
from gitbtc.resolve.open_conflicts import Conflicts
from gitbtc.resolve.resolving import Resolving
from gitbtc.views.conflicts import conflict_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.resolve.open_conflicts import Open

CHOICES = {"o": "ours", "t": "theirs", "b": "base"}


def main(arguments: list[str]) -> int:
    """Serve `mergetool BASE LOCAL REMOTE MERGED`; 0 once nothing in MERGED is open, 1 otherwise."""
    git = Git().at_top()
    path = os.path.relpath(os.path.realpath(arguments[4]), os.path.realpath(git.cwd))
    try:
        with git.blobs() as blobs:
            return 1 if _settle(Conflicts(git, blobs), path) else 0
    except GitbtcError as error:
        print(f"gitbtc: {printable(str(error))}", file=sys.stderr)
        return error.status


def _settle(conflicts: Conflicts, path: str) -> int:
    """Ask for each conflict of the file; how many are still open."""
    found = [open_ for open_ in conflicts.open() if open_.file == path and open_.conflict.key]
    left = 0
    for open_ in found:
        choice = _ask(open_)
        if choice:
            Resolving(conflicts).settle({open_: choice})
        left += not choice
    return left


def _ask(open_: Open) -> str:
    print(conflict_line(open_.path, open_.kind, open_.conflict), file=sys.stderr)
    print("take (o)urs, (t)heirs, the (b)ase, or leave it open? ", end="", file=sys.stderr, flush=True)
    return CHOICES.get(sys.stdin.readline().strip().lower()[:1], "")
