"""Views that differ from a common base in a few records: a mapping over another one, and which came from which."""

from __future__ import annotations

from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any


class Lookup(Mapping["Any", "Any"]):
    """A mapping of which `get` answers every question, in one look: None is what nothing is mapped to."""

    __slots__ = ()

    def get(self, key: Any, default: Any = None) -> Any:
        """What `key` is mapped to."""
        raise NotImplementedError

    def __getitem__(self, key: Any) -> Any:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Layer(Lookup):
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

    @property
    def own(self) -> Mapping[Any, Any]:
        """What was put here, None for what was taken out, since the mapping that it lies over."""
        return self._own

    def get(self, key: Any, default: Any = None) -> Any:
        """What `key` is mapped to."""
        if key in self._own:
            value = self._own[key]
            return default if value is None else value
        return self._below.get(key, default)

    def __iter__(self) -> Iterator[Any]:
        yield from (key for key in self._below if key not in self._own)
        yield from (key for key, value in self._own.items() if value is not None)


class Lineage:
    """Which version came from which, and what `changed` on the way: of two versions with one before both, only that has
    to be compared.
    """

    __slots__ = ("before", "changed")

    def __init__(self, before: Lineage | None = None, changed: Collection[Any] = ()) -> None:
        self.before = before
        self.changed = changed

    def apart(self, other: Lineage) -> set[Any] | None:
        """What may differ between two versions; None where nobody knows, since neither came from what the other did."""
        steps = {id(one): at for at, one in enumerate(self._upwards())}
        found: set[Any] = set()
        for one in other._upwards():
            if id(one) in steps:
                return found.union(*(step.changed for step in [*self._upwards()][: steps[id(one)]]))
            found.update(one.changed)
        return None

    def _upwards(self) -> Iterator[Lineage]:
        one: Lineage | None = self
        while one is not None:
            yield one
            one = one.before
