"""Electrum's seeds, against an independent package."""

from __future__ import annotations

import random
import unicodedata
from itertools import product
from typing import TYPE_CHECKING

import pytest
from mnemonic import Mnemonic

from gitbtc.keys.forms import electrum
from gitbtc.keys.words import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

TYPES = {
    "STANDARD": electrum.FORMS["01"],
    "SEGWIT": electrum.FORMS["100"],
    "STANDARD_2FA": electrum.FORMS["101"],
    "SEGWIT_2FA": electrum.FORMS["102"],
}
# Of Electrum's own tests (tests/test_mnemonic.py).
OF_ELECTRUM = [
    ("english", "wild father tree among universe such mobile favorite target dynamic credit identify", "100"),
    ("spanish", "equipo fiar auge langosta hacha calor trance cubrir carro pulmón oro áspero", "100"),
    ("spanish", "vidrio jabón muestra pájaro capucha eludir feliz rotar fogata pez rezar oír", "100"),
    ("japanese", "なのか ひろい しなん まなぶ つぶす さがす おしゃれ かわく おいかける けさき かいとう さたん", "01"),
    ("chinese_simplified", "眼 悲 叛 改 节 跃 衡 响 疆 股 遂 冬", "100"),
]


def decomposed(phrase: str) -> list[bytes]:
    return unicodedata.normalize("NFKD", phrase).encode().split()


def phrases(chance: random.Random, listed: str, count: int) -> Iterator[list[bytes]]:
    words = list(numbers(listed))
    while True:
        yield chance.choices(words, k=count)


@pytest.mark.parametrize(("listed", "phrase", "prefix"), OF_ELECTRUM)
def test_seeds_in_several_languages_are_recognised(listed: str, phrase: str, prefix: str) -> None:
    assert electrum.recognise(decomposed(phrase), listed) == electrum.FORMS[prefix]


@pytest.mark.parametrize(("listed", "phrase", "prefix"), OF_ELECTRUM)
def test_accents_make_no_difference(listed: str, phrase: str, prefix: str) -> None:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", phrase) if not unicodedata.combining(letter))
    assert electrum.recognise(plain.encode().split(), listed) == electrum.FORMS[prefix]


def test_a_thousand_seeds_are_those_of_an_independent_package(bip_utils: ModuleType) -> None:
    chance = random.Random(1)
    validators = {
        form: bip_utils.ElectrumV2MnemonicValidator(
            bip_utils.ElectrumV2MnemonicTypes[kind], bip_utils.ElectrumV2Languages.ENGLISH
        )
        for kind, form in TYPES.items()
    }
    english = Mnemonic("english")
    found = 0
    ahead = next(phrases(chance, "english", 10))
    for last in product(numbers("english"), repeat=2):
        phrase = [*ahead, *last]
        form = electrum.recognise(phrase, "english")
        text = b" ".join(phrase).decode()
        # What is BIP-39 too, that package leaves to BIP-39.
        if form and not english.check(text):
            assert validators[form].IsValid(text)
            found += 1
        if found == 1000:
            break


def test_a_thousand_phrases_with_one_word_changed_are_judged_as_an_independent_package_judges_them(
    bip_utils: ModuleType,
) -> None:
    # One in 216 is another seed by chance: 1/256 for the first type and 1/4096 for each of the three others.
    chance = random.Random(2)
    validator = bip_utils.ElectrumV2MnemonicValidator(lang=bip_utils.ElectrumV2Languages.ENGLISH)
    english = Mnemonic("english")
    seed = b"wild father tree among universe such mobile favorite target dynamic credit identify".split()
    words = list(numbers("english"))
    found = 0
    for _ in range(1000):
        changed = [*seed]
        place = chance.randrange(12)
        changed[place] = chance.choice([word for word in words if word != seed[place]])
        form = electrum.recognise(changed, "english")
        text = b" ".join(changed).decode()
        assert (form is not None and not english.check(text)) == validator.IsValid(text)
        found += form is not None
    assert found < 20


@pytest.mark.parametrize("listed", electrum.LISTS)
def test_one_phrase_in_216_is_a_seed_in_every_language(listed: str) -> None:
    chance = random.Random(3)
    among = phrases(chance, listed, 24)
    found = sum(electrum.recognise(next(among), listed) is not None for _ in range(4000))
    # 18.5 expected, with a standard deviation of 4.3.
    assert 4 < found < 36


@pytest.mark.parametrize(("count", "is_seed"), [(12, True), (13, False), (19, False), (20, True)])
def test_a_two_factor_seed_has_12_words_or_at_least_20(count: int, is_seed: bool) -> None:
    chance = random.Random(4)
    among = phrases(chance, "english", count)
    found = {electrum.recognise(next(among), "english") for _ in range(12_000)}
    assert (electrum.FORMS["101"] in found) == is_seed


def test_any_number_of_words_from_12_on_can_be_a_seed() -> None:
    chance = random.Random(5)
    for count in range(1, 50):
        among = phrases(chance, "english", count)
        found = any(electrum.recognise(next(among), "english") for _ in range(4000))
        assert found == (count >= 12)
