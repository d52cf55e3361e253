"""Revisions, refs and histories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import UsageError
from gitbtc.repo.git import Git, GitFailed, is_oid

if TYPE_CHECKING:
    from tests.conftest import Repo


def test_resolve_takes_revisions_only(repo: Repo) -> None:
    git = Git(repo.path)
    assert git.find("HEAD") is None
    repo.write("a", "1")
    head = repo.commit("one")
    assert git.resolve("HEAD") == git.resolve("main") == head
    for wrong in ("nonsense", "--all", ""):
        with pytest.raises(UsageError, match="no such revision"):
            git.resolve(wrong)


def test_several_revisions_are_told_at_once(repo: Repo) -> None:
    assert Git(repo.path).find_each("HEAD", "REVERT_HEAD") == [None, None]
    repo.write("a", "1")
    oid = repo.commit("one")
    repo.git("update-ref", "REVERT_HEAD", "HEAD")
    assert Git(repo.path).find_each("HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD") == [oid, None, oid]


def test_merge_bases_of_criss_cross_and_unrelated_histories(repo: Repo) -> None:
    git = Git(repo.path)
    repo.write("a", "1")
    base = repo.commit("base")
    repo.git("checkout", "-q", "-b", "other")
    repo.write("b", "1")
    left = repo.commit("left")
    repo.git("checkout", "-q", "main")
    repo.write("c", "1")
    right = repo.commit("right")
    assert git.merge_bases("main", "other") == [base]
    repo.git("merge", "-q", left)
    repo.git("checkout", "-q", "other")
    repo.git("merge", "-q", right)
    assert sorted(git.merge_bases("main", "other")) == sorted([left, right])
    repo.git("checkout", "-q", "--orphan", "alone")
    repo.commit("unrelated")
    assert git.merge_bases("main", "alone") == []
    assert git.commits("main", "^" + base)[0] == (left, [base]) or git.commits("main", "^" + base)[0] == (right, [base])
    assert git.commits("main")[-1] == (git.resolve("main"), [right, left])


def test_octopus_merge_heads_are_all_told(repo: Repo) -> None:
    (repo.path / ".git" / "MERGE_HEAD").write_text("a" * 40 + "\n" + "b" * 40 + "\n")
    assert Git(repo.path).heads_in("MERGE_HEAD") == ["a" * 40, "b" * 40]
    assert Git(repo.path).heads_in("REVERT_HEAD") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a" * 40, True), ("a" * 64, True), ("A" * 40, False), ("a" * 41, False), ("a" * 40 + "\n", False)],
)
def test_a_full_oid_is_forty_or_sixty_four_hex_digits(text: str, *, expected: bool) -> None:
    assert is_oid(text) is expected


def test_new_commits_are_those_that_nobody_knows_yet(repo: Repo) -> None:
    git, oids = Git(repo.path), []
    for number in range(3):
        repo.write("a", str(number))
        oids.append(repo.commit(str(number)))
    blob = git.write_blob(b"x")
    assert git.new_commits([oids[2]]) == oids
    assert git.new_commits([oids[2], oids[1], blob], f"^{oids[0]}") == oids[1:]
    assert git.new_commits([f"{oids[0]}..{oids[2]}"]) == oids[1:]
    assert git.new_commits([oids[2]], "--not", "--all") == []
    assert git.new_commits([]) == []


def test_independent_commits_are_no_other_ones_parents(repo: Repo) -> None:
    listed = [repo.git("commit-tree", "-m", name, repo.git("write-tree").strip()).strip() for name in ("one", "two")]
    tree = repo.git("write-tree").strip()
    listed.append(repo.git("commit-tree", "-p", listed[0], "-m", "on one", tree).strip())
    assert sorted(Git.at(repo.path).independent(listed)) == sorted(listed[1:])


def test_the_current_branch_is_told_before_its_first_commit_and_never_when_detached(repo: Repo) -> None:
    repo.git("symbolic-ref", "HEAD", "refs/heads/agents/a")
    assert Git(repo.path).current_branch() == "refs/heads/agents/a"
    repo.write("a", "1")
    repo.git("switch", "-q", "--detach", repo.commit("one"))
    assert Git(repo.path).current_branch() is None


def test_refs_are_told_with_what_they_point_to(repo: Repo) -> None:
    repo.write("a", "1")
    head = repo.commit("one")
    repo.git("tag", "-a", "-m", "x", "v1")
    branch = repo.git("symbolic-ref", "HEAD").strip()
    tag = repo.git("rev-parse", "refs/tags/v1").strip()
    assert Git(repo.path).refs() == [(head, "commit", branch), (tag, "tag", "refs/tags/v1")]


@pytest.mark.parametrize(
    ("ref", "expected"),
    [("refs/heads/a/b", True), ("refs/heads/", False), ("refs/heads/a..b", False), ("refs/heads/a b", False)],
)
def test_a_ref_name_is_one_that_git_takes(repo: Repo, ref: str, *, expected: bool) -> None:
    assert Git(repo.path).is_ref_name(ref) is expected


def test_a_ref_moves_from_where_it_was_only(repo: Repo) -> None:
    oids = []
    for number in range(2):
        repo.write("a", str(number))
        oids.append(repo.commit(str(number)))
    git = Git(repo.path)
    git.move_ref("refs/heads/joined", oids[0], None, "made")
    with pytest.raises(GitFailed):
        git.move_ref("refs/heads/joined", oids[1], None, "moved")
    with pytest.raises(GitFailed):
        git.move_ref("refs/heads/joined", oids[1], oids[1], "moved")
    git.move_ref("refs/heads/joined", oids[1], oids[0], "moved")
    assert git.find("refs/heads/joined") == oids[1]
    assert repo.git("reflog", "--format=%gs", "joined") == "moved\nmade\n"


def test_the_work_tree_on_a_branch_is_told(repo: Repo) -> None:
    repo.write("a", "1")
    repo.commit("one")
    repo.git("worktree", "add", "-q", "-b", "other", "../linked")
    repo.git("branch", "idle")
    git = Git(repo.path)
    assert git.work_tree_on("refs/heads/other") == str(repo.path.parent / "linked")
    assert git.work_tree_on("refs/heads/idle") is None


def test_messages_are_those_with_a_line_that_matches(repo: Repo) -> None:
    for message in ("one\n\nReservation: a\n", "a Reservation: b", "three\n\nContested: c\n\nmore"):
        repo.git("commit", "-q", "--allow-empty", "-m", message)
    found = Git(repo.path).messages(["HEAD"], "^(Contested|Reservation): ")
    assert [message.strip() for message in found] == ["three\n\nContested: c\n\nmore", "one\n\nReservation: a"]
    assert Git(repo.path).messages(["HEAD"], "^nothing") == []


def test_lost_paths_and_the_commits_on_a_path(repo: Repo) -> None:
    oids = []
    for content in ("1", None, "2"):
        repo.write("wallet/a*.json", content) if content else (repo.path / "wallet/a*.json").unlink()
        repo.write("b", content or "")
        oids.append(repo.commit("one"))
    repo.write("b", "3")
    head = repo.commit("elsewhere")
    git = Git(repo.path)
    assert git.lost_paths("**/*.json", head) == ["wallet/a*.json"]
    assert git.lost_paths("*.txt", head) == []
    assert git.commits_on("wallet/a*.json", head) == [(oids[0], []), (oids[1], [oids[0]]), (oids[2], [oids[1]])]


def test_all_that_files_ever_were(repo: Repo) -> None:
    git = Git(repo.path)
    for content in ("one", "two", "three"):
        repo.write("a [1].json", content)
        repo.write("b.json", content * 2)
        repo.commit(content)
    repo.git("rm", "-q", "a [1].json")
    repo.commit("gone")
    told = git.contents_of(["a [1].json"], "HEAD")
    assert {git.blob_id(content.encode()) for content in ("one", "two", "three")} <= told
    assert git.blob_id(b"oneone") not in told
    assert git.contents_of([], "HEAD") == set()
