"""Classes of coins add up, whatever the coins are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.coins import balance
from gitbtc.coins.holdings import CLASSES, Circumstances, Holding, holdings
from gitbtc.errors import CannotWork
from gitbtc.spends import CHAIN, EXECUTION, TRANSACTIONS
from gitbtc.spends.evidence import Evidence
from gitbtc.spends.reservations import reserve_event
from tests.made_state import coin, spend

TIP = 150
AMOUNTS = st.integers(0, 21_000_000 * 100_000_000)
HEIGHTS = st.none() | st.integers(0, TIP)
COINS = st.lists(st.tuples(AMOUNTS, HEIGHTS, st.booleans(), st.booleans()), max_size=12)


def evidence(spent: list[dict[str, Any]], reserved: list[tuple[str, str, int]]) -> Evidence:
    """What a root with a spend of each of `spent`, and reservations (agent, outpoint, until block), says."""
    events = [reserve_event(agent, [outpoint], end) | {"timestamp": 1, "block_height": 1, "seq": 1}
              for agent, outpoint, end in reserved]  # fmt: skip
    made = [spend(f"x{one['vout']}", one) for one in spent]
    files = {TRANSACTIONS: made, EXECUTION: events, CHAIN: {"network": "regtest", "block_height": TIP}}
    return Evidence(lambda kind: json.dumps(files[kind]).encode() if kind in files else b"")


@given(COINS, st.data())
def test_each_coin_is_in_one_class_and_the_classes_are_the_coins(
    drawn: list[tuple[int, int | None, bool, bool]], data: st.DataObject
) -> None:
    made = [
        coin(vout, amount_sat=amount, block_height=height, coinbase=coinbase, spendable=spendable)
        for vout, (amount, height, coinbase, spendable) in enumerate(drawn)
    ]
    some = st.lists(st.sampled_from(made), unique_by=lambda one: one["vout"]) if made else st.just([])
    spent, frozen, held, contested = (data.draw(some) for _ in range(4))
    reserved = [(data.draw(st.sampled_from(["ann", "bob"])), f"{one['txid']}:{one['vout']}",
                 data.draw(st.integers(TIP - 1, TIP + 1))) for one in held]  # fmt: skip
    known = Circumstances(
        evidence(spent, reserved), "ann", {f"{one['txid']}:{one['vout']}" for one in frozen},
        {(one["txid"], one["vout"]) for one in contested}, lambda _: data.draw(st.booleans()),
    )  # fmt: skip
    found = holdings(made, known)
    added = balance.added_up(found, TIP)
    assert list(added.classes) == list(CLASSES)
    assert added.everything == balance.Sum(len(made), sum(one["amount_sat"] for one in made))
    assert sum(held.amount_sat for held in added.classes.values()) == added.everything.amount_sat
    assert sum(added.core) == added.everything.amount_sat
    free = {one.outpoint for one in found if one.is_free}
    held_back = {(one["txid"], one["vout"]) for one in (*spent, *frozen, *contested)}
    assert free.isdisjoint(held_back)
    assert all(one.coin["block_height"] is not None for one in found if one.is_free)


def test_what_does_not_add_up_is_not_told() -> None:
    twice = [Holding(("ab" * 32, 0), coin(0), "spendable", "")] * 2
    with pytest.raises(CannotWork, match="do not add up"):
        balance.added_up(twice, TIP)
    with pytest.raises(CannotWork, match="do not add up"):
        balance.check([balance.Sum(1, 100_000_001)], balance.total(twice[:1]))


@pytest.mark.parametrize(("amount", "price", "cents"), [
    (1, 90_000.0, "0.00"), (50_000_000, 0.01, "0.00"), (150_000_000, 0.01, "0.02"),
    (123_456_789, 98_765.43, "121932.63"),
])  # fmt: skip
def test_dollars_are_rounded_half_to_even(amount: int, price: float, cents: str) -> None:
    assert str(balance.usd(amount, {"price_usd": price})) == cents
