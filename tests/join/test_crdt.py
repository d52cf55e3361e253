from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pygit2
import pytest

from gitbtc.errors import GitbtcError
from gitbtc.join import crdt
from gitbtc.kinds.registry import Kinds
from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from tests.join.graphs import Graph, contested, join, replica
from tests.made_state import coin

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.join.coins import ContestedCoin
    from gitbtc.repo.objects import Objects


def state_files(objects: Objects, commit: str) -> dict[str, bytes]:
    kinds = Kinds()
    return {path: objects.blob(oid) for path, (_, oid) in objects.tree(commit).items() if kinds.for_path(path)}


def sent(one: crdt.Replica) -> crdt.Replica:
    """What another agent receives."""
    return crdt.from_document(json.loads(crdt.encoded(crdt.to_document(one))))


def text(one: crdt.Replica) -> bytes:
    return crdt.encoded(crdt.to_document(one))


@pytest.mark.parametrize("seeds", [range(40), range(40, 80)])
def test_documents_join_to_what_the_graph_joins_to(tmp_path: Path, seeds: range) -> None:
    """In any grouping, sent again and again, also what one of them has seen of another's past."""
    pygit2.init_repository(str(tmp_path), bare=True)
    objects = objects_of(Git.at(tmp_path))
    for seed in seeds:
        source = Random(seed)
        graph = Graph(objects, source)
        graph.grow(12)
        known = [sent(replica(objects, [head])) for head in (*graph.heads, source.choice(graph.commits))]
        at_once = crdt.joined(known)
        one_by_one = known[0]
        for other in source.sample(known, len(known)):
            one_by_one = sent(crdt.joined([other, one_by_one]))
        assert text(at_once) == text(one_by_one), seed
        expected = state_files(objects, join(objects, [*graph.heads, *_commits(known)]))
        assert crdt.outcome(at_once)[0] == expected, seed
        assert crdt.outcome(one_by_one)[0] == expected, seed
        assert told(crdt.outcome(one_by_one)[1].contested) == told(contested(objects, graph.heads)), seed


def told(claims: list[ContestedCoin]) -> list[tuple[Any, ...]]:
    return [(one.outpoint, one.type, one.parties, one.amount_sat) for one in claims]


def _commits(known: list[crdt.Replica]) -> list[str]:
    return [oid for one in known for _, oid in one.heads]


STATE: dict[str, Any] = {"heads": [0], "present": [], "fields": [], "modes": [], "seen": [], "gone": [], "back": []}


def document(heads: Any, *states: Any) -> dict[str, Any]:
    """A document with one coin, known in these states."""
    element = {"path": "wallet/utxos.json", "key": ["f0" * 32, 0], "states": states}
    known = {"clock": [[*token, []] for token in heads], "heads": [*range(len(heads))], "schemas": []}
    return {crdt.ROOT: {**known, "elements": [element]}}


def holding(record: Any) -> dict[str, Any]:
    return document([[1, "ab"]], STATE | {"present": [[[1, "ab"], record]]})


def test_the_documents_of_these_tests_are_right_but_for_what_is_wrong() -> None:
    assert json.loads(crdt.outcome(crdt.from_document(holding(coin(0))))[0]["wallet/utxos.json"]) == [coin(0)]


@pytest.mark.parametrize(
    "wrong",
    [{}, document([["now", "ab"]]), document([], STATE), document([[1, "ab"]], {}), document([[1, "ab"]], [STATE]),
     holding("no record"), holding({"vout": 0}), holding(coin(1)),
     {crdt.ROOT: document([])[crdt.ROOT] | {"elements": [{}]}}],
)  # fmt: skip
def test_what_is_no_such_document_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(GitbtcError, match=r"gitbtc\.crdt-state/v1 document"):
        crdt.outcome(crdt.from_document(wrong))


def test_documents_that_contradict_each_other_are_refused() -> None:
    """Each by itself is right; a commit has one date."""
    early, late = (crdt.from_document(document([[date, "ab"]])) for date in (1, 2))
    with pytest.raises(GitbtcError, match="two dates"):
        crdt.joined([early, late])
