"""Mnemonics that are not whole."""

from __future__ import annotations

import json
import random

import pytest

from gitbtc.keys import phrases
from gitbtc.keys import words as lists
from gitbtc.keys.forms import near_phrase
from gitbtc.keys.scan import scan


def told(text: str) -> list[tuple[str, str]]:
    return [(finding.form, finding.severity) for finding in scan(text.encode())]


def damaged(count: int = 12, language: str = "english", seed: int = 1) -> list[str]:
    """Words of a list whose checksum is wrong, as is that of any twelve of them."""
    draw = random.Random(seed)
    listed = lists.spellings(language)
    while True:
        words = draw.sample(listed, count)
        if not any(phrases.find(b" ".join(words))):
            return [word.decode() for word in words]


WARNING = [("almost a mnemonic, by the name it stands under", "warn")]


@pytest.mark.parametrize("count", [12, 15, 18, 21, 24])
@pytest.mark.parametrize("language", ["english", "spanish", "czech", "japanese"])
def test_a_phrase_with_a_wrong_checksum_is_told(count: int, language: str) -> None:
    words = " ".join(damaged(count, language))
    for text in (
        f"seed: {words}\n",
        json.dumps({"mnemonic": words}),
        f"Recovery phrase = {words}",
        f"SEED_WORDS='{words}'",
    ):
        assert told(text) == WARNING, text


def test_a_word_may_be_missing_unknown_or_misspelt(words: str) -> None:
    listed = words.split()
    assert told(json.dumps({"recoveryPhrase": " ".join(listed[:11])})) == WARNING
    for wrong in ("????", "___", "forun", "***"):
        for place in (0, 5, 11):
            some = [*listed[:place], wrong, *listed[place + 1 :]]
            assert told(f"MNEMONIC={' '.join(some)}\n") == WARNING
            assert told("seed words:\n" + "".join(f"{n}. {word}\n" for n, word in enumerate(some, 1))) == WARNING
            assert told(json.dumps({"mnemonic": some})) == WARNING


def test_a_whole_phrase_is_refused_and_not_told_twice(words: str) -> None:
    assert told(f"seed: {words}\n") == [("BIP-39 mnemonic (English)", "block")]
    assert told(f"seed: able {words}\n") == [("BIP-39 mnemonic (English)", "block")]


def test_what_has_no_such_name_or_too_few_words_is_not_told() -> None:
    words = damaged()
    assert told("words: " + " ".join(words)) == []
    assert told("seeding " + " ".join(words)) == []
    assert told("seed: " + " ".join(words[:10])) == []
    assert told("seed: " + " ".join(words[:4]) + " @ ... " + " ".join(words[4:])) == []
    assert told("seed: " + "legal winner " * 12) == []
    assert (
        told("The mnemonic is made of twelve words, which should be written down on paper and kept in a safe place.")
        == []
    )
    assert told("seed: random data that will be used once to create every key of the wallet; never share it") == []


def test_many_names_take_linear_time() -> None:
    text = b"seed: " * 20000 + b"mnemonic " * 20000
    assert list(near_phrase.find(text)) == []
