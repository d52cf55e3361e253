"""The state of a head without Git: explicit tokens, and what has been seen, as JSON (`gitbtc.crdt/v1`).

Agents that share no repository exchange these documents and join them; the result is what the commits themselves would
have joined to. A document holds everything since the first commit: it stands for itself, and needs no base.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitbtc.errors import GitbtcError
from gitbtc.join.coins import Coins, evidence_of, roots
from gitbtc.join.drafts import Draft
from gitbtc.join.element import Element
from gitbtc.join.reading import Reading
from gitbtc.join.states import State, States
from gitbtc.kinds.registry import Kinds
from gitbtc.merge.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitbtc.join.atoms import Atom, Token
    from gitbtc.join.states import Name
    from gitbtc.kinds.kind import Record

    Document = dict[str, Any]

ROOT = "gitbtc.crdt/v1"
_NOT_THERE = {"missing": True}


def to_document(state: State, heads: Iterable[Token]) -> Document:
    """The document of a state. `heads` is its vector clock: the commits whose histories it has seen."""
    names = sorted(state.names(), key=lambda name: (name[0], repr(name[1])))
    elements = [_written(name, element) for name in names if (element := state.get(name))]
    return {ROOT: {"clock": [list(token) for token in sorted(heads)], "elements": elements}}


def _written(name: Name, element: Element) -> Document:
    path, key = name
    return {
        "path": path,
        "key": None if key is None else [part.decode() if isinstance(part, bytes) else part for part in key],
        "present": [[list(token), element.present[token]] for token in sorted(element.present)],
        "fields": [
            [
                list(atom),
                [[list(token), _value(value)] for token, value in sorted(live.items(), key=lambda one: one[0])],
            ]
            for atom, live in sorted(element.fields.items())
        ],
        "seen": [list(token) for token in sorted(element.seen)],
        "modes": [list(atom) for atom in sorted(element.modes)],
        "gone": [list(token) for token in sorted(element.gone)],
    }


def _value(value: Any) -> Any:
    return _NOT_THERE if value is MISSING else {"value": value}


def from_document(document: Document, kinds: Kinds) -> State:
    """The state that a document holds; GitbtcError for what is no such document."""
    try:
        return State({_name(one, kinds): _element(one) for one in document[ROOT]["elements"]}, {})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise GitbtcError(f"not a {ROOT} document: {type(error).__name__}") from None


def _name(one: Document, kinds: Kinds) -> Name:
    path, key = one["path"], one["key"]
    kind = kinds.for_path(path)
    if key is None:
        return path, None
    # The key of a log's record ends in its line, as bytes.
    if kind is not None and kind.identity == "record" and key:
        return path, (*key[:-1], key[-1].encode())
    return path, tuple(key)


def _element(one: Document) -> Element:
    present: dict[Token, Record] = {_token(token): record for token, record in one["present"]}
    fields: dict[Atom, Mapping[Token, Any]] = {
        tuple(atom): {_token(token): MISSING if value == _NOT_THERE else value["value"] for token, value in live}
        for atom, live in one["fields"]
    }
    seen, gone = (frozenset(_token(token) for token in one[name]) for name in ("seen", "gone"))
    return Element(present, fields, seen, frozenset(tuple(atom) for atom in one["modes"]), gone)


def _token(written: Sequence[Any]) -> Token:
    date, oid = written
    return int(date), str(oid)


def joined(documents: Sequence[Document], kinds: Kinds | None = None) -> Document:
    """What several documents join to, in any order and grouping."""
    known = kinds or Kinds()
    states = States(_reading(known).base, _reading(known).policy)
    clock = {_token(token) for document in documents for token in document[ROOT]["clock"]}
    return to_document(states.join([from_document(document, known) for document in documents]), clock)


def files(documents: Sequence[Document], kinds: Kinds | None = None) -> dict[str, bytes]:
    """path -> content of the state files that the heads of `documents` join to, as the evidence settles their coins.

    Of documents that were joined before, one thing is no longer known: which head listed a coin. One whose spender was
    given up, and which some head took out, then stays out.
    """
    reading = _reading(kinds or Kinds())
    states = States(reading.base, reading.policy)
    draft = Draft(reading, states, [from_document(document, kinds or Kinds()) for document in documents])
    for root in roots(draft):
        Coins(draft, root, evidence_of(reading, root)).settle()
    contents = ((path, draft.content(path)) for path in draft.paths() if reading.kind(path))
    return {path: content for path, content in contents if content is not None}


class _NoTrees:
    """There are none: a document stands for itself."""

    def differing(self, old: str | None, new: str) -> dict[str, Any]:
        """Nothing."""
        del old, new
        return {}


def _reading(kinds: Kinds) -> Reading:
    def nothing(_: str) -> bytes:
        return b""

    def no_files(*_: object) -> Any:
        raise GitbtcError("a document has no files to read")

    return Reading(_NoTrees(), nothing, no_files, kinds, None)


def encoded(document: Document) -> bytes:
    """A document as bytes, the same for the same state."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
