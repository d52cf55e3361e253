"""Histories over shards come to what they come to over whole files, however often they were resharded on the way."""

from __future__ import annotations

import re
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.judge.broken_rules import broken_by_step, broken_rules
from gitbtc.kinds.registry import Kinds
from gitbtc.premerge.branches import Premerge
from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from gitbtc.state.snapshot import Snapshot, of_contents
from gitbtc.views.premerge import findings
from tests.join.graphs import Graph, contested, files, join

if TYPE_CHECKING:
    from gitbtc.premerge.foreseen import MergeFinding
    from gitbtc.repo.objects import Objects
    from tests.conftest import Repo

KINDS = Kinds()
ASKED = [("log",), ("log", "--json", "-n", "3"), ("check",), ("balance",), ("coins",), ("statement",),
         ("reservations",), ("why", "f0f0f0f0:0"), ("status",)]  # fmt: skip
# Names of commits, and the digest of a document that names some.
_COMMITS = re.compile(r"\b[0-9a-f]{7,40}\b|(?<=--json\n    )[0-9a-f]{64}")


class OnTime(Graph):
    """A history whose clocks are right: of two commits of one time, their oids say which one counts, and these are
    others where the files are.
    """

    def __init__(self, objects: Objects, seed: int, *, sharded: bool) -> None:
        self.numbers = count()
        super().__init__(objects, Random(seed), sharded=sharded, lying=Random(seed))

    def seconds(self) -> int:
        return next(self.numbers)


def both(objects: Objects, seed: int, steps: int = 10) -> tuple[Graph, Graph]:
    """One history over whole files, and over whatever layouts came, each commit's like a parent's or another."""
    whole, other = (OnTime(objects, seed, sharded=sharded) for sharded in (False, True))
    whole.grow(steps)
    other.grow(steps)
    return whole, other


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> Git:
    place = tmp_path_factory.mktemp("histories")
    pygit2.init_repository(str(place), bare=True)
    return Git.at(place)


seeds = st.integers(0, 2**32)


@given(seeds)
@settings(max_examples=12, derandomize=True)
def test_they_join_to_the_same_and_contest_the_same(git: Git, seed: int) -> None:
    objects = objects_of(git)
    whole, other = both(objects, seed)
    assert files(objects, join(objects, other.heads)) == files(objects, join(objects, whole.heads))
    told = [
        [(one.type, one.outpoint, one.parties) for one in contested(objects, graph.heads)] for graph in (whole, other)
    ]
    assert told[0] == told[1]


def judged(objects: Objects, commit: str) -> tuple[object, ...]:
    """What is known of the coins of a commit, which rules it and the step to it break, and the bytes of its records.
    Each fault is where it says.
    """
    [*_, node] = objects.ancestry([commit])
    after, *before = (
        Snapshot("it", objects.tree(one), lambda _, oid: objects.blob(oid), KINDS) for one in [commit, *node.parents]
    )
    found = [*broken_rules(after, ""), *broken_by_step(before or [of_contents("nothing", {}, KINDS)], after, "")]
    for path, violation in found:
        file, line = violation.place
        assert not line or (KINDS.whole(file) == path and line < len(after.file(file).splitlines()))
    told = [(path, one.rule, one.identity, one.text, bool(one.place[1])) for path, one in found]
    return told, {**after.evidence("").claims}, {path: after.content(path) for path in after.state_paths()}


@given(seeds)
@settings(max_examples=12, derandomize=True)
def test_each_commit_is_judged_alike_and_its_shards_are_the_file(git: Git, seed: int) -> None:
    objects = objects_of(git)
    whole, other = both(objects, seed)
    for one, two in zip(whole.commits, other.commits, strict=True):
        assert judged(objects, two) == judged(objects, one)


def _without_base(finding: MergeFinding) -> dict[str, Any]:
    """A contest but for the record of a base: of several, their oids say which comes first."""
    return {name: told for name, told in findings([finding])[0].items() if name != "base"}


@given(seeds)
@settings(max_examples=12, derandomize=True)
def test_the_same_records_are_contested_in_merges(git: Git, seed: int) -> None:
    objects, foreseen = objects_of(git), []
    for graph in both(objects, seed):
        onto, *heads = graph.heads
        premerge = Premerge(git, objects, objects.blob, onto, {f"{number}": head for number, head in enumerate(heads)})
        collisions = premerge.judge()
        told = [(one.one.name, one.other.name, one.conflicts) for one in collisions]
        told += [("", branch.name, branch.conflicts) for branch in premerge.branches]
        contests = [(*names, [_without_base(one) for one in found if one.conflict]) for *names, found in told]
        foreseen.append([one for one in contests if one[-1]])
    assert foreseen[0] == foreseen[1]


@pytest.mark.one_interpreter
@pytest.mark.parametrize("seed", [5, 11])
def test_every_command_has_the_same_words_for_them(treasury: Repo, seed: int) -> None:
    said = []
    for graph in both(objects_of(Git.at(treasury.path)), seed, steps=20):
        treasury.git("checkout", "-q", "-f", "--detach", graph.heads[0])
        answers = [treasury.gitbtc(*words, ok=(0, 1, 3)) for words in ASKED]
        said.append([_COMMITS.sub("", answer.stdout + answer.stderr) for answer in answers])
        assert not any("unexpected" in one for one in said[-1])
    for words, one, other in zip(ASKED, *said, strict=True):
        assert one == other, words
