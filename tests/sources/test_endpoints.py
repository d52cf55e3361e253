"""Where a node may be, and where its password may come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitbtc.errors import CannotWork, UsageError
from gitbtc.sources.endpoints import Cookie, FromEnvironment, credentials, read_url


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
