"""How a coin's story stands."""

from __future__ import annotations

from typing import Any

import pytest

from gitbtc.history.endings import CoinEnding, ending
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends.evidence import Evidence
from tests.history.wallet import mined, paid
from tests.made_state import FUNDING, coin, pending, spend

A, B = spend("aa", coin(0)), spend("bb", coin(0))
LOST = A | {"replaced_by": B["txid"]}


def stands(
    outpoint: tuple[str, int] = (FUNDING, 0), tip: int | None = None, **state: list[dict[str, Any]]
) -> CoinEnding:
    files = {kind: codec.encode_file(built_in(kind), records) for kind, records in state.items()}
    if tip is not None:
        files["chain"] = b'{"block_height":%d,"network":"regtest"}' % tip
    return ending(Evidence(lambda kind: files.get(kind, b"")), outpoint)


@pytest.mark.parametrize(
    ("state", "end"),
    [
        ({"utxos": [coin(0)]}, CoinEnding("unspent", listed=True, block_height=100)),
        ({"utxos": [coin(0, block_height=None)]}, CoinEnding("unspent", listed=True)),
        ({"transactions": [A]}, CoinEnding("spent", listed=False, txids=(A["txid"],))),
        ({"transactions": [mined(A)]}, CoinEnding("spent", listed=False, txids=(A["txid"],), block_height=105)),
        ({"mempool": [pending(A)]}, CoinEnding("spent", listed=False, txids=(A["txid"],), in_mempool=True)),
        ({"mempool": [pending(A)], "utxos": [coin(0)]},
         CoinEnding("spent", listed=True, txids=(A["txid"],), in_mempool=True)),
        ({"transactions": [A, B]}, CoinEnding("contested", listed=False, txids=(A["txid"], B["txid"]))),
        ({"transactions": [LOST, B]}, CoinEnding("spent", listed=False, txids=(B["txid"],))),
        ({"transactions": [LOST]}, CoinEnding("gone", listed=False)),
        ({}, CoinEnding("gone", listed=False)),
    ],
)  # fmt: skip
def test_the_state_follows_from_the_snapshot(state: dict[str, Any], end: CoinEnding) -> None:
    assert stands(**state) == end


def test_what_an_agent_logged_is_no_rival_of_a_transaction() -> None:
    logged = {"timestamp": 1, "block_height": None, "event_type": "dca_buy", "txid": B["txid"], "amount_sat": None,
              "fee_sat": None, "note": "", "outpoints": [f"{FUNDING}:0"]}  # fmt: skip
    assert stands(transactions=[A], execution=[logged]).state == "spent"


def test_a_coin_is_lost_with_the_transaction_that_made_it() -> None:
    made = (A["txid"], paid(A)["vout"])
    assert stands(made, transactions=[LOST]) == CoinEnding("lost", listed=False, txids=made[:1], replaced_by=B["txid"])
    assert stands(made, transactions=[A | {"abandoned": True}]).replaced_by is None


@pytest.mark.parametrize(("tip", "holds"), [(None, True), (120, True), (121, False)])
def test_reservations_that_hold_are_told(*, tip: int | None, holds: bool) -> None:
    reserve = {"timestamp": 1, "block_height": None, "event_type": "reserve", "txid": None, "amount_sat": None,
               "fee_sat": None, "note": "", "agent": "bot", "outpoints": [f"{FUNDING}:0"],
               "expires_height": 120}  # fmt: skip
    told = stands(tip=tip, utxos=[coin(0)], execution=[reserve]).document()["reservations"]
    assert told == ([{"agent": "bot", "expires_height": 120}] if holds else [])
