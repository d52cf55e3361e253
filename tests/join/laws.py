"""The laws of a join, held against the heads of one history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.join.history import CommitGraph
from tests.join.graphs import compared, files, join, state_files, tree

if TYPE_CHECKING:
    from random import Random

    from gitbtc.repo.objects import Objects

TRANSACTIONS = "wallet/transactions.json"
_GROWING = (TRANSACTIONS, "strategy/execution.json")
_SETTLED = ("wallet/utxos.json", "network/mempool.json")
_IDENTITY = {TRANSACTIONS: lambda one: one["txid"], "strategy/execution.json": repr}


def check(objects: Objects, source: Random, heads: list[str]) -> str:
    """Join `heads` in many ways; the oid of the one tree that all of them give."""
    at_once = join(objects, heads)
    expected = tree(objects, at_once)
    _in_any_order(objects, source, heads, expected)
    _in_any_grouping(objects, source, heads, expected)
    _from_states(objects, source, heads, at_once)
    _idempotent(objects, source, heads, at_once)
    _monotone(objects, heads, at_once)
    _whatever_it_is_compared_with(objects, source, heads, expected)
    return expected


def _in_any_order(objects: Objects, source: Random, heads: list[str], expected: str) -> None:
    for _ in range(2):
        shuffled = source.sample(heads, len(heads))
        assert tree(objects, join(objects, shuffled)) == expected, "the order of the heads changed the result"


def _in_any_grouping(objects: Objects, source: Random, heads: list[str], expected: str) -> None:
    """Every replica joins the others one after another, in an order of its own."""
    for _ in range(3):
        left = list(heads)
        while len(left) > 1:
            chosen = source.sample(left, source.randrange(2, min(3, len(left)) + 1))
            left = [head for head in left if head not in chosen] + [join(objects, chosen)]
        assert tree(objects, left[0]) == expected, "the grouping of the heads changed the result"


def _from_states(objects: Objects, source: Random, heads: list[str], at_once: str) -> None:
    """Joins are not taken apart: what they hold follows from the states of their commits.

    But for what a join decides beyond them: a mode every head has its say about; a coin that it withholds or gives to a
    winner is to whoever takes it for an ordinary commit one that it took out; and what an ordinary commit lost of a
    file that only grows, a join of older heads puts back by its own hand, with what it says of coins.
    """
    left = list(heads)
    while len(left) > 1:
        chosen = source.sample(left, 2)
        left = [head for head in left if head not in chosen] + [join(objects, chosen, apart=False)]
    judged = any(b"Contested: " in one.message or b"Double-Spend: " in one.message for one in objects.ancestry(left))
    whole, apart = files(objects, left[0]), files(objects, at_once)
    judged = judged or whole.get(TRANSACTIONS) != apart.get(TRANSACTIONS)
    for path in ("strategy/agent.json", *_GROWING, *(_SETTLED if judged else ())):
        whole.pop(path, None)
        apart.pop(path, None)
    assert whole == apart, "taking joins apart changed the result"


def _idempotent(objects: Objects, source: Random, heads: list[str], at_once: str) -> None:
    again = join(objects, [at_once, source.choice(heads), at_once, join(objects, source.sample(heads, 2))])
    assert tree(objects, again) == tree(objects, at_once), "joining what is joined changed the result"
    assert join(objects, [at_once, *heads]) == at_once


def _monotone(objects: Objects, heads: list[str], at_once: str) -> None:
    """Of a head that another one contains, that other one says what is left; a join is no more than what it joins."""
    after = files(objects, at_once)
    history = CommitGraph(objects.ancestry(heads))
    counting = {*history.frontier(heads)}
    for head in history.independent(heads):
        if counting.isdisjoint(history.frontier([head])):
            continue
        for path, records in files(objects, head).items():
            if path in _GROWING:
                kept = {_IDENTITY[path](one) for one in after[path]}
                assert {_IDENTITY[path](one) for one in records} <= kept, f"{path} lost a record"


def _whatever_it_is_compared_with(objects: Objects, source: Random, heads: list[str], expected: str) -> None:
    """A worker compares its share with an older commit than the newest that its heads have in common; and what is told
    without a commit is what the commit has.
    """
    before = [one.oid for one in objects.ancestry(heads)]
    for within in source.sample(before, min(3, len(before))):
        made = compared(objects, heads, within)
        if made is not None:
            assert made[0] == expected, "an older base changed the result"
            assert made[1] == state_files(objects, expected)
