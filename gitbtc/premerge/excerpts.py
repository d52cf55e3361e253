"""The few records that say what happened to the coins in question, out of snapshots with many.

Judging a merge takes what its sides say of the coins that one of them changed, and of the transactions that hang on
those. An excerpt is a snapshot of a root with these records alone: the gate comes to the same verdicts on it.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from gitbtc.errors import CannotWork
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import built_in, root_of
from gitbtc.premerge.versions import WHOLE, excerpt
from gitbtc.spends import CHAIN, COINS, EVIDENCE, EXECUTION, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import inputs, is_dead
from gitbtc.spends.reservations import named
from gitbtc.spends.testimony import FIXED
from gitbtc.state.snapshot import Snapshot, path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gitbtc.kinds.kind import Key, Record
    from gitbtc.premerge.versions import Differences, Pair, Version, Versions
    from gitbtc.repo.git import Entry
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Coins, Outpoint

# The kinds whose records name coins by their spends.
_SPENDING = (TRANSACTIONS, MEMPOOL, EXECUTION)


class Brought(NamedTuple):
    """What one version has that another has not: how many payments, how many transactions that paid the wallet, and by
    how much the balance (satoshi) is higher.
    """

    payments: int
    receipts: int
    balance_sat: int

    def plus(self, other: Brought) -> Brought:
        """Of two roots."""
        return Brought(*map(sum, zip(self, other, strict=True)))


class Excerpts:
    """Excerpts of `versions`, once `concern` was told, once for each root, which coins they are about. `kept` answers
    a root with what is known of a state of it that was read whole, and broke no rule; None where none is kept.
    """

    def __init__(self, versions: Versions, kept: Callable[[str], Evidence | None] = lambda _: None) -> None:
        self._versions = versions
        self._kept = kept
        self._roots: dict[str, _Root] = {}
        self._touched: dict[tuple[str, str, str], set[Outpoint]] = {}
        self._contents: dict[tuple[str, str], bytes] = {}
        self._faults: dict[tuple[str, str], str] = {}
        self._snapshots: dict[tuple[str, frozenset[str]], Snapshot] = {}

    def touched(self, root: str, base: Version, side: Version) -> set[Outpoint]:
        """The coins that `side` may tell another story of than `base`; for versions without a `fault`."""
        known = root, base.oid, side.oid
        if known not in self._touched:
            self._touched[known] = set(self._told_otherwise(root, base, side))
        return self._touched[known]

    def _told_otherwise(self, root: str, base: Version, side: Version) -> Iterator[Outpoint]:
        for name in (COINS, *_SPENDING):
            for key, pair in self._between(root, name, base, side).items():
                yield from _TOLD[name](key, *_records(name, pair))

    def brought(self, root: str, base: Version, side: Version) -> Brought:
        """The payments and receipts that `side` has and `base` has not; for versions without a `fault`."""
        coins, made = self._between(root, COINS, base, side), self._new_transactions(root, base, side)
        gone = {key for key, (before, after) in coins.items() if before and not after}
        paying = {txid for txid, record in made.items() if not gone.isdisjoint(inputs(record))}
        ahead = set(paying)
        while ahead:  # what spends the change of a payment is one too
            ahead = {txid for txid, record in made.items() if txid not in paying
                     if not {spent for spent, _ in inputs(record)}.isdisjoint(ahead)}  # fmt: skip
            paying |= ahead
        came = {key[0] for key, (before, after) in coins.items() if after and not before} - paying
        sums = [sum(_amount(line) for line in lines) for lines in zip(*coins.values(), strict=True)] or [0, 0]
        return Brought(len(paying), len(came), sums[1] - sums[0])

    def _new_transactions(self, root: str, base: Version, side: Version) -> dict[str, Record]:
        """txid -> the record of each live transaction that `side` alone knows."""
        found: dict[str, Record] = {}
        for name in (MEMPOOL, TRANSACTIONS):
            for key, pair in self._between(root, name, base, side).items():
                before, after = _records(name, pair)
                if after is not None and before is None and not is_dead(after):
                    found[str(key[0])] = after
        return found

    def _between(self, root: str, name: str, base: Version, side: Version) -> Differences:
        path = path_in(root, name)
        return self._versions.between(path, base.blob(path), side.blob(path))

    def news(self, root: str, base: Version, side: Version) -> set[Outpoint]:
        """Of these coins those whose story of `side` can matter to a side that has none: put back, reserved before,
        described otherwise.
        """
        known, coins = self._root(root), self._between(root, COINS, base, side)
        back = {key for key, (before, _) in coins.items() if before is None and known.names((key[0], key[1]))}
        changed = {key: pair for key, pair in coins.items() if None not in pair}
        described = {key for key, pair in changed.items() if any(_of_coin(key, *_records(COINS, pair)))}
        reserved = known.reserved & self.touched(root, base, side) if known.reserved else set()
        return {(key[0], key[1]) for key in back | described} | reserved

    def fault(self, root: str, version: Version) -> str:
        """Why nobody can say what a version's files tell of the coins of `root`; "" when they can be read."""
        known = root, version.oid
        if known not in self._faults:
            self._faults[known] = self._fault(root, version)
        return self._faults[known]

    def _fault(self, root: str, version: Version) -> str:
        try:
            self._root(root)
            codec.keyed(built_in(CHAIN), self.content(version, path_in(root, CHAIN)))
            for name in (COINS, *_SPENDING):
                path = path_in(root, name)
                for key, pair in self._versions.from_anchor(path, version.blob(path)).items():
                    list(_TOLD[name](key, *_records(name, pair)))
        except Malformed as error:
            return str(error)
        except (AttributeError, KeyError, TypeError) as error:
            return f"records do not follow their schema ({error}); `gitbtc validate` names them"
        return ""

    def concern(self, root: str, outpoints: Iterable[Outpoint], versions: Iterable[Version]) -> None:
        """From now on the excerpts of `root` are about `outpoints`, as `versions` (without a `fault`) tell of them."""
        known = self._root(root)
        for name in _SPENDING:
            path = path_in(root, name)
            for version in versions:
                for key, (_, line) in self._versions.from_anchor(path, version.blob(path)).items():
                    if line is not None:
                        known.add(name, key, line)
        known.concern(set(outpoints))

    def snapshot(self, version: Version, unreadable: frozenset[str] = frozenset()) -> Snapshot:
        """The excerpt of a version, without the roots that are `unreadable`."""
        known = version.oid, unreadable
        if known not in self._snapshots:
            self._snapshots[known] = self.of(version, partial(self.content, version), unreadable)
        return self._snapshots[known]

    def of(self, version: Version, read: Callable[[str], bytes], unreadable: frozenset[str]) -> Snapshot:
        """The same of a version that is not to be remembered; `read` answers the excerpt of a file by its path."""
        entries = {
            path: (mode, str(oid)) for path, (mode, oid) in version.entries.items() if root_of(path) not in unreadable
        }
        return Snapshot(version.name, entries, lambda path, _: read(path), self._versions.kinds)

    def content(self, version: Version, path: str) -> bytes:
        """The excerpt of the version's file at `path`; of a kind that tells nothing about coins, the whole file."""
        kind, blob = self._versions.kind(path), version.blob(path)
        if kind.name not in EVIDENCE:
            return self._versions.content(blob)
        differences = self._versions.from_anchor(path, blob)
        if kind.identity == "file":
            return (differences[WHOLE][1] or b"") if differences else self._versions.anchored(path)
        if (path, blob) not in self._contents:
            self._contents[path, blob] = self._chosen(path, differences, exists=bool(blob))
        return self._contents[path, blob]

    def _chosen(self, path: str, differences: Differences, *, exists: bool) -> bytes:
        kind, root = self._versions.kind(path), self._root(root_of(path))
        lines = ((key, differences[key][1] if key in differences else root.line(kind.name, key))
                 for key in root.keys[kind.name])  # fmt: skip
        return excerpt(kind, lines, exists=exists)

    def _root(self, root: str) -> _Root:
        if root not in self._roots:
            kept = self._kept(root)
            sound: Mapping[str, Entry] = kept.origin.entries if kept else {}
            paths = {name: path_in(root, name) for name in (COINS, *_SPENDING)}
            coins = self._versions.coins(paths[COINS], sound.get(paths[COINS]))
            apart = self._versions.apart(paths[TRANSACTIONS], sound.get(paths[TRANSACTIONS]))
            contents = {name: self._versions.anchored(paths[name]) for name in _SPENDING if name != TRANSACTIONS}
            if kept is None or apart is None:
                contents[TRANSACTIONS] = self._versions.anchored(paths[TRANSACTIONS])
                self._roots[root] = _Root(coins, contents)
            else:
                contents[TRANSACTIONS] = self._versions.anchored_in(paths[TRANSACTIONS], apart)
                self._roots[root] = _Root(coins, contents, kept, apart)
        return self._roots[root]


class _Root:
    """The anchor's records of one root by what they name, and those in which other versions differ. Malformed.

    `kept`: what is known of a state that has all transactions of the anchor's, but for those in shards called `apart`;
    `contents` has those alone, and of the others each is looked up when it is asked about. Who names which coin, a
    transaction's record and `kept` say both; other records are few.
    """

    def __init__(
        self, coins: Coins, contents: dict[str, bytes], kept: Evidence | None = None, apart: Iterable[str] = ()
    ) -> None:
        self._kept = kept
        self._apart = tuple(apart)
        self._learnt: set[str] = set()
        self.keys: dict[str, set[Key]] = {name: set() for name in (COINS, *_SPENDING)}
        self.reserved: set[Outpoint] = set()
        self._coins = coins
        self._coin_lines: dict[Key, bytes | None] = {}
        self._lines = {name: codec.keyed(built_in(name), contents[name]) for name in _SPENDING}
        self._naming: dict[Outpoint, set[tuple[str, Key]]] = {}
        self._of_transaction: dict[str, set[tuple[str, Key]]] = {}
        self._inputs: dict[str, set[Outpoint]] = {}
        self._follows: dict[str, set[str]] = {}
        self._doubtful: set[str] = set()
        self._coins.check()
        for name, lines in self._lines.items():
            for key, line in lines.items():
                self.add(name, key, line)

    def line(self, name: str, key: Key) -> bytes | None:
        """The anchor's record, as its canonical line."""
        if name == TRANSACTIONS:
            self._learn([key[0]])
        if name != COINS:
            return self._lines[name].get(key)
        if key not in self._coin_lines:
            try:
                coin = self._coins.get((key[0], key[1]))
            except Malformed as error:  # of a shard that all versions have
                raise CannotWork(f"{error}, so nobody can say what becomes of the coin; mend it first") from None
            self._coin_lines[key] = None if coin is None else codec.encode_record(built_in(COINS), coin)
        return self._coin_lines[key]

    def _learn(self, txids: Iterable[str]) -> None:
        """Have the records of some transactions at hand."""
        for txid in txids if self._kept else ():
            if txid not in self._learnt and not txid.startswith(self._apart):
                self._learnt.add(txid)
                record = self._kept.transactions.get(txid) if self._kept else None
                if record is not None:
                    line = codec.encode_record(built_in(TRANSACTIONS), record)
                    self._lines[TRANSACTIONS][txid,] = line
                    self.add(TRANSACTIONS, (txid,), line)

    def _named(self, outpoint: Outpoint) -> set[tuple[str, Key]]:
        """The records that name a coin by its spend; what else is known of those transactions is at hand, too."""
        self._learn(self._kept.ever_spent_by(outpoint) if self._kept else ())
        found = self._naming.get(outpoint, set())
        self._learn([txid for name, key in found for txid in self._spenders(name, key)])
        return found

    def add(self, name: str, key: Key, line: bytes) -> None:
        """Remember what a record names."""
        record = codec.decode_line(built_in(name), line)
        outpoints = list(named(record) if name == EXECUTION else inputs(record))
        for outpoint in outpoints:
            self._naming.setdefault(outpoint, set()).add((name, key))
        if record.get("event_type") == "reserve":
            self.reserved.update(outpoints)
        if record.get("txid"):
            self._of_transaction.setdefault(record["txid"], set()).add((name, key))
            self._add_transaction(record["txid"], record, outpoints)

    def _add_transaction(self, txid: str, record: Record, outpoints: list[Outpoint]) -> None:
        self._inputs.setdefault(txid, set()).update(outpoints)
        for parent in {*(parent for parent, _ in outpoints), *record.get("replaces", ())}:
            self._follows.setdefault(parent, set()).add(txid)
        if record.get("replaced_by"):
            self._follows.setdefault(txid, set()).add(record["replaced_by"])
        if not record.get("confirmed") or is_dead(record):
            self._doubtful.add(txid)

    def names(self, outpoint: Outpoint) -> bool:
        """Whether a record says anything of the spend of a coin."""
        return bool(self._named(outpoint))

    def concern(self, outpoints: set[Outpoint]) -> None:
        """Choose the records that name one of `outpoints`, and all that hangs on them."""
        txids: set[str] = {outpoint[0] for outpoint in outpoints}
        waiting: set[str] = set()
        for outpoint in outpoints:
            found = self._named(outpoint)
            spenders = {txid for name, key in found for txid in self._spenders(name, key)}
            txids |= spenders
            waiting |= spenders if len(spenders) > 1 else spenders & self._doubtful
            self._choose(found)
        txids |= self._all_after(waiting)
        for txid in self._doubtful_before(txids):
            for outpoint in self._inputs.get(txid, ()):
                txids |= {spender for name, key in self._named(outpoint) for spender in self._spenders(name, key)}
        self._learn(txids)
        for txid in txids:
            self._choose(self._of_transaction.get(txid, ()))
        self.keys[COINS] |= outpoints | {outpoint for txid in txids for outpoint in self._inputs.get(txid, ())}

    def _spenders(self, name: str, key: Key) -> Iterable[str]:
        if name != EXECUTION:
            return [key[0]]
        txid = codec.decode_line(built_in(name), key[-1]).get("txid")
        return [txid] if txid else []

    def _doubtful_before(self, txids: set[str]) -> set[str]:
        """Those of the transactions, and of what they are built on, that are not known to be in a block: who spends
        what they spend decides of them.
        """
        found: set[str] = set()
        self._learn(txids)
        waiting = [txid for txid in txids if txid in self._doubtful]
        while waiting:
            txid = waiting.pop()
            if txid not in found:
                found.add(txid)
                parents = {parent for parent, _ in self._inputs.get(txid, ())}
                self._learn(parents)
                waiting += parents & self._doubtful
        return found

    def _all_after(self, txids: set[str]) -> set[str]:
        """The transactions, those that spend of them or replace them, and so on."""
        seen, waiting = set(txids), list(txids)
        while waiting:
            txid = waiting.pop()
            self._learn([txid, *(self._kept.children(txid) if self._kept else ())])
            after = self._follows.get(txid, set()) - seen
            seen |= after
            waiting += after
        return seen

    def _choose(self, records: Iterable[tuple[str, Key]]) -> None:
        for name, key in records:
            self.keys[name].add(key)


def _records(name: str, pair: Pair) -> list[Record | None]:
    return [codec.decode_line(built_in(name), line) if line else None for line in pair]


def _amount(line: bytes | None) -> int:
    return int(codec.decode_line(built_in(COINS), line)["amount_sat"]) if line else 0


def _of_coin(key: Key, before: Record | None, now: Record | None) -> Iterator[Outpoint]:
    if before is None or now is None or any(before.get(name) != now.get(name) for name in FIXED):
        yield key[0], key[1]


def _of_transaction(key: Key, before: Record | None, now: Record | None) -> Iterator[Outpoint]:
    """What it spends, and what it made: that is gone with it, should it lose."""
    stories = [record and (inputs(record), record.get("confirmed"), is_dead(record)) for record in (before, now)]
    for record in (before, now) if stories[0] != stories[1] else ():
        yield from inputs(record or {})
        yield from ((key[0], output["vout"]) for output in (record or {}).get("outputs", ()))


def _of_event(_: Key, before: Record | None, now: Record | None) -> Iterator[Outpoint]:
    for event in (before, now):
        yield from named(event or {})


_TOLD = {COINS: _of_coin, TRANSACTIONS: _of_transaction, MEMPOOL: _of_transaction, EXECUTION: _of_event}
