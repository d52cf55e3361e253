"""Patterns that are compiled, and families that are loaded, when they are first used: there are a hundred, most texts
need few, and Git starts a process for every step.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
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


__all__ = ["Later", "compiled"]
