"""The asker of Electrum servers, against one on loopback that misbehaves: every failure is one message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.sources import electrum_tcp
from gitbtc.sources.asking import Call, NodeError, Patience, Unreadable
from gitbtc.sources.chain_wallet import SERVER
from gitbtc.sources.electrum import TIP
from gitbtc.sources.electrum_server import SCHEMES
from gitbtc.sources.electrum_tcp import ElectrumTcp
from gitbtc.sources.endpoints import read_server_url
from tests.sources.chains import Electrum, MadeChain
from tests.sources.scripted_servers import (
    ElectrumServer,
    cut_after,
    drip,
    hang,
    huge,
    one_missing,
    says,
    shuffled,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADERS = [Call("blockchain.block.header", (str(height),)) for height in range(4)]


@pytest.fixture
def server() -> Iterator[ElectrumServer]:
    chain = MadeChain()
    for _ in range(3):
        chain.mine()
    with ElectrumServer(Electrum(chain)) as running:
        yield running


def asker(server: ElectrumServer, seconds: float = 10, **more: Any) -> ElectrumTcp:
    endpoint, _ = read_server_url(server.url, SCHEMES)
    return ElectrumTcp("explorer", endpoint, patience=Patience(0, seconds), **more)


def wanted(server: ElectrumServer) -> list[str]:
    return [block.header for block in server.answers.chain.blocks]


def test_the_version_is_agreed_on_first_and_once(server: ElectrumServer) -> None:
    asking = asker(server)
    assert asking.ask(HEADERS) == wanted(server)
    assert asking.ask([TIP])[0]["height"] == 3
    assert asking.ask([SERVER]) == [{"host": "127.0.0.1"}]
    assert [method for method, _ in server.log].count("server.version") == 1
    assert server.log[0] == ("server.version", ["gitbtc", ["1.4", "1.6"]])
    assert server.log[1] == ("blockchain.block.header", [0])  # a number, as the protocol has it
    asking.close()


def test_answers_may_come_in_any_order_among_notifications(server: ElectrumServer) -> None:
    server.faults = [None, shuffled]
    asking = asker(server)
    assert asking.ask(HEADERS) == wanted(server)
    assert asking.ask([TIP])[0]["height"] == 3
    assert ("answer", ["from-the-server"]) in server.log  # its ping


def test_many_questions_go_out_in_portions(server: ElectrumServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(electrum_tcp, "AT_ONCE", 3)
    assert asker(server).ask(HEADERS) == wanted(server)


def test_an_error_is_one_of_that_question(server: ElectrumServer) -> None:
    refused, tip = asker(server).ask([Call("blockchain.transaction.get", ("ab" * 32,)), TIP])
    assert isinstance(refused, NodeError)
    assert refused.said.startswith("daemon error")
    assert tip["height"] == 3


def test_only_what_reads_is_asked(server: ElectrumServer) -> None:
    with pytest.raises(ValueError, match="not among the methods"):
        asker(server).ask([Call("blockchain.transaction.broadcast", ("00",))])
    assert server.log == []


@pytest.mark.parametrize(("faults", "words"), [
    ([None, cut_after(9)], "the connection broke off after 0 of 4 answers; is the server up, and .* without TLS there"),
    ([cut_after(0)], "the connection broke off"),
    ([None, says(b"HTTP/1.1 400 Bad Request\r\n\r\n<html></html>\n")], "does not answer as an Electrum server does"),
    ([says(b"<html>\n")], "does not answer as an Electrum server does"),
    ([None, says(b"[1]\n")], "does not answer as an Electrum server does"),
    ([None, says(b"\xff\xfe\n")], "does not answer as an Electrum server does"),
    ([None, says(b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}\n')],
     "did not understand what it was asked: parse error"),
    ([None, says(b'{"id":{}}\n')], "did not understand what it was asked: no reason given"),
    ([says(b'{"jsonrpc":"2.0","id":0,"error":"unsupported protocol version: 1.4"}\n')],
     "does not speak the protocol in version 1.4 to 1.6: unsupported protocol version"),
    ([says(b'{"jsonrpc":"2.0","id":0,"error":{"code":1,"message":"log in first"}}\n')], "log in first"),
    ([says(b'{"jsonrpc":"2.0","id":0,"result":"1.4"}\n')], "does not speak the protocol"),
    ([None, huge], "an answer is larger than 32 MiB"),
])  # fmt: skip
def test_a_server_that_misbehaves_is_one_message(server: ElectrumServer, faults: list[Any], words: str) -> None:
    server.faults = faults
    with pytest.raises(Unreadable, match=f"^explorer: .*{words}") as raised:
        asker(server).ask(HEADERS)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("fault", [hang, drip, one_missing])
def test_one_that_does_not_come_to_an_end_is_not_waited_for(server: ElectrumServer, fault: Any) -> None:
    server.faults = [None, fault]
    with pytest.raises(Unreadable, match=r"gave no whole answer within 0\.4 s"):
        asker(server, 0.4).ask(HEADERS)


def test_a_connection_that_was_closed_while_it_was_idle_is_made_anew(server: ElectrumServer) -> None:
    asking = asker(server)
    asking.ask([TIP])
    server.faults = [cut_after(0)]
    assert asking.ask(HEADERS) == wanted(server)
    assert [method for method, _ in server.log].count("server.version") == 2


def test_nobody_listens() -> None:
    with ElectrumServer(Electrum(MadeChain())) as gone:
        url = gone.url
    endpoint, _ = read_server_url(url, SCHEMES)
    with pytest.raises(Unreadable, match=r"nothing listens at 127.0.0.1:.*is an Electrum server running there"):
        ElectrumTcp("explorer", endpoint).ask([TIP])


def test_tls_is_proved_by_the_certificate_that_is_named(tmp_path: Path) -> None:
    with ElectrumServer(Electrum(MadeChain()), tls=tmp_path) as server:
        asking = asker(server, certificate=tmp_path / "tls.cert")
        assert asking.ask([TIP])[0]["height"] == 0
        asking.close()
        with pytest.raises(Unreadable, match=r"certificate of 127.0.0.1:.* is not proved by what this system trusts"):
            asker(server).ask([TIP])
        with pytest.raises(Unreadable, match=r"explorer: no certificate can be read from .*none: No such file"):
            asker(server, certificate=tmp_path / "none").ask([TIP])


def test_tls_where_there_is_none_is_said(server: ElectrumServer) -> None:
    endpoint, _ = read_server_url(server.url.replace("tcp:", "ssl:"), SCHEMES)
    with pytest.raises(Unreadable, match=r"explorer: .*(TLS|gave no whole answer|broke off)"):
        ElectrumTcp("explorer", endpoint, patience=Patience(0, 1)).ask([TIP])
