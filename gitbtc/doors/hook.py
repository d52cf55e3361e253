"""`gitbtc hook NAME`: what Git's hooks run. Exit status 1 refuses.

Git runs up to five of them for a commit: each loads what it needs, and no more.
"""

from __future__ import annotations

import sys

from gitbtc.errors import GitbtcError, report, told
from gitbtc.progress import doing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# The hook -> the module and the function `(arguments) -> exit status` that serve it.
DOORS = {
    "pre-commit": ("gitbtc.doors.commit_hooks", "examine_commit"),
    "pre-merge-commit": ("gitbtc.doors.commit_hooks", "examine"),
    "pre-applypatch": ("gitbtc.doors.commit_hooks", "examine_patch"),
    "prepare-commit-msg": ("gitbtc.doors.commit_hooks", "examine_and_sign"),
    "commit-msg": ("gitbtc.doors.commit_hooks", "read_message"),
    "pre-push": ("gitbtc.doors.push_hooks", "push"),
    "pre-receive": ("gitbtc.doors.push_hooks", "receive"),
    "post-commit": ("gitbtc.doors.commit_hooks", "sign_again"),
    "post-merge": ("gitbtc.doors.commit_hooks", "warn"),
}
# The hook -> what tells, sooner than its door is loaded, that there is nothing to look into.
UNASKED = {"commit-msg": ("gitbtc.doors.plain_message", "is_plain")}


def main(arguments: list[str]) -> int:
    """Serve one hook; the exit status for Git."""
    try:
        name, door = arguments[1], DOORS[arguments[1]]
    except (IndexError, KeyError):
        print(f"gitbtc: no hook of that name; there are {', '.join(DOORS)}", file=sys.stderr)
        return 2
    try:
        if name in UNASKED and _function(*UNASKED[name])(arguments[2:]):
            return 0
        with doing(f"{name} hook"):
            status: int = _function(*door)(arguments[2:])
    except GitbtcError as error:
        print(told(error), file=sys.stderr)
        return error.status
    except BrokenPipeError:  # nobody reads any more what is said
        return 3
    except Exception as error:  # noqa: BLE001 - a hook that fails refuses, and shows nothing of what it looked at
        print(f"{report(error)}\ngitbtc: refused, since nobody could look", file=sys.stderr)
        return 1
    return status


def _function(module: str, name: str) -> Callable[[list[str]], int]:
    function: Callable[[list[str]], int] = getattr(__import__(module, fromlist=[name]), name)
    return function
