"""What is wrong with what came of a merge, held against what must come of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tests.oracle.expected import Expected, told
from tests.oracle.records import CHAIN, EXECUTION, UTXOS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.oracle.evidence import Files, Outpoint
    from tests.oracle.expected import Part


class Question(NamedTuple):
    """The type of a conflict, and its address."""

    type: str
    address: str


class Fault(NamedTuple):
    """Something that is wrong: which sort of thing, and the words for it."""

    sort: str
    text: str

    def __str__(self) -> str:
        return f"{self.sort}: {self.text}"


class Outcome(NamedTuple):
    """What came of a merge: the questions, and without any the files."""

    questions: list[Question]
    files: Files

    @property
    def coins(self) -> dict[Outpoint, int]:
        return {(coin["txid"], coin["vout"]): coin["amount_sat"] for coin in self.files.get(UTXOS, ())}


def merged(result: object) -> Outcome:
    """The outcome of what api.merge returned."""
    conflicts = [Question(one.type, str(one.address)) for one in result.conflicts]  # type: ignore[attr-defined]  # a black box
    return Outcome(conflicts, {} if conflicts else told(result.files))  # type: ignore[attr-defined]  # likewise


def faults(expected: Expected, outcome: Outcome) -> Iterator[Fault]:
    """Of a merge: of its questions, or of its coins and what is left of its records."""
    if outcome.questions:
        yield from of_questions(expected, outcome.questions)
        return
    for part in _parts(expected):
        if part.must:
            yield Fault("not asked", f"{_texts(part.must)} about {_texts(part.nodes)}; coins {_coins(outcome.coins)}")
    if not any(part.must for part in _parts(expected)):
        yield from of_coins(expected, outcome.coins, lambda part: not part.is_open)
        yield from of_result(expected, outcome)


def of_questions(expected: Expected, questions: Iterable[Question]) -> Iterator[Fault]:
    """What is asked without need, or not asked."""
    asked: dict[int, set[str]] = {}
    for question in questions:
        parts = {id(part): part for node in _nodes(question.address) if (part := expected.parts.get(node))}
        if not parts and not (expected.clash and CHAIN in question.address):
            yield Fault("asked of nothing", f"{question.type} at {question.address}")
        for at, part in parts.items():
            asked.setdefault(at, set()).add(question.type)
            if not part.must | part.may and not part.is_open:
                yield Fault("asked needlessly", f"{question.type} at {question.address}; must be {_coins(part.coins)}")
    for part in _parts(expected):
        types = asked.get(id(part), set())
        if part.must and not types:
            yield Fault("a question is missing", f"{_texts(part.must)} about {_texts(part.nodes)}")
        elif part.must and not (part.must | part.may) & types:
            yield Fault("asked in other words", f"{_texts(types)} instead of {_texts(part.must)}")


def of_join(expected: Expected, outcome: Outcome) -> Iterator[Fault]:
    """Of a join, which asks nobody: what it contests is as a merge would ask, and it lists no contested coin."""
    yield from of_questions(expected, outcome.questions)
    contested = {node for question in outcome.questions for node in _nodes(question.address)}
    yield from of_coins(expected, outcome.coins, lambda part: not (part.must or part.is_open or part.nodes & contested))
    outpoints = {question.address.rpartition("::")[2] for question in outcome.questions}
    listed = {outpoint for outpoint in outcome.coins if f"{outpoint[0]}:{outpoint[1]}" in outpoints}
    if listed:
        yield Fault("a contested coin is listed", _texts(listed))


def of_coins(expected: Expected, coins: dict[Outpoint, int], is_decided: Callable[[Part], bool]) -> Iterator[Fault]:
    """Of the coins of the parts that are decided; and whether all that are listed can be coins at once."""
    for part in filter(is_decided, _parts(expected)):
        there = {outpoint: sat for outpoint, sat in coins.items() if outpoint in part.nodes}
        lacks = part.coins.items() - there.items()
        surplus = {pair for pair in there.items() - part.coins.items() if pair[0] not in part.optional}
        if lacks:
            yield Fault("a coin is lost", f"{_coins(dict(lacks))}; there are {_coins(there)}")
        if surplus:
            yield Fault("a coin from nowhere", f"{_coins(dict(surplus))}; must be {_coins(part.coins)}")
    if not expected.is_possible(coins):
        yield Fault("coins that exclude each other", _coins(coins))


def of_result(expected: Expected, outcome: Outcome) -> Iterator[Fault]:
    """Whether the result says of itself what it lists."""
    own = Expected(outcome.files, [outcome.files])
    surplus, lacks = outcome.coins.keys() - own.coins.keys(), own.coins.keys() - outcome.coins.keys()
    # What the log alone names has no record that could say that it lost.
    surplus -= {_outpoint(text) for event in outcome.files.get(EXECUTION, ()) for text in event.get("outpoints", ())}
    lacks -= expected.bare | own.optional | expected.optional
    lacks -= {node for part in _parts(expected) if part.is_open for node in part.nodes}
    unrecorded = {txid for txid, files in own.views[0].stand.items() if files == {EXECUTION}}
    must = {
        node: types for node, types in own.must.items() if not {node, *own.known.rivals(node, unrecorded)} & unrecorded
    }
    if must:
        yield Fault("the result contradicts itself", f"{_texts(set().union(*must.values()))} about {_texts(must)}")
    if surplus:
        yield Fault("the result contradicts itself", f"it lists {_texts(surplus)}, void or spent by its records")
    if lacks:
        yield Fault("the result contradicts itself", f"by its records {_texts(lacks)} is a coin")


def _outpoint(text: str) -> Outpoint:
    txid, _, vout = text.partition(":")
    return txid, int(vout)


def of_order(one: Outcome, other: Outcome) -> Iterator[Fault]:
    """What differs where only the sides are swapped."""
    if sorted(one.questions) != sorted(other.questions):
        both = [_texts(f"{question.type} {question.address}" for question in side.questions) for side in (one, other)]
        yield Fault("the order decides", f"asked {both[0] or 'nothing'}; swapped {both[1] or 'nothing'}")
    elif one.coins != other.coins:
        yield Fault("the order decides", f"{_coins(one.coins)}; swapped {_coins(other.coins)}")


def of_unchanged(base: Files, head: Files, outcome: Outcome) -> Iterator[Fault]:
    """Of the merge of a head with the base itself: it is that head, and nobody is asked."""
    bare = Expected(base, [head]).bare
    wanted = Outcome([], head)
    if outcome.questions and not bare:
        yield Fault("with an unchanged side, asked", _texts(f"{one.type} {one.address}" for one in outcome.questions))
    elif not outcome.questions and outcome.coins != wanted.coins:
        yield Fault("with an unchanged side, other coins", f"{_coins(outcome.coins)} instead of {_coins(wanted.coins)}")


def _parts(expected: Expected) -> list[Part]:
    return [*{id(part): part for part in expected.parts.values()}.values()]


def _nodes(address: str) -> Iterator[str]:
    yield from re.findall(r"[0-9a-f]{64}", address)


def _coins(coins: dict[Outpoint, int]) -> str:
    return "{" + ", ".join(f"{outpoint[0]}:{outpoint[1]} {sat}" for outpoint, sat in sorted(coins.items())) + "}"


def _texts(values: Iterable[object]) -> str:
    """Types, transactions, outpoints: transactions alone where there are both."""
    return ", ".join(sorted(f"{one[0]}:{one[1]}" if isinstance(one, tuple) else str(one) for one in values))
