"""Another program's answers: what is there is read, what is wrong is said."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gitbtc.sources.answers import Answer, BadAnswer, decoded


@pytest.mark.parametrize(
    ("name", "read"),
    [("text", Answer.text), ("natural", Answer.natural), ("integer", Answer.integer), ("hash", Answer.hash),
     ("hashes", Answer.hashes), ("flag", Answer.flag), ("sat", Answer.sat), ("child", Answer.child),
     ("children", Answer.children)],
)  # fmt: skip
@pytest.mark.parametrize("value", [[1], "zz", -1, {"x": 1}, Decimal("0.000000001"), 21_000_001])
def test_a_field_of_another_type_is_named(name: str, read: object, value: object) -> None:
    fits = {"text": str, "child": dict, "integer": int, "natural": int}
    if isinstance(value, fits.get(name, ())) and (name, value) != ("natural", -1):
        return
    with pytest.raises(BadAnswer, match=r"there: field"):
        read(Answer({"field": value}, "there"), "field")  # type: ignore[operator]


def test_a_bool_is_neither_an_amount_nor_an_integer() -> None:
    answer = Answer({"field": True}, "there")
    for read in (answer.sat, answer.integer, answer.natural):
        with pytest.raises(BadAnswer):
            read("field")


@pytest.mark.parametrize(("value", "said"), [(2**32, "is more than 4294967295"), (-1, "is negative")])
def test_a_time_is_one_that_a_block_can_have(value: int, said: str) -> None:
    assert Answer({"field": 2**32 - 1}, "there").time("field") == 2**32 - 1
    with pytest.raises(BadAnswer, match=f"there: field: {said}"):
        Answer({"field": value}, "there").time("field")


def test_a_number_is_one_that_every_reader_of_json_knows() -> None:
    assert Answer({"field": 2**53 - 1}, "there").natural("field") == 2**53 - 1
    with pytest.raises(BadAnswer, match="there: field: is more than 9007199254740991"):
        Answer({"field": 2**53}, "there").natural("field")


def test_a_field_that_is_absent_is_named() -> None:
    with pytest.raises(BadAnswer, match="there: field: is missing"):
        Answer({}, "there").text("field")


def test_absent_lists_flags_and_texts_are_empty() -> None:
    answer = Answer({"flag": None}, "there")
    assert (answer.children("x"), answer.hashes("x")) == ([], [])
    assert (answer.flag("flag"), answer.text_or_empty("x")) == (False, "")


@pytest.mark.parametrize("text", [r'{"a": "\ud800"}', r'{"a": ["x\uDFFF"]}', r'{"\udc00\ud800": 1}'])
def test_half_of_a_surrogate_pair_is_no_text(text: str) -> None:
    with pytest.raises(BadAnswer, match="there: not JSON"):
        decoded(text, "there")


def test_surrogate_pairs_and_escaped_escapes_are_text() -> None:
    assert decoded(r'["\ud83d\ude00", "\\ud800", 0.1]', "there") == ["\U0001f600", r"\ud800", Decimal("0.1")]
