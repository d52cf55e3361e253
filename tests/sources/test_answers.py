"""Recorded answers: what is there is read, what is wrong is said."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.sources.answers import Answer, BadAnswer, Recording

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_numbers_are_read_as_they_are_spelled(folder: Path) -> None:
    (folder / "a.json").write_text('{"result": {"value": 7.00000001, "whole": 5, "tiny": 1e-8}}')
    answer = Recording(folder).required("a", "a")
    assert answer.members == {"value": Decimal("7.00000001"), "whole": 5, "tiny": Decimal("1E-8")}
    assert [answer.sat(name) for name in ("value", "whole", "tiny")] == [700_000_001, 500_000_000, 1]


def test_a_missing_answer_names_the_call_that_records_it(folder: Path) -> None:
    with pytest.raises(BadAnswer, match=r"getblockchaininfo\.json is missing; record it with `bitcoin-cli x`"):
        Recording(folder).required("getblockchaininfo", "bitcoin-cli x")


def test_a_required_answer_that_is_an_error_stops(folder: Path) -> None:
    (folder / "a.json").write_text('{"method": "a", "error": {"code": -18, "message": "no wallet is loaded"}}')
    with pytest.raises(BadAnswer, match=r"a\.json holds an error: no wallet is loaded"):
        Recording(folder).required("a", "a")


def test_an_optional_answer_that_is_an_error_is_left_out_with_a_notice(folder: Path) -> None:
    (folder / "a.json").write_text('{"method": "a", "error": {"code": -32601, "message": "Method not found"}}')
    recording = Recording(folder)
    assert recording.optional("a") is None
    assert recording.notices == ["a.json holds an error: Method not found; left out"]


def test_an_optional_answer_may_be_missing(folder: Path) -> None:
    recording = Recording(folder)
    assert (recording.optional("a"), recording.optional_list("a"), recording.lines("a")) == (None, None, None)
    assert recording.notices == []


def test_a_line_may_hold_a_bare_result_or_a_whole_answer(folder: Path) -> None:
    (folder / "a.jsonl").write_text('{"n": 1}\n\n{"method": "a", "params": [], "result": {"n": 2}}\n')
    lines = Recording(folder).lines("a")
    assert lines is not None
    assert [line.natural("n") for line in lines] == [1, 2]


def test_a_line_that_is_an_error_is_named(folder: Path) -> None:
    (folder / "a.jsonl").write_text('{"n": 1}\n{"error": {"message": "Invalid or non-wallet transaction id"}}\n')
    with pytest.raises(BadAnswer, match=r"a\.jsonl line 2 holds an error: Invalid or non-wallet"):
        Recording(folder).lines("a")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"result": NaN}', b'{"result": Infinity}', b"\xff", b"[" * 100_000,
     b'{"result": ' + b"9" * 5000 + b"}", b"[]", b"5", b"{}", b'{"result": 1e99999999999999999999}', b'{"result": 5}'],
)  # fmt: skip
def test_what_is_no_answer_is_refused_in_one_line(folder: Path, content: bytes) -> None:
    (folder / "a.json").write_bytes(content)
    with pytest.raises(BadAnswer, match=r"\Aa\.json[^\n]{1,90}\Z"):
        Recording(folder).required("a", "a")


@given(st.binary(max_size=60))
def test_no_bytes_make_it_crash(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("answers")
    (folder / "a.json").write_bytes(content)
    (folder / "b.jsonl").write_bytes(content)
    for read in (lambda: Recording(folder).optional("a"), lambda: Recording(folder).lines("b")):
        with contextlib.suppress(BadAnswer):
            read()


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
