"""Phrases laid out as people and programs lay words out."""

from __future__ import annotations

import json
import random
import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.keys import phrases
from gitbtc.keys import words as lists

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def found(text: str | bytes) -> list[str]:
    """The phrases in a text."""
    content = text.encode() if isinstance(text, str) else text
    return sorted({secret.decode() for _, _, secret in phrases.find(content)})


# № is the number of a word, § the word: (before all, each, between).
EACH = {
    "list of a page": ("<ol>", "<li>§</li>", ""), "with a class": ("<ol>\n", '  <li class="w">§</li>', "\n"),
    "table of a page": ("<tr>", "<td>№</td><td>§</td>", ""), "xml": ("", '<word index="№">§</word>', "\n"),
    "spans": ("", "<span>№</span> <span>§</span>", "<br>"), "settings": ("", "WORD_№=§", "\n"),
    "yaml": ("seed:\n", "  word№: §", "\n"), "spoken": ("", "Word № is §", "\n"), "number sign": ("", "#№ §", "\n"),
    "№=": ("", "№=§", "\n"), "of all": ("", "№/24 §", "\n"), "full stop": ("", "§.", " "),
    "ticked": ("", "- [x] §", "\n"),
    "latex": ("", "\\item §", "\n"), "log": ("", "2026-01-01 10:00:№ INFO §", "\n"),
    "chat": ("", "[10:0№] alice: §", "\n"),
    "subtitles": ("", "№\n00:00:0№,000 --> 00:00:09,000\n§", "\n\n"), "quoted code": ("w = ", "'§ '", " +\n  "),
    "shell": ("w import ", "§", " \\\n  "), "slashes": ("", "§", " / "), "underscores": ("", "§", "_"),
    "plus": ("?m=", "§", "+"), "escaped": ("m=", "§", "%20"), "points": ("", "§", "."),
    "symbols": ("", "§", " \U0001f511 "),
    "comments": ("x\n", "# §", "\n"), "comments of C": ("", "// §", "\n"), "patch": ("@@ -1 +1,9 @@\n", "+§", "\n"),
    "yaml of a listed word": ("w:\n", "  word№: §", "\n"), "spoken, a listed word": ("", "Word №: §", "\n"),
    "items of latex": ("\\begin{enumerate}\n", "\\item §", "\n\n"), "padded": ("", "| №  | §      | x |", "\n"),
    "patch of a list": ("@@ -1 +1,9 @@\n", "-№. §", "\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", EACH)
def test_words_with_the_same_between_them_are_a_phrase(name: str, words: str) -> None:
    before, each, between = EACH[name]
    laid = between.join(each.replace("№", str(n)).replace("§", word) for n, word in enumerate(words.split(), 1))
    assert found(f"other text, and more of it\n{before}{laid}\nthe end of it") == [words]


def ordinal(number: int) -> str:
    return f"{number}{'th' if number // 10 == 1 else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def columns(listed: list[str], count: int, cell: Callable[[int, str], str], between: str) -> str:
    """Numbered down the first column, then down the next."""
    height = -(-len(listed) // count)
    rows = (range(row, len(listed), height) for row in range(height))
    return "\n".join(between.join(cell(at + 1, listed[at]) for at in row) for row in rows)


ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
]
CARDINALS = ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"]
ROMANS = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"]
SHUFFLED = random.Random(7).sample(range(1, 13), 12)


def in_rows(listed: list[str], before: str, after: str) -> str:
    return "\n".join(before + " ".join(listed[at : at + 5]) + after for at in range(0, len(listed), 5))


LAID_OUT: dict[str, Callable[[list[str]], str]] = {
    "1st": lambda w: "\n".join(f"{ordinal(n)} {word}" for n, word in enumerate(w, 1)),
    "and": lambda w: ", ".join(w[:-1]) + " and " + w[-1],
    "wrapped comments": lambda w: "\n".join("# " + " ".join(w[at : at + 5]) for at in range(0, len(w), 5)),
    "wrapped patch": lambda w: "\n".join("+" + " ".join(w[at : at + 5]) for at in range(0, len(w), 5)),
    "one changed": lambda w: "@@ -1,9 +1,9 @@\n " + "\n ".join(w[:4]) + f"\n-zoo\n+{w[4]}\n " + "\n ".join(w[5:]),
    "or": lambda w: ", ".join(w[:-1]) + " & " + w[-1],
    "ordinals": lambda w: "\n".join(f"The {number} word is {word}." for number, word in zip(ORDINALS, w, strict=False)),
    "spelled": lambda w: "\n".join(f"{number}: {word}" for number, word in zip(CARDINALS, w, strict=False)),
    "letters": lambda w: "\n".join(f"{letter}) {word}" for letter, word in zip("abcdefghijkl", w, strict=False)),
    "romans": lambda w: "\n".join(f"{numeral}. {word}" for numeral, word in zip(ROMANS, w, strict=False)),
    "shuffled": lambda w: "\n".join(f"WORD_{n}={w[n - 1]}" for n in SHUFFLED),
    "shuffled objects": lambda w: json.dumps([{"i": n - 1, "class": "w", "w": w[n - 1]} for n in SHUFFLED]),
    "numbers behind": lambda w: "\n".join(f"{w[n - 1]} {n}" for n in SHUFFLED),
    "table of a page": lambda w: columns(w, 2, lambda n, word: f"<td>{n}</td><td class=w>{word}</td>", ""),
    "wrapped chat": lambda w: in_rows(w, "[10:01] alice: ", ""),
    "wrapped page": lambda w: in_rows(w, "<p>", "</p>"),
    "wrapped remarks": lambda w: in_rows(w, "REM ", ""),
    "wrapped text of a document": lambda w: in_rows(w, "", "\\par"),
    "numbered rows": lambda w: "\n".join(f"Words {at + 1} to {at + 4}: {' '.join(w[at : at + 4])}" for at in (0, 4, 8)),
    "halves": lambda w: f"A='{' '.join(w[:6])}'\nB='{' '.join(w[6:])}'",
    "backwards": lambda w: "\n".join(f"{n}. {w[n - 1]}" for n in range(len(w), 0, -1)),
    "two columns": lambda w: columns(w, 2, lambda n, word: f"{n:>2}. {word:<10}", "   "),
    "three columns": lambda w: columns(w, 3, lambda n, word: f"{n:>2}) {word:<10}", "\t"),
    "table": lambda w: columns(w, 2, lambda n, word: f"| {n} | {word} ", "").replace("\n", "|\n"),
    "csv": lambda w: columns(w, 4, lambda n, word: f"{n},{word}", ","),
}  # fmt: skip


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
