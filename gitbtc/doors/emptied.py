"""A pick of a rebase of which nothing is left: what it would bring, the branch has, or the evidence decides against.

Git writes a pick's tree before it asks the hooks, and picks the same commit again after a hook refused; so what a hook
stages cannot get into the commit, and refusing once more would stop the rebase at it for ever. Such a commit is made,
and taken away again before the next one is picked.
"""

from __future__ import annotations

import os

from gitbtc.repo import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.repo.git import Git

FILE = "emptied"


def leave(folder: str, head: str) -> None:
    """Write down in gitbtc's `folder` in the Git directory that of the commit to be made on `head` nothing is left."""
    files.write(os.path.join(folder, FILE), head.encode())


def take_away(git: Git, folder: str) -> str:
    """Take the commit just made away, if it is the one that was written down; what a person may want to know."""
    noted = files.take(os.path.join(folder, FILE))
    if noted is None:
        return ""
    below = noted.decode("ascii", "replace")
    [(made, parents)] = git.commits("--no-walk", "HEAD")
    if parents != [below] or not git.index_is(below):
        return ""
    git.move_head(below, made, "gitbtc: nothing is left of a pick")
    return f"gitbtc: {made[:12]}: nothing is left of it, so it is dropped; where Git stops, `git rebase --continue`"
