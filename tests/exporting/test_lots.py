"""Lots of random wallets: bean-check accepts them, by every method, and what cannot be known is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitbtc.coins.names import Names
from gitbtc.exporting.accounts import Accounts
from gitbtc.exporting.entries import export
from gitbtc.exporting.lots import Lots, NoCost, beancount_with_lots
from gitbtc.statement.books import Books
from gitbtc.statement.fiat import Prices
from gitbtc.statement.groups import Called
from gitbtc.statement.ownership import NoProofs
from gitbtc.statement.reckoning import Reckoning
from tests.exporting.programs import BEANCOUNT, accepts
from tests.made_state import change_of, mined, spend
from tests.statement.months import receipt
from tests.statement.world import Descriptors, World

if TYPE_CHECKING:
    from pathlib import Path

DAY = 1_769_990_400  # a midnight
TIP = {"network": "regtest", "block_height": 200, "block_hash": "aa" * 32, "block_time": DAY + 10 * 86_400}


def price(moment: int, usd: float, source: str = "x") -> dict[str, Any]:
    return {"timestamp": moment, "block_height": None, "price_usd": usd, "source": source}


def ledger(
    records: list[dict[str, Any]], prices: list[dict[str, Any]], *, method: str = "fifo", accounts: bytes = b"",
    coins: list[dict[str, Any]] | None = None, funding: dict[tuple[str, int], str] | None = None,
) -> str:  # fmt: skip
    files = {"transactions": records, "utxos": [change_of(one) for one in records] if coins is None else coins}
    reckoning = Reckoning(None, Books({"": lambda kind: [TIP] if kind == "chain" else files.get(kind, [])}), NoProofs())
    called = Called([Names([], [])], [reckoning.after], funding or {})
    return beancount_with_lots(
        export(reckoning, called, {}), Accounts(accounts, [""]), called, Lots(method, Prices(prices, "x"))
    )


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), method=st.sampled_from(["fifo", "lifo", "hifo"]))
def test_lots_of_random_wallets_are_accepted(tmp_path: Path, seed: int, method: str) -> None:
    last = World(seed).run(60).snapshots[-1]
    reckoning = Reckoning(None, last.books(("alice",)), Descriptors(("alice",)))
    called = Called([Names([], [])], [reckoning.after], {})
    told = export(reckoning, called, {})
    prices = [price(one.time, 20_000 + seed * one.time % 70_001 / 8) for one in told.entries]
    text = beancount_with_lots(told, Accounts(b"", ("alice",)), called, Lots(method, Prices(prices, "x")))
    assert accepts(BEANCOUNT, text, tmp_path) == ""
    assert text.count(" USD}") == sum(one.flow.net_sat > 0 for one in told.entries)
    assert text.count(" {} @ ") == sum(one.flow.net_sat < 0 for one in told.entries)


def test_a_coin_that_comes_and_goes_in_one_block_is_a_lot_before_it_goes(tmp_path: Path) -> None:
    """Txids order a block, and that of the payment is the smaller one."""
    came = receipt("received", 5000, 100, DAY)
    went = mined(spend("paid", change_of(came), fee=200), 100) | {"block_time": DAY}
    assert went["txid"] < came["txid"]
    text = ledger([came, went], [price(DAY, 90_000)], coins=[])
    assert accepts(BEANCOUNT, text, tmp_path) == ""
    assert "2026-02-03 balance Assets:Bitcoin:Treasury  0.00000000 ~ 0 BTC" in text


def test_what_went_to_an_account_of_income_is_accepted_too(tmp_path: Path) -> None:
    came = receipt("came", 5000, 100, DAY)
    went = mined(spend("went", change_of(came), fee=200), 110) | {"block_time": DAY + 60}
    table = b'[category]\nunknown = "income:consulting"\n'
    text = ledger([came, went], [price(DAY, 90_000), price(DAY + 60, 91_000)], accounts=table, coins=[])
    assert len(re.findall(r"^  Income:Consulting .* USD$", text, re.MULTILINE)) == 2
    assert accepts(BEANCOUNT, text, tmp_path) == ""


def test_an_amount_is_worth_what_it_is_exactly() -> None:
    text = ledger([receipt("came", 2_099_999_999_999_999, 100, DAY)], [price(DAY, 123_456.78901234567)])
    assert "20999999.99999999 BTC {123456.78901234567 USD}" in text
    assert "-2592592569259.2578354321098765433 USD" in text


@pytest.mark.parametrize("moment", [DAY + 1, DAY - 86_401])
def test_a_transaction_without_a_price_is_refused(moment: int) -> None:
    one = receipt("came", 5000, 100, DAY)
    with pytest.raises(NoCost, match=rf"x tells no price .* 1 transactions: {one['txid']} \(2026-02-02\)"):
        ledger([one], [price(moment, 90_000), price(DAY, 90_000, "y")])


def test_what_moves_between_accounts_of_ones_own_is_refused() -> None:
    with pytest.raises(NoCost, match="to or from assets:exchange: that is no sale"):
        ledger(
            [receipt("came", 5000, 100, DAY)],
            [price(DAY, 90_000)],
            accounts=b'[category]\nunknown = "assets:exchange"\n',
        )


def test_what_goes_into_a_channel_or_comes_out_of_one_is_refused() -> None:
    came = receipt("came", 5000, 100, DAY)
    went = mined(spend("went", change_of(came), fee=200), 110) | {"block_time": DAY}
    spent = came["inputs"][0]
    for funding in ((went["txid"], 0), (spent["txid"], spent["vout"])):
        with pytest.raises(NoCost, match="to or from a channel"):
            ledger([came, went], [price(DAY, 90_000)], coins=[], funding={funding: "peer"})
