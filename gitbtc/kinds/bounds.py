"""What a schema that a repository adds may not do: have a document fetched, or keep whoever reads it busy.

Whoever pushes a schema decides what a server validates with: JSON Schema lets `$ref` name any address, and a pattern in
which one repetition holds another takes exponential time on a text that nearly fits.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_MOST_DEPTH = 64  # of objects and lists within each other
_LONGEST = 1000  # characters of a pattern
# Beyond these, the time that a text takes grows with more than its square.
_MOST_REPETITIONS = 2
_MOST_TIMES = 32  # that a group of choices may be repeated


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
    elif _is_unbounded(pattern):
        yield (
            f"pattern: {shown}: a repetition in a repetition, a reference back, or more than {_MOST_REPETITIONS} open "
            "repetitions can take for ever; bound them ({1,20})"
        )


def _is_unbounded(pattern: str) -> bool:
    """Whether the time that a pattern takes may grow faster than the square of the text.

    Read by itself: of a group it matters whether it holds a repetition or a choice, and whether it is repeated.
    """
    groups = [""]  # of each open group: "open" or "bounded", as what it holds can match in many ways or in some
    open_repetitions = 0
    for at, letter in _signs(pattern):
        if letter == "\\":
            return True
        if letter == "(":
            groups.append("")
        elif letter == ")" and len(groups) > 1:
            ways, repeated = groups.pop(), _repeats(pattern, at + 1)
            if ways and repeated and "open" in (ways, repeated):
                return True
            groups[-1] = max(groups[-1], ways)
        elif letter == "|":
            groups[-1] = max(groups[-1], "bounded")
        elif not _is_exact(pattern, at):
            groups[-1] = max(groups[-1], _repeats(pattern, at))
            open_repetitions += _repeats(pattern, at) == "open"
    return open_repetitions > _MOST_REPETITIONS


def _signs(pattern: str) -> Iterator[tuple[int, str]]:
    """(place, letter) of what is no plain letter: groups, choices, repetitions; a backslash for a reference back."""
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            if pattern[at + 1 : at + 2] in tuple("123456789"):
                yield at, letter
            at += 1
        elif letter == "[":
            at = _after_class(pattern, at)
        elif pattern.startswith("(?P=", at):
            yield at, "\\"
        elif letter in "()|*+{":
            yield at, letter
        at += 1


def _after_class(pattern: str, at: int) -> int:
    """Where the class of characters that begins at `at` ends."""
    end = at + 1
    if pattern[end : end + 1] == "^":
        end += 1
    if pattern[end : end + 1] == "]":
        end += 1
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    return end


def _repeats(pattern: str, at: int) -> str:
    """How what stands before `at` is repeated: "open" (without a bound), "bounded" (more than once), "" (not)."""
    letter = pattern[at : at + 1]
    if letter and letter in "*+":
        return "open"
    if letter != "{":
        return ""
    low, comma, high = pattern[at + 1 : pattern.find("}", at)].partition(",")
    if not low.isdigit() and not high.isdigit():
        return ""
    if (comma and not high) or int(high or low) > _MOST_TIMES:
        return "open"
    return "bounded" if int(high or low) > 1 else ""


def _is_exact(pattern: str, at: int) -> bool:
    """Whether `{n}` stands there: that matches in one way, of a single character."""
    return pattern[at] == "{" and pattern[at + 1 : pattern.find("}", at)].isdigit()
