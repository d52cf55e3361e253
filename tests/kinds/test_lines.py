"""The line of a record, whichever layout its file has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds import codec
from gitbtc.kinds.codec import lines_of_key
from gitbtc.kinds.lines import Lines
from gitbtc.kinds.registry import built_in
from tests.strategies import coins, files

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.kinds.kind import Kind

COINS, ROWS, STRATEGY = built_in("utxos"), built_in("labels329"), built_in("strategy")
LAYOUTS: list[Callable[[Any], str]] = [
    json.dumps,
    lambda records: json.dumps(records, indent=1),
    lambda records: json.dumps(records, indent="\t\n"),
    lambda records: json.dumps(records, indent=2).replace("},", "}\n\n,\n"),
    lambda records: "[\n" + "\n".join(map(json.dumps, records)) + "\n]\n",
]


def begins(content: str, record: dict[str, Any], key: str) -> int:
    """The line of the brace before the one place that names the record."""
    return content[: content.rindex("{", 0, content.index(key) + 1)].count("\n") + 1


@given(st.lists(coins(), min_size=1, max_size=5, unique_by=lambda coin: (coin["txid"], coin["vout"])), st.data())
def test_of_an_array_in_any_layout(records: list[dict[str, Any]], data: st.DataObject) -> None:
    for number, record in enumerate(records):
        record |= {"label": None, "note": f"#{number}"}  # no brace, and what says which one it is
    content = data.draw(st.sampled_from(LAYOUTS))(records)
    lines = Lines(COINS, content.encode())
    for number, record in enumerate(codec.parse(COINS, content.encode())):
        assert lines.of(record) == begins(content, record, f'"{record["note"]}"'), number
        assert lines.called(f"{record['txid']}:{record['vout']}") == lines.of(record)


@given(files(ROWS))
def test_of_a_file_of_lines(content: bytes) -> None:
    lines = Lines(ROWS, b"\n" + content)
    assert [lines.of(row) for row in codec.parse(ROWS, content)] == [*range(2, content.count(b"\n") + 2)]


def test_of_the_members_of_an_object() -> None:
    lines = Lines(STRATEGY, b'{"name":\n"a {",\n\n "simulation_mode" : true}')
    assert lines.of({}, "name") == 1
    assert lines.of({}, "simulation_mode") == 4
    assert lines.of({}, "nothing") == 0


@pytest.mark.parametrize("kind", [COINS, ROWS, STRATEGY])
def test_what_is_not_there_stands_on_no_line(kind: Kind) -> None:
    for content in (b"", b"[", b"[{]", b"{", b"nothing", b'{"a":'):
        assert Lines(kind, content).called("x") == 0


def test_two_records_of_one_identity_are_told_with_both_lines() -> None:
    coin = {"txid": "ab" * 32, "vout": 0}
    content = json.dumps([{**coin, "label": "a"}, {"txid": "cd" * 32, "vout": 0}, {**coin, "label": "b"}], indent=1)
    key = ("ab" * 32, 0)
    assert lines_of_key(COINS, content.encode(), key) == [2, 11]
    for text in (content, content.replace(",\n  ", ",")):
        with pytest.raises(codec.Malformed, match="two records have the identity") as raised:
            codec.keyed(COINS, text.encode())
        first, second = lines_of_key(COINS, text.encode(), key)
        assert str(raised.value).startswith(f"line {second}: ")
        assert f"(the other one is on line {first})" in str(raised.value)


def test_a_record_that_is_none_is_told_with_its_line() -> None:
    content = b'[\n {"txid": "ab",\n  "vout": 0},\n {"txid": 5, "vout": 1}\n]'
    with pytest.raises(codec.Malformed, match=r"line 4: record 2: txid must be text"):
        codec.keyed(COINS, content)
