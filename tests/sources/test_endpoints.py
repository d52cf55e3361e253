"""Where a node may be, and where its password may come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gitbtc.errors import CannotWork, UsageError
from gitbtc.sources.endpoints import (
    Cookie,
    Endpoint,
    FromEnvironment,
    certificate,
    credentials,
    read_server_url,
    read_url,
)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8332", "127.0.0.1:8332"),
        ("http://localhost", "localhost:8332"),
        ("http://localhost:0", "localhost:0"),
        ("http://[::1]:18443/", "[::1]:18443"),
        ("http://192.168.1.5:8332", "192.168.1.5:8332"),
        ("http://10.0.0.1:1", "10.0.0.1:1"),
        ("http://abcdef.onion:8332", "abcdef.onion:8332"),
        ("https://node.example.org:443", "node.example.org:443"),
    ],
)
def test_a_node_may_be_near_or_behind_tls(url: str, shown: str) -> None:
    assert str(read_url(url)) == shown


@pytest.mark.parametrize("url", ["http://node.example.org:8332", "http://8.8.8.8:8332"])
def test_a_password_in_clear_over_the_internet_must_be_meant(url: str) -> None:
    with pytest.raises(UsageError, match="in clear"):
        read_url(url)
    assert read_url(url, insecure=True).port == 8332


@pytest.mark.parametrize("url", ["http://me:hunter2@127.0.0.1:8332", "http://me@127.0.0.1"])
def test_a_url_holds_no_password(url: str) -> None:
    with pytest.raises(UsageError, match="holds a user or password") as refused:
        read_url(url)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8332", "ftp://127.0.0.1", "http://", "http://127.0.0.1:x",
                                 "http://127.0.0.1/wallet/a", "http://127.0.0.1:8332?x=1"])  # fmt: skip
def test_what_is_no_url_of_a_node(url: str) -> None:
    with pytest.raises(UsageError, match="the url"):
        read_url(url)


def test_a_cookie_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / ".cookie"
    with pytest.raises(CannotWork, match="no cookie at"):
        Cookie(path).read()
    path.write_text("__cookie__:abc\n")
    assert Cookie(path).read() == b"__cookie__:abc"
    for wrong in ("secret", "a:b\nc:d", "x" * 2000 + ":"):
        path.write_text(wrong)
        with pytest.raises(CannotWork, match="is not a cookie of bitcoind's") as refused:
            Cookie(path).read()
        assert wrong not in str(refused.value)


def test_a_variable_is_user_and_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_RPC", "me:secret")
    assert credentials(None, "env:NODE_RPC").read() == b"me:secret"
    for value, said in (("secret", "is not user:password"), ("", "is not set")):
        monkeypatch.setenv("NODE_RPC", value)
        with pytest.raises(CannotWork, match=said):
            FromEnvironment("NODE_RPC").read()


def test_a_cookie_may_lie_in_the_home_folder() -> None:
    assert credentials("~/.cookie", None) == Cookie(Path.home() / ".cookie")


@pytest.mark.parametrize(("cookie", "auth"), [(None, None), ("a", "env:B"), (None, "me:secret"), (None, "env:")])
def test_one_of_cookie_and_variable_is_named(cookie: str | None, auth: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        credentials(cookie, auth)
    assert "secret" not in str(refused.value)


SERVERS = {"tcp": (50001, False), "ssl": (50002, True)}
EXPLORERS = {"http": (80, False), "https": (443, True)}


@pytest.mark.parametrize(("url", "schemes", "wanted"), [
    ("ssl://electrum.test", SERVERS, (Endpoint(True, "electrum.test", 50002), "")),
    ("tcp://127.0.0.1:60001", SERVERS, (Endpoint(False, "127.0.0.1", 60001), "")),
    ("tcp://[::1]", SERVERS, (Endpoint(False, "::1", 50001), "")),
    ("http://10.0.0.7:3000/", EXPLORERS, (Endpoint(False, "10.0.0.7", 3000), "")),
    ("https://explorer.test/testnet/api/", EXPLORERS, (Endpoint(True, "explorer.test", 443), "/testnet/api")),
    ("http://abcdefghij.onion/api", EXPLORERS, (Endpoint(False, "abcdefghij.onion", 80), "/api")),
])  # fmt: skip
def test_a_servers_url_has_a_path_and_a_usual_port(
    url: str, schemes: dict[str, tuple[int, bool]], wanted: tuple[Endpoint, str]
) -> None:
    assert read_server_url(url, schemes) == wanted


@pytest.mark.parametrize(("url", "said"), [
    ("http://explorer.test", "http://explorer.test would show every address of the wallet to the network; use https"),
    ("http://8.8.8.8/api", "would show every address"),
    ("https://me:hunter2@explorer.test", "the url holds a user or password; take them out, and name env:NAME"),
    ("https://explorer.test/api?key=hunter2", "the url must be http://HOST:PORT or https://HOST:PORT"),
    ("https://explorer.test/a b", "the url must be"),
    ("https://explorer.test/#a", "the url must be"),
    ("https://explorer.test:x", "the url is none"),
    ("tcp://127.0.0.1", "the url must be"),
])  # fmt: skip
def test_a_servers_url_that_is_refused(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as refused:
        read_server_url(url, EXPLORERS)
    assert "hunter2" not in str(refused.value)


def test_addresses_in_clear_may_be_meant() -> None:
    assert read_server_url("http://explorer.test", EXPLORERS, insecure=True)[0].secure is False


def test_a_certificate_is_named_by_its_whole_path() -> None:
    assert certificate(None) is None
    assert certificate("~/tls.cert") == Path.home() / "tls.cert"
    with pytest.raises(UsageError, match="by its whole path"):
        certificate("tls.cert")
