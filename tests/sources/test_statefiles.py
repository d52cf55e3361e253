"""Snapshots in state files: whole, valid, of one network; and the state that a wallet's story leaves behind."""

from __future__ import annotations

import json
import resource
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.errors import GitbtcError
from gitbtc.kinds import codec, registry
from gitbtc.sources import bitcoin_core, bringing
from gitbtc.sources.statefiles import FileChange, OtherNetwork

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sources.conftest import Node

AGENT_A = (
    "0-base",
    "1-agent-a",
    "3-agent-a-consolidated",
    "4-agent-a-fee-bumped",
    "5-agent-a-confirmed",
    "7-agent-a-reorged",
)
AGENT_B = ("0-base", "2-agent-b", "6-agent-b-conflicted")
MOMENTS = sorted({*AGENT_A, *AGENT_B})
STORIES = [(moment,) for moment in MOMENTS] + [AGENT_A[:last] for last in range(2, 7)] + [AGENT_B[:2], AGENT_B]


def bring(root: Path, *folders: Path) -> list[FileChange]:
    changes: list[FileChange] = []
    for folder in folders:
        changes = bringing.bring(root, bitcoin_core.read(folder), "core").changes
    return changes


def load(root: Path, path: str) -> Any:
    return json.loads((root / path).read_bytes())


def files(root: Path) -> dict[str, tuple[bytes, int, int]]:
    """Content, inode and time of change of every file: a file that was written again differs."""
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


def broken_rules(root: Path) -> list[str]:
    """The rules that hold across the files of a root, worked out anew from the files alone."""
    transactions, coins = load(root, "wallet/transactions.json"), load(root, "wallet/utxos.json")
    pending = load(root, "network/mempool.json")
    live = [record for record in transactions if not record.get("replaced_by") and not record.get("abandoned")]
    spent = [(source["txid"], source["vout"]) for record in live for source in record["inputs"]]
    listed = {(coin["txid"], coin["vout"]) for coin in coins}
    confirmed = {record["txid"] for record in transactions if record["confirmed"]}
    outputs = [(record["txid"], output) for record in transactions for output in record["outputs"]]
    amounts = {(txid, output["vout"]): output["amount_sat"] for txid, output in outputs}
    broken = [f"double spend of {outpoint}" for outpoint in set(spent) if spent.count(outpoint) > 1]
    broken += [f"listed though spent: {outpoint}" for outpoint in listed & set(spent)]
    broken += [f"pending though confirmed: {record['txid']}" for record in pending if record["txid"] in confirmed]
    broken += [f"coin of no live transaction: {outpoint}" for outpoint in listed
               if outpoint[0] not in {record["txid"] for record in live}]  # fmt: skip
    broken += [
        f"amount of {coin['txid']}" for coin in coins if coin["amount_sat"] != amounts[coin["txid"], coin["vout"]]
    ]
    for record in [*transactions, *pending]:
        paid = [source["amount_sat"] for source in record["inputs"]]
        if paid and None not in paid:
            fee = sum(paid) - sum(output["amount_sat"] for output in record["outputs"])
            broken += [f"fee of {record['txid']}"] if fee != record["fee_sat"] or fee < 0 else []
        broken += [f"spent flag of {record['txid']}" for output in record["outputs"]
                   if output["spent"] != ((record["txid"], output["vout"]) in spent)]  # fmt: skip
    return broken


def unlabelled(records: Any) -> Any:
    return [{**record, "label": None} for record in records] if isinstance(records, list) else records


# -- the stories of two agents -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", STORIES, ids=["-".join(moment[0] for moment in story) for story in STORIES])
def test_the_state_rules_hold_at_every_moment(recordings: Path, root: Path, story: tuple[str, ...]) -> None:
    for moment in story:
        bring(root, recordings / moment)
        assert broken_rules(root) == []
    mine = json.loads((recordings / story[-1] / "getbalances.json").read_text(), parse_float=str)["result"]["mine"]
    owned = sum(coin["amount_sat"] for coin in load(root, "wallet/utxos.json"))
    assert owned == sum(int(str(balance).replace(".", "").ljust(9, "0")) for balance in mine.values())


@pytest.mark.parametrize("story", [AGENT_A, AGENT_B], ids=["a", "b"])
def test_the_way_does_not_change_the_coins(
    recordings: Path, root: Path, tmp_path: Path, story: tuple[str, ...]
) -> None:
    alone = tmp_path / "alone"
    shutil.copytree(root, alone)
    bring(root, *(recordings / moment for moment in story))
    bring(alone, recordings / story[-1])
    for path in ("wallet/utxos.json", "network/mempool.json", "network/chain.json"):
        assert unlabelled(load(root, path)) == unlabelled(load(alone, path))


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_second_import_touches_no_file(recordings: Path, root: Path, moment: str) -> None:
    bring(root, recordings / moment)
    before = files(root)
    changes = bring(root, recordings / moment)
    assert files(root) == before
    assert not any(change.touched for change in changes)


@pytest.mark.parametrize("moment", MOMENTS)
def test_files_are_canonical(recordings: Path, root: Path, moment: str) -> None:
    bring(root, recordings / moment)
    for path, (content, _, _) in files(root).items():
        kind = registry.Kinds().for_path(path)
        assert kind is not None
        assert codec.canonical(kind, content) == content


def test_the_other_agents_node_knows_no_labels_and_erases_none(recordings: Path, root: Path) -> None:
    bring(root, recordings / "0-base")
    labels = (root / "wallet/labels.json").read_bytes()
    bring(root, recordings / "2-agent-b")
    assert (root / "wallet/labels.json").read_bytes() == labels
    names = {coin["label"] for coin in load(root, "wallet/utxos.json")}
    assert {"client: Zürich Café", "cold storage", "mining"} <= names
    assert {"OTC desk", "salary 2026-01"} & names == set()
    assert "OTC desk" in {record["label"] for record in load(root, "wallet/transactions.json")}


def test_a_replacement_and_its_confirmation_in_numbers(recordings: Path, root: Path) -> None:
    bring(root, *(recordings / moment for moment in AGENT_A[:3]))
    changes = bring(root, recordings / "4-agent-a-fee-bumped")
    counts = {change.kind.name: (change.added, change.changed, change.removed) for change in changes}
    assert counts == {
        "utxos": (1, 0, 1), "transactions": (1, 1, 0), "labels": (0, 0, 0), "descriptors": (0, 0, 0),
        "mempool": (1, 0, 1), "chain": (0, 0, 0),
    }  # fmt: skip
    counts = {change.kind.name: (change.added, change.changed, change.removed)
              for change in bring(root, recordings / "5-agent-a-confirmed")}  # fmt: skip
    assert (counts["utxos"], counts["mempool"], counts["chain"]) == ((0, 3, 0), (0, 0, 2), (0, 1, 0))


def test_the_non_ascii_label_stands_as_itself(recordings: Path, root: Path) -> None:
    bring(root, recordings / "0-base")
    assert '"label":"client: Zürich Café"'.encode() in (root / "wallet/utxos.json").read_bytes()


def test_a_double_spend_by_two_nodes_of_one_root_is_refused(recordings: Path, root: Path) -> None:
    bring(root, recordings / "0-base", recordings / "1-agent-a")
    before = files(root)
    with pytest.raises(GitbtcError, match=r"somebody has to decide first \(double_spend\): 6d0cc27c51939e89\w+:0 is"):
        bringing.bring(root, bitcoin_core.read(recordings / "2-agent-b"), "other-node")
    assert files(root) == before


def test_stale_answers_take_nothing_back(recordings: Path, root: Path) -> None:
    bring(root, *(recordings / moment for moment in AGENT_A[:5]))
    before = files(root)
    with pytest.raises(GitbtcError, match=r"of block 111, and do not know .* told in block 112: they are older"):
        bring(root, recordings / "1-agent-a")
    assert files(root) == before


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("network/chain.json", {"network": "signet", "block_height": 1, "block_hash": "00" * 32, "block_time": 1}),
        ("wallet/utxos.json", [{"txid": "9" * 64, "vout": 0, "amount_sat": 1, "script_type": "p2wpkh", "label": None,
                                "address": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "block_height": 1,
                                "coinbase": False}]),
        ("wallet/labels.json", [{"address": "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "label": "x", "category": "income",
                                 "created_at": 1}]),
    ],
)  # fmt: skip
def test_another_network_is_refused_and_nothing_is_written(
    recordings: Path, root: Path, path: str, content: dict[str, Any] | list[Any]
) -> None:
    (root / path).parent.mkdir()
    (root / path).write_text(json.dumps(content))
    before = files(root)
    with pytest.raises(OtherNetwork, match=r"the answers are of regtest; one root holds one network"):
        bring(root, recordings / "0-base")
    assert files(root) == before


def test_a_node_of_another_network_is_refused(node: Node, recordings: Path, root: Path) -> None:
    bringing.bring(root, bitcoin_core.read(recordings / "0-base"), "other")
    node.chain = "main"
    with pytest.raises(OtherNetwork, match=r"of regtest, the answers are of main"):
        bring(root, node.write())


def test_addresses_that_are_not_of_the_network_that_the_node_names_are_refused(node: Node, root: Path) -> None:
    node.chain = "main"
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    with pytest.raises(GitbtcError, match=r"no valid record of wallet/utxos.json: a{64}:0: address"):
        bring(root, node.write())
    assert files(root) == {}


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("wallet/utxos.json", b"<<<<<<< ours\n[]\n=======\n[]\n>>>>>>> theirs\n", "conflict marker"),
        ("wallet/labels.json", b"{", "labels.json: "),
        ("wallet/transactions.json", b'[{"txid":"' + b"9" * 64 + b'"}]', "mend the file"),
        ("network/chain.json", b"{}", "mend the file"),
        ("channels/channels.json", b"[5]", "channels.json: "),
    ],
)
def test_a_state_file_that_is_broken_stops_before_anything_is_written(
    recordings: Path, root: Path, path: str, content: bytes, said: str
) -> None:
    (root / path).parent.mkdir()
    (root / path).write_bytes(content)
    before = files(root)
    with pytest.raises(GitbtcError, match=said):
        bring(root, recordings / "0-base")
    assert files(root) == before


def test_a_symbolic_link_in_a_state_files_place_is_refused(recordings: Path, root: Path, tmp_path: Path) -> None:
    (root / "wallet").mkdir()
    (root / "wallet/utxos.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(GitbtcError, match="symbolic link"):
        bring(root, recordings / "0-base")
    assert not (tmp_path / "elsewhere.json").exists()


# -- how it is written -------------------------------------------------------------------------------------------------


def test_when_one_file_cannot_be_written_none_is(recordings: Path, root: Path) -> None:
    """A limit on the size of files is met as a full disk is: by the large one among them."""
    bring(root, recordings / "0-base")
    before = files(root)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(GitbtcError, match=r"\.json: .*File too large; raise the limit \(ulimit -f\)"):
            bring(root, recordings / "1-agent-a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(root) == before


def test_nothing_is_left_beside_the_files(recordings: Path, root: Path) -> None:
    bring(root, recordings / "0-base", recordings / "1-agent-a")
    assert set(files(root)) == {
        "wallet/utxos.json", "wallet/transactions.json", "wallet/labels.json", "wallet/descriptors.json",
        "network/mempool.json", "network/chain.json",
    }  # fmt: skip


def test_a_file_keeps_its_mode(recordings: Path, root: Path) -> None:
    bring(root, recordings / "0-base")
    (root / "wallet/utxos.json").chmod(0o600)
    bring(root, recordings / "1-agent-a")
    assert (root / "wallet/utxos.json").stat().st_mode & 0o777 == 0o600


def test_records_of_other_kinds_are_not_touched(recordings: Path, root: Path) -> None:
    peer = {
        "address": "10.0.0.1:9735",
        "alias": None,
        "connected": True,
        "pubkey": "02" + "1" * 64,
        "sync_height": None,
    }
    peers = json.dumps([peer]).encode()
    (root / "network").mkdir()
    (root / "network/peers.json").write_bytes(peers)
    bring(root, recordings / "0-base")
    assert (root / "network/peers.json").read_bytes() == peers


def test_a_file_of_another_layout_is_left_as_it_is_while_its_records_stay(recordings: Path, root: Path) -> None:
    bring(root, recordings / "0-base")
    pretty = json.dumps(load(root, "wallet/utxos.json"), indent=4)
    (root / "wallet/utxos.json").write_text(pretty)
    bring(root, recordings / "0-base")
    assert (root / "wallet/utxos.json").read_text() == pretty
    bring(root, recordings / "1-agent-a")
    assert (root / "wallet/utxos.json").read_text().startswith("[\n{")


def test_feerates_are_written_as_they_are_read(node: Node, root: Path) -> None:
    answers = {f"estimatesmartfee-{target}": {"feerate": "@0.00000100@", "blocks": 2} for target in (1, 6, 144)}
    bring(root, node.write(**answers))
    assert (root / "oracles/fees.json").read_text().count('_block_sat_vbyte":0.1') == 3
    before = files(root)
    bring(root, node.write(**answers))
    assert files(root) == before
