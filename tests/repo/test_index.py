"""Entries of trees, of the index and of the work tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gitbtc.repo.git import Changed, Git, GitFailed

if TYPE_CHECKING:
    from tests.conftest import Repo

ODD = 'ta\tb "q" \n new\u00e9\u20bf.json'


def test_the_index_of_a_partial_commit_is_the_one_read(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("a", "1")
    repo.git("add", "a")
    monkeypatch.setenv("GIT_INDEX_FILE", str(repo.path / "other-index"))
    assert Git(repo.path).index_entries() == {}
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert list(Git(repo.path).index_entries()) == ["a"]


def test_tree_and_index_tell_odd_paths_modes_and_oids(repo: Repo) -> None:
    git = Git(repo.path)
    repo.write(ODD, "odd")
    repo.write("tool", "x").chmod(0o755)
    (repo.path / "link").symlink_to("tool")
    repo.write(":(top)magic", "m")
    (repo.path / os.fsdecode(b"latin-\xe9")).write_bytes(b"l")
    repo.commit("one")
    expected = {
        ODD: ("100644", git.blob_id(b"odd")), "tool": ("100755", git.blob_id(b"x")),
        "link": ("120000", git.blob_id(b"tool")), "latin-\udce9": ("100644", git.blob_id(b"l")),
        ":(top)magic": ("100644", git.blob_id(b"m")),
    }  # fmt: skip
    assert git.tree_entries("HEAD") == expected
    assert git.index_entries() == expected
    assert Git(repo.path / ".." / repo.path.name).tree_entries("HEAD", ODD) == {ODD: expected[ODD]}
    with git.blobs() as blobs:
        assert blobs.read_path("HEAD", ODD) == b"odd"
        assert blobs.read_path("HEAD", "latin-\udce9") == b"l"
        assert blobs.read_path("HEAD", ":(top)magic") == b"m"
        assert blobs.read_path("HEAD", "*") is None


def test_the_whole_index_is_told_from_a_subfolder(repo: Repo) -> None:
    repo.write("top", "1")
    repo.write("sub/below", "2")
    repo.git("add", "-A")
    assert sorted(Git(repo.path / "sub").index_entries()) == ["sub/below", "top"]


def test_unmerged_paths_tell_their_stages(repo: Repo) -> None:
    git = Git(repo.path)
    entries = {stage: ("100644", git.write_blob(text)) for stage, text in ((1, b"base"), (2, b"ours"), (3, b"theirs"))}
    git.update_index({"a": entries, "b": entries[2], "c": entries[1]})
    assert git.unmerged_entries() == {"a": entries}
    assert git.index_entries() == {"b": entries[2], "c": entries[1]}
    assert git.staged_paths() == [Changed("a", None, None), Changed("b", None, entries[2]),
                                  Changed("c", None, entries[1])]  # fmt: skip
    git.update_index({"a": entries[3], "b": None, "c": {2: entries[2]}})
    assert git.index_entries() == {"a": entries[3]}
    assert git.unmerged_entries() == {"c": {2: entries[2]}}


def test_changes_between_revisions_index_and_work_tree(repo: Repo) -> None:
    git = Git(repo.path)
    blob = {text: ("100644", git.write_blob(text.encode())) for text in ("1", "2", "3", "gone")}
    repo.write("same", "1")
    repo.write("edited", "1")
    repo.write("gone", "gone")
    repo.commit("one")
    repo.write("edited", "2")
    repo.write(ODD, "gone")
    (repo.path / "gone").unlink()
    repo.git("add", "-A")
    expected = [Changed("edited", blob["1"], blob["2"]), Changed("gone", blob["gone"], None),
                Changed(ODD, None, blob["gone"])]  # fmt: skip
    assert git.staged_paths() == expected
    assert git.unstaged_paths() == []
    repo.write("same", "3")
    assert git.unstaged_paths() == [Changed("same", blob["1"], ("100644", "0" * 40))]
    repo.git("commit", "-q", "-m", "two")
    assert git.changed_paths("HEAD~1", "HEAD") == expected
    assert [change.path for change in git.changed_paths(git.empty_tree(), "HEAD~1")] == ["edited", "gone", "same"]
    assert git.staged_paths("HEAD~1") == expected


def test_a_refreshed_index_knows_the_files_that_are_as_it_has_them(repo: Repo) -> None:
    repo.write("a.txt", "a")
    git = Git.at(repo.path)
    git.update_index({"a.txt": ("100644", git.write_blob(b"a"))})
    assert repo.git("diff-files", "--name-only") == "a.txt\n"
    git.refresh_index()
    assert repo.git("diff-files", "--name-only") == ""
    repo.write("a.txt", "b")
    git.refresh_index()
    assert repo.git("diff-files", "--name-only") == "a.txt\n"


def test_files_are_staged_by_their_very_names_and_out_when_gone(repo: Repo) -> None:
    for name in ("*.json", "a.json", ODD, "gone"):
        repo.write(name, "1")
    git = Git(repo.path)
    git.stage(["gone", "*.json", ODD])
    (repo.path / "gone").unlink()
    git.stage(["gone"])
    assert sorted(git.index_entries()) == sorted(["*.json", ODD])


def test_what_is_only_announced_is_not_in_the_index(repo: Repo) -> None:
    for name in ("announced", "empty", "full"):
        repo.write(name, "1" if name == "full" else "")
    repo.git("add", "empty", "full")
    repo.git("add", "-N", "announced")
    assert sorted(Git(repo.path).index_entries()) == ["empty", "full"]


def test_all_is_committed_whatever_lies_untracked_beside(repo: Repo) -> None:
    git = Git(repo.path)
    repo.write("a", "1")
    repo.commit("one")
    repo.write("untracked", "1")
    assert git.all_is_committed()
    repo.write("a", "2")
    assert not git.all_is_committed()
    repo.git("add", "a")
    assert not git.all_is_committed()


def test_an_ignored_file_is_told_from_a_tracked_one(repo: Repo) -> None:
    repo.write(".gitignore", "*.log\n")
    repo.write("kept.log", "1")
    repo.git("add", "-f", "kept.log")
    assert [Git(repo.path).is_ignored(path) for path in ("new.log", "kept.log", "a")] == [True, False, False]


def test_a_commit_holds_the_index_and_a_message_of_paragraphs(repo: Repo) -> None:
    git = Git(repo.path)
    repo.write("a", "1")
    git.stage(["a"])
    git.commit("Settle it", "Double-Spend: a")
    git.commit("Nothing new")
    assert repo.git("log", "--format=%B") == "Nothing new\n\nSettle it\n\nDouble-Spend: a\n\n"
    assert list(git.tree_entries("HEAD")) == ["a"]


def test_a_commit_that_a_hook_refuses_says_what_the_hook_said(repo: Repo) -> None:
    hook = repo.path / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not like that >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitFailed, match="not like that"):
        Git(repo.path).commit("x")


def test_a_branch_is_fast_forwarded_with_its_work_tree_or_not_at_all(repo: Repo) -> None:
    repo.write("a", "1")
    first = repo.commit("one")
    repo.write("a", "2")
    second = repo.commit("two")
    repo.git("reset", "-q", "--hard", first)
    git = Git(repo.path)
    git.fast_forward(second)
    assert (repo.path / "a").read_text() == "2"
    aside = repo.git("commit-tree", "-m", "aside", f"{first}^{{tree}}").strip()
    with pytest.raises(GitFailed):
        git.fast_forward(aside)
    assert git.find("HEAD") == second
