"""A mapping over another one that it leaves alone: many views differ from their common base in a few records."""

from __future__ import annotations

from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Layer(Mapping["Any", "Any"]):
    """What `below` maps, but for what was put here.

    A layer over a layer lies over what that one lies over: each commit of a long history is a step from the one before,
    and a lookup must not take as many.
    """

    __slots__ = ("_below", "_own")

    def __init__(self, below: Mapping[Any, Any]) -> None:
        self._below: Mapping[Any, Any] = below
        self._own: dict[Any, Any] = {}
        if isinstance(below, Layer):
            self._below, self._own = below._below, dict(below._own)  # noqa: SLF001 - its own class

    def put(self, key: Any, value: Any) -> None:
        """Map `key` to `value` here; None takes it out."""
        self._own[key] = value

    def __getitem__(self, key: Any) -> Any:
        if key in self._own:
            value = self._own[key]
            if value is None:
                raise KeyError(key)
            return value
        return self._below[key]

    def __contains__(self, key: object) -> bool:
        if key in self._own:
            return self._own[key] is not None
        return key in self._below

    def __iter__(self) -> Iterator[Any]:
        yield from (key for key in self._below if key not in self._own)
        yield from (key for key, value in self._own.items() if value is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
