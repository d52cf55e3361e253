"""An import is a merge: what a source told last, what it tells now, and what is here."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitbtc.errors import CannotWork, GitbtcError, UsageError
from gitbtc.kinds import codec
from gitbtc.kinds.base58 import encode_check
from gitbtc.kinds.registry import built_in
from gitbtc.sources import bitcoin_core, bringing
from gitbtc.sources.balance import OtherBalance
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.sources.told import OtherWallet
from tests.sources.conftest import ADDRESSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sources.conftest import Node

RECORDINGS = Path(__file__).parent / "recordings"
ELSEWHERE = "bcrt1q6p22wq9c7pl45qrrx6afz2tk2sku4mpsqsjnr0"


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "x")


def hold(root: Path, **records: Any) -> None:
    """Write the files of these kinds."""
    for name, told in records.items():
        path = root / built_in(name).path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(codec.encode_file(built_in(name), told))


def held(root: Path, name: str) -> Any:
    path = root / built_in(name).path
    return codec.parse(built_in(name), path.read_bytes()) if path.exists() else []


def files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


def bring(root: Path, told: Node | SourceSnapshot | str, name: str = "core") -> list[str]:
    """Bring in a node's answers, a snapshot or a recording; the notices."""
    if isinstance(told, str):
        told = bitcoin_core.read(RECORDINGS / told)
    snapshot = told if isinstance(told, SourceSnapshot) else bitcoin_core.read(told.write())
    return bringing.bring(root, snapshot, name).notices


def edit(root: Path, name: str, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    """What somebody makes of each record of a file by hand."""
    changed = (change(record) for record in held(root, name))
    hold(root, **{name: [record for record in changed if record is not None]})


def coin(txid: str, vout: int = 0, **fields: Any) -> dict[str, Any]:
    return {"txid": txid, "vout": vout, "amount_sat": 5000, "script_type": "p2wpkh", "address": ELSEWHERE,
            "block_height": 7, "coinbase": False, "label": None, **fields}  # fmt: skip


def transaction(txid: str, inputs: list[tuple[str, int]], **fields: Any) -> dict[str, Any]:
    output = {"vout": 0, "amount_sat": 5000, "address": ELSEWHERE, "script_type": "p2wpkh", "spent": False}
    return {"txid": txid, "block_height": None, "block_time": None, "fee_sat": None, "size_bytes": 200, "weight": 561,
            "confirmed": False, "label": None, "outputs": [output],
            "inputs": [{"txid": parent, "vout": vout, "amount_sat": None} for parent, vout in inputs],
            **fields}  # fmt: skip


def outpoints(root: Path) -> set[tuple[str, int]]:
    return {(record["txid"], record["vout"]) for record in held(root, "utxos")}


def by_letter(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {record["txid"][0]: record for record in records}


def total(root: Path) -> int:
    return sum(record["amount_sat"] for record in held(root, "utxos"))


def node_sat(name: str) -> int:
    mine = json.loads((RECORDINGS / name / "getbalances.json").read_text(), parse_float=str)["result"]["mine"]
    parts = (mine[part] for part in ("trusted", "untrusted_pending", "immature"))
    return sum(int(part.replace(".", "").ljust(9, "0")) for part in parts)


# -- what people wrote -------------------------------------------------------------------------------------------------


def test_a_name_that_somebody_gave_stays(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="OTC desk")
    bring(root, node)
    for name in ("utxos", "labels", "transactions"):
        edit(root, name, lambda record: {**record, "label": "Kraken deposit"})
    before = files(root)
    assert bring(root, node) == []
    assert files(root) == before


def test_a_name_that_was_changed_here_and_there_stays_and_is_told_once(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="OTC desk")
    bring(root, node)
    for name in ("utxos", "labels", "transactions"):
        edit(root, name, lambda record: {**record, "label": "Kraken deposit"})
    before = files(root)
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="OTC")
    assert bring(root, node) == ['label kept: "Kraken deposit" here, "OTC" in the wallet']
    assert files(root) == before
    assert bring(root, node) == []


def test_a_name_that_changed_in_the_wallet_is_the_only_one(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="sale")
    bring(root, node)
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="shop")
    assert bring(root, node) == []
    assert {record["label"] for name in ("utxos", "labels", "transactions") for record in held(root, name)} == {"shop"}


def test_a_name_beside_the_wallets_stays_when_that_changes(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="sale")
    bring(root, node)
    (told,) = held(root, "labels")
    hold(root, labels=[told, {**told, "label": "tax 2026"}])
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="shop")
    bring(root, node)
    assert {record["label"] for record in held(root, "labels")} == {"tax 2026", "shop"}


def test_a_name_that_was_given_before_the_source_first_spoke_is_the_only_one(node: Node, root: Path) -> None:
    """As in a clone, to which no one's last word comes along."""
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="OTC desk")
    bring(root, node)
    for name in ("utxos", "labels", "transactions"):
        edit(root, name, lambda record: {**record, "label": "Kraken deposit"})
    git(root, "update-ref", "-d", "refs/gitbtc/sources/core")
    before = files(root)
    assert bring(root, node) == ['label kept: "Kraken deposit" here, "OTC desk" in the wallet']
    assert files(root) == before


def test_a_name_that_was_corrected_stays_beside_the_new_one(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="sale")
    bring(root, node)
    edit(root, "labels", lambda record: {**record, "category": "exchange"})
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="shop")
    bring(root, node)
    assert {record["label"]: record["category"] for record in held(root, "labels")} == {
        "sale": "exchange", "shop": "income",
    }  # fmt: skip


def test_a_label_that_was_removed_here_does_not_come_back(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="sale")
    bring(root, node)
    edit(root, "labels", lambda _: None)
    bring(root, node)
    assert held(root, "labels") == []


def test_a_label_that_a_source_of_all_labels_tells_no_more_goes(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="sale")
    bring(root, node)
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    silent = bitcoin_core.read(node.write())
    bring(root, silent)
    assert held(root, "utxos")[0]["label"] == "sale"
    bring(root, replace(silent, complete=silent.complete | {"labels"}))
    assert [record["label"] for name in ("utxos", "labels", "transactions") for record in held(root, name)] == [
        None, None,
    ]  # fmt: skip


def test_the_first_import_overwrites_nobody(node: Node, root: Path) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), label="theirs")
    hold(root, utxos=[coin(known, label="mine", spendable=False)])
    bring(root, node)
    (record,) = held(root, "utxos")
    assert (record["label"], record["spendable"], record["block_height"]) == ("mine", False, 200)


@pytest.mark.parametrize(("field", "value"), [("confirmations", 7), ("spendable", False)])
def test_a_field_that_the_source_does_not_know_stays(node: Node, root: Path, field: str, value: object) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    bring(root, node)
    edit(root, "utxos", lambda record: {**record, field: value})
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="new")
    bring(root, node)
    (record,) = held(root, "utxos")
    assert (record[field], record["label"]) == (value, "new")


def test_a_lock_that_vanished_takes_back_what_the_source_froze_alone(node: Node, root: Path) -> None:
    """Locks that a node keeps in memory are gone when it starts anew."""
    locked, free = (node.transaction(name, [(parent, 0)], [5000], received=(0,)) for name, parent in ("af", "be"))

    def told(*outpoints: str) -> dict[str, Any]:
        locks = [{"txid": txid, "vout": 0} for txid in outpoints]
        bringing.bring(root, bitcoin_core.read(node.write(listlockunspent=locks)), "core")
        return {letter: one.get("spendable") for letter, one in by_letter(held(root, "utxos")).items()}

    assert told(locked) == {"a": False, "b": None}
    hold(root, utxos=[{**one, "spendable": False} for one in held(root, "utxos")])
    assert told(locked) == {"a": False, "b": False}
    assert told() == {"a": None, "b": False}
    assert told(free) == {"a": None, "b": False}
    assert told() == {"a": None, "b": False}


def test_a_fact_that_somebody_changed_is_the_sources(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    bring(root, node)
    before = files(root)
    edit(root, "utxos", lambda record: {**record, "amount_sat": 6000, "address": ADDRESSES[1]})
    edit(root, "transactions", lambda record: {**record, "size_bytes": 1, "fee_sat": 3} | {"block_height": 199})
    bring(root, node)
    assert {**files(root), "wallet/transactions.json": b""} == {**before, "wallet/transactions.json": b""}
    (record,) = held(root, "transactions")
    assert (record["size_bytes"], record["block_height"]) == (200, 200)


def test_a_coin_or_transaction_that_somebody_took_out_is_put_back(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    bring(root, node)
    before = files(root)
    edit(root, "utxos", lambda _: None)
    bring(root, node)
    assert files(root) == before
    edit(root, "transactions", lambda _: None)
    bring(root, node)
    assert files(root) == before


# -- settlements -------------------------------------------------------------------------------------------------------


def test_a_settlement_stays_against_a_source_that_never_saw_the_winner(node: Node, root: Path) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    child = node.transaction("b", [("a", 0)], [4000], received=(0,), confirmations=0)
    node.pending("a")
    hold(root, transactions=[transaction(known, [(node.txid("f"), 0)], replaced_by=node.txid("9")),
                             transaction(node.txid("9"), [(node.txid("f"), 0)])],
         utxos=[coin(node.txid("9"), block_height=None)])  # fmt: skip
    bring(root, node)
    records = by_letter(held(root, "transactions"))
    assert records["a"]["replaced_by"] == node.txid("9")
    assert records["b"].get("replaced_by") or records["b"].get("abandoned")
    assert (outpoints(root), held(root, "mempool")) == ({(node.txid("9"), 0)}, [])
    assert child == records["b"]["txid"]
    before = files(root)
    bring(root, node)
    assert files(root) == before


def test_a_block_ends_a_settlement(node: Node, root: Path) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=1)
    hold(root, transactions=[transaction(known, [(node.txid("f"), 0)], replaced_by=node.txid("9")),
                             transaction(node.txid("9"), [(node.txid("f"), 0)])],
         utxos=[coin(node.txid("9"), block_height=None)])  # fmt: skip
    notices = bring(root, node)
    records = by_letter(held(root, "transactions"))
    assert (records["a"].get("replaced_by"), records["9"]["replaced_by"]) == (None, known)
    assert outpoints(root) == {(known, 0)}
    assert any(known in notice and node.txid("9") in notice for notice in notices)


def test_a_source_takes_its_own_mark_back(root: Path) -> None:
    for step in ("0-incoming", "1-replaced", "2-back"):
        bring(root, f"replaced-by-sender/{step}")
        assert total(root) == node_sat(f"replaced-by-sender/{step}"), step
    before = files(root)
    bring(root, "replaced-by-sender/2-back")
    assert files(root) == before


def test_a_payment_that_somebody_gave_up_stays_so_until_a_block_holds_it(node: Node, root: Path) -> None:
    node.transaction("c", [("e", 0)], [9000], received=(0,), label="savings")
    bring(root, node)
    known = node.transaction("a", [("c", 0)], [5000, 3000], received=(0,), sent=(1,), confirmations=0,
                             fee=node.btc(-1000))  # fmt: skip
    node.pending("a")
    pending = replace(bitcoin_core.read(node.write()), balance_sat=5000)
    bring(root, pending)
    edit(root, "transactions", lambda record: record | ({"abandoned": True} if record["txid"] == known else {}))
    notices = bring(root, pending)
    assert (outpoints(root), held(root, "mempool")) == ({(node.txid("c"), 0)}, [])
    assert any("has 5000 sat, and 9000 sat of that wallet are listed" in notice for notice in notices)
    before = files(root)
    bring(root, pending)
    assert files(root) == before
    node.transaction("a", [("c", 0)], [5000, 3000], received=(0,), sent=(1,), fee=node.btc(-1000))
    node.mempool = {}
    bring(root, replace(bitcoin_core.read(node.write()), balance_sat=5000))
    assert outpoints(root) == {(known, 0)}
    assert "abandoned" not in by_letter(held(root, "transactions"))["a"]


def test_two_rivals_that_take_turns_in_the_mempool_are_no_question(node: Node, root: Path) -> None:
    """A payment of this wallet and another's shares an input with one that comes in. A known fee of it, which the node
    tells only while it waits, is no word of somebody's here.
    """

    def told(waits: str, **lost: Any) -> None:
        node.transactions.clear()
        node.mempool.clear()
        node.transaction("a", [("f", 0)], [5000], received=(0,))
        for name, inputs in (("b", [("a", 0), ("e", 1)]), ("c", [("e", 1)])):
            rows = {"sent": (0,), "fee": node.btc(-1000)} if name == "b" else {"received": (0,)}
            state = {} if name == waits else {"mempoolconflicts": [node.txid(waits)], **lost}
            node.transaction(name, inputs, [4000], confirmations=0, **rows, **state)
        node.pending(waits)
        assert not [line for line in bring(root, node) if "settled" in line]
        assert "replaced_by" not in by_letter(held(root, "transactions"))[waits]

    told("b")
    told("b", abandoned=True)
    told("c")
    told("b")
    assert by_letter(held(root, "transactions"))["b"]["fee_sat"] == 1000


def test_what_a_source_gave_up_and_takes_up_again_lives(node: Node, root: Path) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0, abandoned=True)
    bring(root, node)
    assert outpoints(root) == set()
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    node.pending("a")
    bring(root, node)
    assert outpoints(root) == {(known, 0)}
    edit(root, "transactions", lambda record: {**record, "abandoned": True})
    bring(root, node)
    assert outpoints(root) == set()


def test_a_reorganisation_takes_a_block_back_and_gives_another(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="rent")
    node.transaction("b", [("a", 0)], [4000], received=(0,))
    bring(root, node)
    wanted = outpoints(root)
    node.height, node.tip = 199, "dd" * 32
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0, label="rent")
    node.transaction("b", [("a", 0)], [4000], received=(0,), confirmations=0)
    node.pending("a")
    node.pending("b")
    bring(root, node)
    assert [record["block_height"] for record in held(root, "transactions")] == [None, None]
    assert (outpoints(root), held(root, "utxos")[0]["block_height"]) == (wanted, None)
    node.height, node.tip = 201, "ee" * 32
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="rent")
    node.transaction("b", [("a", 0)], [4000], received=(0,))
    bring(root, node)
    assert {record["block_hash"] for record in held(root, "transactions")} == {"ee" * 32}


def test_an_agents_reservation_stops_no_import(node: Node, root: Path) -> None:
    node.transaction("c", [("e", 0)], [9000], received=(0,))
    bring(root, node)
    reserve = {"timestamp": 1_700_000_001, "block_height": 200, "event_type": "reserve", "txid": None, "fee_sat": None,
               "amount_sat": None, "note": "", "agent": "ada", "outpoints": [f"{node.txid('c')}:0"],
               "expires_height": 300}  # fmt: skip
    bought = {**reserve, "timestamp": 1_700_000_002, "event_type": "dca_buy", "txid": node.txid("a"), "agent": "bob"}
    del bought["expires_height"]
    hold(root, execution=[reserve, bought])
    node.transaction("a", [("c", 0)], [8000], received=(0,), confirmations=0)
    node.pending("a")
    bring(root, node)
    assert outpoints(root) == {(node.txid("a"), 0)}


def test_two_live_spends_are_refused_in_one_line(node: Node, root: Path) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    hold(root, transactions=[transaction(node.txid("9"), [(node.txid("f"), 0)])])
    before = files(root)
    with pytest.raises(GitbtcError, match=rf"double_spend\): f{{64}}:0 is spent by 9{{64}} and {known}; say in"):
        bring(root, node)
    assert files(root) == before


def test_what_is_contested_here_already_stops_no_import(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    rivals = [transaction(node.txid(name), [(node.txid("e"), 0)]) for name in "89"]
    hold(root, transactions=rivals)
    bring(root, node)
    assert by_letter(held(root, "transactions")).keys() == {"a", "8", "9"}


# -- coins -------------------------------------------------------------------------------------------------------------


def test_coins_of_others_stay_and_those_that_the_source_sees_spent_go(node: Node, root: Path) -> None:
    known = node.transaction("a", [("9", 0)], [5000, 9000], received=(0,))
    others = [coin(node.txid("7")), coin(known, 1, amount_sat=9000, address=ADDRESSES[1], block_height=200,
                                         block_hash=node.tip)]  # fmt: skip
    hold(root, utxos=[coin(node.txid("9"), amount_sat=20_000), *others])
    bring(root, node)
    assert outpoints(root) == {(known, 0), (known, 1), (node.txid("7"), 0)}


def test_a_coin_that_another_source_saw_spent_does_not_come_back(node: Node, root: Path) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,))
    hold(root, transactions=[transaction(node.txid("9"), [(known, 0)])])
    bring(root, node)
    assert outpoints(root) == set()
    assert by_letter(held(root, "transactions"))["a"]["outputs"][0]["spent"] is True


def test_transactions_are_never_removed(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    bring(root, node)
    del node.transactions[node.txid("a")]
    node.transaction("b", [("e", 0)], [5000], received=(0,))
    bring(root, node)
    assert by_letter(held(root, "transactions")).keys() == {"a", "b"}


def test_a_pending_transaction_that_left_goes_and_those_of_others_stay(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    node.transaction("b", [("e", 0)], [5000], received=(0,), confirmations=0)
    node.pending("a")
    node.pending("b")
    bring(root, node)
    (entry, _) = held(root, "mempool")
    other = {**entry, "txid": node.txid("9"), "inputs": [{**entry["inputs"][0], "txid": node.txid("7")}]}
    hold(root, mempool=[*held(root, "mempool"), other])
    del node.mempool[node.txid("b")]
    bring(root, node)
    assert by_letter(held(root, "mempool")).keys() == {"a", "9"}


def test_a_known_fee_is_kept(root: Path) -> None:
    bring(root, "foreign-input/1-mempool")
    bring(root, "foreign-input/2-confirmed")
    assert [record["fee_sat"] for record in held(root, "transactions") if len(record["inputs"]) == 2] == [110000]


def test_ten_blocks_change_the_tip_and_the_logs_alone(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="rent")
    rates = {f"estimatesmartfee-{target}": {"feerate": "@0.00000100@", "blocks": 2} for target in (1, 6, 144)}
    bring(root, bitcoin_core.read(node.write(**rates)))
    before = files(root)
    info = {"chain": "regtest", "blocks": 210, "bestblockhash": "bb" * 32, "time": 1_700_006_000}
    later = bitcoin_core.read(node.write(getblockchaininfo=info, **rates))
    bring(root, later)
    changed = {path for path, content in files(root).items() if before[path] != content}
    assert changed == {"network/chain.json", "oracles/fees.json"}
    assert len(held(root, "fees")) == 2


def test_a_file_that_the_source_does_not_speak_of_is_left_alone(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=1)
    hold(root, prices=[], mempool=[])
    before = files(root)
    bring(root, bitcoin_core.read(node.write(getrawmempool={"error": {"code": -1, "message": "no"}})))
    assert {path: files(root)[path] for path in before} == before


@pytest.mark.parametrize(("height", "told"), [(201, True), (200, False), (199, False)])
def test_a_tip_that_went_back_is_told(node: Node, root: Path, height: int, *, told: bool) -> None:
    now, node.height = node.height, height
    bring(root, node)
    node.height = now
    notices = bring(root, node)
    assert any("went back from block 201 to 200" in notice for notice in notices) is told


# -- branches and commits ----------------------------------------------------------------------------------------------


def test_what_was_told_to_another_branch_is_no_base(root: Path) -> None:
    bring(root, "rivals/0-base")
    commit(root)
    git(root, "branch", "b")
    bring(root, "rivals/1-a")
    commit(root)
    git(root, "switch", "-q", "b")
    bring(root, "rivals/1-b")
    assert total(root) == node_sat("rivals/1-b")
    commit(root)
    git(root, "switch", "-q", "main")
    bring(root, "rivals/1-a")
    assert total(root) == node_sat("rivals/1-a")


def test_an_import_that_was_undone_can_be_made_again(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="sale")
    bring(root, node)
    commit(root)
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="shop")
    bring(root, node)
    wanted = files(root)
    git(root, "reset", "-q", "--hard")
    bring(root, node)
    assert files(root) == wanted


def test_the_same_answers_on_a_new_branch_bring_everything(node: Node, root: Path) -> None:
    git(root, "commit", "-q", "--allow-empty", "-m", "nothing")
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="sale")
    bring(root, node)
    wanted = files(root)
    commit(root)
    git(root, "switch", "-q", "-c", "other", "HEAD^")
    assert files(root) == {}
    bring(root, node)
    assert files(root) == wanted


# -- which wallet ------------------------------------------------------------------------------------------------------


def test_another_wallet_is_refused_and_as_another_source_it_is_one(root: Path) -> None:
    bring(root, "two-wallets/alice")
    before = files(root)
    with pytest.raises(OtherWallet, match=r"of another wallet: .*`--as NAME` makes them a source of their own"):
        bring(root, "two-wallets/bob")
    assert files(root) == before
    bring(root, "two-wallets/bob", "bob")
    assert total(root) == node_sat("two-wallets/alice") + node_sat("two-wallets/bob")
    wanted = files(root)
    bring(root, "two-wallets/alice")
    assert files(root) == wanted


def test_a_wallet_made_anew_is_the_same_and_what_it_forgot_is_named(root: Path) -> None:
    bring(root, "wallet-anew/5-unconfirmed")
    (pending,) = [record["txid"] for record in held(root, "transactions") if not record["confirmed"]]
    before = files(root)
    notices = bring(root, "wallet-anew/6-anew")
    assert any(notice.startswith(f"{pending} is unconfirmed, and bitcoin-core does not know it") for notice in notices)
    assert files(root)["wallet/utxos.json"] == before["wallet/utxos.json"]


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a@b", "..", "a.lock"])
def test_a_source_has_a_name_that_a_ref_can_have(node: Node, root: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a source"):
        bring(root, node, name)


def test_a_key_in_a_label_is_stored_nowhere(node: Node, root: Path) -> None:
    key = encode_check(b"\xef" + sha256(b"a label").digest() + b"\x01")
    node.transaction("a", [("f", 0)], [5000], received=(0,), label=f"cold {key}")
    with pytest.raises(GitbtcError, match="it holds private-key material") as refused:
        bring(root, node)
    assert key not in str(refused.value)
    assert (files(root), git(root, "count-objects")) == ({}, "0 objects, 0 kilobytes\n")


def test_outside_of_a_repository_nothing_is_written(node: Node, tmp_path: Path) -> None:
    place = tmp_path / "nowhere"
    place.mkdir()
    with pytest.raises(CannotWork, match="not in a Git repository"):
        bring(place, node)
    assert list(place.iterdir()) == []


# -- to the satoshi ----------------------------------------------------------------------------------------------------


def with_balance(node: Node, sat: int) -> SourceSnapshot:
    return replace(bitcoin_core.read(node.write()), balance_sat=sat)


def test_a_balance_that_is_another_is_refused(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    with pytest.raises(OtherBalance, match=r"would be worth 5000 sat, and bitcoin-core says 5001 sat, 1 sat more"):
        bring(root, with_balance(node, 5001))
    assert files(root) == {}
    hold(root, utxos=[coin(node.txid("9"), amount_sat=70)])
    assert bring(root, with_balance(node, 5000)) == []


def test_what_the_source_does_not_know_of_is_no_fault_of_its_balance(node: Node, root: Path) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,))
    hold(root, transactions=[transaction(node.txid("9"), [(known, 0)])])
    notices = bring(root, with_balance(node, 5000))
    assert "bitcoin-core has 5000 sat, and 0 sat of that wallet are listed: 1 of its coins are otherwise" in notices[0]
    assert notices[1].startswith(node.txid("9"))


def test_what_waits_by_one_source_and_not_by_another_is_no_fault(node: Node, root: Path) -> None:
    """The mempools of two nodes differ: where one has the payment, it is money."""
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    node.transaction("b", [("e", 0)], [100], received=(0,))
    node.pending("a")
    seen = replace(bitcoin_core.read(node.write()), balance_sat=5100)
    waits = replace(seen, balance_sat=100, records={
        **seen.records, "mempool": [],
        "utxos": [record for record in seen.records["utxos"] if record["txid"] != known],
        "transactions": [record | ({"in_mempool": False} if record["txid"] == known else {})
                         for record in seen.records["transactions"]],
    })  # fmt: skip
    for snapshot, name, sat in (
        (waits, "one", 100),
        (seen, "other", 5100),
        (waits, "one", 5100),
        (seen, "other", 5100),
    ):
        bring(root, snapshot, name)
        assert total(root) == sat
    bring(root, replace(waits, complete=frozenset(["utxos", "mempool"])), "third")
    assert total(root) == 5100


def test_what_left_the_mempool_is_no_money_until_it_is_back(node: Node, root: Path) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0, label="rent")
    node.pending("a")
    seen = replace(bitcoin_core.read(node.write()), balance_sat=5000)
    record = {**seen.records["transactions"][0], "in_mempool": False}
    waits = replace(seen, balance_sat=0, records={**seen.records, "transactions": [record], "utxos": [], "mempool": []})
    for snapshot in (seen, waits, waits, seen):
        bring(root, snapshot)
        assert total(root) == snapshot.balance_sat
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=1, label="rent")
    node.mempool = {}
    bring(root, waits)
    bring(root, node)
    assert (held(root, "transactions")[0].get("in_mempool"), outpoints(root)) == (None, {(known, 0)})


# -- properties --------------------------------------------------------------------------------------------------------

LABELS = st.sampled_from([None, "rent", "sale", "shop"])


@st.composite
def snapshots(draw: st.DrawFn) -> SourceSnapshot:
    """What a source may say of five receipts, each a coin, from one wallet; some are pending, some are missing."""
    listed = draw(st.lists(st.integers(0, 4), unique=True))
    tip = draw(st.integers(200, 203))
    told: dict[str, Any] = {name: [] for name in ("utxos", "transactions", "labels")}
    for number in listed:
        txid, label, height = f"{number + 1:x}" * 64, draw(LABELS), draw(st.sampled_from([None, 190, 200]))
        block = {"block_height": height} | ({"block_hash": "c" * 64} if height else {})
        made = {"amount_sat": 5000, "address": ADDRESSES[0], "script_type": "p2wpkh"}
        told["utxos"].append({"txid": txid, "vout": 0, "coinbase": False, "label": label, **made, **block})
        told["transactions"].append(
            transaction(txid, [(f"{number + 9:x}" * 64, 0)], label=label, confirmed=height is not None,
                        block_time=height and 1, outputs=[{"vout": 0, "spent": False, **made}], **block)
        )  # fmt: skip
        if label and not any(one["label"] == label for one in told["labels"]):
            told["labels"].append({"address": ADDRESSES[0], "label": label, "category": "income", "created_at": 1})
    told["chain"] = {"network": "regtest", "block_height": tip, "block_hash": f"{tip:064x}", "block_time": tip}
    complete = frozenset(draw(st.lists(st.sampled_from(["utxos", "labels"]))))
    owned = frozenset((f"{number + 1:x}" * 64, 0) for number in range(5))
    return SourceSnapshot("core", "regtest", told, owned, complete=complete)


@pytest.fixture
def empty(root: Path, tmp_path: Path) -> Callable[[], Path]:
    """A new empty root, each time."""
    numbers = iter(range(10_000))

    def made() -> Path:
        place = tmp_path / f"try-{next(numbers)}"
        shutil.copytree(root, place)
        return place

    return made


SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(said=st.lists(snapshots(), min_size=1, max_size=3))
def test_twice_is_once(empty: Callable[[], Path], said: list[SourceSnapshot]) -> None:
    root = empty()
    for snapshot in said:
        bring(root, snapshot)
        before = files(root)
        bring(root, snapshot)
        assert files(root) == before


@SLOW
@given(said=st.lists(snapshots(), min_size=2, max_size=3), name=st.sampled_from(["mine", "rent", "Zürich"]))
def test_what_people_wrote_survives(empty: Callable[[], Path], said: list[SourceSnapshot], name: str) -> None:
    root = empty()
    bring(root, said[0])
    edit(root, "utxos", lambda record: {**record, "label": f"by hand: {name}", "spendable": False})
    named = outpoints(root)
    for snapshot in said[1:]:
        bring(root, snapshot)
        for record in held(root, "utxos"):
            if (record["txid"], record["vout"]) in named:
                assert (record["label"], record["spendable"]) == (f"by hand: {name}", False)
            named &= outpoints(root)


@SLOW
@given(one=snapshots(), other=snapshots())
def test_two_sources_that_say_the_same_change_nothing_of_each_other(
    empty: Callable[[], Path], one: SourceSnapshot, other: SourceSnapshot
) -> None:
    root = empty()
    bring(root, one, "one")
    before = files(root)
    bring(root, one, "other")
    assert files(root) == before
    bring(root, other, "one")
    assert {record["txid"] for record in held(root, "transactions")} == {
        record["txid"] for told in (one, other) for record in told.records["transactions"]
    }
