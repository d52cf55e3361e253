"""What each commit brought in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork
from gitbtc.repo.git import Git
from gitbtc.repo.introduced import introduced

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox


@pytest.fixture
def repo(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Repo:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", sandbox.env["GIT_CONFIG_GLOBAL"])
    return sandbox.repo()


def brought(repo: Repo, *revisions: str) -> dict[str, list[tuple[str, str]]]:
    git = Git.at(repo.path)
    found: dict[str, list[tuple[str, str]]] = {}
    for one in introduced(git, git.reachable(*revisions)):
        content = repo.git("cat-file", "-p", one.oid) if one.mode != "160000" else one.oid
        found.setdefault(repo.git("log", "-1", "--format=%s", one.commit).strip(), []).append((one.path, content))
    return found


def test_the_first_commit_brings_in_all_and_the_next_what_it_changed(repo: Repo) -> None:
    repo.write("deep/a.txt", "1")
    repo.write("gone", "1")
    repo.commit("first")
    repo.write("deep/a.txt", "2")
    repo.write("na\nme \u00e4", "3")
    repo.git("rm", "-q", "gone")
    repo.commit("second")
    assert brought(repo, "HEAD") == {
        "first": [("deep/a.txt", "1"), ("gone", "1")],
        "second": [("deep/a.txt", "2"), ("na\nme \u00e4", "3")],
    }
    assert list(brought(repo, "HEAD~..HEAD")) == ["second"]


@pytest.mark.parametrize("heads", [["one"], ["one", "two"]], ids=["merge", "octopus"])
def test_a_merge_brings_in_what_no_parent_has(repo: Repo, heads: list[str]) -> None:
    repo.write("a", "0")
    repo.commit("base")
    for name in heads:
        repo.git("checkout", "-q", "-b", name, "main")
        repo.write(name, name)
        repo.commit(name)
    repo.git("checkout", "-q", "main")
    repo.write("b", "0")
    repo.commit("main")
    repo.git("merge", "-q", "--no-commit", *heads)
    repo.write("evil", "only here")
    repo.commit("merged")
    assert brought(repo, "HEAD")["merged"] == [("evil", "only here")]


def test_links_and_submodules_are_told_by_their_modes(repo: Repo) -> None:
    (repo.path / "link").symlink_to("over there")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    repo.git("add", "link")
    repo.git("commit", "-q", "-m", "first")
    assert brought(repo, "HEAD") == {"first": [("link", "over there"), ("module", "1" * 40)]}


def test_no_commits_bring_in_nothing(repo: Repo) -> None:
    assert list(introduced(Git.at(repo.path), [])) == []


def test_a_history_that_cannot_be_read_is_said_and_not_cut_short(repo: Repo) -> None:
    repo.write("d/a", "1")
    first = repo.commit("first")
    tree = repo.git("rev-parse", "HEAD:d").strip()
    (repo.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(CannotWork, match="git fsck"):
        list(introduced(Git.at(repo.path), [first]))
