"""How heads are shared out."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pygit2
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.join.history import CommitGraph
from gitbtc.join.joining import MOST_PARENTS
from gitbtc.join.shares import groups, shared_base, shares
from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from tests.join.graphs import Graph

if TYPE_CHECKING:
    from pathlib import Path


@given(st.integers(1, 5000), st.integers(1, 40))
def test_every_head_is_in_one_share_and_no_share_has_more_than_a_commit_has_parents(heads: int, workers: int) -> None:
    named = {f"refs/heads/agents/{number}": f"{number:040x}" for number in range(heads)}
    cut = shares(named, workers)
    assert [head for share in cut for head in share] == sorted(named)
    assert max(map(len, cut)) <= MOST_PARENTS
    assert len(cut) >= min(heads, workers)


def test_groups_keep_the_order() -> None:
    assert groups([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]


def test_shares_with_one_head_in_common_find_what_all_have_in_common(tmp_path: Path) -> None:
    pygit2.init_repository(str(tmp_path), bare=True)
    objects = objects_of(Git.at(tmp_path))
    found = 0
    for seed in range(60):
        graph = Graph(objects, Random(seed), replicas=6)
        graph.grow(15)
        heads = CommitGraph(objects.ancestry(graph.heads)).independent(graph.heads)
        tokens = [
            shared_base(objects.ancestry(asked), asked)
            for share in groups(heads, 2)
            if (asked := list({*share, heads[0]}))
        ]
        alone = shared_base(objects.ancestry(heads), heads)
        known = [token for token in tokens if token]
        together = min(known) if len(known) == len(tokens) else None
        found += together == alone
        assert together is None or alone is None or together <= alone
    assert found > 55
