from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork, UsageError
from gitbtc.repo.diffing import INDEX, WORK_TREE, Comparison, text_diff
from gitbtc.repo.git import Git

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox


@pytest.fixture
def repo(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """Two commits of a file, and a third version of it in the work tree."""
    repo = sandbox.repo()
    for version in ("one\n", "two\n"):
        repo.write("a/file", version)
        repo.commit(version)
    repo.write("a/file", "three\n")
    for name, value in repo.env.items():
        monkeypatch.setenv(name, value)
    return repo


@pytest.mark.parametrize(
    ("words", "cached", "side"),
    [
        ([], False, WORK_TREE), (["HEAD~1"], False, WORK_TREE), ([], True, INDEX), (["HEAD~1"], True, INDEX),
        (["HEAD~1", "HEAD"], False, "HEAD"), (["HEAD", "HEAD~1"], False, "HEAD~1"), (["HEAD~1..HEAD"], False, "HEAD"),
        (["HEAD...HEAD~1"], False, "HEAD~1"), (["HEAD~1", "HEAD", "a"], False, "HEAD"), (["a"], False, WORK_TREE),
    ],
)  # fmt: skip
def test_the_new_side_is_the_one_that_git_compares_with(repo: Repo, words: list[str], cached: bool, side: str) -> None:
    found = Comparison(Git(repo.path), words, None, cached=cached).new_side
    assert found == (repo.git("rev-parse", side).strip() if side.startswith("HEAD") else side)


@pytest.mark.parametrize(
    ("words", "old", "new"),
    [(["HEAD~1", "HEAD"], b"one\n", b"two\n"), ([], b"two\n", b"three\n"), (["HEAD~1"], b"one\n", b"three\n")],
)
def test_both_sides_can_be_read(repo: Repo, words: list[str], old: bytes, new: bytes) -> None:
    git = Git(repo.path / "a")
    comparison = Comparison(git, words, None, cached=False)
    (file,) = comparison.files()
    with git.blobs() as blobs:
        assert comparison.sides(blobs, file) == (old, new)
        assert comparison.content(blobs, file.path, None) == b""
        assert comparison.beside(blobs, ["none", file.path]) == [b"", new]


@pytest.mark.parametrize(
    "setting",
    ["diff.relative=true", "diff.renames=copies", "diff.orderFile=order", "color.ui=always", "core.quotePath=true"],
)
def test_configuration_does_not_change_what_is_listed(repo: Repo, setting: str) -> None:
    repo.write("order", "")
    repo.git("mv", "a/file", "ä")
    repo.git("config", *setting.split("="))
    listed = Comparison(
        Git(repo.path / "a" if (repo.path / "a").exists() else repo.path), ["HEAD"], [], cached=True
    ).files()
    assert [(file.path, file.old is None, file.new is None) for file in listed] == [
        ("a/file", False, True), ("ä", True, False)
    ]  # fmt: skip


def test_arguments_that_git_cannot_take_are_wrong_usage(repo: Repo) -> None:
    with pytest.raises(UsageError, match="nonsense"):
        Comparison(Git(repo.path), ["nonsense"], None, cached=False).files()


def test_the_view_of_git_does_not_run_the_filter(repo: Repo) -> None:
    repo.write(".gitattributes", "* filter=gitbtc\n")
    repo.git("config", "filter.gitbtc.clean", "false")
    repo.git("config", "filter.gitbtc.required", "true")
    assert b"-two\n+three\n" in text_diff(Git(repo.path), ["HEAD", "--", "a/file"], colour=False)


def test_large_blobs_are_read_like_small_ones(repo: Repo) -> None:
    versions = [(sign * (1 << 20) + "\n").encode() for sign in "ab"]
    for version in versions:
        repo.write("a/file", version)
        repo.commit("large")
    git = Git(repo.path)
    comparison = Comparison(git, ["HEAD~1", "HEAD"], None, cached=False)
    (file,) = comparison.files()
    assert file.new
    with git.blobs() as blobs:
        old, new = comparison.sides(blobs, file)
        assert [old[:], new[:]] == versions
        (repo.path / ".git/objects" / file.new[1][:2] / file.new[1][2:]).unlink()
        with pytest.raises(CannotWork):
            comparison.sides(blobs, file)
