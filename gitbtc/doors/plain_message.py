"""commit-msg, for most messages: no key in them, and nothing that they have to answer for."""

from __future__ import annotations

import os

from gitbtc.repo.places import own_folder
from gitbtc.spends import ALLOW_REWRITE

# What another hook leaves for commit-msg: the coins that the message has to vouch for.
UNVOUCHED = "unvouched.json"


def read_message(arguments: list[str]) -> int:
    """The message as the person left it."""
    if _is_plain(arguments[0]):
        return 0
    from gitbtc.doors.commit_hooks import read_message

    return read_message(arguments)


def _is_plain(path: str) -> bool:
    """Whether it needs no answer: no coin has to be vouched for, no rewrite explained, and it holds nothing to tell."""
    own = own_folder()
    if own is None or ALLOW_REWRITE in os.environ or os.path.lexists(os.path.join(own, "gitbtc", UNVOUCHED)):
        return False
    from gitbtc.keys.scan import scan

    with open(path, "rb") as file:
        return not scan(file.read())
