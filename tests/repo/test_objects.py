"""Objects read through libgit2: the same answers as git gives."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork, UsageError
from gitbtc.premerge.ancestry import Ancestry
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
        with pytest.raises(UsageError, match="no such blob"):
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
    with pytest.raises(UsageError, match="no such revision"):
        Objects(repo.path).tree(revision)


def test_a_revision_without_a_tree_is_told_in_one_line(repo: Repo) -> None:
    with pytest.raises(UsageError, match="not a revision that has a commit"):
        Objects(repo.path).commit("HEAD:wallet/utxos.json")


def test_outside_a_repository_it_cannot_work(sandbox: Sandbox) -> None:
    with pytest.raises(CannotWork, match="not in a Git repository"):
        Objects(sandbox.home)


# -- histories -------------------------------------------------------------------------------------------------------


@pytest.fixture
def forked(repo: Repo) -> Repo:
    """Two branches from `one`, with two commits each."""
    for name in ("ours", "theirs"):
        repo.git("checkout", "-q", "-b", name, "main")
        for number in ("2", "3"):
            repo.git("commit", "-q", "--allow-empty", "-m", f"{name} {number}\n\nbody")
    return repo


@pytest.mark.parametrize(
    "revision", ["ours", "main..ours", "ours..theirs", "ours...theirs", "ours~1..", "theirs..theirs"]
)
def test_a_history_is_what_git_lists(forked: Repo, revision: str) -> None:
    told = list(Objects(forked.path).history(revision))
    assert {commit.oid for commit in told} == set(forked.git("rev-list", revision, "--").split())
    places = {commit.oid: place for place, commit in enumerate(told)}
    assert all(places[commit.oid] < places[parent] for commit in told for parent in commit.parents if parent in places)


def test_a_commit_of_a_history_tells_what_git_tells(forked: Repo) -> None:
    forked.git("-c", "user.name=Zoë", "-c", "user.email=z@example.com", "commit", "-q", "--allow-empty", "-m", "Last",
               "--date=2026-01-02T23:30:00+0200")  # fmt: skip
    commit = next(iter(Objects(forked.path).history("HEAD")))
    shown = forked.git("show", "-s", "--format=%H %T %P|%an|%ae|%at|%B", "HEAD").rstrip("\n")
    told = f"{commit.oid} {commit.tree} {' '.join(commit.parents)}|{commit.author}|{commit.email}|{commit.time}|"
    assert told + commit.message.rstrip("\n") == shown.rstrip("\n")
    assert (commit.offset, commit.is_cut) == (120, False)


def test_a_shallow_clone_and_its_linked_work_tree_know_where_they_are_cut(forked: Repo, sandbox: Sandbox) -> None:
    shallow = sandbox.home / "shallow"
    forked.git("clone", "-q", "--depth", "2", "--branch", "ours", f"file://{forked.path}", str(shallow))
    forked.run("git", "worktree", "add", "-q", str(sandbox.home / "linked"), cwd=shallow)
    for place in (shallow, sandbox.home / "linked"):
        told = list(Objects(place).history("HEAD"))
        assert [(commit.message[:6], commit.is_cut, len(commit.parents)) for commit in told] == [
            ("ours 3", False, 1), ("ours 2", True, 0)
        ]  # fmt: skip


@pytest.mark.parametrize("revision", ["nonsense", "main..nonsense", "HEAD:wallet", "", ".."])
def test_a_history_of_what_is_no_revision_is_told_in_one_line(forked: Repo, revision: str) -> None:
    with pytest.raises(UsageError):
        list(Objects(forked.path).history(revision))


def test_chosen_files_are_those_whose_last_two_parts_are_wanted(repo: Repo) -> None:
    repo.write("agents/ada/wallet/utxos.json", "[]\n")
    repo.write("agents/bob/wallet/utxos.json", "[]\n")
    repo.write("utxos.json", "[]\n")
    repo.commit("two")
    objects = Objects(repo.path)
    oid = objects.commit("HEAD")
    listed = {path: entry for path, entry in objects.tree(oid).items() if path.endswith("wallet/utxos.json")}
    assert len(listed) == 3
    assert objects.chosen(oid, lambda path: path == "wallet/utxos.json") == listed
    assert list(objects.chosen(objects.commit("HEAD~1"), lambda path: path == "wallet/utxos.json")) == [
        "wallet/utxos.json"
    ]


@pytest.mark.parametrize("seed", range(6))
def test_all_merge_bases_are_gits_in_a_history_with_merges(repo: Repo, seed: int) -> None:
    source = Random(seed)
    tree = repo.git("write-tree").strip()
    commits: list[str] = []
    for number in range(12):
        parents = source.sample(commits, min(len(commits), source.choice((0, 1, 1, 2, 2))))
        links = [word for parent in parents for word in ("-p", parent)]
        commits.append(repo.git("commit-tree", tree, *links, "-m", str(number)).strip())
    objects = Objects(repo.path)
    for one in commits[-5:]:
        for other in commits:
            known = repo.git("merge-base", "--all", one, other, ok=(0, 1)).split()
            assert sorted(objects.merge_bases(one, other)) == sorted(known)
            assert sorted(Ancestry(objects, commits[-1]).bases(one, other)) == sorted(known)


def test_branches_are_local_and_remote_tracking(repo: Repo) -> None:
    head = repo.git("rev-parse", "HEAD").strip()
    repo.git("branch", "agents/ada")
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    repo.git("tag", "v1")
    assert Objects(repo.path).branches() == {"agents/ada": head, "main": head, "origin/main": head}
