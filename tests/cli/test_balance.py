"""`gitbtc balance`: classes that add up, on recordings of a node and on states that are hard to tell."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import Repo
from tests.made_state import FUNDING, OTHER, chain, change_of, coin, coins, mined, put, records, spend, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Sandbox

pytestmark = pytest.mark.one_interpreter

MORE_RECORDINGS = Path(__file__).resolve().parents[1] / "sources" / "recordings"
# What node a went through, in order.
NODE_A = ("0-base", "1-agent-a", "3-agent-a-consolidated", "4-agent-a-fee-bumped", "5-agent-a-confirmed",
          "7-agent-a-reorged")  # fmt: skip


def told(repo: Repo, *arguments: str) -> dict[str, Any]:
    """The only root of `gitbtc balance --json`."""
    [root] = json.loads(repo.gitbtc("balance", "--json", *arguments).stdout)["gitbtc.balance/v1"]["roots"]
    assert sum(one["amount_sat"] for one in root["classes"]) == root["amount_sat"]
    assert sum(one["coins"] for one in root["classes"]) == root["coins"]
    return dict(root)


def classes(repo: Repo, *arguments: str) -> dict[str, int]:
    """class[ detail] -> its amount (sat), of those that have coins."""
    found = told(repo, *arguments)["classes"]
    return {" ".join(filter(None, (one["class"], one["detail"]))): one["amount_sat"] for one in found if one["coins"]}


def balances(folder: Path) -> dict[str, int]:
    """What the node itself says (sat)."""
    answer = json.loads((folder / "getbalances.json").read_text(), parse_float=Decimal)["result"]["mine"]
    return {f"{name}_sat": int(answer[name] * 100_000_000) for name in ("trusted", "untrusted_pending", "immature")}


def test_at_every_moment_it_is_what_the_node_says(treasury: Repo, recordings: Path) -> None:
    for moment in NODE_A:
        treasury.gitbtc("import", "bitcoin-core", "--from", str(recordings / moment))
        assert told(treasury)["core"] == balances(recordings / moment), moment
        treasury.commit(moment)
    for place, moment in enumerate(reversed(NODE_A)):
        assert told(treasury, f"HEAD~{place}")["core"] == balances(recordings / moment), moment


@pytest.mark.parametrize("moment", [
    "2-agent-b", "6-agent-b-conflicted", "wallet-anew/5-unconfirmed", "foreign-input/1-mempool", "rivals/1-a",
    "replaced-by-sender/0-incoming",
])  # fmt: skip
def test_what_pays_itself_is_known_without_any_history(treasury: Repo, recordings: Path, moment: str) -> None:
    place = MORE_RECORDINGS / moment if "/" in moment else recordings / moment
    treasury.gitbtc("import", "bitcoin-core", "--from", str(place))
    assert told(treasury)["core"] == balances(place)


def test_a_recorded_treasury_is_told_in_lines(recorded: Repo) -> None:
    assert recorded.gitbtc("balance", "--by", "script").stdout.splitlines() == [
        ".  regtest, block 111, 2026-11-23 00:04:09Z",
        "  spendable   6.17796278 BTC  9 coins",
        "  frozen      7.00000001 BTC  1 coin",
        "  immature   50.00000000 BTC  1 coin, the first from block 207 on",
        "  all coins  63.17796279 BTC  11 coins",
        "",
        "  p2wpkh  52.50450600 BTC  7 coins",
        "  p2tr    10.50000001 BTC  2 coins",
        "  p2sh     0.12345678 BTC  1 coin",
        "  p2pkh    0.05000000 BTC  1 coin",
    ]


@once
def _one_of_each(repo: Repo) -> None:
    """Of each class one coin of another amount; the tip is block 150."""
    held = [coin(0), coin(1), coin(2), {**coin(3), "spendable": False}]
    funding = {**mined(spend("funding", coin(0, "dd" * 32)), 100), "txid": FUNDING, "fee_sat": None, "outputs": [
        {name: one[name] for name in ("vout", "amount_sat", "address", "script_type")} | {"spent": False}
        for one in (*held, coin(7))], "inputs": [{"txid": "dd" * 32, "vout": 0, "amount_sat": None}]}  # fmt: skip
    chain(repo, 150)
    coins(repo, *held, coin(7))
    transactions(repo, funding)
    repo.unexamined("before")
    paid_self, paid_by_other = spend("self", coin(7)), spend("other", coin(0, "ee" * 32))
    mined_coin = coin(4, "aa" * 32, coinbase=True, block_height=52)
    coins(repo, *held, mined_coin, change_of(paid_self), change_of(paid_by_other))
    transactions(repo, funding, paid_self, paid_by_other)
    repo.unexamined("each")
    for agent, vout in (("Ann Auditor", 1), ("bob", 2)):
        repo.gitbtc("reserve", f"{FUNDING}:{vout}", "--blocks", "10", "--agent", agent)


@pytest.fixture
def each(treasury: Repo) -> Repo:
    _one_of_each(treasury)
    return treasury


@pytest.mark.both_layouts
def test_every_coin_is_in_one_class(each: Repo) -> None:
    assert classes(each) == {
        "spendable": 100_000_000, "reserved mine": 200_000_000, "reserved others": 300_000_000,
        "frozen": 400_000_000, "unconfirmed own": 799_999_000, "unconfirmed foreign": 99_999_000,
        "immature": 500_000_000,
    }  # fmt: skip
    assert classes(each, "--agent", "bob")["reserved mine"] == 300_000_000
    assert "reserved mine" not in classes(each, "--agent", "cy")
    assert "reserved mine" not in classes(each, "HEAD")  # the log is not committed


def test_an_own_payment_is_not_own_when_a_stranger_paid_into_it(each: Repo) -> None:
    joint = spend("joint", coin(7), coin(0, "ee" * 32))
    coins(each, coin(0), change_of(joint))
    [funding] = [one for one in records(each, "wallet/transactions.json") if one["txid"] == FUNDING]
    transactions(each, funding, joint)
    assert classes(each)["unconfirmed foreign"] == 899_999_000


@pytest.mark.parametrize(("tip", "immature"), [(150, True), (151, False), (152, False)])
def test_a_coinbase_is_mature_once_the_next_block_may_spend_it(treasury: Repo, tip: int, immature: bool) -> None:
    """Block 152 may spend the output of block 52; Core's wallet waits for tip 152."""
    coins(treasury, coin(0, coinbase=True, block_height=52))
    chain(treasury, tip)
    assert classes(treasury) == {"immature" if immature else "spendable": 100_000_000}
    assert told(treasury)["core"]["immature_sat"] == (100_000_000 if tip < 152 else 0)


def test_nobody_knows_that_a_coinbase_is_mature_without_a_tip(treasury: Repo) -> None:
    coins(treasury, coin(0, coinbase=True), coin(1))
    assert classes(treasury) == {"immature": 100_000_000, "spendable": 200_000_000}
    assert "heights and ages are not known" in treasury.gitbtc("balance").stdout


def test_a_coin_that_something_spends_already_is_contested(treasury: Repo) -> None:
    lost = {**spend("lost", coin(3)), "abandoned": True}
    coins(treasury, coin(0), coin(1), coin(2), change_of(lost))
    transactions(treasury, spend("spent", coin(0)), lost)
    put(treasury, "strategy/execution.json",
        {"timestamp": 1, "block_height": None, "event_type": "custom", "txid": "cc" * 32, "amount_sat": None,
         "fee_sat": None, "note": "", "outpoints": [f"{FUNDING}:1"]})  # fmt: skip
    assert classes(treasury) == {"contested": 100_000_000 + 200_000_000 + 399_999_000, "spendable": 300_000_000}


def test_what_a_join_left_contested_is_told_beside_the_sum(treasury: Repo) -> None:
    coins(treasury, coin(0), coin(1))
    transactions(treasury)
    chain(treasury, 150)
    treasury.commit("base")
    for name in "ab":
        treasury.git("checkout", "-q", "-b", name, "main")
        coins(treasury, coin(1), change_of(spend(name * 2, coin(0)), address=OTHER))
        transactions(treasury, spend(name * 2, coin(0)))
        treasury.commit(name)
    treasury.git("checkout", "-q", "main")
    treasury.gitbtc("join", "a", "b", ok=(1,))
    root = told(treasury)
    assert root["contested_not_listed"] == [{"outpoint": f"{FUNDING}:0", "amount_sat": 100_000_000}]
    assert f"not in the sum: 1.00000000 BTC, {FUNDING[:8]}:0: contested" in treasury.gitbtc("balance").stdout


def test_groups_are_named_by_labels_and_categories(treasury: Repo) -> None:
    odd = coin(2, "ab" * 32, address="", script_type="unknown")
    coins(treasury, coin(0, label="rent"), coin(1, address=OTHER), odd)
    put(treasury, "wallet/labels.json",
        {"address": OTHER, "label": "ACME", "category": "income", "created_at": 1},
        {"address": OTHER, "label": "ACME GmbH", "category": "unknown", "created_at": 1})  # fmt: skip
    row = {"type": "output", "ref": f"{'ab' * 32}:2", "label": "cold"}
    treasury.write("wallet/labels.jsonl", json.dumps(row) + "\n")
    by = {name: {one["name"]: one["amount_sat"] for one in told(treasury, "--by", name)["groups"]}
          for name in ("label", "category", "script")}  # fmt: skip
    assert by == {
        "label": {"cold": 300_000_000, "ACME / ACME GmbH": 200_000_000, "rent": 100_000_000},
        "category": {"unknown": 400_000_000, "income": 200_000_000},
        "script": {"p2wpkh": 300_000_000, "unknown": 300_000_000},
    }


@pytest.mark.parametrize(("age", "shown"), [(0, True), (86_400, True), (86_401, False), (-1, False)])
def test_dollars_are_told_by_a_price_of_that_day_alone(treasury: Repo, age: int, shown: bool) -> None:
    coins(treasury, coin(0))
    chain(treasury, 150)
    price = {"timestamp": 1_700_000_000 - age, "block_height": None, "price_usd": 90000.01, "source": "desk"}
    put(treasury, "oracles/prices.json", price)
    assert told(treasury)["usd"] == ({"amount": "90000.01", "price": price} if shown else None)
    assert ("90,000.01 USD at 90000.01 USD (desk, 2023-11-1" in treasury.gitbtc("balance").stdout) is shown


# -- where nobody can say ----------------------------------------------------------------------------------------------


@pytest.mark.one_file
def test_what_does_not_say_what_there_is_is_never_worth_nothing(treasury: Repo) -> None:
    def refused(*arguments: str, status: int = 3) -> str:
        done = treasury.gitbtc("balance", *arguments, ok=(status,))
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
        return done.stderr

    assert "has no wallet/utxos.json" in refused()
    assert "no-such: no such revision" in refused("no-such", status=2)
    transactions(treasury, spend("a", coin(0)))
    assert "has no wallet/utxos.json" in refused()
    for content in (b"[{", b"\0" * 40, json.dumps([coin(0), coin(0, label="x")]).encode(), b'[{"txid": 1}]'):
        treasury.write("wallet/utxos.json", content)
        assert "utxos.json" in refused() or "state file" in refused(), content
    coins(treasury, {**coin(0), "amount_sat": -1})
    assert "amount_sat" in refused()
    (treasury.path / "wallet/utxos.json").unlink()
    (treasury.path / "wallet/utxos.json").symlink_to("transactions.json")
    assert "symbolic link" in refused()
    assert "outside of this work tree" in refused("--root", "/", status=2)
    assert "no state file lies there" in refused("--root", ".gitbtc", status=2)


def test_a_sparse_checkout_is_not_taken_for_an_empty_wallet(treasury: Repo) -> None:
    coins(treasury, coin(0))
    treasury.commit("a coin")
    treasury.git("sparse-checkout", "set", "--no-cone", "/*", "!/wallet/")
    assert "left out of this sparse checkout" in treasury.gitbtc("balance", ok=(3,)).stderr
    assert classes(treasury, "HEAD") == {"spendable": 100_000_000}


def test_roots_are_told_apart(treasury: Repo) -> None:
    put(treasury, "a/wallet/utxos.json", coin(0))
    put(treasury, "b/wallet/utxos.json", coin(1))
    found = json.loads(treasury.gitbtc("balance", "--json").stdout)["gitbtc.balance/v1"]["roots"]
    assert [(root["root"], root["amount_sat"]) for root in found] == [("a", 100_000_000), ("b", 200_000_000)]
    assert told(treasury, "--root", "b")["amount_sat"] == 200_000_000
    assert "a  (no network/chain.json" in treasury.gitbtc("balance").stdout


def test_a_clone_without_the_history_proves_less_and_tells_all_the_same(treasury: Repo, sandbox: Sandbox) -> None:
    alone = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry"  # no coin that is listed later has it
    held = coin(0, address=alone, script_type="p2wsh")
    funding = {**mined(spend("funding", coin(0, "dd" * 32)), 100), "txid": FUNDING, "fee_sat": None, "outputs": [
        {name: held[name] for name in ("vout", "amount_sat", "address", "script_type")} | {"spent": False}],
        "inputs": [{"txid": "dd" * 32, "vout": 0, "amount_sat": None}]}  # fmt: skip
    chain(treasury, 150)
    coins(treasury, held)
    transactions(treasury, funding)
    treasury.commit("before")
    coins(treasury, change_of(spend("self", held)))
    transactions(treasury, funding, spend("self", held))
    treasury.commit("after")
    assert classes(treasury) == {"unconfirmed own": 99_999_000}
    treasury.git("config", "uploadpack.allowFilter", "true")
    treasury.git("clone", "-q", "--filter=blob:none", f"file://{treasury.path}", str(sandbox.home / "partial"))
    partial = Repo(sandbox.home / "partial", treasury.env, treasury.clock, treasury.python)
    partial.git("remote", "set-url", "origin", "file:///nowhere")  # what is not here cannot be fetched
    assert classes(partial) == {"unconfirmed foreign": 99_999_000}
