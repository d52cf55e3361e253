"""The state of some heads without Git: explicit tokens and a vector clock, as JSON (`gitbtc.crdt-state/v1`).

Agents that share no repository exchange these documents and join them; the result is what the commits themselves would
have joined to. A document holds everything since the first commits: it stands for itself, and needs no base.

    clock      the commits that are known, oldest first: the token of each, and its parents by their place; reachability
               is the vector clock
    heads      the commits whose states these are, by their place in the clock
    schemas    path, content and heads of each schema of a kind that a repository adds
    elements   path, key (null: the file itself), and the states that the record has, each with the heads, by their
               place in `heads`, that have it so: a head that none of them names knows nothing of it
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from gitbtc.errors import GitbtcError
from gitbtc.join.coins import JoinOutcome, evidence_of, settled
from gitbtc.join.drafts import Draft
from gitbtc.join.element import Element
from gitbtc.join.history import CommitGraph
from gitbtc.join.reading import Reading
from gitbtc.join.states import HeadState, States
from gitbtc.kinds import codec
from gitbtc.kinds.registry import Kinds
from gitbtc.kinds.validate import violations
from gitbtc.merge.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitbtc.join.atoms import Atom, Token
    from gitbtc.join.states import Name
    from gitbtc.kinds.kind import Kind, Record

    Document = dict[str, Any]

ROOT = "gitbtc.crdt-state/v1"
_NOT_THERE = {"missing": True}
# What a document of another shape leads to.
_WRONG = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class Replica:
    """What a document holds: `commits`, token -> the tokens of its parents; the state of each head among them; and the
    `schemas` that each head adds, path -> content. GitbtcError for commits that cannot be.
    """

    __slots__ = ("commits", "heads", "history", "schemas")

    def __init__(
        self, commits: Mapping[Token, Sequence[Token]], heads: Mapping[Token, HeadState],
        schemas: Mapping[Token, Mapping[str, bytes]],
    ) -> None:  # fmt: skip
        self.commits = {token: tuple(commits[token]) for token in sorted(commits)}
        self.history = CommitGraph(_Commit(token, parents) for token, parents in self.commits.items())
        if {node.token for node in self.history.nodes.values()} != self.commits.keys():
            raise GitbtcError(f"not a {ROOT} document: a commit has two dates, or one before its parents'")
        tokens = [self.history.nodes[oid].token for oid in self.history.independent(oid for _, oid in heads)]
        self.heads = {token: heads[token] for token in sorted(tokens)}
        self.schemas = {token: schemas[token] for token in self.heads}

    def parted(self) -> Token | None:
        """The newest commit that all heads come from."""
        common = self.history.common([oid for _, oid in self.heads])
        return self.history.nodes[common].token if common else None

    def kinds(self) -> Kinds:
        """All kinds of its heads; of two versions of one, that of the later clock."""
        return Kinds.of({path: content for added in self.schemas.values() for path, content in added.items()})


class _Commit:
    """A commit of which nothing counts but its place in the history."""

    __slots__ = ("message", "oid", "parents", "time", "tree")

    def __init__(self, token: Token, parents: Sequence[Token]) -> None:
        self.time, self.oid = token
        self.parents = [oid for _, oid in parents]
        self.tree = ""
        self.message = b""


def joined(replicas: Iterable[Replica]) -> Replica:
    """What several know together, in any order and grouping: the heads that none of the others has seen."""
    known = list(replicas)
    heads = {token: state for one in known for token, state in one.heads.items()}
    schemas = {token: added for one in known for token, added in one.schemas.items()}
    return Replica({token: seen for one in known for token, seen in one.commits.items()}, heads, schemas)


def outcome(replica: Replica) -> tuple[dict[str, bytes], JoinOutcome]:
    """What the heads join to, as the evidence settles their coins: path -> content of the state files, and what that
    decided or left contested. GitbtcError for a replica whose records make no sense.
    """
    try:
        return _outcome(replica, _reading(replica.kinds()))
    except _WRONG as error:
        raise GitbtcError(f"a {ROOT} document with records that are none: {type(error).__name__}") from None


def _outcome(replica: Replica, reading: Reading) -> tuple[dict[str, bytes], JoinOutcome]:
    states = States(reading.base, reading.policy)
    draft = Draft(reading, states, list(replica.heads.values()) or [states.start], replica.parted())
    draft.refuse_networks()
    # One head alone is what it says, whatever that is.
    is_one = len(replica.heads) == 1
    told = JoinOutcome(draft) if is_one else settled(draft, lambda root: evidence_of(reading, root))
    contents = ((path, draft.content(path)) for path in sorted(draft.paths()) if reading.kind(path))
    return {path: content for path, content in contents if content is not None}, told


def encoded(document: Document) -> bytes:
    """A document as bytes, the same for the same state."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# -- writing -----------------------------------------------------------------------------------------------------------


def to_document(replica: Replica) -> Document:
    """The document of what is known."""
    names = {name for state in replica.heads.values() for name in state.names()}
    elements = [_written(name, replica) for name in sorted(names, key=lambda name: (name[0], repr(name[1])))]
    place = {token: number for number, token in enumerate(replica.commits)}
    clock = [[*token, [place[parent] for parent in parents]] for token, parents in replica.commits.items()]
    heads = [place[token] for token in replica.heads]
    return {ROOT: {"clock": clock, "heads": heads, "schemas": _schemas(replica), "elements": elements}}


def _schemas(replica: Replica) -> list[Document]:
    heads: dict[tuple[str, bytes], list[int]] = {}
    for number, added in enumerate(replica.schemas.values()):
        for schema in added.items():
            heads.setdefault(schema, []).append(number)
    return [
        {"path": path, "content": content.decode(), "heads": heads[path, content]} for path, content in sorted(heads)
    ]


def _written(name: Name, replica: Replica) -> Document:
    path, key = name
    known = ((number, state.get(name)) for number, state in enumerate(replica.heads.values()))
    states = [(encoded(written), number, written) for number, element in known if element
              for written in [_as_written(element)]]  # fmt: skip
    states.sort(key=lambda one: one[:2])
    grouped = (list(same) for _, same in groupby(states, key=lambda one: one[0]))
    return {
        "path": path,
        "key": None if key is None else [part.decode() if isinstance(part, bytes) else part for part in key],
        "states": [{"heads": [number for _, number, _ in same], **same[0][2]} for same in grouped],
    }


def _as_written(element: Element) -> Document:
    tokens = {name: [list(token) for token in sorted(getattr(element, name))] for name in _TOKENS}
    return {
        "present": [[list(token), element.present[token]] for token in sorted(element.present)],
        "fields": [
            [
                list(atom),
                [[list(token), _value(value)] for token, value in sorted(live.items(), key=lambda one: one[0])],
            ]
            for atom, live in sorted(element.fields.items())
        ],
        "modes": [list(atom) for atom in sorted(element.modes)],
        **tokens,
    }


_TOKENS = ("seen", "gone", "back")


def _value(value: Any) -> Any:
    return _NOT_THERE if value is MISSING else {"value": value}


# -- reading -----------------------------------------------------------------------------------------------------------


def from_document(document: Document) -> Replica:
    """What a document holds; GitbtcError for what is no such document."""
    try:
        return _read(document[ROOT])
    except _WRONG as error:
        raise GitbtcError(f"not a {ROOT} document: {type(error).__name__}") from None


def _read(document: Document) -> Replica:
    clock = [_token(commit[:2]) for commit in document["clock"]]
    commits = {
        token: [clock[parent] for parent in commit[2]] for token, commit in zip(clock, document["clock"], strict=True)
    }
    heads = [clock[number] for number in document["heads"]]
    added: dict[Token, dict[str, bytes]] = {token: {} for token in heads}
    for one in document["schemas"]:
        for number in one["heads"]:
            added[heads[number]][one["path"]] = one["content"].encode()
    kinds = Kinds.of({path: content for token in sorted(added) for path, content in added[token].items()})
    found: dict[Token, dict[Name, Element]] = {token: {} for token in heads}
    for one in document["elements"]:
        name = _name(one, kinds)
        for state in one["states"]:
            element = _element(state)
            _check(name, element, kinds.for_path(name[0]))
            for number in state["heads"]:
                found[heads[number]][name] = element
    states = {token: HeadState(own, {}) for token, own in found.items()}
    return Replica(commits, states, added)


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
    modes = frozenset(tuple(atom) for atom in one["modes"])
    tokens = {name: frozenset(_token(token) for token in one[name]) for name in _TOKENS}
    return Element(present, fields, modes=modes, **tokens)


def _check(name: Name, element: Element, kind: Kind | None) -> None:
    """GitbtcError for records that are none, or another one's."""
    path, key = name
    if kind is None or key is None:
        return
    for record in element.present.values():
        for fault in violations(kind, [record]):
            raise GitbtcError(f"a {ROOT} document with a record that is none: {path}: {fault.identity} {fault}")
        if kind.is_array and codec.key_of(kind, record, codec.encode_record(kind, record)) != key:
            raise GitbtcError(f"a {ROOT} document with a record under another one's name: {path}")


def _token(written: Sequence[Any]) -> Token:
    date, oid = written
    return int(date), str(oid)


class _NoTrees:
    """There are none: a document stands for itself."""

    def differing(self, old: str | None, new: str) -> dict[str, Any]:
        """Nothing."""
        del old, new
        return {}

    def folder(self, tree: str, path: str) -> dict[str, Any]:
        """Nothing."""
        del tree, path
        return {}


def _reading(kinds: Kinds) -> Reading:
    def nothing(_: str) -> bytes:
        return b""

    def no_files(*_: object) -> Any:
        raise GitbtcError("a document has no files to read")

    return Reading(_NoTrees(), nothing, no_files, kinds, None)
