"""Merges in memory (`git merge-tree`, `git replay`, `git history`): no hook sees them, so the merge driver judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.drivers import in_memory
from gitbtc.repo.git import Git
from tests.conftest import Repo
from tests.made_state import WITHOUT_GITBTC, branch, coin, coins, mempool, mined, pending, spend, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from pathlib import Path

PAID, OTHER = spend("aa", coin(0)), spend("cc", coin(0))
# On its own: it stands between the two, so that they come together as lines, too.
APART = spend("bb", coin(1))


@pytest.fixture
def forked(treasury: Repo) -> Repo:
    """main spends a coin by one transaction, the branch theirs by another, the branch alike by the first one."""
    _fork(treasury)
    return treasury


@once
def _fork(repo: Repo) -> None:
    mempool(repo)
    transactions(repo, APART)
    coins(repo, coin(0), coin(2), coin(3))
    repo.unexamined("base")
    for name, paid, held in (
        ("theirs", [OTHER], [coin(2), coin(3)]),
        ("alike", [PAID, spend("dd", coin(2))], [coin(3)]),
        ("main", [PAID], [coin(2), coin(3)]),
    ):
        if name != "main":
            branch(repo, name)
        repo.git("checkout", "-q", name)
        transactions(repo, APART, *paid)
        coins(repo, *held)
        repo.unexamined(name)
        repo.git("checkout", "-q", "main")


def knows(repo: Repo, since: tuple[int, int]) -> None:
    if Git.at(repo.path).version()[:2] < since:
        pytest.skip(f"Git does that since {since[0]}.{since[1]}")


def merge_tree(repo: Repo, *branches: str, ok: tuple[int, ...] = (0, 1)) -> tuple[int, str]:
    done = repo.run("git", "merge-tree", "--write-tree", *branches, ok=ok)
    return done.returncode, done.stdout + done.stderr


def test_two_payments_of_one_coin_are_a_conflict(forked: Repo) -> None:
    status, said = merge_tree(forked, "main", "theirs")
    assert status == 1
    assert "CONFLICT" in said
    assert f"{coin(0)['txid']}:0" in said
    assert PAID["txid"][:8] in said
    assert OTHER["txid"][:8] in said


def test_a_sound_merge_is_clean(forked: Repo) -> None:
    assert merge_tree(forked, "main", "alike", ok=(0,))[0] == 0
    forked.git("checkout", "-q", "--detach", "main")
    forked.git("merge", "-q", "--no-edit", "alike")
    tree = merge_tree(forked, "main", "alike")[1].split()[0]
    assert forked.git("rev-parse", "HEAD^{tree}").strip() == tree


def test_a_linked_work_tree_and_a_locked_index_elsewhere_change_nothing(forked: Repo) -> None:
    forked.git("worktree", "add", "-q", "../linked", "theirs")
    (forked.path / ".git/index.lock").write_bytes(b"")
    linked = Repo(forked.path.parent / "linked", forked.env, forked.clock, forked.python)
    assert merge_tree(linked, "main", "theirs")[0] == 1


def test_what_both_sides_have_is_not_told_of_a_merge(forked: Repo) -> None:
    """A contest that a branch has already is no news: whoever made it answers for it."""
    bad = forked.git("commit-tree", "-p", "theirs", "-m", "bad", f"{_both(forked)}^{{tree}}").strip()
    forked.git("branch", "bad", bad)
    forked.git("branch", "worse", bad)
    assert merge_tree(forked, "bad", "worse", ok=(0,))[0] == 0


def _both(repo: Repo) -> str:
    """A commit that has both payments; it is on no branch."""
    repo.git("checkout", "-q", "--detach", "main")
    transactions(repo, APART, PAID, OTHER)
    repo.git("add", "-A")
    made = repo.git("commit-tree", "-p", "HEAD", "-m", "both", repo.git("write-tree").strip()).strip()
    repo.git("reset", "-q", "--hard")
    repo.git("checkout", "-q", "main")
    return made


def test_what_stands_in_files_of_one_side_is_looked_at_too(forked: Repo) -> None:
    """theirs names its payment in a file that ours did not touch; both changed the list of coins."""
    knows(forked, (2, 44))
    forked.git("checkout", "-q", "-b", "waiting", "main~1")
    mempool(forked, pending(OTHER))
    coins(forked, coin(3))
    forked.git("add", "-A")
    forked.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "waiting")
    status, said = merge_tree(forked, "main", "waiting")
    assert status == 1
    assert OTHER["txid"][:8] in said


def test_what_only_a_hook_would_put_right_is_a_conflict(forked: Repo) -> None:
    """Ours is in a block, so theirs is lost: its mempool entry, which no driver sees, would have to go."""
    knows(forked, (2, 44))
    forked.git("checkout", "-q", "main")
    transactions(forked, APART, mined(PAID))
    forked.commit("mined")
    forked.git("checkout", "-q", "theirs")
    mempool(forked, pending(OTHER))
    forked.commit("pending")
    status, said = merge_tree(forked, "main", "theirs")
    assert status == 1
    assert "network/mempool.json would have to be otherwise" in said


@pytest.mark.parametrize(("picked", "status"), [("theirs", 1), ("alike", 0)])
def test_a_replay_stops_at_a_second_payment(forked: Repo, picked: str, status: int) -> None:
    knows(forked, (2, 44))
    before = forked.git("rev-parse", picked)
    done = forked.run("git", "replay", "--onto", "main", f"main~1..{picked}", ok=(0, 1))
    assert done.returncode == status
    if status:
        assert f"{coin(0)['txid']}:0" in done.stderr
        assert forked.git("rev-parse", picked) == before


def test_a_rebase_is_left_to_its_hook(forked: Repo) -> None:
    """The driver must not stop it: the hook tells more, and can be settled with."""
    forked.git("checkout", "-q", "theirs")
    said = forked.run("git", "rebase", "main", ok=(1,)).stderr
    assert "CONFLICT" not in said
    assert "gitbtc resolve" in said


# -- what the labels say -----------------------------------------------------------------------------------------------


def _labels(repo: Repo, *labels: str) -> tuple[str, list[str], list[str | None]] | None:
    found = in_memory.merging_of(Git.at(repo.path), *labels)
    return (found.name, found.heads, found.bases(0, 1)) if found else None


def test_labels_name_the_sides(forked: Repo) -> None:
    main, theirs, base = (forked.git("rev-parse", name).strip() for name in ("main", "theirs", "main~1"))
    short = theirs[:9]
    assert _labels(forked, base[:7], "main", "theirs") == ("merge", [main, theirs], [base])
    assert _labels(forked, "merged common ancestors", "main", "theirs") == ("merge", [main, theirs], [base])
    assert _labels(forked, f"parent of {short}", main[:9], short) == ("cherry-pick", [main, theirs], [base])
    assert _labels(forked, f"parent of {short} (theirs)", "HEAD", f"{short} (theirs)") == (
        "cherry-pick", [main, theirs], [base],
    )  # fmt: skip
    assert _labels(forked, short, "HEAD", f"parent of {short}") == ("revert", [main, base], [theirs])


@pytest.mark.parametrize(
    "labels",
    [
        ("%S", "%X", "%Y"),
        ("", "", ""),
        ("main", "Updated upstream", "Stashed changes"),
        ("main", "main", "HEAD:wallet"),
        ("main", "--all", "theirs"),
    ],
)
def test_labels_that_name_no_commits_say_nothing(forked: Repo, labels: tuple[str, str, str]) -> None:
    assert _labels(forked, *labels) is None


# -- where Git merges --------------------------------------------------------------------------------------------------


def test_where_the_driver_is_run_by_hand_nothing_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not in_memory.is_in_memory()


def test_a_lock_of_the_index_that_git_names_counts(forked: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(forked.path)
    for name in ("GIT_DIR", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert in_memory.is_in_memory()
    (forked.path / ".git/other.lock").write_bytes(b"")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/other")
    assert not in_memory.is_in_memory()


def test_a_bare_repository_has_no_index(forked: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    forked.git("clone", "-q", "--bare", ".", "../bare")
    monkeypatch.chdir(forked.path.parent / "bare")
    monkeypatch.delenv("GIT_DIR", raising=False)
    assert in_memory.is_in_memory()
