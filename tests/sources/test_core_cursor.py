"""From where to read on: what is kept is enough, and what cannot be used is forgotten."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitbtc.sources import bitcoin_core
from gitbtc.sources.answers import BadAnswer
from gitbtc.sources.core_cursor import Facts, cut, cut_raw, loaded, save
from gitbtc.sources.endpoints import Cookie, NodeAccess, read_url
from gitbtc.sources.http_rpc import HttpRpc
from gitbtc.sources.recorded import Recorded
from tests.sources.scripted_node import ScriptedNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.sources.snapshot import SourceSnapshot

RECORDINGS = Path(__file__).parent / "recordings" / "reorganised"


@pytest.fixture
def node(recordings: Path, tmp_path: Path) -> Iterator[ScriptedNode]:
    with ScriptedNode(Recorded(recordings / "1-agent-a"), tmp_path / ".cookie") as running:
        running.overrides = {"listsinceblock": since(running)}
        yield running


def since(node: ScriptedNode) -> object:
    listed = node.result("listsinceblock", [""])
    return {**listed, "lastblock": "ab" * 32}


def asker(node: ScriptedNode) -> HttpRpc:
    return HttpRpc(NodeAccess("treasury", read_url(node.url), Cookie(node.cookie)))


def in_order(snapshot: SourceSnapshot) -> dict[str, list[str]]:
    """The records, without the order in which they were asked for."""
    return {name: sorted(map(str, records)) for name, records in snapshot.records.items()}


@pytest.fixture
def file(node: ScriptedNode, tmp_path: Path) -> Path:
    """What is kept of a full read, which was brought in as it was told."""
    keep(bitcoin_core.read_from(asker(node)), tmp_path / "a" / "cursor")
    node.log.clear()
    return tmp_path / "a" / "cursor"


def keep(snapshot: SourceSnapshot, file: Path) -> None:
    assert snapshot.cursor is not None
    save(file, snapshot.cursor, "as told")


def read_on(node: ScriptedNode, file: Path) -> dict[str, list[str]]:
    with loaded(file) as cursor:
        return in_order(bitcoin_core.read_from(asker(node), cursor=cursor))


def change(file: Path, statement: str, *values: object) -> None:
    """Spoil what is kept."""
    with closing(sqlite3.connect(file)) as database, database:
        assert database.execute(statement, values).rowcount


def test_what_is_kept_in_a_file_comes_back(node: ScriptedNode, file: Path) -> None:
    whole = bitcoin_core.read_from(asker(node))
    assert whole.cursor is not None
    with loaded(file) as cursor:
        assert cursor is not None
        assert cursor.facts == replace(whole.cursor.facts, word="as told")
        assert cursor.all_deep().keys() == whole.cursor.came.keys()
        assert len(cursor.all_deep()) == cursor.facts.count > 5


def test_what_is_kept_gives_the_records_that_the_node_gives(node: ScriptedNode, file: Path) -> None:
    listed = node.overrides["listsinceblock"]
    with loaded(file) as cursor:
        assert cursor is not None
        kept = cursor.known(row["txid"] for row in listed["transactions"])
    new = [row for row in listed["transactions"] if row["txid"] not in kept]
    node.overrides["listsinceblock"] = {**listed, "transactions": new}
    part = read_on(node, file)
    assert node.log.count("gettransaction") == len(new)
    node.overrides["listsinceblock"] = listed
    assert part == in_order(bitcoin_core.read_from(asker(node)))


@pytest.mark.parametrize("what", ["txcount", "descriptors", "block", "age"])
def test_where_it_does_not_come_out_even_everything_is_read(node: ScriptedNode, file: Path, what: str) -> None:
    whole = in_order(bitcoin_core.read_from(asker(node)))
    if what == "txcount":
        change(file, "UPDATE told SET value = value + 1 WHERE name = 'count'")
    elif what == "descriptors":
        change(file, "UPDATE told SET value = ? WHERE name = 'descriptors'", '["another"]')
    elif what == "age":
        change(file, "UPDATE told SET value = value - 1000 WHERE name = 'full_height'")
    else:
        listed = node.overrides["listsinceblock"]
        node.overrides["listsinceblock"] = (-5, "Block not found")
        with pytest.raises(BadAnswer, match="Block not found"):  # of the full read, by this node
            read_on(node, file)
        node.overrides["listsinceblock"] = listed
    assert read_on(node, file) == whole


def test_what_is_read_anew_is_kept_anew(node: ScriptedNode, file: Path) -> None:
    change(file, "UPDATE told SET value = value + 1 WHERE name = 'count'")
    with loaded(file) as cursor:
        snapshot = bitcoin_core.read_from(asker(node), cursor=cursor)
        assert snapshot.cursor is not None
        save(file, snapshot.cursor, "again", cursor)
    with loaded(file) as cursor:
        assert cursor is not None
        assert (cursor.facts.word, cursor.facts.count) == ("again", len(cursor.all_deep()))


@pytest.mark.parametrize("lacking", ["listlabels", "getbalances"])
def test_a_node_that_does_not_tell_whether_something_was_missed_is_read_whole(
    node: ScriptedNode, file: Path, lacking: str
) -> None:
    node.overrides[lacking] = (-1, "not now")
    read_on(node, file)
    assert node.log.count("gettransaction") == len(node.overrides["listsinceblock"]["transactions"])


def test_a_block_that_the_node_does_not_know_is_no_error(node: ScriptedNode, file: Path) -> None:
    listed = node.overrides["listsinceblock"]
    node.overrides["listsinceblock"] = lambda block, *_: (-5, "Block not found") if block else listed
    assert read_on(node, file) == in_order(bitcoin_core.read_from(asker(node)))
    assert node.log.count("listsinceblock") == 3


SPOILT = ["", "{", "5", "[]", "{}", '{"decoded": {}}', '{"txid": "x"}', '{"decoded": {"vout": [1]}}', '["a"]', b"\xff"]


@pytest.mark.parametrize("column", ["answer", "raw", "ours"])
@pytest.mark.parametrize("broken", SPOILT)
def test_answers_that_were_spoilt_on_disk_are_asked_for_again(
    node: ScriptedNode, file: Path, column: str, broken: object
) -> None:
    """The book is taken for another, so that all of them are looked at."""
    whole = in_order(bitcoin_core.read_from(asker(node)))
    listed = node.overrides["listsinceblock"]
    passing = [row for row in listed["transactions"] if row["txid"] in passing_in(file)]
    node.overrides["listsinceblock"] = lambda block, *_: {**listed, "transactions": passing} if block else listed
    change(file, "UPDATE told SET value = ? WHERE name = 'book'", "{}")
    change(file, f"UPDATE deep SET {column} = ?", broken)  # noqa: S608 - a column of our own
    assert read_on(node, file) == whole


def passing_in(file: Path) -> set[str]:
    with loaded(file) as cursor:
        assert cursor is not None
        return {*cursor.facts.passing}


def test_a_coin_that_was_spoilt_on_disk_shows_in_the_balance(node: ScriptedNode, file: Path) -> None:
    whole = in_order(bitcoin_core.read_from(asker(node)))
    change(file, "UPDATE told SET value = value + 1 WHERE name = 'worth'")
    assert read_on(node, file) == whole
    assert node.log.count("listsinceblock") == 3


def test_what_a_node_leaves_out_is_kept_without(node: ScriptedNode) -> None:
    """As no release does; what is kept of an answer is no more picky than what reads it."""
    answer = node.result("gettransaction", [node.overrides["listsinceblock"]["transactions"][0]["txid"]])
    body = {name: value for name, value in answer["decoded"].items() if name != "vin"}
    assert cut({**answer, "details": None, "decoded": body | {"vout": None}})["decoded"]["vin"] == []
    assert cut_raw({"txid": "a"})["vin"] == []


@pytest.mark.parametrize("content", [b"", b"{", b'{"version": 1}', b"SQLite format 3\0", bytes(8192)])
def test_what_cannot_be_used_is_as_none(node: ScriptedNode, tmp_path: Path, content: bytes) -> None:
    """Nor is it in the way."""
    with loaded(tmp_path / "nowhere") as cursor:
        assert cursor is None
    (tmp_path / "c").write_bytes(content)
    with loaded(tmp_path / "c") as cursor:
        assert cursor is None
    keep(bitcoin_core.read_from(asker(node)), tmp_path / "c")
    with loaded(tmp_path / "c") as cursor:
        assert cursor is not None


@pytest.mark.parametrize("name", [field.name for field in fields(Facts)] + ["version"])
@pytest.mark.parametrize("value", ["{", '"x"', "[1]", "null", None])
def test_facts_that_cannot_be_used_are_as_none(file: Path, name: str, value: str | None) -> None:
    if name in {"block_hash", "word"}:
        value = "{"  # any text is one
    if value is None:
        change(file, "DELETE FROM told WHERE name = ?", name)
    else:
        change(file, "UPDATE told SET value = ? WHERE name = ?", value, name)
    with loaded(file) as cursor:
        assert cursor is None or (name, value) in {("descriptors", '"x"'), ("descriptors", "[1]")}


def test_where_none_can_be_kept_the_next_read_is_a_full_one(node: ScriptedNode, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("in the way")
    keep(bitcoin_core.read_from(asker(node)), tmp_path / "a" / "b")
    with loaded(tmp_path / "a" / "b") as cursor:
        assert cursor is None


def test_while_somebody_else_reads_nothing_is_kept_and_nothing_is_lost(node: ScriptedNode, file: Path) -> None:
    with loaded(file) as other:
        assert other is not None
        with loaded(file) as cursor:
            snapshot = bitcoin_core.read_from(asker(node), cursor=cursor)
            assert snapshot.cursor is not None
            save(file, snapshot.cursor, "later", cursor)
        assert other.facts.word == "as told"
    with loaded(file) as cursor:
        assert cursor is not None
        assert cursor.facts.word == "as told"


def test_nothing_in_the_file_tells_a_secret(node: ScriptedNode, file: Path) -> None:
    assert node.secret.encode() not in file.read_bytes()
