"""What a source knows at one moment."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, overload

from gitbtc.spends import COINS, LABELS, TRANSACTIONS

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Key, Record
    from gitbtc.sources.core_cursor import Reached

T_co = TypeVar("T_co", covariant=True)
Outpoint = tuple[str, int]  # txid, vout
SINCE_LAST = (TRANSACTIONS, COINS, LABELS)  # kinds of which a source may tell what is otherwise since it told them last


class Asked(Container[T_co]):
    """What holds whatever `holds` says."""

    def __init__(self, holds: Callable[[Any], bool]) -> None:
        self._holds = holds

    def __contains__(self, one: object) -> bool:
        return self._holds(one)


class SinceLast(Sequence["Record"]):
    """The records of a kind as they were told when that was brought in as `word`, but for those in `changed`: identity
    -> record, None for what is no more. `whole` makes all of them, which takes as long as if nothing had been told.
    """

    def __init__(
        self, word: str, changed: Mapping[Key, Record | None], whole: Callable[[], list[Record]]
    ) -> None:  # fmt: skip
        self.word = word
        self.changed = changed
        self._whole = whole

    @cached_property
    def _all(self) -> list[Record]:
        return self._whole()

    @overload
    def __getitem__(self, at: int) -> Record: ...

    @overload
    def __getitem__(self, at: slice) -> list[Record]: ...

    def __getitem__(self, at: int | slice) -> Record | list[Record]:
        return self._all[at]

    def __iter__(self) -> Iterator[Record]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


@dataclass(frozen=True)
class SourceSnapshot:
    """The records of one source as of one block.

    `records` holds a list (for an object file, one record) for each kind that the source speaks of; a kind that is not
    in it is left alone. `complete` names the kinds of which it tells all that it has: what it told before and does not
    tell now is gone. `owned` are all outputs of the source's wallet that its transactions show, spent or not: of these
    it would know if they were spent.

    `wallet` is the wallet's name as the program has it ("" where it has none), `descriptors` the ids of its descriptor
    records: by these a root knows another wallet's answers. `balance_sat` is what the source itself says that the coins
    are worth, None where it does not say; `coins_sat` what those in the records are, where that was reckoned: all of
    them are of transactions that the source knows. `cursor` is from where to read on next time. `known` are the
    wallet's transactions, where that is not what the records say. A source that knows no block has no record of
    `chain`; `read_at` (Unix seconds) is when it was read then, and `height` the block that it has come to, None where
    it does not know that either.

    Of a kind that it does not tell all of, `ended` says what has come to an end all the same: kind -> (field, values),
    of a record whose field has one of these. `unlisted` says what is true of a record that it told before and does not
    list now: kind -> fields.
    """

    source: str
    network: str
    records: dict[str, Any]
    owned: Container[Outpoint] = frozenset()
    notices: tuple[str, ...] = field(default=())
    complete: frozenset[str] = frozenset()
    wallet: str = ""
    descriptors: frozenset[str] = frozenset()
    balance_sat: int | None = None
    cursor: Reached | None = None
    known: Container[str] | None = None
    coins_sat: int | None = None
    read_at: int = 0
    height: int | None = None
    ended: Mapping[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    unlisted: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def txids(self) -> Container[str]:
        """The transactions that the source knows. Whoever tells of none knows those of its coins."""
        if self.known is not None:
            return self.known
        return {record["txid"] for record in self.records.get(TRANSACTIONS, self.records.get(COINS, ()))}

    @property
    def chain(self) -> Record:
        """The block that the snapshot is as of, as a record."""
        record: Record = self.records["chain"]
        return record

    @property
    def tip(self) -> int:
        """The height of the block that the source has come to; below all blocks where it knows none."""
        if "chain" in self.records:
            return int(self.chain["block_height"])
        return -1 if self.height is None else self.height

    @property
    def time(self) -> int:
        """When that was, in Unix seconds."""
        return int(self.chain["block_time"]) if "chain" in self.records else self.read_at

    @property
    def as_of(self) -> Record:
        """The block as a record; of a source that knows none, what it has come to, and when it was read."""
        here = {"network": self.network, "block_height": self.tip, "block_time": self.time}
        return self.chain if "chain" in self.records else here
