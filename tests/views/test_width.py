from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc import abbreviation
from gitbtc.kinds.codec import encode_file
from gitbtc.kinds.registry import built_in
from gitbtc.views import terms, textconv
from gitbtc.views.width import columns, padded, wrapped
from tests.made_state import coin


@pytest.mark.parametrize(("text", "wide"), [("rent", 4), ("家賃", 4), ("é", 1), ("e\u0301", 1), ("", 0), ("−…", 2)])
def test_a_letter_takes_as_many_columns_as_a_terminal_gives_it(text: str, wide: int) -> None:
    assert columns(text) == wide
    assert columns(padded(text, 6)) == columns(padded(text, 6, ">")) == 6


@pytest.mark.parametrize(
    ("line", "width", "expected"),
    [
        ("pays 0.10000000 BTC to rent", 16, ["pays", "    0.10000000 BTC", "    to rent"]),
        ("  fee 1,314 sat (12.1 sat/vB) x", 22, ["  fee 1,314 sat", "      (12.1 sat/vB) x"]),
        ("read 2026-11-23 00:04:09Z here", 20, ["read", "    2026-11-23 00:04:09Z", "    here"]),
        ("家賃 家賃 家賃", 9, ["家賃 家賃", "    家賃"]),
        ("as it is", 0, ["as it is"]),
    ],
)
def test_lines_break_between_words_and_never_in_an_amount(line: str, width: int, expected: list[str]) -> None:
    assert wrapped(line, width) == expected


@settings(max_examples=100)
@given(st.lists(st.text("ab0 家", min_size=1, max_size=9), max_size=12), st.integers(0, 30))
def test_nothing_is_lost_and_no_word_is_broken(parts: list[str], width: int) -> None:
    line = " ".join(parts)
    pieces = wrapped(line, width)
    assert " ".join(pieces).split() == line.split()
    assert all(columns(piece) <= width or len(piece.split()) == 1 for piece in pieces) or not width


@pytest.mark.parametrize(
    ("setting", "expected"),
    [(None, 8), ("auto", 8), ("12", 12), ("4", 4), ("3", 8), ("no", 64), ("False", 64), ("100", 64), ("²", 8), ("", 8)],
)
def test_ids_are_as_long_as_core_abbrev_says(setting: str | None, expected: int) -> None:
    assert abbreviation.of_setting(setting) == expected


def test_ids_in_a_text_are_cut_as_far_as_tells_them_apart() -> None:
    one, other = "ab" * 4 + "01" * 28, "ab" * 4 + "02" * 28
    assert terms.with_short_ids(f"{one}:0 x") == "abababab:0 x"
    assert terms.with_short_ids(f"{one} over {other}") == "abababab01010101 over abababab02020202"


@pytest.mark.parametrize("label", ["x" * 300, "家賃" * 100, "a b " * 90, "\u202e" * 40])
def test_a_line_for_gits_own_diff_has_room_beside_its_sign(label: str) -> None:
    kind = built_in("utxos")
    [line] = textconv.render(kind, encode_file(kind, [coin(0, label=label)]))
    assert columns("+" + line.decode().rstrip("\n")) <= 120
    assert "1.00000000  " in line.decode()
    assert f"{coin(0)['txid'][:8]}:0" in line.decode()
