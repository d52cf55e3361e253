"""A kind of state file, as its schema declares it.

Everything that gitbtc knows of a kind stands in `schemas/<kind>.schema.json`: JSON Schema 2020-12 for the shape, and
annotations, which a validator ignores, for the rest.

Annotations of the file (top level of the schema):

* `x-gitbtc-kind`: the kind's name, a lower-case word.
* `x-gitbtc-path`: the last two parts of the path that a file of the kind has, at any depth: `wallet/utxos.json`.
* `x-gitbtc-identity`: what makes a record the same record in two versions: a list of field names, `"record"` (the
  whole record: a log entry), `"member"` (an object file: each member is a record, its name the identity) or `"file"`
  (an object file that only makes sense as a whole).
* `x-gitbtc-order`: fields to sort by before the identity; logs are sorted by `["timestamp"]`, then by the line.
* `x-gitbtc-growth`: `set`, `append-only`, `map` or `register`.
* `x-gitbtc-crdt`: the replicated data type that the kind joins as, in words.
* `x-gitbtc-join`: what a removal means when many heads are joined: `observed` (it takes out what it has seen),
  `grow-only` (nothing; the default of append-only kinds) or `two-phase` (whoever has seen the record and no longer
  lists it has seen its end).
* `x-gitbtc-removal`: what a removal on one side makes of a change on the other: `stands` (the removal is a fact) or
  `contested` (a conflict, unless only fields of a larger-of or smaller-of rule changed).
* `x-gitbtc-noun`: one and many: `["coin", "coins"]`.
* `x-gitbtc-verbs`: what a diff says of a record that came and of one that went: `["received", "spent"]`; `["added",
  "removed"]` when absent.
* `x-gitbtc-balance`: the field, in sat, whose sum over the records is what the owner holds.
* `x-gitbtc-line`: how a record reads in one line: `{field}`, `{field:outpoint}` (with the record's vout),
  `{field:short}`, `{field:count}`; empty parts vanish.
* `x-gitbtc-together`: groups of fields that are merged as one value: `{"name", "fields", "merge"}`.
* `x-gitbtc-register`: for `register` kinds: `{"highest": field, "same": field, "within": field}`.

Annotations of a field: `x-gitbtc-merge` (a rule of `MERGE_RULES`, `three-way` when absent), `x-gitbtc-unit` (`sat`,
`msat`, `sat/vB`, `blocks`, `seconds`, `usd`), `x-gitbtc-spelling` (`hex` or `text`: the one spelling of a value that
has several, where its `format` does not say it; see kinds/spelling.py), and for a list of objects merged element by
element `x-gitbtc-identity`, the fields that tell its elements apart. `x-gitbtc-told-by` says whose word counts when
another program's answers are imported: `source` (a fact, which the program tells), `person` (what people write, which a
program does not undo) or `either` (the default: people, where they changed it, else the program). The parts of a list
are told by whom the list is.
"""

from __future__ import annotations

from gitbtc.errors import CannotWork
from gitbtc.kinds import json_text
from gitbtc.kinds.spelling import Spellings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gitbtc.kinds import places

    Record = places.Record
    Key = tuple[Any, ...]

MERGE_RULES = frozenset(
    ["three-way", "immutable", "larger", "smaller", "number-over-null", "mark", "true-wins", "elements", "never-live"]
)
GROUP_RULES = frozenset(["three-way", "block"])
GROWTHS = frozenset(["set", "append-only", "map", "register"])
REMOVALS = frozenset(["stands", "contested"])
SOURCE, PERSON, EITHER = "source", "person", "either"
TELLERS = frozenset([SOURCE, PERSON, EITHER])
JOINS = frozenset(["observed", "grow-only", "two-phase"])

_LOWER, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"
_NAME_LETTERS = frozenset(_LOWER + _DIGITS + "-")
_PATH_LETTERS = frozenset(_LOWER + _LOWER.upper() + _DIGITS + "._-/")


class Field:
    """One field of a record: its merge rule, who tells it, its unit, and for `elements` the rules of what it holds."""

    __slots__ = ("elements", "identity", "json_types", "merge", "name", "told_by", "unit")

    def __init__(self, name: str, schema: dict[str, Any], where: str) -> None:
        self.name = name
        self.merge: str = schema.get("x-gitbtc-merge", "three-way")
        if self.merge not in MERGE_RULES:
            raise CannotWork(f"{where}: field {name}: no merge rule is called {self.merge!r}")
        self.told_by = _one_of(schema.get("x-gitbtc-told-by", EITHER), TELLERS, f"{where}: field {name}: told by")
        self.unit: str = schema.get("x-gitbtc-unit", "")
        declared = schema.get("type", ())
        self.json_types: frozenset[str] = frozenset([declared] if isinstance(declared, str) else declared)
        self.identity: tuple[str, ...] = tuple(schema.get("x-gitbtc-identity", ()))
        items = schema.get("items", {}).get("properties", {}) if self.merge == "elements" else {}
        self.elements: dict[str, Field] = {part: Field(part, rules, where) for part, rules in items.items()}
        if self.merge == "elements" and not self.identity:
            raise CannotWork(f"{where}: field {name}: elements are told apart by x-gitbtc-identity, which is missing")


class Group:
    """Fields of a record that are merged as one value."""

    __slots__ = ("fields", "merge", "name")

    def __init__(self, declared: dict[str, Any], where: str) -> None:
        self.name: str = declared["name"]
        self.fields: tuple[str, ...] = tuple(declared["fields"])
        self.merge: str = declared["merge"]
        if self.merge not in GROUP_RULES:
            raise CannotWork(f"{where}: group {self.name}: no group rule is called {self.merge!r}")


class Kind:
    """A kind of state file. Made from a schema by `from_schema`; raises CannotWork for one that does not declare it."""

    __slots__ = (
        "append_only", "balance", "crdt", "fields", "groups", "growth", "identity", "is_array", "join", "key_types",
        "line", "name", "noun", "order", "path", "record_schema", "register", "removal", "schema", "spellings", "title",
        "verbs",
    )  # fmt: skip

    def __init__(self, schema: dict[str, Any], where: str) -> None:
        self.schema = schema
        self.name: str = _declared(schema, "kind", where)
        self.path: str = _declared(schema, "path", where)
        if not (self.name[:1] in _LOWER and frozenset(self.name) <= _NAME_LETTERS and 0 < len(self.name) <= 40):
            raise CannotWork(f"{where}: a kind is named by a lower-case word, not {self.name!r}")
        if not (self.path.endswith(".json") and self.path.count("/") == 1 and frozenset(self.path) <= _PATH_LETTERS):
            raise CannotWork(f"{where}: x-gitbtc-path is a folder and a .json file, such as wallet/utxos.json")
        self.title: str = schema.get("title", self.name)
        self.is_array: bool = schema.get("type") == "array"
        identity = _declared(schema, "identity", where)
        self.identity: str | tuple[str, ...] = identity if isinstance(identity, str) else tuple(identity)
        self.order: tuple[str, ...] = tuple(schema.get("x-gitbtc-order", ()))
        self.growth: str = _one_of(_declared(schema, "growth", where), GROWTHS, where)
        self.append_only: bool = self.growth == "append-only"
        self.removal: str = _one_of(schema.get("x-gitbtc-removal", "contested"), REMOVALS, where)
        default = "grow-only" if self.append_only else "observed"
        self.join: str = _one_of(schema.get("x-gitbtc-join", default), JOINS, where)
        self.crdt: str = schema.get("x-gitbtc-crdt", "")
        self.noun: tuple[str, str] = tuple(schema.get("x-gitbtc-noun", ("record", "records")))
        self.verbs: tuple[str, str] = tuple(schema.get("x-gitbtc-verbs", ("added", "removed")))
        self.balance: str = schema.get("x-gitbtc-balance", "")
        self.line: str = schema.get("x-gitbtc-line", "")
        self.register: dict[str, str] = schema.get("x-gitbtc-register", {})
        self.record_schema: dict[str, Any] = schema.get("items", {}) if self.is_array else schema
        properties = self.record_schema.get("properties", {})
        self.fields: dict[str, Field] = {name: Field(name, rules, where) for name, rules in properties.items()}
        named = self.order if isinstance(self.identity, str) else self.identity
        # The fields that records are sorted by and told apart by, each with its Python type.
        self.key_types = tuple((name, int if "integer" in self.fields[name].json_types else str) for name in named)
        self.groups: tuple[Group, ...] = tuple(Group(group, where) for group in schema.get("x-gitbtc-together", ()))
        self.spellings = Spellings(self.record_schema, where)

    def group_of(self, field: str) -> Group | None:
        """The group that merges `field` together with others, if it is in one."""
        return next((group for group in self.groups if field in group.fields), None)


def _declared(schema: dict[str, Any], annotation: str, where: str) -> Any:
    try:
        return schema["x-gitbtc-" + annotation]
    except KeyError:
        raise CannotWork(f"{where}: the schema does not declare x-gitbtc-{annotation}") from None


def _one_of(value: str, allowed: frozenset[str], where: str) -> str:
    if value not in allowed:
        raise CannotWork(f"{where}: {value!r} is none of {', '.join(sorted(allowed))}")
    return value


def from_schema(content: bytes, where: str) -> Kind:
    """The kind that the schema file `content` declares; `where` names the file in errors (CannotWork)."""
    try:
        schema = json_text.loads(content)
    except ValueError as error:
        raise CannotWork(f"{where}: not JSON: {error}") from None
    if not isinstance(schema, dict):
        raise CannotWork(f"{where}: a schema is a JSON object")
    try:
        return Kind(schema, where)
    except (AttributeError, KeyError, TypeError) as error:
        raise CannotWork(f"{where}: not a schema that declares a kind: {error}") from None
