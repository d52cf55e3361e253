"""A root that moves is judged as the same one, at every door."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.doors.pushing import STRATEGY, accepted, clone, gated, refused, strategy
from tests.doors.wallets import state
from tests.made_state import WITHOUT_GITBTC, change_of, coin, mined, pending, put, records, spend, switch_off_hooks
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

MADE = [mined(spend("ee", coin(0))), mined(spend("ff", coin(1)))]
HELD = [change_of(one) for one in MADE]
A, B = spend("aa", HELD[0]), spend("bb", HELD[0])
SPENT = f"{HELD[0]['txid']}:0"
TOLD = "the state files of the top folder moved to company"


@once
def base(repo: Repo) -> None:
    """Two coins, and a branch `theirs` that spends one of them."""
    state(repo, HELD, MADE)
    repo.git("tag", "start")
    repo.git("checkout", "-q", "-b", "theirs")
    state(repo, [HELD[1], change_of(B)], [*MADE, B])
    repo.git("checkout", "-q", "main")


def move(repo: Repo, to: str = "company") -> str:
    """Commit the move of the treasury; what is said."""
    (repo.path / to).mkdir()
    repo.git("mv", *(path for path in ("wallet", "network", "strategy") if (repo.path / path).exists()), to)
    return repo.run("git", "commit", "-m", "move").stderr


def test_a_move_is_taken_told_and_taken_back(treasury: Repo) -> None:
    base(treasury)
    assert TOLD in move(treasury)
    assert f"moved: {TOLD}" in treasury.gitbtc("verify", "start..HEAD").stdout
    assert "company moved to the top folder" in treasury.run("git", "revert", "--no-edit", "HEAD").stderr
    treasury.gitbtc("check")


@pytest.mark.both_layouts
def test_gitbtc_merge_brings_along_what_grew_where_the_treasury_was(treasury: Repo) -> None:
    """Of a shard that only theirs has, Git is in doubt about the folder."""
    base(treasury)
    move(treasury)
    treasury.gitbtc("merge", "theirs")
    assert [one["txid"] for one in records(treasury, "company/wallet/transactions.json")] == sorted(
        one["txid"] for one in (*MADE, B)
    )
    assert not treasury.git("ls-files", "wallet", "network")
    treasury.gitbtc("verify", "start..HEAD")


def test_a_move_hides_no_loss(treasury: Repo) -> None:
    base(treasury)
    (treasury.path / "company").mkdir()
    treasury.git("mv", "wallet", "network", "company")
    logged = treasury.read("company/wallet/transactions.json")
    treasury.write("company/wallet/transactions.json", b"[\n" + logged.splitlines()[1].rstrip(b",") + b"\n]\n")
    treasury.git("add", "-A")
    said = treasury.run("git", "commit", "-m", "x", ok=(1,)).stderr
    assert "company/wallet/transactions.json: this file only grows" in said
    [lost] = [line for line in said.splitlines() if line.endswith(" removed")]
    assert lost.split()[0] in {one["txid"] for one in MADE}
    treasury.write("company/wallet/transactions.json", logged)
    coins = treasury.read("company/wallet/utxos.json")
    treasury.write("company/wallet/utxos.json", b"[\n" + coins.splitlines()[1].rstrip(b",") + b"\n]\n")
    treasury.git("add", "-A")
    said = treasury.run("git", "commit", "-m", "x", ok=(1,)).stderr
    assert "it is lost" in said
    assert TOLD in said


def test_a_part_of_a_treasury_does_not_move_by_itself(treasury: Repo) -> None:
    base(treasury)
    (treasury.path / "company").mkdir()
    treasury.git("mv", "wallet", "company")
    said = treasury.run("git", "commit", "-m", "x", ok=(1,)).stderr
    assert "its records are in company/wallet/transactions.json now" in said
    assert "network/mempool.json stayed" in said
    assert " removed" not in said


def test_two_roots_change_places(treasury: Repo) -> None:
    state(treasury, HELD, MADE)
    move(treasury, "hot")
    state(treasury, [coin(5, "ab" * 32)])
    move(treasury, "cold")
    for old, new in (("cold", "other"), ("hot", "cold"), ("other", "hot")):
        treasury.git("mv", old, new)
    said = treasury.run("git", "commit", "-m", "x").stderr
    assert "the state files of cold moved to hot" in said
    assert "the state files of hot moved to cold" in said


def two(repo: Repo) -> None:
    """Two roots, which change places on the branch `theirs`; the other side receives a coin meanwhile."""
    state(repo, HELD, MADE)
    move(repo, "hot")
    state(repo, [coin(5, "ab" * 32), coin(6, "ab" * 32)])
    move(repo, "cold")
    repo.git("checkout", "-q", "-b", "theirs")
    change_places(repo)
    repo.git("checkout", "-q", "main")
    put(repo, "hot/wallet/utxos.json", *HELD, coin(7, "cd" * 32))
    repo.unexamined("received")


def change_places(repo: Repo) -> None:
    for old, new in (("cold", "other"), ("hot", "cold"), ("other", "hot")):
        repo.git("mv", old, new)
    repo.git("commit", "-q", "-m", "changed places")


@pytest.mark.one_file
def test_what_came_to_a_root_that_changed_its_place_is_not_left_with_another(treasury: Repo) -> None:
    two(treasury)
    foreseen = treasury.gitbtc("premerge", "theirs", ok=(1,)).stdout
    assert "moved: hot: the state files of hot moved to cold, where those of another root were" in foreseen
    head = treasury.git("rev-parse", "HEAD")
    assert "make the same move on both branches first" in treasury.gitbtc("join", "theirs", ok=(1,)).stderr
    assert treasury.git("rev-parse", "HEAD") == head
    said = treasury.run("git", "merge", "--no-edit", "theirs", ok=(1,)).stderr
    assert "is in hot/wallet/utxos.json now, with those of another treasury; make the same move on both" in said
    treasury.git("merge", "--abort")
    change_places(treasury)  # as it says
    assert treasury.gitbtc("premerge", "theirs").stdout.startswith("theirs  ")
    treasury.git("merge", "-q", "--no-edit", "theirs")
    assert [len(records(treasury, f"{root}/wallet/utxos.json")) for root in ("hot", "cold")] == [2, 3]
    treasury.gitbtc("verify", "HEAD~1..HEAD")


def test_branches_that_took_one_treasury_to_two_places_are_told_before(treasury: Repo) -> None:
    state(treasury, HELD, MADE)
    for place in ("one", "two"):
        treasury.git("checkout", "-q", "-b", place, "main")
        move(treasury, place)
    put(treasury, "two/wallet/utxos.json", HELD[1], change_of(A))
    put(treasury, "two/wallet/transactions.json", *MADE, A)
    put(treasury, "two/network/mempool.json", pending(A))
    treasury.commit("paid")
    treasury.git("checkout", "-q", "main")
    said = treasury.gitbtc("premerge", "one", "two", ok=(1,)).stdout
    assert (
        "moved: .: 2 branches collide: one side each moved the state files of the top folder to one and to two" in said
    )
    treasury.git("checkout", "-q", "one")
    assert "theirs  " not in treasury.gitbtc("premerge", "two", ok=(1,)).stdout
    document = json.loads(treasury.gitbtc("premerge", "two", "--json", ok=(1,)).stdout)["gitbtc.premerge/v1"]
    assert [finding["type"] for finding in document["branches"][0]["conflicts"]][:1] == ["moved"]
    assert "make the same move on both" in treasury.gitbtc("explain", "moved").stdout
    treasury.git("mv", "one", "two")  # as it says
    treasury.git("commit", "-q", "-m", "to two as well")
    assert treasury.gitbtc("premerge", "two").stdout.endswith("  merge\n")
    treasury.gitbtc("merge", "--no-edit", "two")
    assert len(records(treasury, "two/wallet/utxos.json", "HEAD")) == 2
    assert treasury.git("log", "-1", "--format=%P").count(" ") == 1


@pytest.mark.one_file
@pytest.mark.parametrize("door", ["merge", "back", "rebase", "cherry-pick", "-s ours"])
def test_what_grew_where_the_treasury_was_comes_along(treasury: Repo, door: str) -> None:
    base(treasury)
    move(treasury)
    if door in ("back", "rebase"):
        treasury.git("checkout", "-q", "theirs")
    if door == "-s ours":
        said = treasury.run("git", "merge", "-s", "ours", "--no-edit", "theirs", ok=(1,)).stderr
        assert "company/wallet/transactions.json: the merge had lost records" in said
        treasury.git("commit", "-q", "--no-edit")
    else:
        way = {"merge": ("merge", "theirs"), "back": ("merge", "main"), "rebase": ("rebase", "main")}
        treasury.git(*way.get(door, (door, "theirs")), *(["--no-edit"] if "merge" in way.get(door, ()) else []))
    kept = {f"{one['txid']}:{one['vout']}" for one in records(treasury, "company/wallet/utxos.json", "HEAD")}
    assert kept == {f"{HELD[1]['txid']}:0", f"{B['txid']}:0"}
    assert len(records(treasury, "company/wallet/transactions.json", "HEAD")) == 3
    assert "wallet/utxos.json" not in treasury.git("ls-files").splitlines()
    treasury.gitbtc("check")
    treasury.gitbtc("verify", "start..HEAD")


@pytest.mark.one_file
def test_a_double_spend_over_a_move_is_one_question(treasury: Repo) -> None:
    base(treasury)
    state(treasury, [HELD[1], change_of(A)], [*MADE, A])
    move(treasury)
    told = f"double spend: 0.99999000 BTC  {SPENT[:8]}:0  in company/wallet/utxos.json\n"
    assert told in treasury.gitbtc("premerge", "theirs", ok=(1,)).stdout
    assert told in treasury.run("git", "merge", "theirs", ok=(1,)).stderr
    said = treasury.gitbtc("conflicts", ok=(1,)).stdout
    assert said.count(told) == said.count("double spend") == 1
    treasury.gitbtc("resolve", SPENT, "--theirs")
    treasury.gitbtc("resolve", "network/mempool.json", "--ours")  # whose move Git did not see
    assert "lost_addition: company/network/mempool" in treasury.run("git", "commit", "--no-edit", ok=(1,)).stderr
    treasury.git("commit", "-q", "--no-edit")
    [pending] = records(treasury, "company/network/mempool.json", "HEAD")
    assert pending["txid"] == B["txid"]
    treasury.gitbtc("check")
    treasury.gitbtc("verify", "start..HEAD")


@pytest.mark.one_file
def test_a_merge_makes_no_two_treasuries_of_one(treasury: Repo, sandbox: Sandbox) -> None:
    base(treasury)
    treasury.git("checkout", "-q", "theirs")
    move(treasury, "firm")
    treasury.git("checkout", "-q", "main")
    move(treasury)
    assert "two treasuries of one" in treasury.gitbtc("join", "theirs", ok=(1,)).stderr
    treasury.run("git", "merge", "theirs", ok=(1,))
    treasury.git("add", "-A", "company", "firm")
    treasury.git("rm", "-q", "--cached", "--ignore-unmatch", "wallet/utxos.json", "wallet/transactions.json",
                 "network/mempool.json")  # fmt: skip
    said = treasury.run("git", "commit", "--no-edit", ok=(1,)).stderr
    assert said.startswith("gitbtc: the state files of the top folder were moved, and are in company and in firm now")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "--no-edit")
    server = gated(sandbox)
    treasury.git("remote", "add", "origin", str(server.path))
    said = treasury.run("git", *WITHOUT_GITBTC, "push", "origin", "main", ok=(1,)).stderr
    assert "moved_apart: the state files of the top folder" in said


@pytest.mark.one_file
def test_a_join_does_not_tear_a_moved_treasury_apart(treasury: Repo) -> None:
    base(treasury)
    move(treasury)
    before = treasury.git("rev-parse", "main")
    said = treasury.gitbtc("join", "theirs", ok=(1,)).stderr
    assert "`git merge` follows a move" in said
    assert treasury.git("rev-parse", "main") == before
    treasury.git("merge", "-q", "--no-edit", "theirs")
    treasury.gitbtc("join", "theirs")


@pytest.mark.one_file
def test_a_live_treasury_moves_and_stays_live(treasury: Repo) -> None:
    base(treasury)
    strategy(treasury, simulating=False)
    treasury.commit("live")
    treasury.git("checkout", "-q", "-b", "moving")
    move(treasury)
    treasury.git("checkout", "-q", "main")
    treasury.git("merge", "-q", "--no-ff", "--no-edit", "moving")
    assert b'"simulation_mode":false' in treasury.read(f"company/{STRATEGY}")
    treasury.git("merge", "-q", "--no-edit", "theirs")
    assert b'"simulation_mode":false' in treasury.read(f"company/{STRATEGY}")


def test_a_server_takes_a_move_and_no_loss_by_one(sandbox: Sandbox) -> None:
    server = gated(sandbox)
    repo = clone(sandbox, server)
    repo.gitbtc("init")
    state(repo, HELD, MADE)
    accepted(repo, "main")
    (repo.path / "company").mkdir()
    repo.git("mv", "wallet", "network", "company")
    repo.write("company/wallet/transactions.json", "[]\n")
    repo.git("add", "-A")
    repo.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "x")
    switch_off_hooks(repo)
    assert "append_only" in refused(repo, server, "main")
    repo.git("reset", "-q", "--hard", "HEAD^")
    (repo.path / "company").mkdir()
    repo.git("mv", "wallet", "network", "company")
    repo.git("commit", "-q", "-m", "x")
    assert TOLD in accepted(repo, "main")


def test_merging_a_branch_into_a_folder_makes_no_second_treasury(treasury: Repo) -> None:
    base(treasury)
    treasury.git("switch", "-q", "--orphan", "mono")
    treasury.git("read-tree", "--prefix=fund/", "main")
    treasury.git("checkout", "-q", "--", "fund")
    treasury.commit("mono")
    treasury.git("merge", "-q", "-Xsubtree=fund", "--allow-unrelated-histories", "--no-edit", "theirs", ok=(0, 1))
    treasury.git("commit", "-q", "--no-edit", ok=(0, 1))
    assert [path for path in treasury.git("ls-files").splitlines() if path.startswith(("wallet/", "network/"))] == []
    assert len(records(treasury, "fund/wallet/transactions.json", "HEAD")) == 3
    treasury.gitbtc("check")
