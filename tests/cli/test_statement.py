"""`gitbtc statement`: a period, its sum, and what makes it unclean."""

from __future__ import annotations

import csv
import io
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import Repo
from tests.made_state import chain, change_of, channel, coin, coins, mined, put, spend, transactions
from tests.statement.months import FEB, MAR, receipt, three_months, tip

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.one_interpreter


def told(repo: Repo, *arguments: str, ok: tuple[int, ...] = (0,)) -> dict[str, Any]:
    document = json.loads(repo.gitbtc("statement", "--json", *arguments, ok=ok).stdout)
    return dict(document["gitbtc.statement/v1"])


def sums(repo: Repo, *arguments: str, ok: tuple[int, ...] = (0,)) -> dict[str, int]:
    """The sums that are not 0."""
    return {name: amount for name, amount in told(repo, *arguments, ok=ok)["totals"].items() if amount}


@pytest.fixture
def kept(treasury: Repo) -> Repo:
    three_months(treasury)
    return treasury


@pytest.mark.both_layouts
def test_a_month_is_told_in_lines(kept: Repo) -> None:
    lines = kept.gitbtc("statement", "2026-03").stdout.splitlines()
    assert lines[:7] == [
        "March 2026 (2 Feb – 8 Mar) · regtest             BTC",
        "    opening       1 coin                  0.00005000",
        '  + received      1 payment              +0.00007000   income  "\\u202eACME <svg onload=x>"',
        '  − paid          1 payment              −0.00004800   expense  "=cmd|\\"/c calc\\"!A0"',
        "  − network fees  1 transaction          −0.00000200",
        "    closing       1 coin                  0.00007000   = coins listed, checked against their transactions",
        "",
    ]
    assert max(map(len, lines[6:])) <= 80


@pytest.mark.parametrize(
    ("period", "opening", "closing"),
    [
        ("2026-03", 5000, 7000),
        ("2026-03-08", 5000, 7000),
        ("2026-02..2026-03", 0, 7000),
        ("2026-03-01..2026-03-31", 5000, 7000),
        ("110..220", 5000, 7000),
        ("150..300", 5000, 7000),
        ("HEAD~2..HEAD~1", 5000, 7000),
        ("HEAD~1", 0, 7000),
        ("..HEAD~1", 0, 7000),
        ("HEAD~2..", 5000, 16_000),
        ("220", 0, 7000),
        ("2026-04", 7000, 16_000),
    ],
)
def test_a_period_is_named_by_commits_days_months_and_heights(
    kept: Repo, period: str, opening: int, closing: int
) -> None:
    found = sums(kept, period)
    assert (found.get("opening_sat", 0), found["closing_sat"]) == (opening, closing)


def test_from_and_to_are_the_same_in_two_words(kept: Repo) -> None:
    assert told(kept, "--from", "2026-03", "--to", "2026-03")["totals"] == told(kept, "2026-03..2026-03")["totals"]
    assert told(kept, "--to", "HEAD~1")["totals"] == told(kept, "HEAD~1")["totals"]


def test_statements_of_neighbouring_months_meet(kept: Repo) -> None:
    months = [told(kept, month) for month in ("2026-02", "2026-03", "2026-04")]
    closing = [month["totals"]["closing_sat"] for month in months]
    assert [month["totals"]["opening_sat"] for month in months] == [0, *closing[:-1]]
    assert sum(month["totals"]["received_sat"] for month in months) == told(kept)["totals"]["received_sat"]


def test_a_period_without_a_commit_at_its_start_is_reckoned_back(kept: Repo) -> None:
    kept.git("checkout", "-q", "--orphan", "late")
    kept.commit("The first commit of this history")
    found = told(kept, "2026-03..2026-04")
    assert found["from"]["commit"] is None
    assert found["from"]["is_reckoned"]
    assert {name: amount for name, amount in found["totals"].items() if amount} == {
        "opening_sat": 5000, "received_sat": 16_000, "sent_sat": 4800, "fees_sat": 200, "closing_sat": 16_000,
    }  # fmt: skip
    assert "no commit is that old: reckoned back" in kept.gitbtc("statement", "2026-03..2026-04").stdout


def test_a_commit_without_a_wallet_is_no_beginning(treasury: Repo) -> None:
    """The repository was set up in 2023, and its first import brings what was before."""
    first, second = receipt("february", 5000, 100, FEB), receipt("march", 7000, 200, MAR)
    transactions(treasury, first, second)
    coins(treasury, change_of(first), change_of(second))
    tip(treasury, 220, MAR + 9500)
    treasury.commit("The first import")
    assert sums(treasury, "2026-03") == {"opening_sat": 5000, "received_sat": 7000, "closing_sat": 12_000}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["2026-13"], "2026-13: no calendar has such a day"),
        (["2026-02-30"], "2026-02-30: no calendar has such a day"),
        (["nowhere"], "nowhere: "),
        (["2026-04..2026-03"], "the period ends before it begins"),
        (["300..200"], "the period ends before it begins"),
        (["HEAD..HEAD~1"], "the period ends before it begins"),
        (["HEAD~1...HEAD"], "with two dots"),
        (["2026-03", "--from", "2026-02"], "not both"),
        (["2025-01"], "2025-01: no commit of this history is that old"),
        (["--csv", "--json"], "two forms"),
        (["--root", "elsewhere"], "--root elsewhere: no wallet lies there"),
    ],
)  # fmt: skip
def test_what_names_no_period_is_refused_in_one_line(kept: Repo, arguments: list[str], words: str) -> None:
    refused = kept.gitbtc("statement", *arguments, ok=(2,))
    assert words in refused.stderr
    assert (refused.stdout, refused.stderr.count("\n")) == ("", 1)


def test_a_commit_without_a_wallet_is_refused(treasury: Repo) -> None:
    assert "no wallet lies in this commit" in treasury.gitbtc("statement", ok=(2,)).stderr


def test_the_table_has_the_same_sums_and_no_formula(kept: Repo) -> None:
    text = kept.gitbtc("statement", "2026-03", "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["line"]: int(row["amount_sat"]) for row in rows if not row["label"]} == {
        "opening": 5000, "received": 7000, "sent": -4800, "fees": -200, "coinbase": 0, "shared": 0, "reorganised": 0,
        "adjusted": 0, "closing": 7000,
    }  # fmt: skip
    assert [row["label"] for row in rows if row["label"]] == ["\u202eACME <svg onload=x>", '\'=cmd|"/c calc"!A0']
    assert "\r" not in text


def test_a_coin_without_a_transaction_makes_it_unclean(kept: Repo) -> None:
    lone = coin(7, amount_sat=11)
    coins(kept, *json.loads(kept.read("wallet/utxos.json")), lone)
    kept.commit("Add a coin by hand")
    assert sums(kept, "HEAD~1..HEAD", ok=(1,))["adjusted_sat"] == 11
    shown = kept.gitbtc("statement", "HEAD~1..HEAD", ok=(1,)).stdout
    assert "checked against" not in shown
    assert f"adjusted: +0.00000011 BTC, {lone['txid'][:8]}:7:" in " ".join(shown.split())


def test_the_printed_sum_is_that_of_the_document(kept: Repo) -> None:
    document = kept.gitbtc("statement", "2026-03", "--json").stdout
    assert kept.gitbtc("statement", "2026-03").stdout.splitlines()[-1].strip() == sha256(document.encode()).hexdigest()
    txids = sorted(one["txid"] for one in json.loads(document)["gitbtc.statement/v1"]["transactions"])
    told_set = json.loads(document)["gitbtc.statement/v1"]["transactions_set"]
    assert told_set == {"count": 2, "sha256": sha256("".join(f"{one}\n" for one in txids).encode()).hexdigest()}


def test_agents_are_told_apart(kept: Repo) -> None:
    paid = told(kept)["transactions"]
    [spent] = [one["txid"] for one in paid if one["type"] == "sent"]
    event = {"timestamp": 1, "block_height": 210, "event_type": "custom", "txid": spent, "amount_sat": 4800,
             "fee_sat": 200, "note": "", "agent": "ada"}  # fmt: skip
    put(kept, "strategy/execution.json", event)
    kept.commit("Say who paid")
    assert told(kept)["agents"] == [{"agent": "ada", "transactions": 1, "sent_sat": 4800, "fee_sat": 200}]
    assert "by ada: 1 transaction, 0.00004800 BTC sent, 200 sat in fees" in kept.gitbtc("statement").stdout


def test_what_goes_into_a_channel_is_told_as_that(treasury: Repo) -> None:
    funds = receipt("funds", 1_000_000, 100, FEB)
    opened = mined(spend("opened", change_of(funds), fee=300), 101)
    transactions(treasury, funds)
    coins(treasury, change_of(funds))
    chain(treasury, 100)
    treasury.commit("Before")
    transactions(treasury, funds, opened)
    coins(treasury)
    open_ = channel("101x1x0", capacity_sat=999_700, local_balance_sat=999_000, remote_balance_sat=700,
                    peer_alias="big router", funding_outpoint=f"{opened['txid']}:0")  # fmt: skip
    put(treasury, "channels/channels.json", open_)
    chain(treasury, 101)
    treasury.commit("Open a channel")
    found = told(treasury, "HEAD~1..HEAD")
    assert found["groups"]["sent"] == [
        {"category": "channel", "label": "big router", "amount_sat": 999_700, "transactions": 1}
    ]
    assert found["channels"] == {"opening_sat": 0, "closing_sat": 999_000, "opened_sat": 999_700, "closed_sat": 0,
                                 "unexplained_sat": -700}  # fmt: skip
    assert "not explained: -700 sat" in treasury.gitbtc("statement", "HEAD~1..HEAD").stdout


def test_two_roots_are_one_purse_or_two(treasury: Repo) -> None:
    funds = receipt("funds", 5000, 100, FEB)
    moved = mined(spend("moved", change_of(funds), fee=100), 106)
    for root, listed in (("alice", []), ("bob", [change_of(moved)])):
        put(treasury, f"{root}/wallet/transactions.json", *([funds, moved] if root == "alice" else [moved]))
        put(treasury, f"{root}/wallet/utxos.json", *listed)
    treasury.commit("Two wallets")
    assert sums(treasury) == {"received_sat": 5000, "fees_sat": 100, "closing_sat": 4900}
    assert sums(treasury, "--root", "bob") == {"received_sat": 4900, "closing_sat": 4900}
    alice = sums(treasury, "--root", "alice")
    assert (alice["received_sat"], alice["sent_sat"], alice["fees_sat"]) == (5000, 4900, 100)


def test_coins_of_two_networks_are_not_added_up(treasury: Repo) -> None:
    for root, network in (("a", "main"), ("b", "regtest")):
        tip_ = {"network": network, "block_height": 1, "block_hash": "aa" * 32, "block_time": 1}
        put(treasury, f"{root}/wallet/utxos.json")
        treasury.write(f"{root}/network/chain.json", json.dumps(tip_))
    treasury.commit("Two networks")
    for command in ("statement", "export", "report"):
        refused = treasury.gitbtc(command, ok=(2,)).stderr
        assert "a of main and b of regtest" in refused
    assert sums(treasury, "--root", "a") == {}


def test_a_recorded_treasury_adds_up_and_needs_no_guess(treasury: Repo, recordings: Path) -> None:
    """The whole history comes with one import, so that only the descriptors prove whose the spent coins were."""
    treasury.gitbtc("import", "bitcoin-core", "--from", str(recordings / "5-agent-a-confirmed"))
    treasury.commit("Import")
    found = told(treasury)
    assert found["concluded"] == []
    assert {name: amount for name, amount in found["totals"].items() if amount} == {
        "received_sat": 1_317_796_279, "coinbase_sat": 5_000_000_000, "sent_sat": 200_000_000, "fees_sat": 8827,
        "closing_sat": 6_117_787_452,
    }  # fmt: skip


def test_of_a_root_without_descriptors_nothing_is_sure(treasury: Repo, recordings: Path) -> None:
    for root in ("alice", "bob"):
        (treasury.path / root).mkdir()
        folder = str(recordings / "5-agent-a-confirmed")
        treasury.gitbtc("import", "bitcoin-core", "--as", root, "--root", root, "--from", folder)
    (treasury.path / "bob" / "wallet" / "descriptors.json").unlink()
    treasury.commit("Import")
    assert told(treasury, "--root", "alice")["concluded"] == []
    assert told(treasury, "--root", "bob")["concluded"] != []
    # Both watch one wallet, so alice's descriptors find the coins of both; of the others nobody can be sure.
    both = told(treasury)["concluded"]
    assert both != []
    assert {one["own"] for one in both} == {False}


@pytest.mark.own_interpreters
def test_a_bare_repository_can_be_told_of(kept: Repo) -> None:
    kept.git("clone", "-q", "--bare", ".", "../bare.git")
    bare = Repo(kept.path.parent / "bare.git", kept.env, kept.clock, kept.python)
    assert bare.gitbtc("statement", "2026-03", "--json").stdout == kept.gitbtc("statement", "2026-03", "--json").stdout
    assert bare.gitbtc("report", "--root", ".").stdout == kept.gitbtc("report", "--root", ".").stdout
    assert bare.gitbtc("export").stdout == kept.gitbtc("export").stdout


def test_a_coin_that_only_an_earlier_commit_lists_is_known_by_it(treasury: Repo, recordings: Path) -> None:
    for moment in ("0-base", "1-agent-a", "5-agent-a-confirmed"):
        treasury.gitbtc("import", "bitcoin-core", "--from", str(recordings / moment))
        (treasury.path / "wallet" / "descriptors.json").unlink()
        treasury.commit(moment)
    found = told(treasury)
    assert {one["own"] for one in found["concluded"]} == {False}
    assert found["totals"]["received_sat"] == 1_317_796_279


def test_what_is_not_proven_is_said(treasury: Repo, recordings: Path) -> None:
    treasury.gitbtc("import", "bitcoin-core", "--from", str(recordings / "5-agent-a-confirmed"))
    (treasury.path / "wallet" / "descriptors.json").unlink()
    treasury.commit("Import")
    assert len(told(treasury)["concluded"]) == 12
    assert "is concluded, not proven" in treasury.gitbtc("statement").stdout


def test_flows_are_told_in_dollars_at_the_price_of_their_time(kept: Repo) -> None:
    told_prices: list[dict[str, Any]] = [
        {"timestamp": FEB - 60, "block_height": None, "price_usd": 90_000, "source": "x"},
        {"timestamp": FEB - 30, "block_height": None, "price_usd": 1, "source": "y"},
        {"timestamp": FEB + 1, "block_height": None, "price_usd": 1, "source": "x"},
        {"timestamp": MAR - 86_401, "block_height": None, "price_usd": 1, "source": "x"},
        {"timestamp": MAR + 8000, "block_height": None, "price_usd": 100_000.5, "source": "x"},
    ]
    put(kept, "oracles/prices.json", *told_prices)
    kept.commit("Prices")
    found = told(kept, "--price", "usd:x")
    received = [one["txid"] for one in found["transactions"] if one["type"] == "received"]
    # 5,000 sat at 90,000 USD; 4,800 and 200 sat at 100,000.50 USD: 4.800024 and 0.200001.
    assert found["usd"] == {
        "source": "x", "received": "4.50", "sent": "4.80", "fees": "0.20", "coinbase": "0.00", "shared": "0.00",
        "oldest_price_seconds": 1000, "unpriced": received[1:],
    }  # fmt: skip
    text = " ".join(kept.gitbtc("statement", "--price", "usd:x").stdout.split())
    assert "in USD, when it happened: received 4.50, sent 4.80, fees 0.20" in text
    assert "no price of the day before for 2 transactions" in text
    assert "which source tells prices? x, y" in kept.gitbtc("statement", "--price", "usd", ok=(2,)).stderr
    assert "in usd alone" in kept.gitbtc("statement", "--price", "eur", ok=(2,)).stderr


@pytest.mark.one_file
def test_records_that_cannot_be_counted_are_refused(kept: Repo) -> None:
    transactions_, coins_ = (json.loads(kept.read(f"wallet/{kind}.json")) for kind in ("transactions", "utxos"))
    broken = [
        ("transactions", [{**transactions_[0], "block_height": "100"}, *transactions_[1:]]),
        ("transactions", [{**transactions_[0], "outputs": [{**transactions_[0]["outputs"][0], "amount_sat": 1.5}]}]),
        ("utxos", [{**coins_[0], "amount_sat": -1}]),
        ("utxos", [{name: value for name, value in coins_[0].items() if name != "amount_sat"}]),
    ]
    for kind, records in broken:
        blob = kept.git("hash-object", "-w", "--stdin", stdin=json.dumps(records).encode()).strip()
        kept.git("update-index", "--cacheinfo", f"100644,{blob},wallet/{kind}.json")
        commit = kept.git("commit-tree", "-m", "x", "-p", "HEAD", kept.git("write-tree").strip()).strip()
        kept.git("read-tree", "HEAD")
        refused = kept.gitbtc("statement", commit, ok=(3,))
        assert "gitbtc validate" in refused.stderr
        assert refused.stdout == ""
