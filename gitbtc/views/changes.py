"""The changed fields of a record in words: `label null → "rent"`, `outputs[1].spent false → true`."""

from __future__ import annotations

from gitbtc.diff.operations import changed_fields
from gitbtc.kinds.kind import word_of
from gitbtc.views import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gitbtc.kinds.kind import Field, Kind, Record

    Fields = dict[str, dict[str, Any]]


def told(kind: Kind, fields: Fields, *, full: bool = True) -> list[str]:
    """Each change of `fields` (name -> old and new value, absent ones left out). Nothing is left out or shortened;
    unless all of it is wanted in `full`, that a block confirmed a record is told by the block's height and day, and
    hashes are cut.
    """
    words: list[str] = []
    if not full:
        words, fields = _by_block(kind, fields)
    for name, sides in fields.items():
        field = kind.fields.get(name)
        old, new = sides.get("old", terms.ABSENT), sides.get("new", terms.ABSENT)
        cut = [] if full else _cut(terms.word(name), old, new)
        words += _in_elements(field, old, new) or cut or [_change(terms.word(name), field, old, new)]
    return words


def _cut(name: str, old: Any, new: Any) -> list[str]:
    """A change from one hash to another, both cut as far as that still tells them apart; nothing where it does not."""
    if not (type(old) is type(new) is str and terms.is_hex(old) and terms.is_hex(new)):
        return []
    before, after = terms.short(old), terms.short(new)
    return [f"{name} {before} → {after}"] if before != after else []


def _by_block(kind: Kind, fields: Fields) -> tuple[list[str], Fields]:
    """That a record came into a block or out of one, in words, and the fields that are no part of that."""
    block = next((group.fields for group in kind.groups if group.merge == "block"), ())
    part = {name: fields[name] for name in block if name in fields}
    heights = part.get("block_height", {})
    for side, other, words in (("old", "new", "confirmed in"), ("new", "old", "no longer confirmed, was in")):
        without = all(sides.get(side) in (None, False) for sides in part.values())
        height = heights.get(other)
        if type(height) is int and side in heights and without and all(sides.get(other) for sides in part.values()):
            seconds = part.get("block_time", {}).get(other)
            day = f" ({terms.day(seconds)})" if type(seconds) is int and terms.day(seconds) else ""
            return [f"{words} block {height}{day}"], {name: fields[name] for name in fields if name not in part}
    return [], fields


def alarming(kind: Kind, fields: Fields) -> dict[str, str]:
    """name -> words of each change of `fields` that is told before all others: `frozen (was spendable)`."""
    found = {}
    for name, words in kind.alarms.items():
        if name in fields:
            was, now = (words.get(word_of(fields[name].get(side))) for side in ("old", "new"))
            if was != now:
                found[name] = f"{now} (was {was})" if "new" in fields[name] else f"{now} (was {was}), not said any more"
    return found


def _change(name: str, field: Field | None, old: Any, new: Any) -> str:
    return f"{name} {terms.of_field(old, field)} → {terms.of_field(new, field)}"


def _in_elements(field: Field | None, old: Any, new: Any) -> list[str]:
    """What changed within a list whose elements have an identity; nothing when that does not tell the whole change."""
    if field is None or not field.elements:
        return []
    before, after = _by_identity(field, old), _by_identity(field, new)
    if before is None or after is None:
        return []
    if [key for key in before if key in after] != [key for key in after if key in before]:
        return []
    words = []
    for key in {**before, **after}:
        name = f"{field.name}[{key}]"
        if key not in after:
            words.append(f"{name} removed: {terms.value(before[key])}")
        elif key not in before:
            words.append(f"{name} added: {terms.value(after[key])}")
        else:
            words += _in_element(name, field, before[key], after[key])
    return words


def _in_element(name: str, field: Field, old: Record, new: Record) -> list[str]:
    return [
        _change(
            f"{name}.{part}", field.elements.get(part), old.get(part, terms.ABSENT), new.get(part, terms.ABSENT)
        )
        for part in changed_fields(old, new)
    ]  # fmt: skip


def _by_identity(field: Field, elements: Any) -> dict[str, Record] | None:
    """The elements by what tells them apart, in their order; None when it does not."""
    if type(elements) is not list or not all(type(element) is dict for element in elements):
        return None
    found = {
        ":".join(terms.value(element.get(name, terms.ABSENT)) for name in field.identity): element
        for element in elements
    }
    return found if len(found) == len(elements) else None
