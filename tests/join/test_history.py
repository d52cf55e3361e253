from __future__ import annotations

from gitbtc.join.history import CommitGraph


class Read:
    def __init__(self, oid: str, parents: str, time: int = 0, message: bytes = b"") -> None:
        self.oid, self.parents, self.time = oid, list(parents), time
        self.tree, self.message = "t" + oid, message


JOIN = b"Join\n\nGitbtc-Join: t%s\n"


def test_no_wrong_clock_makes_a_commit_older_than_what_it_was_built_on() -> None:
    history = CommitGraph([Read("a", "", 100), Read("b", "a", 5), Read("c", "b", 300)])
    assert [history.nodes[oid].token for oid in "abc"] == [(100, "a"), (101, "b"), (300, "c")]


def test_a_join_comes_down_to_the_commits_that_it_joins() -> None:
    history = CommitGraph([Read("a", ""), Read("b", "a"), Read("c", "a"), Read("j", "bc", message=JOIN % b"j"),
                       Read("d", "b")])  # fmt: skip
    assert sorted(history.frontier(["j"])) == ["b", "c"]
    assert sorted(history.frontier(["j", "d"])) == ["c", "d"]


def test_an_amended_join_is_a_commit_of_its_own() -> None:
    history = CommitGraph([Read("a", ""), Read("b", "a"), Read("c", "a"), Read("j", "bc", message=JOIN % b"x")])
    assert history.frontier(["j"]) == ["j"]


def test_the_common_base_is_the_newest_commit_that_every_way_leads_through() -> None:
    criss_cross = [Read("o", ""), Read("a", "o", 1), Read("b", "o", 1), Read("x", "ab", 2), Read("y", "ab", 2)]
    assert CommitGraph(criss_cross).common(["x", "y"]) == "o"
    old_side = [Read("o", ""), Read("a", "o", 1), Read("s", "o", 9), Read("b", "a", 2), Read("m", "sb", 10),
                Read("n", "b", 3)]  # fmt: skip
    assert CommitGraph(old_side).common(["m", "n"]) == "o"
    assert CommitGraph([Read("o", ""), Read("u", "")]).common(["o", "u"]) is None
