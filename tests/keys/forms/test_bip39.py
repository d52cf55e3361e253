"""BIP-39 mnemonics, against the package of the reference implementation."""

from __future__ import annotations

import random
import unicodedata
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mnemonic import Mnemonic

from gitbtc.keys.forms import bip39
from gitbtc.keys.words import numbers

languages = st.sampled_from(bip39.LISTS)
entropies = st.sampled_from([16, 20, 24, 28, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size))


def phrase_of(language: str, entropy: bytes) -> list[bytes]:
    written = unicodedata.normalize("NFKD", reference(language).to_mnemonic(entropy))
    return written.encode().split()


@cache
def reference(language: str) -> Mnemonic:
    return Mnemonic(language)


@given(languages, entropies)
def test_every_entropy_is_recognised_by_its_phrase(language: str, entropy: bytes) -> None:
    phrase = phrase_of(language, entropy)
    assert len(phrase) in bip39.COUNTS
    assert bip39.recognise(phrase, language) == bip39.FORMS[language]


def test_a_thousand_phrases_with_one_word_changed_are_judged_as_the_reference_implementation_does() -> None:
    # One in 16 for 12 words, to one in 256 for 24, has a right checksum again.
    chance = random.Random(1)
    judged = []
    for number in range(1000):
        language = bip39.LISTS[number % 10]
        phrase = phrase_of(language, chance.randbytes(16 + 4 * (number // 10 % 5)))
        phrase[chance.randrange(len(phrase))] = chance.choice(list(numbers(language)))
        judged.append(bip39.recognise(phrase, language) is not None)
        assert judged[-1] == reference(language).check(b" ".join(phrase).decode())
    assert 10 < sum(judged) < 60


@given(st.sampled_from(["spanish", "french"]), entropies)
def test_spanish_and_french_are_recognised_without_their_accents(language: str, entropy: bytes) -> None:
    plain = [word.decode().encode("ascii", "ignore") for word in phrase_of(language, entropy)]
    assert bip39.recognise(plain, language) == bip39.FORMS[language]


@given(languages, st.binary(min_size=16, max_size=16))
def test_one_last_word_in_sixteen_fits(language: str, entropy: bytes) -> None:
    ahead = phrase_of(language, entropy)[:-1]
    listed = {number: word for word, number in numbers(language).items()}
    assert sum(1 for word in listed.values() if bip39.recognise([*ahead, word], language)) == 128


@pytest.mark.parametrize("count", [0, 1, 11, 13, 14, 16, 25, 27])
def test_another_count_of_words_is_none(count: int) -> None:
    assert bip39.recognise([b"abandon"] * count, "english") is None


def test_the_languages_are_named_for_people() -> None:
    names = {form.name for form in bip39.FORMS.values()}
    assert {"BIP-39 mnemonic (English)", "BIP-39 mnemonic (Chinese, simplified)"} < names
    assert len(names) == 10
