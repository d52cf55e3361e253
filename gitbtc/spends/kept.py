"""The evidence of a state that was read whole, kept in a file: what was there is looked up, and nobody reads it again.

What a state says of one transaction stands in one record, and that is read where it lies. Who spends a coin, any record
may say: that is in the file, an SQLite database. Whoever keeps one knows of which state it is.
"""

from __future__ import annotations

import json

from gitbtc.database import Database, txid_bytes
from gitbtc.kinds import codec
from gitbtc.kinds.delta import line_of
from gitbtc.kinds.registry import built_in
from gitbtc.spends import MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import Evidence
from gitbtc.spends.layer import Layer, Lookup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from gitbtc.kinds.kind import Kind, Record
    from gitbtc.spends.evidence import Files
    from gitbtc.spends.listing import Coins, Outpoint

    Since = tuple[Evidence, Mapping[str, str]]

# `claims`: who spends what, and how strongly: 0 is who lost. `marked`: the transactions that lost (1), and those that
# wait (0). `named`: what events say that a transaction spends, and who made it. `events`: who reserves and releases.
_TABLES = (
    "CREATE TABLE claims (txid BLOB, vout INT, spender BLOB, strength INT, PRIMARY KEY (txid, vout, spender))",
    "CREATE TABLE marked (txid BLOB PRIMARY KEY, is_dead INTEGER) WITHOUT ROWID",
    "CREATE TABLE named (txid BLOB PRIMARY KEY, outpoints TEXT, agent TEXT) WITHOUT ROWID",
    "CREATE TABLE events (event TEXT)",
)
_TXID_DIGITS = 64
_MOST = 1 << 63  # what a column holds is less
_MOST_HELD = 1 << 16  # answers of a table


class Store(Database):
    """The file at `path`. Raises NotKept."""

    def __init__(self, path: str) -> None:
        super().__init__(path, _TABLES)

    def write(self, evidence: Evidence, told: Mapping[str, str], since: Since | None = None) -> None:
        """Keep `evidence`, and what is `told` of it: all of that or nothing. `since`: what the file keeps, and what was
        told of that; `evidence` was read through it, and only what is otherwise is written.
        """
        try:
            rows = _Rows(evidence, since[0] if since else None)  # which are asked of what is kept, too
        except (ValueError, OverflowError) as error:
            raise self._not_kept(error) from None
        with self.writing(told, since[1] if since else None) as put:
            put("DELETE FROM claims WHERE txid = ? AND vout = ?", rows.outpoints)
            put("DELETE FROM marked WHERE txid = ?", rows.txids)
            put("DELETE FROM named WHERE txid = ?", rows.txids)
            put("INSERT INTO claims VALUES (?, ?, ?, ?)", rows.claims)
            put("INSERT INTO marked VALUES (?, ?)", rows.marked)
            put("INSERT INTO named VALUES (?, ?, ?)", rows.named)
            put("INSERT INTO events VALUES (?)", rows.events)


class _Rows:
    """What the tables hold of `evidence`, or of what it has otherwise than what it was read through: there all rows of
    some `outpoints` and `txids` are others.
    """

    def __init__(self, evidence: Evidence, since: Evidence | None) -> None:
        by_txid = (evidence.dead, evidence.waiting, evidence.named, evidence.agents)
        txids = {txid for one in by_txid for txid in _otherwise(one, since)}
        outpoints = {*_otherwise(evidence.claims, since)}
        outpoints.update(*(evidence.every_input(txid) for txid in txids if txid in evidence.dead))
        self.claims = list(_claims(evidence, outpoints))
        self.marked = [
            (txid_bytes(one), one in evidence.dead) for one in txids if one in evidence.dead or one in evidence.waiting
        ]
        self.named = [
            (txid_bytes(one), json.dumps(sorted(evidence.named[one])), evidence.agents.get(one, ""))
            for one in txids if one in evidence.named
        ]  # fmt: skip
        self.events = [(json.dumps(event),) for event in evidence.reserving(since)]
        self.outpoints = [(txid_bytes(txid), vout) for txid, vout in outpoints] if since else []
        self.txids = [(txid_bytes(txid),) for txid in txids] if since else []


def _otherwise(known: Mapping[Any, Any], since: Evidence | None) -> Iterable[Any]:
    return known.own if since is not None and isinstance(known, Layer) else known


def _claims(evidence: Evidence, outpoints: Iterable[Outpoint]) -> Iterator[tuple[bytes, int, bytes, int]]:
    for txid, vout in outpoints:
        lost = dict.fromkeys(evidence.lost_spenders((txid, vout)), 0)
        for spender, strength in (lost | evidence.claimants((txid, vout))).items():
            yield txid_bytes(txid), vout, txid_bytes(spender), strength


# -- what is kept, as evidence -----------------------------------------------------------------------------------------


class KeptEvidence(Evidence):
    """The evidence in `store`; NotKept where it cannot be had, also later.

    `files` answers a kind with the file of that state, `place` a kind and a txid with the file that has its record,
    `coins` are those listed.
    """

    def __init__(self, store: Store, files: Files, place: Callable[[str, str], bytes], coins: Coins) -> None:
        self._store = store
        super().__init__(files)
        self.transactions = Records(TRANSACTIONS, files, place)
        self.mempool = Records(MEMPOOL, files, place)
        self.claims = _Claims(store)
        self.dead = _Marked(store, is_dead=True)
        self.waiting = _Marked(store, is_dead=False)
        self.named = _Named(store)
        self.agents = _Agents(store)
        self._coins = coins

    def _learn(self) -> set[str]:
        """Nothing: it is looked up when it is asked for."""
        return set()

    def _reserving(self) -> Iterable[Record]:
        return [json.loads(event) for (event,) in self._store.rows("SELECT event FROM events")]

    def outputs_spent(self, txid: str) -> list[Outpoint]:
        """The outputs of `txid` that some live transaction spends."""
        question = "SELECT DISTINCT vout FROM claims WHERE txid = ? AND strength"
        return [(txid, vout) for (vout,) in self._store.rows(question, _key(txid))]

    def spending(self, beginning: str) -> set[str]:
        """The transactions that spend an output of one whose txid begins so (hex digits), those that lost, or were
        given up, among them.
        """
        question = "SELECT DISTINCT spender FROM claims WHERE txid BETWEEN ? AND ?"
        bounds = (_key(beginning.ljust(_TXID_DIGITS, digit)) for digit in "0f")
        return {spender.hex() for (spender,) in self._store.rows(question, *bounds)}

    def lost_children(self, txid: str) -> dict[Outpoint, set[str]]:
        """The outputs of `txid` that transactions spend which lost, or were given up, and by which."""
        found: dict[Outpoint, set[str]] = {}
        for vout, spender in self._store.rows(
            "SELECT vout, spender FROM claims WHERE txid = ? AND NOT strength", _key(txid)
        ):
            found.setdefault((txid, vout), set()).add(spender.hex())
        return found


def _key(txid: str) -> bytes:
    """A txid as the database has it; what is none is nowhere."""
    try:
        return txid_bytes(txid)
    except ValueError:
        return b""


class _Table(Lookup):
    """One of the tables by its keys. Of each coin that differs a dozen rules ask the same: answers are held, some."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[Any, Any] = {}

    def _find(self, key: Any) -> Any:
        """What the database maps `key` to, None for nothing."""
        raise NotImplementedError

    def get(self, key: Any, default: Any = None) -> Any:
        """What `key` is mapped to."""
        try:
            found = self._held[key]
        except KeyError:
            if len(self._held) >= _MOST_HELD:
                self._held.clear()
            found = self._held[key] = self._find(key)
        return default if found is None else found


class _Claims(_Table):
    def _find(self, outpoint: Outpoint) -> dict[str, int] | None:
        question = "SELECT spender, strength FROM claims WHERE txid = ? AND vout = ? AND strength"
        txid, vout = outpoint
        found = self._store.rows(question, _key(txid), vout) if vout < _MOST else ()
        return {spender.hex(): strength for spender, strength in found} or None

    def __iter__(self) -> Iterator[Outpoint]:
        found = self._store.rows("SELECT DISTINCT txid, vout FROM claims WHERE strength")
        return ((txid.hex(), vout) for txid, vout in found)


class _Marked(_Table):
    def __init__(self, store: Store, *, is_dead: bool) -> None:
        super().__init__(store)
        self._is_dead = is_dead

    def _find(self, txid: str) -> bool | None:
        question = "SELECT 1 FROM marked WHERE txid = ? AND is_dead = ?"
        return bool(self._store.rows(question, _key(txid), self._is_dead)) or None

    def __iter__(self) -> Iterator[str]:
        return (txid.hex() for (txid,) in self._store.rows("SELECT txid FROM marked WHERE is_dead = ?", self._is_dead))


class _Named(_Table):
    def _find(self, txid: str) -> frozenset[Outpoint] | None:
        found = self._store.rows("SELECT outpoints FROM named WHERE txid = ?", _key(txid))
        return frozenset((maker, vout) for maker, vout in json.loads(found[0][0])) if found else None

    def __iter__(self) -> Iterator[str]:
        return (txid.hex() for (txid,) in self._store.rows("SELECT txid FROM named"))


class _Agents(_Table):
    def _find(self, txid: str) -> str | None:
        found = self._store.rows("SELECT agent FROM named WHERE txid = ?", _key(txid))
        return found[0][0] if found else None

    def __iter__(self) -> Iterator[str]:
        return (txid.hex() for (txid,) in self._store.rows("SELECT txid FROM named"))


class Records(Lookup):
    """The records of a kind by txid, each found by bisection in the canonical file that has it; all are read together
    when all are asked for.
    """

    def __init__(self, kind: str, files: Files, place: Callable[[str, str], bytes]) -> None:
        self._kind = built_in(kind)
        self._files = files
        self._place = place
        self._found: dict[str, Record | None] = {}
        self._all: dict[str, Record] | None = None

    def get(self, txid: str, default: Any = None) -> Any:
        """The record of `txid`."""
        if self._all is not None:
            return self._all.get(txid, default)
        if txid not in self._found:
            self._found[txid] = searched(self._kind, self._place(self._kind.name, txid), (txid,))
        record = self._found[txid]
        return default if record is None else record

    def _read(self) -> dict[str, Record]:
        if self._all is None:
            content = self._files(self._kind.name)
            self._all = {record["txid"]: record for record in (codec.parse(self._kind, content) if content else ())}
        return self._all

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def searched(kind: Kind, content: bytes, key: tuple[Any, ...]) -> Record | None:
    """The record of that key in a canonical file; None where there is none. Malformed."""
    line = line_of(kind, content, key)
    return None if line is None else codec.read_line(kind, line)[0]
