"""Objects read through libgit2, and through git: the same answers, those that git gives."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork, UsageError
from gitbtc.premerge.ancestry import Ancestry
from gitbtc.repo.git import Git
from gitbtc.repo.libgit import LibgitObjects
from gitbtc.repo.plumbing import GitObjects
from gitbtc.repo.reading import objects_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitbtc.repo.objects import Objects
    from tests.conftest import Repo, Sandbox

    Opened = Callable[[Path], Objects]


def _by_libgit2(path: Path) -> Objects:
    objects = objects_of(Git.at(path))
    if not isinstance(objects, LibgitObjects):
        assert os.environ.get("GITBTC_TESTS_INIT"), "libgit2 reads what Git makes by default"
        pytest.skip("libgit2 reads no repository of this kind")
    return objects


@pytest.fixture(params=[_by_libgit2, lambda path: GitObjects(Git.at(path))], ids=["libgit2", "git"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """Opens a repository for the one reader or the other."""
    reader: Opened = request.param
    return reader


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


def test_a_tree_is_what_git_lists(opened: Opened, repo: Repo) -> None:
    listed = Git(repo.path).tree_entries("HEAD")
    assert opened(repo.path).tree("HEAD") == listed
    assert list(opened(repo.path / "wallet").tree("main~0")) == list(listed)


def test_a_submodule_is_no_file(opened: Opened, repo: Repo) -> None:
    head = repo.git("rev-parse", "HEAD").strip()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    repo.git("commit", "-q", "-m", "two")
    assert "sub" not in opened(repo.path).tree("HEAD")


def test_a_blob_is_read_exactly(opened: Opened, repo: Repo) -> None:
    objects = opened(repo.path)
    assert objects.blob(objects.tree("HEAD")["a b/c\nd"][1]) == b"odd"
    for wrong in ("0" * 40, objects.commit("HEAD"), "nonsense"):
        with pytest.raises(UsageError, match="no such blob"):
            objects.blob(wrong)


@pytest.mark.parametrize("revision", ["nonsense", "", "HEAD~7", "0" * 40])
def test_a_wrong_revision_is_told_in_one_line(opened: Opened, repo: Repo, revision: str) -> None:
    with pytest.raises(UsageError, match="no such revision"):
        opened(repo.path).tree(revision)


@pytest.mark.one_file
def test_a_revision_without_a_tree_is_told_in_one_line(opened: Opened, repo: Repo) -> None:
    with pytest.raises(UsageError, match="not a revision that has a commit"):
        opened(repo.path).commit("HEAD:wallet/utxos.json")


def test_outside_a_repository_it_cannot_work(sandbox: Sandbox) -> None:
    with pytest.raises(CannotWork, match="not in a Git repository"):
        objects_of(Git.at(sandbox.home))


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
def test_a_history_is_what_git_lists(opened: Opened, forked: Repo, revision: str) -> None:
    told = list(opened(forked.path).history(revision))
    assert {commit.oid for commit in told} == set(forked.git("rev-list", revision, "--").split())
    places = {commit.oid: place for place, commit in enumerate(told)}
    assert all(places[commit.oid] < places[parent] for commit in told for parent in commit.parents if parent in places)


def test_a_commit_of_a_history_tells_what_git_tells(opened: Opened, forked: Repo) -> None:
    forked.git("-c", "user.name=Zoë", "-c", "user.email=z@example.com", "commit", "-q", "--allow-empty", "-m", "Last",
               "--date=2026-01-02T23:30:00+0200")  # fmt: skip
    commit = next(iter(opened(forked.path).history("HEAD")))
    shown = forked.git("show", "-s", "--format=%H %T %P|%an|%ae|%at|%B", "HEAD").rstrip("\n")
    told = f"{commit.oid} {commit.tree} {' '.join(commit.parents)}|{commit.author}|{commit.email}|{commit.time}|"
    assert told + commit.message.rstrip("\n") == shown.rstrip("\n")
    assert (commit.offset, commit.is_cut) == (120, False)


def test_a_shallow_clone_and_its_linked_work_tree_know_where_they_are_cut(
    opened: Opened, forked: Repo, sandbox: Sandbox
) -> None:
    shallow = sandbox.home / "shallow"
    forked.git("clone", "-q", "--depth", "2", "--branch", "ours", f"file://{forked.path}", str(shallow))
    forked.run("git", "worktree", "add", "-q", str(sandbox.home / "linked"), cwd=shallow)
    for place in (shallow, sandbox.home / "linked"):
        told = list(opened(place).history("HEAD"))
        assert [(commit.message[:6], commit.is_cut, len(commit.parents)) for commit in told] == [
            ("ours 3", False, 1), ("ours 2", True, 0)
        ]  # fmt: skip


@pytest.mark.parametrize("revision", ["nonsense", "main..nonsense", "HEAD:wallet", "", ".."])
def test_a_history_of_what_is_no_revision_is_told_in_one_line(opened: Opened, forked: Repo, revision: str) -> None:
    with pytest.raises(UsageError):
        list(opened(forked.path).history(revision))


@pytest.mark.one_file
def test_chosen_files_are_those_whose_last_three_parts_are_wanted(opened: Opened, repo: Repo) -> None:
    repo.write("agents/ada/wallet/utxos.json", "[]\n")
    repo.write("agents/bob/wallet/utxos.json", "[]\n")
    repo.write("utxos.json", "[]\n")
    repo.commit("two")
    objects = opened(repo.path)
    oid = objects.commit("HEAD")
    listed = {path: entry for path, entry in objects.tree(oid).items() if path.endswith("wallet/utxos.json")}
    assert len(listed) == 3
    assert objects.chosen(oid, lambda path: path.endswith("wallet/utxos.json")) == listed
    again = opened(repo.path)  # which has not been told what is wanted
    assert [*again.chosen(oid, lambda path: path == "ada/wallet/utxos.json")] == ["agents/ada/wallet/utxos.json"]
    assert list(objects.chosen(objects.commit("HEAD~1"), lambda path: path == "wallet/utxos.json")) == [
        "wallet/utxos.json"
    ]


@pytest.mark.parametrize("seed", range(6))
def test_all_merge_bases_are_gits_in_a_history_with_merges(opened: Opened, repo: Repo, seed: int) -> None:
    source = Random(seed)
    tree = repo.git("write-tree").strip()
    commits: list[str] = []
    for number in range(12):
        parents = source.sample(commits, min(len(commits), source.choice((0, 1, 1, 2, 2))))
        links = [word for parent in parents for word in ("-p", parent)]
        commits.append(repo.git("commit-tree", tree, *links, "-m", str(number)).strip())
    objects = opened(repo.path)
    for one in commits[-5:]:
        for other in commits:
            known = repo.git("merge-base", "--all", one, other, ok=(0, 1)).split()
            assert sorted(objects.merge_bases(one, other)) == sorted(known)
            assert sorted(Ancestry(objects, commits[-1]).bases(one, other)) == sorted(known)


def test_branches_are_local_and_remote_tracking(opened: Opened, repo: Repo) -> None:
    head = repo.git("rev-parse", "HEAD").strip()
    repo.git("branch", "agents/ada")
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    repo.git("tag", "v1")
    assert opened(repo.path).branches() == {"agents/ada": head, "main": head, "origin/main": head}


# -- the two readers alike ---------------------------------------------------------------------------------------------


def _both(repo: Repo) -> tuple[Objects, Objects]:
    return _by_libgit2(repo.path), GitObjects(Git.at(repo.path))


def test_histories_have_one_order(forked: Repo) -> None:
    forked.git("merge", "-q", "ours", "-m", "both")
    one, other = _both(forked)
    for revision in ("HEAD", "main..HEAD", "ours...theirs"):
        assert list(one.history(revision)) == list(other.history(revision))
    head = one.commit("HEAD")
    ancestry = list(other.ancestry([head]))
    assert sorted(map(repr, one.ancestry([head]))) == sorted(map(repr, ancestry))
    places = {commit.oid: place for place, commit in enumerate(ancestry)}
    assert all(places[parent] < places[commit.oid] for commit in ancestry for parent in commit.parents)
    base = one.commit("main")
    assert one.beyond(head, base) == other.beyond(head, base)
    assert (one.is_shallow, other.is_shallow) == (False, False)


def test_what_they_write_is_the_same(repo: Repo) -> None:
    one, other = _both(repo)
    assert one.blob_id(b"new\r\n") == other.blob_id(b"new\r\n") == other.write_blob(b"new\r\n")
    blob = ("100644", one.write_blob(b"new\r\n"))
    head = one.commit("HEAD")
    for old, changed in (
        (None, {}),
        (None, {"a": blob, "b/c/d": blob, "b.c": blob, "b-": blob}),
        ("HEAD", {}),
        ("HEAD", {"wallet/labels.json": blob, "a b/c\nd": None, "link": None, "nowhere/at all": None}),
        ("HEAD", {"wallet/utxos.json": None, "wallet/utxos.json/inside": blob}),
        ("HEAD", {"wallet": None, "a b": None}),
        ("HEAD", dict.fromkeys(one.tree("HEAD"))),
    ):
        start = repo.git("rev-parse", f"{old}^{{tree}}").strip() if old else None
        written = one.write_tree(start, changed)
        assert other.write_tree(start, changed) == written, changed
        assert one.differing(start, written) == other.differing(start, written), changed
        if start:
            assert one.differing(written, start) == other.differing(written, start), changed
        who = ("Zoë", "z@example.com", 1_700_000_000)
        assert one.write_commit(written, [head], "Said\n\nMore\n", who) == other.write_commit(
            written, [head], "Said\n\nMore\n", who
        )


@pytest.mark.one_file
def test_folders_and_refs_are_the_same(repo: Repo) -> None:
    repo.write("wallet/deep/er/file", "f")
    repo.commit("two")
    repo.git("tag", "-a", "-m", "signed", "v1")
    repo.git("tag", "-a", "-m", "of a tag", "v2", "v1")
    repo.git("update-ref", "refs/blobs/one", repo.git("rev-parse", "HEAD:wallet/utxos.json").strip())
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    one, other = _both(repo)
    tree = repo.git("rev-parse", "HEAD^{tree}").strip()
    for path in ("wallet", "wallet/deep", "wallet/deep/er", "nowhere", "wallet/utxos.json", "wallet/nowhere"):
        assert one.folder(tree, path) == other.folder(tree, path)
    head = one.commit("HEAD")
    assert (
        one.refs()
        == other.refs()
        == dict.fromkeys(["refs/heads/main", "refs/remotes/origin/main", "refs/tags/v1", "refs/tags/v2"], head)
    )
    tag = repo.git("rev-parse", "v2").strip()
    assert one.commit(tag) == other.commit(tag) == head
    assert one.tree("v2") == other.tree("v2") == one.tree(head)


# -- where libgit2 cannot read -----------------------------------------------------------------------------------------


def test_in_a_sha256_repository_git_reads(repo: Repo, sandbox: Sandbox) -> None:
    place = sandbox.home / "long"
    repo.git("init", "-q", "--object-format=sha256", str(place))
    objects = objects_of(Git.at(place))
    with pytest.raises(UsageError, match="no commit here yet"):
        objects.commit("HEAD")
    blob = objects.write_blob(b"[]\n")
    assert len(blob) == 64
    assert objects.blob_id(b"[]\n") == blob
    tree = objects.write_tree(None, {"wallet/utxos.json": ("100644", blob)})
    commit = objects.write_commit(tree, [], "one", ("A", "a@example.com", 1))
    repo.git("-C", str(place), "fsck", "--strict")
    assert objects.tree(commit) == {"wallet/utxos.json": ("100644", blob)}
    assert [(one.oid, one.message) for one in objects.history(commit)] == [(commit, "one")]


@pytest.mark.one_file
def test_a_partial_clone_is_brought_what_it_needs_and_says_so_when_it_cannot_be(repo: Repo, sandbox: Sandbox) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.write("wallet/utxos.json", "[ ]\n")
    repo.commit("two")
    partial = sandbox.home / "partial"
    repo.git("clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repo.path}", str(partial))
    objects = objects_of(Git.at(partial))
    oids = [objects.tree(revision)["wallet/utxos.json"][1] for revision in ("HEAD", "HEAD^")]
    assert objects.blob(oids[0]) == b"[ ]\n"
    repo.git("-C", str(partial), "config", "remote.origin.url", "file:///nowhere")
    with pytest.raises(CannotWork, match="partial clone"):
        objects.blob(oids[1])
    assert objects_of(Git.at(partial)).blob(oids[0]) == b"[ ]\n"


def test_an_object_store_in_the_environment_is_read(
    repo: Repo, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo.path / ".git/objects").rename(sandbox.home / "elsewhere")
    (repo.path / ".git/objects").mkdir()
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(sandbox.home / "elsewhere"))
    monkeypatch.chdir(repo.path)
    assert list(objects_of(Git()).tree("HEAD")) == list(Git().tree_entries("HEAD"))


def test_where_refs_are_tables_git_reads(repo: Repo, sandbox: Sandbox) -> None:
    if Git.at(sandbox.home).version() < (2, 45, 0):
        pytest.skip("Git knows reftables since 2.45")
    place = sandbox.home / "tables"
    repo.git("init", "-q", "-b", "main", "--ref-format=reftable", str(place))
    repo.git("-C", str(place), "commit", "-q", "--allow-empty", "-m", "one")
    head = repo.git("-C", str(place), "rev-parse", "HEAD").strip()
    assert objects_of(Git.at(place)).refs() == {"refs/heads/main": head}
