"""The labels of one file of them, those that are read and those that lie here: BIP-329, one record a label."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress
from operator import itemgetter
from typing import TYPE_CHECKING

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends import LABELS_329

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.kinds.kind import Key, Record

KIND = LABELS_329


@dataclass
class LabelFile:
    """What a file holds: its records, and of what was not simply read the lines (`line`, `why`) and the notices.

    `silent` counts the rows that say nothing: no label, nothing about spending, no field of a program's own.
    """

    records: list[Record] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    silent: int = 0
    lines: list[tuple[Key, bytes]] | None = None  # of the records, where they were all encoded in one go
    known: bytes | None = None  # the canonical file, where it is at hand

    def content(self) -> bytes:
        """The records as a canonical file."""
        if self.known is None:
            self.known = self._content()
        return self.known

    def _content(self) -> bytes:
        if self.lines is None:
            return codec.encode_file(built_in(KIND), self.records)
        return codec.encode_lines(built_in(KIND), [line for _, line in sorted(self.lines, key=itemgetter(0))])

    def keep(self, wanted: Callable[[Record], bool]) -> int:
        """Leave out all records but those that are `wanted`; how many are left out."""
        kept = [wanted(record) for record in self.records]
        if all(kept):
            return 0
        self.known = None
        self.records = list(compress(self.records, kept))
        self.lines = None if self.lines is None else list(compress(self.lines, kept))
        return len(kept) - len(self.records)

    def things(self) -> dict[Key, list[Record]]:
        """The records by what they are about: type, ref and origin."""
        return things(self.records, None if self.lines is None else [key for key, _ in self.lines])


def things(records: list[Record], keys: list[Key] | None = None) -> dict[Key, list[Record]]:
    """The records, whose keys are `keys`, by what they are about: type, ref and origin."""
    found: dict[Key, list[Record]] = {}
    for key, record in zip(keys or codec.keys_of(built_in(KIND), records), records, strict=True):
        found.setdefault(key[:-1], []).append(record)
    return found


def refs(records: list[Record], wanted: Callable[[Record], bool] = bool) -> dict[tuple[str, str], list[Record]]:
    """The records that are `wanted` by type and ref, whichever wallet they are of."""
    found: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        if wanted(record):
            found.setdefault((record["type"], record["ref"]), []).append(record)
    return found
