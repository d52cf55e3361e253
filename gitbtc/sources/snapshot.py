"""What a source knows at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record

Outpoint = tuple[str, int]  # txid, vout


@dataclass(frozen=True)
class SourceSnapshot:
    """The records of one source as of one block.

    `records` holds a list (for an object file, one record) for each kind that the source speaks of; a kind that is not
    in it is left alone. `owned` are all outputs of the source's wallet that its transactions show, spent or not: of
    these it would know if they were spent.
    """

    source: str
    network: str
    records: dict[str, Any]
    owned: frozenset[Outpoint] = frozenset()
    notices: tuple[str, ...] = field(default=())

    @property
    def chain(self) -> Record:
        """The block that the snapshot is as of, as a record."""
        record: Record = self.records["chain"]
        return record
