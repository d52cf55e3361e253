"""From where to read on: what is kept is enough, and what cannot be used is forgotten."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.sources import bitcoin_core
from gitbtc.sources.answers import BadAnswer
from gitbtc.sources.core_cursor import Cursor, cut, cut_raw, load, save
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


def cursor_of(node: ScriptedNode) -> Cursor:
    cursor = bitcoin_core.read_from(asker(node)).cursor
    assert cursor is not None
    return cursor


def test_what_is_kept_in_a_file_comes_back(node: ScriptedNode, tmp_path: Path) -> None:
    cursor = cursor_of(node)
    assert len(cursor.answers) > 5
    save(tmp_path / "a" / "b.json", cursor)
    assert load(tmp_path / "a" / "b.json") == cursor


def test_what_is_kept_gives_the_records_that_the_node_gives(node: ScriptedNode, tmp_path: Path) -> None:
    whole = bitcoin_core.read_from(asker(node))
    assert whole.cursor is not None
    save(tmp_path / "c.json", whole.cursor)
    listed = node.overrides["listsinceblock"]
    new = [row for row in listed["transactions"] if row["txid"] not in whole.cursor.answers]
    node.overrides["listsinceblock"] = {**listed, "transactions": new}
    node.log.clear()
    part = bitcoin_core.read_from(asker(node), cursor=load(tmp_path / "c.json"))
    assert node.log.count("gettransaction") == len(new)
    assert in_order(part) == in_order(whole)


@pytest.mark.parametrize("change", ["txcount", "descriptors", "block", "age"])
def test_where_it_does_not_come_out_even_everything_is_read(node: ScriptedNode, change: str) -> None:
    cursor = cursor_of(node)
    if change == "txcount":
        cursor = replace(cursor, answers=cursor.answers | {"0" * 64: next(iter(cursor.answers.values()))})
    elif change == "descriptors":
        cursor = replace(cursor, descriptors=frozenset(["another"]))
    elif change == "age":
        cursor = replace(cursor, full_height=cursor.full_height - 1000)
    else:
        listed = node.overrides["listsinceblock"]
        node.overrides["listsinceblock"] = (-5, "Block not found")
        with pytest.raises(BadAnswer, match="Block not found"):  # of the full read, by this node
            bitcoin_core.read_from(asker(node), cursor=cursor)
        node.overrides["listsinceblock"] = listed
    assert in_order(bitcoin_core.read_from(asker(node), cursor=cursor)) == in_order(bitcoin_core.read_from(asker(node)))


def test_a_block_that_the_node_does_not_know_is_no_error(node: ScriptedNode) -> None:
    cursor, listed = cursor_of(node), node.overrides["listsinceblock"]
    node.overrides["listsinceblock"] = lambda block, *_: (-5, "Block not found") if block else listed
    node.log.clear()
    assert in_order(bitcoin_core.read_from(asker(node), cursor=cursor)) == in_order(bitcoin_core.read_from(asker(node)))
    assert node.log.count("listsinceblock") == 3


@pytest.mark.parametrize("broken", [5, {}, {"decoded": {}}, {"txid": "x"}, {"details": 1}, {"decoded": {"vout": [1]}}])
def test_answers_that_were_spoilt_on_disk_are_asked_for_again(node: ScriptedNode, broken: Any) -> None:
    cursor = cursor_of(node)
    txid = next(iter(cursor.answers))
    spoilt = {**cursor.answers[txid], **broken} if broken and isinstance(broken, dict) else broken
    cursor = replace(cursor, answers=cursor.answers | {txid: spoilt})
    assert in_order(bitcoin_core.read_from(asker(node), cursor=cursor)) == in_order(bitcoin_core.read_from(asker(node)))


def test_an_amount_that_was_spoilt_on_disk_shows_in_the_balance(node: ScriptedNode) -> None:
    cursor = cursor_of(node)
    txid, answer = next((txid, one) for txid, one in cursor.answers.items() if one["details"])
    spoilt = json.loads(json.dumps(answer, default=str))
    for output in spoilt["decoded"]["vout"]:
        output["value"] = Decimal(1)
    cursor = replace(cursor, answers=cursor.answers | {txid: spoilt})
    assert in_order(bitcoin_core.read_from(asker(node), cursor=cursor)) == in_order(bitcoin_core.read_from(asker(node)))


def test_what_a_node_leaves_out_is_kept_without(node: ScriptedNode) -> None:
    """As no release does; what is kept of an answer is no more picky than what reads it."""
    answer = node.result("gettransaction", [node.overrides["listsinceblock"]["transactions"][0]["txid"]])
    body = {name: value for name, value in answer["decoded"].items() if name != "vin"}
    assert cut({**answer, "details": None, "decoded": body | {"vout": None}})["decoded"]["vin"] == []
    assert cut_raw({"txid": "a"})["vin"] == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"5", b"\xff", b"{}", b'{"version": 1}', b'{"version": 2}',
                b'{"version": 1, "block_hash": 1, "full_height": [], "descriptors": 1, "answers": 1, "raw": 1}'],
)  # fmt: skip
def test_what_cannot_be_used_is_as_none(tmp_path: Path, content: bytes) -> None:
    assert load(tmp_path / "nowhere.json") is None
    (tmp_path / "c.json").write_bytes(content)
    assert load(tmp_path / "c.json") is None


def test_where_none_can_be_kept_the_next_read_is_a_full_one(node: ScriptedNode, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("in the way")
    save(tmp_path / "a" / "b.json", cursor_of(node))
    assert load(tmp_path / "a" / "b.json") is None


def test_nothing_in_the_file_tells_a_secret(node: ScriptedNode, tmp_path: Path) -> None:
    save(tmp_path / "c.json", cursor_of(node))
    text = (tmp_path / "c.json").read_text()
    assert node.secret not in text
    assert set(json.loads(text)) == {"version", "block_hash", "full_height", "txcount", "descriptors", "answers", "raw"}


def test_what_a_dead_block_held_is_asked_for_again(tmp_path: Path) -> None:
    """A payment lay so deep that its answer was kept. Its block is gone, and the node, asked from the cursor on, names
    it among what is `removed`, as a real node did.
    """
    before, after = RECORDINGS / "0-deep", RECORDINGS / "1-back"
    with ScriptedNode(Recorded(before), tmp_path / ".cookie") as node:
        node.overrides["listsinceblock"] = answer(before / "listsinceblock.json")
        cursor = cursor_of(node)
    part = answer(after / "listsinceblock-from-0.json")
    (removed,) = {row["txid"] for row in part["removed"]}
    assert cursor.answers[removed]["blockheight"] == 114

    def listed(block: str, *_: object) -> object:
        return part if block == cursor.block_hash else answer(after / "listsinceblock.json")

    with ScriptedNode(Recorded(after), tmp_path / ".cookie") as node:
        node.overrides["listsinceblock"] = listed
        snapshot = bitcoin_core.read_from(asker(node), cursor=cursor)
        assert node.log.count("gettransaction") < len(snapshot.records["transactions"])
        assert in_order(snapshot) == in_order(bitcoin_core.read_from(asker(node)))
    (record,) = [one for one in snapshot.records["transactions"] if one["txid"] == removed]
    assert (record["confirmed"], record["block_height"]) == (False, None)


def answer(file: Path) -> Any:
    return json.loads(file.read_text(), parse_float=Decimal)["result"]
