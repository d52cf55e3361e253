"""Runs of listed words."""

from __future__ import annotations

import random
from itertools import groupby
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from gitbtc.keys import layouts, phrases
from gitbtc.keys import words as lists
from gitbtc.keys.forms import bip39, electrum_v1
from gitbtc.keys.scan import scan

if TYPE_CHECKING:
    from collections.abc import Sequence

JUNK = st.text('ab1.:,# \n-_/é"', max_size=4).map(str.encode)
TWELVE = b"twelve"
LISTED = st.sampled_from([b"legal", b"zoo", b"art", b"Winner"])


@given(st.lists(st.tuples(LISTED, st.sampled_from([b" ", b"\n1. ", b'","', b"-"]) | JUNK), max_size=40))
def test_the_runs_of_a_text_are_those_of_its_tokens(parts: list[tuple[bytes, bytes]]) -> None:
    """They are told by what stands between the words, several times faster than token by token."""
    piece = phrases.comparable(b"".join(word + between for word, between in parts))
    tokens = [token[0] for token in phrases._TOKEN.finditer(piece) if token[0] not in phrases._NUMBERING]
    listed = lists.numbers("english")
    runs = [list(run) for is_listed, run in groupby(tokens, listed.__contains__) if is_listed]
    looked = layouts.Words(piece, ("english",), [3])
    found = [looked.words[start:end] for start, end in looked.runs("english")] if looked.lists else []
    assert found == [run for run in runs if len(run) >= 3]


def test_a_full_stop_a_colon_or_a_long_number_ends_a_run(words: str) -> None:
    listed = words.split()
    for between in (". ", ": ", " 100 ", " / ", " = ", " & ", "_", "ly "):
        broken = f"{' '.join(listed[:6])}{between}{' '.join(listed[6:])}"
        assert list(phrases.find(broken.encode())) == []


def test_prose_of_short_and_long_words_is_no_run() -> None:
    text = b"He said that the market will open again next week and every person there should bring more water " * 50
    assert list(phrases.find(text)) == []


def test_the_phrase_is_given_by_its_line_and_its_words(words: str) -> None:
    found = list(phrases.find(b"one\ntwo\n" + words.upper().replace(" ", "\n").encode()))
    assert [(line, form.name, phrase) for line, form, phrase in found] == [
        (3, "BIP-39 mnemonic (English)", words.encode())
    ]


def test_a_chinese_sentence_is_none_though_its_checksum_is_right() -> None:
    """A sentence is made of the most common characters, with which the list begins."""
    listed = [word.decode() for word in lists.spellings("chinese_simplified")]
    drawn = random.Random(16)
    sentences: list[str] = []
    others: list[str] = []
    while len(sentences) < 20:
        for kept, pool in ((sentences, listed[:400]), (others, listed)):
            words = drawn.choices(pool, k=12)
            if bip39.recognise([word.encode() for word in words], "chinese_simplified"):
                kept.append("".join(words))
    for sentence in sentences:
        assert list(phrases.find(f'msgstr "{sentence}"'.encode())) == []
        apart = " ".join(sentence)
        assert [secret.decode() for _, _, secret in phrases.find(apart.encode())] == [apart]
    missed = [other for other in others if not list(phrases.find(f'{{"v":"{other}"}}'.encode()))]
    assert not missed


def test_among_sentences_only_words_from_all_over_the_list_are_a_phrase() -> None:
    listed = [word.decode() for word in lists.spellings("chinese_simplified")]
    drawn = random.Random(17)
    rare: list[str] = []
    common: list[str] = []
    while len(common) < 5:
        for kept, pool in ((common, listed[:1100]), (rare, listed[700:])):
            words = drawn.choices(pool, k=12)
            if bip39.recognise([word.encode() for word in words], "chinese_simplified"):
                kept.append("".join(words))
    sentences = "".join(f'msgstr "{"".join(drawn.choices(listed[:300], k=10))}"\n' for _ in range(20))
    for text in common:
        assert len(list(phrases.find(f'msgstr "{text}"'.encode()))) == 1
        assert list(phrases.find(f'{sentences}msgstr "{text}"\n'.encode())) == []
    for text in rare:
        [(line, _, secret)] = phrases.find(f'{sentences}msgstr "{text}"\n'.encode())
        assert (line, secret.decode()) == (21, " ".join(text))


@given(
    st.integers(0, 2**64),
    st.sampled_from(["english", "spanish", "japanese", "electrum-portuguese"]),
    st.integers(12, 60),
    st.sampled_from([2, 40, 2048]),
)
def test_among_words_of_a_list_the_first_stretch_that_a_family_takes_counts(
    seed: int, listed: str, size: int, different: int
) -> None:
    """However the checksums are calculated, it is what each family says of the words by themselves."""
    words = drawn(seed, lists.spellings(listed)[:different], size)
    if TWELVE in words:  # which is a number as well, so that the others are read without it too
        words = [word for word in words if word != TWELVE]
        size = len(words)
    families = [family for family in phrases.PHRASES if listed in family.LISTS and not family.WHOLE]
    # Twelve of them may be on Electrum's old list, whose phrases have no checksum.
    found = [secret for _, form, secret in phrases.find(b"\n".join(words)) if form != electrum_v1.FORM]
    if any(family.recognise(words, listed) for family in families):
        assert found == ([b" ".join(words)] if is_phrase(words, listed) else [])
        return
    expected: list[bytes] = []
    covered = 0
    for start in range(size):
        for count in phrases._COUNTS:
            end, some = start + count, words[start : start + count]
            named = [family for family in families if count in family.COUNTS and family.recognise(some, listed)]
            if covered < end <= size and named and is_phrase(some, listed):
                expected.append(b" ".join(some))
                covered = end
                break
    assert found == list(dict.fromkeys(expected))


def test_a_phrase_below_a_spelled_number_is_told_once_and_where_it_stands() -> None:
    """The text is read once more with digits for the number: what finds the same phrase there knows no line of it."""
    words = drawn(36, lists.spellings("english"), 16)
    assert words[3] == TWELVE
    text = b"\n".join(words)
    assert {secret for _, _, secret in phrases.find(text)} == {b" ".join(words[4:])}
    assert [found.where for found in scan(text)] == [5]


def drawn(seed: int, spellings: Sequence[bytes], size: int) -> list[bytes]:
    return random.Random(seed).choices(spellings, k=size)


def is_phrase(words: list[bytes], listed: str) -> bool:
    numbers = [lists.numbers(listed)[word] for word in words]
    return numbers != sorted(set(numbers)) and (len(set(numbers)) >= 9 or len(set(numbers[:-1])) == 1)
