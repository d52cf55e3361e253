from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from tests.doors.pushing import OUTPOINT, A, B, accepted, base, both_spend, clone, gated, keep, refused, side
from tests.made_state import OTHER, coin, coins, put, records, spend, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

UTXOS = "wallet/utxos.json"


def joined(repo: Repo, *arguments: str, ok: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """What `gitbtc join --json` says."""
    found: dict[str, Any] = json.loads(repo.gitbtc("join", "--json", *arguments, ok=ok).stdout)["gitbtc.join/v1"]
    return found


@pytest.fixture
def fleet(treasury: Repo) -> Repo:
    """Three agents, of which a and b spend the same coin and c another one."""
    _send_out(treasury)
    return treasury


@once
def _send_out(repo: Repo) -> None:
    coins(repo, coin(0), coin(1), coin(2))
    transactions(repo)
    repo.unexamined("base")
    for name, spent, left in (("a", 0, (1, 2)), ("b", 0, (1, 2)), ("c", 1, (0, 2))):
        repo.git("checkout", "-q", "-b", f"agents/{name}", "main")
        made = spend(name * 2, coin(spent))
        change = coin(0, made["txid"], amount_sat=made["outputs"][0]["amount_sat"], address=OTHER, block_height=None)
        coins(repo, *(coin(vout) for vout in left), change)
        transactions(repo, made)
        repo.unexamined(name)
    repo.git("checkout", "-q", "main")


@pytest.mark.both_layouts
def test_agents_are_joined_by_a_pattern_into_the_current_branch(fleet: Repo) -> None:
    said = joined(fleet, "agents/*", ok=(1,))
    assert fleet.git("rev-parse", "main").strip() == said["commit"]
    assert len(said["heads"]) == 3
    assert {one["txid"] for one in records(fleet, "wallet/transactions.json")} == {
        spend(name * 2, coin(0))["txid"] for name in "abc"
    }
    assert fleet.git("status", "--porcelain") == ""


@pytest.mark.both_layouts
def test_a_coin_that_two_agents_spent_is_neither_listed_nor_settled(fleet: Repo) -> None:
    [contest] = joined(fleet, "agents/*", ok=(1,))["contested"]
    assert (contest["outpoint"], contest["type"], contest["amount_sat"]) == (OUTPOINT, "double_spend", 100_000_000)
    assert contest["parties"] == [A["txid"], B["txid"]]
    assert [one["vout"] for one in records(fleet, UTXOS) if one["txid"] == coin(0)["txid"]] == [2]
    assert f"Contested: {OUTPOINT} double_spend {A['txid']} and {B['txid']}\n" in fleet.git("log", "-1", "--format=%B")


def test_the_state_is_contested_until_it_is_settled(fleet: Repo) -> None:
    joined(fleet, "agents/*", ok=(1,))
    assert f"contested: {OUTPOINT[:8]}:0" in fleet.gitbtc("check", ok=(1,)).stdout
    assert json.loads(fleet.gitbtc("check", "--json", ok=(1,)).stdout)["gitbtc.check/v1"]["violations"] == []
    fleet.gitbtc("resolve", OUTPOINT, "--winner", A["txid"])
    fleet.gitbtc("check")
    loser = next(one for one in records(fleet, "wallet/transactions.json") if one["txid"] == B["txid"])
    assert loser["replaced_by"] == A["txid"]
    assert B["txid"] not in {one["txid"] for one in records(fleet, UTXOS)}
    assert f"Double-Spend: {OUTPOINT} {A['txid']} over {B['txid']}" in fleet.git("log", "-1", "--format=%B")


def test_settled_for_nobody_the_coin_is_back(fleet: Repo) -> None:
    joined(fleet, "agents/*", ok=(1,))
    fleet.gitbtc("resolve", OUTPOINT, "--winner", "none")
    fleet.gitbtc("check")
    assert coin(0) in records(fleet, UTXOS)


def test_only_a_known_party_wins(fleet: Repo) -> None:
    joined(fleet, "agents/*", ok=(1,))
    assert "--winner is one of" in fleet.gitbtc("resolve", OUTPOINT, "--winner", "ff" * 32, ok=(2,)).stderr
    assert "no join left that" in fleet.gitbtc("resolve", "ff" * 32 + ":0", "--winner", "none", ok=(2,)).stderr


def test_work_goes_on_in_a_contested_state(fleet: Repo) -> None:
    joined(fleet, "agents/*", ok=(1,))
    put(fleet, "wallet/transactions.json", *records(fleet, "wallet/transactions.json"), spend("d", coin(2)))
    put(fleet, UTXOS, *(one for one in records(fleet, UTXOS) if one != coin(2)))
    fleet.commit("d")
    third = spend("e", coin(0))
    put(fleet, "wallet/transactions.json", *records(fleet, "wallet/transactions.json"), third)
    fleet.git("add", "-A")
    assert "is spent by" in fleet.run("git", "commit", "-q", "-m", "e", ok=(1,)).stderr


def test_two_removals_without_a_transaction_stay_a_question(treasury: Repo) -> None:
    coins(treasury, coin(0), coin(1))
    treasury.commit("base")
    for name in "ab":
        treasury.git("checkout", "-q", "-b", name, "main")
        coins(treasury, coin(1))
        treasury.commit(name)
    [contest] = joined(treasury, "a", "b", "--into", "all", ok=(1,))["contested"]
    assert (contest["type"], contest["parties"]) == ("double_spend_candidate", [])
    treasury.git("checkout", "-q", "all")
    treasury.gitbtc("check", ok=(1,))
    treasury.gitbtc("resolve", OUTPOINT, "--winner", "unattributed")
    treasury.gitbtc("check")


def test_a_contested_description_is_settled_as_it_is_listed(treasury: Repo) -> None:
    coins(treasury, coin(1))
    treasury.commit("base")
    for name, amount in (("a", 5000), ("b", 6000)):
        treasury.git("checkout", "-q", "-b", name, "main")
        coins(treasury, coin(0, amount_sat=amount), coin(1))
        treasury.commit(name)
    treasury.git("checkout", "-q", "main")
    [contest] = joined(treasury, "a", "b", ok=(1,))["contested"]
    assert contest["type"] == "data_error"
    assert f"gitbtc resolve {OUTPOINT[:8]}:0 --winner listed" in treasury.gitbtc("check", ok=(1,)).stdout
    treasury.gitbtc("resolve", OUTPOINT, "--winner", "none", ok=(2,))
    listed = records(treasury, UTXOS)
    treasury.gitbtc("resolve", OUTPOINT, "--winner", "listed")
    assert records(treasury, UTXOS, "HEAD") == listed
    treasury.gitbtc("check")


def test_two_agents_that_join_the_same_heads_make_the_same_commit(fleet: Repo) -> None:
    one = joined(fleet, "agents/a", "agents/c", "--into", "one")
    other = joined(fleet, "agents/c", "agents/a", "--into", "other")
    assert one["commit"] == other["commit"]
    assert not joined(fleet, "agents/a", "--into", "one")["created"]


@pytest.mark.parametrize("ours", ["one", "other"])
def test_a_branch_that_is_the_join_already_stays_whatever_others_made_of_the_same_heads(fleet: Repo, ours: str) -> None:
    """One of the two joins has the smaller oid; neither may take the place of the other."""
    for name in ("one", "other"):
        fleet.git("branch", name, "main")
        joined(fleet, "agents/*", "--into", name, "-m", name, ok=(1,))
    fleet.git("checkout", "-q", ours)
    before = fleet.git("rev-parse", "one", "other")
    assert joined(fleet, "one", "other")["commit"] == fleet.git("rev-parse", ours).strip()
    assert fleet.git("rev-parse", "one", "other") == before


def test_a_dry_run_moves_nothing(fleet: Repo) -> None:
    before = fleet.git("for-each-ref")
    assert "would be at" in fleet.gitbtc("join", "agents/*", "--dry-run", ok=(1,)).stdout
    assert fleet.git("for-each-ref") == before


@pytest.mark.one_file
def test_a_work_tree_with_changes_is_left_alone(fleet: Repo) -> None:
    fleet.write(UTXOS, "[]\n")
    before = fleet.git("for-each-ref")
    assert "not all is committed" in fleet.gitbtc("join", "agents/*", ok=(1,)).stderr
    assert (fleet.git("for-each-ref"), fleet.read(UTXOS)) == (before, b"[]\n")


def test_a_name_that_no_branch_can_have_is_wrong_usage(fleet: Repo) -> None:
    said = fleet.gitbtc("join", "agents/*", "--into", "a..b", ok=(2,)).stderr
    assert "--into a..b: no branch can have that name" in said


def test_a_branch_that_is_made_is_told(fleet: Repo) -> None:
    said = fleet.gitbtc("join", "agents/*", "--into", "mian", ok=(0, 1)).stdout
    assert said.startswith("mian: a new branch, which was made")
    assert "new branch" not in fleet.gitbtc("join", "agents/*", "--into", "mian", ok=(0, 1)).stdout


def test_a_bare_repository_joins_into_a_branch(fleet: Repo, sandbox: Sandbox) -> None:
    fleet.git("clone", "-q", "--mirror", str(fleet.path), str(sandbox.home / "bare.git"))
    bare = type(fleet)(sandbox.home / "bare.git", fleet.env)
    said = joined(bare, "agents/*", "--into", "fleet", "-m", "All of today", ok=(1,))
    assert bare.git("rev-parse", "fleet").strip() == said["commit"]
    assert bare.git("log", "-1", "--format=%s", "fleet") == "All of today\n"


@pytest.mark.parametrize("names", [("nowhere",), ("nobody/*",)])
def test_an_unknown_head_is_wrong_usage(fleet: Repo, names: tuple[str, ...]) -> None:
    assert "no such revision" in fleet.gitbtc("join", *names, ok=(2,)).stderr


@pytest.mark.one_file
def test_a_head_that_does_not_parse_is_named(fleet: Repo) -> None:
    blob = fleet.git("hash-object", "-w", "--no-filters", "--stdin", stdin=b"[{").strip()
    fleet.git("update-index", "--cacheinfo", f"100644,{blob},{UTXOS}")
    broken = fleet.git("commit-tree", fleet.git("write-tree").strip(), "-p", "main", "-m", "broken").strip()
    fleet.git("branch", "broken", broken)
    fleet.git("reset", "-q", "--hard")
    assert "broken: wallet/utxos.json is no state file" in fleet.gitbtc("join", "broken", "agents/a", ok=(3,)).stderr


def _with_shard(repo: Repo, name: str, content: bytes, parent: str) -> str:
    """A branch with another shard of the coins than its parent has."""
    repo.git("read-tree", parent)
    shard = next(path for path in repo.git("ls-files").split() if path.startswith("wallet/utxos/"))
    blob = repo.git("hash-object", "-w", "--no-filters", "--stdin", stdin=content).strip()
    repo.git("update-index", "--cacheinfo", f"100644,{blob},{shard}")
    repo.git(
        "branch", "-f", name, repo.git("commit-tree", repo.git("write-tree").strip(), "-p", parent, "-m", name).strip()
    )
    repo.git("reset", "-q", "--hard")
    return shard


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"[{", "is no state file"), (None, "is no such shard: the record")],
    ids=["cut short", "another's record"],
)
def test_a_head_with_a_broken_shard_is_named_and_a_mended_one_is_joined(
    fleet: Repo, content: bytes | None, why: str
) -> None:
    fleet.gitbtc("reshard", "--digits", "2")
    stranger = codec.encode_file(built_in("utxos"), [coin(0, "ab" * 32), coin(0, "cd" * 32)])
    before = fleet.git("rev-parse", "main").strip()
    shard = _with_shard(fleet, "broken", stranger if content is None else content, "main")
    fleet.git("branch", "other", before)
    said = fleet.gitbtc("join", "broken", "agents/a", "--into", "other", ok=(3,)).stderr
    assert f"broken: {shard} {why}" in said
    _with_shard(fleet, "broken", fleet.git("show", f"main:{shard}").encode(), "broken")
    assert joined(fleet, "broken", "agents/a", "--into", "other")["created"]


def test_a_version_that_is_missing_stops_the_join(fleet: Repo) -> None:
    """Also where the branch has another one by now: taken for none, the history would tell something else."""
    path = next(
        path for path in fleet.git("ls-tree", "-r", "--name-only", "agents/c").split() if "transactions" in path
    )
    fleet.git("checkout", "-q", "agents/c")
    transactions(fleet)
    fleet.unexamined("another")
    fleet.git("checkout", "-q", "main")
    oid = fleet.git("rev-parse", f"agents/c~:{path}").strip()
    (fleet.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    assert f"{oid} is not in this repository" in fleet.gitbtc("join", "agents/*", ok=(3,)).stderr


def test_heads_of_different_networks_never_join(fleet: Repo) -> None:
    for name, network in (("x", "main"), ("y", "regtest")):
        fleet.git("checkout", "-q", "-b", name, "main")
        chain = {"network": network, "block_height": 1, "block_hash": "aa" * 32, "block_time": 1}
        coins(fleet)
        fleet.write("network/chain.json", json.dumps(chain))
        fleet.commit(name)
    assert "different networks never join" in fleet.gitbtc("join", "x", "y", "--into", "z", ok=(3,)).stderr


# -- the gated server --------------------------------------------------------------------------------------------------


def test_a_server_takes_a_join_that_declares_what_it_leaves_contested(sandbox: Sandbox) -> None:
    server = gated(sandbox)
    repo = clone(sandbox, server)
    both_spend(repo)
    accepted(repo, "main", "ours", "theirs")
    joined(repo, "ours", "theirs", "--into", "main", ok=(1,))
    accepted(repo, "main")
    side(repo, "after", "main", wallet_labels=[])
    accepted(repo, "after")


def test_a_server_refuses_a_join_that_hides_what_it_leaves_contested(sandbox: Sandbox) -> None:
    server = gated(sandbox)
    repo = clone(sandbox, server)
    both_spend(repo)
    accepted(repo, "main", "ours", "theirs")
    joined(repo, "ours", "theirs", "--into", "main", ok=(1,))
    message = "\n".join(line for line in repo.git("log", "-1", "--format=%B").splitlines() if "Contested" not in line)
    repo.git("commit", "-q", "--amend", "-m", message)
    assert "does not declare" in refused(repo, server, "main")


def test_a_server_refuses_what_calls_itself_a_join_and_is_none(sandbox: Sandbox) -> None:
    server = gated(sandbox)
    repo = clone(sandbox, server)
    base(repo)
    side(repo, "ours", "main", wallet_utxos=[coin(1)], wallet_transactions=[A])
    side(repo, "theirs", "main", wallet_labels=[])
    accepted(repo, "main", "ours", "theirs")
    keep(repo, UTXOS, coin(0), coin(1))
    repo.git("add", "-A")
    tree = repo.git("write-tree").strip()
    oid = repo.git("commit-tree", tree, "-p", "ours", "-p", "theirs", "-m", f"x\n\nGitbtc-Join: {tree}").strip()
    assert "is not the join of its parents" in refused(repo, server, f"{oid}:refs/heads/main")
