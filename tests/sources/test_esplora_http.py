"""The asker of Esplora servers, against one on loopback that misbehaves: every failure is one message."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.errors import CannotWork
from gitbtc.sources.asking import Call, LoginRefused, NodeError, Patience, Unreadable
from gitbtc.sources.chain_wallet import SERVER
from gitbtc.sources.endpoints import FromEnvironment, read_server_url
from gitbtc.sources.esplora import PATHS
from gitbtc.sources.esplora_http import EsploraHttp
from gitbtc.sources.esplora_server import SCHEMES
from tests.sources.chains import Esplora, MadeChain
from tests.sources.scripted_node import compressed, cut_after, drip, huge, status
from tests.sources.scripted_servers import EsploraServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIP = Call("tip")
BLOCK = Call("block-height", ("0",))


@pytest.fixture
def server() -> Iterator[EsploraServer]:
    with EsploraServer(Esplora(MadeChain()), base="/testnet/api") as running:
        yield running


def asker(server: EsploraServer, seconds: float = 10, **more: Any) -> EsploraHttp:
    endpoint, base = read_server_url(server.url, SCHEMES)
    return EsploraHttp("explorer", endpoint, base, patience=Patience(0, seconds), **more)


def test_paths_begin_with_that_of_the_url(server: EsploraServer) -> None:
    asking = asker(server)
    assert asking.ask([TIP, BLOCK]) == [server.answers.chain.tip.hash] * 2
    assert server.log == ["/blocks/tip/hash", "/block-height/0"]
    assert asking.where(BLOCK) == "explorer: /block-height/0"
    assert asking.ask([SERVER]) == [{"host": "127.0.0.1"}]
    assert len(server.log) == 2
    asking.close()


def test_only_what_reads_is_asked() -> None:
    """All paths are GET; of those of the interface that change something (POST /tx) none is among them."""
    assert all(path.startswith("/") and "/tx/push" not in path and path != "/tx" for path in PATHS.values())


@pytest.mark.parametrize(("fault", "words"), [
    (status(429, b"<html>Too many requests</html>"), r"asked too much \(HTTP 429\)"),
    (status(429, b'{"error":"slow down"}'), r"asked too much \(HTTP 429\)"),
    (status(301, b"", Location="https://elsewhere.test"), r"sends elsewhere \(HTTP 301\); write the url"),
    (status(401), r'asks for a login \(HTTP 401\); name one: auth = "env:NAME"'),
    (status(403, b"<html>"), r"asks for a login \(HTTP 403\)"),
    (status(200, b"<html><body>Welcome</body></html>"), "does not answer as an Esplora server does .*gives a page"),
    (status(404, b"<html><body>Nothing here</body></html>"), "HTTP 404 with a page; the url must be that of its API"),
    (cut_after(5), "the connection broke off after 0 answers"),
    (compressed, "it compresses its answers"),
    (huge, "an answer is larger than 32 MiB"),
])  # fmt: skip
def test_a_server_that_misbehaves_is_one_message(server: EsploraServer, fault: Any, words: str) -> None:
    server.faults = [fault]
    with pytest.raises(Unreadable, match=f"^explorer: .*{words}") as raised:
        asker(server).ask([TIP])
    assert "\n" not in str(raised.value)
    assert len(server.log) == 1  # and it is not asked again


def test_one_that_drips_or_hangs_is_not_waited_for(server: EsploraServer) -> None:
    server.faults = [drip]
    with pytest.raises(Unreadable, match=r"gave no whole answer within 0\.3 s"):
        asker(server, 0.3).ask([TIP])


def test_an_overloaded_server_is_asked_again(server: EsploraServer, monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    monkeypatch.setattr("time.sleep", paused.append)
    server.faults = [status(503), status(502, b"<html>Bad gateway</html>"), None]
    told: list[str] = []
    assert asker(server, progress=told.append).ask([TIP]) == [server.answers.chain.tip.hash]
    assert paused == [1, 2]
    assert told[0] == "explorer: the server is busy (HTTP 503); asking again in 1 s"
    server.faults = [status(503)] * 5
    with pytest.raises(Unreadable, match=r"out of order .HTTP 503.; try later"):
        asker(server).ask([TIP])


def test_what_a_server_refuses_to_tell_is_an_error_of_that_question(server: EsploraServer) -> None:
    server.faults = [status(400, b"Too many history entries"), None]
    refused, tip = asker(server).ask([Call("address-txs", ("bcrt1qtest",)), TIP])
    assert isinstance(refused, NodeError)
    assert (refused.code, refused.said) == (400, "Too many history entries")
    assert tip == server.answers.chain.tip.hash


def test_what_not_every_server_has_may_be_a_page(server: EsploraServer) -> None:
    server.faults = [status(200, b"<html>the start page</html>"), None]
    page, absent = asker(server).ask([Call("prices"), Call("prices")])
    assert isinstance(page, NodeError)
    assert isinstance(absent, NodeError)
    server.faults = [status(503, b"Service Unavailable")]  # mempool.space while its mempool is not in sync
    [late] = asker(server).ask([Call("fees-precise")])
    assert isinstance(late, NodeError)


def test_nobody_listens() -> None:
    with EsploraServer(Esplora(MadeChain())) as gone:
        url = gone.url
    endpoint, base = read_server_url(url, SCHEMES)
    with pytest.raises(Unreadable, match=r"nothing listens at 127.*is an Esplora or mempool.space server"):
        EsploraHttp("explorer", endpoint, base).ask([TIP])


def test_a_login_comes_out_of_the_environment_and_is_never_shown(
    server: EsploraServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLORER", "ann:correct horse")
    server.login = "Basic " + base64.b64encode(b"ann:correct horse").decode()
    assert asker(server, login=FromEnvironment("EXPLORER")).ask([TIP]) == [server.answers.chain.tip.hash]
    monkeypatch.setenv("EXPLORER", "ann:wrong")
    with pytest.raises(LoginRefused, match=r"refused the user and password from .*EXPLORER") as raised:
        asker(server, login=FromEnvironment("EXPLORER")).ask([TIP])
    assert "wrong" not in str(raised.value)
    monkeypatch.delenv("EXPLORER")
    with pytest.raises(CannotWork, match="EXPLORER is not set"):
        asker(server, login=FromEnvironment("EXPLORER")).ask([TIP])


def test_https_is_proved_by_the_certificate_that_is_named(tmp_path: Path) -> None:
    with EsploraServer(Esplora(MadeChain()), tls=tmp_path) as server:
        assert asker(server, certificate=tmp_path / "tls.cert").ask([TIP]) == [server.answers.chain.tip.hash]
        with pytest.raises(Unreadable, match=r"certificate of 127.0.0.1:.* is not proved by what this system trusts"):
            asker(server).ask([TIP])
