"""What opens the RPC interface of a node."""

from __future__ import annotations

import hmac
import random
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.keys.forms import rpc

COOKIE = "5f4dcc3b5aa765d61d8327deb882cf99" * 2


def found(text: str) -> list[tuple[str, str]]:
    return [(form.name, secret.decode()) for _, form, secret in rpc.find(text.encode())]


@pytest.mark.parametrize(
    "text", ["{}", "curl -u {} http://127.0.0.1:8332", "'{}'", "http://{}@127.0.0.1:8332/", "main{}note"]
)
def test_the_cookie_is_found(text: str) -> None:
    assert found(text.format(f"__cookie__:{COOKIE}")) == [(rpc.COOKIE.name, COOKIE)]


@pytest.mark.parametrize(
    "text", ["__cookie__", "__cookie__:", f"__cookie__:{COOKIE[1:]}", f"__cookie__:{COOKIE}0", "__cookie__:{cookie}"]
)
def test_a_mention_of_the_cookie_is_none(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    ["rpcuser=a\nrpcpassword={}\n", "rpcpassword = {}", "bitcoind -rpcpassword={} -server", "--rpcpassword={}",
     'bitcoin-cli -rpcpassword="{}"', '{{"rpcpassword": "{}"}}', "rpcpassword: {}", "bitcoind.rpcpass={}",
     "BITCOIN_RPC_PASSWORD='{}'",
     "main.rpcpassword={}", "{{'rpcpassword':'{}'}}", "rpcpass={}\\n"],
)  # fmt: skip
@pytest.mark.parametrize(
    "password", ["hunter2", "mH5xNaEL-2_3kXfUEqR6b0OaLVN7IoxU=", "12345678", "correct.horse", "p4ss,w0rd!"]
)
def test_a_password_is_found(text: str, password: str) -> None:
    assert found(text.format(password)) == [(rpc.PASSWORD.name, password)]


def test_a_password_with_spaces_is_found_in_quotes() -> None:
    assert found('rpcpassword="two words"') == [(rpc.PASSWORD.name, "two words")]


@pytest.mark.parametrize(
    "value",
    ["", " ", "<password>", "<pw>", "$RPC_PASSWORD", "${RPC_PASSWORD}", "$(cat pw)", "%s", "%(password)s", "{password}",
     "{{ rpc_password }}", "xxx", "XXXXXXXX", "***", "...", "\u2026", "password", "PASSWORD", "your_password",
     "YOURPASSWORD",
     "changeme", "rpc_password", "self.rpcpassword,", "password)", "os.environ['PW'],", "getenv(", "config.rpc_pass",
     "None,",
     "&lt;password&gt;", "`", "your-strong-password", "[password]", "!secret rpc", "%RPC_PASSWORD%"],
)  # fmt: skip
def test_a_place_to_fill_in_is_no_password(value: str) -> None:
    for text in (f"rpcpassword={value}", f"-rpcpassword={value}\n", f"set `rpcpassword={value}` in bitcoin.conf"):
        assert found(text) == [], text


@pytest.mark.parametrize(
    "text",
    ["rpcpassword", 'GetArg("-rpcpassword", "")', "rpcpassword::check", "rpcpassword := read()", "corpcpass=abc"],
)
def test_a_mention_of_the_option_is_none(text: str) -> None:
    assert found(text) == []


def rpcauth(user: str, password: str, made: random.Random) -> str:
    """What Bitcoin Core's share/rpcauth makes of a user's password: salt, and HMAC-SHA256 keyed with it."""
    salt = made.randbytes(16).hex()
    return f"{user}:{salt}${hmac.new(salt.encode(), password.encode(), 'sha256').hexdigest()}"


def test_rpcauth_is_found() -> None:
    made = random.Random(2)
    for number in range(1000):
        line = rpcauth(f"user{number}", secrets.token_hex(8), made)
        assert found(f"rpcauth={line}\n") == [(rpc.AUTH.name, line)]
        assert found(f'{{"-rpcauth": "{line}"}}') == [(rpc.AUTH.name, line)]


@pytest.mark.parametrize(
    "text", ["rpcauth=", "rpcauth=<user>:<salt>$<hash>", "rpcauth=alice:ab$cd", "rpcauth=USERNAME:SALT$HASH"]
)
def test_a_mention_of_rpcauth_is_none(text: str) -> None:
    assert found(text) == []


@given(
    st.lists(st.sampled_from(["rpcpassword", "rpcauth", "=", ":", "__cookie__:", "$", '"', "a", "\0", " ", "<", ">"]))
)
def test_any_text_is_read(parts: list[str]) -> None:
    for _, secret in found("".join(parts)):
        assert secret


@pytest.mark.parametrize(
    "unit", ["rpcpassword=<", "rpcpassword=a.", "rpcauth=", 'rpcpassword="', "__cookie__:", "rpcpassword=your-your-"]
)
def test_a_text_of_one_thing_repeated_is_read_to_its_end(unit: str) -> None:
    found(unit * (2**19 // len(unit)))


@pytest.mark.parametrize(
    "line",
    ['args = append(args, fmt.Sprintf("--bitcoind.rpcpass=%v", b.rpcPass))', "cfg.RPCPass = testPassword",
     'if line.startswith("rpcpassword="):', "grep -qs '^rpcpassword=' \"$F\" ; then", "-rpcpassword=REPLACEME -server",
     'conf.write("rpcpassword=" + password + "\\n")', 'sed -i "s/^rpcpassword=.*/rpcpassword=$P/" bitcoin.conf',
     'x = "-rpcpassword=" + secret', "rpcpassword=CHANGE_ME"],
)  # fmt: skip
def test_a_program_that_names_the_option_holds_none(line: str) -> None:
    assert found(line) == []


@pytest.mark.parametrize(
    "text",
    ['url = "http://alice:{}@127.0.0.1:8332"', "BITCOIND_URL=http://bob:{}@10.0.0.5:8332/wallet/x", "x: https://l:{}@[::1]:1/",
     '{{"rpc":"https:\\/\\/lnd:{}@node.example.org:8080"}}'],
)  # fmt: skip
def test_a_password_in_a_url_is_found(text: str) -> None:
    assert found(text.format("mH5xNaEL-2_3k")) == [(rpc.URL.name, "mH5xNaEL-2_3k")]


@pytest.mark.parametrize(
    "url",
    [
        "http://user:pass@localhost:8332",
        "http://user:password@localhost",
        "http://$USER:$PASS@localhost",
        "http://<user>:<password>@host",
        "http://{user}:{password}@{host}",
        "ssh://git@example.org:22/x.git",
        "https://example.org:8443/@alice",
        "http://${RPCUSER}:${RPCPASS}@bitcoind:8332",
        "http://alice:***@127.0.0.1",
    ],
)
def test_a_url_without_a_password_is_none(url: str) -> None:
    assert found(f'url = "{url}"') == []


@pytest.mark.parametrize(
    "text",
    ['{{"bitcoind_config": {{"addr": "127.0.0.1:8332", "auth": "liana:{}"}}}}',
     'addr = "127.0.0.1:8332"\nauth = "u:{}"\n',
     '{{\n  "auth": "liana:{}",\n  "addr": "127.0.0.1:8332"\n}}'],
)  # fmt: skip
def test_the_auth_beside_a_nodes_address_is_found(text: str) -> None:
    assert found(text.format("mH5xNaEL-2_3k")) == [(rpc.PASSWORD.name, "mH5xNaEL-2_3k")]


@pytest.mark.parametrize(
    "text",
    ['{"addr": "127.0.0.1:8332", "auth": null}', 'addr="x"\ncookie_path="y"', 'auth = "basic:of something else"'],
)
def test_another_auth_is_none(text: str) -> None:
    assert found(text) == []


def test_electrs_keeps_the_same_beside_another_name_of_an_address() -> None:
    assert list(rpc.find(b'auth = "alice:pw9931xx"\ndaemon_rpc_addr = "127.0.0.1:8332"\n'))
