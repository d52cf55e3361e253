"""The state files of one root at one moment, asked about few coins and transactions: searched, not parsed whole."""

from __future__ import annotations

import re

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends import COINS, EXECUTION, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import CONFIRMED, EVENT, IN_MEMPOOL, UNCONFIRMED, is_dead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Files
    from gitbtc.spends.listing import Outpoint

    Near = Callable[[str, Collection[str] | None], Iterable[bytes]]
    Spending = Callable[[str, Collection[Outpoint]], Iterable[bytes]]

# An input in a canonical line. A record's own txid is followed by another field.
_INPUT = re.compile(rb'"txid":"([0-9a-f]{64})","vout":([0-9]{1,10})[,}]')
_NAMED = re.compile(rb'"([0-9a-f]{64}):([0-9]{1,10})"')
# From so many coins on, one search for all inputs is quicker than one for each coin.
_MANY = 30


class SpendClaim:
    """What a moment knows of a transaction that spends a coin. `strength` as in gitbtc.spends.evidence; 0 when the
    transaction lost or was given up. `record`: the transaction, its mempool entry, or the event of the log.
    """

    __slots__ = ("record", "strength")

    def __init__(self, record: Record, strength: int) -> None:
        self.record = record
        self.strength = strength


Claims = dict[str, SpendClaim]  # by txid


class Moment:
    """One root's files. `files` answers a kind with its bytes; `near` with the files, one after the other, in which
    records of some transactions can lie (None: of any), `spending` with those in which records can lie that spend some
    coins: without them, that is all of the kind's. Every question raises codec.Malformed.
    """

    def __init__(self, files: Files, near: Near | None = None, spending: Spending | None = None) -> None:
        self._files = files
        self._near: Near = near or (lambda kind, _: [files(kind)])
        self._spending: Spending = spending or (lambda kind, _: self._near(kind, None))
        self._canonical: dict[str, tuple[bytes, bytes]] = {}

    def content(self, kind: str) -> bytes:
        """The file of `kind` as it is."""
        return self._files(kind)

    def near(self, kind: str, txids: Collection[str] | None = None) -> Iterator[bytes]:
        """The files of `kind` where records of `txids` (None: of any) can lie, in canonical form: a record a line."""
        return (self._in_form(kind, content) for content in self._near(kind, txids))

    def spending(self, kind: str, outpoints: Collection[Outpoint]) -> Iterator[bytes]:
        """The same where records can lie that spend one of `outpoints`."""
        return (self._in_form(kind, content) for content in self._spending(kind, outpoints))

    def _in_form(self, kind: str, content: bytes) -> bytes:
        if content[:3] in (b"[\n{", b"[]\n", b""):
            return content
        if kind not in self._canonical or self._canonical[kind][0] is not content:
            self._canonical[kind] = content, codec.canonical(built_in(kind), content)
        return self._canonical[kind][1]

    def coin(self, outpoint: Outpoint) -> Record | None:
        """The coin, when it is listed."""
        needle = b'"txid":"%s","vout":%d}' % (outpoint[0].encode(), outpoint[1])
        found = ((content, content.find(needle)) for content in self.near(COINS, [outpoint[0]]))
        return next((_record(COINS, content, at) for content, at in found if at >= 0), None)

    def listed(self, outpoints: set[Outpoint]) -> set[Outpoint]:
        """Those of `outpoints` that are listed as coins."""
        files = self.near(COINS, {txid for txid, _ in outpoints})
        return {one for _, one, _ in _found(files, outpoints, names_as_text=False)}

    def transaction(self, txid: str) -> Record | None:
        """The record of a transaction, or its mempool entry."""
        own = b'"txid":"%s"' % txid.encode()
        for kind in (TRANSACTIONS, MEMPOOL):
            for content in self.near(kind, [txid]):
                for at in _places(content, own):
                    record = _record(kind, content, at)
                    if record["txid"] == txid:
                        return record
        return None

    def is_dead(self, txid: str) -> bool:
        """Whether the transaction lost or was given up."""
        record = self.transaction(txid)
        return record is not None and is_dead(record)

    def spender(self, claims: Claims) -> str | None:
        """The best claimed spender; on equal evidence the smaller txid, as everywhere."""
        live = {txid: claim.strength for txid, claim in claims.items() if claim.strength}
        return min(live, key=lambda txid: (-live[txid], txid)) if live else None

    def claims(self, wanted: set[Outpoint]) -> dict[Outpoint, Claims]:
        """The transactions that claim to spend each of `wanted`, those that lost or were given up among them."""
        found: dict[Outpoint, Claims] = {outpoint: {} for outpoint in wanted}
        for kind in (TRANSACTIONS, MEMPOOL, EXECUTION):
            for outpoint, record in self._claimed(kind, wanted):
                claims, txid = found[outpoint], record["txid"]
                if txid not in claims:
                    has_lost = is_dead(record) if kind == TRANSACTIONS else self.is_dead(txid)
                    claims[txid] = SpendClaim(record, 0 if has_lost else self._strength(kind, record))
                elif kind == MEMPOOL and claims[txid].strength == UNCONFIRMED:
                    claims[txid].strength = IN_MEMPOOL
        return found

    def _strength(self, kind: str, record: Record) -> int:
        confirmed = kind == TRANSACTIONS and record.get("confirmed")
        return CONFIRMED if confirmed else _STRENGTHS[kind]

    def _claimed(self, kind: str, wanted: set[Outpoint]) -> Iterator[tuple[Outpoint, Record]]:
        """Each record of `kind` that spends one of `wanted`, with what it spends."""
        names_as_text = kind == EXECUTION
        contents = self.spending(kind, wanted) if wanted else ()
        for content, outpoint, at in _found(contents, wanted, names_as_text=names_as_text):
            record = _record(kind, content, at)
            if not names_as_text or (record.get("txid") and record.get("event_type") not in ("reserve", "release")):
                yield outpoint, record


_STRENGTHS = {TRANSACTIONS: UNCONFIRMED, MEMPOOL: IN_MEMPOOL, EXECUTION: EVENT}


def _found(
    contents: Iterable[bytes], wanted: set[Outpoint], *, names_as_text: bool
) -> Iterator[tuple[bytes, Outpoint, int]]:
    """Each of `wanted` with each of `contents` and the place in it where it stands as an input, or as text."""
    if len(wanted) < _MANY:
        form = b'"%s:%d"' if names_as_text else b'"txid":"%s","vout":%d'
        needles = [((txid, vout), form % (txid.encode(), vout)) for txid, vout in sorted(wanted)]
        for content in contents if needles else ():
            for outpoint, needle in needles:
                yield from ((content, outpoint, at) for at in _places(content, needle))
        return
    texts = {(txid.encode(), str(vout).encode()): (txid, vout) for txid, vout in wanted}
    for content in contents:
        for match in (_NAMED if names_as_text else _INPUT).finditer(content):
            found = texts.get((match[1], match[2]))
            if found:
                yield content, found, match.start()


def _places(content: bytes, needle: bytes) -> Iterator[int]:
    """Where `needle` stands; not where its last digit goes on."""
    at = content.find(needle)
    while at >= 0:
        if not content[at + len(needle) : at + len(needle) + 1].isdigit():
            yield at
        at = content.find(needle, at + 1)


def _record(kind: str, content: bytes, at: int) -> Record:
    """The record on the line around `at`."""
    end = content.find(b"\n", at)
    line = content[content.rfind(b"\n", 0, at) + 1 : end if end >= 0 else len(content)].removesuffix(b",")
    return codec.read_line(built_in(kind), line)[0]
