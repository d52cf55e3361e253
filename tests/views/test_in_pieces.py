"""A document that is written in pieces has the bytes of one that is written at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.errors import printable_json
from gitbtc.views import in_pieces
from gitbtc.views.in_pieces import json_in_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
)


def _with_iterators(value: Any, *, of_lists: bool) -> Any:
    """The same with an iterator in the place of each list that is in none."""
    if isinstance(value, dict):
        return {name: _with_iterators(one, of_lists=of_lists) for name, one in value.items()}
    return iter(value) if of_lists and isinstance(value, list) else value


@given(documents, st.booleans())
def test_pieces_are_the_document(document: Any, of_lists: bool) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(in_pieces, "_AT_ONCE", 1)
        written = "".join(json_in_pieces(_with_iterators(document, of_lists=of_lists)))
    assert written == printable_json(document)


def test_elements_are_asked_for_as_they_are_written() -> None:
    asked: list[int] = []

    def elements() -> Iterator[int]:
        for number in range(10_000):
            asked.append(number)
            yield number

    pieces = json_in_pieces({"all": elements()})
    assert not asked
    assert "255" in next(piece for piece in pieces if "254" in piece)
    assert len(asked) < 1000
