"""Electrum's first seeds, against an independent package."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from gitbtc.keys import phrases
from gitbtc.keys.forms import electrum_v1
from gitbtc.keys.words import numbers

if TYPE_CHECKING:
    from types import ModuleType

WORDS = list(numbers("electrum-v1"))


def test_a_thousand_seeds_are_recognised(bip_utils: ModuleType) -> None:
    chance = random.Random(1)
    encoder = bip_utils.ElectrumV1MnemonicEncoder(bip_utils.ElectrumV1Languages.ENGLISH)
    for _ in range(1000):
        phrase = encoder.Encode(chance.randbytes(16)).ToStr().encode().split()
        assert electrum_v1.recognise(phrase, "electrum-v1") == electrum_v1.FORM


@pytest.mark.parametrize("count", [0, 1, 11, 13, 23, 25])
def test_another_count_of_words_is_none(count: int) -> None:
    assert electrum_v1.recognise(WORDS[:count], "electrum-v1") is None


SEED = b"powerful random nobody notice nothing important anyway look away hidden message over"  # of Electrum's tests


@pytest.mark.parametrize("text", [SEED, b'{"a": "%s"}' % SEED, b"seed\n%s\nend\n" % SEED, SEED.replace(b" ", b"\n")])
def test_words_that_stand_alone_are_a_seed(text: bytes) -> None:
    assert electrum_v1.FORM in [form for _, form, _ in phrases.find(text)]


@pytest.mark.parametrize("text", [b"we %s", b"%s then", b"%s love", b'"it is said: %s"', b"%s."])
def test_words_of_a_sentence_are_none(text: bytes) -> None:
    assert list(phrases.find(text % SEED)) == []
