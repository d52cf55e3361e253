from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pygit2
import pytest

from gitbtc.join import element
from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from tests.join import laws
from tests.join.graphs import LOG, NOTE, UTXOS, Graph, compared, join, tree
from tests.made_state import coin

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.repo.objects import Objects


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    pygit2.init_repository(str(tmp_path), bare=True)
    return objects_of(Git.at(tmp_path))


def check(objects: Objects, seeds: range, *, sharded: bool = False) -> None:
    for seed in seeds:
        source = Random(seed)
        graph = Graph(objects, source, replicas=source.randrange(2, 5), sharded=sharded)
        graph.grow(source.randrange(3, 16))
        laws.check(objects, source, graph.heads)


@pytest.mark.parametrize("seeds", [range(20), range(20, 40)])
def test_random_histories_join_to_one_tree_in_any_order_and_grouping(objects: Objects, seeds: range) -> None:
    check(objects, seeds)


def test_histories_of_all_layouts_join_to_one_tree_in_any_order_and_grouping(objects: Objects) -> None:
    check(objects, range(20), sharded=True)


def test_what_a_log_lost_before_the_heads_parted_stays_lost_whatever_they_are_compared_with(objects: Objects) -> None:
    graph = Graph(objects, Random(1))
    event = dict.fromkeys(("block_height", "txid", "amount_sat", "fee_sat"))
    log = {"x": {**event, "timestamp": 1, "event_type": "custom", "note": "x"}}
    first = graph.commit({NOTE: {"text": "first"}}, [])
    lost = graph.commit({LOG: {}}, [graph.commit({LOG: log}, [first])])
    heads = [graph.commit({LOG: {}, NOTE: {"text": text}}, [lost]) for text in "ab"]
    made = compared(objects, heads, first)
    assert made is not None
    assert made[0] == tree(objects, join(objects, heads))


def test_a_reshard_that_meets_other_work_stays(objects: Objects) -> None:
    """Also where nobody changed a record of the kind since."""
    graph = Graph(objects, Random(1))
    state = {UTXOS: {"coin": coin(0)}}
    first = graph.commit(state, [])
    shard = f"wallet/utxos/{coin(0)['txid'][0]}.json"
    entries = objects.tree(first)
    tree_ = objects.write_tree(None, {shard: entries[UTXOS]})
    resharded = objects.write_commit(tree_, [first], "Reshard", ("Ann", "ann@example.com", 1_700_000_100))
    other = graph.commit({**state, NOTE: {"text": "other"}}, [first])
    assert set(objects.tree(join(objects, [resharded, other]))) == {shard, NOTE}


def test_the_laws_find_a_join_that_forgets_what_was_seen(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(element, "_survivors", lambda lives, _: dict(lives[0]))
    with pytest.raises(AssertionError, match="changed the result"):
        check(objects, range(20))
