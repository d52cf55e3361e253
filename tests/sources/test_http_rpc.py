"""A node that misbehaves: each fault is one message and exit status 3, and no record changes."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.errors import CannotWork
from gitbtc.sources import bitcoin_core, http_rpc
from gitbtc.sources.asking import Call, Patience
from gitbtc.sources.core_cursor import loaded, save
from gitbtc.sources.endpoints import Cookie, NodeAccess, read_url
from gitbtc.sources.http_rpc import ALLOWED, HttpRpc
from gitbtc.sources.recorded import Recorded
from tests.sources import scripted_node as script
from tests.sources.scripted_node import ScriptedNode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BAD_PAGE = b"<html><body>Please log in</body></html>"
QUEUE = script.status(503, b"Work queue depth exceeded")


@pytest.fixture
def node(recordings: Path, tmp_path: Path) -> Iterator[ScriptedNode]:
    with ScriptedNode(Recorded(recordings / "1-agent-a"), tmp_path / ".cookie") as running:
        yield running


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


def asker(node: ScriptedNode, wallet: str | None = None, **patience: float) -> HttpRpc:
    target = NodeAccess("treasury", read_url(node.url), Cookie(node.cookie), wallet)
    return HttpRpc(target, replace(Patience(), **patience))


def refusal(node: ScriptedNode, wallet: str | None = None, **patience: float) -> str:
    with pytest.raises(CannotWork) as refused:
        bitcoin_core.read_from(asker(node, wallet, **patience))
    assert refused.value.status == 3
    assert len(str(refused.value).splitlines()) == 1
    assert node.secret.split(":")[1] not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("modern", [True, False])
def test_a_node_gives_what_its_recording_gives(node: ScriptedNode, recordings: Path, modern: bool) -> None:
    node.modern = modern
    live, recorded = bitcoin_core.read_from(asker(node)), bitcoin_core.read(recordings / "1-agent-a")
    assert live.records == recorded.records
    assert live.balance_sat == recorded.balance_sat == sum(coin["amount_sat"] for coin in live.records["utxos"])


def test_nothing_is_asked_that_writes(node: ScriptedNode) -> None:
    bitcoin_core.read_from(asker(node))
    assert set(node.log) <= ALLOWED
    assert not [
        name for name in ALLOWED if re.match("set|send|lock|load|unload|rescan|abandon|import|create|sign", name)
    ]
    with pytest.raises(ValueError, match="lockunspent is not among"):
        asker(node).ask([Call("lockunspent", (True,))])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (script.cut_after(20), "broke off"),
        (script.cut_after(0), "broke off"),
        (script.status(200, BAD_PAGE), "does not answer as bitcoind does"),
        (script.status(502, BAD_PAGE), "does not answer as bitcoind does"),
        (script.status(200, b"[1, 2]"), "does not answer as bitcoind does"),
        (script.status(200, b'{"a": NaN}'), "does not answer as bitcoind does"),
        (script.status(200, b"\xff\xfe"), "does not answer as bitcoind does"),
        (script.compressed, "compresses its answers"),
        (script.huge, "larger than 32 MiB"),
        (script.status(403), r"rpcallowip\) or one of these methods \(rpcwhitelist\): getblockchaininfo"),
        (script.status(503, b"Request rejected during server shutdown"), "the node is shutting down"),
    ],
)
def test_a_fault_is_one_message(node: ScriptedNode, fault: Any, said: str) -> None:
    node.faults = [fault]
    assert re.match("treasury: .*" + said, refusal(node))


def test_a_batch_that_breaks_off_is_one_message(node: ScriptedNode) -> None:
    node.faults = [None] * 7 + [script.cut_after(5000)]
    assert re.search(r"broke off after 0 of 12 answers;.*nothing was imported", refusal(node))


def test_what_breaks_off_later_tells_how_many_answers_there_were(node: ScriptedNode) -> None:
    asked = asker(node)
    calls = [Call("getmempoolentry", (f"{number:064x}",)) for number in range(250)]
    node.faults = [None, None, script.cut_after(100)]
    with pytest.raises(CannotWork, match="broke off after 200 of 250 answers"):
        asked.ask(calls)


def test_a_slow_drip_ends_with_the_deadline(node: ScriptedNode) -> None:
    node.faults = [script.drip]
    assert refusal(node, answer=0.3).endswith("gave no whole answer within 0.3 s")


def test_batches_may_be_answered_in_any_order(node: ScriptedNode) -> None:
    node.faults = [script.shuffled] * 40
    assert bitcoin_core.read_from(asker(node)).balance_sat


def test_an_answer_that_is_missing_is_missed(node: ScriptedNode) -> None:
    node.faults = [None] * 7 + [script.one_missing]
    assert refusal(node) == "treasury: 1 of 12 answers are missing; nothing was imported"


def test_a_large_batch_is_asked_in_parts(node: ScriptedNode) -> None:
    node.faults = [None] * 7 + [script.huge]
    assert bitcoin_core.read_from(asker(node)).balance_sat


@pytest.mark.parametrize(("padding", "is_read"), [(100_000, True), (200_000, False)])
def test_a_list_may_be_as_long_as_the_wallet_is_old(
    node: ScriptedNode, monkeypatch: pytest.MonkeyPatch, padding: int, is_read: bool
) -> None:
    """What is not read of its rows is not kept; beyond half a gigabyte it is one message."""
    whole = bitcoin_core.read_from(asker(node))
    listed, unspent = node.result("listsinceblock", [""]), node.result("listunspent", [])
    for row in [*listed["transactions"], *unspent]:
        row["comment"] = "x" * padding
    node.overrides = {"listsinceblock": {**listed, "lastblock": "ab" * 32}, "listunspent": unspent}
    monkeypatch.setattr(http_rpc, "MAX_ANSWER", 500_000)
    monkeypatch.setattr(http_rpc, "MAX_LIST", 2 * 2**20)
    if is_read:
        snapshot = bitcoin_core.read_from(asker(node))
        assert snapshot.records == whole.records
        assert snapshot.cursor is not None
        assert snapshot.cursor.facts.block_hash == "ab" * 32
    else:
        assert refusal(node) == "treasury: the answer to listsinceblock is larger than 2 MiB"


def test_a_busy_node_is_asked_again(node: ScriptedNode) -> None:
    node.faults = [QUEUE] * 3
    assert bitcoin_core.read_from(asker(node)).balance_sat
    node.faults = [QUEUE] * 5
    assert refusal(node) == "treasury: the node is busy (its queue of rpcworkqueue=64 is full); try later"


def test_the_cookie_of_a_new_start_is_read(node: ScriptedNode) -> None:
    asked = asker(node)
    asked.ask([Call("getblockchaininfo")])
    node.secret = "__cookie__:" + "6a" * 32
    node.cookie.write_text(node.secret)
    assert asked.ask([Call("getblockchaininfo")])[0]["chain"] == "regtest"


def test_a_wrong_password_names_where_it_is_from(node: ScriptedNode) -> None:
    node.secret = "another:" + "7b" * 32
    assert refusal(node) == f"treasury: the node refused the user and password from cookie {node.cookie}"


def test_without_a_cookie_it_says_who_writes_it(node: ScriptedNode) -> None:
    node.cookie.unlink()
    assert f"no cookie at {node.cookie}; bitcoind writes it when it starts" in refusal(node)


def test_a_connection_that_the_node_closed_while_idle_is_made_anew(node: ScriptedNode) -> None:
    node.faults = [script.status(200, b'{"result": 1, "id": 0}', Connection="close")]
    asked = asker(node)
    assert asked.ask([Call("getblockchaininfo")]) == [1]
    assert asked.ask([Call("getblockchaininfo")])[0]["chain"] == "regtest"


def test_a_node_that_starts_is_waited_for(node: ScriptedNode) -> None:
    told: list[str] = []
    starting = script.status(
        500, b'{"result":null,"error":{"code":-28,"message":"Verifying blocks\xe2\x80\xa6"},"id":0}'
    )
    node.faults = [starting, starting]
    asked = HttpRpc(NodeAccess("treasury", read_url(node.url), Cookie(node.cookie)), progress=told.append)
    assert bitcoin_core.read_from(asked).balance_sat
    assert told == ["treasury: the node is starting: Verifying blocks…"]
    node.faults = [starting] * 9
    assert refusal(node, start=0) == "treasury: the node is still starting: Verifying blocks…"


def test_a_wallet_that_is_not_loaded_is_told_with_those_that_are(node: ScriptedNode) -> None:
    node.overrides = {"getblockchaininfo": (-18, "Requested wallet does not exist or is not loaded"),
                      "listwallets": ["a", "b"], "listwalletdir": {"wallets": [{"name": "x"}]}}  # fmt: skip
    assert refusal(node, "x") == 'treasury: no wallet "x" is loaded; the node has it, not loaded; loaded: a, b'
    assert refusal(node, "y") == 'treasury: no wallet "y" is loaded; it has no such one; loaded: a, b'


def test_of_several_wallets_one_is_to_be_named(node: ScriptedNode) -> None:
    node.overrides = {"getwalletinfo": (-19, "Multiple wallets are loaded."), "listwallets": ["a", "b"]}
    assert refusal(node) == 'treasury: several wallets are loaded: a, b; name one (wallet = "…", --wallet)'


@pytest.mark.parametrize(
    ("method", "answer", "said"),
    [
        ("getwalletinfo", (-32601, "Method not found"), "the node has no method getwalletinfo: no wallet support"),
        ("getwalletinfo", {"scanning": {"duration": 5, "progress": 0.43}}, "the wallet is being rescanned: 43 %; wait"),
        (
            "getwalletinfo",
            (-4, 'Wallet file verification failed. "x" is already being loaded.'),
            "the wallet is being loaded: ",
        ),
        ("getnetworkinfo", {"version": 220_000}, "Bitcoin Core 25 or later is needed; this is 22.0"),
        ("getnetworkinfo", {"version": 210_100}, "this is 0.21.1"),
    ],
)
def test_a_node_that_cannot_serve_says_why(node: ScriptedNode, method: str, answer: Any, said: str) -> None:
    node.overrides = {method: answer}
    assert said in refusal(node)


def test_a_wallet_that_moves_is_read_three_times(node: ScriptedNode) -> None:
    node.overrides = {"getwalletinfo": {"txcount": 99}}
    assert refusal(node).startswith("the wallet changed while it was read, 3 times; try again")
    assert node.log.count("listsinceblock") == 3


def test_nobody_listens(node: ScriptedNode) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    node.url = f"http://127.0.0.1:{port}"
    wanted = f"treasury: nothing listens at 127.0.0.1:{port}; is bitcoind running, with server=1?"
    assert refusal(node) == wanted


def test_a_wallet_that_can_sign_is_mentioned_once(node: ScriptedNode, tmp_path: Path) -> None:
    listed = node.result("listsinceblock", [""])
    node.overrides = {
        "getwalletinfo": {"private_keys_enabled": True},
        "listsinceblock": {**listed, "lastblock": "ab" * 32},
    }
    first = bitcoin_core.read_from(asker(node))
    assert [one for one in first.notices if "can sign" in one and "watch-only" in one]
    assert first.cursor is not None
    save(tmp_path / "cursor", first.cursor, "")
    with loaded(tmp_path / "cursor") as cursor:
        again = bitcoin_core.read_from(asker(node), cursor=cursor)
    assert not [one for one in again.notices if "can sign" in one]
