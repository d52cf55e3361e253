"""What a history had and has no longer, on each line of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.kinds.registry import Kinds
from gitbtc.repo.git import Git
from gitbtc.state.lost import lost_files
from gitbtc.state.snapshot import of_revision

if TYPE_CHECKING:
    from gitbtc.state.snapshot import Snapshot
    from tests.conftest import Repo, Sandbox

PATH = "strategy/agent.json"


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    return sandbox.repo("plain")


def lost(repo: Repo, revision: str = "HEAD") -> set[tuple[str, bytes]]:
    """(path, content) of each strategy that is lost."""
    git = Git.at(repo.path)
    with git.blobs() as blobs:

        def snapshot(oid: str | None) -> Snapshot:
            return of_revision(git, oid, blobs.read, Kinds())

        found = lost_files(git, git.resolve(revision), "strategy", snapshot)
        assert all(snapshot(oid).oid(path) == files.oid(path) for oid, files, path in found)
        return {(path, files.content(path)) for _, files, path in found}


def version(repo: Repo, content: str, path: str = PATH) -> str:
    repo.write(path, content)
    return repo.unexamined(f"{path}: {content}")


def without(repo: Repo, path: str = PATH) -> str:
    repo.git("rm", "-q", path)
    return repo.unexamined(f"no {path}")


def merge(repo: Repo, *parents: str, files: str) -> None:
    given = [part for parent in parents for part in ("-p", parent)]
    repo.git("reset", "-q", "--hard", repo.git("commit-tree", f"{files}^{{tree}}", *given, "-m", "merge").strip())


def test_what_was_last_there_counts(repo: Repo) -> None:
    repo.write("notes.txt", "")
    repo.commit("nothing yet")
    assert lost(repo) == set()
    version(repo, "one")
    version(repo, "two")
    assert lost(repo) == set()
    without(repo)
    repo.write("notes.txt", "more")
    repo.commit("meanwhile")
    assert lost(repo) == {(PATH, b"two")}
    version(repo, "three")
    assert lost(repo) == set()
    without(repo)
    assert lost(repo) == {(PATH, b"three")}


@pytest.mark.parametrize("root", ["other", "a/b", "[a]*", "two\nlines", "\u00e9"])
def test_every_root_counts(repo: Repo, root: str) -> None:
    version(repo, "top")
    version(repo, "below", f"{root}/{PATH}")
    without(repo)
    without(repo, f":(literal){root}/{PATH}")
    assert lost(repo) == {(PATH, b"top"), (f"{root}/{PATH}", b"below")}


def test_every_line_counts_that_a_merge_left_out(repo: Repo) -> None:
    """Also where Git follows the first parent alone, since the merge has what that one has."""
    repo.write("notes.txt", "")
    start = repo.commit("start")
    one = version(repo, "one")
    repo.git("checkout", "-q", "--detach", start)
    two = version(repo, "two")
    gone = without(repo)
    merge(repo, gone, one, files=start)
    assert lost(repo) == {(PATH, b"one"), (PATH, b"two")}
    merge(repo, start, two, files=start)
    assert lost(repo) == {(PATH, b"two")}
    merge(repo, one, two, files=start)
    assert lost(repo) == {(PATH, b"one"), (PATH, b"two")}
    repo.git("checkout", "-q", "--orphan", "another")
    merge(repo, repo.git("commit-tree", f"{start}^{{tree}}", "-m", "orphan").strip(), two, files=start)
    assert lost(repo) == {(PATH, b"two")}


def test_what_a_person_has_set_for_git_log_changes_nothing(repo: Repo) -> None:
    version(repo, "one")
    repo.git("mv", "strategy", "moved")
    repo.commit("moved")
    for name, value in (("log.diffMerges", "off"), ("log.showSignature", "true"), ("diff.renames", "copies")):
        repo.git("config", name, value)
    assert lost(repo) == {(PATH, b"one")}
