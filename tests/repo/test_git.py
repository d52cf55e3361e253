"""The facade over the git program: which repository it looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.repo.git import Git, GitFailed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo, Sandbox


def test_another_folder_is_looked_at_whatever_repository_a_hook_speaks_of(
    repo: Repo, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sandbox.repo("other")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    assert Git(repo.path).git_dir() == str(other.path / ".git")
    assert Git.at(repo.path).git_dir() == str(repo.path / ".git")


def test_what_is_stored_is_read_and_no_replacement_for_it(repo: Repo) -> None:
    git = Git(repo.path)
    one, other = git.write_blob(b"stored"), git.write_blob(b"shown")
    repo.git("replace", one, other)
    for reader, content in ((git, b"shown"), (git.as_stored(), b"stored")):
        with reader.blobs() as blobs:
            assert blobs.find(one) == ("blob", content)
            assert blobs.find("1" * 40) is None


def test_what_is_written_apart_is_gone_with_its_folder(repo: Repo, tmp_path: Path) -> None:
    git = Git(repo.path)
    kept = git.write_blob(b"kept")
    apart = git.apart(str(tmp_path))
    fetched = apart.write_blob(b"fetched")
    assert apart.headers([kept, fetched]).keys() == {kept, fetched}
    assert git.headers([kept, fetched]).keys() == {kept}


def test_a_repository_is_made_and_made_again(sandbox: Sandbox) -> None:
    for name, make, is_bare in (("with files", Git.init, False), ("bare", Git.init_bare, True)):
        git = Git.at(sandbox.home / name)
        (sandbox.home / name).mkdir()
        make(git)
        make(git)
        assert git.is_bare() is is_bare


def test_texts_are_merged_and_no_file_is_written(repo: Repo) -> None:
    for name, text in (
        ("base", "a\nb\nc\nd\n"),
        ("ours", "A\nb\nc\nd\n"),
        ("theirs", "a\nb\nc\nD\n"),
        ("other", "x\n"),
    ):
        repo.write(name, text)
    git = Git(repo.path)
    assert git.merge_as_text("ours", "base", "theirs", "7") == b"A\nb\nc\nD\n"
    assert git.merge_as_text("ours", "base", "other", "9").startswith(b"<<<<<<<<< ours\nA\n")
    assert (repo.path / "ours").read_text() == "A\nb\nc\nd\n"
    repo.write("binary", "\0")
    with pytest.raises(GitFailed, match="binary"):
        git.merge_as_text("ours", "base", "binary", "7")
