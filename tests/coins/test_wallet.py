"""A wallet's coins add up to the same whether all of them are held, or a few at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.coins.balance import added_up
from gitbtc.coins.feerate import Feerate
from gitbtc.coins.wallet import Asking, Wallet, wallets
from gitbtc.coins.weights import InputWeights
from gitbtc.coins.worth import ORDERS, age, effective_sat, ordered
from gitbtc.errors import CannotWork
from gitbtc.kinds import codec, layouts
from gitbtc.kinds.layouts import Layout
from gitbtc.kinds.registry import Kinds, built_in
from gitbtc.state.snapshot import of_contents
from tests.made_state import coin, spend

if TYPE_CHECKING:
    from collections.abc import Callable

UTXOS = built_in("utxos")
TIP = {"network": "regtest", "block_height": 150, "block_hash": "aa" * 32, "block_time": 1_700_000_000}

some_coins = st.lists(
    st.builds(
        lambda digit, vout, height, changes: coin(vout, f"{digit:x}" * 64, block_height=height, **changes),
        st.integers(0, 15), st.integers(0, 3), st.sampled_from([None, 3, 100, 149]),
        st.sampled_from([{}, {}, {"coinbase": True}, {"spendable": False}]),
    ),
    unique_by=lambda one: (one["txid"], one["vout"]),
    max_size=12,
)  # fmt: skip


def wallet(coins: bytes, layout: Layout, spent: list[dict[str, Any]], *, added: bool) -> Wallet:
    """The wallet of a root with this listing, and a transaction that spends each of `spent`."""
    paying = [spend("x", one) | {"txid": f"{number:064x}"} for number, one in enumerate(spent)]
    files = {built_in("chain").path: json.dumps(TIP).encode(), UTXOS.path: coins}
    files[built_in("transactions").path] = codec.encode_file(built_in("transactions"), paying)
    if not layout.is_whole:
        shards = layouts.divided(UTXOS, layout, files.pop(UTXOS.path))
        files |= {layouts.shard_path(UTXOS.path, name): content for name, content in shards.items()}
    asking = Asking("ann", {}, lambda _, __: False)
    [found] = wallets(of_contents("here", files, Kinds()), asking, added=added)
    return found


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "_PIECE", 600)  # bytes: some two coins


@given(some_coins, st.sampled_from([layouts.WHOLE, Layout(1), Layout(2)]), st.booleans(), st.data())
def test_its_sums_are_those_of_its_coins(
    made: list[dict[str, Any]], layout: Layout, by_hand: bool, data: st.DataObject
) -> None:
    spent = data.draw(st.lists(st.sampled_from(made), unique_by=id, max_size=2)) if made else []
    content = json.dumps(made, indent=1).encode() if by_hand else codec.encode_file(UTXOS, made)
    held = wallet(content, layout, spent, added=False)
    assert sorted(one.coin["amount_sat"] for one in held.holdings) == sorted(one["amount_sat"] for one in made)
    assert held.balance == added_up(held.holdings, 150)
    added = wallet(content, layout, spent, added=True)
    assert added.balance == held.balance
    assert list(added.classified()) == held.holdings
    assert by_hand or "_coins" not in vars(added), "all coins are held at once"


@given(some_coins, st.sampled_from(ORDERS), st.none() | st.integers(0, 150))
def test_coins_are_sorted_by_what_is_known_and_then_by_outpoint(
    made: list[dict[str, Any]], by: str, tip: int | None
) -> None:
    weights, feerate = InputWeights([]), Feerate(10_000)
    told = [one | {"script_type": "p2sh"} if one["vout"] == 2 else one for one in made]
    told = [one | {"amount_sat": 600 + one["vout"] % 2} for one in told]
    told.sort(key=lambda one: (one["txid"], one["vout"]))
    values: dict[str, Callable[[dict[str, Any]], int | None]] = {
        "outpoint": lambda _: 0,
        "amount": lambda one: one["amount_sat"],
        "age": lambda one: age(one, tip),
        "effective": lambda one: effective_sat(one, weights.of(one["script_type"]), feerate),
    }
    by_value = sorted(told, key=lambda one: (values[by](one) is None, -(values[by](one) or 0)))
    assert list(ordered(iter(told), by, tip, weights, feerate)) == by_value


@pytest.mark.parametrize("layout", [layouts.WHOLE, Layout(1)])
@pytest.mark.parametrize("fault", [{"amount_sat": "many"}, {"script_type": None}, {"address": ["one", "two"]}])
def test_a_coin_that_is_none_is_told_before_anything_is(layout: Layout, fault: dict[str, Any]) -> None:
    made = [coin(0, f"{digit:x}" * 64, block_height=100 if digit else None) for digit in range(16)]
    own = [coin(0, f"{1:064x}"), coin(0)]  # what made the first is built on another payment: whose it was, is looked up
    content = codec.encode_file(UTXOS, [*made[:-1], made[-1] | fault])
    told = []
    for added in (True, False):
        with pytest.raises(CannotWork, match=f"utxos.json: .*{next(iter(fault))}") as refused:
            wallet(content, layout, own, added=added)
        told.append(str(refused.value))
    assert told[0] == told[1]
