"""Phrases laid out as people and programs lay words out."""

from __future__ import annotations

import random
import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.keys import layouts, phrases
from gitbtc.keys import words as lists
from tests.keys.carriers import EACH, LAID_OUT

if TYPE_CHECKING:
    from pathlib import Path


def found(text: str | bytes) -> list[str]:
    """The phrases in a text."""
    content = text.encode() if isinstance(text, str) else text
    return sorted({secret.decode() for _, _, secret in phrases.find(content)})


@pytest.mark.parametrize("name", EACH)
def test_words_with_the_same_between_them_are_a_phrase(name: str, words: str) -> None:
    before, each, between = EACH[name]
    laid = between.join(each.replace("№", str(n)).replace("§", word) for n, word in enumerate(words.split(), 1))
    assert found(f"other text, and more of it\n{before}{laid}\nthe end of it") == [words]


@pytest.mark.parametrize("name", LAID_OUT)
def test_words_in_another_order_or_behind_marks_are_a_phrase(name: str, words: str) -> None:
    assert words in found("a\n" + LAID_OUT[name](words.split()) + "\nb")


@pytest.mark.parametrize(
    "row",
    [("main", "§"), ("main", "§", "m84h"), ("hot", "§", 97), ("§", "main"), ("x", "main", "§", "y", 3)],
)
def test_words_in_a_column_of_a_database_are_a_phrase(row: tuple[object, ...], words: str, tmp_path: Path) -> None:
    values = [words if value == "§" else value for value in row]
    with sqlite3.connect(tmp_path / "w.db") as database:
        database.execute(f"create table wallet(id integer primary key, {', '.join('abcde'[: len(row)])})")
        database.execute(f"insert into wallet values(null, {', '.join('?' * len(row))})", values)
    database.close()
    assert words in found((tmp_path / "w.db").read_bytes())


def test_letters_that_touch_are_cut_off_in_no_text(words: str) -> None:
    """There, words of lists stand within other words all the time."""
    assert found(f"main{words}m84") == []


def test_words_apart_by_what_differs_are_none(words: str) -> None:
    marks = "/=&_.:+"
    assert found("".join(f"{word} {mark} " for word, mark in zip(words.split(), marks * 4, strict=False))) == []


def test_the_words_of_a_frame_are_none() -> None:
    rows = "".join(f"<word index='{number}'>{number}</word>\n" for number in range(40))
    assert found(rows) == []


@settings(deadline=None)
@given(st.lists(st.sampled_from([" ", "\n", "zoo", "1", "+", "# ", "legal", "<b>", "=", "é", "\0"]), max_size=80))
def test_whatever_stands_there_is_read(parts: list[str]) -> None:
    found("".join(parts))


def test_a_phrase_is_found_wherever_a_piece_ends(words: str) -> None:
    """A text is read in pieces, and framed words take more room than others."""
    laid = "\n".join(f'  <li class="seed-word" data-n="{n}">{word}</li>' for n, word in enumerate(words.split(), 1))
    filler = "nothing to be seen in here, or there\n"
    for before in range(phrases._PIECE - 2000, phrases._PIECE + 200, 100):
        text = (filler * (before // len(filler) + 1))[:before] + "\n" + laid
        assert found(text) == [words], before


def test_a_share_of_slip39_among_other_words_of_its_list_is_found() -> None:
    """Runs of thousands of listed words are read by a table, and not share by share."""
    share = (
        "duckling enlarge academic academic agency result length solution fridge kidney coal piece deal husband erode "
        "duke ajar critical decision keyboard"
    )
    listed = [word.decode() for word in lists.spellings("slip39")]
    around = random.Random(39).choices(listed, k=500)
    assert share in found(" ".join([*around[:250], share, *around[250:]]))


def test_rows_of_prose_and_of_code_are_no_phrase() -> None:
    """Listed words that follow one another in rows, whose checksum is right once in sixteen: sentences and calls."""
    drawn = random.Random(11)
    listed = [word.decode() for word in lists.spellings("english")]
    for _ in range(300):
        some = drawn.sample(listed, 12)
        first, second = " ".join(some[:6]), " ".join(some[6:])
        assert found(f"The {first}. And {second}.\nMore of that.") == []
        assert found(f"{first} from {second}") == []
        assert found("".join(f"{word} {mark} " for word, mark in zip(some, "/=&_.:+;!?%@", strict=True))) == []
        assert found(f"{first}.\n{second}.\n") == []


def test_of_lists_that_follow_one_another_each_is_read_from_its_beginning() -> None:
    """Not from every word on: that would be a text of its own for each of them."""
    listed = sorted(lists.numbers("slip39"))
    order = [*range(1, 20, 2), *range(2, 21, 2)]
    text = "".join(
        f"{number}. {listed[(20 * at + number) * 37 % 1024].decode()}\n" for at in range(30) for number in order
    )
    read = list(layouts._in_order(layouts.Words(text.encode(), ("slip39",), [20, 12]), "slip39"))
    assert 30 <= len(read) <= 200
