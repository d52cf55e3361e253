from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gitbtc.spends.evidence import inputs, is_dead
from gitbtc.spends.settle import Settlement, settle
from tests.made_state import coin, pending, spend, txid


def state(utxos: list[dict[str, Any]], transactions: list[dict[str, Any]]) -> dict[str, dict[tuple[Any, ...], Any]]:
    return {
        "utxos": {(one["txid"], one["vout"]): dict(one) for one in utxos},
        "transactions": {(one["txid"],): dict(one) for one in transactions},
        "mempool": {(one["txid"],): pending(one) for one in transactions},
    }


def output(transaction: dict[str, Any]) -> dict[str, Any]:
    """The coin that a transaction's one output is."""
    return coin(0, transaction["txid"], amount_sat=transaction["outputs"][0]["amount_sat"])


def known(*coins: dict[str, Any]) -> Any:
    return {(one["txid"], one["vout"]): one for one in coins}.get


WINNER, LOSER = spend("winner", coin(0)), spend("loser", coin(0), coin(1))
CHILD = spend("child", output(LOSER), coin(2))


def test_what_was_built_on_the_loser_goes_and_what_only_it_spent_is_back() -> None:
    root = state([output(WINNER), output(CHILD), coin(3)], [WINNER, LOSER, CHILD])
    gone = settle(root, Settlement([LOSER["txid"]], [WINNER["txid"]]), known(coin(0), coin(1), coin(2)))
    assert gone == {LOSER["txid"], CHILD["txid"]}
    assert set(root["utxos"]) == {(WINNER["txid"], 0), (coin(1)["txid"], 1), (coin(2)["txid"], 2), (coin(3)["txid"], 3)}
    assert set(root["mempool"]) == {(WINNER["txid"],)}
    assert root["transactions"][LOSER["txid"],]["replaced_by"] == WINNER["txid"]
    assert root["transactions"][CHILD["txid"],]["abandoned"] is True
    assert root["transactions"][LOSER["txid"],]["outputs"][0]["spent"] is False


def test_a_coin_of_somebody_else_is_not_made_ours() -> None:
    root = state([], [WINNER, LOSER])
    settle(root, Settlement([LOSER["txid"]], [WINNER["txid"]]), known())
    assert root["utxos"] == {}


def test_a_coin_that_came_and_went_between_two_commits_is_back_as_its_transaction_tells() -> None:
    """No snapshot ever listed it: one import received it, and spent it in a transaction that now loses."""
    block = {"confirmed": True, "block_height": 107, "block_hash": "ab" * 32, "block_time": 1_700_000_500}
    income = spend("income", coin(8, txid("somebody"))) | block
    losing = spend("losing", output(income), coin(0))
    root = state([output(WINNER)], [income, losing, WINNER])
    settle(root, Settlement([losing["txid"]], [WINNER["txid"]]), known(coin(0)))
    [came] = income["outputs"]
    assert root["utxos"].pop((income["txid"], 0)) == {
        "txid": income["txid"], "vout": 0, "amount_sat": came["amount_sat"], "script_type": came["script_type"],
        "address": came["address"], "block_height": 107, "block_hash": "ab" * 32, "coinbase": False, "label": None,
    }  # fmt: skip
    assert set(root["utxos"]) == {(WINNER["txid"], 0)}  # and no output of it that only it could make ours


def test_outputs_that_nobody_spent_and_nobody_listed_are_not_made_ours() -> None:
    root = state([], [WINNER, LOSER])
    settle(root, Settlement([LOSER["txid"]], [WINNER["txid"]]), known(coin(0), coin(1)))
    assert set(root["utxos"]) == {(coin(1)["txid"], 1)}


def test_a_coin_that_another_live_transaction_spends_stays_spent() -> None:
    other = spend("other", coin(1))
    root = state([], [WINNER, LOSER, other])
    settle(root, Settlement([LOSER["txid"]], [WINNER["txid"]]), known(coin(0), coin(1)))
    assert root["utxos"] == {}


def test_nobody_wins() -> None:
    root = state([output(WINNER), output(LOSER)], [WINNER, LOSER])
    settle(root, Settlement([WINNER["txid"], LOSER["txid"]]), known(coin(0), coin(1)))
    assert set(root["utxos"]) == {(coin(0)["txid"], 0), (coin(1)["txid"], 1)}
    assert all(record["abandoned"] for record in root["transactions"].values())


def test_settling_again_changes_nothing() -> None:
    root = state([output(CHILD)], [WINNER, LOSER, CHILD])
    everything = known(coin(0), coin(1), coin(2))
    settle(root, Settlement([LOSER["txid"]], [WINNER["txid"]]), everything)
    before = repr(root)
    settle(root, Settlement([LOSER["txid"]], [WINNER["txid"]]), everything)
    assert repr(root) == before


@st.composite
def chains(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Transactions, each spending coins of the wallet or outputs of earlier ones; conflicts are likely."""
    made: list[dict[str, Any]] = []
    for number in range(draw(st.integers(2, 7))):
        available = [coin(vout) for vout in range(4)] + [output(transaction) for transaction in made]
        spent = draw(
            st.lists(
                st.sampled_from(available), min_size=1, max_size=3, unique_by=lambda one: (one["txid"], one["vout"])
            )
        )
        made.append(spend(f"{number}x", *spent))
    return made


@given(chains(), st.data())
def test_the_coins_are_what_replaying_the_surviving_transactions_gives(
    made: list[dict[str, Any]], data: st.DataObject
) -> None:
    everything = {(one["txid"], one["vout"]): one for one in [*(coin(vout) for vout in range(4)), *map(output, made)]}
    root = state([], made)
    unsettled = True
    while unsettled:  # settle one contested coin after another, as a person would
        live = [record for record in root["transactions"].values() if not is_dead(record)]
        contested = [
            (one, other) for one in live for other in live if one is not other and set(inputs(one)) & set(inputs(other))
        ]
        unsettled = bool(contested)
        if contested:
            winner, loser = data.draw(st.sampled_from(contested))
            settle(root, Settlement([loser["txid"]], [winner["txid"]]), everything.get)
    live_ids = {record["txid"] for record in root["transactions"].values() if not is_dead(record)}
    spent = {outpoint for record in root["transactions"].values() if not is_dead(record) for outpoint in inputs(record)}
    touched = {outpoint for record in made for outpoint in inputs(record)}
    for outpoint in root["utxos"]:
        assert outpoint not in spent
        assert outpoint[0] in live_ids or outpoint[0] == coin(0)["txid"]
    for outpoint in touched - spent:
        alive = outpoint[0] in live_ids or outpoint[0] == coin(0)["txid"]
        died = any(is_dead(root["transactions"][record["txid"],]) and outpoint in inputs(record) for record in made)
        assert (outpoint in root["utxos"]) is (alive and died)
    assert txid("0x") in {record["txid"] for record in made}
