"""The coins that a file lists, found without reading the others: a wallet has many, and few are asked about."""

from __future__ import annotations

from gitbtc.kinds import codec, json_text
from gitbtc.kinds.delta import NotCanonical, body, count, delta
from gitbtc.kinds.registry import built_in
from gitbtc.progress import doing
from gitbtc.spends import COINS
from gitbtc.spends.layer import Lineage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from gitbtc.kinds.kind import Record

    Outpoint = tuple[str, int]  # txid, vout

# How a canonical line of a coin ends: its keys are sorted, and the outpoint's come last.
_OUTPOINT = rb'"txid":"([0-9a-f]{64}","vout":[0-9]+)\},?\n'


_AMOUNT = rb'"amount_sat":([0-9]+),'


def worth(content: bytes) -> int:
    """What the coins of a canonical file are worth together, in satoshi; no line is parsed. Malformed."""
    import re

    amounts = re.findall(_AMOUNT, content)
    try:
        is_of_each = len(amounts) == count(built_in(COINS), content)
    except NotCanonical:
        is_of_each = False
    if not is_of_each:  # a field that nobody declared may have such a one in it
        amounts = [coin["amount_sat"] for coin in codec.parse(built_in(COINS), content)]
    return sum(map(int, amounts))


class Coins:
    """The coins of one version of utxos.json, by outpoint. Raises codec.Malformed, here and at every question."""

    __slots__ = ("_ends", "_records", "content", "lineage", "told")

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.lineage = Lineage()
        # What is known of some coins without reading the file: versions that lie over this one know what they changed.
        self.told: dict[Outpoint, Record | None] = {}
        self._ends: dict[bytes, int] | None = None
        self._records: dict[Outpoint, Record] | None = None

    def check(self) -> None:
        """Raise codec.Malformed now, if the file is none; one that looks canonical is not read yet."""
        try:
            body(self.content)
        except NotCanonical:
            self._parsed()

    @property
    def is_empty(self) -> bool:
        """Whether no coin is listed."""
        try:
            begin, end = body(self.content)
        except NotCanonical:
            return not self._parsed()
        return begin == end

    def __contains__(self, outpoint: Outpoint) -> bool:
        if outpoint in self.told:
            return self.told[outpoint] is not None
        ends = self._lines()
        return outpoint in self._parsed() if ends is None else _tail(outpoint) in ends

    def get(self, outpoint: Outpoint) -> Record | None:
        """The coin's record, or None when it is not listed."""
        if outpoint in self.told:
            return self.told[outpoint]
        ends = self._lines()
        if ends is None:
            return self._parsed().get(outpoint)
        end = ends.get(_tail(outpoint))
        if end is None:
            return None
        line = self.content[self.content.rfind(b"\n", 0, end - 1) + 1 : end - 1].removesuffix(b",")
        return codec.read_line(built_in(COINS), line)[0]

    def changes(self, before: Coins) -> dict[Outpoint, tuple[Record | None, Record | None]]:
        """The coins that are listed otherwise than in another version: each as it was there, and as it is here; None
        where it is not listed. Of versions that came from one only what changed on the way is looked at.
        """
        pairs = ((outpoint, before.get(outpoint), self.get(outpoint)) for outpoint in sorted(self.differing(before)))
        return {outpoint: (old, new) for outpoint, old, new in pairs if old != new}

    def differing(self, other: Coins) -> set[Outpoint]:
        """The coins that one of two versions may list otherwise than the other."""
        known = self.lineage.apart(other.lineage)
        if known is None and type(self) is type(other) is Coins:
            return {(one.key[0], one.key[1]) for one in delta(built_in(COINS), other.content, self.content)}
        return {*self, *other} if known is None else known

    def of_any(self, txids: Collection[str]) -> list[Outpoint]:
        """The coins of some transactions, by outpoint, found in one pass."""
        ends = self._lines() if txids else {}
        if ends is None:
            return sorted(outpoint for outpoint in self._parsed() if outpoint[0] in txids)
        wanted = {txid.encode() for txid in txids}
        return sorted(_outpoint(tail) for tail in ends if tail[:64] in wanted)

    def txids(self) -> set[str]:
        """The transactions of the coins."""
        ends = self._lines()
        return {outpoint[0] for outpoint in self._parsed()} if ends is None else {tail[:64].decode() for tail in ends}

    def __iter__(self) -> Iterator[Outpoint]:
        ends = self._lines()
        if ends is None:
            return iter(self._parsed())
        return map(_outpoint, ends)

    def _lines(self) -> dict[bytes, int] | None:
        """Where each coin's line ends, or None for a file of another layout, which has to be parsed."""
        if self._ends is None and self._records is None:
            import re

            json_text.expect(len(self.content))
            with doing("finding coins"):
                ends = {found[1]: found.end() for found in re.finditer(_OUTPOINT, self.content)}
            if self._is_canonical(len(ends)):
                self._ends = ends
        return self._ends

    def _is_canonical(self, found: int) -> bool:
        """Whether each line is a coin's, and no coin has two."""
        try:
            begin, end = body(self.content)
        except NotCanonical:
            return False
        return found == (self.content.count(b"\n", begin, end) if end else 0)

    def _parsed(self) -> dict[Outpoint, Record]:
        if self._records is None:
            records = codec.parse(built_in(COINS), self.content) if self.content else []
            self._records = {(coin["txid"], coin["vout"]): coin for coin in records}
        return self._records


class CoinsInShards(Coins):
    """The coins of a listing that lies in many files, each read when it is asked about. `shards`: name -> the coins of
    that file; every name is as long as the others, and the txids of its coins begin with it.
    """

    __slots__ = ("_read", "_shards")

    def __init__(self, shards: Mapping[str, Callable[[], bytes]]) -> None:
        super().__init__(b"")
        self._shards = shards
        self._read: dict[str, Coins] = {}

    def _of(self, txid: str) -> Coins:
        """The coins among which those of a transaction are."""
        return self._shard(txid[: len(next(iter(self._shards), ""))])

    def _shard(self, name: str) -> Coins:
        if name not in self._read:
            self._read[name] = Coins(self._shards[name]() if name in self._shards else b"")
        return self._read[name]

    def check(self) -> None:
        """Nothing: each shard is read, or found to be none, when it is asked about."""

    @property
    def is_empty(self) -> bool:
        """Whether no coin is listed."""
        return all(self._shard(name).is_empty for name in self._shards)

    def __contains__(self, outpoint: Outpoint) -> bool:
        if outpoint in self.told:
            return self.told[outpoint] is not None
        return outpoint in self._of(outpoint[0])

    def get(self, outpoint: Outpoint) -> Record | None:
        """The coin's record, or None when it is not listed."""
        return self.told[outpoint] if outpoint in self.told else self._of(outpoint[0]).get(outpoint)

    def of_any(self, txids: Collection[str]) -> list[Outpoint]:
        """The coins of some transactions, by outpoint."""
        return sorted(outpoint for txid in {*txids} for outpoint in self._of(txid).of_any([txid]))

    def __iter__(self) -> Iterator[Outpoint]:
        return (outpoint for name in self._shards for outpoint in self._shard(name))


class CoinsOver(Coins):
    """The coins of a version that differs from `below` in `changes`: (record before, record now), None for none.
    `is_read`: both versions were read for that, so that the record before is the one that `below` lists.
    """

    __slots__ = ("_below", "_own")

    def __init__(
        self, below: Coins, changes: Iterable[tuple[Record | None, Record | None]], *, is_read: bool = False
    ) -> None:
        super().__init__(b"")
        own: dict[Outpoint, Record | None] = {}
        for old, new in changes:
            one = old or new or {}
            outpoint = one["txid"], one["vout"]
            own[outpoint] = new
            if is_read:
                below.told.setdefault(outpoint, old)
        self.lineage = Lineage(below.lineage, own.keys())
        # Over a version that lies over another one it lies over that one, too: see Layer.
        self._below: Coins = below
        self._own = own
        if isinstance(below, CoinsOver):
            self._below, self._own = below._below, {**below._own, **own}  # noqa: SLF001 - its own class

    def check(self) -> None:
        """What it lies over was looked at."""

    @property
    def is_empty(self) -> bool:
        """Whether no coin is listed."""
        if any(coin is not None for coin in self._own.values()):
            return False
        return next(iter(self), None) is None

    def __contains__(self, outpoint: Outpoint) -> bool:
        return self._own[outpoint] is not None if outpoint in self._own else outpoint in self._below

    def get(self, outpoint: Outpoint) -> Record | None:
        """The coin's record, or None when it is not listed."""
        return self._own[outpoint] if outpoint in self._own else self._below.get(outpoint)

    def of_any(self, txids: Collection[str]) -> list[Outpoint]:
        """The coins of some transactions, by outpoint."""
        below = (outpoint for outpoint in self._below.of_any(txids) if outpoint not in self._own)
        own = (outpoint for outpoint, coin in self._own.items() if coin is not None and outpoint[0] in txids)
        return sorted([*below, *own])

    def __iter__(self) -> Iterator[Outpoint]:
        yield from (outpoint for outpoint in self._below if outpoint not in self._own)
        yield from (outpoint for outpoint, coin in self._own.items() if coin is not None)


def _tail(outpoint: Outpoint) -> bytes:
    return f'{outpoint[0]}","vout":{outpoint[1]}'.encode()


def _outpoint(tail: bytes) -> Outpoint:
    return tail[:64].decode(), int(tail[tail.rindex(b":") + 1 :])
