"""`gitbtc fees`, `gitbtc mempool`, `gitbtc plan consolidate`: what they say, and what they exit with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.made_state import chain, change_of, coin, coins, mempool, pending, put, spend, transactions, txid

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter


def readings(repo: Repo, rates: list[float], source: str = "desk") -> None:
    put(repo, "oracles/fees.json", *(
        {"timestamp": 1_700_000_000 - 60 * (len(rates) - place), "block_height": 150 - len(rates) + place,
         "target_1_block_sat_vbyte": rate * 2, "target_6_block_sat_vbyte": rate, "target_144_block_sat_vbyte": 0.1,
         "source": source}
        for place, rate in enumerate(rates, 1)))  # fmt: skip


def document(repo: Repo, *command: str, ok: tuple[int, ...] = (0,)) -> dict[str, Any]:
    [found] = json.loads(repo.gitbtc(*command, "--json", ok=ok).stdout).values()
    return dict(found)


@pytest.fixture
def wallet(treasury: Repo) -> Repo:
    coins(treasury, coin(1, label="dca", amount_sat=20_000), coin(2, label="dca", amount_sat=30_000),
          coin(3, label="rent", amount_sat=40_000), change_of(spend("a", coin(0))))  # fmt: skip
    transactions(treasury, spend("a", coin(0)))
    chain(treasury, 150)
    return treasury


def test_the_latest_estimate_stands_among_those_of_a_week(wallet: Repo) -> None:
    readings(wallet, [*range(1, 20), 6.0, 5.5])
    assert wallet.gitbtc("fees").stdout.splitlines() == [
        "21 readings of the last 1,008 blocks, the last at the tip (source desk)",
        "  sat/vB      latest  min  p25  median  p75",
        "  1 block         11    2   11      18   28",
        "  6 blocks       5.5    1  5.5       9   14",
        "  144 blocks     0.1  0.1  0.1     0.1  0.1",
        "  at 1 block 11 sat/vB: cheaper than 74 % of the last 1,008 blocks' readings",
        "  at 6 blocks 5.5 sat/vB: cheaper than 74 % of the last 1,008 blocks' readings",
        "  at 144 blocks 0.1 sat/vB: cheaper than 50 % of the last 1,008 blocks' readings",
    ]


def test_of_few_readings_nothing_is_said(wallet: Repo) -> None:
    readings(wallet, [5])
    assert "too few readings to compare it with" in wallet.gitbtc("fees").stdout
    assert document(wallet, "fees")["targets"][1]["percentile"] is None
    assert "no reading of other" in wallet.gitbtc("fees", "--source", "other").stdout
    assert document(wallet, "fees", "--source", "other")["targets"] == []


def test_a_pending_transaction_is_told_with_what_can_be_done(wallet: Repo) -> None:
    found = document(wallet, "fees", txid("a")[:8], "--feerate", "10")
    assert (found["fee_sat"], found["vsize"], found["feerate"]) == (1_000, 200, "5")
    assert found["replacement_fee_sat"] == 1_020
    assert found["child"] == {"feerate": "10", "vsize": 110, "fee_sat": 2_100}
    assert "a child can spend" in wallet.gitbtc("fees", txid("a")).stdout
    assert "no such transaction waits" in wallet.gitbtc("fees", "abcdef", ok=(1,)).stderr
    wallet.gitbtc("fees", f"{txid('a')}:0", ok=(2,))


def test_rivals_in_the_mempool_are_a_finding(wallet: Repo) -> None:
    assert [one["txid"] for one in document(wallet, "mempool")["transactions"]] == [txid("a")]
    mempool(wallet, pending(spend("b", coin(0))))
    found = document(wallet, "mempool", ok=(1,))["transactions"]
    assert {one["txid"]: one["rivals"] for one in found} == {txid("a"): [txid("b")], txid("b"): [txid("a")]}
    assert "contends with" in wallet.gitbtc("mempool", ok=(1,)).stdout
    mempool(wallet)
    transactions(wallet)
    coins(wallet, coin(0))
    assert "nothing waits for a block" in wallet.gitbtc("mempool").stdout


def test_a_consolidation_is_planned_by_label(wallet: Repo) -> None:
    [plan] = document(wallet, "plan", "consolidate", "--feerate", "1", "--future", "20")["plans"]
    assert (plan["cluster"], len(plan["coins"]), plan["recommended"]) == ("dca", 2, True)
    assert plan["cost_sat"] == 178  # 42 + 4 · 31 + 2 · 272 = 710 WU
    assert plan["saving_sat"] == 68 * 20
    assert plan["break_even"] == "2.618"
    [mixed] = document(wallet, "plan", "consolidate", "--feerate", "1", "--future", "2", "--mix")["plans"]
    assert (mixed["labels"], mixed["recommended"]) == (["dca", "rent"], False)
    said = wallet.gitbtc("plan", "consolidate", "--feerate", "1", ok=(2,)).stderr
    assert "give --future" in said
    readings(wallet, [30, 20, 10])
    shown = wallet.gitbtc("plan", "consolidate", "--feerate", "1").stdout
    assert "20 sat/vB another day, the median for 6 blocks of desk's last week" in shown
    assert 'links the coins: who knows of one learns of all: "dca"' in shown
    assert "nothing to join" in wallet.gitbtc("plan", "consolidate", "--feerate", "900").stdout
