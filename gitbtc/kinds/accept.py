"""A schema compiled into a test that is quick to say yes.

Most records are good, and a million of them go into a first commit. The test here answers True only for what the
schema allows; for all else, also for a keyword that it does not know, it answers False, and jsonschema decides.
"""

from __future__ import annotations

import math
import re
from functools import reduce

from gitbtc.kinds.formats import FORMATS, check_format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Test = Callable[[Any], bool]

# Exact types: to Python True is an integer, and JSON Schema would take 5.0 for one.
_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,), "number": (int, float), "string": (str,), "boolean": (bool,), "null": (type(None),),
    "array": (list,), "object": (dict,),
}  # fmt: skip
_SAYS_NOTHING = frozenset(["$schema", "$id", "$comment", "title", "description", "default", "examples"])
# In ECMA-262, which JSON Schema speaks, `$` is the end of the text; to Python it is also the place before a last LF.
_DOLLAR = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$")


def pattern(text: str) -> re.Pattern[str]:
    """A schema's pattern as JSON Schema means it."""
    return re.compile(_DOLLAR.sub(lambda found: found[1] or r"\Z", text), re.ASCII)


def acceptance(schema: Any) -> Test:
    """The test of a schema: True for a value that it allows, False for one that it may not allow."""
    if not isinstance(schema, dict):
        return _unsure
    try:
        tests = [
            _COMPILERS.get(keyword, _unknown)(argument, schema)
            for keyword, argument in schema.items()
            if keyword not in _SAYS_NOTHING and not keyword.startswith("x-")
        ]
    except (AttributeError, TypeError):  # the schema is broken, which jsonschema can say better
        return _unsure
    return reduce(_both, tests) if tests else lambda _: True


def _both(one: Test, other: Test) -> Test:
    return lambda value: one(value) and other(value)


def _unsure(_: Any) -> bool:
    return False


def _unknown(_: Any, __: Any) -> Test:
    return _unsure


def is_a(name: str, value: Any) -> bool:
    """Whether `value` is of the JSON type `name`; an integer is never written with a point, a number is finite."""
    return type(value) in _TYPES[name] and (type(value) is not float or math.isfinite(value))


def _type(names: Any, _: Any) -> Test:
    named = [names] if isinstance(names, str) else names
    if not isinstance(named, list) or not all(name in _TYPES for name in named):
        return _unsure
    allowed = frozenset(type_ for name in named for type_ in _TYPES[name])
    if len(allowed) == 1 and float not in allowed:
        (only,) = allowed
        return lambda value: type(value) is only
    return lambda value: type(value) in allowed and (type(value) is not float or math.isfinite(value))


def _enum(options: Any, _: Any) -> Test:
    # To Python True is 1; among values of one of these types nothing is equal that JSON tells apart.
    known = frozenset((type(option), option) for option in options if type(option) in (str, bool))
    return lambda value: type(value) in (str, bool) and (type(value), value) in known


def _bound(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Test]:
    def compiled(bound: Any, _: Any) -> Test:
        usable = type(bound) in (int, float)
        return (lambda value: type(value) not in (int, float) or holds(value, bound)) if usable else _unsure

    return compiled


def _length(holds: Callable[[int, int], bool]) -> Callable[[Any, Any], Test]:
    def compiled(bound: Any, _: Any) -> Test:
        return (lambda value: type(value) is not str or holds(len(value), bound)) if type(bound) is int else _unsure

    return compiled


def _pattern(text: Any, _: Any) -> Test:
    try:
        search = pattern(text).search
    except (re.error, TypeError):
        return _unsure
    return lambda value: type(value) is not str or search(value) is not None


def _format(name: Any, _: Any) -> Test:
    return (lambda value: check_format(name, value) is None) if name in FORMATS else _unsure


def _properties(properties: Any, _: Any) -> Test:
    tests = {name: acceptance(schema) for name, schema in properties.items()}

    def test(value: Any) -> bool:
        if type(value) is dict:
            for name, part in value.items():
                test_of = tests.get(name)
                if test_of is not None and not test_of(part):
                    return False
        return True

    return test


def _required(names: Any, _: Any) -> Test:
    needed = frozenset(names)
    return lambda value: type(value) is not dict or needed <= value.keys()


def _additional(allowed: Any, schema: Any) -> Test:
    if allowed is True:
        return lambda _: True
    if allowed is not False or "patternProperties" in schema:
        return _unsure
    known = frozenset(schema.get("properties", ()))
    return lambda value: type(value) is not dict or value.keys() <= known


def _items(schema: Any, whole: Any) -> Test:
    if "prefixItems" in whole or not isinstance(schema, dict):
        return _unsure
    test = acceptance(schema)
    return lambda value: type(value) is not list or all(test(element) for element in value)


_COMPILERS: dict[str, Callable[[Any, Any], Test]] = {
    "type": _type,
    "enum": _enum,
    "minimum": _bound(lambda value, bound: value >= bound),
    "maximum": _bound(lambda value, bound: value <= bound),
    "exclusiveMinimum": _bound(lambda value, bound: value > bound),
    "exclusiveMaximum": _bound(lambda value, bound: value < bound),
    "minLength": _length(lambda length, bound: length >= bound),
    "maxLength": _length(lambda length, bound: length <= bound),
    "pattern": _pattern,
    "format": _format,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "items": _items,
}
