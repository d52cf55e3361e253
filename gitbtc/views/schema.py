"""Kinds as documents for programs: what is versioned and how it merges, and the replicated data types it joins as."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from gitbtc.kinds.kind import Field, Kind

ROOT_KEY = "gitbtc.schema/v1"
CRDT_ROOT_KEY = "gitbtc.crdt/v1"

# How a field merges -> the data type that it joins as, and what comes of two values that no one has seen together.
# Where a merge would ask a person, a join cannot: it takes the later one, and reports it.
_REGISTERS = {
    "identity": ("key", "two values are two records"),
    "three-way": ("lww-register", "the later one"),
    "immutable": ("write-once-register", "one of the sides is wrong: the later one, reported"),
    "larger": ("max-register", "the larger one"),
    "smaller": ("min-register", "the smaller one"),
    "mark": ("lww-register", "the later one, as far as the one view of all coins lets it stand"),
    "number-over-null": ("write-once-register", "a number before null; of two numbers the later one, reported"),
    "true-wins": ("or-flag", "true"),
    "never-live": ("or-flag", "true: no join makes a strategy live"),
    "elements": ("map", "element by element"),
    "freezing": ("and-flag", "false: what one side froze is frozen; silence gives way"),
    "first-seen": ("lww-register", "the later spelling"),
    "union": ("grow-only-set", "both"),
    "with the record": ("part", "the records are two elements of the set"),
    "with the file": ("part", "the file joins as a whole"),
}
_GROUPS = {
    "three-way": ("lww-register", "all of them from the later side"),
    "block": ("lww-register", "a block before none; of two blocks the later one, reported"),
}

# Patterns that people know by another name.
_PATTERNS = {"^[0-9a-f]{64}$": "64 hex digits", "^0[23][0-9a-f]{64}$": "public key"}
# How a field merges that is part of what merges as a whole.
_WHOLE: dict[str | tuple[str, ...], str] = {"record": "with the record", "file": "with the file"}


def document(kinds: Iterable[Kind]) -> dict[str, Any]:
    """The document `gitbtc.schema/v1` of some kinds."""
    return {ROOT_KEY: {"kinds": [_described(kind) for kind in kinds]}}


def crdt_document(kinds: Iterable[Kind]) -> dict[str, Any]:
    """The document `gitbtc.crdt/v1`: for each kind the replicated data type of the file, as its schema names it, and of
    each field, as follows from how it merges; fields that are one value share the `group` that tells their type.
    """
    return {CRDT_ROOT_KEY: {"kinds": [_replicated(kind) for kind in kinds]}}


def _replicated(kind: Kind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "path": kind.path,
        "growth": kind.growth,
        "type": kind.crdt,
        "key": kind.identity if isinstance(kind.identity, str) else list(kind.identity),
        "groups": [
            {"name": group.name, "fields": list(group.fields), **_typed(_GROUPS[group.merge])} for group in kind.groups
        ],
        "fields": [_joined(kind, told) for told in fields_of(kind)],
    }


def _joined(kind: Kind, told: dict[str, Any]) -> dict[str, Any]:
    group = kind.group_of(told["name"])
    if group:
        return {"name": told["name"], "group": group.name}
    joined = {"name": told["name"], **_typed(_REGISTERS[told["merge"]])}
    if "elements" in told:
        joined["key"] = list(told["identity"])
        joined["elements"] = [{"name": part["name"], **_typed(_REGISTERS[part["merge"]])} for part in told["elements"]]
    return joined


def _typed(told: tuple[str, str]) -> dict[str, str]:
    return {"type": told[0], "of_two_values": told[1]}


def _described(kind: Kind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "title": kind.title,
        "description": kind.schema.get("description", ""),
        "path": kind.path,
        "container": kind.schema.get("x-gitbtc-container") or ("array" if kind.is_array else "object"),
        "identity": kind.identity,
        "order": kind.order,
        "growth": kind.growth,
        "crdt": kind.crdt,
        "removal": kind.removal,
        "noun": kind.noun,
        "together": [{"name": group.name, "fields": group.fields, "merge": group.merge} for group in kind.groups],
        "register": kind.register,
        "fields": list(fields_of(kind)),
    }


def fields_of(kind: Kind) -> Iterator[dict[str, Any]]:
    """A kind's fields in order; what tells how the elements of a list merge is below the list."""
    for field in kind.fields.values():
        described = _field(field, kind.record_schema, _merge(kind, field))
        if field.elements:
            items = kind.record_schema["properties"][field.name]["items"]
            parts = field.elements.values()
            rules = ("identity" if part.name in field.identity else part.merge for part in parts)
            described["identity"] = field.identity
            described["elements"] = [_field(part, items, rule) for part, rule in zip(parts, rules, strict=True)]
        yield described


def _merge(kind: Kind, field: Field) -> str:
    if kind.identity in _WHOLE:
        return _WHOLE[kind.identity]
    if field.name in kind.identity:
        return "identity"
    group = kind.group_of(field.name)
    return f"with {group.name}" if group else field.merge


def _field(field: Field, owner: dict[str, Any], merge: str) -> dict[str, Any]:
    schema = owner["properties"][field.name]
    return {
        "name": field.name,
        "type": _type(schema),
        "options": schema.get("enum", []),
        "unit": field.unit,
        "merge": merge,
        "required": field.name in owner.get("required", ()),
        "description": schema.get("description", ""),
    }


def _type(schema: dict[str, Any]) -> str:
    """A field's type in a word or two: `integer or null`, `outpoint`, `64 hex digits`, `one of` its options."""
    if "enum" in schema:
        return "one of"
    names = schema.get("type", "any")
    words = [names] if isinstance(names, str) else list(names)
    words[0] = schema.get("format") or _PATTERNS.get(schema.get("pattern", ""), words[0])
    if words[0] == "array":
        words[0] = f"list of {_type(schema.get('items', {}))}"
    return " or ".join(words)
