"""Which transaction spends a coin, as the transaction files beside it say."""

from __future__ import annotations

import re

from gitbtc.kinds import codec, json_text
from gitbtc.kinds.registry import built_in
from gitbtc.spends.evidence import is_dead
from gitbtc.views import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from gitbtc.kinds.kind import Kind, Record

    Outpoint = tuple[str, int]
    # Answers for the outpoints that it is asked for and knows the spender of.
    Spenders = Callable[[set[Outpoint]], dict[Outpoint, "Spender"]]

# Where, under a root, transactions name what they spend; what the first one says counts.
FILES = ("wallet/transactions.json", "network/mempool.json")

# An input in a canonical line. A record's own txid is followed by another field.
_INPUT = re.compile(rb'"txid":"([0-9a-f]{64})","vout":([0-9]{1,10})[,}]')


class Spender:
    """A transaction that spends a coin: its txid, and in words its fee and feerate as far as they are known."""

    __slots__ = ("record",)

    def __init__(self, record: Record) -> None:
        self.record = record

    @property
    def txid(self) -> str:
        """Its txid."""
        return str(self.record["txid"])

    def told(self, *, fee_too: bool = True) -> str:
        """`spent by 3f2a9c01…, fee 0.00001410 BTC, 10.0 sat/vB`; without the fee where that was told before."""
        fee = self.record.get("fee_sat")
        words = [f"spent by {terms.short(self.txid)}"]
        if fee_too and type(fee) is int:
            words += [f"fee {terms.btc(fee)}", *_feerate(self.record, fee)]
        return ", ".join(words)


def _feerate(record: Record, fee: int) -> list[str]:
    """In sat/vB with one decimal; a virtual byte is four weight units, rounded up (BIP-141)."""
    weight = record.get("weight")
    if type(weight) is int and weight > 0:
        vsize = (weight + 3) // 4
        tenths = (20 * fee + vsize) // (2 * vsize)
        return [f"{tenths // 10}.{tenths % 10} sat/vB"]
    feerate = record.get("fee_rate_sat_vbyte")
    return [terms.value(feerate, "sat/vB")] if type(feerate) in (int, float) else []


def names_outpoints(kind: Kind) -> bool:
    """Whether the records of `kind` are coins."""
    return kind.identity == ("txid", "vout")


def find(contents: Iterable[bytes], wanted: set[Outpoint]) -> dict[Outpoint, Spender]:
    """The spenders of `wanted` that transaction files name; a confirmed one before others.

    A file that does not parse names none. A transaction that was replaced or abandoned spends nothing.
    """
    found: dict[Outpoint, Spender] = {}
    texts = {(txid.encode(), str(vout).encode()): (txid, vout) for txid, vout in wanted}
    for content in map(_canonical, contents):
        for match in _INPUT.finditer(content):
            outpoint = texts.get((match[1], match[2]))
            record = _live(content, match.start()) if outpoint else None
            if outpoint and record and (outpoint not in found or record.get("confirmed") is True):
                found[outpoint] = Spender(record)
    return found


def _canonical(content: bytes) -> bytes:
    """The file with a record a line; most have that already, and need no parsing."""
    if content[:3] == b"[\n{":
        return content
    try:
        return codec.canonical(built_in("transactions"), content)
    except codec.Malformed:
        return b""


def _live(content: bytes, at: int) -> Record | None:
    """The transaction on the line around `at`, None when it is void."""
    line = content[content.rfind(b"\n", 0, at) + 1 : content.find(b"\n", at)].rstrip(b",")
    try:
        record: Any = json_text.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or type(record.get("txid")) is not str:
        return None
    return None if is_dead(record) else record
