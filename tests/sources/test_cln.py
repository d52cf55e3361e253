"""What Core Lightning tells, field by field: units, odd values, and what is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.errors import CannotWork
from gitbtc.kinds.registry import built_in
from gitbtc.kinds.validate import violations
from gitbtc.sources.cln import LIGHTNING_CLI, read_from
from gitbtc.sources.lightning import Remembered
from gitbtc.sources.recorded import Recorded
from tests.sources.scripted_lightning import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitbtc.sources.snapshot import SourceSnapshot

NOW = 1_764_400_000
NORMAL, SPLICING, SILENT = "754x1x0", "760x2x1", "765x3x0"
BIG, QUIET, EVIL, CALLER = "03" + "22" * 32, "02" + "33" * 32, "03" + "44" * 32, "03" + "66" * 32
U64 = 2**64 - 1


class Folder:
    """A folder of lightning-cli's answers that a test changes."""

    def __init__(self, place: Path) -> None:
        self.place = place
        for path in (ANSWERS / "cln").iterdir():
            (place / path.name).write_bytes(path.read_bytes())

    def change(self, name: str, change: Callable[[Any], Any]) -> None:
        path = self.place / f"{name}.json"
        answer = json.loads(path.read_bytes())
        change(answer)
        path.write_text(json.dumps(answer))

    def channel(self, place: int, **fields: Any) -> None:
        """Change fields of a channel; None takes one out."""

        def change(answer: Any) -> None:
            row = answer["channels"][place]
            row.update(fields)
            for name in [name for name, value in fields.items() if value is None]:
                del row[name]

        self.change("listpeerchannels", change)

    def read(self, known: Remembered | None = None) -> SourceSnapshot:
        return read_from(Recorded(self.place, LIGHTNING_CLI), known or Remembered(), NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def named(snapshot: SourceSnapshot, kind: str, field: str = "channel_id") -> dict[str, Any]:
    return {record[field]: record for record in snapshot.records[kind]}


def test_every_record_is_valid(folder: Folder) -> None:
    for name, records in folder.read().records.items():
        assert [str(one) for one in violations(built_in(name), records)] == []


def test_a_height_is_all_that_it_tells_of_the_chain(folder: Folder) -> None:
    snapshot = folder.read()
    assert "chain" not in snapshot.records
    assert (snapshot.network, snapshot.tip, snapshot.time, snapshot.wallet) == ("regtest", 812, NOW, "03" + "12" * 32)


def test_a_channel_with_payments_under_way(folder: Folder) -> None:
    """What is on its way is its sender's still in to_us_msat; each part is rounded down."""
    channel = named(folder.read(), "channels")[NORMAL]
    assert channel == {
        "channel_id": NORMAL, "peer_pubkey": BIG, "peer_alias": "big-router", "capacity_sat": 1_000_000,
        "local_balance_sat": (600_000_999 - 4_000_082) // 1000, "remote_balance_sat": (399_999_001 - 1000) // 1000,
        "unsettled_balance_sat": (4_000_082 + 1000) // 1000, "htlc_count": 2, "is_active": True, "is_public": True,
        "local_reserve_sat": 10_000, "remote_reserve_sat": 10_500, "funding_outpoint": "a1" * 32 + ":0",
        "bolt2_id": "ca" * 32,
    }  # fmt: skip
    parts = channel["local_balance_sat"] + channel["remote_balance_sat"] + channel["unsettled_balance_sat"]
    assert parts <= channel["capacity_sat"]


def test_without_payments_the_two_sides_are_rounded_down(folder: Folder) -> None:
    folder.channel(0, htlcs=[])
    channel = named(folder.read(), "channels")[NORMAL]
    assert (channel["local_balance_sat"], channel["remote_balance_sat"]) == (600_000, 399_999)


def test_amounts_of_an_older_release_are_texts(folder: Folder) -> None:
    folder.channel(
        0, to_us_msat="600000999msat", total_msat="1000000000msat", our_reserve_msat="10000000msat", htlcs=[]
    )
    channel = named(folder.read(), "channels")[NORMAL]
    assert (channel["local_balance_sat"], channel["capacity_sat"]) == (600_000, 1_000_000)


@pytest.mark.parametrize("odd", [U64, U64 + 385, 2**63 - 1, "18446744073709551615msat", None, "anything"])
def test_what_is_not_stored_may_be_anything(folder: Folder, odd: Any) -> None:
    before = folder.read()
    folder.channel(0, their_max_htlc_value_in_flight_msat=odd, max_total_htlc_in_msat=odd, spendable_msat=odd)
    assert folder.read() == before


@pytest.mark.parametrize("field", ["to_us_msat", "total_msat", "our_reserve_msat"])
@pytest.mark.parametrize("odd", [U64, 2**63 - 1, -1, 1.5, True, "12sat"])
def test_what_is_stored_is_bounded(folder: Folder, field: str, odd: Any) -> None:
    folder.channel(0, **{field: odd})
    with pytest.raises(CannotWork, match=rf"listpeerchannels.json: channels\[0\]: {field}: is"):
        folder.read()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"total_msat": 1_000_000_001}, "total_msat: is no whole number of satoshi"),
        ({"to_us_msat": 1_000_000_001}, "to_us_msat: is more than total_msat"),
        ({"funding_txid": "x"}, "funding_txid: is not 64"),
        ({"peer_id": None}, "peer_id: is missing"),
    ],
)
def test_what_cannot_be_is_refused_and_named(folder: Folder, fields: dict[str, Any], said: str) -> None:
    folder.channel(0, **fields)
    with pytest.raises(CannotWork, match=said):
        folder.read()


@pytest.mark.parametrize(
    ("fields", "active"),
    [
        ({}, True),
        ({"peer_connected": False}, False),
        ({"reestablished": False}, False),
        ({"reestablished": None}, True),
    ],
)
def test_a_channel_is_active_with_its_peer(folder: Folder, fields: dict[str, Any], active: bool) -> None:
    folder.channel(0, **fields)
    assert named(folder.read(), "channels")[NORMAL]["is_active"] is active


def test_an_alias_is_no_place(folder: Folder) -> None:
    """A channel without a place in the chain is one of those that open, whatever its state is called."""
    snapshot = folder.read()
    assert set(named(snapshot, "channels")) == {NORMAL, SPLICING, SILENT}
    assert "13567504x10523633x59145" not in json.dumps(snapshot.records)
    assert named(snapshot, "pending", "funding_outpoint")["c1" * 32 + ":1"] == {
        "funding_outpoint": "c1" * 32 + ":1", "peer_pubkey": EVIL, "state": "opening", "capacity_sat": 300_000,
        "local_balance_sat": 150_000, "remote_balance_sat": 150_000, "limbo_balance_sat": 0,
    }  # fmt: skip


def test_a_splice_in_flight_keeps_what_is_locked(folder: Folder) -> None:
    channel = named(folder.read(), "channels")[SPLICING]
    assert (channel["funding_outpoint"], channel["capacity_sat"]) == ("b1" * 32 + ":1", 500_000)
    assert channel["is_active"] is False


def test_channels_that_open_or_close(folder: Folder) -> None:
    pending = named(folder.read(), "pending", "funding_outpoint")
    told = {
        name[:2]: (one["state"], one["local_balance_sat"], one["limbo_balance_sat"]) for name, one in pending.items()
    }
    assert told == {
        "c1": ("opening", 150_000, 0),
        "e1": ("opening", 400_000, 0),
        "e3": ("waiting_close", 300_000, 300_000),
        "e4": ("closing", 20_000, 0),  # closed in agreement: the coin is listed by now
        "e5": ("force_closing", 150_000, 150_000),
    }
    assert pending["e3" * 32 + ":0"]["closing_txid"] == "f3" * 32
    assert "closing_txid" not in pending["e5" * 32 + ":1"]  # what it would send is not what was sent


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("OPENINGD", "opening"), ("CHANNELD_AWAITING_LOCKIN", "opening"), ("DUALOPEND_OPEN_INIT", "opening"),
        ("DUALOPEND_OPEN_COMMITTED", "opening"), ("CHANNELD_SHUTTING_DOWN", "closing"),
        ("CLOSINGD_SIGEXCHANGE", "closing"), ("CLOSINGD_COMPLETE", "waiting_close"),
        ("AWAITING_UNILATERAL", "waiting_close"), ("FUNDING_SPEND_SEEN", "force_closing"), ("ONCHAIN", "force_closing"),
    ],
)  # fmt: skip
def test_every_state_has_its_word(folder: Folder, state: str, told: str) -> None:
    folder.channel(0, state=state)
    assert named(folder.read(), "pending", "funding_outpoint")["a1" * 32 + ":0"]["state"] == told


def test_a_channel_that_is_closed_is_told_no_more(folder: Folder) -> None:
    folder.channel(0, state="CLOSED")
    snapshot = folder.read()
    assert NORMAL not in named(snapshot, "channels")
    assert "a1" * 32 + ":0" not in named(snapshot, "pending", "funding_outpoint")
    assert {"channels", "pending", "utxos"} <= snapshot.complete


def test_policies_are_the_local_updates(folder: Folder) -> None:
    snapshot = folder.read()
    assert named(snapshot, "routing")[NORMAL] == {
        "channel_id": NORMAL, "base_fee_msat": 1000, "fee_rate_ppm": 250, "time_lock_delta": 34, "min_htlc_msat": 1000,
        "max_htlc_msat": 990_000_000,
    }  # fmt: skip
    assert SILENT not in named(snapshot, "routing")
    assert f"no policy is announced yet for {SILENT}" in snapshot.notices
    assert "routing" not in snapshot.complete
    folder.channel(3, updates={"local": {**json.loads((ANSWERS / "cln/listpeerchannels.json").read_bytes())
                                         ["channels"][0]["updates"]["local"]}})  # fmt: skip
    assert "routing" in folder.read().complete


def test_a_release_without_updates_gives_no_policy(folder: Folder) -> None:
    folder.channel(0, updates=None)
    snapshot = folder.read()
    assert NORMAL not in named(snapshot, "routing")
    assert f"no policy of {NORMAL}: a release before 24.02 tells no cltv_expiry_delta" in snapshot.notices


def test_a_policy_beyond_all_bitcoin_is_left_out_and_named(folder: Folder) -> None:
    def odd(answer: Any) -> None:
        answer["channels"][0]["updates"]["local"]["htlc_maximum_msat"] = U64

    folder.change("listpeerchannels", odd)
    snapshot = folder.read()
    assert NORMAL not in named(snapshot, "routing")
    assert any(str(U64) in one and one.endswith(f"the policy of {NORMAL} is left out") for one in snapshot.notices)


def test_peers_have_the_address_that_they_announce(folder: Folder) -> None:
    snapshot = folder.read()
    peers = named(snapshot, "peers", "pubkey")
    told = {key: (one["address"], one["connected"]) for key, one in peers.items()}
    assert told == {
        BIG: ("203.0.113.9:9735", True),
        QUIET: ("q" * 56 + ".onion:9735", False),
        CALLER: ("198.51.100.8:40122", True),
    }
    assert peers[QUIET]["alias"] == "quietone"
    known = Remembered(peers={CALLER: {"address": "198.51.100.8:39999"}})
    assert named(folder.read(known), "peers", "pubkey")[CALLER]["address"] == "198.51.100.8:39999"
    assert snapshot.notices[-1] == "1 peer without an address, announced or connected to, left out"


def test_coins_of_each_status(folder: Folder) -> None:
    coins = {one["txid"][:2]: one for one in folder.read().records["utxos"]}
    told = {name: (one["amount_sat"], one["block_height"], one["coinbase"]) for name, one in coins.items()}
    assert told == {
        "51": (250_000, 801, False),
        "52": (70_000, None, False),
        "53": (33_000, 213, False),
        "54": (125_000, 790, False),  # reserved is not spent
        "55": (5_000_000_000, 805, True),
    }
    assert coins["53"]["address"] == "2Mxjih1r1PThQYXY7oZf56nJ63AcpDvQRd6"  # which it does not tell


def test_what_is_reserved_is_reserved_by_the_agent_until_its_block(folder: Folder) -> None:
    """lightningd holds an output while reserved_to_block is above the height."""
    [event] = folder.read().records["execution"]
    assert (event["agent"], event["event_type"]) == ("cln", "reserve")
    assert (event["outpoints"], event["expires_height"]) == (["54" * 32 + ":2"], 883)
    known = Remembered(events=(event,))
    assert "execution" not in folder.read(known).records
    folder.change("listfunds", lambda answer: answer["outputs"][3].update(reserved_to_block=956))
    [longer] = folder.read(known).records["execution"]
    assert (longer["event_type"], longer["expires_height"], longer["seq"]) == ("reserve", 955, 2)
    folder.change("listfunds", lambda answer: answer["outputs"][3].update(reserved=False))
    [ended] = folder.read(Remembered(events=(event, longer))).records["execution"]
    assert (ended["event_type"], ended["outpoints"]) == ("release", event["outpoints"])


@pytest.mark.parametrize("warning", ["warning_bitcoind_sync", "warning_lightningd_sync"])
def test_a_node_that_lags_is_refused_in_its_own_words(folder: Folder, warning: str) -> None:
    folder.change("getinfo", lambda info: info.update({warning: "Still loading\x1b[2J latest blocks."}))
    with pytest.raises(CannotWork, match=r"has not caught up: Still loading\[2J latest blocks"):
        folder.read()


def test_a_network_that_is_not_known_is_refused(folder: Folder) -> None:
    folder.change("getinfo", lambda info: info.update(network="liquid"))
    with pytest.raises(CannotWork, match="'liquid' is not a network"):
        folder.read()


def test_a_file_that_is_missing_leaves_its_kinds_alone(folder: Folder) -> None:
    for name in ("listpeerchannels", "listfunds", "listpeers"):
        (folder.place / f"{name}.json").unlink()
    assert folder.read().records == {}
    (folder.place / "getinfo.json").unlink()
    with pytest.raises(CannotWork, match=r"record it with `lightning-cli getinfo`"):
        folder.read()
