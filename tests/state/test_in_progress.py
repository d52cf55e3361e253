"""Picks, reverts and squashes: what they bring together is judged as a merge is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds import base58
from gitbtc.repo.git import Git
from tests.made_state import WITHOUT_GITBTC, coin, coins, mempool, put, records, spend, transactions

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

OUTPOINT = f"{coin(0)['txid']}:0"
A, B = spend("aa", coin(0)), spend("bb", coin(0))
MINED = {"confirmed": True, "block_height": 105, "block_time": 1_700_000_500}


def state(repo: Repo, branch: str, start: str, *held: dict[str, Any], known: tuple[dict[str, Any], ...] = ()) -> str:
    """A commit on `branch`, begun at `start`, that holds these coins and knows these transactions; its oid."""
    repo.git("checkout", "-q", "-B", branch, start)
    coins(repo, *held)
    transactions(repo, *known)
    return repo.unexamined(branch)


def base(repo: Repo) -> None:
    repo.git("config", "core.editor", "true")
    mempool(repo)
    state(repo, "base", "HEAD", coin(0), coin(1), coin(2))


def event(minute: int) -> dict[str, Any]:
    return {"timestamp": 1_700_000_000 + minute, "block_height": None, "event_type": "custom", "txid": None,
            "amount_sat": None, "fee_sat": None, "note": f"at {minute}"}  # fmt: skip


def stopped(repo: Repo, *command: str, env: dict[str, str] | None = None) -> str:
    """What the refused command says; no branch has moved."""
    before = repo.git("for-each-ref", "refs/heads"), repo.git("log", "--format=%H")
    said = repo.run("git", *command, ok=(1, 128), env=env).stderr
    assert "gitbtc: " in said
    assert "Traceback" not in said
    assert repo.git("for-each-ref", "refs/heads") == before[0]
    return said


def contested(repo: Repo) -> dict[str, str]:
    found = json.loads(repo.gitbtc("conflicts", "--json", ok=(0, 1)).stdout)["gitbtc.conflicts/v1"]["conflicts"]
    return {one["outpoint"]: one["type"] for one in found}


def contested_addresses(repo: Repo) -> list[str]:
    found = json.loads(repo.gitbtc("conflicts", "--json", ok=(0, 1)).stdout)["gitbtc.conflicts/v1"]["conflicts"]
    return [one["address"] for one in found]


def message(repo: Repo) -> list[str]:
    return repo.git("log", "-1", "--format=%B").splitlines()


# -- both sides are known ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("commands", "way_on"),
    [
        (["cherry-pick theirs"], "cherry-pick --continue"),
        (["merge --squash theirs", "checkout --theirs .", "add -A", "commit --no-edit"], "commit --no-edit"),
        (["checkout -q theirs", "rebase main"], "rebase --continue"),
        (["checkout -q theirs", "rebase --apply main"], "rebase --continue"),
    ],
)
def test_two_removals_without_a_txid_may_be_two_payments(treasury: Repo, commands: list[str], way_on: str) -> None:
    """No state of a single commit shows it: the door has to know both sides."""
    base(treasury)
    state(treasury, "theirs", "base", coin(1))
    state(treasury, "main", "base", coin(1), coin(2))
    *first, last = (command.split() for command in commands)
    for command in first:
        treasury.git(*command, ok=(0, 1))
    assert "double_spend_candidate" in stopped(treasury, *last)
    assert contested(treasury) == {OUTPOINT: "double_spend_candidate"}
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    treasury.git(*way_on.split())
    assert records(treasury, "wallet/utxos.json", "HEAD") == [coin(1)]
    assert "--apply" in commands[-1] or f"Double-Spend: {OUTPOINT} unattributed" in message(treasury)


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_a_pick_of_a_rebase_that_had_a_conflict_is_judged_with_both_sides(treasury: Repo, backend: str) -> None:
    """Git takes CHERRY_PICK_HEAD away then."""
    base(treasury)
    state(treasury, "theirs", "base", coin(1, label="theirs"))
    state(treasury, "main", "base", coin(1, label="main"), coin(2))
    treasury.git("checkout", "-q", "theirs")
    treasury.git("rebase", backend, "main", ok=(1,))
    label = f"{coin(1)['txid']}:1"
    assert sorted(contested_addresses(treasury)) == sorted(f"wallet/utxos.json::{name}" for name in (OUTPOINT, label))
    treasury.gitbtc("resolve", f"wallet/utxos.json::{label}", "--theirs")
    assert "double_spend_candidate" in stopped(treasury, "rebase", "--continue")
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    treasury.git("rebase", "--continue")
    assert records(treasury, "wallet/utxos.json", "theirs") == [coin(1, label="theirs")]


def test_what_is_changed_after_such_a_pick_is_a_commit_of_its_own(treasury: Repo) -> None:
    """The todo list stops after it, and what was settled in it is not asked again."""
    base(treasury)
    state(treasury, "theirs", "base", coin(1, label="theirs"))
    state(treasury, "main", "base", coin(1, label="main"), coin(2))
    editor = "sequence.editor=sed -i.bak -e '1s/^pick/edit/'"
    treasury.git("-c", editor, "rebase", "-i", "main", "theirs", ok=(1,))
    treasury.gitbtc("resolve", f"wallet/utxos.json::{coin(1)['txid']}:1", "--theirs")
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    treasury.git("commit", "-q", "--no-edit")
    assert contested(treasury) == {}
    coins(treasury, coin(1, label="mine"))
    treasury.commit("mine")
    treasury.git("rebase", "--continue")
    assert records(treasury, "wallet/utxos.json", "theirs") == [coin(1, label="mine")]


def test_a_fixup_that_was_settled_is_not_judged_again(treasury: Repo) -> None:
    """Git folds the same commit in once more, which changes nothing. Who does not amend first, as the refusal says, has
    what is staged committed by 2.39; a newer Git says then that it wants to be amended, too.
    """
    base(treasury)
    treasury.git("checkout", "-q", "-b", "theirs")
    treasury.write("notes.txt", "theirs")
    treasury.commit("notes")
    state(treasury, "theirs", "theirs", coin(1))
    state(treasury, "main", "base", coin(1), coin(2))
    editor = "sequence.editor=sed -i.bak -e '2s/^pick/fixup/'"
    said = stopped(treasury, "-c", editor, "rebase", "-i", "main", "theirs")
    assert "double_spend_candidate" in said
    assert "git commit --amend" in said
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    went_on = treasury.run("git", "rebase", "--continue", ok=(0, 1))
    if went_on.returncode:
        assert "git commit --amend" in went_on.stderr
        treasury.git("commit", "--amend", "--no-edit")
        treasury.git("rebase", "--continue")
    assert records(treasury, "wallet/utxos.json", "theirs") == [coin(1)]
    assert "rebase in progress" not in treasury.git("status")


def test_what_the_evidence_decides_is_carried_out_in_a_pick_too(treasury: Repo) -> None:
    base(treasury)
    state(treasury, "theirs", "base", coin(1), coin(2), known=(A | MINED,))
    state(treasury, "main", "base", coin(1), coin(2), known=(B,))
    said = stopped(treasury, "cherry-pick", "theirs")
    assert "conflicted" in said
    assert "git cherry-pick --continue" in said
    treasury.git("cherry-pick", "--continue")
    known = {one["txid"]: one for one in records(treasury, "wallet/transactions.json", "HEAD")}
    assert known[B["txid"]]["replaced_by"] == A["txid"]
    assert f"Double-Spend: {OUTPOINT} {A['txid']} over {B['txid']}" in message(treasury)
    assert treasury.git("status", "--porcelain") == ""


def test_branches_that_are_squashed_together_are_judged_against_each_other(treasury: Repo) -> None:
    base(treasury)
    state(treasury, "one", "base", coin(1), coin(2), known=(A,))
    state(treasury, "one", "one", coin(2), known=(A, spend("more", coin(1))))
    treasury.git("checkout", "-q", "-b", "two", "base")
    treasury.write("two.txt", "two")
    treasury.commit("two")
    state(treasury, "two", "two", coin(1), coin(2))
    treasury.git("checkout", "-q", "base")
    treasury.git("merge", "--squash", "one", "two", ok=(0, 1))
    coins(treasury, coin(2))
    transactions(treasury, A, spend("more", coin(1)))
    treasury.git("add", "-A")
    treasury.git("commit", "-q", "-m", "squashed")  # both spent it, and one of them says how: nothing to ask
    treasury.git("checkout", "-q", "-B", "two", "two")
    transactions(treasury, B)
    treasury.commit("two says how")
    treasury.git("checkout", "-q", "-B", "base", "base~1")
    treasury.git("merge", "--squash", "one", "two", ok=(0, 1))
    transactions(treasury, A, spend("more", coin(1)))
    coins(treasury, coin(2))
    treasury.git("add", "-A")
    said = stopped(treasury, "commit", "-m", "squashed")
    assert A["txid"][:8] in said
    assert B["txid"][:8] in said


def test_a_squash_keeps_the_records_of_both_logs(treasury: Repo) -> None:
    put(treasury, "strategy/execution.json", event(0))
    treasury.commit("base")
    treasury.git("checkout", "-q", "-b", "theirs")
    put(treasury, "strategy/execution.json", event(0), event(1))
    treasury.commit("theirs")
    treasury.git("checkout", "-q", "main")
    treasury.git("merge", "-q", "--squash", "theirs")
    treasury.git("checkout", "-q", "HEAD", "--", "strategy/execution.json")
    assert "the union is staged" in stopped(treasury, "commit", "--no-edit")
    treasury.git("commit", "-q", "--no-edit")
    assert len(records(treasury, "strategy/execution.json", "HEAD")) == 2


def test_a_settlement_is_not_taken_for_that_of_another_pick(treasury: Repo) -> None:
    base(treasury)
    state(treasury, "one", "base", coin(1))
    state(treasury, "two", "base", coin(1), coin(2, label="kept"))
    state(treasury, "main", "base", coin(1), coin(2))
    stopped(treasury, "cherry-pick", "one")
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    assert contested(treasury) == {}
    treasury.git("cherry-pick", "--abort")
    assert contested(treasury) == {}
    for again in ("one", "two", "one"):
        stopped(treasury, "cherry-pick", again)
        assert OUTPOINT in contested(treasury)
        treasury.git("cherry-pick", "--abort")
        assert treasury.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    "path", [["merge", "theirs"], ["rebase", "main", "theirs"], ["rebase", "--apply", "main", "theirs"]]
)
def test_what_was_settled_and_then_given_up_is_asked_again(treasury: Repo, path: list[str]) -> None:
    base(treasury)
    state(treasury, "theirs", "base", coin(1), coin(2), known=(B,))
    state(treasury, "main", "base", coin(1), coin(2), known=(A,))
    for _ in range(2):
        stopped(treasury, *path)
        assert OUTPOINT in contested(treasury)
        treasury.gitbtc("resolve", OUTPOINT, "--ours")
        assert contested(treasury) == {}
        treasury.git(path[0], "--abort")
        assert treasury.git("status", "--porcelain") == ""
        treasury.git("checkout", "-q", "main")


# -- reverts -----------------------------------------------------------------------------------------------------------


def test_a_revert_of_a_merge_goes_back_to_the_side_that_is_named(treasury: Repo) -> None:
    """Main never held the coin that theirs brought, and has removed it since: going back to main removes it too."""
    base(treasury)
    treasury.git("checkout", "-q", "-b", "theirs")
    treasury.write("notes.txt", "theirs")
    state(treasury, "theirs", "theirs", coin(0), coin(1), coin(2), coin(3))
    state(treasury, "main", "base", coin(0), coin(1))
    treasury.git("merge", "-q", "--no-edit", "theirs")
    merged = treasury.git("rev-parse", "HEAD").strip()
    state(treasury, "main", "main", coin(0), coin(1))
    assert "double_spend_candidate" in stopped(treasury, "revert", "--no-edit", "-m", "1", merged)
    assert contested(treasury) == {f"{coin(3)['txid']}:3": "double_spend_candidate"}
    treasury.git("reset", "-q", "--merge")
    treasury.git("revert", "--no-edit", "-m", "2", merged)
    assert coin(2) in records(treasury, "wallet/utxos.json", "HEAD")


def test_a_revert_that_is_only_staged_is_judged_when_it_is_committed(treasury: Repo) -> None:
    base(treasury)
    state(treasury, "main", "base", coin(0), coin(1), coin(2), coin(3))
    added = treasury.git("rev-parse", "HEAD").strip()
    state(treasury, "main", "main", coin(0), coin(1))
    treasury.git("revert", "--no-commit", added)
    (treasury.path / ".git/MERGE_MSG").write_text("another message")
    assert contested(treasury) == {f"{coin(3)['txid']}:3": "double_spend_candidate"}
    treasury.git("revert", "--abort")
    assert contested(treasury) == {}


def test_a_revert_that_takes_an_event_out_of_a_log_has_to_be_meant(treasury: Repo) -> None:
    put(treasury, "strategy/execution.json", event(0))
    treasury.commit("base")
    put(treasury, "strategy/execution.json", event(0), event(1))
    treasury.commit("more")
    said = stopped(treasury, "revert", "--no-edit", "HEAD")
    assert "only grows" in said
    assert "GITBTC_ALLOW_REWRITE=1" in said
    assert (
        len(json.loads(treasury.git("show", ":strategy/execution.json"))) == 1
    )  # nothing is put back behind one's back
    meant = {"GITBTC_ALLOW_REWRITE": "1"}
    assert "Gitbtc-Rewrite" in stopped(treasury, "commit", "--no-edit", env=meant)
    treasury.run("git", "commit", "-q", "-m", "Take it back\n\nGitbtc-Rewrite: it never happened", env=meant)
    assert len(records(treasury, "strategy/execution.json", "HEAD")) == 1


def test_a_revert_that_is_made_again_is_not_judged_again(treasury: Repo) -> None:
    """Its message still says what it took back, and what it took back is gone."""
    base(treasury)
    state(treasury, "main", "base", coin(0), coin(1), coin(2), coin(3))
    treasury.git("revert", "--no-edit", "HEAD")
    treasury.write("notes.txt", "and a note")
    treasury.git("add", "-A")
    treasury.git("commit", "-q", "--amend", "--no-edit")


# -- what the message has to say ---------------------------------------------------------------------------------------


def rewritten(repo: Repo, text: str) -> None:
    """theirs takes an event out of the log, for a reason."""
    repo.git("config", "core.editor", "true")
    put(repo, "strategy/execution.json", event(0), event(1))
    repo.unexamined("base")
    repo.git("checkout", "-q", "-b", "theirs")
    put(repo, "strategy/execution.json", event(0))
    repo.git("add", "-A")
    repo.git(*WITHOUT_GITBTC, "commit", "-q", "-m", text)
    repo.git("checkout", "-q", "main")
    repo.write("notes.txt", "main")
    repo.unexamined("main")


PATHS = [["cherry-pick", "theirs"], ["rebase", "main", "theirs"], ["rebase", "--apply", "main", "theirs"]]


@pytest.mark.parametrize("path", PATHS)
def test_a_rewrite_is_picked_on_purpose_and_with_its_reason(treasury: Repo, path: list[str]) -> None:
    rewritten(treasury, "drop one\n\nGitbtc-Rewrite: a test")
    assert "only grows" in stopped(treasury, *path)
    treasury.git(path[0], "--abort")
    treasury.run("git", *path, env={"GITBTC_ALLOW_REWRITE": "1"})
    assert len(records(treasury, "strategy/execution.json", "HEAD")) == 1


@pytest.mark.parametrize("path", PATHS)
def test_a_rewrite_without_a_reason_is_not_picked(treasury: Repo, path: list[str]) -> None:
    rewritten(treasury, "drop one")
    assert "Gitbtc-Rewrite" in stopped(treasury, *path, env={"GITBTC_ALLOW_REWRITE": "1"})


def test_no_verify_does_not_get_around_the_reason(treasury: Repo) -> None:
    put(treasury, "strategy/execution.json", event(0), event(1))
    treasury.commit("base")
    put(treasury, "strategy/execution.json", event(0))
    command = ["commit", "-q", "-a", "--no-verify", "-m", "drop one"]
    meant = {"GITBTC_ALLOW_REWRITE": "1"}
    assert "Gitbtc-Rewrite" in stopped(treasury, *command, env=meant)
    treasury.run("git", *command, "-m", "Gitbtc-Rewrite: a test", env=meant)


@pytest.mark.parametrize("path", PATHS)
def test_a_key_in_the_message_of_a_picked_commit_is_refused_and_not_shown(treasury: Repo, path: list[str]) -> None:
    key = base58.encode_check(b"\xef" + bytes(range(1, 33)) + b"\x01")
    treasury.git("checkout", "-q", "-b", "theirs")
    treasury.write("first.txt", "theirs")
    treasury.commit("first")
    treasury.write("notes.txt", "theirs")
    treasury.git("add", "-A")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "theirs", "-m", f"the key is {key}")
    treasury.git("checkout", "-q", "main")
    treasury.write("main.txt", "main")
    treasury.commit("main")
    said = stopped(treasury, *path)
    assert "the commit message" in said
    assert key not in said


def test_where_refs_are_tables_a_settlement_is_of_one_pick_too(treasury: Repo) -> None:
    """CHERRY_PICK_HEAD is no file there."""
    if Git.at(treasury.path).version() < (2, 46, 0):
        pytest.skip("Git moves refs to tables since 2.46")
    base(treasury)
    state(treasury, "theirs", "base", coin(1))
    state(treasury, "main", "base", coin(1), coin(2))
    treasury.git("refs", "migrate", "--ref-format=reftable", ok=(0, 255))  # it is so already
    stopped(treasury, "cherry-pick", "theirs")
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    treasury.git("cherry-pick", "--abort")
    assert "double_spend_candidate" in stopped(treasury, "cherry-pick", "theirs")
