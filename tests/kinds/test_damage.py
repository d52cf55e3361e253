"""What a crash leaves of a file is told from what a person gets wrong in one."""

from __future__ import annotations

import json

import pytest

from gitbtc.kinds.damage import cut_short, damage
from gitbtc.kinds.registry import built_in

COINS, STRATEGY, LINES = built_in("utxos"), built_in("strategy"), built_in("labels329")
ARRAY = '[\n{"a":1.5e-7,"b":[true,false,null,-3],"c":"x\\u00e9\\n \\"é","d":{}},\n{"a":12}\n]\n'.encode()
OBJECT = b'{\n"a":1,\n"b":{"x":[1]}\n}\n'


@pytest.mark.parametrize("content", [b"\0" * 50, b" \n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"\0\n"])
@pytest.mark.parametrize("kind", [COINS, STRATEGY, LINES], ids=["array", "object", "lines"])
def test_nothing_is_damage(kind: object, content: bytes) -> None:
    assert "holds nothing" in damage(kind, content)  # type: ignore[arg-type]  # of a parameter


def test_no_bytes_are_a_file_of_lines_and_of_nothing_else() -> None:
    assert damage(LINES, b"") == ""
    assert "holds nothing" in damage(COINS, b"")
    assert "holds nothing" in damage(STRATEGY, b"")


def test_zeros_where_a_part_was_to_be_are_damage() -> None:
    assert "NUL" in damage(COINS, ARRAY[:20] + b"\0" * 30)
    assert "NUL" in damage(COINS, b"\0" * 30 + ARRAY[30:])
    assert damage(COINS, ARRAY.decode().encode("utf-16")) == ""


@pytest.mark.parametrize(("kind", "content"), [(COINS, ARRAY), (STRATEGY, OBJECT)], ids=["array", "object"])
def test_a_file_that_ends_anywhere_is_seen_to(kind: object, content: bytes) -> None:
    whole = content.rstrip()
    missed = [whole[:end] for end in range(1, len(whole)) if not cut_short(kind, whole[:end])]  # type: ignore[arg-type]  # of a parameter
    assert missed == []


def test_a_line_that_ends_anywhere_is_seen_to() -> None:
    first, last = b'{"ref":"a","type":"tx"}\n', b'{"ref":"b","type":"tx","label":"e"}'
    missed = [end for end in range(1, len(last)) if not cut_short(LINES, first + last[:end])]
    assert missed == []
    assert cut_short(LINES, first + last) == ""


@pytest.mark.parametrize(
    "content",
    [b"not JSON", b'[\n{"a":1\n{"b":2}\n]\n', b'[\n{"a":1,}\n]\n', b"[\n<<<<<<< ours\n{}\n=======\n>>>>>>> theirs\n",
     b'[\n{"a":"x},\n{"b":2}\n]\n', b"[1] 2", b"\xff\xfe[", json.dumps("a text").encode(), b"[" * 5000 + b"}"],
)  # fmt: skip
def test_a_mistake_is_no_damage(content: bytes) -> None:
    assert damage(COINS, content) == cut_short(COINS, content) == ""
