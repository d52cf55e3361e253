"""What is wrong with a record, in words: jsonschema's errors turned into rules that a person understands.

Cold: imported for a record that has a fault.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker, TypeChecker, ValidationError
from jsonschema.exceptions import SchemaError
from jsonschema.validators import extend
from referencing.exceptions import Unresolvable

from gitbtc.errors import CannotWork, printable
from gitbtc.kinds.accept import is_a, pattern
from gitbtc.kinds.formats import FORMATS, check_format, read_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jsonschema.protocols import Validator

    from gitbtc.kinds.kind import Kind

    Errors = Iterator[ValidationError]

_QUOTED = 20  # characters: the shortest private key in text, a mini key, has 22
# A word that may be quoted though it is longer, as a field name is: no encoding of a key looks like it.
_FIELD_NAME = re.compile(r"[a-z]+(_[a-z0-9]+){0,6}\Z")
_LONGEST_NAME = 40
# Txids, public keys, UUIDs.
_PUBLIC = re.compile(r"(?:(?:0[23])?[0-9a-f]{64}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\Z")
_NEVER_QUOTED = ("extended-public-key", "public-descriptor")

_UNITS = {"sat": " number of satoshi", "msat": " number of millisatoshi"}
_TYPES = {
    "integer": "an integer", "number": "a number", "boolean": "true or false", "string": "text", "null": "null",
    "array": "a list", "object": "an object",
}  # fmt: skip
# Patterns that people know by another name.
_PATTERNS = {
    "^[0-9a-f]{64}$": "must be 64 lower-case hex digits",
    "^0[23][0-9a-f]{64}$": "must be a compressed public key: 02 or 03 and 64 lower-case hex digits",
}


def faults(kind: Kind, record: Any) -> Iterator[tuple[str, str, str]]:
    """(field path, value short and printable, rule in words) of each fault of `record`; `""` for a value not shown.

    Raises CannotWork when the kind's schema cannot be used.
    """
    try:
        for error in _validator(kind).iter_errors(record):
            yield path_text(error.absolute_path), _shown_at(error), _rule(error)
    except Unresolvable:
        raise CannotWork(f"the schema of {kind.name} refers to one that is not part of it") from None


def shown(value: Any) -> str:
    """A value for a message, never one that is long enough to be a key."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(printable(value) if isinstance(value, str) else value, ensure_ascii=False)
    length = len(value) if isinstance(value, str) else len(text)
    name = "text" if isinstance(value, str) else "number"
    return text if length <= _QUOTED else f"a {name} of {length} characters"


def quoted(part: Any) -> str:
    """A part of a record's identity for a message: what is neither of a public form nor short is left out."""
    text = str(part)
    return printable(text) if len(text) <= _QUOTED or _PUBLIC.match(text) or read_address(text) else "…"


def path_text(parts: Any) -> str:
    """`outputs[1].amount_sat` for the path of an error."""
    text = "".join(f"[{part}]" if isinstance(part, int) else "." + _name(part) for part in parts)
    return text.removeprefix(".")


def _name(part: str) -> str:
    quotable = len(part) <= _QUOTED or (len(part) <= _LONGEST_NAME and _FIELD_NAME.match(part))
    return printable(part) if quotable else f"(a name of {len(part)} characters)"


# -- the validator ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _validator(kind: Kind) -> Validator:
    """The compiled validator of one record; CannotWork for a schema that is none."""
    try:
        Draft202012Validator.check_schema(kind.schema)
    except SchemaError as error:
        where = path_text(error.absolute_path)
        raise CannotWork(f"the schema of {kind.name} is not JSON Schema 2020-12: {where}: {error.message}") from None
    validator: Validator = _Validator(kind.record_schema, format_checker=FormatChecker())
    return validator


def _required(_: Any, names: Any, record: Any, __: Any) -> Errors:
    for name in names if isinstance(record, dict) else ():
        if name not in record:
            yield ValidationError("", path=[name])


def _additional(validator: Any, allowed: Any, record: Any, schema: Any) -> Errors:
    if allowed is not False or "patternProperties" in schema or not isinstance(record, dict):
        yield from Draft202012Validator.VALIDATORS["additionalProperties"](validator, allowed, record, schema)
        return
    for name in sorted(record.keys() - schema.get("properties", {})):
        yield ValidationError("", path=[name])


def _pattern(_: Any, text: Any, value: Any, __: Any) -> Errors:
    if isinstance(value, str) and not pattern(text).search(value):
        yield ValidationError("")


def _format(validator: Any, name: Any, value: Any, schema: Any) -> Errors:
    if name not in FORMATS:
        yield from Draft202012Validator.VALIDATORS["format"](validator, name, value, schema)
    elif check_format(name, value):
        yield ValidationError("")


_Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"required": _required, "additionalProperties": _additional, "pattern": _pattern, "format": _format},
    type_checker=TypeChecker({name: partial(lambda name, _, value: is_a(name, value), name) for name in _TYPES}),
)


# -- the words -------------------------------------------------------------------------------------------------------


def _shown_at(error: ValidationError) -> str:
    unseen = error.validator in ("required", "additionalProperties") or error.validator_value in _NEVER_QUOTED
    return "" if unseen else shown(error.instance)


def _rule(error: ValidationError) -> str:
    words = _RULES.get(str(error.validator))
    return words(error) if words else f"must keep to the schema's {error.validator} rule"


def _type_rule(error: Any) -> str:
    names = error.validator_value
    unit = _UNITS.get(error.schema.get("x-gitbtc-unit", ""), "")
    listed = [names] if isinstance(names, str) else names
    return "must be " + " or ".join(_TYPES[name] + (unit if name == "integer" else "") for name in listed)


def _limit(words: str) -> Callable[[Any], str]:
    return lambda error: words.format(error.validator_value)


def _length_rule(error: Any) -> str:
    least = error.validator_value
    return "must not be empty" if least == 1 else f"must have at least {least} characters"


def _format_rule(error: Any) -> str:
    name = str(error.validator_value)
    return (check_format(name, error.instance) if name in FORMATS else None) or f"must be a valid {name}"


_RULES: dict[str, Callable[[Any], str]] = {
    "type": _type_rule,
    "required": _limit("is missing"),
    "additionalProperties": _limit("is not a field of this kind"),
    "enum": lambda error: "must be " + " or ".join(json.dumps(option) for option in error.validator_value),
    "const": lambda error: "must be " + json.dumps(error.validator_value),
    "minimum": _limit("must be at least {}"),
    "maximum": _limit("must be at most {}"),
    "exclusiveMinimum": _limit("must be more than {}"),
    "exclusiveMaximum": _limit("must be less than {}"),
    "multipleOf": _limit("must be a multiple of {}"),
    "minLength": _length_rule,
    "maxLength": _limit("must have at most {} characters"),
    "minItems": _limit("must have at least {} elements"),
    "maxItems": _limit("must have at most {} elements"),
    "uniqueItems": _limit("must not hold the same element twice"),
    "pattern": lambda error: _PATTERNS.get(error.validator_value) or f"must match {error.validator_value}",
    "format": _format_rule,
}
