"""What a gated server takes and what it refuses, whatever made the commits: every test is a real push."""

from __future__ import annotations

import json
import secrets
import subprocess
from typing import TYPE_CHECKING

import pygit2
import pytest

from gitbtc.kinds import base58
from tests.doors.pushing import (
    OUTPOINT,
    A,
    B,
    accepted,
    base,
    both_spend,
    clone,
    gated,
    keep,
    refused,
    side,
    strategy,
)  # fmt: skip
from tests.made_state import FUNDING, change_of, coin, pending, spend

if TYPE_CHECKING:
    from typing import Any

    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter


def secret() -> str:
    return base58.encode_check(b"\xef" + secrets.token_bytes(32) + b"\x01")


def heads(server: Repo) -> list[str]:
    return server.git("for-each-ref", "--format=%(refname)").split()


# -- double spends ---------------------------------------------------------------------------------------------------


def test_two_branches_that_disagree_may_both_be_pushed(plain: Repo, server: Repo) -> None:
    both_spend(plain)
    accepted(plain, "ours", "theirs")
    assert heads(server) == ["refs/heads/ours", "refs/heads/theirs"]


def union_of_both(repo: Repo) -> None:
    keep(repo, "wallet/transactions.json", A, B)
    keep(repo, "wallet/utxos.json", coin(1))
    repo.git("add", "-A")


@pytest.mark.both_layouts
@pytest.mark.own_interpreters
def test_a_double_spend_merged_in_a_clone_without_gitbtc(plain: Repo, server: Repo) -> None:
    both_spend(plain)
    accepted(plain, "ours", "theirs")
    plain.git("checkout", "-q", "ours")
    plain.git("merge", "theirs", ok=(1,))
    union_of_both(plain)
    plain.git("commit", "-q", "-m", "merged by hand")
    said = refused(plain, server, "ours")
    assert f"double_spend: wallet/utxos.json::{OUTPOINT} (1.00000000 BTC)" in said
    assert A["txid"] in said
    assert B["txid"] in said
    assert plain.git("rev-parse", "HEAD")[:12] in said


def test_a_merge_that_drops_one_of_the_two_spends(plain: Repo, server: Repo) -> None:
    """Only one transaction is left in the result, and nobody said that the other one lost."""
    both_spend(plain)
    plain.git("checkout", "-q", "ours")
    plain.git("merge", "-q", "-s", "ours", "-m", "ours", "theirs")
    said = refused(plain, server, "ours")
    assert f"double_spend: wallet/utxos.json::{OUTPOINT}" in said
    assert f"append_only: wallet/transactions.json::{B['txid']} removed" in said


def test_a_merge_made_by_libgit2(plain: Repo, server: Repo) -> None:
    both_spend(plain)
    repository = pygit2.Repository(str(plain.path))
    parents = [repository.branches[name].target for name in ("ours", "theirs")]
    tree = repository.revparse_single("ours").peel(pygit2.Tree).id
    who = pygit2.Signature("Lib", "lib@example.com", 1_700_000_000, 0)
    repository.create_commit("refs/heads/merged", who, who, "by libgit2", tree, parents)
    assert f"double_spend: wallet/utxos.json::{OUTPOINT}" in refused(plain, server, "merged")


def test_an_octopus_is_judged_head_by_head(plain: Repo, server: Repo) -> None:
    both_spend(plain)
    third = side(plain, "third", "main", network_mempool=[])
    tree = plain.git("rev-parse", "ours^{tree}").strip()
    made = plain.git("commit-tree", tree, "-p", third, "-p", "ours", "-p", "theirs", "-m", "octopus").strip()
    assert OUTPOINT in refused(plain, server, f"{made}:refs/heads/main")


def test_a_rebase_puts_both_spends_into_one_line_of_history(plain: Repo, server: Repo) -> None:
    both_spend(plain)
    accepted(plain, "theirs")
    plain.git("checkout", "-q", "ours")
    plain.git("rebase", "-q", "theirs", ok=(1,))
    union_of_both(plain)
    plain.git("-c", "core.editor=true", "rebase", "--continue")
    assert plain.git("rev-list", "--count", "theirs..ours").strip() == "1"
    said = refused(plain, server, "ours")
    assert f"{OUTPOINT} is spent by" in said


@pytest.mark.one_file
def test_an_amended_state_that_holds_a_spent_coin(plain: Repo, server: Repo) -> None:
    base(plain)
    accepted(plain, "main")
    side(plain, "main", "main", wallet_utxos=[coin(1)], wallet_transactions=[A])
    keep(plain, "wallet/utxos.json", coin(0), coin(1))
    plain.git("commit", "-q", "--amend", "-a", "--no-edit")
    assert f"spent_coin: wallet/utxos.json: line 2: {OUTPOINT} is listed" in refused(plain, server, "main")


def test_a_sound_commit_on_top_does_not_hide_an_unsound_one(plain: Repo, server: Repo) -> None:
    base(plain)
    bad = side(plain, "main", "main", wallet_transactions=[A])
    side(plain, "main", "main", wallet_utxos=[coin(1)])
    said = refused(plain, server, "main")
    assert said.count("spent_coin") == 1
    assert bad[:12] in said


# -- settled by a person ---------------------------------------------------------------------------------------------


def settled(plain: Repo, trailer: str, **files: Any) -> None:
    """Merge theirs into ours with A as the winner, under a message with this trailer."""
    both_spend(plain)
    plain.git("checkout", "-q", "ours")
    plain.git("merge", "-q", "-s", "ours", "--no-commit", "theirs")
    given = {"wallet_utxos": [coin(1)], "wallet_transactions": [A, B], **files}
    for path, records in given.items():
        keep(plain, path.replace("_", "/") + ".json", *records)
    plain.git("add", "-A")
    plain.git("commit", "-q", "-m", f"settled\n\n{trailer}")


@pytest.mark.both_layouts
@pytest.mark.own_interpreters
def test_a_settled_merge_is_taken(sandbox: Sandbox, server: Repo, treasury: Repo) -> None:
    """Settled with gitbtc, and pushed past its own gate so that the server alone decides."""
    both_spend(treasury)
    treasury.git("checkout", "-q", "ours")
    treasury.git("merge", "theirs", ok=(1,))
    treasury.gitbtc("resolve", OUTPOINT, "--theirs")
    treasury.git("commit", "-q", "-m", "settled")
    treasury.git("remote", "add", "origin", str(server.path))
    accepted(treasury, "--no-verify", "ours")


def test_a_trailer_for_the_coin_is_taken_where_the_records_do_not_say_it(plain: Repo, server: Repo) -> None:
    line = f"Double-Spend: {OUTPOINT} {A['txid']} over {B['txid']}"
    settled(plain, f"{line}\nGitbtc-Rewrite: B was never signed", wallet_transactions=[A])
    accepted(plain, "ours")


@pytest.mark.parametrize(
    "trailer",
    [
        "",
        f"Double-Spend: {FUNDING}:1 {A['txid']} over {B['txid']}",
        f"Double-Spend: {OUTPOINT}0 {A['txid']} over {B['txid']}",
        f"Double-Spend: {OUTPOINT}",
        f"Double-Spend: {OUTPOINT} because I say so",
        f"  Double-Spend: {OUTPOINT} {A['txid']} over {B['txid']}",
    ],
)
def test_a_trailer_settles_the_outpoint_that_it_names_and_no_other(plain: Repo, server: Repo, trailer: str) -> None:
    settled(plain, f"{trailer}\nGitbtc-Rewrite: B was never signed", wallet_transactions=[A])
    assert f"double_spend: wallet/utxos.json::{OUTPOINT}" in refused(plain, server, "ours")


@pytest.mark.parametrize(
    "message",
    [
        f"settled\n\nDouble-Spend: {OUTPOINT} unattributed\n",
        f"settled\n\nReservation: {OUTPOINT} x over y\n",
        f"settled\n\nDouble-Spend: {OUTPOINT} {A['txid']} over {B['txid']}\n",
        f"settled\nDouble-Spend: {OUTPOINT} unattributed\n",
        f"settled\n\nDouble-Spend: {OUTPOINT} unattributed\n\nas he wrote\n",
        f"settled\0\n\nDouble-Spend: {OUTPOINT} unattributed\n",
    ],
)
def test_of_two_bare_removals_a_true_trailer_says_that_they_are_one(plain: Repo, server: Repo, message: str) -> None:
    base(plain)
    one, other = (side(plain, name, "main", wallet_utxos=[coin(1)], network_mempool=[]) for name in ("one", "other"))
    tree = plain.git("rev-parse", "one^{tree}").strip()
    lines = [f"tree {tree}", f"parent {one}", f"parent {other}", "author A <a@b> 1700000000 +0000"]
    content = "\n".join([*lines, "committer A <a@b> 1700000000 +0000", "", message]).encode()
    made = plain.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=content).strip()
    if message == f"settled\n\nDouble-Spend: {OUTPOINT} unattributed\n":
        accepted(plain, f"{made}:refs/heads/main")
    else:
        assert f"double_spend_candidate: wallet/utxos.json::{OUTPOINT}" in refused(
            plain, server, f"{made}:refs/heads/main"
        )


def test_a_trailer_that_says_the_opposite_of_the_records_is_refused(plain: Repo, server: Repo) -> None:
    lost = B | {"replaced_by": A["txid"]}
    settled(plain, f"Double-Spend: {OUTPOINT} {B['txid']} over {A['txid']}", wallet_transactions=[A, lost])
    assert f"{OUTPOINT}: a trailer of the commit says the opposite" in refused(plain, server, "ours")
    plain.git(
        "commit", "-q", "--amend", "-m", "settled", "-m", f"Double-Spend: {OUTPOINT} {A['txid']} over {B['txid']}"
    )
    accepted(plain, "ours")


@pytest.mark.one_file
def test_no_trailer_excuses_a_state_that_breaks_a_rule(plain: Repo, server: Repo) -> None:
    settled(plain, f"Double-Spend: {OUTPOINT} {A['txid']} over {B['txid']}")
    said = refused(plain, server, "ours")
    assert f"double_spend: wallet/transactions.json: line 3: {OUTPOINT} is spent by" in said


def test_a_verdict_that_needs_nobody_has_to_be_followed(plain: Repo, server: Repo) -> None:
    """A is confirmed: it wins, and the merge must not keep B alive beside the mempool entry of A."""
    base(plain)
    confirmed = A | {"confirmed": True, "block_height": 105, "block_time": 1_700_000_500}
    side(plain, "ours", "main", wallet_utxos=[coin(1)], wallet_transactions=[confirmed])
    side(plain, "theirs", "main", wallet_utxos=[coin(1)], network_mempool=[pending(B)])
    plain.git("checkout", "-q", "ours")
    plain.git("merge", "-q", "-s", "ours", "--no-commit", "theirs")
    keep(plain, "wallet/transactions.json", confirmed | {"abandoned": True})
    keep(plain, "network/mempool.json", pending(B))
    plain.git("commit", "-q", "-a", "-m", "the other way round")
    said = refused(plain, server, "ours")
    assert "merge: wallet/" in said
    assert "by what the parents of the merge know" in said


def test_an_unattributed_removal_is_taken_where_the_server_allows_it(plain: Repo, server: Repo) -> None:
    base(plain)
    side(plain, "ours", "main", wallet_utxos=[coin(1)])
    side(plain, "theirs", "main", wallet_utxos=[coin(1)], network_mempool=[])
    plain.git("merge", "-q", "--no-ff", "-m", "merged", "ours")
    assert "double_spend_candidate" in refused(plain, server, "theirs")
    server.git("config", "gitbtc.unattributed", "allow")
    accepted(plain, "theirs")


# -- refs ------------------------------------------------------------------------------------------------------------


def unsound(plain: Repo, name: str = "bad") -> str:
    return side(plain, name, "main", wallet_transactions=[A])


def test_one_bad_ref_of_several_refuses_all(plain: Repo, server: Repo) -> None:
    base(plain)
    unsound(plain)
    refused(plain, server, "main", "bad", "main:refs/heads/other")
    assert heads(server) == []
    accepted(plain, "main", "main:refs/heads/other")


@pytest.mark.parametrize("kind", ["lightweight", "annotated", "tag of a tag"])
def test_a_tag_brings_its_commits_and_they_are_examined(plain: Repo, server: Repo, kind: str) -> None:
    base(plain)
    accepted(plain, "main")
    unsound(plain)
    plain.git("tag", *([] if kind == "lightweight" else ["-a", "-m", "one"]), "v1")
    plain.git("tag", "-a", "-m", "two", "v2", "v1")
    assert "spent_coin" in refused(plain, server, "v2" if kind == "tag of a tag" else "v1")
    plain.git("tag", "-f", "-a", "-m", "sound", "v1", "main")
    accepted(plain, "v1")


def test_a_new_branch_a_forced_one_and_a_deleted_one(plain: Repo, server: Repo) -> None:
    base(plain)
    first = side(plain, "topic", "main", wallet_utxos=[coin(1)], wallet_transactions=[A])
    accepted(plain, "main", "topic")
    second = side(plain, "topic", "main", wallet_utxos=[coin(1)], wallet_transactions=[B])
    accepted(plain, "--force", "topic")
    assert server.git("rev-parse", "topic").strip() == second != first
    unsound(plain, "topic")
    refused(plain, server, "--force", "topic")
    accepted(plain, ":topic")
    assert heads(server) == ["refs/heads/main"]


def test_a_server_that_denies_forced_pushes_still_does(plain: Repo, server: Repo) -> None:
    base(plain)
    accepted(plain, "main")
    server.git("config", "receive.denyNonFastForwards", "true")
    plain.git("commit", "-q", "--amend", "-m", "another base")
    assert "non-fast-forward" in plain.run("git", "push", "--force", "origin", "main", ok=(1,)).stderr


def test_what_the_server_has_is_not_examined_again(plain: Repo, server: Repo) -> None:
    """A history from before the gate stays as it is; what is built on it has to be sound."""
    base(plain)
    unsound(plain)
    server.gitbtc("uninstall")
    plain.git("push", "-q", "origin", "main", "bad")
    server.gitbtc("install", "--server")
    accepted(plain, "bad:refs/heads/again")
    plain.write("notes.txt", "no state")
    plain.commit("beside it")
    accepted(plain, "bad")
    side(plain, "bad", "bad", network_mempool=[pending(spend("child", coin(1)))])
    assert "spent_coin" in refused(plain, server, "bad")


def test_what_came_past_the_gate_is_examined_with_the_first_push_that_is_built_on_it(plain: Repo, server: Repo) -> None:
    """That a ref reaches it says nothing of it; and it is in the way until whoever keeps the server says otherwise."""
    base(plain)
    accepted(plain, "main")
    unsound(plain)
    server.git("fetch", "-q", str(plain.path), "bad:past")
    plain.write("notes.txt", "no state")
    plain.commit("beside it")
    assert "spent_coin" in refused(plain, server, "bad")
    assert "spent_coin" in refused(plain, server, "bad~:refs/heads/again")
    accepted(plain, "main:refs/heads/again")
    server.gitbtc("uninstall")
    server.gitbtc("install", "--server")
    accepted(plain, "bad")


def test_what_is_examined_is_remembered_by_its_last_commits(plain: Repo, server: Repo) -> None:
    base(plain)
    accepted(plain, "main")
    first = side(plain, "one", "main", network_mempool=[])
    second = side(plain, "two", "main", network_mempool=[])
    accepted(plain, "one", "two", "main:refs/tags/base")
    assert known(server) == {first, second}
    accepted(plain, ":one")  # what was examined stays so, while it is here
    side(plain, "two", "two")
    accepted(plain, "two")
    assert known(server) == {first, plain.git("rev-parse", "two").strip()}
    server.git("reflog", "expire", "--expire=now", "--all")
    server.git("gc", "-q", "--prune=now")
    third = side(plain, "three", "main", network_mempool=[])
    accepted(plain, "three")
    assert known(server) == {plain.git("rev-parse", "two").strip(), third}


def known(server: Repo) -> set[str]:
    return set((server.path / "gitbtc/examined").read_text().split())


def test_a_gate_from_before_anybody_remembered_takes_what_is_there_for_examined(plain: Repo, server: Repo) -> None:
    base(plain)
    unsound(plain)
    server.git("fetch", "-q", str(plain.path), "bad:past")
    (server.path / "gitbtc/examined").unlink()
    accepted(plain, "bad:refs/heads/again", "main")
    assert known(server) == {plain.git("rev-parse", name).strip() for name in ("bad", "main")} - {
        plain.git("merge-base", "bad", "main").strip()
    }


def test_a_state_from_before_the_gate_can_be_mended(plain: Repo, server: Repo) -> None:
    server.gitbtc("uninstall")
    for path in ("wallet/utxos.json", "wallet/transactions.json"):
        plain.write(path, "[{")
    plain.commit("by hand")
    accepted(plain, "main")
    server.gitbtc("install", "--server")
    keep(plain, "wallet/utxos.json", coin(0))
    plain.commit("half of it")
    assert "not JSON" in refused(plain, server, "main")
    keep(plain, "wallet/transactions.json")
    plain.git("commit", "-q", "--amend", "-a", "-m", "mended")
    accepted(plain, "main")


def test_a_claim_that_is_no_commit_is_taken_unless_it_holds_a_key(plain: Repo, server: Repo) -> None:
    base(plain)
    ref = f"refs/gitbtc/claims/{FUNDING}-0"
    blob = plain.git("hash-object", "-w", "--stdin", stdin=b'{"agent":"ann"}').strip()
    tree = plain.git("rev-parse", "main^{tree}").strip()
    lone = plain.git("commit-tree", plain.git("mktree", stdin=b"").strip(), "-m", "claim").strip()
    for number, oid in enumerate((blob, tree, lone)):
        accepted(plain, f"{oid}:{ref}{number}")
    key = secret()
    bad = plain.git("hash-object", "-w", "--stdin", stdin=key.encode()).strip()
    said = refused(plain, server, f"{bad}:{ref}3")
    assert "key:" in said
    assert key not in said


def test_a_key_in_a_push_option_is_refused(plain: Repo, server: Repo) -> None:
    server.git("config", "receive.advertisePushOptions", "true")
    base(plain)
    key = secret()
    said = refused(plain, server, "-o", "ci.skip", "-o", f"signer={key}", "main")
    assert "a push option: line 1: WIF private key" in said
    assert key not in said
    plain.git("push", "-q", "-o", "ci.skip", "origin", "main")


@pytest.mark.own_interpreters
def test_two_pushes_at_once_are_each_examined_and_one_branch_goes_to_one(sandbox: Sandbox, server: Repo) -> None:
    one, two = clone(sandbox, server, "one"), clone(sandbox, server, "two")
    base(one)
    accepted(one, "main")
    two.git("fetch", "-q", "origin")
    two.git("checkout", "-q", "-B", "main", "origin/main")
    side(one, "main", "main", wallet_utxos=[coin(1)], wallet_transactions=[A])
    side(two, "main", "main", wallet_utxos=[coin(1)], wallet_transactions=[B])
    for repo in (one, two):
        repo.git("branch", f"own-{repo.path.name}")
    for refs, taken in ((("own-one", "own-two"), 2), (("main", "main"), 1)):
        pushes = [
            subprocess.Popen(["git", "push", "-q", "origin", ref], cwd=repo.path, env=repo.env, stderr=subprocess.PIPE)
            for repo, ref in zip((one, two), refs, strict=True)
        ]
        told = [push.communicate()[1] for push in pushes]
        assert sum(push.returncode == 0 for push in pushes) == taken, told
    server.git("fsck", "--strict")


def test_a_long_clean_history_comes_in_at_its_first_push(plain: Repo, server: Repo) -> None:
    base(plain)
    held, known = [coin(1)], []
    for number in range(40):
        known.append(spend(f"{number:02d}", held.pop()))
        held.append(change_of(known[-1]))
        side(plain, "main", "main", wallet_utxos=[coin(0), *held], wallet_transactions=known)
    accepted(plain, "main")
    assert server.git("rev-list", "--count", "main").strip() == "41"


# -- files that only grow --------------------------------------------------------------------------------------------


def event(minute: int, note: str) -> dict[str, Any]:
    return {"timestamp": 1_700_000_000 + minute, "block_height": None, "event_type": "custom", "txid": None,
            "amount_sat": None, "fee_sat": None, "note": note}  # fmt: skip


def test_a_log_is_rewritten_only_with_a_reason(plain: Repo, server: Repo) -> None:
    keep(plain, "strategy/execution.json", event(0, "a"), event(1, "b"))
    plain.commit("base")
    accepted(plain, "main")
    keep(plain, "strategy/execution.json", event(0, "a"))
    plain.commit("dropped one")
    assert "append_only: strategy/execution.json::" in refused(plain, server, "main")
    plain.git("commit", "-q", "--amend", "-m", "dropped one\n\nGitbtc-Rewrite:  ")
    refused(plain, server, "main")
    plain.git("commit", "-q", "--amend", "-m", "dropped one\n\nGitbtc-Rewrite: it was a test")
    accepted(plain, "main")


@pytest.mark.one_file
def test_a_file_that_only_grows_is_not_deleted(plain: Repo, server: Repo) -> None:
    base(plain)
    side(plain, "main", "main", wallet_utxos=[coin(1)], wallet_transactions=[A])
    plain.git("rm", "-q", "wallet/transactions.json")
    plain.commit("no history")
    assert f"append_only: wallet/transactions.json::{A['txid']} removed" in refused(plain, server, "main")


def logs(plain: Repo, *merged: str) -> None:
    """A merge of two branches that each added an event, whose result holds those named."""
    keep(plain, "strategy/execution.json", event(0, "base"))
    plain.commit("base")
    events = {"base": event(0, "base"), "ours": event(1, "ours"), "theirs": event(2, "theirs")}
    side(plain, "theirs", "main", strategy_execution=[events["base"], events["theirs"]])
    side(plain, "main", "main", strategy_execution=[events["base"], events["ours"]])
    plain.git("merge", "-q", "-s", "ours", "--no-commit", "theirs")
    keep(plain, "strategy/execution.json", *(events[name] for name in merged))
    plain.git("commit", "-q", "-a", "-m", "merged")


@pytest.mark.parametrize("held", [("base", "ours"), ("base", "theirs"), ("ours", "theirs")])
def test_a_merge_keeps_every_record_of_each_parent(plain: Repo, server: Repo, held: tuple[str, ...]) -> None:
    logs(plain, *held)
    assert "append_only: strategy/execution.json::" in refused(plain, server, "main")


def test_a_merge_that_unites_the_logs_is_taken(plain: Repo, server: Repo) -> None:
    logs(plain, "base", "ours", "theirs")
    accepted(plain, "main")


def test_a_merge_takes_a_record_that_one_parent_rewrote_with_a_reason(plain: Repo, server: Repo) -> None:
    base(plain)
    side(plain, "main", "main", wallet_utxos=[coin(1)], wallet_transactions=[A])
    side(plain, "theirs", "main", wallet_transactions=[A | {"size_bytes": 199}])
    plain.git("commit", "-q", "--amend", "-m", "measured\n\nGitbtc-Rewrite: the size was wrong")
    side(plain, "main", "main", network_mempool=[pending(A)])
    plain.git("merge", "-q", "-m", "merged", "theirs")
    accepted(plain, "main")
    keep(plain, "wallet/transactions.json", A | {"size_bytes": 198})
    plain.commit("again")
    assert f"append_only: wallet/transactions.json::{A['txid']} rewritten" in refused(plain, server, "main")


# -- simulation ------------------------------------------------------------------------------------------------------


def test_no_merge_makes_a_simulation_live(plain: Repo, server: Repo) -> None:
    strategy(plain, simulating=True)
    plain.commit("base")
    plain.git("checkout", "-q", "-b", "live")
    strategy(plain, simulating=False)
    plain.commit("live, in a commit of its own")
    side(plain, "main", "main", network_mempool=[])
    plain.git("merge", "-q", "-m", "as text", "live")
    said = refused(plain, server, "main")
    assert "live: strategy/agent.json: " in said
    strategy(plain, simulating=True)
    plain.git("commit", "-q", "--amend", "-a", "-m", "stays a simulation")
    accepted(plain, "main", "live")


@pytest.mark.one_file
def test_a_person_makes_it_live_in_a_commit_of_its_own(plain: Repo, server: Repo) -> None:
    strategy(plain, simulating=True)
    plain.commit("base")
    strategy(plain, simulating=False)
    keep(plain, "network/mempool.json")
    plain.commit("live, and something else")
    assert "live: strategy/agent.json: " in refused(plain, server, "main")
    plain.git("rm", "-q", "network/mempool.json")
    plain.git("commit", "-q", "--amend", "-m", "live")
    accepted(plain, "main")


def live_orphan(plain: Repo) -> str:
    """A history of its own whose first commit is live."""
    plain.git("checkout", "-q", "--orphan", "orphan")
    strategy(plain, simulating=False)
    return plain.commit("live from the start")


def joined(plain: Repo, tree_of: str, *parents: str) -> str:
    """A merge commit with the files of `tree_of`."""
    given = [part for parent in parents for part in ("-p", parent)]
    return plain.git("commit-tree", f"{tree_of}^{{tree}}", *given, "-m", "merged").strip()


@pytest.mark.parametrize("had", ["simulating", "taken out", "never any"])
def test_a_live_history_does_not_take_a_branchs_place(plain: Repo, server: Repo, had: str) -> None:
    """Neither by a merge that has it for its first parent, nor by force, nor when the branch moves on from there."""
    keep(plain, "network/mempool.json")
    if had != "never any":
        strategy(plain, simulating=True)
    main = plain.commit("base")
    if had == "taken out":
        plain.git("rm", "-q", "strategy/agent.json")
        main = plain.commit("taken out")
    accepted(plain, "main")
    orphan = live_orphan(plain)
    foxtrot = joined(plain, orphan, orphan, main)
    plain.git("checkout", "-q", "--detach", foxtrot)
    plain.git("mv", "strategy", "network/strategy")
    plain.write("network/notes.txt", "moved")
    moved = plain.commit("moved on, and live in another root")
    for tip in (foxtrot, moved, joined(plain, moved, moved, foxtrot)):
        assert "and no commit after that makes it live by itself" in refused(plain, server, f"{tip}:main")
    if had != "never any":  # a branch that is rewritten may get a first strategy
        refused(plain, server, f"+{orphan}:main")
    accepted(plain, f"{foxtrot}:refs/heads/elsewhere")


def test_a_live_strategy_taken_out_and_brought_back_was_live_by_itself_or_not_at_all(plain: Repo, server: Repo) -> None:
    strategy(plain, simulating=True)
    main = plain.commit("base")
    accepted(plain, "main")
    orphan = live_orphan(plain)
    for start in (joined(plain, orphan, orphan, main), plain.git("rev-parse", "main").strip()):
        plain.git("checkout", "-q", "--detach", start)
        strategy(plain, simulating=False)
        plain.run("git", "commit", "-q", "-a", "-m", "live", ok=(0, 1))
        plain.git("rm", "-q", "strategy/agent.json")
        plain.git("commit", "-q", "--allow-empty", "-m", "taken out")
        strategy(plain, simulating=False)
        keep(plain, "network/mempool.json")
        plain.commit("back, beside something else")
        if start == plain.git("rev-parse", "main").strip():
            accepted(plain, "HEAD:main")
        else:
            refused(plain, server, "HEAD:main")


def test_a_branch_that_went_live_by_itself_is_pushed_with_what_it_merged(plain: Repo, server: Repo) -> None:
    strategy(plain, simulating=True)
    plain.commit("base")
    accepted(plain, "main")
    strategy(plain, simulating=False)
    plain.commit("live, in a commit of its own")
    side(plain, "theirs", "main~1", network_mempool=[])
    plain.git("checkout", "-q", "main")
    plain.git("merge", "-q", "-m", "merged", "theirs")
    accepted(plain, "main")
    plain.git("mv", "strategy", "network/strategy")
    plain.commit("moved, live as it was")
    accepted(plain, "main")
    side(plain, "theirs", "theirs", channels_routing=[])
    accepted(plain, "theirs")
    assert "no commit after that makes it live" in refused(
        plain, server, f"{joined(plain, 'main', 'main', 'theirs')}:theirs"
    )


@pytest.mark.one_file
def test_what_was_taken_out_simulating_comes_back_live_alone(plain: Repo, server: Repo) -> None:
    strategy(plain, simulating=True)
    plain.commit("base")
    plain.git("rm", "-q", "strategy/agent.json")
    plain.commit("taken out")
    accepted(plain, "main")
    strategy(plain, simulating=False)
    keep(plain, "network/mempool.json")
    plain.commit("live, and something else")
    assert "what simulated when it was last there comes back live" in refused(plain, server, "main")
    plain.git("rm", "-q", "network/mempool.json")
    plain.git("commit", "-q", "--amend", "-m", "live")
    accepted(plain, "main")
    plain.git("rm", "-q", "strategy/agent.json")
    plain.commit("taken out live")
    accepted(plain, "main")
    strategy(plain, simulating=False)
    keep(plain, "network/mempool.json")
    plain.commit("back as it was, beside something else")
    accepted(plain, "main")


# -- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["a file", "a label", "a file's name", "the message", "the author", "a tag", "a ref"])
def test_key_material_never_comes_in_and_is_never_shown(plain: Repo, server: Repo, place: str) -> None:
    base(plain)
    accepted(plain, "main")
    key, ref = secret(), "main"
    if place == "a file":
        plain.write("deep/notes.bin", b"\0\1" + key.encode())
    elif place == "a label":
        keep(plain, "wallet/utxos.json", coin(0, label=key), coin(1))
    elif place == "a file's name":
        plain.write(f"{key}.txt", "nothing")
    plain.git("add", "-A")
    author = f"{key} <a@example.com>" if place == "the author" else "Ann <a@example.com>"
    message = f"see {key}" if place == "the message" else "x"
    plain.git("commit", "-q", "--allow-empty", f"--author={author}", "-m", message)
    if place == "a tag":
        plain.git("tag", "-a", "-m", f"see {key}", "v1")
        ref = "v1"
    if place == "a ref":
        ref = f"main:refs/heads/{key}"
    said = refused(plain, server, ref)
    told = "\n".join(line for line in said.splitlines() if line.startswith("remote:"))
    assert "WIF" in told
    assert "fingerprint" in told
    assert key not in told


def test_a_key_that_a_later_commit_takes_out_is_refused_all_the_same(plain: Repo, server: Repo) -> None:
    base(plain)
    plain.write("notes.txt", secret())
    plain.commit("oops")
    plain.git("rm", "-q", "notes.txt")
    plain.commit("gone again")
    assert "key: notes.txt: line 1" in refused(plain, server, "main")


# -- form and records ------------------------------------------------------------------------------------------------


@pytest.mark.one_file
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[{", "form: wallet/utxos.json: "),
        (b"[ ]", "form: wallet/utxos.json: not in canonical form"),
        (b"", "form: wallet/utxos.json: "),
        (b"[\n<<<<<<< a\n=======\n>>>>>>> b\n]\n", "conflict marker"),
        (b"[" * 100_000, "form: wallet/utxos.json: "),
        (b'[\n{"amount_sat":' + b"9" * 10_000 + b"}\n]\n", "wallet/utxos.json"),
        (b"\xff\xfe\x00", "form: wallet/utxos.json: "),
        (b'[\n{"vout":0}\n]\n', "wallet/utxos.json"),
        (b"[\n1\n]\n", "wallet/utxos.json"),
        (b"{}\n", "wallet/utxos.json"),
    ],
    ids=["cut", "layout", "empty", "markers", "deep", "huge number", "no text", "no coin", "no object", "no list"],
)
def test_what_is_no_state_file_is_one_clear_refusal(plain: Repo, server: Repo, content: bytes, said: str) -> None:
    plain.write("wallet/utxos.json", content)
    plain.commit("by hand")
    told = refused(plain, server, "main")
    assert said in told
    assert "bug" not in told


@pytest.mark.one_file
def test_a_record_that_breaks_its_schema_is_named(plain: Repo, server: Repo) -> None:
    keep(plain, "wallet/utxos.json", coin(0), coin(1, amount_sat=-1))
    plain.commit("x")
    said = refused(plain, server, "main")
    assert f"record: wallet/utxos.json::{FUNDING}:1: line 3: amount_sat" in said
    assert f"{OUTPOINT}:" not in said


def test_many_faults_are_counted(plain: Repo, server: Repo) -> None:
    keep(plain, "wallet/utxos.json", *(coin(number, shoe_size=44) for number in range(90)))
    plain.commit("x")
    said = refused(plain, server, "main")
    assert said.count("shoe_size") == 20
    assert "70 findings more" in said


SCHEMA = "tests/kinds/schemas/vtxos.schema.json"


def test_an_added_kind_is_what_the_pushed_tree_says(plain: Repo, server: Repo, pytestconfig: pytest.Config) -> None:
    plain.write(".gitbtc/schemas/vtxos.schema.json", (pytestconfig.rootpath / SCHEMA).read_bytes())
    plain.commit("Version Ark's virtual outputs")
    accepted(plain, "main")
    plain.write("ark/vtxos.json", '[\n{"txid":"x"}\n]\n')
    plain.commit("x")
    assert "ark/vtxos.json" in refused(plain, server, "main")
    plain.git("rm", "-q", "--cached", "ark/vtxos.json")
    plain.write(".gitbtc/schemas/vtxos.schema.json", "[]")
    plain.git("commit", "-q", "--amend", "-a", "-m", "no schema")
    assert "vtxos.schema.json: a schema is a JSON object" in refused(plain, server, "main")


# -- made to harm ----------------------------------------------------------------------------------------------------


def raw(plain: Repo, kind: str, content: bytes) -> str:
    """Write an object that no Git would make."""
    return plain.git("hash-object", "-t", kind, "-w", "--literally", "--stdin", stdin=content).strip()


def commit_of(plain: Repo, tree: str, *parents: bytes, extra: tuple[bytes, ...] = (), message: bytes = b"x\n") -> str:
    who = b"Eve <eve@example.com> 1700000000 +0000"
    lines = [b"tree " + tree.encode(), *parents, b"author " + who, b"committer " + who, *extra, b"", message]
    return raw(plain, "commit", b"\n".join(lines))


def entry(name: bytes, oid: str, mode: bytes = b"100644") -> bytes:
    return mode + b" " + name + b"\0" + bytes.fromhex(oid)


@pytest.mark.parametrize(
    "names",
    [
        (b"wallet/utxos.json",),
        (b"twice", b"twice"),
        (b"..",),
        (b".git",),
    ],
    ids=["a slash", "one name twice", "the folder above", "the Git folder"],
)
def test_a_malformed_tree(plain: Repo, server: Repo, names: tuple[bytes, ...]) -> None:
    blob = plain.git("hash-object", "-w", "--stdin", stdin=b"[]\n").strip()
    tree = raw(plain, "tree", b"".join(entry(name, blob) for name in names))
    said = refused(plain, server, f"{commit_of(plain, tree)}:refs/heads/main")
    assert "unreadable" in said
    assert "malformed" in said


def test_a_small_tree_that_stands_for_more_files_than_any_disk_holds(plain: Repo, server: Repo) -> None:
    tree = raw(plain, "tree", entry(b"f", plain.git("hash-object", "-w", "--stdin", stdin=b"x").strip()))
    for _ in range(12):
        tree = raw(plain, "tree", b"".join(entry(b"d%d" % number, tree, b"40000") for number in range(9)))
    assert "1,000,000 are as many as are looked at here, by gitbtc.maxFiles" in refused(
        plain, server, f"{commit_of(plain, tree)}:refs/heads/main"
    )


def test_folders_without_end(plain: Repo, server: Repo) -> None:
    tree = plain.git("mktree", stdin=b"").strip()
    for _ in range(400):
        tree = raw(plain, "tree", entry(b"d", tree, b"40000"))
    assert "folders 256 deep" in refused(plain, server, f"{commit_of(plain, tree)}:refs/heads/main")


@pytest.mark.one_file
@pytest.mark.parametrize(("mode", "said"), [("120000", "a symbolic link"), ("160000", "a submodule")])
def test_something_else_in_a_state_files_place(plain: Repo, server: Repo, mode: str, said: str) -> None:
    base(plain)
    target = {"120000": plain.git("hash-object", "-w", "--stdin", stdin=b"../elsewhere"), "160000": "1" * 40}[mode]
    plain.git("update-index", "--cacheinfo", f"{mode},{target.strip()},wallet/utxos.json")
    plain.git("commit", "-q", "-m", "x")
    assert f"form: wallet/utxos.json: {said}" in refused(plain, server, "main")


def test_a_submodule_elsewhere_is_nobodys_business(plain: Repo, server: Repo) -> None:
    base(plain)
    plain.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor")
    plain.git("commit", "-q", "-m", "x")
    accepted(plain, "main")


def test_paths_of_any_bytes_and_messages_of_any_encoding(plain: Repo, server: Repo) -> None:
    """They are taken when they are sound, and told in a printable form when they are not."""
    sound = plain.git("hash-object", "-w", "--stdin", stdin=b"[]\n").strip()
    unsound = plain.git("hash-object", "-w", "--stdin", stdin=b"[ ]").strip()
    for blob, taken in ((sound, True), (unsound, False)):
        wallet = raw(plain, "tree", entry(b"utxos.json", blob))
        inner = raw(plain, "tree", entry(b"wallet", wallet, b"40000"))
        tree = raw(plain, "tree", entry(b"a\n\x1b[31m\xff:", inner, b"40000"))
        commit = commit_of(plain, tree, extra=(b"encoding latin-1",), message=b"caf\xe9 \0 \xff\xfe\n")
        if taken:
            accepted(plain, f"{commit}:refs/heads/main")
        else:
            said = refused(plain, server, f"{commit}:refs/heads/other")
            assert "[31m:/wallet/utxos.json: not in canonical form" in said
            assert "\x1b[31m" not in said


def test_more_parents_than_anybody_merges(plain: Repo, server: Repo) -> None:
    base(plain)
    tree = plain.git("rev-parse", "main^{tree}").strip()
    parents = [commit_of(plain, tree, message=b"%d" % number) for number in range(65)]
    made = commit_of(plain, tree, *(b"parent " + parent.encode() for parent in parents))
    assert "65 parents" in refused(plain, server, f"{made}:refs/heads/main")


def test_a_replacement_does_not_hide_what_a_commit_is(plain: Repo, server: Repo) -> None:
    """Whoever fetches gets the commit, not what refs/replace shows in its place here."""
    base(plain)
    accepted(plain, "main")
    bad = unsound(plain)
    good = side(plain, "good", "main", wallet_utxos=[coin(1)], wallet_transactions=[A])
    accepted(plain, good + ":refs/heads/good")
    server.git("update-ref", f"refs/replace/{bad}", good)
    assert "spent_coin" in refused(plain, server, "bad")


def test_a_push_of_nothing_but_findings_is_not_read_to_its_end(plain: Repo, server: Repo) -> None:
    base(plain)
    for number in range(60):
        side(plain, "main", "main", wallet_transactions=[A | {"label": str(number)}])
    said = refused(plain, server, "main")
    assert said.count("spent_coin") == 50


# -- the hook itself -------------------------------------------------------------------------------------------------


@pytest.mark.own_interpreters
def test_a_gate_that_cannot_run_refuses(plain: Repo, server: Repo) -> None:
    base(plain)
    hook = server.path / "hooks/pre-receive"
    lines = hook.read_text().splitlines(keepends=True)
    hook.write_text("".join("python=/gone\n" if line.startswith("python=") else line for line in lines))
    assert "gitbtc install --server" in refused(plain, server, "main")


def test_a_foreign_hook_runs_first_and_reads_the_same(plain: Repo, sandbox: Sandbox) -> None:
    server = gated(sandbox, "other.git")
    server.gitbtc("uninstall")
    foreign = server.path / "hooks/pre-receive"
    foreign.write_text('#!/bin/sh\ncat >>seen\n[ ! -e closed ] || { echo "closed today" >&2; exit 1; }\n')
    foreign.chmod(0o755)
    server.gitbtc("install", "--server")
    plain.git("remote", "set-url", "origin", str(server.path))
    base(plain)
    accepted(plain, "main")
    assert (server.path / "seen").read_text().endswith(" refs/heads/main\n")
    unsound(plain)
    refused(plain, server, "bad")
    server.write("closed", "")
    side(plain, "main", "main", wallet_utxos=[coin(1)], wallet_transactions=[A])
    assert "closed today" in refused(plain, server, "main")


def test_it_works_in_a_repository_with_a_work_tree(sandbox: Sandbox) -> None:
    server = sandbox.repo("desk")
    server.gitbtc("install", "--server")
    server.git("config", "receive.denyCurrentBranch", "updateInstead")
    plain = clone(sandbox, server)
    base(plain)
    accepted(plain, "main")
    assert json.loads(server.read("wallet/transactions.json")) == []
    before = everything_of_work_tree(server)
    unsound(plain, "main")
    plain.run("git", "push", "origin", "main", ok=(1,))
    assert everything_of_work_tree(server) == before


def everything_of_work_tree(server: Repo) -> tuple[str, str]:
    return server.git("for-each-ref"), server.git("status", "--porcelain")
