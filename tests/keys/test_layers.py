"""The layers of a file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.keys import layers

documents = st.recursive(
    st.none() | st.integers() | st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\:')),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc ", max_size=3), inner, max_size=4),
)


def in_order(document: object) -> list[tuple[str, bool]]:
    """The strings of a document as a parser sees them, each with whether it is a name."""
    if isinstance(document, str):
        return [(document, False)]
    if isinstance(document, dict):
        return [row for name, value in document.items() for row in [(name, True), *in_order(value)]]
    return [row for value in document for row in in_order(value)] if isinstance(document, list) else []


@given(documents, st.sampled_from([None, 1]), st.sampled_from([": ", ":", " : ", "\t:\n"]))
def test_the_strings_are_those_that_a_parser_sees(document: object, indent: int | None, colon: str) -> None:
    expected = in_order(document)
    content = json.dumps(document, indent=indent, separators=(",", colon), ensure_ascii=False).encode()
    read = [(text.decode(), bool(name)) for piece in layers.strings(content)
            for text, name in zip(piece.strings, piece.names, strict=True)]  # fmt: skip
    assert read == (expected if len(expected) > 1 else [])


def test_a_missing_quote_is_over_at_the_end_of_its_line() -> None:
    (piece,) = layers.strings(b'{"a": "never closed\n"b": "c"}')
    assert list(zip(piece.strings, piece.names, strict=True)) == [(b"a", 1), (b"never closed", 0), (b"b", 1), (b"c", 0)]
    assert [piece.line(number) for number in range(4)] == [1, 1, 2, 2]


def test_members_of_one_name_are_all_read() -> None:
    (piece,) = layers.strings(b'{"a": "1", "a": "2"}')
    assert piece.strings == [b"a", b"1", b"a", b"2"]


@pytest.mark.parametrize("row", [b'{"n":"v"},', b'{"n":"v"},\n', b'"\n"v"'])
def test_a_large_document_is_read_in_pieces_that_overlap(row: bytes) -> None:
    content = row * (5 * 2**20 // len(row))
    pieces = list(layers.strings(content))
    assert 3 <= len(pieces) <= 4
    assert all(set(piece.strings) <= {b"n", b"v", b"", b"},"} for piece in pieces)
    assert sum(len(piece.strings) for piece in pieces) > content.count(b'"v"')


def test_text_that_is_not_wide_is_not_copied() -> None:
    assert layers.wide_text(b"plain") is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_wide_text_is_narrowed(encoding: str) -> None:
    assert (layers.wide_text("a line\nand another".encode(encoding)) or b"").strip(b"\0") == b"a line\nand another"
