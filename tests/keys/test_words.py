"""The word lists."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import mnemonic
import pytest

from gitbtc.errors import CannotWork
from gitbtc.keys import words
from tests.keys import index

if TYPE_CHECKING:
    from types import ModuleType

SIZES = {"slip39": 1024, "electrum-v1": 1626, "electrum-portuguese": 1626}


@pytest.mark.parametrize("name", words.LISTS)
def test_every_list_has_all_its_words_in_the_form_they_are_compared_in(name: str) -> None:
    listed = words.numbers(name)
    assert sorted(set(listed.values())) == list(range(SIZES.get(name, 2048)))
    for word in listed:
        text = word.decode()
        assert text == unicodedata.normalize("NFKD", text).lower()


def test_the_english_list_is_that_of_the_bip() -> None:
    content = Path(mnemonic.__file__).with_name("wordlist").joinpath("english.txt").read_bytes()
    # The list as it stands beside BIP-39 (bip-0039/english.txt).
    assert hashlib.sha256(content).hexdigest() == "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"


def test_electrum_s_first_list_is_that_of_an_independent_package(bip_utils: ModuleType) -> None:
    listed = bip_utils.electrum.mnemonic_v1.electrum_v1_mnemonic_utils.ElectrumV1WordsListGetter().GetByLanguage(
        bip_utils.ElectrumV1Languages.ENGLISH
    )
    assert [listed.GetWordAtIdx(number).encode() for number in range(1626)] == list(words.numbers("electrum-v1"))


def test_electrum_s_portuguese_list_is_the_one_it_took_over(bip_utils: ModuleType) -> None:
    getter = bip_utils.monero.mnemonic_legacy.monero_mnemonic_utils.MoneroWordsListGetter()
    listed = getter.GetByLanguage(bip_utils.MoneroLanguages.PORTUGUESE)
    expected = [listed.GetWordAtIdx(number).encode() for number in range(1626)]
    assert expected == list(words.numbers("electrum-portuguese"))


def test_the_lists_for_ascii_are_those_with_words_in_ascii() -> None:
    assert [name for name in words.LISTS if any(map(bytes.isascii, words.numbers(name)))] == list(words.ASCII)


@pytest.mark.parametrize("name", ["spanish", "french"])
def test_words_without_accents_are_told_apart(name: str) -> None:
    plain: dict[bytes, int] = {}
    for word, number in words.numbers(name).items():
        assert plain.setdefault(word.decode().encode("ascii", "ignore"), number) == number


def test_a_list_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_numbers", {})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    words._folder.cache_clear()
    with pytest.raises(CannotWork, match="install gitbtc again"):
        words.numbers("english")
    monkeypatch.setattr(words, "_HERE", "/nowhere")
    with pytest.raises(CannotWork, match="electrum-v1 is missing"):
        words.numbers("electrum-v1")


def test_the_index_says_which_lists_a_word_is_on() -> None:
    assert index.PATH.read_bytes() == index.made()
    classes = words.classes(words.LISTS)
    for name in words.LISTS:
        assert set(words.numbers(name)) == {word for word, number in classes.items() if words.of_class(name)[number]}
    in_ascii = {word for name in words.ASCII for word in words.numbers(name)}
    assert words.classes(words.ASCII) == {word: number for word, number in classes.items() if word in in_ascii}


def test_words_have_the_same_classes_whether_other_lists_are_read_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    common = [*words.numbers("english"), *words.numbers("slip39")]
    foreign = [word for name in words.LISTS for word in words.numbers(name)]
    for names in (words.ASCII, words.LISTS):
        classes = words.classes(names)
        for spoken in (common, [*common, b"qqq"], foreign, [*foreign, *common]):
            monkeypatch.setattr(words, "_looked_up", set())
            first, again = words.classes_of(spoken, names), words.classes_of(spoken, names)
            assert first == again == bytes(classes.get(word, 0) for word in spoken)


def test_an_index_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_HERE", "/nowhere")
    words._index.cache_clear()
    with pytest.raises(CannotWork, match="install gitbtc again"):
        words._index()


def test_the_lists_of_which_a_word_stands_in_a_text_are_looked_at() -> None:
    for name in words.LISTS:
        assert all(name in words.that_may_be_in(word) for word in words.numbers(name))
    assert words.that_may_be_in("12.5 \u20ac".encode()) == ()
    assert words.that_may_be_in("\u4e2d".encode()) == words.IDEOGRAPHS
