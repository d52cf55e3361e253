"""What a merge decided itself, on real merges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.history.wallet import A, B, commit, events, funded, log, merged, outpoint, paid, pays, settled, why
from tests.made_state import WITHOUT_GITBTC, branch, coin, coins, mempool, put, spend, transactions, txid

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

FUNDED = [("Fund the treasury", "received", f"fund:{vout}") for vout in range(3)]


def test_a_merge_tells_nothing_that_its_branches_told(treasury: Repo) -> None:
    funded(treasury)
    pays(treasury, "agent-a", A, coin(1), coin(2, label="savings"))
    treasury.git("checkout", "-q", "main")
    coins(treasury, coin(0), coin(1, label="rent"), coin(2, label="savings"))
    commit(treasury, "Name a coin")
    merged(treasury, "agent-a")
    assert sorted(events(log(treasury))) == sorted([
        *FUNDED,
        ("Pay agent-a", "received", "A:0"),
        ("Pay agent-a", "spent", "fund:0"),
        ("Name a coin", "relabelled", "fund:1"),
    ])  # fmt: skip


def test_a_settled_merge_tells_the_contest_and_what_followed(treasury: Repo) -> None:
    settled(treasury)
    told = events(log(treasury, "-n", "1"))
    assert [one[1:] for one in told] == [
        ("settled", "fund:0"), ("restored", "fund:1"), ("lost", "B:0"), ("replaced", "B")
    ]  # fmt: skip


def test_the_balance_of_a_merge_is_against_its_first_parent(treasury: Repo) -> None:
    settled(treasury)
    [newest, *_] = log(treasury, "-n", "1")
    assert newest["roots"][0]["balance_sat"] == 0


def test_a_coin_that_several_branches_bring_is_told_for_each_and_not_for_the_merge(treasury: Repo) -> None:
    funded(treasury)
    gift = coin(9)
    for name in ("one", "two", "three"):
        branch(treasury, name)
        coins(treasury, coin(0), coin(1), coin(2, label="savings"), gift)
        treasury.write(f"{name}.txt", name)
        commit(treasury, f"Receive on {name}", name)
    treasury.git("checkout", "-q", "one")
    merged(treasury, "two", "three")
    [told] = why(treasury, outpoint(gift))
    assert sorted(events(told["story"])) == [
        (f"Receive on {name}", "received", "fund:9") for name in ("one", "three", "two")
    ]  # fmt: skip


def test_a_criss_cross_tells_each_event_once(treasury: Repo) -> None:
    funded(treasury)
    pays(treasury, "agent-a", A, coin(1), coin(2, label="savings"))
    branch(treasury, "other")
    coins(treasury, coin(0), coin(1), coin(2, label="spare"))
    commit(treasury, "Rename")
    treasury.git("tag", "theirs")
    merged(treasury, "agent-a")
    treasury.git("checkout", "-q", "agent-a")
    merged(treasury, "theirs")
    merged(treasury, "other")
    told = events(log(treasury))
    assert sorted(told) == sorted([
        *FUNDED,
        ("Pay agent-a", "received", "A:0"),
        ("Pay agent-a", "spent", "fund:0"),
        ("Rename", "relabelled", "fund:2"),
    ])  # fmt: skip


def test_what_a_merge_does_on_its_own_account_is_told(treasury: Repo) -> None:
    """Neither side had spent the coin or seen the new one."""
    funded(treasury)
    branch(treasury, "notes")
    treasury.write("notes.txt", "n")
    commit(treasury, "Notes")
    treasury.git("checkout", "-q", "main")
    treasury.write("more.txt", "m")
    commit(treasury, "More")
    treasury.git("merge", "-q", "--no-commit", "notes")
    coins(treasury, coin(1), coin(2, label="savings"), paid(A))
    transactions(treasury, A)
    commit(treasury, "Merge, and pay")
    assert events(log(treasury, "-n", "1")) == [
        ("Merge, and pay", "received", "A:0"), ("Merge, and pay", "spent", "fund:0")
    ]  # fmt: skip


def test_what_one_side_gave_up_before_is_not_the_doing_of_the_merge(treasury: Repo) -> None:
    funded(treasury)
    pays(treasury, "agent-a", A, coin(1), coin(2, label="savings"))
    other = spend("cc", coin(2))
    branch(treasury, "agent-c", "agent-a")
    coins(treasury, coin(1), paid(A), paid(other))
    transactions(treasury, A, other)
    commit(treasury, "Pay agent-c")
    treasury.git("checkout", "-q", "agent-a")
    coins(treasury, coin(0), coin(1), coin(2, label="savings"))
    transactions(treasury, A | {"abandoned": True})
    mempool(treasury)
    commit(treasury, "Give up")
    merged(treasury, "agent-c")
    told = [one for one in events(log(treasury)) if one[1] in ("restored", "lost", "abandoned")]
    assert told == [("Give up", "restored", "fund:0"), ("Give up", "lost", "A:0"), ("Give up", "abandoned", "A")]


def test_a_bare_double_spend_that_was_accepted(treasury: Repo) -> None:
    funded(treasury)
    treasury.git("config", "gitbtc.unattributed", "allow")
    for name in ("one", "two"):
        branch(treasury, name)
        coins(treasury, coin(1), coin(2, label="savings"))
        treasury.write(f"{name}.txt", name)
        commit(treasury, f"Gone on {name}")
    treasury.git("checkout", "-q", "one")
    treasury.git("merge", "-q", "-m", f"Merge\n\nDouble-Spend: {outpoint(coin(0))} unattributed", "two")
    [told] = why(treasury, outpoint(coin(0)))
    assert [event for _, event, _ in events(told["story"])] == ["received", "removed", "removed", "settled"]
    assert told["story"][-1]["events"][0]["choice"] == "unattributed"
    assert told["now"]["state"] == "gone"


def test_a_merge_that_gitbtc_never_saw_leaves_the_coin_contested(treasury: Repo) -> None:
    funded(treasury)
    pays(treasury, "agent-a", A, coin(1), coin(2, label="savings"))
    pays(treasury, "agent-b", B, coin(2, label="savings"))
    treasury.git(*WITHOUT_GITBTC, "merge", "-q", "-s", "ours", "--no-edit", "agent-a")
    transactions(treasury, A, B)
    mempool(treasury)
    commit(treasury, "Both", hooks=False)
    [told] = why(treasury, outpoint(coin(0)))
    assert (told["now"]["state"], told["now"]["txids"]) == ("contested", [A["txid"], B["txid"]])
    assert treasury.gitbtc("why", outpoint(coin(0))).stdout.endswith("now: contested by 61616161 and 62626262\n")


def test_roots_are_told_apart(treasury: Repo) -> None:
    for root in ("one", "two"):
        put(treasury, f"{root}/wallet/utxos.json", coin(0))
    put(treasury, "zero/wallet/utxos.json", coin(0, txid("zz")))
    commit(treasury, "Three wallets")
    put(treasury, "two/wallet/utxos.json")
    put(treasury, "two/wallet/transactions.json", spend("aa", coin(0)))
    commit(treasury, f"Pay\n\nDouble-Spend: {outpoint(coin(0))} unattributed\nGitbtc-Rewrite: a test")
    [newest, _] = log(treasury)
    assert [root["root"] for root in newest["roots"]] == ["one", "two"]
    assert [[event["event"] for event in root["events"]] for root in newest["roots"]] == [
        ["settled"], ["settled", "rewritten", "spent"]
    ]  # fmt: skip
    assert [(told["root"], told["now"]["state"]) for told in why(treasury, outpoint(coin(0)))] == [
        ("one", "unspent"), ("two", "spent")
    ]  # fmt: skip
