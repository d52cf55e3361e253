"""What LND tells, field by field: units, odd values, and what is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.errors import CannotWork
from gitbtc.kinds.registry import built_in
from gitbtc.kinds.validate import violations
from gitbtc.sources.answers import BadAnswer
from gitbtc.sources.lightning import Remembered, channel_id
from gitbtc.sources.lnd import LNCLI, read_from
from gitbtc.sources.recorded import Recorded
from tests.sources.scripted_lightning import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitbtc.sources.snapshot import SourceSnapshot

PUBLIC, PRIVATE, CONFIRMED = "754x1x0", "760x2x1", "765x3x0"
BIG, QUIET, EVIL = "03" + "22" * 32, "02" + "33" * 32, "03" + "44" * 32
LEASED = ("54" * 32, 2)


class Folder:
    """A folder of lncli's answers that a test changes."""

    def __init__(self, place: Path) -> None:
        self.place = place
        for path in (ANSWERS / "lnd-cli").iterdir():
            (place / path.name).write_bytes(path.read_bytes())

    def change(self, name: str, change: Callable[[Any], Any]) -> None:
        """Change an answer in place, or to what `change` gives."""
        path = self.place / f"{name}.json"
        answer = json.loads(path.read_bytes())
        changed = change(answer)
        path.write_text(json.dumps(answer if changed is None else changed))

    def without(self, name: str) -> None:
        (self.place / f"{name}.json").unlink()

    def read(self, known: Remembered | None = None) -> SourceSnapshot:
        return read_from(Recorded(self.place, LNCLI), known or Remembered())


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def named(snapshot: SourceSnapshot, kind: str, field: str = "channel_id") -> dict[str, Any]:
    return {record[field]: record for record in snapshot.records[kind]}


def test_every_record_is_valid(folder: Folder) -> None:
    for name, records in folder.read().records.items():
        kind = built_in(name)
        assert [str(one) for one in violations(kind, records if kind.is_array else [records])] == []


def test_the_chain_and_whose_answers_they_are(folder: Folder) -> None:
    snapshot = folder.read()
    assert snapshot.chain == {"network": "regtest", "block_height": 812, "block_hash": "00000000" + "7e" * 28,
                              "block_time": 1_764_400_000}  # fmt: skip
    assert (snapshot.wallet, snapshot.source) == ("02" + "11" * 32, "lnd")


@pytest.mark.parametrize(
    ("scid", "told"),
    [
        (829_031_767_408_640, "754x1x0"),
        (0, None),
        ((16_000_000 << 40) | 5, None),  # where LND's aliases begin
        ((15_999_999 << 40) | (2**24 - 1 << 16) | 65_535, "15999999x16777215x65535"),
        (2**64 - 1, None),
    ],
)
def test_a_short_channel_id_is_its_place_in_the_chain(scid: int, told: str | None) -> None:
    assert channel_id(scid) == told


def test_a_channel(folder: Folder) -> None:
    channel = named(folder.read(), "channels")[PUBLIC]
    assert channel == {
        "channel_id": PUBLIC, "peer_pubkey": BIG, "peer_alias": "big-router", "capacity_sat": 1_000_000,
        "local_balance_sat": 600_000, "remote_balance_sat": 390_000, "is_active": True, "is_public": True,
        "local_reserve_sat": 10_000, "remote_reserve_sat": 10_500, "unsettled_balance_sat": 5_000, "htlc_count": 1,
        "funding_outpoint": "a1" * 32 + ":0",
    }  # fmt: skip


def test_reserves_of_an_older_release_stand_beside_the_constraints(folder: Folder) -> None:
    def old(answer: Any) -> None:
        for name in ("local_constraints", "remote_constraints", "peer_alias", "zero_conf", "zero_conf_confirmed_scid"):
            del answer["channels"][0][name]

    folder.change("listchannels", old)
    channel = named(folder.read(), "channels")[PUBLIC]
    assert (channel["local_reserve_sat"], channel["remote_reserve_sat"], channel["peer_alias"]) == (77, 77, None)


def test_an_alias_is_a_strangers_word_and_no_identity(folder: Folder) -> None:
    """Texts of errors and escapes, channels of zero confirmations under the numbers that nodes make up."""
    snapshot = folder.read()
    channels, pending = named(snapshot, "channels"), named(snapshot, "pending", "funding_outpoint")
    assert set(channels) == {PUBLIC, PRIVATE, CONFIRMED}
    assert [channels[one]["peer_alias"] for one in (PRIVATE, CONFIRMED)] == [None, None]
    assert pending["c1" * 32 + ":1"] == {
        "funding_outpoint": "c1" * 32 + ":1", "peer_pubkey": EVIL, "state": "opening", "capacity_sat": 300_000,
        "local_balance_sat": 150_000, "remote_balance_sat": 144_340, "limbo_balance_sat": 0,
    }  # fmt: skip

    def confirmed(answer: Any) -> None:
        answer["channels"][2]["zero_conf_confirmed_scid"] = str(770 << 40)
        answer["channels"][1]["peer_alias"] = "é" * 17 + "\x9b2J\u2066!"

    folder.change("listchannels", confirmed)
    channels = named(folder.read(), "channels")
    assert channels["770x0x0"]["peer_alias"] == "ev[31mil node"
    assert channels[PRIVATE]["peer_alias"] == "é" * 16  # 32 bytes


def test_channels_that_open_or_close(folder: Folder) -> None:
    pending = named(folder.read(), "pending", "funding_outpoint")
    told = {name: (one["state"], one["local_balance_sat"], one["limbo_balance_sat"]) for name, one in pending.items()}
    assert told["e1" * 32 + ":0"] == ("opening", 395_660, 0)
    assert told["e2" * 32 + ":1"] == ("force_closing", 150_000, 149_000)
    assert told["e3" * 32 + ":0"] == ("waiting_close", 300_000, 300_000)
    forced, waiting = pending["e2" * 32 + ":1"], pending["e3" * 32 + ":0"]
    assert (forced["closing_txid"], forced["maturity_height"]) == ("f2" * 32, 944)
    assert not {"closing_txid", "maturity_height", "blocks_til_maturity"} & waiting.keys()


def test_what_ended_is_told_by_what_was_closed_or_closes(folder: Folder) -> None:
    field, funded = folder.read().ended["channels"]
    assert field == "funding_outpoint"
    assert {"e9" * 32 + ":0", "e2" * 32 + ":1", "e3" * 32 + ":0"} <= funded
    assert "e1" * 32 + ":0" not in funded
    folder.without("closedchannels")
    snapshot = folder.read()
    assert snapshot.ended == {}
    assert "which channels were closed is not told" in "\n".join(snapshot.notices)


def test_policies_are_of_the_own_side_with_inbound_fees_where_they_are_told(folder: Folder) -> None:
    snapshot = folder.read()
    policies = named(snapshot, "routing")
    assert policies[PUBLIC] == {
        "channel_id": PUBLIC, "base_fee_msat": 1000, "fee_rate_ppm": 250, "time_lock_delta": 80, "min_htlc_msat": 1000,
        "max_htlc_msat": 990_000_000, "inbound_base_fee_msat": -500, "inbound_fee_rate_ppm": -100,
    }  # fmt: skip
    assert policies[PRIVATE] == {
        "channel_id": PRIVATE, "base_fee_msat": 0, "fee_rate_ppm": 9, "time_lock_delta": 144, "min_htlc_msat": 1,
        "max_htlc_msat": 495_000_000,
    }  # fmt: skip
    assert "no policy is announced yet for 765x3x0" in snapshot.notices
    assert set(policies) == {PUBLIC, PRIVATE}  # nor of a channel that is closed
    assert "routing" not in snapshot.complete


@pytest.mark.parametrize("most", ["9223372036854775807", "18446744073709551615"])
def test_a_policy_beyond_all_bitcoin_is_left_out_and_named(folder: Folder, most: str) -> None:
    def odd(answer: Any) -> None:
        answer["channels"][0]["node1_policy"]["max_htlc_msat"] = most

    folder.change("getnodeinfo", odd)
    snapshot = folder.read()
    assert set(named(snapshot, "routing")) == {PRIVATE}
    [notice] = [one for one in snapshot.notices if most in one]
    assert notice.endswith("the policy of 754x1x0 is left out")


def test_a_node_without_a_public_channel_is_in_no_graph(folder: Folder) -> None:
    error = {"error": {"code": 5, "message": "unable to find node"}}
    folder.change("getnodeinfo", lambda _: error)
    assert set(named(folder.read(), "routing")) == {PRIVATE}
    folder.without("getnodeinfo")
    snapshot = folder.read()
    assert "routing" not in snapshot.records
    assert "lncli getnodeinfo --include_channels --pub_key 0211" in "\n".join(snapshot.notices)


def test_peers_have_the_address_that_they_announce_not_the_port_they_called_from(folder: Folder) -> None:
    snapshot = folder.read()
    peers = named(snapshot, "peers", "pubkey")
    assert {key: one["address"] for key, one in peers.items()} == {
        BIG: "203.0.113.9:9735", QUIET: "quiet" * 11 + "e.onion:9735",
    }  # fmt: skip
    assert (peers[QUIET]["alias"], peers[QUIET]["connected"]) == ("quietone", True)
    assert snapshot.notices[-1] == "1 peer that connected to this node, and announced no address, left out"
    caller = "03" + "66" * 32
    known = Remembered(peers={caller: {"address": "192.0.2.66:9735"}})
    assert named(folder.read(known), "peers", "pubkey")[caller]["address"] == "192.0.2.66:9735"


def test_coins_with_what_is_leased(folder: Folder) -> None:
    coins = {(one["txid"], one["vout"]): one for one in folder.read().records["utxos"]}
    told = {place: (one["amount_sat"], one["script_type"], one["block_height"]) for place, one in coins.items()}
    assert told == {
        ("51" * 32, 0): (250_000, "p2wpkh", 801),
        ("52" * 32, 1): (70_000, "p2tr", None),
        ("53" * 32, 7): (33_000, "p2sh", 213),
        LEASED: (125_000, "p2wpkh", None),
    }
    known = Remembered(coins={LEASED: coins[LEASED] | {"block_height": 790}})
    again = {(one["txid"], one["vout"]): one for one in folder.read(known).records["utxos"]}
    assert again[LEASED]["block_height"] == 790


def test_a_lease_of_a_release_that_tells_only_its_place_keeps_the_coin(folder: Folder) -> None:
    def old(answer: Any) -> None:
        del answer[0]["value"], answer[0]["pk_script"]

    coin = next(one for one in folder.read().records["utxos"] if one["txid"] == LEASED[0])
    folder.change("listleases", old)
    assert coin in folder.read(Remembered(coins={LEASED: coin})).records["utxos"]
    snapshot = folder.read()
    assert len(snapshot.records["utxos"]) == 3
    assert any("what is leased is not told" in one for one in snapshot.notices)


def test_a_lease_is_a_reservation_until_it_ends(folder: Folder) -> None:
    [event] = folder.read().records["execution"]
    assert event["agent"] == "lnd"
    assert event["outpoints"] == ["54" * 32 + ":2"]
    assert (event["event_type"], event["expires_height"]) == ("reserve", 815)  # 1500 s are three blocks
    assert "execution" not in folder.read(Remembered(events=(event,))).records  # said once
    folder.change("listleases", lambda _: [])
    # Spent, or another node's: it says nothing of it.
    assert "execution" not in folder.read(Remembered(events=(event,))).records
    free = {"address_type": 0, "address": "", "amount_sat": 125_000, "pk_script": "0014" + "4d" * 20,
            "outpoint": "54" * 32 + ":2", "confirmations": 20}  # fmt: skip
    folder.change("listunspent", lambda answer: answer["utxos"].append(free))
    [ended] = folder.read(Remembered(events=(event,))).records["execution"]
    assert (ended["event_type"], ended["outpoints"], ended["seq"]) == ("release", event["outpoints"], 2)
    assert ended["timestamp"] > event["timestamp"]
    assert "execution" not in folder.read(Remembered(events=(event, ended))).records


def test_a_lease_that_outlives_its_reservation_is_reserved_again(folder: Folder) -> None:
    [event] = folder.read().records["execution"]
    [again] = folder.read(Remembered(events=({**event, "expires_height": 811},))).records["execution"]
    assert (again["event_type"], again["expires_height"]) == ("reserve", 815)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("getinfo", lambda info: info.update(synced_to_chain=False), "lnd has not caught up with the chain"),
        ("getinfo", lambda info: info.update(chains=[{"network": "simnet"}]), "'simnet' is not a network"),
        ("listchannels", lambda it: it["channels"][0].update(capacity="-1"), "capacity: is -1"),
        ("listchannels", lambda it: it["channels"][0].update(local_balance=1.5), "local_balance: is not an integer"),
        ("listchannels", lambda it: it["channels"][0].update(local_balance=True), "local_balance: is not an integer"),
        ("listchannels", lambda it: it["channels"][0].update(channel_point="x"), "channel_point: is not txid:vout"),
        ("listchannels", lambda it: it["channels"][0].update(remote_pubkey="05" * 33), "is not the key of a node"),
        ("listunspent", lambda it: it["utxos"][0].update(pk_script="zz"), "the script is not hex"),
    ],
)
def test_what_cannot_be_is_refused_and_named(folder: Folder, name: str, change: Any, said: str) -> None:
    folder.change(name, change)
    with pytest.raises((BadAnswer, CannotWork), match=said):
        folder.read()


def test_a_graph_that_lags_is_mentioned(folder: Folder) -> None:
    folder.change("getinfo", lambda info: info.update(synced_to_graph=False))
    assert folder.read().notices[0].startswith("lnd has not caught up with the graph")


def test_a_file_that_is_missing_leaves_its_kinds_alone(folder: Folder) -> None:
    for name in ("listchannels", "listpeers", "listunspent", "pendingchannels"):
        folder.without(name)
    assert set(folder.read().records) == {"chain"}
    folder.without("getinfo")
    with pytest.raises(BadAnswer, match=r"getinfo.json is missing; record it with `lncli getinfo`"):
        folder.read()
