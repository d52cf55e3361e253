"""A treasury of three months in three commits, for tests of statements and exports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.made_state import ADDRESS, OTHER, change_of, coin, coins, mined, put, spend, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo

FEB, MAR, APR = 1_770_000_000, 1_773_000_000, 1_776_000_000  # 2026-02-02, 2026-03-08, 2026-04-12


def receipt(name: str, amount: int, height: int, time: int) -> dict[str, Any]:
    payer = coin(0, f"{name.encode().hex():0>64}"[:64], amount_sat=amount + 500)
    output = {"vout": 0, "amount_sat": amount, "address": ADDRESS, "script_type": "p2wpkh", "spent": False}
    return mined(spend(name, payer, fee=500), height) | {"block_time": time, "outputs": [output]}


def tip(repo: Repo, height: int, time: int) -> None:
    block = {"network": "regtest", "block_height": height, "block_hash": f"{height:064x}", "block_time": time}
    repo.write("network/chain.json", json.dumps(block))


@once
def three_months(treasury: Repo) -> None:
    """A receipt in each month, and a payment in March."""
    first = receipt("february", 5000, 100, FEB)
    second = receipt("march", 7000, 200, MAR)
    paid = mined(spend("paid", change_of(first), fee=200), 210) | {"block_time": MAR + 9000}
    third = receipt("april", 9000, 300, APR)
    transactions(treasury, first)
    coins(treasury, change_of(first))
    tip(treasury, 110, FEB + 6000)
    treasury.unexamined("February 2026")
    transactions(treasury, first, second, paid)
    coins(treasury, change_of(second))
    labels = [
        {"address": OTHER, "label": '=cmd|"/c calc"!A0', "category": "expense", "created_at": 1},
        {"address": ADDRESS, "label": "\u202eACME <svg onload=x>", "category": "income", "created_at": 1},
    ]
    put(treasury, "wallet/labels.json", *labels)
    tip(treasury, 220, MAR + 9500)
    treasury.unexamined("March 2026")
    transactions(treasury, first, second, paid, third)
    coins(treasury, change_of(second), change_of(third))
    tip(treasury, 310, APR + 6000)
    treasury.unexamined("April 2026")
