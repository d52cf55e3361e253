from __future__ import annotations

import errno
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.errors import printable, printable_json, report


def test_controls_and_overrides_do_not_reach_a_terminal() -> None:
    assert printable("a\x1b[31mb\u202ec\u200bd\x9b\x00e\n") == "a[31mbcde"


@given(st.text())
def test_printable_text_is_printable_and_stays(text: str) -> None:
    once = printable(text)
    assert printable(once) == once
    once.encode()


def test_json_says_the_same_and_does_nothing_to_a_terminal() -> None:
    document = {"label": "a\u009b2J\u202ec\u007f\x1b ä € \udcff", "n": [1]}
    text = printable_json(document)
    text.encode()
    assert json.loads(text) == document
    assert all(letter == "\n" or printable(letter) for letter in text)
    assert "ä €" in text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "state\x1b/file"),
            "gitbtc: state/file: No space left on device; make room there, and do it again",
        ),
        (
            OSError(errno.EROFS, "Read-only file system"),
            "gitbtc: Read-only file system; see that it can be written to, and do it again",
        ),
        (MemoryError(), "gitbtc: there is not enough memory here for this"),
    ],
)
def test_what_the_machine_lacks_is_no_bug(error: BaseException, said: str) -> None:
    assert report(error) == said


def test_a_report_says_where_and_never_what() -> None:
    secret = "correct horse battery staple"
    empty: dict[str, str] = {}
    with pytest.raises(KeyError) as raised:
        _ = empty[secret]
    told = report(raised.value)
    assert "KeyError" in told
    assert "test_errors.py:" in told
    assert secret not in told
