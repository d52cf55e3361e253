"""Another program's answers: what is there is read, what is wrong is said."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gitbtc.sources.answers import Answer, BadAnswer


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


def test_a_field_that_is_absent_is_named() -> None:
    with pytest.raises(BadAnswer, match="there: field: is missing"):
        Answer({}, "there").text("field")


def test_absent_lists_flags_and_texts_are_empty() -> None:
    answer = Answer({"flag": None}, "there")
    assert (answer.children("x"), answer.hashes("x")) == ([], [])
    assert (answer.flag("flag"), answer.text_or_empty("x")) == (False, "")
