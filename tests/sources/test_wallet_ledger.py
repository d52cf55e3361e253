"""Which transactions of a wallet are live, and which of its outputs are coins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.sources import bitcoin_core
from gitbtc.sources.answers import BadAnswer

if TYPE_CHECKING:
    from tests.sources.conftest import Node

CONFLICTED = {"trusted": False}


def coins(node: Node, **answers: Any) -> dict[tuple[str, int], int]:
    """The coins by (first letter of the txid, vout)."""
    snapshot = bitcoin_core.read(node.write(**answers))
    return {(coin["txid"][0], coin["vout"]): coin["amount_sat"] for coin in snapshot.records["utxos"]}


def transactions(node: Node) -> dict[str, dict[str, Any]]:
    """The transaction records by the first letter of the txid."""
    return {record["txid"][0]: record for record in bitcoin_core.read(node.write()).records["transactions"]}


def test_change_is_ours_though_no_row_tells_it(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    node.transaction("b", [("a", 0)], [1000, 3500], sent=(0,), fee=node.btc(-500))
    assert coins(node) == {("b", 1): 3500}


def test_what_others_keep_of_a_payment_to_us_is_not_ours(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000, 9000], received=(0,))
    assert coins(node) == {("a", 0): 5000}


def test_a_payment_to_oneself_is_a_coin_and_its_change_too(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    node.transaction("b", [("a", 0)], [1000, 3500], sent=(0,), received=(0,), fee=node.btc(-500))
    assert coins(node) == {("b", 0): 1000, ("b", 1): 3500}


def test_a_locked_coin_is_a_coin(node: Node) -> None:
    """listunspent leaves it out, as it does an immature one."""
    node.transaction("a", [("f", 0)], [5000, 6000], received=(0, 1))
    listed = [{"txid": node.txid("a"), "vout": 0, "amount": node.btc(5000)}]
    assert coins(node, listunspent=listed) == {("a", 0): 5000, ("a", 1): 6000}


def test_a_listed_coin_without_a_row_is_ours(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000, 6000])
    assert coins(node, listunspent=[{"txid": node.txid("a"), "vout": 1, "amount": node.btc(6000)}]) == {("a", 1): 6000}


@pytest.mark.parametrize(
    "fate",
    [
        {"confirmations": -2},
        {"confirmations": 0, "abandoned": True},
        {"confirmations": 0, "mempoolconflicts": ["e" * 64]},
    ],
)
def test_a_transaction_that_will_not_happen_makes_no_coin_and_spends_none(node: Node, fate: dict[str, Any]) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    node.transaction("b", [("a", 0)], [4000], received=(0,), fee=node.btc(-1000), **fate)
    assert coins(node) == {("a", 0): 5000}


def test_a_coinbase_whose_block_is_gone_makes_no_coin(node: Node) -> None:
    known = node.transaction("a", [], [5_000_000_000], received=(0,), confirmations=0)
    node.transactions[known]["decoded"]["vin"] = [{"coinbase": "03aabbcc", "sequence": 0}]
    assert coins(node) == {}
    assert transactions(node)["a"]["abandoned"] is True


def test_an_abandoned_transaction_says_so(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0, abandoned=True)
    record = transactions(node)["a"]
    assert (record["abandoned"], "replaced_by" in record) == (True, False)


def test_a_conflicted_one_names_the_winner(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=-3, walletconflicts=["b" * 64])
    node.transaction("b", [("f", 0)], [4000], received=(0,), confirmations=3)
    record = transactions(node)["a"]
    assert (record["replaced_by"], "abandoned" in record) == (node.txid("b"), False)
    assert coins(node) == {("b", 0): 4000}


def test_a_winner_that_is_not_in_the_wallet_is_named_too(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0, mempoolconflicts=["e" * 64])
    assert transactions(node)["a"]["replaced_by"] == "e" * 64


def test_a_loser_without_a_known_winner_still_claims_nothing(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=-1)
    assert transactions(node)["a"]["abandoned"] is True


def test_the_child_of_a_loser_loses_to_the_same_winner(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    node.transaction("b", [("a", 0)], [4000], received=(0,), fee=node.btc(-1000), confirmations=0)
    node.transaction("c", [("b", 0)], [3000], received=(0,), fee=node.btc(-1000), confirmations=0)
    node.transaction("d", [("f", 0)], [4500], received=(0,), confirmations=1)
    assert {letter: record.get("replaced_by") for letter, record in transactions(node).items()} == {
        "a": node.txid("d"), "b": node.txid("d"), "c": node.txid("d"), "d": None,
    }  # fmt: skip
    assert coins(node) == {("d", 0): 4500}


def test_releases_without_mempool_conflicts_are_settled_by_the_mempool(node: Node) -> None:
    node.transaction("b", [("f", 0)], [5000], received=(0,), confirmations=0)
    node.transaction("a", [("f", 0)], [4000], received=(0,), confirmations=0)
    node.pending("a")
    assert coins(node) == {("a", 0): 4000}
    assert transactions(node)["b"]["replaced_by"] == node.txid("a")


def test_of_two_that_nobody_decided_the_later_one_stays(node: Node) -> None:
    """Both left the mempool. One outpoint cannot have two live spends, so one of them must not claim it."""
    first = node.transaction("b", [("f", 0)], [5000], received=(0,), confirmations=0)
    node.transaction("a", [("f", 0)], [4000], received=(0,), confirmations=0)
    node.transactions[first]["time"] -= 1
    assert coins(node) == {}
    assert [transactions(node)[name].get("in_mempool") for name in "ab"] == [False, None]
    assert transactions(node)["b"]["replaced_by"] == node.txid("a")


def test_what_no_mempool_holds_makes_no_coin_and_keeps_its_inputs(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    node.transaction("b", [("a", 0)], [4000], received=(0,), confirmations=0)
    assert coins(node) == {}
    assert transactions(node)["b"]["in_mempool"] is False
    (notice,) = bitcoin_core.read(node.folder).notices
    told = f"1 transaction is in the wallet but not in the mempool: {node.txid('b')} (0.00004000 BTC); "
    assert notice == told + "rebroadcast or abandon it"
    node.pending("b")
    assert coins(node) == {("b", 0): 4000}
    assert "in_mempool" not in transactions(node)["b"]


def test_a_replacement_that_lost_in_its_turn_gives_the_place_back(node: Node) -> None:
    """A was replaced by B (bumpfee), B was abandoned: A is what counts."""
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0, replaced_by_txid="b" * 64)
    node.transaction("b", [("f", 0)], [4000], received=(0,), confirmations=0, abandoned=True)
    node.pending("a")
    assert coins(node) == {("a", 0): 5000}
    assert transactions(node)["b"]["replaced_by"] == node.txid("a")


def test_the_fee_is_inputs_less_outputs_where_the_inputs_are_known(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    node.transaction("b", [("a", 0)], [4200], received=(0,), fee=node.btc(-999))
    assert transactions(node)["b"]["fee_sat"] == 800


def test_the_wallets_own_fee_is_none_where_an_input_is_not_its_own(node: Node) -> None:
    node.transaction("b", [("f", 0)], [4200], received=(0,), fee=node.btc(-999))
    assert transactions(node)["b"]["fee_sat"] is None


def test_a_fee_that_the_wallet_cannot_know_is_null(node: Node) -> None:
    node.transaction("a", [("e", 0)], [5000], received=(0,))
    node.transaction("b", [("f", 0)], [4200], received=(0,), fee=node.btc(4000))
    assert {record["fee_sat"] for record in transactions(node).values()} == {None}


def test_a_transaction_that_pays_out_more_than_it_spends_is_refused(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    node.transaction("b", [("a", 0)], [5001], received=(0,), fee=node.btc(-1))
    with pytest.raises(BadAnswer, match="pays out more than it spends"):
        transactions(node)


def test_outputs_tell_whether_a_live_transaction_spends_them(node: Node) -> None:
    node.transaction("a", [("f", 0)], [5000, 6000, 7000], received=(0, 1))
    node.transaction("b", [("a", 0)], [4000], received=(0,), fee=node.btc(-1000))
    node.transaction("c", [("a", 1)], [4000], received=(0,), fee=node.btc(-2000), confirmations=0, abandoned=True)
    assert [output["spent"] for output in transactions(node)["a"]["outputs"]] == [True, False, False]
