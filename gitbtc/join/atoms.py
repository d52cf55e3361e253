"""A record taken apart into the values that are joined each by itself, and what several values of one join to.

An atom is one register: a field, a group of fields that only make sense together, or one field of an element of a list.
Its live values are those that no head has seen replaced, each under the token of the commit that introduced it. A
token is the pair (corrected commit date, oid), so that the later of two is the greater: it is its own clock.
"""

from __future__ import annotations

from itertools import chain

from gitbtc.merge.records import MISSING, by_size, same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from gitbtc.kinds.kind import Kind, Record

    Token = tuple[int, str]  # corrected commit date in Unix seconds, oid
    Atom = tuple[str, ...]
    Live = Mapping[Token, Any]  # never empty

FIELD, GROUP, ORDER, ROW, WHOLE = "field", "group", "order", "row", "whole"
LATEST, HIGHEST = "latest", "highest"
# Rules whose fields are fresher views of something, not somebody's decision.
_MEASURES = frozenset(["larger", "smaller"])


class Atoms:
    """How the records of a kind come apart. `kind` is None for a file that is no state file: one atom, its entry."""

    def __init__(self, kind: Kind | None) -> None:
        self.kind = kind
        self._is_whole = kind is None or kind.identity == "file"
        self._register = kind.register if kind else {}
        self._groups = kind.groups if kind and not self._is_whole else ()
        self._grouped = frozenset(name for group in self._groups for name in group.fields)
        fields = kind.fields if kind else {}
        self._listed = frozenset(name for name, field in fields.items() if field.merge == "elements")
        self._rules: dict[Atom, str] = {(FIELD, name): field.merge for name, field in fields.items()}
        self._rules |= {(GROUP, group.name): "block" if group.merge == "block" else LATEST for group in self._groups}
        self._modes = [name for name, field in fields.items() if field.merge == "never-live"]

    def rule(self, atom: Atom) -> str:
        """The name of the rule that an atom is joined by."""
        if atom[0] == WHOLE:
            return HIGHEST if self._register else LATEST
        if atom[0] == ORDER:
            return "immutable"
        if atom[0] == ROW and self.kind is not None:
            field = self.kind.fields[atom[1]].elements.get(atom[-1])
            return field.merge if field else "three-way"
        return self._rules.get(atom, "three-way")

    def is_measure(self, atom: Atom) -> bool:
        """Whether a change of it is only a fresher view."""
        return self.rule(atom) in _MEASURES

    def modes(self, record: Record) -> frozenset[Atom]:
        """The atoms that every commit asserts, and no join undoes: `simulation_mode`, where it is true."""
        return frozenset((FIELD, name) for name in self._modes if record.get(name) is True)

    def apart(self, record: Record) -> dict[Atom, Any]:
        """The atoms of a record; what it does not have has none."""
        if self._is_whole:
            return {(WHOLE,): record}
        found: dict[Atom, Any] = {}
        for group in self._groups:
            together = {name: record[name] for name in group.fields if name in record}
            if together:
                found[GROUP, group.name] = together
        for name, value in record.items():
            if name in self._listed and _is_rows(value):
                found |= self._rows(name, value)
            elif name not in self._grouped:
                found[FIELD, name] = value
        return found

    def _rows(self, name: str, rows: list[Record]) -> dict[Atom, Any]:
        identity = self.kind.fields[name].identity if self.kind else ()
        keys = ["\n".join(repr(row.get(part)) for part in identity) for row in rows]
        if len(set(keys)) < len(keys):
            return {(FIELD, name): rows}
        found: dict[Atom, Any] = {(ROW, name, key, part): row[part] for key, row in zip(keys, rows, strict=True)
                                  for part in row}  # fmt: skip
        return {(ORDER, name): keys, **found}

    def together(self, atoms: Mapping[Atom, Any]) -> Record:
        """The record of these atoms."""
        if self._is_whole:
            whole: Record = atoms[WHOLE,]
            return whole
        record: Record = {}
        rows: dict[str, dict[str, Record]] = {}
        for atom, value in atoms.items():
            if atom[0] == FIELD:
                record[atom[1]] = value
            elif atom[0] == GROUP:
                record |= value
            elif atom[0] == ROW:
                rows.setdefault(atom[1], {}).setdefault(atom[2], {})[atom[3]] = value
        for atom, keys in atoms.items():
            if atom[0] == ORDER:
                record[atom[1]] = [rows.get(atom[1], {}).get(key, {}) for key in keys]
        return record

    def differs(self, atom: Atom, old: Any, new: Any) -> bool:
        """Whether `new` is another assignment than `old`: a null takes no number away, a mode is no assignment."""
        rule = self.rule(atom)
        if rule == "never-live" or (rule == "number-over-null" and not _is_known(new)):
            return False
        return not same(old, new)

    def resolve(self, atom: Atom, live: Live) -> Any:
        """What the live values of an atom join to."""
        if len(live) == 1:
            return next(iter(live.values()))
        rule = self.rule(atom)
        return _highest(self._register, live) if rule == HIGHEST else _RESOLVE.get(rule, _latest)(live)

    def contest(self, atom: Atom, live: Live) -> str:
        """The type of conflict that a merge of these values would be; "" for none."""
        rule, chosen = self.rule(atom), self.resolve(atom, live)
        if rule == HIGHEST:
            height = self._register["highest"]
            level = [value for value in live.values() if value.get(height) == chosen.get(height)]
            return "" if all(same(value, chosen) for value in level) else "reorg"
        if rule not in _CONTESTS or len(live) == 1:
            return ""
        type_, counts = _CONTESTS[rule]
        rivals = [value for value in live.values() if counts(value)]
        return "" if all(_agrees(rule, value, chosen) for value in rivals) else type_


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _is_known(value: Any) -> bool:
    return value is not None and value is not MISSING


def _is_present(value: Any) -> bool:
    return value is not MISSING


def _anything(_: Any) -> bool:
    return True


def _is_block(value: Any) -> bool:
    return isinstance(value, dict) and value.get("block_height") is not None


def _agrees(rule: str, value: Any, chosen: Any) -> bool:
    if rule == "block":
        return all(same(part, chosen.get(name)) for name, part in value.items() if part is not None)
    return same(value, chosen)


def _latest(live: Live) -> Any:
    return live[max(live)]


def _three_way(live: Live) -> Any:
    """Null, beside a text, says that nobody has named it yet."""
    is_text = all(value is None or isinstance(value, str) for value in live.values())
    return _latest({token: value for token, value in live.items() if value is not None} or live if is_text else live)


def _latest_of(counts: Callable[[Any], bool]) -> Callable[[Live], Any]:
    def resolve(live: Live) -> Any:
        return _latest({token: value for token, value in live.items() if counts(value)} or live)

    return resolve


def _by_size(choose: Callable[..., Any]) -> Callable[[Live], Any]:
    def resolve(live: Live) -> Any:
        numbers = [value for value in live.values() if isinstance(value, int | float)]
        return choose(numbers) if numbers else _latest(live)

    return resolve


def _true_wins(live: Live) -> Any:
    return True if any(value is True for value in live.values()) else _latest(live)


def _false_wins(live: Live) -> Any:
    """Freezing wins; silence says less than anybody's word."""
    said = [value for value in live.values() if isinstance(value, bool)]
    return all(said) if said else _latest(live)


def _united(live: Live) -> Any:
    lists = [value for value in live.values() if isinstance(value, list)]
    together = {repr(value): value for value in chain.from_iterable(lists)}
    return sorted(together.values(), key=by_size) if lists else _latest(live)


def _block(live: Live) -> Any:
    """A block beats none; of two the later clock's; what it does not know is filled in from another view of it."""
    seen = [value for _, value in sorted(live.items(), reverse=True) if isinstance(value, dict)]
    blocks = [value for value in seen if _is_block(value)] or seen
    if not blocks:
        return _latest(live)
    chosen: Record = dict(blocks[0])
    for view in blocks[1:]:
        if _agree_where_known(chosen, view):
            chosen = {
                **view,
                **{name: value for name, value in chosen.items() if value is not None or name not in view},
            }
    return chosen


def _agree_where_known(one: Record, other: Record) -> bool:
    return all(
        one[name] is None or other[name] is None or same(one[name], other[name]) for name in one.keys() & other.keys()
    )


def _highest(register: dict[str, str], live: Live) -> Any:
    height = register["highest"]
    return max(live.items(), key=lambda item: (_as_height(item[1].get(height)), item[0]))[1]


def _as_height(value: Any) -> int:
    return value if isinstance(value, int) else -1


_RESOLVE: dict[str, Callable[[Live], Any]] = {
    "three-way": _three_way,
    "immutable": _latest_of(_is_present),
    "number-over-null": _latest_of(_is_known),
    "larger": _by_size(max),
    "smaller": _by_size(min),
    "true-wins": _true_wins,
    "freezing": _false_wins,
    "union": _united,
    "block": _block,
}
# Rule -> the conflict that two different values are, and which values count.
_CONTESTS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "three-way": ("edit", _anything),
    LATEST: ("edit", _anything),
    "immutable": ("data_error", _is_present),
    "number-over-null": ("data_error", _is_known),
    "block": ("reorg", _is_block),
}
