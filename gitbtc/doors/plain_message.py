"""commit-msg, for most messages: no key in them, and nothing that they have to answer for."""

from __future__ import annotations

import os

from gitbtc.repo.places import own_folder
from gitbtc.spends import ALLOW_REWRITE

# What another hook leaves for commit-msg: the coins that the message has to vouch for.
UNVOUCHED = "unvouched.json"


def is_plain(arguments: list[str]) -> bool:
    """Whether the message, as the person left it, needs no answer: no coin has to be vouched for, no rewrite explained,
    and it holds nothing to tell.
    """
    own = own_folder()
    if own is None or ALLOW_REWRITE in os.environ or os.path.lexists(os.path.join(own, "gitbtc", UNVOUCHED)):
        return False
    from gitbtc.keys.scan import scan

    with open(arguments[0], "rb") as file:
        return not scan(file.read())
