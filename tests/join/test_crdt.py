from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pygit2
import pytest

from gitbtc.errors import GitbtcError
from gitbtc.join import crdt
from gitbtc.kinds.registry import Kinds
from gitbtc.repo.objects import Objects
from tests.join.graphs import Graph, document, join

if TYPE_CHECKING:
    from pathlib import Path


def state_files(objects: Objects, commit: str) -> dict[str, bytes]:
    kinds = Kinds()
    return {path: objects.blob(oid) for path, (_, oid) in objects.tree(commit).items() if kinds.for_path(path)}


def without_coins(found: dict[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in found.items() if path != "wallet/utxos.json"}


def written(one: dict[str, Any]) -> dict[str, Any]:
    """A document as another agent receives it."""
    received: dict[str, Any] = json.loads(crdt.encoded(one))
    return received


def test_documents_join_to_what_the_graph_joins_to(tmp_path: Path) -> None:
    pygit2.init_repository(str(tmp_path), bare=True)
    objects = Objects(tmp_path)
    for seed in range(25):
        source = Random(seed)
        graph = Graph(objects, source)
        graph.edits_only(12)
        documents = [written(document(objects, [head])) for head in graph.heads]
        at_once = crdt.joined(documents)
        one_by_one = crdt.joined([documents[2], written(crdt.joined([documents[1], documents[0]]))])
        assert crdt.encoded(at_once) == crdt.encoded(one_by_one)
        expected = state_files(objects, join(objects, graph.heads))
        assert crdt.files(documents) == expected, seed
        # Which head listed a coin is no longer known; the rest is.
        assert without_coins(crdt.files([at_once])) == without_coins(expected), seed


@pytest.mark.parametrize("wrong", [{}, {"gitbtc.crdt/v1": {"clock": [], "elements": [{}]}}])
def test_what_is_no_such_document_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(GitbtcError, match="not a gitbtc"):
        crdt.from_document(wrong, Kinds())
