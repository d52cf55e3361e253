"""A record here and as a source tells it: whose word counts for each field, as its schema says (`x-gitbtc-told-by`).

A source is a program that answers for what it sees. Facts are its own, whoever wrote them here before; what people
write it does not undo; and of what it does not know, nothing changes.
"""

from __future__ import annotations

from gitbtc.kinds import json_text
from gitbtc.kinds.kind import SOURCE
from gitbtc.merge.records import MISSING, same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gitbtc.kinds.kind import Field, Group, Kind, Record


class Telling:
    """The source whose word is merged: it has come to the block of height `tip`."""

    __slots__ = ("tip",)

    def __init__(self, tip: int) -> None:
        self.tip = tip


class ToldRecord:
    """The merged `record`. `kept` names the fields in which people here and the source changed the same: (name, the
    value here, the source's).
    """

    __slots__ = ("kept", "record")

    def __init__(self) -> None:
        self.record: Record = {}
        self.kept: list[tuple[str, Any, Any]] = []

    def notices(self) -> list[str]:
        """What was kept, one line each."""
        return [kept(name, ours, theirs) for name, ours, theirs in self.kept]


def kept(name: str, ours: Any, theirs: Any) -> str:
    """What is told of a field that people and the source gave different values."""
    here, there = (
        "nothing" if value in (None, MISSING) else json_text.dumps(value).decode() for value in (ours, theirs)
    )
    return f"{name} kept: {here} here, {there} in the wallet"


def merge_told(kind: Kind, base: Record | None, ours: Record, theirs: Record, telling: Telling) -> ToldRecord:
    """Merge what is here and what the source tells now (`theirs`), which told `base` last."""
    merged = ToldRecord()
    before = base or {}
    grouped = {name for group in kind.groups for name in group.fields}
    for group in kind.groups:
        merged.record.update(_group(group, before, ours, theirs, telling))
    for name in sorted({*ours, *theirs} - grouped):
        field = kind.fields.get(name)
        values = before.get(name, MISSING), ours.get(name, MISSING), theirs.get(name, MISSING)
        if field is not None and field.told_by == SOURCE:
            value = _fact(field, *values)
        else:
            value = _persons(merged, name, *values)
        if value is not MISSING:
            merged.record[name] = value
    return merged


def _fact(field: Field, base: Any, ours: Any, theirs: Any) -> Any:
    if same(ours, theirs) or (theirs is MISSING and base is MISSING):
        return ours
    if ours is MISSING or theirs is MISSING:
        return theirs
    if field.merge == "true-wins" or (field.merge == "number-over-null" and theirs is None):
        return ours  # a flag follows from all that is known here, and is put right by that
    if field.merge in ("larger", "smaller") and not {type(ours), type(theirs)} - {int, float}:
        return max(ours, theirs) if field.merge == "larger" else min(ours, theirs)
    return _elements(field, ours, theirs) if field.merge == "elements" else theirs


def _elements(field: Field, ours: list[Record], theirs: list[Record]) -> list[Record]:
    """The list that the source tells, with what only the one here knows of its elements."""
    known = {_element_key(field, row): row for row in ours}
    return [_element(field, known.get(_element_key(field, row), {}), row) for row in theirs]


def _element(field: Field, ours: Record, theirs: Record) -> Record:
    parts = {name: (field.elements.get(name), value) for name, value in theirs.items()}
    told = {
        name: _fact(part, MISSING, ours.get(name, MISSING), value) if part else value
        for name, (part, value) in parts.items()
    }
    return ours | told


def _element_key(field: Field, row: Record) -> tuple[Any, ...]:
    return tuple(row[name] for name in field.identity)


def _persons(merged: ToldRecord, name: str, base: Any, ours: Any, theirs: Any) -> Any:
    """What people may have written: where they changed it, it stays."""
    unchanged = same(ours, base) or (base is MISSING and ours is None)
    if unchanged or same(ours, theirs):
        return theirs
    if base is MISSING and theirs in (None, MISSING):
        return ours
    if not same(theirs, base) and theirs not in (None, MISSING):
        merged.kept.append((name, ours, theirs))
    return ours


def _group(group: Group, base: Record, ours: Record, theirs: Record, telling: Telling) -> Record:
    """Fields that are one fact. A block above the source's tip is one that it has not seen, unless it told it."""
    last, mine, told = ({name: side[name] for name in group.fields if name in side} for side in (base, ours, theirs))
    if group.merge == "block":
        height = mine.get("block_height")
        if type(height) is int and height > telling.tip and last.get("block_height") != height:
            return mine
        if height == told.get("block_height"):
            return mine | {name: value for name, value in told.items() if value is not None or name not in mine}
    return told
