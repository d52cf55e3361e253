"""The best common ancestor that is found without git is the one that git finds, or is left to git."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.repo.bases import Parentage, common_ancestors
from gitbtc.repo.git import Git

if TYPE_CHECKING:
    from tests.conftest import Repo

# For each commit how far back its parents are, and how far its date is from its place.
HISTORIES = st.lists(
    st.tuples(st.sets(st.integers(1, 6), max_size=3), st.integers(-8, 8)), min_size=2, max_size=24
)  # fmt: skip


def made(history: list[tuple[set[int], int]], *, lying: bool) -> dict[str, Parentage]:
    """The commits by name, each with earlier ones for parents."""
    return {
        str(at): Parentage([str(at - back) for back in sorted(backs) if back <= at], 100 + at + (skew if lying else 0))
        for at, (backs, skew) in enumerate(history)
    }


def best(commits: dict[str, Parentage], one: str, other: str) -> set[str]:
    """The common ancestors that no other common one has for an ancestor, by what the words say."""
    above: dict[str, set[str]] = {}
    for name, commit in commits.items():
        above[name] = {name}.union(*(above[parent] for parent in commit.parents))
    common = above[one] & above[other]
    return {name for name in common if not any(name != rest and name in above[rest] for rest in common)}


@given(HISTORIES, st.data())
def test_what_is_found_is_the_best_common_ancestor(history: list[tuple[set[int], int]], data: st.DataObject) -> None:
    for lying in (False, True):
        commits = made(history, lying=lying)
        one, other = (data.draw(st.sampled_from(sorted(commits))) for _ in range(2))
        known, found = best(commits, one, other), common_ancestors(commits.get, one, other)
        assert found is None or set(found) == known
        if not lying and len(known) < 2:
            assert found is not None


@given(HISTORIES, st.data())
def test_what_is_not_there_is_never_needed_or_left_to_git(
    history: list[tuple[set[int], int]], data: st.DataObject
) -> None:
    commits = made(history, lying=False)
    one, other = (data.draw(st.sampled_from(sorted(commits))) for _ in range(2))
    gone = data.draw(st.sets(st.sampled_from(sorted(commits))))
    found = common_ancestors(lambda name: None if name in gone else commits[name], one, other)
    assert found is None or set(found) == best(commits, one, other)


def test_the_ancestor_of_two_short_branches_needs_nothing_below_it() -> None:
    commits = {"base": Parentage(["gone"], 1), "ours": Parentage(["base"], 2), "theirs": Parentage(["base"], 3)}
    assert common_ancestors(commits.get, "ours", "theirs") == ["base"]


def test_a_long_history_is_left_to_git() -> None:
    line = {str(at): Parentage([str(at - 1)] if at else [], at) for at in range(1_500)}
    line["other"] = Parentage(["0"], 0)
    assert common_ancestors(line.get, "1499", "other") is None
    assert common_ancestors(line.get, "900", "other") == ["0"]


@pytest.mark.one_file
@pytest.mark.parametrize("seed", range(3))
def test_git_says_the_same_of_a_history_with_merges_and_dates_that_lie(repo: Repo, seed: int) -> None:
    source = Random(seed)
    tree = repo.git("write-tree").strip()
    commits: list[str] = []
    for number in range(14):
        parents = source.sample(commits, min(len(commits), source.choice((0, 1, 1, 1, 2, 3))))
        head = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        who = f"a <a@example.org> {1_700_000_000 + source.randrange(40)} +0200"
        content = "\n".join([*head, f"author {who}", f"committer {who}", "", f"{number}\n"])
        commits.append(repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=content.encode()).strip())
    git = Git(repo.path)
    for one in commits[-5:]:
        for other in commits:
            known = repo.git("merge-base", "--all", one, other, ok=(0, 1)).split()
            assert sorted(git.merge_bases(one, other)) == sorted(known)


@pytest.mark.one_file
def test_git_is_started_only_for_what_does_not_lie_plainly(repo: Repo, started: list[Any]) -> None:
    repo.write("a", "1")
    base = repo.commit("base")
    repo.write("a", "2")
    left = repo.commit("left")
    repo.git("checkout", "-q", "-b", "other", base)
    repo.write("a", "3")
    right = repo.commit("right")
    git = Git(repo.path)
    started.clear()
    assert git.merge_bases(left, right) == [base]
    assert not started
    # A graft has Git see another history than the objects tell.
    grafts = repo.path / ".git" / "info" / "grafts"
    grafts.parent.mkdir(exist_ok=True)
    grafts.write_text(f"{left}\n")
    assert git.merge_bases(left, right) == []
    grafts.unlink()
    repo.git("replace", "--graft", left)
    assert Git(repo.path).merge_bases(left, right) == []
    repo.git("replace", "-d", left)
    repo.git("gc", "-q", "--prune=now")
    assert Git(repo.path).merge_bases(left, right) == [base]
