"""The spend gate on whole trees: whatever Git did or did not run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Repo, Sandbox
from tests.made_state import (
    WITHOUT_GITBTC,
    branch,
    change_of,
    coin,
    coins,
    mempool,
    pending,
    put,
    records,
    spend,
    transactions,
)
from tests.prepared import once

pytestmark = pytest.mark.one_interpreter

OUTPOINT = f"{coin(0)['txid']}:0"
A, B = spend("aa", coin(0)), spend("bb", coin(0))


def base(repo: Repo, *held: dict[str, Any]) -> None:
    coins(repo, *(held or (coin(0), coin(1))))
    transactions(repo)
    mempool(repo)
    repo.unexamined("base")


def side(repo: Repo, name: str, **files: Any) -> None:
    """A branch from main that writes these state files."""
    if name != "main":
        branch(repo, name)
    for path, content in files.items():
        put(repo, path.replace("_", "/") + ".json", *content)
    repo.unexamined(name)
    repo.git("checkout", "-q", "main")


def refused(repo: Repo, *command: str) -> str:
    """What a merge that the gate stops says; nothing was committed."""
    before = repo.git("rev-parse", "HEAD")
    said = repo.run("git", *command, ok=(1, 2)).stderr
    assert repo.git("rev-parse", "HEAD") == before
    return said


def contested(repo: Repo) -> list[tuple[str, str, str, str]]:
    found = json.loads(repo.gitbtc("conflicts", "--json", ok=(0, 1)).stdout)["gitbtc.conflicts/v1"]["conflicts"]
    return [(one["type"], one.get("outpoint"), one.get("ours_txid"), one.get("theirs_txid")) for one in found]


DOUBLE = ("double_spend", OUTPOINT, A["txid"], B["txid"])


def test_ours_edits_only_the_coins_and_theirs_only_the_mempool(treasury: Repo) -> None:
    """No file is changed on both sides, so no driver runs."""
    base(treasury)
    side(treasury, "main", wallet_utxos=[coin(1), change_of(A)], wallet_transactions=[A])
    treasury.git("checkout", "-q", "-b", "theirs", "main~1")
    mempool(treasury, pending(B))
    treasury.git("add", "-A")
    # Its own commit holds a spent coin: gitbtc was not there.
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "theirs")
    treasury.git("checkout", "-q", "main")
    said = refused(treasury, "merge", "theirs")
    assert "double spend" in said
    assert OUTPOINT[:8] in said
    assert contested(treasury) == [DOUBLE]
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    treasury.git("commit", "-q", "-m", "settled")
    assert records(treasury, "network/mempool.json") == []


@once
def both_spend(repo: Repo) -> None:
    base(repo)
    side(repo, "theirs", wallet_utxos=[coin(1)], wallet_transactions=[B], network_mempool=[pending(B)])
    side(repo, "main", wallet_utxos=[coin(1)], wallet_transactions=[A], network_mempool=[pending(A)])


@pytest.mark.one_file
def test_byte_identical_files_on_both_sides_do_not_hide_a_double_spend(treasury: Repo) -> None:
    """utxos.json is the same blob on both sides; only the records that say why differ."""
    both_spend(treasury)
    assert treasury.git("rev-parse", "main:wallet/utxos.json") == treasury.git("rev-parse", "theirs:wallet/utxos.json")
    assert OUTPOINT[:8] in refused(treasury, "merge", "theirs")
    assert contested(treasury) == [DOUBLE]


def test_what_a_sparse_checkout_leaves_out_is_settled_all_the_same(treasury: Repo) -> None:
    both_spend(treasury)
    treasury.write("docs/readme", "1")
    treasury.commit("docs")
    treasury.git("sparse-checkout", "set", "--cone", "docs")
    assert not (treasury.path / "wallet").exists()
    assert OUTPOINT[:8] in refused(treasury, "merge", "theirs")
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    treasury.git("commit", "-q", "--no-edit")
    treasury.gitbtc("check", "HEAD")
    assert "not looked at" in treasury.gitbtc("check").stderr or (treasury.path / "wallet").exists()
    assert records(treasury, "network/mempool.json", "HEAD") == [pending(A)]


@pytest.mark.parametrize("strategy", ["ort", "resolve", "ours"])
def test_no_merge_strategy_gets_around_it(treasury: Repo, strategy: str) -> None:
    both_spend(treasury)
    refused(treasury, "merge", "-s", strategy, "theirs")
    assert DOUBLE in contested(treasury)


def test_an_octopus_is_looked_at_head_by_head(treasury: Repo) -> None:
    base(treasury)
    side(treasury, "one", wallet_utxos=[coin(1)], wallet_transactions=[A])
    side(treasury, "two", network_mempool=[])
    treasury.git("checkout", "-q", "two")
    treasury.write("notes.txt", "two")
    treasury.commit("two")
    treasury.git("checkout", "-q", "-b", "three", "main")
    put(treasury, "network/mempool.json", pending(B))
    coins(treasury, coin(1))
    treasury.commit("three")
    treasury.git("checkout", "-q", "main")
    said = refused(treasury, "merge", "one", "two", "three")
    assert OUTPOINT[:8] in said
    assert A["txid"][:8] in said
    assert B["txid"][:8] in said


def test_drivers_that_never_ran_change_nothing(treasury: Repo) -> None:
    both_spend(treasury)
    (treasury.path / ".git/info/attributes").unlink()
    treasury.git("rm", "-q", ".gitattributes")
    treasury.git("commit", "-q", "-m", "no attributes")
    treasury.git("reset", "-q", "--hard")  # what lies in the work tree is no longer made canonical on its way
    treasury.git("merge", "theirs", ok=(1,))
    treasury.git("checkout", "-q", "--theirs", "--", ".", ok=(0, 1))
    treasury.git("add", "-A")
    said = refused(treasury, "commit", "-m", "merged by hand")
    assert OUTPOINT[:8] in said or "only grows" in said


def test_a_merge_without_commit_is_examined_when_it_is_committed(treasury: Repo) -> None:
    both_spend(treasury)
    treasury.git("merge", "--no-commit", "theirs", ok=(0, 1))
    assert OUTPOINT[:8] in refused(treasury, "commit", "-m", "merge")


# -- the verdicts, end to end ----------------------------------------------------------------------------------------


@pytest.mark.both_layouts
def test_1_both_spent_it_by_one_transaction(treasury: Repo) -> None:
    base(treasury)
    confirmed = A | {"confirmed": True, "block_height": 105, "block_time": 1_700_000_500}
    side(treasury, "theirs", wallet_utxos=[coin(1)], wallet_transactions=[confirmed])
    side(treasury, "main", wallet_utxos=[coin(1)], wallet_transactions=[A])
    treasury.git("merge", "-q", "theirs")
    [record] = records(treasury, "wallet/transactions.json")
    assert record["confirmed"] is True


@pytest.mark.both_layouts
def test_2_one_names_the_transaction_and_the_other_does_not(treasury: Repo) -> None:
    base(treasury)
    side(treasury, "theirs", wallet_utxos=[coin(1)])
    side(treasury, "main", wallet_utxos=[coin(1)], wallet_transactions=[A])
    told = treasury.run("git", "merge", "-q", "theirs").stderr
    assert f"unattributed: wallet/utxos.json::{OUTPOINT}" in told
    assert A["txid"] in told
    assert [record["txid"] for record in records(treasury, "wallet/transactions.json")] == [A["txid"]]


@pytest.mark.both_layouts
def test_3_neither_names_a_transaction(treasury: Repo) -> None:
    base(treasury)
    side(treasury, "theirs", wallet_utxos=[coin(1)])
    side(treasury, "main", wallet_utxos=[coin(1)])
    assert "double_spend_candidate" in refused(treasury, "merge", "theirs")
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    treasury.git("commit", "-q", "-m", "it was one payment")
    assert f"Double-Spend: {OUTPOINT} unattributed" in treasury.git("log", "-1", "--format=%B").splitlines()
    assert records(treasury, "wallet/utxos.json") == [coin(1)]


def test_3_can_be_allowed(treasury: Repo) -> None:
    base(treasury)
    side(treasury, "theirs", wallet_utxos=[coin(1)])
    side(treasury, "main", wallet_utxos=[])
    treasury.git("config", "gitbtc.unattributed", "allow")
    assert f"double_spend_candidate: wallet/utxos.json::{OUTPOINT}" in treasury.run("git", "merge", "theirs").stderr
    assert records(treasury, "wallet/utxos.json") == []


def test_3_with_changes_beside_it_stands_in_the_file(treasury: Repo) -> None:
    base(treasury, coin(0), coin(1), coin(2))
    side(treasury, "theirs", wallet_utxos=[coin(1, label="x"), coin(2)])
    side(treasury, "main", wallet_utxos=[coin(1), coin(2, label="y")])
    assert "double_spend_candidate" in refused(treasury, "merge", "theirs")
    treasury.gitbtc("resolve", OUTPOINT, "--base")
    treasury.git("commit", "-q", "-m", "it was never spent")
    assert records(treasury, "wallet/utxos.json") == [coin(0), coin(1, label="x"), coin(2, label="y")]


@pytest.mark.both_layouts
def test_4_a_stale_view(treasury: Repo) -> None:
    base(treasury)
    side(treasury, "theirs", wallet_utxos=[coin(0), coin(1, label="seen")])
    side(treasury, "main", wallet_utxos=[coin(1)], wallet_transactions=[A])
    treasury.git("merge", "-q", "theirs")
    assert records(treasury, "wallet/utxos.json") == [coin(1, label="seen")]


@pytest.mark.one_file
def test_11_a_child_of_a_parent(treasury: Repo) -> None:
    base(treasury)
    change = change_of(A)
    child = spend("child", change)
    side(treasury, "theirs", wallet_utxos=[coin(1)], wallet_transactions=[A, child])
    side(treasury, "main", wallet_utxos=[coin(1), change], wallet_transactions=[A])
    treasury.git("merge", "-q", "theirs")
    assert records(treasury, "wallet/utxos.json") == [coin(1)]


def test_12_a_batch_seen_in_parts(treasury: Repo) -> None:
    base(treasury)
    batch = spend("batch", coin(0), coin(1))
    branch(treasury, "theirs")
    coins(treasury, coin(0))
    transactions(treasury, batch)
    treasury.git("add", "-A")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "saw only its own input go")
    treasury.git("checkout", "-q", "main")
    coins(treasury, coin(1))
    transactions(treasury, batch)
    treasury.git("add", "-A")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "and the other")
    treasury.git("merge", "-q", "theirs")
    assert records(treasury, "wallet/utxos.json") == []


def test_14_another_amount(treasury: Repo) -> None:
    base(treasury)
    branch(treasury, "theirs")
    coins(treasury, coin(0, amount_sat=9), coin(1))
    treasury.git("add", "-A")
    # No commit of ours changes an amount: gitbtc was not there.
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "theirs")
    treasury.git("checkout", "-q", "main")
    side(treasury, "main", wallet_utxos=[coin(0), coin(1, label="x")])
    assert "data_error" in refused(treasury, "merge", "theirs")
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    treasury.git("commit", "-q", "-m", "the amount was right")
    assert records(treasury, "wallet/utxos.json") == [coin(0), coin(1, label="x")]


def test_15_two_networks(treasury: Repo) -> None:
    chain = {"network": "regtest", "block_height": 5, "block_hash": "aa" * 32, "block_time": 1_700_000_000}
    treasury.write("network/chain.json", json.dumps(chain))
    treasury.commit("base")
    side(treasury, "theirs")
    treasury.git("checkout", "-q", "theirs")
    treasury.write("network/chain.json", json.dumps(chain | {"network": "main", "block_height": 9}))
    treasury.git("add", "-A")
    treasury.git("commit", "-q", "-m", "main")
    treasury.git("checkout", "-q", "main")
    treasury.write("network/chain.json", json.dumps(chain | {"block_height": 6}))
    treasury.commit("ours")
    refused(treasury, "merge", "theirs")
    treasury.git("checkout", "-q", "--ours", "network/chain.json")
    treasury.git("add", "-A")
    assert "network" in refused(treasury, "commit", "-m", "merge")


# -- files that only grow --------------------------------------------------------------------------------------------


def event(minute: int, note: str) -> dict[str, Any]:
    return {"timestamp": 1_700_000_000 + minute, "block_height": None, "event_type": "custom", "txid": None,
            "amount_sat": None, "fee_sat": None, "note": note}  # fmt: skip


def logs(repo: Repo) -> None:
    put(repo, "strategy/execution.json", event(0, "base"))
    repo.unexamined("base")
    side(repo, "theirs", strategy_execution=[event(0, "base"), event(1, "theirs")])
    side(repo, "main", strategy_execution=[event(0, "base"), event(2, "ours")])


def test_a_merge_unites_what_only_grows(treasury: Repo) -> None:
    logs(treasury)
    treasury.git("merge", "-q", "theirs")
    assert [entry["note"] for entry in records(treasury, "strategy/execution.json", "HEAD")] == [
        "base",
        "theirs",
        "ours",
    ]


@pytest.mark.parametrize("strategy", ["ours", "resolve"])
def test_a_merge_that_lost_entries_is_repaired_and_completed_by_a_commit(treasury: Repo, strategy: str) -> None:
    logs(treasury)
    treasury.git("merge", "-s", strategy, "theirs", ok=(1, 2))
    if strategy == "resolve":  # a text merge, settled by taking one side
        treasury.git("checkout", "-q", "--ours", "--", ".")
        treasury.git("add", "-A")
        refused(treasury, "commit", "-m", "took ours")
    treasury.git("commit", "-q", "-m", "completed")
    assert [entry["note"] for entry in records(treasury, "strategy/execution.json", "HEAD")] == [
        "base",
        "theirs",
        "ours",
    ]
    assert treasury.git("status", "--porcelain") == ""
    assert len(treasury.git("rev-list", "--parents", "-1", "HEAD").split()) == 3


def test_a_stale_coin_is_taken_out_of_a_merge_that_no_driver_saw(treasury: Repo) -> None:
    """Ours lists the change; theirs, which never listed it, knows only the transaction that spends it."""
    base(treasury)
    change = change_of(A)
    coins(treasury, coin(1))
    transactions(treasury, A)
    treasury.commit("A, without its change")
    side(treasury, "theirs", wallet_transactions=[A, spend("child", change)])
    side(treasury, "main", wallet_utxos=[coin(1), change])
    assert "spent coin" in refused(treasury, "merge", "theirs")
    treasury.git("commit", "-q", "-m", "completed")
    assert records(treasury, "wallet/utxos.json", "HEAD") == [coin(1)]
    assert treasury.git("status", "--porcelain") == ""


def test_the_repair_says_how_to_go_on(treasury: Repo) -> None:
    logs(treasury)
    said = refused(treasury, "merge", "-s", "ours", "theirs")
    assert "only grows" in said
    assert "git commit" in said


def test_a_commit_that_loses_an_entry_is_refused_unless_it_is_meant_and_says_why(treasury: Repo) -> None:
    put(treasury, "strategy/execution.json", event(0, "a"), event(1, "b"))
    treasury.commit("base")
    put(treasury, "strategy/execution.json", event(0, "a"))
    treasury.git("add", "-A")
    assert "GITBTC_ALLOW_REWRITE=1" in refused(treasury, "commit", "-m", "drop one")
    meant = {"GITBTC_ALLOW_REWRITE": "1"}
    assert "Gitbtc-Rewrite" in treasury.run("git", "commit", "-m", "drop one", ok=(1,), env=meant).stderr
    treasury.run("git", "commit", "-q", "-m", "drop one\n\nGitbtc-Rewrite: it was a test", env=meant)


@pytest.mark.one_file
def test_a_transaction_may_learn_but_not_change_what_it_is(treasury: Repo) -> None:
    transactions(treasury, A)
    treasury.commit("base")
    transactions(treasury, A | {"confirmed": True, "block_height": 5, "block_time": 1_700_000_000, "label": "rent"})
    treasury.commit("confirmed")
    transactions(treasury, A | {"size_bytes": 7})
    treasury.git("add", "-A")
    assert "rewritten" in refused(treasury, "commit", "-m", "another size")
    treasury.git("rm", "-q", "-f", "wallet/transactions.json")
    assert "removed" in refused(treasury, "commit", "-m", "no history")


def test_a_merge_does_not_bring_in_a_rewritten_transaction(treasury: Repo) -> None:
    """Theirs was committed without gitbtc; ours left the record alone, so Git and the driver simply take it."""
    transactions(treasury, A)
    treasury.commit("base")
    branch(treasury, "theirs")
    transactions(treasury, A | {"size_bytes": 7})
    treasury.git("add", "-A")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "theirs")
    treasury.git("checkout", "-q", "main")
    treasury.write("notes.txt", "ours")
    treasury.commit("ours")
    assert f"{A['txid']} rewritten" in refused(treasury, "merge", "theirs")


def test_reordering_a_log_is_no_change(treasury: Repo) -> None:
    put(treasury, "strategy/execution.json", event(0, "a"), event(1, "b"))
    treasury.commit("base")
    put(treasury, "strategy/execution.json", event(1, "b"), event(0, "a"))
    treasury.git("add", "-A")
    assert treasury.git("status", "--porcelain") == ""


# -- other doors -----------------------------------------------------------------------------------------------------


def test_a_clone_without_gitbtc_merges_and_the_push_is_stopped(sandbox: Sandbox, treasury: Repo) -> None:
    """The plain clone's merge arrives here by a fast-forward, and may not leave again."""
    both_spend(treasury)
    plain = sandbox.repo("plain")
    plain.git("remote", "add", "origin", str(treasury.path))
    plain.git("fetch", "-q", "origin")
    plain.git("checkout", "-q", "-B", "main", "origin/main")
    plain.git("merge", "-q", "-X", "ours", "-m", "merged without gitbtc", "origin/theirs")
    treasury.git("remote", "add", "plain", str(plain.path))
    treasury.git("fetch", "-q", "plain")
    warned = treasury.run("git", "merge", "--ff-only", "plain/main").stderr
    assert "already merged" in warned
    server = sandbox.home / "server.git"
    treasury.git("init", "-q", "--bare", str(server))
    said = treasury.run("git", "push", str(server), "main", ok=(1,)).stderr
    assert OUTPOINT[:8] in said
    assert treasury.run("git", "--git-dir", str(server), "rev-parse", "-q", "--verify", "main", ok=(1,)).stdout == ""


def test_a_settled_merge_may_be_pushed(sandbox: Sandbox, treasury: Repo) -> None:
    both_spend(treasury)
    treasury.git("merge", "theirs", ok=(1,))
    treasury.gitbtc("resolve", OUTPOINT, "--theirs")
    treasury.git("commit", "-q", "-m", "settled")
    server = sandbox.home / "server.git"
    treasury.git("init", "-q", "--bare", str(server))
    treasury.git("push", "-q", str(server), "main")
    treasury.git("push", "-q", str(server), "theirs:refs/heads/theirs", ":refs/heads/none", ok=(0, 1))


def test_a_state_that_breaks_a_rule_is_refused_by_a_plain_commit(treasury: Repo) -> None:
    coins(treasury, coin(0))
    transactions(treasury, A)
    treasury.git("add", "-A")
    assert "is listed as a coin" in refused(treasury, "commit", "-m", "both held and spent")
    assert "spent_coin" in treasury.gitbtc("check", ok=(1,)).stdout
    coins(treasury, coin(1))
    treasury.commit("sound")
    assert treasury.gitbtc("check", "HEAD").returncode == 0
    document = json.loads(treasury.gitbtc("check", "--json").stdout)
    assert document == {"gitbtc.check/v1": {"roots": [""], "violations": [], "contested": [], "notices": []}}


def test_two_roots_are_two_treasuries(treasury: Repo) -> None:
    for root in ("one", "two"):
        put(treasury, f"{root}/wallet/utxos.json", coin(0))
        put(treasury, f"{root}/wallet/transactions.json")
    treasury.commit("base")
    for name, root, transaction in (("theirs", "one", A), ("main", "two", B)):
        if name != "main":
            branch(treasury, name)
        put(treasury, f"{root}/wallet/utxos.json")
        put(treasury, f"{root}/wallet/transactions.json", transaction)
        treasury.commit(name)
        treasury.git("checkout", "-q", "main")
    treasury.git("merge", "-q", "theirs")


@pytest.mark.one_file
def test_commit_all_and_commit_of_a_path_are_examined_too(treasury: Repo) -> None:
    base(treasury)
    transactions(treasury, A)
    for command in (("commit", "-am", "x"), ("commit", "-m", "x", "wallet/transactions.json")):
        assert "is listed as a coin" in refused(treasury, *command)


def test_a_linked_worktree_is_guarded_and_settles_its_own_merge(sandbox: Sandbox, treasury: Repo) -> None:
    both_spend(treasury)
    elsewhere = sandbox.home / "elsewhere"
    treasury.git("worktree", "add", "-q", "-b", "linked", str(elsewhere), "main")
    linked = Repo(elsewhere, treasury.env, treasury.clock, treasury.python)
    assert OUTPOINT[:8] in refused(linked, "merge", "theirs")
    linked.gitbtc("resolve", OUTPOINT, "--ours")
    linked.git("commit", "-q", "-m", "settled")
    assert contested(treasury) == []


def test_the_working_folder_may_be_a_subfolder(treasury: Repo) -> None:
    both_spend(treasury)
    inside = treasury.path / "wallet"
    treasury.run("git", "merge", "theirs", cwd=inside, ok=(1,))
    below = Repo(inside, treasury.env, treasury.clock, treasury.python)
    assert contested(below) == [DOUBLE]
    below.gitbtc("resolve", OUTPOINT, "--theirs")
    below.git("commit", "-q", "-m", "settled")
