"""How far the state files of a root are from what a source tells, as patches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitbtc.diff.patch import Patch
    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint


@dataclass(frozen=True)
class SourceDrift:
    """What leads from the state files here to what the source tells: `patches`, with paths from the top of the work
    tree; none where nothing has drifted.

    `here` and `there` are the blocks that the two are as of (records of chain.json; None where there is none here; of a
    source that knows no block, `block_height` and `block_time` alone, when it was read).
    `ignored` counts the records that differ in a volatile field alone: (kind, field) -> how many; `(kind, "")` counts
    new readings of a log. `spenders` has for each coin that is gone the transaction that spends it, as far as anybody
    knows it.
    """

    patches: list[Patch]
    here: Record | None
    there: Record
    ignored: Mapping[tuple[str, str], int]
    spenders: Mapping[Outpoint, Record]
