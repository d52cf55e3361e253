"""A snapshot meets what the files hold: a source speaks for what it can see, and for nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.sources import bitcoin_core
from gitbtc.sources.reconcile import reconcile

if TYPE_CHECKING:
    from tests.sources.conftest import Node

ELSEWHERE = "bcrt1q6p22wq9c7pl45qrrx6afz2tk2sku4mpsqsjnr0"


def bring_in(held: dict[str, Any], node: Node) -> tuple[dict[str, Any], list[str]]:
    return reconcile(held, bitcoin_core.read(node.write()))


def coin(txid: str, vout: int = 0, **fields: Any) -> dict[str, Any]:
    return {"txid": txid, "vout": vout, "amount_sat": 5000, "script_type": "p2wpkh", "address": ELSEWHERE,
            "block_height": 7, "coinbase": False, "label": None, **fields}  # fmt: skip


def transaction(txid: str, inputs: list[tuple[str, int]], **fields: Any) -> dict[str, Any]:
    output = {"vout": 0, "amount_sat": 5000, "address": ELSEWHERE, "script_type": "p2wpkh", "spent": False}
    return {"txid": txid, "block_height": None, "block_time": None, "fee_sat": None, "size_bytes": 200, "weight": 561,
            "confirmed": False, "label": None, "outputs": [output],
            "inputs": [{"txid": parent, "vout": vout, "amount_sat": None} for parent, vout in inputs],
            **fields}  # fmt: skip


def outpoints(records: list[dict[str, Any]]) -> set[tuple[str, int]]:
    return {(record["txid"], record["vout"]) for record in records}


def by_letter(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {record["txid"][0]: record for record in records}


# -- coins -------------------------------------------------------------------------------------------------------------


def test_a_coin_of_another_source_is_kept_even_at_an_address_of_ours(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    after, _ = bring_in({"utxos": [coin(node.txid("9"))]}, node)
    assert outpoints(after["utxos"]) == {(node.txid("9"), 0), (node.txid("a"), 0)}


def test_another_wallets_coin_of_a_transaction_that_we_know_is_kept(node: Node) -> None:
    """The wallet that paid us holds its change in the same root."""
    node.transaction("a", [("f", 0)], [5000, 9000], received=(0,))
    after, _ = bring_in({"utxos": [coin(node.txid("a"), 1, amount_sat=9000)]}, node)
    assert outpoints(after["utxos"]) == {(node.txid("a"), 0), (node.txid("a"), 1)}


@pytest.mark.parametrize("fate", ["spent", "abandoned"])
def test_a_coin_of_ours_that_is_gone_is_removed(node: Node, fate: str) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), abandoned=fate == "abandoned",
                             confirmations=int(fate == "spent"))  # fmt: skip
    if fate == "spent":
        node.transaction("b", [("a", 0)], [4000], sent=(0,), fee=node.btc(-1000))
    after, _ = bring_in({"utxos": [coin(known)]}, node)
    assert after["utxos"] == []


def test_a_coin_of_another_source_that_we_see_spent_is_removed(node: Node) -> None:
    node.transaction("a", [("9", 0)], [5000], received=(0,))
    after, _ = bring_in({"utxos": [coin(node.txid("9"))]}, node)
    assert outpoints(after["utxos"]) == {(node.txid("a"), 0)}


def test_a_coin_that_another_source_saw_spent_does_not_come_back(node: Node) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,))
    after, _ = bring_in({"transactions": [transaction(node.txid("9"), [(known, 0)])]}, node)
    assert after["utxos"] == []
    assert by_letter(after["transactions"])["a"]["outputs"][0]["spent"] is True


def test_a_label_that_a_person_gave_stays_where_the_node_has_none(node: Node) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,))
    held = {"utxos": [coin(known, label="mine")], "transactions": [transaction(known, [("f" * 64, 0)], label="mine")]}
    after, _ = bring_in(held, node)
    assert (after["utxos"][0]["label"], after["transactions"][0]["label"]) == ("mine", "mine")
    assert (after["utxos"][0]["block_height"], after["transactions"][0]["block_height"]) == (200, 200)


def test_a_label_that_the_node_has_is_taken(node: Node) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), label="theirs")
    after, _ = bring_in({"utxos": [coin(known, label="mine")]}, node)
    assert after["utxos"][0]["label"] == "theirs"


# -- transactions ------------------------------------------------------------------------------------------------------


def test_transactions_are_never_removed(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    other = transaction(node.txid("9"), [(node.txid("8"), 0)])
    after, _ = bring_in({"transactions": [other]}, node)
    assert by_letter(after["transactions"])["9"] == other
    assert by_letter(after["transactions"]).keys() == {"a", "9"}


def test_amounts_and_fees_that_another_source_knew_stay(node: Node) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,))
    held = transaction(known, [(node.txid("f"), 0)], fee_sat=77)
    held["inputs"][0]["amount_sat"] = 5077
    after, _ = bring_in({"transactions": [held]}, node)
    (record,) = after["transactions"]
    assert (record["fee_sat"], record["inputs"][0]["amount_sat"]) == (77, 5077)


def test_a_settled_loser_stays_settled_against_a_winner_that_the_node_never_saw(node: Node) -> None:
    """A merge settled it; this agent's node was cut off."""
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    node.pending("a")
    held = [transaction(known, [(node.txid("f"), 0)], replaced_by=node.txid("9")),
            transaction(node.txid("9"), [(node.txid("f"), 0)])]  # fmt: skip
    after, notices = bring_in({"transactions": held}, node)
    assert by_letter(after["transactions"])["a"]["replaced_by"] == node.txid("9")
    assert (after["utxos"], after["mempool"], notices) == ([], [], [])


def test_a_block_reverses_what_was_settled(node: Node) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=1)
    held = [transaction(known, [(node.txid("f"), 0)], replaced_by=node.txid("9")),
            transaction(node.txid("9"), [(node.txid("f"), 0)])]  # fmt: skip
    after, notices = bring_in({"transactions": held, "utxos": [coin(node.txid("9"))]}, node)
    records = by_letter(after["transactions"])
    assert (records["a"].get("replaced_by"), records["9"]["replaced_by"]) == (None, known)
    assert outpoints(after["utxos"]) == {(known, 0)}
    assert notices == [f"{node.txid('9')} lost its coins to {known}, which is confirmed"]


def test_a_winner_that_the_node_saw_lose_is_a_winner_no_more(node: Node) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    node.transaction("b", [("f", 0)], [4000], received=(0,), confirmations=0, abandoned=True)
    after, _ = bring_in({"transactions": [transaction(known, [("f" * 64, 0)], replaced_by=node.txid("b"))]}, node)
    records = by_letter(after["transactions"])
    assert (records["a"].get("replaced_by"), records["b"]["replaced_by"]) == (None, known)


def test_two_live_spends_are_told_and_kept(node: Node) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    after, notices = bring_in({"transactions": [transaction(node.txid("9"), [(node.txid("f"), 0)])]}, node)
    assert len(after["transactions"]) == 2
    (notice,) = notices
    assert notice.startswith(f"{node.txid('f')}:0 is spent by {node.txid('9')} and by {known}; before this can be com")


def test_an_output_of_others_that_another_source_saw_spent_stays_spent(node: Node) -> None:
    known = node.transaction("a", [("f", 0)], [5000, 9000], received=(0,))
    held = transaction(known, [(node.txid("f"), 0)])
    held["outputs"] = [{**held["outputs"][0], "vout": vout, "spent": True} for vout in (0, 1)]
    after, _ = bring_in({"transactions": [held]}, node)
    assert [output["spent"] for output in after["transactions"][0]["outputs"]] == [False, True]


def test_an_output_that_only_a_loser_spent_is_unspent_again(node: Node) -> None:
    known = node.transaction("a", [("f", 0)], [5000, 9000], received=(0,))
    node.transaction("b", [("a", 1)], [8000], received=(0,), confirmations=0, abandoned=True)
    held = transaction(known, [(node.txid("f"), 0)])
    held["outputs"] = [{**held["outputs"][0], "vout": 1, "spent": True}]
    after, _ = bring_in({"transactions": [held]}, node)
    assert [output["spent"] for output in by_letter(after["transactions"])["a"]["outputs"]] == [False, False]


# -- the other kinds ---------------------------------------------------------------------------------------------------


def test_labels_are_added_and_never_changed_or_removed(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="rent")
    (told,) = bitcoin_core.read(node.write()).records["labels"]
    corrected = {**told, "category": "exchange", "created_at": 5}
    other = {**told, "label": "by hand"}
    after, _ = bring_in({"labels": [other, corrected]}, node)
    assert sorted(after["labels"], key=str) == sorted([other, corrected], key=str)


def test_a_pending_transaction_of_ours_that_left_goes_and_those_of_others_stay(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    node.transaction("b", [("e", 0)], [5000], received=(0,), confirmations=0)
    node.pending("a")
    pending = bitcoin_core.read(node.write()).records["mempool"][0]
    held = [{**pending, "txid": node.txid(letter)} for letter in "b9"]
    after, _ = bring_in({"mempool": held}, node)
    assert by_letter(after["mempool"]).keys() == {"a", "9"}


def test_what_is_confirmed_is_not_pending_even_when_the_node_tells_no_mempool(node: Node) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=1)
    error = {"error": {"code": -1, "message": "no"}}
    held = {"mempool": [{"txid": known}, {"txid": node.txid("9")}]}
    after, _ = reconcile(held, bitcoin_core.read(node.write(getrawmempool=error)))
    assert after["mempool"] == [{"txid": node.txid("9")}]


def test_what_a_source_does_not_speak_of_is_left_alone(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    held = {"peers": [{"pubkey": "02" + "11" * 32}], "descriptors": [{"id": "x"}], "prices": [], "fees": []}
    after, _ = bring_in(held, node)
    assert after.keys() == {"transactions", "utxos", "labels", "mempool", "chain"}


def test_descriptors_keep_their_label_and_an_index_once_used(node: Node) -> None:
    snapshot = bitcoin_core.read(node.write())
    told = {"id": "i", "label": None, "next_index": 4, "gap_limit": 1000}
    snapshot.records["descriptors"] = [told]
    other = {"id": "j", "label": "hand", "gap_limit": 20}
    held = [{**told, "label": "savings", "next_index": 9, "gap_limit": 20}, other]
    after, _ = reconcile({"descriptors": held}, snapshot)
    assert after["descriptors"] == [{"id": "i", "label": "savings", "next_index": 9, "gap_limit": 1000}, other]


def test_feerates_are_a_log(node: Node) -> None:
    snapshot = bitcoin_core.read(node.write())
    old, new = {"timestamp": 1}, {"timestamp": 2}
    snapshot.records["fees"] = [new]
    assert reconcile({"fees": [old]}, snapshot)[0]["fees"] == [old, new]
    assert reconcile({"fees": [old, new]}, snapshot)[0]["fees"] == [old, new]


@pytest.mark.parametrize(("height", "told"), [(201, True), (200, False), (199, False)])
def test_a_tip_that_went_back_is_told(node: Node, height: int, *, told: bool) -> None:
    after, notices = bring_in({"chain": {"block_height": height}}, node)
    assert after["chain"]["block_height"] == 200
    assert any("went back from block 201 to 200" in notice for notice in notices) is told
