"""A lightningd by its socket and by clnrest: both doors tell the same, and whatever goes wrong is one message."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork
from gitbtc.sources import cln
from gitbtc.sources.asking import Call, Inconsistent, LoginRefused, Patience
from gitbtc.sources.cln_rpc import ALLOWED, ClnRest, UnixRpc
from gitbtc.sources.endpoints import SecretText, read_url
from gitbtc.sources.lightning import Remembered
from gitbtc.sources.recorded import Recorded
from gitbtc.sources.recording import record
from tests.sources import scripted_lightning as script
from tests.sources.scripted_lightning import ANSWERS, ScriptedClnRest, ScriptedLightningd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitbtc.sources.asking import Asker
    from gitbtc.sources.snapshot import SourceSnapshot
    from tests.sources.scripted_lightning import Fault, SocketFault

NOW = 1_764_400_000


@pytest.fixture
def node(tmp_path: Path) -> Iterator[ScriptedLightningd]:
    with ScriptedLightningd(tmp_path / "lightning-rpc") as running:
        yield running


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[ScriptedClnRest]:
    with ScriptedClnRest(tmp_path) as running:
        (tmp_path / "rune").write_text(script.RUNE + "\n")
        yield running


def asker(node: ScriptedLightningd, answer: float = 30) -> UnixRpc:
    return UnixRpc("hub", node.path, Patience(answer=answer))


def over_http(rest: ScriptedClnRest) -> ClnRest:
    rune = SecretText("rune", rest.folder / "rune")
    return ClnRest("hub", read_url(rest.url), rune, rest.certificate)


def read(asked: Asker) -> SourceSnapshot:
    return cln.read_from(asked, Remembered(), NOW)


def refusal(asked: Asker) -> str:
    with pytest.raises(CannotWork) as refused:
        read(asked)
    assert refused.value.status == 3
    assert len(str(refused.value).splitlines()) == 1
    assert script.RUNE not in str(refused.value)
    return str(refused.value)


def test_every_door_tells_the_same(node: ScriptedLightningd, rest: ScriptedClnRest, tmp_path: Path) -> None:
    printed = read(Recorded(ANSWERS / "cln", cln.LIGHTNING_CLI))
    assert {"channels", "pending", "routing", "peers", "utxos", "execution"} == set(printed.records)
    assert read(asker(node)) == printed
    assert read(over_http(rest)) == printed
    record(asker(node), tmp_path / "kept", read, cln.LIGHTNING_CLI)
    assert read(Recorded(tmp_path / "kept", cln.LIGHTNING_CLI)) == printed


def test_nothing_is_asked_that_writes_nor_anything_of_bookkeeper(
    node: ScriptedLightningd, rest: ScriptedClnRest
) -> None:
    read(asker(node))
    read(over_http(rest))
    assert set(node.log) == set(ALLOWED) == {"getinfo", "listpeerchannels", "listfunds", "listpeers", "listnodes"}
    assert {request.removeprefix("POST /v1/").partition(" ")[0] for request in rest.log} == set(ALLOWED)
    for method in ("bkpr-listbalances", "setchannel"):
        with pytest.raises(ValueError, match=f"{method} is not among"):
            asker(node).ask([Call(method)])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (script.cut_off, "broke off after 0 of 1 answers"),
        (script.saying(b""), "broke off after 0 of 1 answers"),
        (script.saying(b"<html>Please log in</html>\n\n"), "what it says is no JSON"),
        (script.saying(b"\x1f\x8b\x08\n\n"), "does not answer as lightningd does"),
        (script.saying(b'{"id": "another", "result": {}}\n\n'), "JSON that is no answer to the call"),
        (script.saying(b"[1, 2]\n\n"), "JSON that is no answer to the call"),
        (script.endless, "larger than 32 MiB"),
    ],
)
def test_a_fault_of_the_socket_is_one_message(node: ScriptedLightningd, fault: SocketFault, said: str) -> None:
    node.faults = [fault]
    told = refusal(asker(node))
    assert told.startswith("hub: ")
    assert said in told


@pytest.mark.parametrize("fault", [script.silent, script.dripping])
def test_a_deadline_ends_what_does_not(node: ScriptedLightningd, fault: SocketFault) -> None:
    node.faults = [fault]
    assert refusal(asker(node, answer=0.3)).endswith("gave no whole answer within 0.3 s")


def test_a_connection_that_was_closed_while_idle_is_made_anew(node: ScriptedLightningd) -> None:
    asked = asker(node)
    asked.ask([Call("getinfo")])
    node.faults = [script.saying(b"")]
    assert asked.ask([Call("getinfo")])[0]["blockheight"] == 812


def test_a_socket_that_is_not_there_or_that_nobody_serves_is_told(tmp_path: Path) -> None:
    path = tmp_path / "lightning-rpc"
    assert refusal(UnixRpc("hub", path)) == f"hub: no socket at {path}; is lightningd running for this network?"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert refusal(UnixRpc("hub", path)).startswith(f"hub: nobody listens at {path}; is lightningd running")
    assert "cannot be asked" in refusal(UnixRpc("hub", tmp_path / ("x" * 200)))


def test_a_method_that_is_missing_and_a_plugin_that_died(node: ScriptedLightningd) -> None:
    node.overrides["listpeerchannels"] = (-32601, "Unknown command 'listpeerchannels'")
    assert "has no method listpeerchannels: it is older than 23.02" in refusal(asker(node))
    node.overrides["listpeerchannels"] = (-4, "Plugin terminated before replying to RPC call.")
    node.log.clear()
    asked = asker(node)
    for _ in range(2):  # it is not asked for again
        assert "the plugin behind listpeerchannels died; look at lightningd's log" in refusal(asked)
    assert node.log.count("listpeerchannels") == 1


def test_another_error_leaves_its_kinds_out(node: ScriptedLightningd) -> None:
    node.overrides["listfunds"] = (-1, "database is locked")
    snapshot = read(asker(node))
    assert "utxos" not in snapshot.records
    assert "hub: listfunds holds an error: database is locked; left out" in snapshot.notices


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (script.cut, "broke off after 0 of 1 answers"),
        (script.page, "does not answer as clnrest does"),
        (script.compressed, "compresses its answers"),
        (script.refusing(1501, "Not authorized: Invalid rune", 403), "does not allow getinfo by the rune "),
    ],
)
def test_a_fault_of_clnrest_is_one_message(rest: ScriptedClnRest, fault: Fault, said: str) -> None:
    rest.faults = [fault]
    assert said in refusal(over_http(rest))


def test_a_rune_that_is_refused_or_lacks(rest: ScriptedClnRest) -> None:
    (rest.folder / "rune").write_text("another")
    with pytest.raises(LoginRefused, match=r"does not allow getinfo by the rune .*rune; one for method\^list"):
        read(over_http(rest))
    (rest.folder / "rune").unlink()
    assert "no rune can be read from" in refusal(over_http(rest))


def test_a_block_in_between_is_another_moment(node: ScriptedLightningd) -> None:
    read(asker(node))
    later = json.loads((ANSWERS / "cln/getinfo.json").read_bytes()) | {"blockheight": 813}

    def moved(handler: script.SocketHandler, answer: bytes) -> None:
        said = {**json.loads(answer), "result": later}
        handler.wfile.write(json.dumps(said).encode() + b"\n\n")

    node.faults = [None] * (len(node.log) - 1) + [moved]
    with pytest.raises(Inconsistent):
        read(asker(node))
