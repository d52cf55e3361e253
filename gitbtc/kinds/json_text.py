"""JSON read and written in the one way that the canonical form has for it.

The standard library does it. For much of it orjson takes over, which is three times as fast but takes as long to
import as a whole merge of small files; where the two could write a number differently, the standard library decides.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

BULK = 1 << 20  # bytes: from here on orjson's import pays

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode
_decode = json.JSONDecoder().decode

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
        return _dumps(value) if b"e+" in text or b"e-" in text or b"0.0000" in text else text
    return _dumps(value)


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
