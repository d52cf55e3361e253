"""Settling what a merge left open: one record, many, a whole file; never half of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.made_state import branch, change_of, coin, coins, put, records, spend, transactions
from tests.prepared import once
from tests.strategies import STRATEGY

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

PATH = "wallet/utxos.json"


def address(vout: int) -> str:
    return f"{PATH}::{coin(vout)['txid']}:{vout}"


def open_addresses(repo: Repo) -> list[str]:
    found = json.loads(repo.gitbtc("conflicts", "--json", ok=(0, 1)).stdout)["gitbtc.conflicts/v1"]["conflicts"]
    return [one["address"] for one in found]


@pytest.fixture
def stopped(treasury: Repo) -> Repo:
    """A merge with two contested labels, one contested coin, and one record that both sides merged cleanly."""
    _stop(treasury)
    return treasury


@once
def _stop(repo: Repo) -> None:
    coins(repo, *(coin(vout) for vout in range(4)))
    transactions(repo)
    repo.unexamined("base")
    branch(repo, "theirs")
    coins(repo, coin(1, label="b"), coin(2, label="d"), coin(3, label="kept"))
    transactions(repo, spend("bb", coin(0)))
    repo.unexamined("theirs")
    repo.git("checkout", "-q", "main")
    coins(repo, coin(1, label="a"), coin(2, label="c"), coin(3))
    transactions(repo, spend("aa", coin(0)))
    repo.unexamined("ours")
    repo.git("merge", "theirs", ok=(1,))


def test_conflicts_are_settled_one_by_one_until_the_file_is_staged(stopped: Repo) -> None:
    assert sorted(open_addresses(stopped)) == [address(0), address(1), address(2)]
    for settled, (name, choice) in enumerate(
        [(address(1), "--ours"), (address(0), "--theirs"), (address(2), "--base")]
    ):
        assert stopped.git("ls-files", "--unmerged", "--", PATH)
        stopped.gitbtc("resolve", name, choice)
        assert len(open_addresses(stopped)) == 2 - settled
    assert stopped.git("ls-files", "--unmerged") == ""
    assert [(one["vout"], one["label"]) for one in records(stopped, PATH)] == [(1, "a"), (2, None), (3, "kept")]
    stopped.git("commit", "-q", "-m", "settled")
    assert stopped.gitbtc("check", "HEAD").returncode == 0


def test_several_at_once(stopped: Repo) -> None:
    stopped.gitbtc("resolve", address(0), address(1), address(2), "--theirs")
    assert [(one["vout"], one["label"]) for one in records(stopped, PATH)] == [(1, "b"), (2, "d"), (3, "kept")]
    stopped.git("commit", "-q", "-m", "settled")


@pytest.mark.one_file
def test_one_wrong_name_settles_nothing(stopped: Repo) -> None:
    before = stopped.read(PATH), stopped.git("status", "--porcelain"), stopped.git("ls-files", "--stage")
    said = stopped.gitbtc("resolve", address(1), f"{PATH}::nothing:7", "--ours", ok=(2,)).stderr
    assert "nothing:7" in said
    assert (stopped.read(PATH), stopped.git("status", "--porcelain"), stopped.git("ls-files", "--stage")) == before


def test_a_side_has_to_be_named(stopped: Repo) -> None:
    assert "--ours" in stopped.gitbtc("resolve", address(1), ok=(2,)).stderr


@pytest.mark.one_file
def test_settling_by_hand_and_by_command_go_together(stopped: Repo) -> None:
    lines = stopped.read(PATH).decode().split("\n")
    start = next(n for n, line in enumerate(lines) if line.startswith("<<<<<<<") and '"label":"a"' in lines[n + 1])
    lines[start : start + 5] = [lines[start + 3]]  # theirs, whose comma may be wrong now
    stopped.write(PATH, "\n".join(lines))
    assert sorted(open_addresses(stopped)) == [address(0), address(2)]
    stopped.gitbtc("resolve", address(0), address(2), "--ours")
    stopped.git("commit", "-q", "-m", "settled")
    assert [(one["vout"], one["label"]) for one in records(stopped, PATH)] == [(1, "b"), (2, "c"), (3, "kept")]


def test_members_of_a_strategy(treasury: Repo) -> None:
    def strategy(**changes: Any) -> None:
        treasury.write("strategy/agent.json", json.dumps(STRATEGY | changes))
        treasury.git("add", "-A")
        treasury.git("commit", "-q", "-m", "strategy")

    strategy()
    branch(treasury, "theirs")
    strategy(min_confirmations=6, name="theirs")
    treasury.git("checkout", "-q", "main")
    strategy(min_confirmations=3, name="ours")
    treasury.git("merge", "theirs", ok=(1,))
    treasury.gitbtc("resolve", "strategy/agent.json::min_confirmations", "--theirs")
    treasury.gitbtc("resolve", "strategy/agent.json::name", "--ours")
    treasury.git("commit", "-q", "-m", "settled")
    merged = records(treasury, "strategy/agent.json", "HEAD")
    assert (merged["min_confirmations"], merged["name"]) == (6, "ours")


def test_a_reorganised_chain_tip(treasury: Repo) -> None:
    def tip(block: str, height: int) -> None:
        chain = {"network": "regtest", "block_height": height, "block_hash": block * 64, "block_time": 1_700_000_000}
        treasury.write("network/chain.json", json.dumps(chain))
        treasury.unexamined(block)

    tip("0", 5)
    branch(treasury, "theirs")
    tip("b", 6)
    treasury.git("checkout", "-q", "main")
    tip("a", 6)
    said = treasury.run("git", "merge", "theirs", ok=(1,)).stderr
    assert "reorg: network/chain.json::chain" in said
    treasury.gitbtc("resolve", "network/chain.json::chain", "--theirs")
    treasury.git("commit", "-q", "-m", "settled")
    assert records(treasury, "network/chain.json", "HEAD")["block_hash"] == "b" * 64


def test_a_conflict_of_a_cherry_pick(treasury: Repo) -> None:
    coins(treasury, coin(1))
    treasury.commit("base")
    branch(treasury, "theirs")
    coins(treasury, coin(1, label="b"))
    treasury.commit("theirs")
    treasury.git("checkout", "-q", "main")
    coins(treasury, coin(1, label="a"))
    treasury.commit("ours")
    treasury.git("cherry-pick", "theirs", ok=(1,))
    assert open_addresses(treasury) == [address(1)]
    treasury.gitbtc("resolve", address(1), "--theirs")
    treasury.git("-c", "core.editor=true", "cherry-pick", "--continue")
    assert records(treasury, PATH, "HEAD") == [coin(1, label="b")]


def test_a_log_keeps_the_entry_that_one_side_removed(treasury: Repo) -> None:
    entry = {"timestamp": 1_700_000_000, "block_height": None, "price_usd": 65000.5, "source": "x"}
    put(treasury, "oracles/prices.json", entry)
    treasury.commit("base")
    branch(treasury, "theirs")
    put(treasury, "oracles/prices.json", entry | {"price_usd": 1})
    treasury.git("add", "-A")
    treasury.run("git", "commit", "-q", "-m", "typo\n\nGitbtc-Rewrite: a typo", env={"GITBTC_ALLOW_REWRITE": "1"})
    treasury.git("checkout", "-q", "main")
    put(treasury, "oracles/prices.json", entry, entry | {"timestamp": 1_700_000_001})
    treasury.commit("ours")
    assert "append_only" in treasury.run("git", "merge", "theirs", ok=(1,)).stderr
    [name] = open_addresses(treasury)
    treasury.gitbtc("resolve", name, "--ours")
    treasury.git("commit", "-q", "-m", "kept")
    assert len(records(treasury, "oracles/prices.json", "HEAD")) == 3


def test_nothing_is_open_without_a_merge(treasury: Repo) -> None:
    assert "no conflict is open" in treasury.gitbtc("conflicts").stdout
    treasury.gitbtc("resolve", "anything", "--ours", ok=(2,))


@pytest.mark.parametrize("chosen", ["winner's coin", "what was built on the loser"])
def test_one_choice_settles_every_coin_that_two_transactions_have_in_common(treasury: Repo, chosen: str) -> None:
    """The conflict around each of them is over, not only the one around the coin that was named."""
    coins(treasury, coin(0), coin(1), coin(2))
    transactions(treasury)
    treasury.commit("base")
    branch(treasury, "theirs")
    loser = spend("bb", coin(0), coin(1))
    change = change_of(loser)
    coins(treasury, coin(2, label="theirs"))
    transactions(treasury, loser, spend("child", change))
    treasury.commit("theirs")
    treasury.git("checkout", "-q", "main")
    transactions(treasury, spend("aa", coin(0), coin(1)))
    coins(treasury, coin(2))
    treasury.commit("ours")
    treasury.git("merge", "theirs", ok=(1,))
    name = address(1) if chosen == "winner's coin" else f"{PATH}::{loser['txid']}:0"
    treasury.gitbtc("resolve", name, "--ours")
    assert open_addresses(treasury) == []
    assert records(treasury, PATH) == [coin(2, label="theirs")]
    treasury.git("commit", "-q", "-m", "settled")


@pytest.mark.parametrize("choice", ["--ours", "--base"])
def test_what_the_loser_spent_is_a_coin_again_even_if_no_commit_ever_listed_it(treasury: Repo, choice: str) -> None:
    """One import of theirs received a coin, and spent it together with one that ours spends."""
    coins(treasury, coin(0))
    transactions(treasury)
    treasury.commit("base")
    branch(treasury, "theirs")
    income = spend("income", coin(8, "77" * 32))
    received = change_of(income)
    coins(treasury)
    transactions(treasury, income, spend("bb", coin(0), received))
    treasury.commit("theirs")
    treasury.git("checkout", "-q", "main")
    coins(treasury)
    transactions(treasury, spend("aa", coin(0)))
    treasury.commit("ours")
    treasury.git("merge", "theirs", ok=(1,))
    treasury.gitbtc("resolve", address(0), choice)
    treasury.git("commit", "-q", "-m", "settled")
    assert records(treasury, PATH, "HEAD") == [received, *([coin(0)] if choice == "--base" else [])]


@pytest.mark.parametrize("transactions_are", ["unmerged", "the base's"])
def test_what_a_file_taken_whole_lost_of_the_evidence_is_open_all_the_same(
    treasury: Repo, transactions_are: str
) -> None:
    """Ours replaced the parent of theirs. The record that says so is not staged, but nobody can lose it."""
    parent = spend("parent", coin(0))
    change = change_of(parent)
    winner, child = spend("winner", coin(0), fee=3000), spend("child", change)
    coins(treasury, change)
    transactions(treasury, parent)
    treasury.commit("base")
    branch(treasury, "theirs")
    coins(treasury)
    transactions(treasury, parent, child)
    treasury.commit("theirs")
    treasury.git("checkout", "-q", "main")
    coins(treasury, change_of(winner))
    transactions(treasury, parent | {"replaced_by": winner["txid"]}, winner)
    treasury.commit("ours")
    treasury.git("merge", "-s", "resolve", "theirs", ok=(1,))
    orphan = f"{PATH}::{parent['txid']}:0"
    if transactions_are == "the base's":
        treasury.git("checkout", "-q", "HEAD~", "--", "wallet/transactions.json")
    else:
        assert treasury.git("ls-files", "--unmerged", "--", "wallet/transactions.json")
    assert orphan in open_addresses(treasury)
    treasury.git("checkout", "-q", "HEAD~", "--", ".")
    assert open_addresses(treasury) == [orphan]
    treasury.gitbtc("resolve", orphan, "--ours")
    assert open_addresses(treasury) == []
    for _ in range(2):  # the first has staged what was lost
        if treasury.run("git", "commit", "-q", "-m", "settled", ok=(0, 1)).returncode == 0:
            break
    live = [one["txid"] for one in records(treasury, "wallet/transactions.json", "HEAD") if not one.get("abandoned")]
    assert sorted(live) == sorted([parent["txid"], winner["txid"]])
    treasury.gitbtc("check", "HEAD")
