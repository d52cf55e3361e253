"""Patterns that are compiled, and families that are loaded, when they are first used: there are a hundred, most texts
need few, and Git starts a process for every step.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from re import compile as compiled
    from typing import Any

    from gitbtc.keys.family import Spot
else:

    class compiled:  # noqa: N801 - it stands for the function re.compile
        """What `re.compile` gives, later. A pattern that is none is told at its first use, so a test uses all."""

        def __init__(self, pattern: bytes | str, flags: int = 0) -> None:
            self._arguments = pattern, flags

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            found = getattr(re.compile(*self._arguments), name)
            self.__dict__[name] = found  # from now on it is found without coming here
            return found


class Later:
    """A family that is looked for in texts, and whose module is loaded for the first one with one of its `ANCHORS`."""

    __slots__ = ("ANCHORS", "_module")

    def __init__(self, module: str, anchors: tuple[bytes, ...]) -> None:
        self._module = module
        self.ANCHORS = anchors

    def find(self, text: bytes) -> Iterator[Spot]:
        """All of it in `text`."""
        found: Iterator[Spot] = __import__(self._module, fromlist=["find"]).find(text)
        return found


_PIECE = 4 << 20  # bytes


def replaced(pattern: re.Pattern[bytes], by: bytes | Callable[[re.Match[bytes]], bytes], text: bytes) -> bytes:
    """`text` with what a pattern finds replaced, which must find nothing over a line's end: some megabytes of whole
    lines at a time, since what is put together is first held piece by piece.
    """
    if len(text) <= _PIECE:
        return pattern.sub(by, text)
    made, at = [], 0
    while at < len(text):
        until = text.find(b"\n", at + _PIECE) + 1 or len(text)
        made.append(pattern.sub(by, text[at:until]))
        at = until
    return b"".join(made)


__all__ = ["Later", "compiled", "replaced"]
