"""The file that names the sources: it is committed, so no secret may stand in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gitbtc.errors import CannotWork, UsageError
from gitbtc.sources.chain_server import Server
from gitbtc.sources.configured import PATH, Configured, chosen, read
from gitbtc.sources.core_node import CoreNode
from gitbtc.sources.electrum_server import ElectrumServer
from gitbtc.sources.endpoints import Cookie, Endpoint, FromEnvironment, NodeAccess
from gitbtc.sources.esplora_server import EsploraServer
from gitbtc.sources.scan_node import ScanNode

NODE = 'kind = "bitcoin-core"\nurl = "http://127.0.0.1:8332"\n'


def access(source: Configured) -> NodeAccess:
    assert isinstance(source.program, CoreNode)
    return source.program.access


def write(top: Path, text: str) -> Path:
    (top / PATH).parent.mkdir(exist_ok=True)
    (top / PATH).write_text(text)
    return top


def test_a_source_names_its_node_and_its_root(tmp_path: Path) -> None:
    text = f'[treasury]\n{NODE}wallet = "main vault"\nroot = "books"\ncookie = "~/.bitcoin/.cookie"\n'
    source = read(write(tmp_path, text))["treasury"]
    assert (access(source).wallet, source.root) == ("main vault", tmp_path / "books")
    assert access(source).credentials == Cookie(Path.home() / ".bitcoin/.cookie")


def test_the_password_may_come_from_the_environment(tmp_path: Path) -> None:
    source = read(write(tmp_path, f'[a]\n{NODE}auth = "env:A_RPC"\n'))["a"]
    assert (access(source).credentials, access(source).wallet) == (FromEnvironment("A_RPC"), None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'[a]\n{NODE}auth = "env:A"\ncolour = "red"\n', "a: unknown key colour; it takes kind, url"),
        (f'[a]\n{NODE}password = "hunter2"\n', "a: unknown key password; no secret belongs into this file"),
        (f'[a]\n{NODE}macaroon = "hunter2"\n', "a: unknown key macaroon; no secret belongs"),
        (f'[a]\n{NODE}auth = "me:hunter2"\n', "a: auth must be env:NAME"),
        (
            '[a]\nkind = "bitcoin-core"\nurl = "http://me:hunter2@127.0.0.1"\nauth = "env:A"\n',
            "a: the url holds a user",
        ),
        ('[a]\nkind = "bitcoin-core"\nurl = "http://8.8.8.8:8332"\nauth = "env:A"\n', "a: http://8.8.8.8 would carry"),
        (f'[a]\n{NODE}cookie = "secrets/.cookie"\n', "a: the cookie lies in the work tree"),
        (f'[a]\n{NODE}cookie = "x/../../{{top}}/.cookie"\n', "a: the cookie lies in the work tree"),
        (f'[a]\n{NODE}cookie = "~nobody-of-that-name/.cookie"\n', "a: ~nobody-of-that-name is nobody's home folder"),
        (f'[a]\n{NODE}cookie = "a\\u0000b"\n', "a: cookie must be text"),
        (f"[a]\n{NODE}", "a: name one of a cookie's path"),
        ('[a]\nurl = "http://127.0.0.1"\n', "a: kind is missing"),
        ('[a]\nkind = "eclair"\nurl = "http://127.0.0.1"\nauth = "env:A"\n', "a: kind must be bitcoin-core"),
        (f'[a]\n{NODE}auth = "env:A"\nwallet = 5\n', "a: wallet must be text"),
        (f'[a]\n{NODE}auth = "env:A"\ninsecure = "yes"\n', "a: insecure must be true or false"),
        (f'[a]\n{NODE}auth = "env:A"\nroot = "../elsewhere"\n', "a: root is not in this repository"),
        ("a = 5\n", "a: is not a table"),
        ("[a\nhunter2", "not TOML"),
        ("[a]\nx = \xff", "not TOML"),
        ("", "names no source"),
    ],
)
def test_what_does_not_belong_there_is_refused_and_never_shown(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, "")
    (tmp_path / PATH).write_bytes(text.replace("{top}", tmp_path.name).encode("latin-1"))
    with pytest.raises(UsageError) as refused:
        chosen(tmp_path, ())
    assert str(refused.value).startswith(f"{PATH}: {said}" if said != "names no source" else f"{PATH} {said}")
    assert "hunter2" not in str(refused.value)


def test_a_cookie_behind_a_link_into_the_work_tree_lies_in_it(tmp_path: Path) -> None:
    top = tmp_path / "top"
    (top / "secrets").mkdir(parents=True)
    (tmp_path / "link").symlink_to(top / "secrets")
    write(top, f'[a]\n{NODE}cookie = "{tmp_path}/link/.cookie"\n')
    with pytest.raises(UsageError, match="the cookie lies in the work tree"):
        read(top)


def test_a_folder_in_the_files_place_is_one_message(tmp_path: Path) -> None:
    (tmp_path / PATH).mkdir(parents=True)
    with pytest.raises(CannotWork, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_a_password_in_clear_may_be_meant(tmp_path: Path) -> None:
    text = '[a]\nkind = "bitcoin-core"\nurl = "http://8.8.8.8:8332"\nauth = "env:A"\ninsecure = true\n'
    assert str(access(read(write(tmp_path, text))["a"]).endpoint) == "8.8.8.8:8332"


def test_sources_are_chosen_by_name(tmp_path: Path) -> None:
    write(tmp_path, "".join(f'[{name}]\n{NODE}auth = "env:A"\n' for name in ("b", "a")))
    assert [source.name for source in chosen(tmp_path, ())] == ["b", "a"]
    assert [source.name for source in chosen(tmp_path, ("a",))] == ["a"]
    with pytest.raises(UsageError, match="has no source c; it has b, a"):
        chosen(tmp_path, ("c",))
    assert read(tmp_path / "nowhere") == {}


def test_servers_of_the_chain_are_sources_too(tmp_path: Path) -> None:
    text = (
        '[a]\nkind = "esplora"\nurl = "https://explorer.test/api"\nauth = "env:A"\n'
        '[b]\nkind = "electrum"\nurl = "ssl://127.0.0.1"\ncert = "/etc/electrs.pem"\nroot = "books"\n'
        '[c]\nkind = "scan"\nurl = "http://127.0.0.1:8332"\ncookie = "~/.bitcoin/.cookie"\n'
    )
    esplora, electrum, scan = (source.program for source in read(write(tmp_path, text)).values())
    assert isinstance(esplora, EsploraServer)
    assert (esplora.server.base, esplora.server.login) == ("/api", FromEnvironment("A"))
    assert isinstance(electrum, ElectrumServer)
    assert (electrum.server.endpoint.port, electrum.server.certificate) == (50002, Path("/etc/electrs.pem"))
    assert isinstance(scan, ScanNode)
    assert (scan.access.name, scan.access.wallet) == ("c", None)


@pytest.mark.parametrize(("text", "said"), [
    ('kind = "electrum"\nurl = "ssl://127.0.0.1"\nauth = "env:A"\n', "a: unknown key auth; it takes kind, url, cert"),
    ('kind = "esplora"\n', "a: url is missing"),
    ('kind = "esplora"\nurl = "https://explorer.test"\nauth = "ann:hunter2"\n', "a: auth must be env:NAME"),
    ('kind = "esplora"\nurl = "https://explorer.test"\ncert = "~nobody-of-that-name/a"\n', "is nobody's home folder"),
    ('kind = "lnd"\nurl = "https://h"\nmacaroon = "env:A"\ncert = "~nobody-of-that-name/a"\n', "nobody's home folder"),
    ('kind = "esplora"\nurl = "https://explorer.test"\ntoken = "hunter2"\n', "no secret belongs into this file"),
    ('kind = "electrum"\nurl = "ssl://127.0.0.1/api"\n', "a: the url must be ssl://HOST:PORT or tcp://HOST:PORT"),
    ('kind = "electrum"\nurl = "tcp://electrum.test"\n', "a: tcp://electrum.test would show every address"),
    ('kind = "scan"\nurl = "http://127.0.0.1"\nwallet = "w"\nauth = "env:A"\n', "a: unknown key wallet"),
])  # fmt: skip
def test_what_a_server_does_not_take_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as refused:
        read(write(tmp_path, f"[a]\n{text}"))
    assert "hunter2" not in str(refused.value)


def test_a_server_of_somebody_else_is_told_of_before_it_is_asked() -> None:
    said: list[str] = []
    for host in ("example.org", "8.8.8.8", "127.0.0.1", "10.1.2.3", "explorer.onion", "localhost"):
        Server("explorer", Endpoint(secure=True, host=host, port=443)).warn(said.append)
    assert said == [
        "explorer: this tells example.org every address of this wallet",
        "explorer: this tells 8.8.8.8 every address of this wallet",
    ]
