"""A kind of state file, as its schema declares it.

Everything that gitbtc knows of a kind stands in `schemas/<kind>.schema.json`: JSON Schema 2020-12 for the shape, and
annotations, which a validator ignores, for the rest.

Annotations of the file (top level of the schema):

* `x-gitbtc-kind`: the kind's name, a lower-case word.
* `x-gitbtc-path`: the last two parts of the path that a file of the kind has, at any depth: `wallet/utxos.json`.
* `x-gitbtc-container`: `array` or `object`, as `type` says where this is absent, or `lines`: the file is its record
  lines and nothing else, and its path ends in `.jsonl`.
* `x-gitbtc-shards`: `{"by": "txid"}` (its first digits), `{"by": "agent"}` or `{"by": "month"}` (UTC): the records may
  lie in many files, in a folder that is called as the file is without its ending (see kinds/layouts.py).
* `x-gitbtc-members`: the fields that stand first on a record's line, in order; the others follow by code point.
* `x-gitbtc-numbers`: `as-spelled` where the file keeps a number as its source wrote it: `90000.00` stays that.
* `x-gitbtc-renames`: the last field of the identity, where it is a name: records that differ in it alone are one thing
  with two names, and giving one another name is a change of it, not the end of one record and the start of another.
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
  `contested` (a conflict, unless only fields of a larger-of or smaller-of rule changed) or `yields` (the change wins).
* `x-gitbtc-continues`: a field and a word: a record that went and one that came with the same value of the field are
  one thing that goes on under another identity, and what became of it is called so.
* `x-gitbtc-noun`: one and many: `["coin", "coins"]`.
* `x-gitbtc-verbs`: what a diff says of a record that came and of one that went: `["received", "spent"]`; `["added",
  "removed"]` when absent.
* `x-gitbtc-balance`: the field, in sat, whose sum over the records is what the owner holds.
* `x-gitbtc-line`: how a record reads in one line: `{field}`, `{field:outpoint}` (with the record's vout),
  `{field:short}`, `{field:count}`, `{field:sat}` (in sat where others are in BTC), `{field:unnamed}` (an address, cut,
  where no label is shown); empty parts vanish. What it is worth comes first, then what for, then who, last the id.
* `x-gitbtc-together`: groups of fields that are merged as one value: `{"name", "fields", "merge"}`.
* `x-gitbtc-register`: for `register` kinds: `{"highest": field, "same": field, "within": field}`.

Annotations of a field: `x-gitbtc-merge` (a rule of `MERGE_RULES`, `three-way` when absent), `x-gitbtc-unit` (`sat`,
`msat`, `sat/vB`, `blocks`, `seconds`, `usd`), `x-gitbtc-spelling` (the one spelling of a value that has several, where
its `format` does not say it; see kinds/spelling.py), `x-gitbtc-compared` (for a field of the identity: the spelling in
which it is compared while it is stored as it came), `x-gitbtc-words` (`{"true": word, "false": word, "absent": word}`:
what a change of it is called where it is told before all other changes), and for a list of objects merged element by
element `x-gitbtc-identity`, the fields that tell its elements apart. `x-gitbtc-told-by` says whose word counts when
another program's answers are imported: `source` (a fact, which the program tells), `person` (what people write, which a
program does not undo) or `either` (the default: people, where they changed it, else the program). The parts of a list
are told by whom the list is. `x-gitbtc-volatile`: true where a value changes by the minute and says nothing of
anybody's money; an import writes it together with another change of its record alone.
"""

from __future__ import annotations

from gitbtc.errors import CannotWork
from gitbtc.kinds import json_text
from gitbtc.kinds.frame import FRAMES, LINES
from gitbtc.kinds.spelling import Spellings, spelling_called

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gitbtc.kinds import places
    from gitbtc.kinds.frame import Frame

    Record = places.Record
    Key = tuple[Any, ...]

MERGE_RULES = frozenset(
    [
        "three-way", "immutable", "larger", "smaller", "number-over-null", "mark", "true-wins", "elements",
        "never-live", "freezing", "first-seen", "union",
    ]
)  # fmt: skip
GROUP_RULES = frozenset(["three-way", "block"])
GROWTHS = frozenset(["set", "append-only", "map", "register"])
REMOVALS = frozenset(["stands", "contested", "yields"])
SOURCE, PERSON, EITHER = "source", "person", "either"
TELLERS = frozenset([SOURCE, PERSON, EITHER])
JOINS = frozenset(["observed", "grow-only", "two-phase"])

# What shards may be named after, and what their records must be then.
_FIRST = {
    "txid": "have a txid first in what tells them apart",
    "agent": "have a text agent",
    "month": "are sorted by a timestamp, in seconds",
}

# What says in a schema what a text looks like.
_BOUND = frozenset(["format", "pattern", "enum", "const"])

_LOWER, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"
_NAME_LETTERS = frozenset(_LOWER + _DIGITS + "-")
_PATH_LETTERS = frozenset(_LOWER + _LOWER.upper() + _DIGITS + "._-/")


class Field:
    """One field of a record: its merge rule, who tells it, its unit, and for `elements` the rules of what it holds.

    `is_free`: its text may be anything, a label or a note, which does not tell its record apart. `is_volatile`: it
    changes by the minute.
    """

    __slots__ = (
        "elements", "identity", "is_free", "is_volatile", "json_types", "merge", "name", "told_by", "unit", "words",
    )  # fmt: skip

    def __init__(self, name: str, schema: dict[str, Any], where: str) -> None:
        self.name = name
        self.merge: str = schema.get("x-gitbtc-merge", "three-way")
        if self.merge not in MERGE_RULES:
            raise CannotWork(f"{where}: field {name}: no merge rule is called {self.merge!r}")
        self.told_by = _one_of(schema.get("x-gitbtc-told-by", EITHER), TELLERS, f"{where}: field {name}: told by")
        self.unit: str = schema.get("x-gitbtc-unit", "")
        self.is_volatile = schema.get("x-gitbtc-volatile", False) is True
        self.words: dict[str, str] = schema.get("x-gitbtc-words", {})
        declared = schema.get("type", ())
        self.json_types: frozenset[str] = frozenset([declared] if isinstance(declared, str) else declared)
        self.is_free = "string" in self.json_types and _BOUND.isdisjoint(schema)
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
        "alarms", "append_only", "balance", "compared", "continues", "crdt", "dumps", "fields", "frame", "groups",
        "growth", "identity", "is_array", "join", "key_types", "line", "loads", "members", "name", "noun", "optional",
        "order", "path", "record_schema", "register", "removal", "renames", "schema", "shards", "spellings", "title",
        "verbs", "volatile",
    )  # fmt: skip

    def __init__(self, schema: dict[str, Any], where: str) -> None:
        self.schema = schema
        self.name: str = _declared(schema, "kind", where)
        self.path: str = _declared(schema, "path", where)
        if not (self.name[:1] in _LOWER and frozenset(self.name) <= _NAME_LETTERS and 0 < len(self.name) <= 40):
            raise CannotWork(f"{where}: a kind is named by a lower-case word, not {self.name!r}")
        self.is_array: bool = schema.get("type") == "array"
        self.frame: Frame = _frame(schema, self.is_array, where)
        ending = ".jsonl" if self.frame is LINES else ".json"
        is_below = self.path.count("/") == 1 and self.path.partition("/")[0] not in (".", "..")
        if not (is_below and self.path.endswith(ending) and frozenset(self.path) <= _PATH_LETTERS):
            raise CannotWork(f"{where}: x-gitbtc-path is a folder and a {ending} file, such as wallet/utxos{ending}")
        self.title: str = schema.get("title", self.name)
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
        self.continues: tuple[str, ...] = tuple(schema.get("x-gitbtc-continues", ()))
        self.line: str = schema.get("x-gitbtc-line", "")
        self.register: dict[str, str] = schema.get("x-gitbtc-register", {})
        self.record_schema: dict[str, Any] = schema.get("items", {}) if self.is_array else schema
        properties = self.record_schema.get("properties", {})
        self.fields: dict[str, Field] = {name: Field(name, rules, where) for name, rules in properties.items()}
        # Fields whose change is told before all others, and the words for it.
        self.alarms = {name: field.words for name, field in self.fields.items() if field.words}
        named = self.order if isinstance(self.identity, str) else self.identity
        # The fields that records are sorted by and told apart by, each with its Python type.
        self.key_types = tuple((name, int if "integer" in self.fields[name].json_types else str) for name in named)
        # Those of them that a record may lack, which is the same as an empty text, and how some are compared.
        self.optional = frozenset(named).difference(self.record_schema.get("required", named))
        self.compared: dict[str, Callable[[Any], Any]] = {
            name: spelling_called(properties[name]["x-gitbtc-compared"], where)
            for name in named
            if "x-gitbtc-compared" in properties[name]
        }
        self.renames: str = schema.get("x-gitbtc-renames", "")
        if self.renames and self.renames != self.identity[-1]:
            raise CannotWork(f"{where}: x-gitbtc-renames names the last field of the identity")
        for name in named:
            self.fields[name].is_free = name == self.renames
        self.members: tuple[str, ...] = tuple(schema.get("x-gitbtc-members", ()))
        self.loads, self.dumps = _written(schema, self.members, where)
        self.groups: tuple[Group, ...] = tuple(Group(group, where) for group in schema.get("x-gitbtc-together", ()))
        self.spellings = Spellings(self.record_schema, where)
        self.volatile = frozenset(name for name, field in self.fields.items() if field.is_volatile)
        self.shards: str = _shards(self, where)

    def group_of(self, field: str) -> Group | None:
        """The group that merges `field` together with others, if it is in one."""
        return next((group for group in self.groups if field in group.fields), None)


def _frame(schema: dict[str, Any], is_array: bool, where: str) -> Frame:  # noqa: FBT001 - internal
    default = "array" if is_array else "object"
    container = _one_of(schema.get("x-gitbtc-container", default), frozenset([default, "lines"]), where)
    if container == "lines" and not is_array:
        raise CannotWork(f"{where}: a container of lines holds records: its type is array")
    return FRAMES[container]


def _shards(kind: Kind, where: str) -> str:
    """What the shards of the kind are named after, "" for a kind that has none: by a field that each record has, and,
    but for an agent, that the records are sorted by first.
    """
    declared = kind.schema.get("x-gitbtc-shards")
    if declared is None:
        return ""
    by = _one_of(str(declared.get("by")), frozenset(_FIRST), f"{where}: shards")
    first = kind.key_types[:1]
    fits = {
        "txid": first == (("txid", str),),
        "month": first == (("timestamp", int),),
        "agent": "agent" in kind.fields and kind.fields["agent"].json_types == {"string"},
    }
    if not (kind.is_array and fits[by]) or "txid" in kind.compared:
        raise CannotWork(f"{where}: shards by {by} are of records in a list that {_FIRST[by]}")
    return by


def _written(
    schema: dict[str, Any], members: tuple[str, ...], where: str
) -> tuple[Callable[[bytes], Any], Callable[[Any], bytes]]:
    """How a record's text is read and written."""
    if "x-gitbtc-numbers" in schema:
        _one_of(schema["x-gitbtc-numbers"], frozenset(["as-spelled"]), where)
    elif not members:
        return json_text.loads, json_text.dumps
    return json_text.loads_spelled, lambda record: json_text.dumps_spelled(record, members)


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


def word_of(value: object) -> str:
    """How `x-gitbtc-words` calls a value; None stands for a field that a record does not have."""
    return "absent" if value is None else str(value).lower()
