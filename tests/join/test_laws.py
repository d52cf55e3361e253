from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pygit2
import pytest

from gitbtc.join import element
from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from tests.join import laws
from tests.join.graphs import Graph

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.repo.objects import Objects


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    pygit2.init_repository(str(tmp_path), bare=True)
    return objects_of(Git.at(tmp_path))


def check(objects: Objects, seeds: range) -> None:
    for seed in seeds:
        source = Random(seed)
        graph = Graph(objects, source, replicas=source.randrange(2, 5))
        graph.grow(source.randrange(3, 16))
        laws.check(objects, source, graph.heads)


@pytest.mark.parametrize("seeds", [range(20), range(20, 40)])
def test_random_histories_join_to_one_tree_in_any_order_and_grouping(objects: Objects, seeds: range) -> None:
    check(objects, seeds)


def test_the_laws_find_a_join_that_forgets_what_was_seen(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(element, "_survivors", lambda lives, _: dict(lives[0]))
    with pytest.raises(AssertionError, match="changed the result"):
        check(objects, range(20))
