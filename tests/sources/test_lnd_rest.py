"""An LND over HTTPS: what it answers is what lncli prints of it, and whatever it does wrong is one message."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork
from gitbtc.sources import lnd
from gitbtc.sources.asking import Call, Inconsistent, LoginRefused, Patience
from gitbtc.sources.endpoints import SecretText, read_url
from gitbtc.sources.lightning import Remembered
from gitbtc.sources.lnd_rest import ALLOWED, LndRest
from gitbtc.sources.recorded import Recorded
from gitbtc.sources.recording import record
from tests.self_signed import self_signed
from tests.sources import scripted_lightning as script
from tests.sources.scripted_lightning import ANSWERS, ScriptedLnd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sources.scripted_lightning import Fault

STARTING = "the RPC server is in the process of starting up, but not yet ready to accept calls"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[ScriptedLnd]:
    folder = tmp_path / "lnd"
    folder.mkdir()
    with ScriptedLnd(folder) as running:
        yield running


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


def asker(node: ScriptedLnd, certificate: Path | None = None, **patience: float) -> LndRest:
    macaroon = SecretText("macaroon", node.macaroon_file)
    return LndRest(
        "hub", read_url(node.url), macaroon, certificate or node.certificate, replace(Patience(), **patience)
    )


def refusal(asked: LndRest) -> str:
    with pytest.raises(CannotWork) as refused:
        lnd.read_from(asked, Remembered())
    assert refused.value.status == 3
    assert len(str(refused.value).splitlines()) == 1
    assert script.MACAROON.hex() not in str(refused.value)
    return str(refused.value)


def test_both_doors_tell_the_same(node: ScriptedLnd) -> None:
    """Base64 and objects over REST, hex and words from lncli; scids as chan_id, or beside the 32 bytes of BOLT 2."""
    live = lnd.read_from(asker(node), Remembered())
    printed = lnd.read_from(Recorded(ANSWERS / "lnd-cli", lnd.LNCLI), Remembered())
    assert live == printed
    assert {"channels", "pending", "routing", "peers", "utxos", "execution", "chain"} == set(live.records)


def test_a_txid_in_bytes_lies_the_other_way_round(node: ScriptedLnd) -> None:
    told = bytes(range(32))
    lease = {
        "id": base64.b64encode(b"\xed" * 32).decode(), "expiration": "1764401500", "value": "5000",
        "pk_script": base64.b64encode(b"\0\x14" + b"M" * 20).decode(),
        "outpoint": {"txid_bytes": base64.b64encode(told).decode(), "txid_str": "", "output_index": 3},
    }  # fmt: skip
    node.overrides["listleases"] = {"locked_utxos": [lease]}
    records = lnd.read_from(asker(node), Remembered()).records
    [event] = records["execution"]
    assert event["outpoints"] == [f"{told[::-1].hex()}:3"]
    assert event["note"] == f"leased in lnd ({'ed' * 8})"
    assert (told[::-1].hex(), 3) in {(coin["txid"], coin["vout"]) for coin in records["utxos"]}


def test_what_is_recorded_says_the_same(node: ScriptedLnd, tmp_path: Path) -> None:
    live = lnd.read_from(asker(node), Remembered())
    record(asker(node), tmp_path / "kept", lambda asked: lnd.read_from(asked, Remembered()), lnd.LNCLI)
    assert lnd.read_from(Recorded(tmp_path / "kept", lnd.LNCLI), Remembered()) == live
    assert not [path for path in (tmp_path / "kept").iterdir() if script.MACAROON.hex() in path.read_text()]


def test_nothing_is_asked_that_writes(node: ScriptedLnd) -> None:
    lnd.read_from(asker(node), Remembered())
    asked = {request.partition(" ")[0] for request in node.log}
    posted = {request for request in node.log if request.startswith("POST")}
    assert asked == {"GET", "POST"}
    assert posted == {"POST /v2/wallet/utxos", "POST /v2/wallet/utxos/leases"}
    assert {path for method, path, _ in ALLOWED.values() if method == "POST"} == {one[5:] for one in posted}
    with pytest.raises(ValueError, match="updatechanpolicy is not among"):
        asker(node).ask([Call("updatechanpolicy")])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (script.cut, "broke off after 0 of 1 answers"),
        (script.page, "does not answer as lnd does"),
        (script.login, "does not answer as lnd does (a proxy's page?): HTTP 401 without JSON"),
        (script.compressed, "compresses its answers"),
        (script.huge, "larger than 32 MiB"),
        (script.refusing(2, "wallet locked, unlock it to enable full RPC access"), "its wallet is locked"),
        (script.refusing(2, STARTING), "it is still starting"),
        (script.refusing(2, "waiting to start, RPC services not available"), "waits to become leader"),
        (script.refusing(16, "cannot determine data format of binary-encoded macaroon"), "refused the macaroon "),
        (script.refusing(2, "verification failed: signature mismatch"), "refused the macaroon "),
        (script.refusing(2, "permission denied"), "does not allow getinfo by the macaroon "),
    ],
)  # fmt: skip
def test_a_fault_is_one_message(node: ScriptedLnd, fault: Fault, said: str) -> None:
    node.faults = [None, fault]
    told = refusal(asker(node))
    assert told.startswith("hub: ")
    assert said in told


@pytest.mark.parametrize("fault", [script.hang, script.drip])
def test_a_deadline_ends_what_does_not(node: ScriptedLnd, fault: Fault) -> None:
    node.faults = [fault]
    assert refusal(asker(node, answer=0.3)).endswith("gave no whole answer within 0.3 s")


def test_another_certificate_is_not_trusted(node: ScriptedLnd, tmp_path: Path) -> None:
    other = self_signed(tmp_path).certificate
    assert "is not proved by" in refusal(asker(node, other))
    assert node.log == []
    (tmp_path / "text.cert").write_text("hello")
    assert "no certificate can be read" in refusal(asker(node, tmp_path / "text.cert"))
    assert "no certificate can be read" in refusal(asker(node, tmp_path / "absent.cert"))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("LOCKED", "its wallet is locked; unlock it (lncli unlock)"),
        ("NON_EXISTING", "it has no wallet yet (lncli create)"),
        ("WAITING_TO_START", "lnd waits to become leader of its cluster"),
        ("RPC_ACTIVE", "it is still starting (RPC_ACTIVE)"),
    ],
)
def test_only_an_active_server_is_read(node: ScriptedLnd, state: str, said: str) -> None:
    node.overrides["state"] = {"state": state}
    assert refusal(asker(node, start=0)) == f"hub: {said}"
    assert node.log == ["GET /v1/state"]


def test_one_that_starts_is_waited_for(node: ScriptedLnd) -> None:
    def starting(handler: script.LndHandler) -> None:
        handler.reply(200, b'{"state": "UNLOCKED"}')

    node.faults = [starting, starting]
    told: list[str] = []
    macaroon = SecretText("macaroon", node.macaroon_file)
    asked = LndRest("hub", read_url(node.url), macaroon, node.certificate, Patience(), told.append)
    assert lnd.read_from(asked, Remembered()).tip == 812
    assert told == ["hub: it is starting (UNLOCKED)"]


def test_a_release_without_states_is_read(node: ScriptedLnd) -> None:
    node.overrides["state"] = (404, {"code": 5, "message": "Not Found", "details": []})
    assert lnd.read_from(asker(node), Remembered()).tip == 812


def test_a_block_in_between_is_another_moment(node: ScriptedLnd) -> None:
    def moved(handler: script.LndHandler) -> None:
        _, info = node.answer("GET /v1/getinfo")
        handler.reply(200, json.dumps({**info, "block_hash": "ab" * 32}).encode())

    quiet = len(asker(node).ask([Call("getinfo")]))
    assert quiet == 1
    lnd.read_from(asker(node), Remembered())
    requests = len(node.log) - 2
    node.faults = [None] * (requests - 1) + [moved]
    with pytest.raises(Inconsistent):
        lnd.read_from(asker(node), Remembered())


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no macaroon can be read from"), (b"", "holds no macaroon"), (b"x" * 20_000, "holds no")],
)
def test_a_macaroon_that_is_none_is_told(node: ScriptedLnd, content: bytes | None, said: str) -> None:
    if content is None:
        node.macaroon_file.unlink()
    else:
        node.macaroon_file.write_bytes(content)
    assert said in refusal(asker(node))


def test_a_macaroon_may_be_hex_in_a_file_or_a_variable(node: ScriptedLnd, monkeypatch: pytest.MonkeyPatch) -> None:
    node.macaroon_file.write_text(script.MACAROON.hex() + "\n")
    assert lnd.read_from(asker(node), Remembered()).tip == 812
    monkeypatch.setenv("A_MACAROON", script.MACAROON.hex())
    asked = LndRest("hub", read_url(node.url), SecretText("macaroon", variable="A_MACAROON"), node.certificate)
    assert lnd.read_from(asked, Remembered()).tip == 812
    monkeypatch.setenv("A_MACAROON", "not hex")
    asked = LndRest("hub", read_url(node.url), SecretText("macaroon", variable="A_MACAROON"), node.certificate)
    assert "is not hex" in refusal(asked)


def test_a_refused_login_is_no_fault_of_a_moment(node: ScriptedLnd) -> None:
    node.macaroon = b"another"
    with pytest.raises(LoginRefused):
        lnd.read_from(asker(node), Remembered())
