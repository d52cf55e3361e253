"""Pairing phrases of Lightning Node Connect."""

from __future__ import annotations

import json
import random

import pytest

from gitbtc.keys import words as lists
from gitbtc.keys.scan import scan

WORDS = [word.decode() for word in random.Random(10).sample(lists.spellings("english"), 10)]
PHRASE = " ".join(WORDS)


def told(text: str) -> list[str]:
    return [finding.form for finding in scan(text.encode())]


@pytest.mark.parametrize(
    "text",
    [
        f"Pairing phrase: {PHRASE}\n", json.dumps({"pairingPhrase": PHRASE}), f"LNC_PAIRING_PHRASE='{PHRASE}'",
        json.dumps({"pairing_secret_words": WORDS}), f"pairing phrase:\n{chr(10).join(WORDS)}\n",
    ],
)  # fmt: skip
def test_ten_words_under_its_name_are_one(text: str) -> None:
    assert told(text) == ["pairing phrase (Lightning Node Connect)"]


@pytest.mark.parametrize(
    "text",
    [
        f"words: {PHRASE}", f"pairing phrase: {' '.join(WORDS[:9])}", f"pairing phrase: {' '.join(WORDS[:9])} unlisted",
        "pairing phrase: ten words, which the node shows once, and which are typed into the browser",
        "pairing phrase: " + "zoo " * 10,
    ],
)  # fmt: skip
def test_other_words_are_none(text: str) -> None:
    assert told(text) == []
