"""Whether a difference is shown in colours."""

from __future__ import annotations

import os

from gitbtc.repo.unset import stands_nowhere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.repo.git import Git

_NONE = "dumb"  # the terminal that has none; Git takes one without a name for it


def wants_colour(git: Git | None = None, *, seen: bool) -> bool:
    """By NO_COLOR, then by color.diff and color.ui; `seen` says whether the output ends in a terminal. `git` is the one
    to ask, where that is not the one in the current folder.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if stands_nowhere("color", os.environ, git.cwd if git else os.getcwd()):
        return seen and os.environ.get("TERM", _NONE) != _NONE
    if git is None:
        from gitbtc.repo.git import Git

        git = Git()
    return git.wants_diff_coloured(seen=seen)
