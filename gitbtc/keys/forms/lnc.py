"""Pairing phrases of Lightning Node Connect.

Source of the rule: lightning-node-connect's mailbox/crypto.go: ten words of LND's list, which is that of BIP-39 in
English, for 14 bytes of entropy. There is no checksum in them: the name beside them tells.
"""

from __future__ import annotations

import re

from gitbtc.keys import phrases
from gitbtc.keys.anchors import ANCHORS
from gitbtc.keys.form import Form
from gitbtc.keys.forms import near_phrase
from gitbtc.keys.lazily import compiled
from gitbtc.keys.tokens import places
from gitbtc.keys.words import numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


FORM = Form("pairing phrase (Lightning Node Connect)", "end the session in the node: whoever has the words commands it")

_NAME = compiled(
    rb"pairing[ _-]?(?:phrase|secret|words|mnemonic)[\w -]{0,24}[\"'`]?\s{0,8}(?::=|=>|[:=(]|[\"'`])[\s\"'`\[({]{0,16}",
    re.IGNORECASE,
)
_COUNT, _DIFFERENT, _REACH = 10, 7, 400
_LIST = "english"


def find(text: bytes) -> Iterator[Spot]:
    """Every such phrase in `text`: its offset, the form, its words."""
    for name in filter(None, (_NAME.match(text, start) for start in places(text.lower(), ANCHORS["lnc"][0]))):
        words, _ = near_phrase.row(phrases.comparable(text[name.end() : name.end() + _REACH]))
        some = words[:_COUNT]
        if len(set(some)) >= _DIFFERENT and len(some) == _COUNT and all(word in numbers(_LIST) for word in some):
            yield name.end(), FORM, b" ".join(some)
