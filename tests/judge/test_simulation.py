"""No path makes a simulating branch live, but for a commit of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.made_state import WITHOUT_GITBTC, records
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

PATH = "strategy/agent.json"


def strategy(repo: Repo, *, simulating: bool, **changes: Any) -> None:
    """Write a strategy."""
    record = {"name": "dca", "max_fee_rate_sat_vbyte": 5, "min_confirmations": 1, "utxo_consolidation_threshold": 10,
              "dca_amount_sat": None, "dca_interval_blocks": None, "lightning_rebalance_threshold": 0.5,
              "coin_selection": "random", "simulation_mode": simulating, **changes}  # fmt: skip
    repo.write(PATH, json.dumps(record))


def note(repo: Repo, name: str) -> None:
    """A commit about something else."""
    repo.write(f"{name}.txt", name)
    repo.unexamined(name)


def simulates(repo: Repo, revision: str = "HEAD") -> bool:
    return bool(records(repo, PATH, revision)["simulation_mode"])


@once
def forked(repo: Repo, *, ours: bool, theirs: bool, base: bool = True) -> None:
    """main and theirs, with these modes; each has another file too, and neither touches more of the strategy."""
    repo.git("config", "core.editor", "true")
    strategy(repo, simulating=base)
    begun = repo.unexamined("base")
    for name, mode in (("theirs", theirs), ("main", ours)):
        repo.git("checkout", "-q", "-B", name, begun)
        if mode != base:
            strategy(repo, simulating=mode)
            repo.unexamined(f"mode of {name}")
        note(repo, name)


def stopped(repo: Repo, *command: str) -> str:
    """What the refused command says; HEAD has not moved, and nothing live is staged."""
    before = repo.git("rev-parse", "HEAD")
    said = repo.run("git", *command, ok=(1, 2, 128)).stderr
    assert repo.git("rev-parse", "HEAD") == before
    assert "simulation_mode" in said
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize(
    "commands",
    [
        ["merge theirs"], ["merge -s resolve theirs"], ["merge -X theirs theirs"], ["merge third theirs"],
        ["merge --no-verify theirs"], ["merge --squash theirs", "commit --no-edit"],
        ["merge --no-commit theirs", "commit --no-edit"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("ours", [True, False])
def test_the_branch_that_is_merged_into_keeps_its_mode(treasury: Repo, ours: bool, commands: list[str]) -> None:
    """Only theirs touched the file, so that no driver runs."""
    forked(treasury, base=ours, ours=ours, theirs=not ours)
    treasury.git("branch", "third", "main~1")
    treasury.git("checkout", "-q", "third")
    note(treasury, "third")
    treasury.git("checkout", "-q", "main")
    *first, last = (command.split() for command in commands)
    for command in first:
        treasury.git(*command)
    said = stopped(treasury, *last)
    assert "`git commit` completes" in said
    treasury.git("commit", "-q", "--no-edit")
    assert simulates(treasury) is ours
    assert (treasury.path / "theirs.txt").exists()
    assert treasury.git("status", "--porcelain") == ""


def test_a_merge_that_was_repaired_can_be_given_up(treasury: Repo) -> None:
    forked(treasury, ours=True, theirs=False)
    stopped(treasury, "merge", "theirs")
    treasury.git("merge", "--abort")
    assert treasury.git("status", "--porcelain") == ""
    stopped(treasury, "merge", "theirs")


def test_a_cherry_pick_takes_everything_but_the_mode(treasury: Repo) -> None:
    forked(treasury, ours=True, theirs=True)
    treasury.git("checkout", "-q", "theirs")
    strategy(treasury, simulating=False, name="bold")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-a", "-m", "live, and more")
    treasury.git("checkout", "-q", "main")
    assert "git cherry-pick --continue" in stopped(treasury, "cherry-pick", "theirs")
    treasury.git("cherry-pick", "--continue")
    assert (simulates(treasury), records(treasury, PATH, "HEAD")["name"]) == (True, "bold")


def test_nothing_is_left_to_pick_of_a_commit_that_only_goes_live(treasury: Repo) -> None:
    forked(treasury, ours=True, theirs=False)
    assert "--skip" in stopped(treasury, "cherry-pick", "theirs~1")
    treasury.git("cherry-pick", "--skip")
    assert treasury.git("status", "--porcelain") == ""


def test_taking_back_that_a_branch_simulates_does_not_make_it_live(treasury: Repo) -> None:
    forked(treasury, base=False, ours=True, theirs=False)
    assert "git reset --merge" in stopped(treasury, "revert", "--no-edit", "HEAD~1")
    treasury.git("reset", "-q", "--merge")
    assert simulates(treasury)
    assert treasury.git("status", "--porcelain") == ""


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_a_branch_that_simulates_stays_so_on_a_live_base(treasury: Repo, backend: str) -> None:
    forked(treasury, ours=False, theirs=True)
    treasury.git("checkout", "-q", "theirs")
    assert "git rebase --continue" in stopped_in_rebase(treasury, backend)
    treasury.git("rebase", "--continue")
    rebased(treasury)


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_a_live_branch_simulates_on_a_base_that_does(treasury: Repo, backend: str) -> None:
    """Of the commit that went live nothing is left; the other backend would pick it again and again."""
    forked(treasury, ours=True, theirs=False)
    treasury.git("checkout", "-q", "theirs")
    said = stopped_in_rebase(treasury, backend)
    if backend == "--merge":
        assert "--edit-todo" in said
        treasury.git("-c", "sequence.editor=sed -i.bak 1d", "rebase", "--edit-todo")
    treasury.git("rebase", "--skip")
    rebased(treasury)


def rebased(repo: Repo) -> None:
    assert "rebase in progress" not in repo.git("status")
    assert simulates(repo)
    assert (repo.path / "theirs.txt").exists()
    assert repo.git("merge-base", "HEAD", "main") == repo.git("rev-parse", "main")


def stopped_in_rebase(repo: Repo, backend: str) -> str:
    said = repo.run("git", "rebase", backend, "main", ok=(1, 128)).stderr
    assert "simulation_mode" in said
    return said


def is_clean(repo: Repo) -> bool:
    return not repo.git("status", "--porcelain")


def test_a_patch_does_not_make_a_branch_live(treasury: Repo) -> None:
    forked(treasury, ours=True, theirs=False)
    patch = treasury.git("format-patch", "-1", "--stdout", "--no-ext-diff", "--no-textconv", "theirs~1")
    said = treasury.run("git", "am", ok=(1,), stdin=patch.encode()).stderr
    assert "simulation_mode" in said
    assert "git am --continue" in said
    treasury.git("am", "--skip")
    assert simulates(treasury)
    assert is_clean(treasury)


def test_what_a_stash_brings_back_goes_live_only_alone(treasury: Repo) -> None:
    forked(treasury, ours=True, theirs=True)
    strategy(treasury, simulating=False)
    treasury.write("main.txt", "more")
    treasury.git("stash", "-q")
    treasury.git("stash", "pop", "-q")
    assert "commit the rest first" in stopped(treasury, "commit", "-a", "-m", "all")
    treasury.git("commit", "-q", "-m", "the rest", "main.txt")
    treasury.git("commit", "-q", "-a", "-m", "Go live")
    assert not simulates(treasury)


def test_a_first_strategy_may_be_live(treasury: Repo) -> None:
    strategy(treasury, simulating=False)
    treasury.write("notes.txt", "and more")
    treasury.commit("live from the start")
    assert not simulates(treasury)


@pytest.mark.parametrize("beside", ["another file", "another setting", "a file that goes"])
def test_going_live_is_a_commit_of_its_own(treasury: Repo, beside: str) -> None:
    treasury.write("notes.txt", "here")
    strategy(treasury, simulating=True)
    treasury.commit("base")
    strategy(treasury, simulating=False, **({"name": "bold"} if beside == "another setting" else {}))
    if beside == "another file":
        treasury.write("more.txt", "more")
    elif beside == "a file that goes":
        (treasury.path / "notes.txt").unlink()
    treasury.git("add", "-A")
    stopped(treasury, "commit", "-m", "live")
    stopped(treasury, "commit", "--no-verify", "-m", "live")
    treasury.git("reset", "-q", "--hard")
    strategy(treasury, simulating=False)
    treasury.commit("live")
    strategy(treasury, simulating=True, name="careful")
    treasury.commit("and back, with another change")


def test_going_live_is_not_amended_by_anything_else(treasury: Repo) -> None:
    """What is amended is judged against the parent that it will have, not against the commit that it replaces."""
    strategy(treasury, simulating=True)
    treasury.commit("base")
    strategy(treasury, simulating=False)
    treasury.commit("live")
    treasury.write("notes.txt", "beside it")
    treasury.git("add", "-A")
    stopped(treasury, "commit", "--amend", "--no-edit")
    treasury.git("commit", "-q", "-m", "after it")


def test_another_root_is_another_treasury(treasury: Repo) -> None:
    strategy(treasury, simulating=True)
    treasury.commit("one")
    treasury.write(f"other/{PATH}", treasury.read(PATH).replace(b"true", b"false"))
    treasury.commit("a new root, live from the start")


def test_a_fast_forward_that_makes_a_branch_live_is_told(treasury: Repo) -> None:
    forked(treasury, ours=True, theirs=False)
    treasury.git("checkout", "-q", "-b", "behind", "theirs~2")
    told = treasury.run("git", "merge", "--ff-only", "theirs").stderr
    assert f"{PATH}: this fast-forward made the branch live" in told
    treasury.git("reset", "-q", "--keep", "ORIG_HEAD")
    assert simulates(treasury)


def test_a_made_commit_that_went_live_otherwise_is_found(treasury: Repo) -> None:
    forked(treasury, ours=True, theirs=False)
    treasury.gitbtc("verify", "main..theirs")
    treasury.git(*WITHOUT_GITBTC, "merge", "-q", "--no-edit", "theirs")
    assert ": live: " in treasury.gitbtc("verify", "HEAD", ok=(1,)).stdout
    treasury.git("reset", "-q", "--hard", "HEAD^")
    strategy(treasury, simulating=False, name="bold")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-a", "-m", "live, and more")
    assert "changes nothing but" in treasury.gitbtc("verify", "HEAD", ok=(1,)).stdout


# -- taken out and brought back --------------------------------------------------------------------------------------


def lost(repo: Repo, *, simulating: bool) -> str:
    """A branch main that had a strategy, and takes it out in its last commit; the commit that had it."""
    repo.git("config", "core.editor", "true")
    strategy(repo, simulating=simulating)
    had = repo.unexamined("base")
    repo.git("rm", "-q", PATH)
    repo.git("commit", "-q", "-m", "taken out")
    note(repo, "meanwhile")
    return had


def test_a_strategy_that_simulated_comes_back_live_in_a_commit_of_its_own(treasury: Repo) -> None:
    lost(treasury, simulating=True)
    strategy(treasury, simulating=False)
    treasury.write("more.txt", "and more")
    treasury.git("add", "-A")
    assert "commit it simulating, then its simulation_mode alone" in stopped(treasury, "commit", "-m", "live again")
    stopped(treasury, "commit", "--no-verify", "-m", "live again")
    treasury.git("rm", "-q", "--cached", "more.txt")
    strategy(treasury, simulating=False, name="bold")
    treasury.git("add", PATH)
    stopped(treasury, "commit", "-m", "live again, and bold")
    strategy(treasury, simulating=False)
    treasury.git("commit", "-q", "-m", "live again", PATH)
    assert not simulates(treasury)


def test_a_strategy_that_was_live_comes_back_with_anything(treasury: Repo) -> None:
    lost(treasury, simulating=False)
    strategy(treasury, simulating=False, name="bold")
    note(treasury, "beside it")
    assert not simulates(treasury)


@pytest.mark.parametrize("steps", [1, 2])
def test_a_strategy_that_moves_to_another_root_does_not_go_live_on_the_way(treasury: Repo, steps: int) -> None:
    strategy(treasury, simulating=True)
    treasury.commit("base")
    live = treasury.read(PATH).replace(b"true", b"false")
    treasury.git("rm", "-q", PATH)
    if steps == 2:
        treasury.git("commit", "-q", "-m", "taken out")
    treasury.write(f"other/{PATH}", live)
    treasury.write("notes.txt", "and more")
    treasury.git("add", "-A")
    stopped(treasury, "commit", "-m", "moved")
    treasury.write(f"other/{PATH}", live.replace(b"false", b"true"))
    treasury.commit("moved")
    treasury.write(f"other/{PATH}", live)
    treasury.commit("live")


@once
def lost_and_live(repo: Repo) -> None:
    """What simulated is lost; on another line it is live, taken out and brought back, as no hook saw it."""
    lost(repo, simulating=True)
    repo.git("checkout", "-q", "-b", "third")
    note(repo, "third")
    repo.git("checkout", "-q", "-b", "theirs", "main")
    strategy(repo, simulating=False)
    repo.git("add", "-A")
    repo.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "live")
    repo.git("checkout", "-q", "-b", "takes-out")
    repo.git("rm", "-q", PATH)
    repo.git("commit", "-q", "-m", "taken out")
    repo.git("checkout", "-q", "main")
    note(repo, "main")


@pytest.mark.parametrize(
    ("commands", "on"),
    [
        (["merge theirs"], "commit --no-edit"), (["merge theirs third"], "commit --no-edit"),
        (["merge --squash theirs", "commit --no-edit"], "commit --no-edit"),
        (["cherry-pick theirs"], "cherry-pick --continue"), (["revert --no-edit takes-out"], "commit --no-edit"),
        (["rebase main theirs"], "rebase --continue"), (["rebase --apply main theirs"], "rebase --continue"),
    ],
)  # fmt: skip
def test_nothing_brings_back_live_what_simulated(treasury: Repo, commands: list[str], on: str) -> None:
    lost_and_live(treasury)
    *first, last = (command.split() for command in commands)
    for command in first:
        treasury.git(*command)
    said = treasury.run("git", *last, ok=(1, 2, 128)).stderr
    assert "brought it live to where nothing was" in said
    treasury.git(*on.split())
    assert simulates(treasury)
    assert is_clean(treasury)


def test_a_merge_brings_a_first_strategy_simulating(treasury: Repo) -> None:
    """A commit may bring it live: a person wrote it. Merging is not that."""
    note(treasury, "base")
    treasury.git("checkout", "-q", "-b", "theirs")
    strategy(treasury, simulating=False)
    treasury.commit("live from the start")
    treasury.git("checkout", "-q", "main")
    note(treasury, "main")
    stopped(treasury, "merge", "--no-edit", "theirs")
    treasury.git("commit", "-q", "--no-edit")
    assert simulates(treasury)
    treasury.git("reset", "-q", "--hard", "HEAD^")
    treasury.git("cherry-pick", "theirs")
    assert not simulates(treasury)


def test_two_first_strategies_that_meet_are_as_the_branch_merged_into_has_it(treasury: Repo) -> None:
    note(treasury, "base")
    treasury.git("branch", "theirs")
    strategy(treasury, simulating=True)
    treasury.commit("main")
    treasury.git("checkout", "-q", "theirs")
    strategy(treasury, simulating=False)
    theirs = treasury.commit("theirs")
    treasury.git("merge", "-q", "--no-edit", "main")
    assert not simulates(treasury)
    treasury.git("checkout", "-q", "main")
    treasury.git("merge", "-q", "--no-edit", theirs)
    assert simulates(treasury)


@pytest.mark.parametrize("others", [["theirs"], ["theirs", "third"]])
def test_a_made_merge_that_brings_it_live_is_found(treasury: Repo, others: list[str]) -> None:
    """Whether the first parent never had one, or another parent simulates."""
    lost(treasury, simulating=True)
    treasury.git("branch", "third", "HEAD~2")
    treasury.git("checkout", "-q", "-b", "theirs", "HEAD~2")
    strategy(treasury, simulating=False)
    live = treasury.commit("live")
    tree = f"{live}^{{tree}}"
    parents = [part for name in ("main", *others) for part in ("-p", name)]
    merged = treasury.git("commit-tree", tree, *parents, "-m", "merged").strip()
    assert ": live: " in treasury.gitbtc("verify", merged, ok=(1,)).stdout
    turned = treasury.git("commit-tree", tree, "-p", "theirs", "-p", "main", "-m", "merged").strip()
    treasury.gitbtc("verify", turned)


def test_a_history_that_ends_too_soon_does_not_tell_what_a_strategy_was(treasury: Repo, sandbox: Sandbox) -> None:
    lost(treasury, simulating=True)
    treasury.git("clone", "-q", "--depth", "1", f"file://{treasury.path}", str(sandbox.home / "shallow"))
    shallow = type(treasury)(sandbox.home / "shallow", sandbox.env)
    shallow.gitbtc("install")
    strategy(shallow, simulating=False)
    shallow.git("add", "-A")
    assert "shallow clone" in shallow.run("git", "commit", "-m", "live", ok=(1,)).stderr
    shallow.git("fetch", "-q", "--unshallow")
    shallow.git("commit", "-q", "-m", "live")


def test_a_fast_forward_that_brings_it_back_live_is_told(treasury: Repo) -> None:
    lost(treasury, simulating=True)
    treasury.git("branch", "behind")
    strategy(treasury, simulating=False)
    treasury.commit("live")
    treasury.git("checkout", "-q", "behind")
    told = treasury.run("git", "merge", "--ff-only", "main").stderr
    assert f"{PATH}: this fast-forward made the branch live" in told
