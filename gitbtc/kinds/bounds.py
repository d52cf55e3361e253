"""What a schema that a repository adds may not do: have a document fetched, or keep whoever reads it busy.

Whoever pushes a schema decides what a server validates with: JSON Schema lets `$ref` name any address, and a pattern in
which one repetition holds another takes exponential time on a text that nearly fits.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_MOST_DEPTH = 64  # of objects and lists within each other
_LONGEST = 1000  # characters of a pattern
_MOST_OPEN = 2  # repetitions without a bound: beyond, the time that a text takes grows with more than its square
_MOST_TIMES = 32  # more than these are as good as no bound
_MOST_WAYS = 1000  # in which a pattern can match one text


def fault_of(schema: Any) -> str:
    """What is wrong with an added schema; "" for nothing."""
    return next(_faults(schema, 0), "")


def _faults(node: Any, depth: int) -> Iterator[str]:
    if depth > _MOST_DEPTH:
        yield f"it is nested deeper than {_MOST_DEPTH}"
        return
    if isinstance(node, dict):
        for name, value in node.items():
            if name in _REFERENCES and not (isinstance(value, str) and value.startswith("#")):
                yield f"{name}: a schema refers to its own parts alone (#…): nothing is fetched"
            elif name == "pattern" and isinstance(value, str):
                yield from _of_pattern(value)
            elif name == "patternProperties" and isinstance(value, dict):
                for pattern in value:
                    yield from _of_pattern(pattern)
            yield from _faults(value, depth + 1)
    elif isinstance(node, list):
        for part in node:
            yield from _faults(part, depth + 1)


def _of_pattern(pattern: str) -> Iterator[str]:
    shown = pattern if len(pattern) <= 60 else pattern[:60] + "…"
    if len(pattern) > _LONGEST:
        yield f"pattern: of more than {_LONGEST} characters"
    elif not _is_pattern(pattern):
        yield f"pattern: {shown}: no regular expression, as Python reads them"
    elif _is_unbounded(pattern):
        yield (
            f"pattern: {shown}: a repetition in a repetition, a reference back, more than {_MOST_OPEN} open ones or "
            f"{_MOST_WAYS:,} ways to match one text can take for ever; bound them ({{1,20}})"
        )


def _is_pattern(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


class _Ways:
    """In how many ways what was read of a group can match one text: `ended` of the alternatives that are read, `now` of
    the one that is being read; `is_open` where it holds a repetition without a bound.
    """

    def __init__(self) -> None:
        self.ended, self.now, self.is_open = 0, 1, False


def _is_unbounded(pattern: str) -> bool:
    """Whether the time that a pattern takes may grow faster than the square of the text, or is a large number.

    A group that can match in several ways must not be repeated without a bound, and all that is tried together is a
    product: twenty letters that may each be there or not are a million ways.
    """
    groups, opens, at = [_Ways()], 0, 0
    while at < len(pattern):
        begin = _GROUP.match(pattern, at)
        if begin:
            groups.append(_Ways())
            at = begin.end()
            continue
        if pattern[at] == "(" or _REFERENCE.match(pattern, at):
            return True
        if pattern[at] == "|":
            groups[-1].ended += groups[-1].now
            groups[-1].now = 1
            at += 1
            continue
        ways, is_open = 1, False
        if pattern[at] == ")" and len(groups) > 1:
            closed = groups.pop()
            ways, is_open = closed.ended + closed.now, closed.is_open
        end = _end_of(pattern, at)
        repetition = _REPETITION.match(pattern, end)
        at = repetition.end() if repetition else end
        low, high = _times(repetition[1]) if repetition else (1, 1)
        if high is None or (ways == 1 and high - low > _MOST_TIMES):
            if ways > 1 or is_open:
                return True
            opens, is_open = opens + 1, True
        elif (is_open and high > 1) or high > _MOST_TIMES < ways:
            return True
        else:
            ways = sum(ways**times for times in range(low, high + 1)) if ways > 1 else high - low + 1
        groups[-1].is_open |= is_open
        groups[-1].now *= ways
        if opens > _MOST_OPEN or groups[-1].now > _MOST_WAYS:
            return True
    return groups[0].ended + groups[0].now > _MOST_WAYS


_GROUP = re.compile(r"\((?:\?(?:[aiLmsux-]*:|P<\w+>|<?[=!]|>))?(?!\?)")
_REFERENCE = re.compile(r"\\[1-9]")  # back, to what a group matched
_REPETITION = re.compile(r"([*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})[?+]?")


def _times(repetition: str) -> tuple[int, int | None]:
    """How often what stands before is there, at least and at most; None for no bound."""
    if repetition in _SHORT:
        return _SHORT[repetition]
    low, comma, high = repetition.strip("{}").partition(",")
    return int(low or 0), int(high) if high else None if comma else int(low)


_SHORT: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def _end_of(pattern: str, at: int) -> int:
    """Where what stands at `at` ends: a letter, an escaped one, a class of letters."""
    if pattern[at] == "\\":
        return at + 2
    return _after_class(pattern, at) + 1 if pattern[at] == "[" else at + 1


def _after_class(pattern: str, at: int) -> int:
    """Where the class of characters that begins at `at` has its last bracket."""
    end = at + 1
    if pattern[end : end + 1] == "^":
        end += 1
    if pattern[end : end + 1] == "]":
        end += 1
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    return end
