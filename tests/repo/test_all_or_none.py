"""What a replacement does when nothing goes wrong, and what stops it; tests/worktree kills it at every step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.repo.all_or_none import AllOrNone, Replacement, Staged
from gitbtc.repo.git import Git

if TYPE_CHECKING:
    from tests.conftest import Repo

OLD = {"a/one": b"1", "two": b"2", "three": b"3"}


@pytest.fixture
def files(repo: Repo) -> AllOrNone:
    for path, content in OLD.items():
        repo.write(path, content)
    (repo.path / "two").chmod(0o750)
    repo.commit("three files")
    return AllOrNone(Git.at(repo.path).at_top())


def now(repo: Repo) -> dict[str, bytes]:
    paths = (path for path in repo.path.rglob("*") if path.is_file() and not path.is_relative_to(repo.path / ".git"))
    return {str(path.relative_to(repo.path)): path.read_bytes() for path in paths}


def test_files_come_go_and_change_and_keep_their_modes(repo: Repo, files: AllOrNone) -> None:
    files.replace(
        [
            Replacement("a/one", b"1", None),
            Replacement("two", b"2", b"zwei"),
            Replacement("three", b"3", b"3", 0o755),
            Replacement("new/folder/four", None, b"4"),
        ]
    )
    assert now(repo) == {"two": b"zwei", "three": b"3", "new/folder/four": b"4"}
    assert (repo.path / "two").stat().st_mode & 0o777 == 0o750
    assert (repo.path / "three").stat().st_mode & 0o777 == 0o755
    assert files.interrupted == files.prepared == files.finish() == []


def test_the_index_goes_with_them(repo: Repo, files: AllOrNone) -> None:
    git = Git.at(repo.path)
    entries = git.index_entries()
    staged = [
        Staged("two", entries["two"], ("100755", git.write_blob(b"zwei"))),
        Staged("a/one", entries["a/one"], None),
    ]
    files.replace([Replacement("two", b"2", b"zwei"), Replacement("a/one", b"1", None)], staged)
    assert repo.git("status", "--porcelain") == "D  a/one\nM  two\n"


@pytest.mark.parametrize("wrong", [Replacement("two", b"other", b"zwei"), Replacement("two", None, b"zwei")])
def test_one_file_that_is_not_as_it_was_said_to_be_stops_all(repo: Repo, files: AllOrNone, wrong: Replacement) -> None:
    with pytest.raises(CannotWork, match="two: the file was changed meanwhile"):
        files.replace([Replacement("three", b"3", b"drei"), wrong])
    assert now(repo) == OLD


def test_an_entry_that_is_not_as_it_was_said_to_be_stops_all(repo: Repo, files: AllOrNone) -> None:
    staged = [Staged("two", None, ("100644", "0" * 40))]
    with pytest.raises(CannotWork, match="two: its entry in the index was changed meanwhile"):
        files.replace([Replacement("three", b"3", b"drei")], staged)
    assert now(repo) == OLD


def test_a_file_that_cannot_be_written_or_an_index_that_is_locked_stops_all(repo: Repo, files: AllOrNone) -> None:
    with pytest.raises(CannotWork, match=r"two/inside: cannot be written: .*two: File exists"):
        files.replace([Replacement("three", b"3", b"drei"), Replacement("two/inside", None, b"")])
    (repo.path / ".git/index.lock").touch()
    entry = Git.at(repo.path).index_entries()["two"]
    with pytest.raises(GitbtcError, match=r"index\.lock"):
        files.replace([Replacement("two", b"2", b"zwei")], [Staged("two", entry, None)])
    assert now(repo) == OLD
    assert files.interrupted == []
