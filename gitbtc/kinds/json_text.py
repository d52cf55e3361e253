"""JSON read and written in the one way that the canonical form has for it.

The standard library does it. For much of it orjson takes over, which is three times as fast but takes as long to
import as a whole merge of small files; where the two could write a number differently, the standard library decides.
"""

from __future__ import annotations

import json
from itertools import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from types import ModuleType
    from typing import Any, Self

BULK = 1 << 20  # bytes: from here on orjson's import pays

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode
_decode = json.JSONDecoder().decode
_encode_in_order = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode

_fast: ModuleType | None = None


def expect(size: int) -> None:
    """Prepare for a text of `size` bytes."""
    global _fast  # noqa: PLW0603 - which reader is at work changes no result, only how soon it is there
    if size >= BULK and _fast is None:
        import orjson

        _fast = orjson


def loads(text: bytes) -> Any:
    """The value of a JSON text; ValueError or RecursionError for what is none.

    Quick, not strict: the last of two equal keys is kept, NaN may pass. What `dumps` writes back the same had neither.
    """
    return _fast.loads(text) if _fast else _decode(text.decode())


def dumps(value: Any) -> bytes:
    """`value`, whose floats are finite, with keys sorted by code point, no spaces, UTF-8, floats in shortest form.

    ValueError for halves of surrogate pairs; TypeError for what is not JSON.
    """
    if _fast:
        try:
            text: bytes = _fast.dumps(value, option=_fast.OPT_SORT_KEYS)
        except TypeError:  # integers of more than 64 bits
            return _dumps(value)
        # From 1e16 on and below 0.0001 the two write floats differently.
        return _dumps(value) if b"e+" in text or b"e-" in text or b"0.0000" in text else _fitting(text)
    return _dumps(value)


def _fitting(text: bytes) -> bytes:
    """A text of orjson's without the room behind it, of which a short one has ten times its length: many are held."""
    return bytes(memoryview(text)) if len(text) < _ROOM else text


_ROOM = 4096  # bytes


def _dumps(value: Any) -> bytes:
    text = _encode(value)
    return (_with_short_exponents(value) if "e-" in text or "e+" in text else text).encode()


def _with_short_exponents(value: Any) -> str:
    """Python's repr is the shortest form that reads back the same, but for a sign and a zero in the exponent."""
    if isinstance(value, dict):
        members = (f"{_encode(name)}:{_with_short_exponents(part)}" for name, part in sorted(value.items()))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_with_short_exponents(part) for part in value) + "]"
    if isinstance(value, float):
        mantissa, _, exponent = repr(value).partition("e")
        return f"{mantissa}e{int(exponent)}" if exponent else mantissa
    return _encode(value)


# -- numbers as they were spelled --------------------------------------------------------------------------------------


class Spelled(float):
    """A number whose `text` is not the one that its value would be written in: `90000.00`, `1e3`, `-0`."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        """The number that `text` spells."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __repr__(self) -> str:
        return self.text  # two spellings are two values to whoever compares what is written


def spelled(text: str) -> float:
    """The number that a token of JSON spells: a float where its shortest form is that token."""
    number = float(text)
    return number if _with_short_exponents(number) == text else Spelled(text)


def spelled_integer(text: str) -> int | float:
    """The same of a token without point and exponent: there is one that no integer is written as."""
    return Spelled(text) if text == "-0" else int(text)


_decode_spelled = json.JSONDecoder(parse_float=spelled, parse_int=spelled_integer).decode


def loads_spelled(text: bytes) -> Any:
    """The value of a JSON text, with its numbers as they are spelled; as strict as `loads`."""
    if _fast and b"-0" not in text:
        value = _fast.loads(text)
        if isinstance(value, dict) and _PLAIN.issuperset(map(type, value.values())):  # no number but short integers
            return value
    return _decode_spelled(text.decode())


def dumps_spelled(record: dict[str, Any], members: tuple[str, ...]) -> bytes:
    """`record` with `members` first and the others by code point, its numbers as they are spelled; else as `dumps`."""
    names = _in_order(record, members)
    if _PLAIN.issuperset(map(type, record.values())):
        in_order = {name: record[name] for name in names}
        return _quickly(in_order) if _fast else _encode_in_order(in_order).encode()
    return ("{" + ",".join(f"{_encode(name)}:{_as_spelled(record[name])}" for name in names) + "}").encode()


def _in_order(names: Collection[str], members: tuple[str, ...]) -> tuple[str, ...]:
    """`members`, those that are among `names`, and then the others by code point."""
    first = tuple([name for name in members if name in names])
    return first if len(first) == len(names) else (*first, *sorted(set(names).difference(first)))


def dumps_all(records: list[dict[str, Any]], members: tuple[str, ...]) -> bytes | None:
    """An array of what `dumps_spelled` makes of each of many records, all of which are texts, truth values and
    integers; None where one is something else.
    """
    if not _PLAIN.issuperset(map(type, chain.from_iterable(map(dict.values, records)))):
        return None
    orders = {names: _in_order(names, members) for names in set(map(tuple, records))}
    if any(names != order for names, order in orders.items()):
        records = [
            record if (order := orders[names]) == names else {name: record[name] for name in order}
            for record, names in zip(records, map(tuple, records), strict=True)
        ]
    try:
        return _fast.dumps(records) if _fast else _encode_in_order(records).encode()
    except (TypeError, ValueError):  # integers of more than 64 bits, halves of surrogate pairs
        return None


def parts_of(array: bytes, count: int) -> list[bytes] | None:
    """The texts of the objects of an array that `dumps_all` wrote of `count` records; None where they are not seen."""
    parts = array[2:-2].split(b'},{"')  # which a text can end with, and no other place in one holds
    if len(parts) != count or not count:
        return None
    return [b"{%b}" % parts[0], *[b'{"%b}' % part for part in parts[1:]]]


def _quickly(in_order: dict[str, Any]) -> bytes:
    try:
        text: bytes = _fast.dumps(in_order) if _fast else b""
    except TypeError:  # integers of more than 64 bits, halves of surrogate pairs
        return _encode_in_order(in_order).encode()
    return _fitting(text)


_PLAIN = frozenset([str, bool, int, type(None)])


def _as_spelled(value: Any) -> str:
    if isinstance(value, Spelled):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{_encode(name)}:{_as_spelled(part)}" for name, part in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_as_spelled(part) for part in value) + "]"
    return _with_short_exponents(value)
