"""How a record reads in one line, after its kind's `x-gitbtc-line`."""

from __future__ import annotations

import re

from gitbtc.kinds.kind import word_of
from gitbtc.views import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable
    from typing import Any

    from gitbtc.kinds.kind import Kind, Record

_PART = re.compile(r"\{([^{}:]+)(?::([a-z]+))?\}")
_UNIT_SUFFIXES = {
    "sat": "_sat", "msat": "_msat", "sat/vB": "_sat_vbyte", "ppm": "_ppm", "usd": "_usd", "bytes": "_bytes"
}  # fmt: skip
_NAME = "label"
# What a number with a unit of its own needs no name for.
_UNNAMED = frozenset(["amount", "timestamp"])


class Part:
    """One part of a line: a field, and how it is shown: `plain`, `sat`, `outpoint`, `short`, `count` or `unnamed`."""

    __slots__ = ("declared", "field", "form", "is_bare", "is_identity", "title", "unit")

    def __init__(self, kind: Kind, field: str, form: str) -> None:
        self.field = field
        self.form = form or "plain"
        self.declared = kind.fields.get(field)
        self.unit = self.declared.unit if self.declared else ""
        title = field.removesuffix(_UNIT_SUFFIXES.get(self.unit, "")).replace("_", " ")
        self.title = "" if title in _UNNAMED and self.unit else title + " "
        # A text without its name is only clear when it cannot be missing.
        self.is_identity = field in {name for name, _ in kind.key_types}
        self.is_bare = field in kind.record_schema.get("required", ())

    @property
    def is_lossy(self) -> bool:
        """Whether two values can look the same."""
        return self.form not in ("plain", "sat")

    def show(self, record: Record, length: int) -> str:
        """The part, empty when the record has nothing to show there. Ids are cut to `length` characters."""
        given = record.get(self.field)
        if given is None or (given == "" and not self.is_identity):
            return ""
        return _FORMS.get(self.form, _plain)(self, record, given, length)


def _plain(part: Part, _: Record, given: Any, __: int) -> str:
    told = terms.of_field(given, part.declared)
    if type(given) is str:
        return told if part.is_bare else f"{part.field}={told}"
    return part.title + told


def _outpoint(part: Part, record: Record, _: Any, length: int) -> str:
    return terms.outpoint(record, part.field, length)


def _short(part: Part, record: Record, given: Any, length: int) -> str:
    if type(given) is not str:
        return _plain(part, record, given, length)
    txid, colon, vout = given.partition(":")  # where the field is a whole outpoint
    shown = terms.short(txid, length) + colon + vout if terms.is_hex(txid) else terms.short(given, length)
    return ("" if part.is_bare else part.title) + shown


def _sat(part: Part, record: Record, given: Any, length: int) -> str:
    return part.title + terms.sats(given) if type(given) is int else _plain(part, record, given, length)


def _count(part: Part, record: Record, given: Any, length: int) -> str:
    if type(given) is not list:
        return _plain(part, record, given, length)
    return terms.counted(len(given), (part.field.removesuffix("s"), part.field))


def _unnamed(part: Part, record: Record, given: Any, length: int) -> str:
    if type(given) is not str:
        return _plain(part, record, given, length)
    return terms.word(given) if length >= terms.WHOLE else terms.short_address(given)


_FORMS: dict[str, Callable[[Part, Record, Any, int], str]] = {
    "outpoint": _outpoint, "short": _short, "count": _count, "sat": _sat, "unnamed": _unnamed
}  # fmt: skip


class Line:
    """The line of a kind."""

    __slots__ = ("kind", "parts")

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        declared = [Part(kind, field, form) for field, form in _PART.findall(kind.line)]
        named = {part.field for part in declared}
        named |= {"vout" for part in declared if part.form == "outpoint"}
        identity = () if isinstance(kind.identity, str) else kind.identity
        # A schema's line may forget what tells the records apart.
        self.parts = [Part(kind, field, "") for field in identity if field not in named] + declared

    def show(self, record: Record, length: int, without: Container[str] = ()) -> list[str]:
        """The parts of the line that are not empty, but for the fields `without`."""
        is_named = bool(record.get(_NAME)) and _NAME not in without
        parts = (part for part in self.parts if part.field not in without and not (is_named and part.form == "unnamed"))
        return [text for part in parts if (text := part.show(record, length))]

    def rest(self, record: Record) -> list[str]:
        """What the line does not show of `record`, or shows in a way that another value could share."""
        shown = {part.field for part in self.parts if not part.is_lossy and record.get(part.field) not in (None, "")}
        return self._named(record, sorted(record.keys() - shown))

    def said(self, record: Record) -> list[str]:
        """What has to be told of a record besides: fields that the kind does not know, and in words what is not meant
        unless it is said: `frozen`.
        """
        alarms = self.kind.alarms
        named = [name for name in alarms if name in record]
        words = ((alarms[name].get(word_of(record[name]), ""), alarms[name].get("absent")) for name in named)
        return [*self.unknown(record), *(word for word, usual in words if word != usual)]

    def unknown(self, record: Record) -> list[str]:
        """The fields that the kind does not know."""
        return self._named(record, sorted(record.keys() - self.kind.fields.keys()))

    def _named(self, record: Record, names: Iterable[str]) -> list[str]:
        """`name=value` for each of `names`; the name says the unit."""
        fields, told = self.kind.fields, []
        for name in names:
            is_free = name not in fields or fields[name].is_free
            told.append(f"{terms.word(name)}={terms.value(record[name], is_free=is_free)}")
        return told

    def length(self, records: Iterable[Record]) -> int:
        """To how many characters ids can be cut so that those of `records` are still told apart."""
        fields = [part.field for part in self.parts if part.form in ("outpoint", "short")]
        values = {record.get(field) for record in records for field in fields} if fields else set()
        return terms.telling_length({text for text in values if type(text) is str})
