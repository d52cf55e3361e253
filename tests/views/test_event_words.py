"""The words of events."""

from __future__ import annotations

from typing import Any

import pytest

from gitbtc.history.events import KINDS, Event
from gitbtc.history.telling import TOLD
from gitbtc.kinds.registry import built_in
from gitbtc.views.event_words import _WORDS, words
from tests.made_state import FUNDING, coin, spend, txid

OUTPOINT, A, B = (FUNDING, 0), txid("aa"), txid("bb")


def test_every_kind_of_event_has_words() -> None:
    assert _WORDS.keys() == KINDS.keys()


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Event("received", coin=coin(0)), "received at height 100"),
        (Event("received", coin=coin(0, block_height=None)), "received, unconfirmed"),
        (Event("spent", txid=A, transaction=spend("aa", coin(0)), agent="bot"),
         "spent by 61616161, fee 1,000 sat (5.0 sat/vB), by bot"),
        (Event("spent", txid=A, agent="Bot 2"), 'spent by 61616161, by "Bot 2"'),
        (Event("claimed", txid=A, coin=coin(0)), "claimed by 61616161, and still listed"),
        (Event("claimed", txid=A), "claimed by 61616161"),
        (Event("reserved"), "reserved"),
        (Event("reserved", agent="bot", details={"note": "a\u202eb"}), 'reserved by bot: "a\\u202eb"'),
        (Event("released"), "released"),
        (Event("confirmed", txid=A, details={"block_height": None}), "confirmed"),
        (Event("unconfirmed", txid=A, details={"block_height": 7}), "no longer confirmed at height 7"),
        (Event("settled", details={"contest": "double_spend", "winner": None, "losers": [A, B]}),
         "contested (double spend), settled for nobody over 61616161 and 62626262"),
        (Event("settled", details={"contest": "double_spend", "winner": A, "losers": []}),
         "contested (double spend), settled for 61616161 over nobody"),
        (Event("settled", details={"contest": "double_spend", "choice": "unattributed"}),
         "contested (double spend), accepted with no transaction named"),
        (Event("rewritten", details={"reason": "b\x1bad"}), 'records rewritten on purpose: "b\\u001bad"'),
    ],
)  # fmt: skip
def test_the_words_say_what_happened(event: Event, text: str) -> None:
    assert words(event) == text


def test_ids_are_as_long_as_they_must_be() -> None:
    close = Event("spent", txid=A, transaction=spend("aa", coin(0)), details={"fee_sat": 1000})
    assert words(close, 16) == f"spent by {A[:16]}, fee 1,000 sat (5.0 sat/vB)"


@pytest.mark.parametrize("kind", TOLD)
def test_what_is_not_told_names_the_file(kind: str) -> None:
    event: Any = Event("unreadable", kind, details={"fault": "in this commit, line 3: not JSON"})
    assert words(event) == f"not told: {built_in(kind).path}: in this commit, line 3: not JSON"
