"""Objects read through libgit2: the same answers as git gives."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork
from gitbtc.repo.git import Git
from gitbtc.repo.objects import Objects

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    """One commit with files in folders, odd names, a link and a submodule's entry."""
    repo = sandbox.repo()
    repo.write("wallet/utxos.json", "[]\n")
    repo.write("a b/c\nd", "odd")
    (repo.path / os.fsdecode(b"latin-\xe9")).write_bytes(b"l")
    (repo.path / "link").symlink_to("wallet")
    repo.commit("one")
    return repo


def test_a_tree_is_what_git_lists(repo: Repo) -> None:
    listed = Git(repo.path).tree_entries("HEAD")
    assert Objects(repo.path).tree("HEAD") == listed
    assert list(Objects(repo.path / "wallet").tree("main~0")) == list(listed)


def test_a_submodule_is_no_file(repo: Repo) -> None:
    head = repo.git("rev-parse", "HEAD").strip()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    repo.git("commit", "-q", "-m", "two")
    assert "sub" not in Objects(repo.path).tree("HEAD")


def test_a_blob_is_read_exactly(repo: Repo) -> None:
    objects = Objects(repo.path)
    assert objects.blob(objects.tree("HEAD")["a b/c\nd"][1]) == b"odd"
    for wrong in ("0" * 40, objects.commit("HEAD"), "nonsense"):
        with pytest.raises(CannotWork, match="no such blob"):
            objects.blob(wrong)


def test_merge_bases_are_gits(repo: Repo) -> None:
    base = repo.git("rev-parse", "HEAD").strip()
    repo.git("checkout", "-q", "-b", "topic")
    repo.git("commit", "-q", "--allow-empty", "-m", "theirs")
    repo.git("checkout", "-q", "main")
    repo.git("commit", "-q", "--allow-empty", "-m", "ours")
    repo.git("checkout", "-q", "--orphan", "alone")
    repo.git("commit", "-q", "--allow-empty", "-m", "alone")
    assert Objects(repo.path).merge_base("main", "topic") == base
    assert Objects(repo.path).merge_base("main", "alone") is None


def test_conflicts_tell_the_three_sides(repo: Repo) -> None:
    git = Git(repo.path)
    base, ours, theirs = (git.write_blob(text) for text in (b"base", b"ours", b"theirs"))
    assert Objects(repo.path).conflicts() == {}
    stages = {1: ("100644", base), 2: ("100644", ours), 3: ("100644", theirs)}
    git.update_index({"a": stages, "b": {1: stages[1], 2: stages[2]}, "c": {3: stages[3]}})
    expected = {"a": (base, ours, theirs), "b": (base, ours, None), "c": (None, None, theirs)}
    assert Objects(repo.path).conflicts() == expected


@pytest.mark.parametrize("revision", ["nonsense", "", "HEAD~7", "0" * 40])
def test_a_wrong_revision_is_told_in_one_line(repo: Repo, revision: str) -> None:
    with pytest.raises(CannotWork, match="no such revision"):
        Objects(repo.path).tree(revision)


def test_a_revision_without_a_tree_is_told_in_one_line(repo: Repo) -> None:
    with pytest.raises(CannotWork, match="not a revision that has a commit"):
        Objects(repo.path).commit("HEAD:wallet/utxos.json")


def test_outside_a_repository_it_cannot_work(sandbox: Sandbox) -> None:
    with pytest.raises(CannotWork, match="not in a Git repository"):
        Objects(sandbox.home)
