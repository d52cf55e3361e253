"""The history of an oracle's estimates: how a feerate stands among the readings of one source."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from gitbtc.coins.feerate import Feerate
from gitbtc.coins.readings import TARGETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gitbtc.kinds.kind import Record

BLOCKS = 1008  # a week
_ENOUGH = 20  # readings: of fewer nobody can say where one stands among them


class Series(NamedTuple):
    """The readings of one `source` from some blocks up to the tip, oldest first; `left_out` counts those of it of which
    no block is known.
    """

    source: str
    readings: list[Record]
    left_out: int

    @property
    def latest(self) -> Record:
        """The last reading."""
        return self.readings[-1]

    def feerates(self, target: int) -> list[Feerate]:
        """The estimates for a number of blocks, the lowest first."""
        return sorted(Feerate.of(one[TARGETS[target]]) for one in self.readings)


def series(
    readings: Iterable[Record], tip: int | None, source: str | None = None, blocks: int = BLOCKS
) -> Series | None:
    """The readings of `source`, or of the one that was read last, of the last `blocks` blocks; None without any. Those
    of two sources are never put together.
    """
    known = [one for one in readings if source in (None, one.get("source", ""))]
    if tip is None or not known:
        return None
    latest = max(known, key=lambda one: (one["timestamp"], one.get("source", "")))
    own = [one for one in known if one.get("source", "") == latest.get("source", "")]
    placed = [one for one in own if one["block_height"] is not None]
    near = [one for one in placed if tip - blocks < one["block_height"] <= tip]
    near.sort(key=lambda one: (one["block_height"], one["timestamp"]))
    return Series(latest.get("source", ""), near, len(own) - len(placed)) if near else None


def quantile(ordered: Sequence[Feerate], part: Fraction) -> Feerate:
    """The reading that so great a part of all is not above (the nearest rank: no value that nobody read)."""
    return ordered[max(-(-part.numerator * len(ordered) // part.denominator) - 1, 0)]


def standing(ordered: Sequence[Feerate], one: Feerate) -> Fraction | None:
    """Which part of the readings is below a feerate, those that equal it by half; None where they are too few."""
    if len(ordered) < _ENOUGH:
        return None
    below = sum(other < one for other in ordered)
    equal = sum(other == one for other in ordered)
    return Fraction(2 * below + equal, 2 * len(ordered))
