"""What the files beside a changed one say of its coins: which transaction spends one, which made it, what it is for."""

from __future__ import annotations

import re
from contextlib import suppress

from gitbtc.kinds import codec, json_text
from gitbtc.kinds.registry import built_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from typing import Any, TypeVar

    from gitbtc.kinds.kind import Kind, Record

    Outpoint = tuple[str, int]
    Asked = TypeVar("Asked")
    # The bytes of the state file of a kind in the root, b"" where there is none.
    Files = Callable[[str], bytes]
    # The files of a kind where records of some transactions can lie, each for itself; None where all lie in one file.
    Near = Callable[[str, Collection[str]], Iterable[bytes] | None]
    # The same of records that can spend some coins.
    Spending = Callable[[str, Collection[Outpoint]], Iterable[bytes] | None]

# The kinds whose records name what they spend; what the first one says counts.
_SPENDING = ("transactions", "mempool")

# An input in a canonical line. A record's own txid is followed by another field.
_INPUT = re.compile(rb'"txid":"([0-9a-f]{64})","vout":([0-9]{1,10})[,}]')
_OWN = re.compile(rb'"txid":"([0-9a-f]{64})"(?!,"vout":)')
_CHANNEL = re.compile(rb'"channel_id":"([0-9x]{5,40})"')
_ADDRESS = re.compile(rb'"address":"([0-9A-Za-z]{1,128})"')


def _in_one_file(_kind: str, _asked: object) -> None:
    return None


class Beside:
    """The other files of a root, at the moment of the newer version. A file that does not parse says nothing.

    `is_alone`: nothing but the one changed file is shown, so that no other file's view tells of a transaction.
    `is_certain`: the files are those of that moment, so that what they do not know is not known then.
    """

    def __init__(
        self,
        files: Files,
        near: Near = _in_one_file,
        spending: Spending = _in_one_file,
        *,
        is_alone: bool = False,
        is_certain: bool = True,
    ) -> None:
        self.is_alone = is_alone
        self.is_certain = is_certain
        self._files = files
        self._near = near
        self._spending = spending
        self._known: dict[str, bytes] = {}

    def spenders(self, wanted: set[Outpoint]) -> dict[Outpoint, Record]:
        """The live transactions that spend each of `wanted`, where one is known; a confirmed one before others."""
        from gitbtc.spends.evidence import is_dead  # only where coins are gone: a driver's start is short

        found: dict[Outpoint, Record] = {}
        texts = {(txid.encode(), str(vout).encode()): (txid, vout) for txid, vout in wanted}
        for content in self._contents(_SPENDING, self._spending, wanted) if wanted else ():
            for match in _INPUT.finditer(content):
                outpoint = texts.get((match[1], match[2]))
                record = _transaction(content, match.start()) if outpoint else None
                if not (outpoint and record) or is_dead(record):
                    continue
                if outpoint not in found or record.get("confirmed") is True:
                    found[outpoint] = record
        return found

    def transactions(self, txids: set[str]) -> dict[str, Record]:
        """txid -> the record of the transaction, or its mempool entry."""
        found: dict[str, Record] = {}
        wanted = {txid.encode() for txid in txids}
        for content in self._contents(_SPENDING, self._near, txids) if wanted else ():
            for match in _OWN.finditer(content):
                record = _transaction(content, match.start()) if match[1] in wanted else None
                if record and record["txid"] in txids:
                    found.setdefault(record["txid"], record)
        return found

    def labels(self, addresses: set[str]) -> dict[str, str]:
        """address -> what its owner calls it."""
        content = self._content("labels") if addresses else b""
        wanted = {address.encode() for address in addresses}
        found: dict[str, str] = {}
        for match in _ADDRESS.finditer(content):
            record = _record(content, match.start()) if match[1] in wanted else None
            if record and type(record.get("address")) is type(record.get("label")) is str:
                found.setdefault(record["address"], record["label"])
        return found

    def peers(self, channel_ids: set[str]) -> dict[str, str]:
        """channel_id -> what the node at its other end calls itself."""
        content = self._content("channels") if channel_ids else b""
        wanted = {name.encode() for name in channel_ids}
        found: dict[str, str] = {}
        for match in _CHANNEL.finditer(content):
            record = _record(content, match.start()) if match[1] in wanted else None
            if record and type(record.get("channel_id")) is type(record.get("peer_alias")) is str:
                found.setdefault(record["channel_id"], record["peer_alias"])
        return found

    def listed(self, wanted: set[Outpoint]) -> set[Outpoint]:
        """Those of `wanted` that are among the coins."""
        texts = {(txid.encode(), str(vout).encode()): (txid, vout) for txid, vout in wanted}
        files = self._contents(["utxos"], self._near, {txid for txid, _ in wanted}) if texts else ()
        found = (texts.get((match[1], match[2])) for content in files for match in _INPUT.finditer(content))
        return {outpoint for outpoint in found if outpoint}

    def _contents(
        self, kinds: Iterable[str], where: Callable[[str, Asked], Iterable[bytes] | None], asked: Asked
    ) -> Iterator[bytes]:
        """The files of `kinds` that `where` answers what is `asked` about with, of one kind after another."""
        for kind in kinds:
            with suppress(codec.Malformed):
                contents = where(kind, asked)
                if contents is None:
                    yield self._content(kind)
                else:
                    yield from (_canonical(built_in(kind), content) for content in contents)

    def _content(self, kind: str) -> bytes:
        if kind not in self._known:
            try:
                self._known[kind] = _canonical(built_in(kind), self._files(kind))
            except codec.Malformed:
                self._known[kind] = b""
        return self._known[kind]


class Spenders(Beside):
    """Where the spenders are known and no file is at hand."""

    def __init__(self, spenders: Mapping[Outpoint, Record]) -> None:
        super().__init__(lambda _: b"")
        self._spenders = spenders

    def spenders(self, wanted: set[Outpoint]) -> dict[Outpoint, Record]:
        """Those of `wanted` that are known."""
        return {outpoint: self._spenders[outpoint] for outpoint in wanted & self._spenders.keys()}

    def transactions(self, txids: set[str]) -> dict[str, Record]:
        """Those that spend a coin, if they are known."""
        return {record["txid"]: record for record in self._spenders.values() if record["txid"] in txids}


def spent_by(record: Record) -> list[Outpoint]:
    """The outpoints that a transaction spends, as far as its record is one."""
    return [(one["txid"], one["vout"]) for one in _parts(record, "inputs") if type(one.get("txid")) is str]


def made_by(record: Record) -> list[Outpoint]:
    """The outpoints that it makes."""
    return [(record["txid"], one["vout"]) for one in _parts(record, "outputs")]


def _parts(record: Record, name: str) -> list[Record]:
    listed = record.get(name)
    parts = listed if type(listed) is list else []
    return [one for one in parts if type(one) is dict and type(one.get("vout")) is int]


def feerate(record: Record) -> str:
    """What a transaction pays, in sat/vB with one decimal; a virtual byte is four weight units, rounded up (BIP-141).
    Empty where nobody knows.
    """
    fee, weight = record.get("fee_sat"), record.get("weight")
    if type(fee) is int and type(weight) is int and weight > 0:
        vsize = (weight + 3) // 4
        tenths = (20 * fee + vsize) // (2 * vsize)
        return f"{tenths // 10}.{tenths % 10} sat/vB"
    rate = record.get("fee_rate_sat_vbyte")
    return f"{rate:.1f} sat/vB" if type(rate) in (int, float) else ""


def _canonical(kind: Kind, content: bytes) -> bytes:
    """The file with a record a line; most have that already, and need no parsing."""
    if content[:3] == b"[\n{" or not content:
        return content
    try:
        return codec.canonical(kind, content)
    except codec.Malformed:
        return b""


def _record(content: bytes, at: int) -> Record | None:
    """The record on the line around `at`, None when it does not parse."""
    line = content[content.rfind(b"\n", 0, at) + 1 : content.find(b"\n", at)].rstrip(b",")
    try:
        record: Any = json_text.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _transaction(content: bytes, at: int) -> Record | None:
    record = _record(content, at)
    return record if record and type(record.get("txid")) is str else None


def total(amounts: Iterable[Any]) -> int | None:
    """The sum in sat; None where one of them is no whole number."""
    told = list(amounts)
    return sum(told) if all(type(amount) is int for amount in told) else None
