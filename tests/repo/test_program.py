"""Starting git: what it keeps of the environment, how it fails, where a repository lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork
from gitbtc.repo.git import Git, GitFailed, environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo, Sandbox


def test_hook_variables_survive_and_dangerous_ones_do_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    kept = {"GIT_INDEX_FILE": "/x/index", "GIT_QUARANTINE_PATH": "/x/q", "GIT_CONFIG_COUNT": "0",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/a:/b", "GIT_AUTHOR_DATE": "1 +0000", "GIT_SSL_CAINFO": "/ca",
            "GITHEAD_abc": "topic"}  # fmt: skip
    dropped = ["GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "GIT_LITERAL_PATHSPECS", "GIT_PREFIX", "GIT_TRACE"]
    for name, value in {**kept, **dict.fromkeys(dropped, "1"), "GIT_DIR": ".git"}.items():
        monkeypatch.setenv(name, value)
    seen = environment()
    assert {name: seen.get(name) for name in kept} == kept
    assert not seen.keys() & set(dropped)
    assert seen["GIT_DIR"] == str(tmp_path / ".git")
    assert seen["LC_ALL"] == "C"


def test_places_are_absolute_from_any_folder(repo: Repo) -> None:
    (repo.path / "deep" / "er").mkdir(parents=True)
    git = Git(repo.path / "deep" / "er")
    dot_git = str(repo.path / ".git")
    assert (git.top_level(), git.git_dir(), git.common_dir()) == (str(repo.path), dot_git, dot_git)
    assert git.hooks_dir() == dot_git + "/hooks"
    assert not git.is_bare()


def test_a_linked_worktree_has_its_own_git_dir_and_shares_the_common_one(repo: Repo) -> None:
    repo.write("a", "1")
    repo.commit("one")
    repo.git("worktree", "add", "-q", "../linked")
    git = Git(repo.path.parent / "linked")
    assert git.common_dir() == str(repo.path / ".git")
    assert git.git_dir() == str(repo.path / ".git" / "worktrees" / "linked")
    assert git.hooks_dir() == str(repo.path / ".git" / "hooks")


def test_places_are_told_of_a_folder_with_a_line_end_in_its_name(sandbox: Sandbox) -> None:
    repo = sandbox.repo("two\nlines")
    git = Git(repo.path).at_top()
    assert (git.top_level(), git.git_dir()) == (str(repo.path), str(repo.path / ".git"))
    assert git.common_dir() == git.git_dir()


def test_places_are_those_of_the_work_tree_that_git_runs_in(repo: Repo) -> None:
    """What one of them told is not told of another."""
    repo.write("a", "1")
    repo.commit("one")
    repo.git("worktree", "add", "-q", "../linked")
    (repo.path / "deep").mkdir()
    places = [
        (git.git_dir(), git.common_dir()) for git in (Git(repo.path / "deep").at_top(), Git(repo.path / "../linked"))
    ]
    assert places[0] == (str(repo.path / ".git"), str(repo.path / ".git"))
    assert places[1] == (str(repo.path / ".git/worktrees/linked"), str(repo.path / ".git"))


def test_hooks_dir_knows_core_hookspath(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", "my hooks")
    assert Git(repo.path).hooks_dir() == str(repo.path / "my hooks")


def test_outside_a_repository_it_cannot_work(sandbox: Sandbox) -> None:
    with pytest.raises(CannotWork, match="not in a Git repository; `gitbtc init` makes one"):
        Git.at(sandbox.home).top_level()


def test_a_bare_repository_has_no_top_level(repo: Repo) -> None:
    repo.git("clone", "-q", "--bare", ".", "../bare.git")
    bare = Git(repo.path.parent / "bare.git")
    assert bare.is_bare()
    with pytest.raises(CannotWork, match="no work tree"):
        bare.top_level()


def test_a_missing_folder_and_a_missing_git_are_told_apart(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CannotWork, match="no such folder"):
        Git(repo.path / "gone").version()
    monkeypatch.setenv("PATH", str(repo.path))
    git = Git(repo.path)
    with pytest.raises(CannotWork, match="program git was not found"):
        git.version()
    with pytest.raises(CannotWork, match="program git was not found"), git.blobs() as blobs:
        blobs.read("0" * 40)


def test_a_failure_carries_the_command_and_what_git_said(repo: Repo) -> None:
    with pytest.raises(GitFailed, match=r"git cat-file -t nonsense failed: fatal: Not a valid object name"):
        Git(repo.path)._run("cat-file", "-t", "nonsense")


def test_version_is_three_numbers(repo: Repo) -> None:
    assert Git(repo.path).version() >= (2, 30, 0)


def test_the_folder_git_runs_in_is_told_from_the_root(repo: Repo) -> None:
    (repo.path / "deep" / "er").mkdir(parents=True)
    assert Git(repo.path / "deep" / "er").prefix() == "deep/er"
    assert Git(repo.path).prefix() == ""


def test_a_folder_in_no_repository_is_told_from_one_in_it(repo: Repo, sandbox: Sandbox) -> None:
    (repo.path / "deep").mkdir()
    assert Git.at(repo.path / "deep").is_repository()
    assert not Git.at(sandbox.home).is_repository()
