"""From where to read a wallet on: the block that was read up to, and what the node said of what lies deeper.

It belongs to one node and one clone: it lies in the Git folder, an SQLite file, and is never versioned. Lost, broken or
of another wallet, it means a full read, and is never an error.
"""

from __future__ import annotations

import json
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from gitbtc.database import Database, NotKept, txid_bytes
from gitbtc.sources.answers import Answer, BadAnswer, decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gitbtc.database import Put
    from gitbtc.spends.listing import Outpoint

VERSION = "2"
_FULL_EVERY = 1000  # blocks
# What is read of an answer; the rest of it is not kept.
_FIELDS = (
    "txid", "confirmations", "time", "blockheight", "blockhash", "blocktime", "comment", "fee", "abandoned",
    "replaced_by_txid", "replaces_txid", "mempoolconflicts", "walletconflicts", "bip125-replaceable",
)  # fmt: skip
_BODY = ("txid", "size", "weight")
# `deep`: gettransaction's answer and getrawtransaction's (NULL for none), both cut to what is read, and which outputs
# are the wallet's. `spends`: which transactions spend an output. `shown`: which have a row of an address, when, and
# what that makes of it. `coins`: what was told last, of any depth.
_TABLES = (
    "CREATE TABLE deep (txid BLOB PRIMARY KEY, answer TEXT, raw TEXT, ours TEXT)",
    "CREATE TABLE spends (txid BLOB, vout INT, spender BLOB, PRIMARY KEY (txid, vout, spender)) WITHOUT ROWID",
    "CREATE TABLE shown (address TEXT, txid BLOB, time INT, category TEXT, PRIMARY KEY (address, txid)) WITHOUT ROWID",
    "CREATE TABLE coins (txid BLOB, vout INT, amount_sat INT, PRIMARY KEY (txid, vout)) WITHOUT ROWID",
)


class Passing(NamedTuple):
    """A transaction that is not kept: whose outputs it spends, and of which addresses it has rows."""

    parents: list[str]
    addresses: list[str]


@dataclass(frozen=True)
class Facts:
    """What was told last. `count` is how many transactions are kept, those that lie as deep as the block or deeper;
    `passing` are the others. `worth` is what the coins were worth (sat), `book` the label and purpose of addresses,
    `locked` the outpoints of locked coins. `full_height` is where everything was last asked for. `word` names what of
    that was brought in as it was told; "" where it was not.
    """

    block_hash: str
    full_height: int
    descriptors: frozenset[str]
    count: int
    worth: int
    book: Mapping[str, tuple[str, str]]
    passing: Mapping[str, Passing]
    locked: frozenset[Outpoint]
    word: str = ""

    def told(self) -> dict[str, str]:
        """The same as texts; `read` reads them."""
        values = vars(self) | {"descriptors": sorted(self.descriptors), "locked": sorted(self.locked)}
        return {"version": VERSION, **{name: json.dumps(value) for name, value in values.items()}}

    @classmethod
    def read(cls, told: Mapping[str, str]) -> Facts:
        """Raises ValueError, TypeError, KeyError or AttributeError for what is none."""
        if told["version"] != VERSION:
            raise ValueError
        held = {name: json.loads(value) for name, value in told.items() if name != "version"}
        return cls(
            str(held["block_hash"]), int(held["full_height"]), frozenset(held["descriptors"]), int(held["count"]),
            int(held["worth"]), {address: (label, purpose) for address, (label, purpose) in held["book"].items()},
            {txid: Passing(*one) for txid, one in held["passing"].items()},
            frozenset((txid, vout) for txid, vout in held["locked"]), str(held["word"]),
        )  # fmt: skip


class Deep(NamedTuple):
    """What is kept of a transaction; `ours` are the outputs of the wallet."""

    answer: Answer
    raw: Answer | None
    ours: frozenset[int]


class Cursor:
    """What was kept, looked up. What cannot be had is a BadAnswer, as a node's would be."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.told = database.open()
        self.facts = Facts.read(self.told)

    def close(self) -> None:
        """Let go of the file. From then on nothing may be asked, nor kept."""
        self._database.close()

    def is_old(self, height: int) -> bool:
        """Whether it is time to ask for everything again: after many blocks, or where the chain is now shorter."""
        return not 0 <= height - self.facts.full_height < _FULL_EVERY

    def known(self, txids: Iterable[str]) -> set[str]:
        """Those that are kept."""
        return {txid for txid in txids if self._rows("SELECT 1 FROM deep WHERE txid = ?", _key(txid))}

    def deep(self, txids: Iterable[str]) -> dict[str, Deep]:
        """Those of `txids` that are kept."""
        question = "SELECT txid, answer, raw, ours FROM deep WHERE txid = ?"
        return dict(_deep(row) for txid in set(txids) for row in self._rows(question, _key(txid)))

    def all_deep(self) -> dict[str, Deep]:
        """All that are kept."""
        return dict(_deep(row) for row in self._rows("SELECT txid, answer, raw, ours FROM deep"))

    def spenders(self, outpoints: Iterable[Outpoint]) -> set[str]:
        """Who of those that are kept spends one of `outpoints`."""
        question = "SELECT spender FROM spends WHERE txid = ? AND vout = ?"
        return {spender.hex() for txid, vout in outpoints for (spender,) in self._rows(question, _key(txid), vout)}

    def children(self, txids: Iterable[str]) -> set[str]:
        """Who of those that are kept spends an output of one of `txids`."""
        question = "SELECT spender FROM spends WHERE txid = ?"
        return {spender.hex() for txid in txids for (spender,) in self._rows(question, _key(txid))}

    def showing(self, addresses: Iterable[str]) -> set[str]:
        """Who of those that are kept has a row of one of `addresses`."""
        question = "SELECT txid FROM shown WHERE address = ?"
        return {txid.hex() for address in addresses for (txid,) in self._rows(question, address)}

    def first_shown(self, addresses: Iterable[str]) -> dict[str, tuple[int, str, str]]:
        """The first transaction that is kept of each of `addresses`: its time (Unix seconds), its txid, and what it
        makes of the address.
        """
        question = "SELECT time, txid, category FROM shown WHERE address = ? ORDER BY time, txid LIMIT 1"
        return {address: (time, txid.hex(), category)
                for address in addresses for time, txid, category in self._rows(question, address)}  # fmt: skip

    def coins(self, txids: Iterable[str]) -> dict[Outpoint, int]:
        """The coins of `txids` that were told last, and what they are worth (sat)."""
        question = "SELECT vout, amount_sat FROM coins WHERE txid = ?"
        return {(txid, vout): sat for txid in txids for vout, sat in self._rows(question, _key(txid))}

    def _rows(self, question: str, *values: Any) -> list[Any]:
        try:
            return self._database.rows(question, *values)
        except NotKept as error:
            raise BadAnswer(str(error)) from None

    def writing(self, told: Mapping[str, str]) -> AbstractContextManager[Put]:
        """See Database.writing."""
        return self._database.writing(told, self.told)


def _key(txid: str) -> bytes:
    try:
        return txid_bytes(txid)
    except ValueError:
        raise BadAnswer(f"cursor: {txid!r} is no txid") from None


def _deep(row: tuple[bytes, str, str | None, str]) -> tuple[str, Deep]:
    txid = row[0].hex()
    told, more = (None if text is None else Answer(decoded(text, "cursor"), txid) for text in row[1:3])
    try:
        ours = frozenset(map(int, json.loads(row[3])))
    except (ValueError, TypeError):
        ours = None
    if told is None or ours is None or any(one.hash("txid") != txid for one in (told, more) if one is not None):
        raise BadAnswer(f"cursor: what is kept of {txid} cannot be read")
    return txid, Deep(told, more, ours)


class Came(NamedTuple):
    """A transaction that is to be kept: its answers, as Deep has them but whole; what it spends; and of each address
    that it has a row of what that makes of it.
    """

    answer: dict[str, Any]
    raw: dict[str, Any] | None
    ours: Iterable[int]
    inputs: Iterable[Outpoint]
    shown: Mapping[str, str]


@dataclass(frozen=True)
class Reached:
    """How far a read has come. What is kept becomes `facts`, without the transactions `gone`, with those that
    `came`, and with the `coins` (None for what is none any more): of what `since` keeps, if anything.
    """

    facts: Facts
    came: Mapping[str, Came]
    coins: Mapping[Outpoint, int | None]
    gone: frozenset[str] = field(default=frozenset())
    since: Cursor | None = None


@contextmanager
def loaded(path: Path) -> Iterator[Cursor | None]:
    """The cursor in a file, within; None when there is none that can be used."""
    cursor = _opened(path) if path.is_file() else None
    try:
        yield cursor
    finally:
        if cursor is not None:
            cursor.close()


def _opened(path: Path) -> Cursor | None:
    with suppress(NotKept):
        database = Database(str(path), _TABLES)
        try:
            return Cursor(database)
        except (ValueError, TypeError, KeyError, AttributeError):
            database.close()
        except NotKept:
            database.close()
            raise
    return None


def save(path: Path, reached: Reached, word: str, opened: Cursor | None = None) -> None:
    """Keep in a file how far a read has come, and that it was brought in as `word`, where that can be written: without
    one the next read is a full one. `opened` is the file's until now, which is let go where nothing of it is left.
    """
    if opened is not None and reached.since is None:
        opened.close()
    told = {**reached.facts.told(), "word": json.dumps(word)}
    if reached.since is not None and told == reached.since.told and not (reached.came or reached.gone or reached.coins):
        return
    with suppress(NotKept, OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(path, reached, told)
        except NotKept as error:
            if not error.is_damaged:
                raise
            path.unlink()
            if reached.since is None:
                _write(path, reached, told)


def _write(path: Path, reached: Reached, told: Mapping[str, str]) -> None:
    new = closing(Database(str(path), _TABLES)) if reached.since is None else nullcontext(reached.since)
    with new as file, file.writing(told) as put:
        gone = [(txid_bytes(txid),) for txid in reached.gone]
        put("DELETE FROM deep WHERE txid = ?", gone)
        put("DELETE FROM spends WHERE spender = ?", gone)
        put("DELETE FROM shown WHERE txid = ?", gone)
        came = {txid_bytes(txid): one for txid, one in reached.came.items()}
        put("INSERT INTO deep VALUES (?, ?, ?, ?)", (
            (key, encoded(cut(one.answer)), None if one.raw is None else encoded(cut_raw(one.raw)),
             json.dumps(sorted(one.ours))) for key, one in came.items()
        ))  # fmt: skip
        put("INSERT INTO spends VALUES (?, ?, ?)", (
            (txid_bytes(txid), vout, key) for key, one in came.items() for txid, vout in one.inputs
        ))  # fmt: skip
        put("INSERT INTO shown VALUES (?, ?, ?, ?)", (
            (address, key, one.answer["time"], category)
            for key, one in came.items() for address, category in one.shown.items()
        ))  # fmt: skip
        coins = {(txid_bytes(txid), vout): sat for (txid, vout), sat in reached.coins.items()}
        put("DELETE FROM coins WHERE txid = ? AND vout = ?", coins if reached.since else ())
        put("INSERT INTO coins VALUES (?, ?, ?)", ((*key, sat) for key, sat in coins.items() if sat is not None))


def cut(answer: dict[str, Any]) -> dict[str, Any]:
    """A gettransaction answer with what is read of it."""
    body = answer["decoded"]
    outputs = [
        _some(output, "n", "value") | {"scriptPubKey": _some(output["scriptPubKey"], "type", "address")}
        for output in body.get("vout") or ()
    ]
    inputs = [_some(source, "txid", "vout", "sequence", "coinbase") for source in body.get("vin") or ()]
    rows = [_some(row, "vout", "category", "address", "label", "abandoned") for row in answer.get("details") or ()]
    decoded_body = {**_some(body, *_BODY), "vin": inputs, "vout": outputs}
    return {**_some(answer, *_FIELDS), "details": rows, "decoded": decoded_body}


def cut_raw(answer: dict[str, Any]) -> dict[str, Any]:
    """A getrawtransaction answer with what is read of it beside the other."""
    inputs = [
        {"txid": source["txid"], "vout": source["vout"], "prevout": {"value": source["prevout"]["value"]}}
        for source in answer.get("vin") or () if source.get("prevout") is not None
    ]  # fmt: skip
    return {**_some(answer, "txid", "fee"), "vin": inputs}


def _some(members: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: members[name] for name in names if name in members}
