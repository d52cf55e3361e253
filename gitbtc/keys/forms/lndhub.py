"""Accounts of LNDHub: whoever has login and password spends.

Source of the rule: BlueWallet's LightningCustodianWallet, whose `secret` is `lndhub://LOGIN:PASSWORD`, with or without
`@` and the server behind it; LNDHub makes both of 20 hex digits, other servers take any.
"""

from __future__ import annotations

import re

from gitbtc.keys.form import Form
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


FORM = Form("LNDHub account", "move the money to a wallet of your own, or make a new account: whoever has this spends")

_ACCOUNT = compiled(
    rb"lndhub:(?:\\?/){2}(?:admin:)?([A-Za-z0-9._~-]{6,128}:[A-Za-z0-9._~%-]{6,256})(?![A-Za-z0-9>}])", re.IGNORECASE
)


def find(text: bytes) -> Iterator[Spot]:
    """Every account in `text`: its offset, the form, login and password."""
    for account in _ACCOUNT.finditer(text):
        yield account.start(), FORM, account[1]
