"""What oracles said, as of the tip: the latest reading, unless it is older than a day."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.kinds.kind import Record

_DAY = 24 * 3600  # seconds
TARGETS = {1: "target_1_block_sat_vbyte", 6: "target_6_block_sat_vbyte", 144: "target_144_block_sat_vbyte"}  # blocks


def latest(readings: Iterable[Record], moment: int | None) -> Record | None:
    """The latest of `readings` (of prices or feerates) that was made by `moment` (Unix seconds) and within 24 hours of
    it; None without one, and where no moment is known.
    """
    if moment is None:
        return None
    near = [reading for reading in readings if moment - _DAY <= reading["timestamp"] <= moment]
    return max(near, key=lambda reading: (reading["timestamp"], reading.get("source", "")), default=None)
