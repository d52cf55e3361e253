"""Three versions of one record become one: each field by the rule that its schema gives it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from gitbtc.kinds.kind import Field, Group, Kind, Record

    Rule = Callable[[Field, Any, Any, Any], Any]


class _Missing:
    """The value of a field that a record does not have."""

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


class _Contested(Exception):
    """A rule has no answer; the argument is the type of the conflict."""


class MergedRecord:
    """The merged record. Where `contested` names fields, `ours` and `theirs` differ in those alone."""

    __slots__ = ("contested", "ours", "theirs", "type")

    def __init__(self) -> None:
        self.ours: Record = {}
        self.theirs: Record = {}
        self.contested: list[str] = []
        self.type = ""


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: to Python alone, 1 is True and 5 is 5.0."""
    return one is other or (one == other and repr(one) == repr(other))


def merge_record(kind: Kind, base: Record | None, ours: Record, theirs: Record, *, into_ours: bool) -> MergedRecord:
    """Merge field by field. `into_ours`: ours is a branch that is merged into, so that its mode is kept."""
    merged = MergedRecord()
    rules = RULES_INTO_OURS if into_ours else RULES
    before = base or {}
    grouped = {name for group in kind.groups for name in group.fields}
    for group in kind.groups:
        _merge_group(merged, group, before, ours, theirs)
    for name in sorted({*before, *ours, *theirs} - grouped):
        field = kind.fields.get(name)
        values = before.get(name, MISSING), ours.get(name, MISSING), theirs.get(name, MISSING)
        try:
            value = _merge_value(field, *values, rules)
            _keep(merged, name, value, value)
        except _Contested as contested:
            _contest(merged, str(contested), [name])
            _keep(merged, name, values[1], values[2])
    return merged


def _keep(merged: MergedRecord, name: str, ours: Any, theirs: Any) -> None:
    for side, value in ((merged.ours, ours), (merged.theirs, theirs)):
        if value is not MISSING:
            side[name] = value


def _contest(merged: MergedRecord, type_: str, names: list[str]) -> None:
    # A fault in the facts outranks a difference of opinion.
    merged.type = type_ if not merged.type or merged.type == "edit" else merged.type
    merged.contested += names


def _merge_value(
    field: Field | None, base: Any, ours: Any, theirs: Any, rules: Mapping[str, Callable[..., Any]]
) -> Any:
    if same(ours, theirs):
        return ours
    rule = rules[field.merge] if field else _three_way
    return rule(field, base, ours, theirs)


def _one_changed(base: Any, ours: Any, theirs: Any) -> Any:
    """(new value,) when one side left the base value alone, else None; MISSING is a value like any other."""
    if same(ours, base):
        return (theirs,)
    if same(theirs, base):
        return (ours,)
    return None


def _three_way(_: Field | None, base: Any, ours: Any, theirs: Any) -> Any:
    changed = _one_changed(base, ours, theirs)
    if changed is not None:
        return changed[0]
    # In a record that both sides added, null says that nobody has named it yet.
    texts = [value for value in (ours, theirs) if isinstance(value, str)]
    if base is MISSING and len(texts) == 1 and None in (ours, theirs):
        return texts[0]
    raise _Contested("edit")


def _mark(_: Field | None, base: Any, ours: Any, theirs: Any) -> Any:
    """A transaction's mark: which of two new ones is right follows from all that is known of its coins, not from this
    record, and is put right there.
    """
    changed = _one_changed(base, ours, theirs)
    if changed is not None:
        return changed[0]
    return min((value for value in (ours, theirs) if value is not MISSING and value is not None), key=repr)


def _immutable(_: Field, __: Any, ours: Any, theirs: Any) -> Any:
    present = [value for value in (ours, theirs) if value is not MISSING]
    if len(present) != 1:
        raise _Contested("data_error")
    return present[0]


def _by_size(choose: Callable[..., Any]) -> Rule:
    def rule(_: Field, base: Any, ours: Any, theirs: Any) -> Any:
        changed = _one_changed(base, ours, theirs)
        if changed is not None:
            return changed[0]
        numbers = [value for value in (ours, theirs) if isinstance(value, int | float)]
        return choose(numbers) if numbers else None  # one side null, the other missing

    return rule


def _number_over_null(_: Field, __: Any, ours: Any, theirs: Any) -> Any:
    numbers = [value for value in (ours, theirs) if value is not None and value is not MISSING]
    if len(numbers) > 1:
        raise _Contested("data_error")
    return numbers[0] if numbers else None


def _true_wins(_: Field, base: Any, ours: Any, theirs: Any) -> Any:
    changed = _one_changed(base, ours, theirs)
    return True if changed is None else changed[0]


def _freezing(_: Field, base: Any, ours: Any, theirs: Any) -> Any:
    """`spendable`, where absent says nothing: of two new values the one that freezes stands against silence alone."""
    changed = _one_changed(base, ours, theirs)
    if changed is not None:
        return changed[0]
    if MISSING not in (ours, theirs):
        raise _Contested("edit")
    return ours if theirs is MISSING else theirs


def _first_seen(_: Field, base: Any, ours: Any, theirs: Any) -> Any:
    """Two spellings of what means the same: the new one; of two new ones the one that sorts first."""
    changed = _one_changed(base, ours, theirs)
    return changed[0] if changed is not None else min((ours, theirs), key=repr)


def _union(_: Field, base: Any, ours: Any, theirs: Any) -> Any:
    """Lists to which both sides only add."""
    changed = _one_changed(base, ours, theirs)
    if changed is not None:
        return changed[0]
    if not (isinstance(ours, list) and isinstance(theirs, list)):
        raise _Contested("edit")
    together = {repr(value): value for value in (*ours, *theirs)}
    return sorted(together.values(), key=by_size)


def by_size(value: Any) -> tuple[bool, float, str]:
    """What the values of a united list are sorted by: numbers by size, before all others."""
    is_number = isinstance(value, int | float)
    return not is_number, value if is_number else 0, repr(value)


def _never_live(_: Field, __: Any, ours: Any, theirs: Any) -> Any:
    """simulation_mode, which is false for live: where no branch is merged into, simulating wins."""
    return True if True in (ours, theirs) else theirs if ours is MISSING else ours


def _own_mode(_: Field, __: Any, ours: Any, ___: Any) -> Any:
    """simulation_mode of a branch that is merged into: it keeps its own, and simulates where it has none."""
    return True if ours is MISSING else ours


def _elements(field: Field, base: Any, ours: Any, theirs: Any) -> Any:
    """Lists that hold the same elements in the same order, each merged by the rules of its own fields."""
    if not (_is_rows(ours) and _is_rows(theirs)):
        return _immutable(field, base, ours, theirs)
    if [_element_key(field, row) for row in ours] != [_element_key(field, row) for row in theirs]:
        raise _Contested("data_error")
    before = {_element_key(field, row): row for row in base} if _is_rows(base) else {}
    return [
        _merge_element(field, before.get(_element_key(field, one), {}), one, other)
        for one, other in zip(ours, theirs, strict=True)
    ]


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _element_key(field: Field, row: Record) -> tuple[str, ...]:
    return tuple(repr(row.get(name)) for name in field.identity)


def _merge_element(field: Field, base: Record, ours: Record, theirs: Record) -> Record:
    merged: Record = {}
    for name in sorted({*ours, *theirs}):
        values = base.get(name, MISSING), ours.get(name, MISSING), theirs.get(name, MISSING)
        value = _merge_value(field.elements.get(name), *values, RULES)
        if value is not MISSING:
            merged[name] = value
    return merged


RULES: dict[str, Callable[..., Any]] = {
    "three-way": _three_way,
    "immutable": _immutable,
    "mark": _mark,
    "larger": _by_size(max),
    "smaller": _by_size(min),
    "number-over-null": _number_over_null,
    "true-wins": _true_wins,
    "never-live": _never_live,
    "elements": _elements,
    "freezing": _freezing,
    "first-seen": _first_seen,
    "union": _union,
}
RULES_INTO_OURS = {**RULES, "never-live": _own_mode}


def _merge_group(merged: MergedRecord, group: Group, base: Record, ours: Record, theirs: Record) -> None:
    values = [{name: side[name] for name in group.fields if name in side} for side in (base, ours, theirs)]
    if same(values[1], values[2]):
        choice: Any = values[1]
    else:
        changed = _one_changed(*values)
        choice = changed[0] if changed else None
        if changed is None and group.merge == "block":
            choice = _same_block(*values)
    if choice is None:
        differing = [name for name in group.fields if not same(values[1].get(name), values[2].get(name))]
        _contest(merged, "reorg" if group.merge == "block" else "edit", differing)
    for side, value in ((merged.ours, values[1]), (merged.theirs, values[2])):
        side.update(value if choice is None else choice)


def _same_block(base: Record, ours: Record, theirs: Record) -> Record | None:
    """The fuller of two views of one block; the confirmed view when there was no block before; None: two blocks."""
    confirmed = [side for side in (ours, theirs) if side.get("block_height") is not None]
    if len(confirmed) != 1:
        return _fuller(ours, theirs)
    # Base had a block and both sides changed it: it was reorganised away, and the two saw different ends of that.
    return confirmed[0] if base.get("block_height") is None else None


def _fuller(ours: Record, theirs: Record) -> Record | None:
    merged: Record = {}
    for name in sorted({*ours, *theirs}):
        known = [side[name] for side in (ours, theirs) if side.get(name) is not None]
        if len(known) == 2 and not same(*known):
            return None
        merged[name] = known[0] if known else None
    return merged


def changed_fields(before: Record, after: Record) -> list[str]:
    """The names of the fields that differ."""
    return [name for name in sorted({*before, *after}) if not same(before.get(name, MISSING), after.get(name, MISSING))]


def changes_fixed_facts(kind: Kind, before: Record, after: Record) -> bool:
    """Whether `after` changes what can never change: an immutable field, or an element's."""
    for name in changed_fields(before, after):
        field = kind.fields.get(name)
        if field is None or field.merge not in ("immutable", "elements"):
            continue
        try:
            _merge_value(field, MISSING, before.get(name, MISSING), after.get(name, MISSING), RULES)
        except _Contested:
            return True
    return False


def changes_only_measures(kind: Kind, before: Record, after: Record) -> bool:
    """Whether all changed fields are of a larger-of or smaller-of rule: fresher views, not somebody's decision."""
    return all(
        name in kind.fields and kind.fields[name].merge in ("larger", "smaller")
        for name in changed_fields(before, after)
    )
