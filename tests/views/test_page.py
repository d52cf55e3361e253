"""Pages of large wallets are small, and what a page needs is said where it is missing."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from gitbtc.errors import CannotWork
from gitbtc.views import page
from tests.views.pages import Page

_TIP = {"root": "", "network": "main", "block_height": 900_000, "block_hash": "cd" * 32, "block_time": 1}
_END = {"asked": "", "commit": "ab" * 20, "author": "", "subject": "", "signature": None, "is_reckoned": False,
        "roots": [_TIP]}  # fmt: skip


def large(transactions: int) -> dict[str, Any]:
    """A report of so many transactions, a coin and a branch each hundred."""
    heights = [800_000 + 10 * place for place in range(transactions)]
    steps = [{"height": height, "time": 1_600_000_000 + 6000 * place, "balance_sat": 1 + (place * 7919) % 10**9}
             for place, height in enumerate(heights)]  # fmt: skip
    commits = [
        {"oid": "ef" * 20, "author": "a", "subject": "s", "height": height, "balance_sat": None} for height in heights
    ]
    paid = [{"txid": "0" * 64, "block_height": height, "feerate": f"{1 + (height * 31) % 97}.5", "fee_sat": 500}
            for height in heights]  # fmt: skip
    bands = [{"name": "< 1 day", "coins": 3, "amount_sat": 5, "from_sat": 1}]
    told: dict[str, Any] = {
        "version": "0", "roots": [""], "network": "main", "from": _END, "to": _END, "look_at": [], "halving": None,
        "classes": {"classes": [], "immature_until_block": None, "contested": 0}, "branches": [], "channels": None,
        "balance": {"opening_sat": 0, "closing_sat": steps[-1]["balance_sat"], "pending_sat": 0, "steps": steps,
                    "commits": commits},
        "coins": {"count": 3, "by_amount": bands, "by_age": bands, "mean_age_days": "1.0", "coin_days": "1.0",
                  "cost_sat": 5},
        "fees": {"count": len(paid), "total_sat": 1, "median": "5", "paid": paid, "readings": []}, "agents": [],
    }  # fmt: skip
    return {"gitbtc.report/v1": told}


def test_a_page_of_ten_thousand_transactions_is_small() -> None:
    text = page.of_report(large(10_000))
    assert len(text.encode()) < 500_000
    assert Page(text).faults == []


def test_a_page_of_one_transaction_can_be_drawn() -> None:
    assert Page(page.of_report(large(1))).counts["svg"] == 4


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(CannotWork, match="pip install jinja2"):
        page.of_report(large(1))
