"""Recorded answers of Bitcoin Core become records: the recordings of two nodes, and what no recording shows."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitbtc.errors import GitbtcError
from gitbtc.kinds import registry
from gitbtc.kinds.validate import violations
from gitbtc.sources import bitcoin_core
from gitbtc.sources.answers import BadAnswer
from gitbtc.sources.bringing import bring
from tests.sources.conftest import ADDRESSES

if TYPE_CHECKING:
    from gitbtc.sources.snapshot import SourceSnapshot
    from tests.sources.conftest import Node

MOMENTS = (
    "0-base", "1-agent-a", "2-agent-b", "3-agent-a-consolidated", "4-agent-a-fee-bumped", "5-agent-a-confirmed",
    "6-agent-b-conflicted", "7-agent-a-reorged",
)  # fmt: skip
OTC = ("6d0cc27c51939e895f4d55d495ccc01160fb818a6371875e62e00e094436cc72", 0)
FIRST_SPEND = "f28f95d29b2f755feaa32c29193992e15b4bfaa6698f45b405a9eb21120c737a"
FEE_BUMP = "b07a6bcc1807ff1bc9e356befb9876f3cdbd0cdcc4db0cb497a722bf17c28145"


def by_txid(snapshot: SourceSnapshot, kind: str) -> dict[str, Any]:
    return {record["txid"]: record for record in snapshot.records[kind]}


def rpc(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(), parse_float=Decimal)["result"]


def change_answer(folder: Path, name: str, **members: Any) -> None:
    answer = json.loads((folder / f"{name}.json").read_text())
    answer["result"] |= members
    (folder / f"{name}.json").write_text(json.dumps(answer))


@pytest.fixture
def base(recordings: Path, tmp_path: Path) -> Path:
    """A copy of the first moment, to be changed."""
    return Path(shutil.copytree(recordings / "0-base", tmp_path / "base"))


# -- the recordings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_coins_are_worth_what_the_node_says(recordings: Path, moment: str) -> None:
    snapshot = bitcoin_core.read(recordings / moment)
    mine = rpc(recordings / moment, "getbalances")["mine"]
    assert sum(coin["amount_sat"] for coin in snapshot.records["utxos"]) == sum(mine.values()) * 10**8
    immature = sum(coin["amount_sat"] for coin in snapshot.records["utxos"] if coin["coinbase"])
    assert immature == mine["immature"] * 10**8


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_coins_are_the_listed_and_the_locked_and_the_immature_ones(recordings: Path, moment: str) -> None:
    folder = recordings / moment
    snapshot = bitcoin_core.read(folder)
    listed = {(coin["txid"], coin["vout"]): coin["amount"] * 10**8 for coin in rpc(folder, "listunspent")}
    locked = {(coin["txid"], coin["vout"]) for coin in rpc(folder, "listlockunspent")}
    coins = {(coin["txid"], coin["vout"]): coin["amount_sat"] for coin in snapshot.records["utxos"]}
    immature = {outpoint for outpoint, sat in coins.items() if sat == 5_000_000_000}
    assert coins.keys() == listed.keys() | locked | immature
    assert all(coins[outpoint] == sat for outpoint, sat in listed.items())


@pytest.mark.parametrize("moment", MOMENTS)
def test_every_record_is_valid_and_of_the_network(recordings: Path, moment: str) -> None:
    snapshot = bitcoin_core.read(recordings / moment)
    for name, records in snapshot.records.items():
        kind = registry.built_in(name)
        found = violations(kind, records if kind.is_array else [records], frozenset(["regtest"]))
        assert [str(violation) for violation in found] == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_there_is_one_record_a_transaction(recordings: Path, moment: str) -> None:
    rows = {row["txid"] for row in rpc(recordings / moment, "listtransactions")}
    records = bitcoin_core.read(recordings / moment).records["transactions"]
    assert sorted(record["txid"] for record in records) == sorted(rows)


def test_the_base_to_the_satoshi(recordings: Path) -> None:
    coins = {(coin["label"], coin["amount_sat"], coin["script_type"]): coin
             for coin in bitcoin_core.read(recordings / "0-base").records["utxos"]}  # fmt: skip
    assert set(coins) == {
        ("salary 2026-01", 125_000_000, "p2wpkh"),
        ("salary 2026-02", 125_000_000, "p2wpkh"),
        ("OTC desk", 350_000_000, "p2tr"),
        ("client: Zürich Café", 12_345_678, "p2sh"),
        ("legacy donation", 5_000_000, "p2pkh"),
        ("faucet", 600, "p2wpkh"),
        ("cold storage", 700_000_001, "p2tr"),
        ("dca 1", 150_000, "p2wpkh"),
        ("dca 2", 149_000, "p2wpkh"),
        ("dca 3", 151_000, "p2wpkh"),
        ("mining", 5_000_000_000, "p2wpkh"),
    }
    assert [coin["label"] for coin in coins.values() if coin["coinbase"]] == ["mining"]
    assert coins["OTC desk", 350_000_000, "p2tr"] == {
        "txid": OTC[0],
        "vout": 0,
        "amount_sat": 350_000_000,
        "script_type": "p2tr",
        "address": "bcrt1pytjdax7hlxe6pdke4uh6g864mx6shgrrhcp6wtrr8cp9qydc2yesd38kp0",
        "block_height": 104,
        "block_hash": "1436403e044822a7cfd8742d28b9ff56194663db962e7021ecdd1eee09ca10c4",
        "coinbase": False,
        "label": "OTC desk",
    }


def test_a_coinbase_has_no_inputs_and_no_fee(recordings: Path) -> None:
    records = bitcoin_core.read(recordings / "0-base").records["transactions"]
    (coinbase,) = [record for record in records if not record["inputs"]]
    assert (coinbase["fee_sat"], coinbase["outputs"][0]["amount_sat"]) == (None, 5_000_000_000)
    assert [output["script_type"] for output in coinbase["outputs"]] == ["p2wpkh", "op_return"]
    assert coinbase["outputs"][1]["address"] is None


@pytest.mark.parametrize("moment", MOMENTS)
def test_every_other_transaction_tells_its_fee_and_its_inputs(recordings: Path, moment: str) -> None:
    for record in bitcoin_core.read(recordings / moment).records["transactions"]:
        if record["inputs"]:
            paid = sum(source["amount_sat"] for source in record["inputs"])
            assert record["fee_sat"] == paid - sum(output["amount_sat"] for output in record["outputs"]) > 0


def test_a_spend_its_change_and_its_place_in_the_mempool(recordings: Path) -> None:
    snapshot = bitcoin_core.read(recordings / "1-agent-a")
    spend = by_txid(snapshot, "transactions")[FIRST_SPEND]
    assert [source["amount_sat"] for source in spend["inputs"]] == [350_000_000, 125_000_000]
    assert (spend["fee_sat"], spend["confirmed"], spend["block_height"]) == (2388, False, None)
    change = by_txid(snapshot, "utxos")[FIRST_SPEND]
    assert (change["vout"], change["amount_sat"], change["label"]) == (0, 274_997_612, None)
    pending = by_txid(snapshot, "mempool")[FIRST_SPEND]
    assert (pending["fee_sat"], pending["fee_rate_sat_vbyte"], pending["size_bytes"]) == (2388, 12.061, 329)
    assert (pending["amount_sat"], pending["rbf_eligible"], pending["cpfp_eligible"]) == (474_997_612, True, True)
    assert (pending["inputs"], pending["outputs"]) == (spend["inputs"], spend["outputs"])
    assert "replaces" not in pending
    spent = by_txid(snapshot, "transactions")[OTC[0]]["outputs"]
    assert [output["spent"] for output in spent] == [True, True]


def test_a_replaced_transaction_names_its_replacement(recordings: Path) -> None:
    snapshot = bitcoin_core.read(recordings / "4-agent-a-fee-bumped")
    records = by_txid(snapshot, "transactions")
    assert records[FIRST_SPEND]["replaced_by"] == FEE_BUMP
    assert not any("replaced_by" in record for txid_, record in records.items() if txid_ != FIRST_SPEND)
    assert by_txid(snapshot, "mempool")[FEE_BUMP]["replaces"] == [FIRST_SPEND]
    assert FIRST_SPEND not in by_txid(snapshot, "mempool")


@pytest.mark.parametrize("moment", ["5-agent-a-confirmed", "7-agent-a-reorged"])
def test_the_replacement_confirms_and_a_reorg_takes_it_back(recordings: Path, moment: str) -> None:
    snapshot = bitcoin_core.read(recordings / moment)
    record = by_txid(snapshot, "transactions")[FEE_BUMP]
    height = 112 if moment.startswith("5") else None
    assert (record["block_height"], record["confirmed"], "block_hash" in record) == (height, bool(height), bool(height))
    assert (FEE_BUMP in by_txid(snapshot, "mempool")) is not record["confirmed"]
    assert by_txid(snapshot, "utxos")[FEE_BUMP]["block_height"] == height
    assert by_txid(snapshot, "transactions")[FIRST_SPEND]["replaced_by"] == FEE_BUMP


def test_a_conflicted_spend_names_the_confirmed_one(recordings: Path) -> None:
    records = by_txid(bitcoin_core.read(recordings / "6-agent-b-conflicted"), "transactions")
    lost = {txid_: record["replaced_by"] for txid_, record in records.items() if "replaced_by" in record}
    assert list(lost.values()) == [FEE_BUMP]
    assert next(iter(lost)).startswith("1b76774a")


def test_labels_are_told_once_with_their_address(recordings: Path) -> None:
    labels = bitcoin_core.read(recordings / "3-agent-a-consolidated").records["labels"]
    told = {record["label"]: record for record in labels}
    assert len(labels) == len(told) == 12
    assert told["client: Zürich Café"] == {
        "address": "2MwACMHK3EzRu21u6q39DUkj5y8X6mspVcK",
        "label": "client: Zürich Café",
        "category": "income",
        "created_at": 1_795_392_234,
    }
    assert told["consolidation"]["category"] == "internal"


def test_a_node_without_labels_gives_none(recordings: Path) -> None:
    snapshot = bitcoin_core.read(recordings / "2-agent-b")
    assert snapshot.records["labels"] == []
    assert {record["label"] for kind in ("utxos", "transactions") for record in snapshot.records[kind]} == {None}


def test_the_block_it_is_as_of(recordings: Path) -> None:
    assert bitcoin_core.read(recordings / "5-agent-a-confirmed").chain == {
        "network": "regtest",
        "block_height": 113,
        "block_hash": "4203e2093e8881196156e6654516afc6cea48901e2c9e53d0cfa30945a62d562",
        "block_time": 1_795_392_249,
    }


def test_peers_are_left_out_and_counted(recordings: Path) -> None:
    snapshot = bitcoin_core.read(recordings / "0-base")
    assert "peers" not in snapshot.records
    assert [notice for notice in snapshot.notices if notice.startswith("peers left out: 1;")]
    assert not any("peers" in notice for notice in bitcoin_core.read(recordings / "1-agent-a").notices)


def test_a_node_that_cannot_estimate_gives_no_feerates(recordings: Path) -> None:
    snapshot = bitcoin_core.read(recordings / "0-base")
    assert "fees" not in snapshot.records
    assert "the node estimates no feerate for 1, 6, 144 blocks; no fee record was made" in snapshot.notices


# -- what a folder needs -----------------------------------------------------------------------------------------------


def test_two_files_are_enough(base: Path) -> None:
    whole = bitcoin_core.read(base)
    for path in base.iterdir():
        if path.name not in ("getblockchaininfo.json", "gettransaction.jsonl"):
            path.unlink()
    part = bitcoin_core.read(base)
    assert part.records.keys() == {"chain", "transactions", "utxos", "labels"}
    frozen = [coin.pop("spendable") for coin in whole.records["utxos"] if "spendable" in coin]
    assert frozen == [False]  # the one that is locked
    assert part.records["utxos"] == whole.records["utxos"]
    assert part.notices == ()


@pytest.mark.parametrize("name", ["getblockchaininfo.json", "gettransaction.jsonl"])
def test_without_one_of_them_it_says_what_to_record(base: Path, name: str) -> None:
    (base / name).unlink()
    with pytest.raises(BadAnswer, match=rf"{name.replace('.', '[.]')} is missing; record "):
        bitcoin_core.read(base)


def test_a_required_answer_that_is_an_error_is_quoted(base: Path) -> None:
    (base / "getblockchaininfo.json").write_text('{"error": {"code": -28, "message": "Loading block index…"}}')
    with pytest.raises(BadAnswer, match="Loading block index…"):
        bitcoin_core.read(base)


def test_an_optional_answer_that_is_an_error_leaves_its_kind_alone(base: Path) -> None:
    for name in ("getrawmempool", "listdescriptors"):
        (base / f"{name}.json").write_text('{"error": {"code": -4, "message": "busy"}}')
    snapshot = bitcoin_core.read(base)
    assert not snapshot.records.keys() & {"mempool", "descriptors"}
    assert sum("holds an error: busy; left out" in notice for notice in snapshot.notices) == 2


def test_unknown_fields_are_tolerated(base: Path) -> None:
    before = bitcoin_core.read(base)
    change_answer(base, "getblockchaininfo", quantum={"ready": [1.5, None]})
    lines = [json.loads(line) for line in (base / "gettransaction.jsonl").read_text().splitlines()]
    text = [json.dumps({**line, "new": {"deep": [True]}, "time": line["time"]}) for line in lines]
    (base / "gettransaction.jsonl").write_text("\n".join(text))
    assert bitcoin_core.read(base).records == before.records


def test_a_transaction_that_is_not_decoded_is_taken_from_getrawtransaction(base: Path) -> None:
    before = bitcoin_core.read(base)
    lines = [json.loads(line, parse_float=str) for line in (base / "gettransaction.jsonl").read_text().splitlines()]
    for line in lines:
        del line["decoded"], line["amount"]
        for row in line["details"]:
            del row["amount"]
    (base / "gettransaction.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert bitcoin_core.read(base).records == before.records
    (base / "getrawtransaction.jsonl").unlink()
    with pytest.raises(BadAnswer, match=r"has no `decoded`; record it with `gettransaction \w+ true true`"):
        bitcoin_core.read(base)


def test_a_transaction_that_is_missing_is_noticed(base: Path) -> None:
    lines = (base / "gettransaction.jsonl").read_text().splitlines()
    (base / "gettransaction.jsonl").write_text("\n".join(lines[1:]))
    with pytest.raises(
        BadAnswer, match=r"gettransaction\.jsonl lacks an answer; record it with `bitcoin-cli gettransaction 01624a89"
    ):
        bitcoin_core.read(base)


def test_answers_of_two_moments_do_not_mix(base: Path, recordings: Path) -> None:
    shutil.copy(recordings / "1-agent-a" / "listunspent.json", base)
    with pytest.raises(BadAnswer, match=r"listunspent.json: listunspent\[\d\]: by gettransaction, f28f95d2"):
        bitcoin_core.read(base)


@pytest.mark.parametrize("chain", ["liquid", "", "MAIN"])
def test_an_unknown_network_is_refused(node: Node, chain: str) -> None:
    node.chain = chain
    with pytest.raises(BadAnswer, match="not a network that gitbtc knows"):
        bitcoin_core.read(node.write())


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 2**70, "", "\x1b[2J", "\ud800", [], {}, [None], [[]], {"result": 1}, "0.1"]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choice=st.data())
def test_no_value_in_a_nodes_answers_makes_it_crash(
    base: Path, root: Path, recordings: Path, choice: st.DataObject
) -> None:
    """Whatever stands in one place of one answer, it is read or refused in words."""
    moment = recordings / "4-agent-a-fee-bumped"
    path = choice.draw(st.sampled_from(sorted(moment.iterdir())))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    *outer, last = choice.draw(st.sampled_from(places(lines)[1:]))
    target = lines
    for key in outer:
        target = target[key]
    target[last] = choice.draw(JUNK)
    shutil.copytree(moment, base, dirs_exist_ok=True)
    (base / path.name).write_text("\n".join(map(json.dumps, lines)))
    with contextlib.suppress(GitbtcError):
        bring(root, bitcoin_core.read(base), "core")


# -- what no recording shows -------------------------------------------------------------------------------------------


def test_a_wallet_that_lags_is_as_of_its_own_block(node: Node) -> None:
    node.height = 150
    node.transaction("a", [("f", 0)], [5000], received=(0,), lastprocessedblock={"hash": node.tip, "height": 150})
    info = {"chain": "regtest", "blocks": 152, "bestblockhash": "bb" * 32, "time": 1_800_000_000}
    chain = bitcoin_core.read(node.write(getblockchaininfo=info)).chain
    assert (chain["block_height"], chain["block_hash"], chain["block_time"]) == (150, node.tip, 1_700_000_000)


def test_a_wallet_that_lags_at_an_unknown_block_is_refused(node: Node) -> None:
    wallet = {"walletname": "w", "lastprocessedblock": {"hash": "cc" * 32, "height": 199}}
    with pytest.raises(BadAnswer, match="the wallet is at block 199, the node at block 200; wait"):
        bitcoin_core.read(node.write(getwalletinfo=wallet))


def test_answers_as_of_two_blocks_are_refused(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), lastprocessedblock={"hash": node.tip, "height": 200})
    node.transaction("b", [("e", 0)], [5000], received=(0,), lastprocessedblock={"hash": "cc" * 32, "height": 199})
    with pytest.raises(BadAnswer, match="as of different blocks"):
        bitcoin_core.read(node.write())


def test_feerates_in_sat_for_each_vbyte(node: Node) -> None:
    rates = {1: "@0.00012345@", 6: "@0.00001000@", 144: "@1e-6@"}
    answers = {f"estimatesmartfee-{target}": {"feerate": rate, "blocks": 2} for target, rate in rates.items()}
    assert bitcoin_core.read(node.write(**answers)).records["fees"] == [
        {
            "timestamp": 1_700_000_000,
            "block_height": 200,
            "source": "bitcoin-core",
            "target_1_block_sat_vbyte": 12.345,
            "target_6_block_sat_vbyte": 1,
            "target_144_block_sat_vbyte": 0.1,
        }
    ]


def test_feerates_of_some_targets_only_are_no_reading(node: Node) -> None:
    answers = {"estimatesmartfee-1": {"feerate": "@0.00012345@", "blocks": 2}, "estimatesmartfee-6": {"blocks": 6}}
    snapshot = bitcoin_core.read(node.write(**answers))
    assert "fees" not in snapshot.records
    assert snapshot.notices == ("the node estimates no feerate for 6, 144 blocks; no fee record was made",)


def test_a_coin_whose_script_has_no_address_has_an_empty_one(node: Node) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,))
    node.transactions[known]["decoded"]["vout"][0]["scriptPubKey"] = {"type": "pubkey", "asm": "…"}
    snapshot = bitcoin_core.read(node.write())
    (coin,), (record,) = snapshot.records["utxos"], snapshot.records["transactions"]
    assert (coin["address"], coin["script_type"]) == ("", "unknown")
    assert record["outputs"][0]["address"] is None


def test_each_coin_has_the_label_of_its_own_address(node: Node) -> None:
    known = node.transaction("a", [("f", 0)], [5000, 6000, 7000], received=(0, 1, 2))
    for row, label in zip(node.transactions[known]["details"], ("", "rent", "food"), strict=True):
        row["label"] = label
    snapshot = bitcoin_core.read(node.write())
    labels = {coin["vout"]: coin["label"] for coin in snapshot.records["utxos"]}
    assert labels == {0: None, 1: "rent", 2: "food"}
    assert snapshot.records["transactions"][0]["label"] is None


def test_a_comment_is_the_label_of_a_transaction(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="rent", comment="rent for May")
    node.transaction("b", [("f", 1)], [5000], received=(0,), label="rent")
    labels = {record["txid"][0]: record["label"] for record in bitcoin_core.read(node.write()).records["transactions"]}
    assert labels == {"a": "rent for May", "b": "rent"}


def test_a_label_is_dated_by_the_first_transaction_that_shows_it(node: Node) -> None:
    late = node.transaction("a", [("f", 0)], [5000], received=(0,), label="rent")
    node.transactions[late]["time"] += 50
    node.transaction("b", [("f", 1)], [5000], received=(0,), label="rent")
    (label,) = bitcoin_core.read(node.write()).records["labels"]
    assert label["created_at"] == 1_700_000_000


def test_what_a_label_is_for(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="in")
    node.transaction("b", [("a", 0)], [1000, 2000, 500], sent=(1,), label="out", fee=node.btc(-1500))
    categories = {label["label"]: label["category"] for label in bitcoin_core.read(node.write()).records["labels"]}
    assert categories == {"in": "income", "out": "expense"}


def test_a_label_that_is_too_long_is_left_out(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="x" * 256)
    snapshot = bitcoin_core.read(node.write())
    assert snapshot.records["labels"] == []
    (notice,) = snapshot.notices
    assert re.search(f'label of {ADDRESSES[0]} is longer than 255 characters.*"x{{40}}…"', notice)


def test_the_mempool_of_others_is_not_the_wallets(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    node.pending("a")
    node.pending("e")
    assert [entry["txid"] for entry in bitcoin_core.read(node.write()).records["mempool"]] == [node.txid("a")]


@pytest.mark.parametrize(
    ("sequence", "entry", "wallet", "replaceable"),
    [
        (0xFFFFFFFD, {}, {}, True),
        (0xFFFFFFFE, {}, {}, False),
        (0xFFFFFFFF, {"bip125-replaceable": True}, {}, True),
        (0xFFFFFFFD, {"bip125-replaceable": False}, {}, False),
        (0xFFFFFFFF, {}, {"bip125-replaceable": "yes"}, True),
        (0xFFFFFFFF, {}, {"bip125-replaceable": "no"}, False),
    ],
)
def test_replaceable_by_the_node_or_by_the_signal(
    node: Node, sequence: int, entry: dict[str, Any], wallet: dict[str, Any], *, replaceable: bool
) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0, **wallet)
    node.transactions[known]["decoded"]["vin"][0]["sequence"] = sequence
    node.pending("a")
    node.mempool[known] |= entry
    (pending,) = bitcoin_core.read(node.write()).records["mempool"]
    assert pending["rbf_eligible"] is replaceable


def test_a_child_can_pay_only_where_an_output_is_left_to_us(node: Node) -> None:
    node.transaction("a", [("f", 0)], [9000], received=(0,), confirmations=1)
    node.transaction("b", [("a", 0)], [5000], sent=(0,), confirmations=0, fee=node.btc(-4000))
    node.transaction("c", [("f", 1)], [5000], received=(0,), confirmations=0)
    node.pending("b")
    node.pending("c")
    pending = bitcoin_core.read(node.write()).records["mempool"]
    assert {entry["txid"][0]: entry["cpfp_eligible"] for entry in pending} == {"b": False, "c": True}


def test_what_is_outside_of_the_mempool_is_taken_off_the_balance_once(node: Node) -> None:
    """As 31.99 tells it: `trusted` still has what such a transaction spends, and `nonmempool` takes that off."""
    node.transaction("a", [("f", 0)], [100_000_000], received=(0,))
    node.transaction("b", [("e", 0)], [300_000_000], received=(0,))
    node.transaction("c", [("b", 0)], [299_000_000], sent=(0,), confirmations=0)
    mine = {"trusted": node.btc(400_000_000), "untrusted_pending": node.btc(0), "immature": node.btc(0),
            "nonmempool": node.btc(-300_000_000)}  # fmt: skip
    snapshot = bitcoin_core.read(node.write(getbalances={"mine": mine}))
    assert snapshot.balance_sat == 100_000_000 == sum(coin["amount_sat"] for coin in snapshot.records["utxos"])
    (waiting,) = [record for record in snapshot.records["transactions"] if record["txid"] == node.txid("c")]
    assert waiting["in_mempool"] is False


def test_coins_of_addresses_that_were_used_before_count_too(node: Node) -> None:
    """A wallet with avoid_reuse tells them apart from the others."""
    node.transaction("a", [("f", 0)], [100_000_000], received=(0,))
    node.transaction("b", [("e", 0)], [300_000_000], received=(0,))
    mine = {"trusted": node.btc(100_000_000), "untrusted_pending": node.btc(0), "immature": node.btc(0),
            "used": node.btc(300_000_000)}  # fmt: skip
    snapshot = bitcoin_core.read(node.write(getbalances={"mine": mine}))
    assert snapshot.balance_sat == 400_000_000 == sum(coin["amount_sat"] for coin in snapshot.records["utxos"])
