"""What is read from files is what Git tells, or nothing is told."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gitbtc.repo.places import common_folder, heads, own_folder, plain_places

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo, Sandbox

NAMES = ("HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD")


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Git starts nothing: no variable says where a repository is."""
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)


def told(repo: Repo, top: Path, *options: str) -> list[str]:
    """What `git rev-parse` says in a folder, as absolute paths."""
    answers = repo.run("git", "rev-parse", *options, cwd=top).stdout.splitlines()
    return [os.path.normpath(os.path.join(top, answer)) for answer in answers]


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    made = sandbox.repo()
    made.git("commit", "-q", "--allow-empty", "-m", "one")
    made.git("commit", "-q", "--allow-empty", "-m", "two")
    return made


def test_of_a_plain_work_tree_all_is_known(repo: Repo) -> None:
    expected = told(repo, repo.path, "--show-toplevel", "--absolute-git-dir", "--git-common-dir")
    assert plain_places(str(repo.path)) == tuple(expected)
    assert own_folder(str(repo.path)) == expected[1]
    assert common_folder(str(repo.path)) == expected[2]


def test_a_linked_work_tree_is_not_plain_and_has_two_folders(repo: Repo) -> None:
    linked = repo.path.with_name("linked")
    repo.git("worktree", "add", "-q", str(linked))
    assert plain_places(str(linked)) is None
    own, common = told(repo, linked, "--absolute-git-dir", "--git-common-dir")
    assert (own_folder(str(linked)), common_folder(str(linked))) == (own, common)


@pytest.mark.parametrize("setting", ["core.worktree", "core.bare", "extensions.worktreeConfig"])
def test_a_repository_that_says_otherwise_is_left_to_git(repo: Repo, setting: str) -> None:
    repo.git("config", setting, str(repo.path.parent) if setting == "core.worktree" else "true")
    assert plain_places(str(repo.path)) is None


@pytest.mark.parametrize(
    "variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_COUNT", "GIT_TEST_ASSUME_DIFFERENT_OWNER"]
)
def test_so_is_one_of_which_a_variable_speaks(repo: Repo, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "1")
    assert plain_places(str(repo.path)) is None


def test_no_repository_and_a_folder_within_one_are_left_to_git(repo: Repo, tmp_path: Path) -> None:
    (repo.path / "wallet").mkdir()
    for folder in (tmp_path, repo.path / "wallet", tmp_path / "nowhere"):
        assert plain_places(str(folder)) is None
        assert common_folder(str(folder)) is None


@pytest.mark.parametrize("state", ["branch", "packed", "detached", "unborn", "picking", "another branch's name"])
def test_heads_are_those_that_git_names(repo: Repo, state: str) -> None:
    if state == "packed":
        repo.git("pack-refs", "--all")
    elif state == "detached":
        repo.git("checkout", "-q", "--detach", "HEAD^")
    elif state == "unborn":
        repo.git("checkout", "-q", "--orphan", "new")
    elif state == "picking":
        (repo.path / ".git/CHERRY_PICK_HEAD").write_text(repo.git("rev-parse", "HEAD^"))
    elif state == "another branch's name":
        repo.git("branch", "x/main")
        repo.git("pack-refs", "--all")
        repo.git("branch", "-q", "-f", "x/main", "HEAD^")
    folder = str(repo.path / ".git")
    asked = (repo.run("git", "rev-parse", "-q", "--verify", name, ok=(0, 1)).stdout.strip() for name in NAMES)
    expected = [oid or None for oid in asked]
    found = heads(folder, folder, *NAMES)
    assert found == expected or (found is None and (repo.path / ".git/reftable").exists())


def test_what_is_written_otherwise_is_left_to_git(repo: Repo) -> None:
    folder = str(repo.path / ".git")
    for content in ("ref: refs/remotes/origin/main\n", "ref: refs/heads/.invalid\n", "abc\n", ""):
        (repo.path / ".git/HEAD").write_text(content)
        assert heads(folder, folder, "HEAD") is None
