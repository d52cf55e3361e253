"""How people name coins and transactions: a txid or its first digits, with or without the output's number.

`6d0cc27c:0`, `6d0cc27c…:0` as screens shorten it, the whole outpoint, or a txid alone. Every command that takes one
reads it here, looks for what may be meant where it knows of coins, and refuses what may mean two.
"""

from __future__ import annotations

import re

from gitbtc.errors import UsageError
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends import COINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeVar

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint

    # What a name may mean: an outpoint, or a transaction by its txid.
    Subject = Outpoint | tuple[str]
    Known = TypeVar("Known", bound=Subject)

# What a record's identity is when the record is about a coin, or about a transaction.
IDENTITIES = (("txid", "vout"), ("txid",))
_TXID_DIGITS = 64
_NAME = re.compile(r"([0-9a-fA-F]{4,64})(?:…|\.\.\.)?(?::(0|[1-9][0-9]{0,9}))?\Z")
_MOST_NAMED = 10  # of those that an ambiguous name may mean, in the message


class Name:
    """What a person calls a coin or a transaction: how the txid begins, and which output is meant (None: not said)."""

    __slots__ = ("needle", "text", "txid", "vout")

    def __init__(self, text: str) -> None:
        """Read `6d0cc27c…:0`, `6d0cc27c:0` or a txid. UsageError for anything else."""
        found = _NAME.match(text)
        if found is None or int(found[2] or 0) > 0xFFFFFFFF:
            raise UsageError(f"{text}: not an outpoint; write txid:vout, or at least the first four digits of a txid")
        self.text = text
        self.txid = found[1].lower()
        self.vout = None if found[2] is None else int(found[2])
        # In each state file a txid stands at the beginning of a text.
        self.needle = b'"' + self.txid.encode()

    @property
    def outpoint(self) -> Outpoint | None:
        """The coin, when the name says all of it."""
        return (self.txid, self.vout) if len(self.txid) == _TXID_DIGITS and self.vout is not None else None

    def fits(self, subject: Subject) -> bool:
        """Whether it may be the coin, or the transaction, that is meant."""
        return subject[0].startswith(self.txid) and self.vout in (None, *subject[1:])

    def meant(self, known: Iterable[Known]) -> list[Known]:
        """Those of `known` that are meant, sorted: one coin, or what is known of one transaction. UsageError when
        several transactions begin like that.
        """
        found = sorted({subject for subject in known if self.fits(subject)})
        if len({subject[0] for subject in found}) > 1:
            raise UsageError("\n  ".join([f"{self.text}: several {_noun(found)} begin like this:", *_listed(found)]))
        return found


def name_in(text: str) -> Name | None:
    """The name that `text` is, or None when it is none."""
    try:
        return Name(text)
    except UsageError:
        return None


def _noun(subjects: Iterable[Subject]) -> str:
    return "coins" if all(len(subject) > 1 for subject in subjects) else "transactions"


def _listed(subjects: Sequence[Subject]) -> list[str]:
    named = [":".join(map(str, subject)) for subject in subjects[:_MOST_NAMED]]
    return [*named, f"and {len(subjects) - _MOST_NAMED} more"] if len(subjects) > _MOST_NAMED else named


def lines_with(content: bytes, needle: bytes) -> tuple[bytes, ...]:
    """The record lines that hold `needle`; of a file of another layout all or nothing."""
    at = content.find(needle)
    if at < 0 or content[:3] != b"[\n{":
        return () if at < 0 else (content,)
    found = []
    while at >= 0:
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        found.append(content[content.rfind(b"\n", 0, at) + 1 : end].removesuffix(b","))
        at = content.find(needle, end)
    return tuple(found)


def coins_in(lines: Iterable[bytes], name: Name) -> set[Outpoint]:
    """The coins among `lines` of a utxos.json that may be meant."""
    coins = (coin for line in lines for coin in _coins(line))
    return {outpoint for coin in coins if name.fits(outpoint := (str(coin.get("txid")), int(coin.get("vout", -1))))}


def _coins(line: bytes) -> list[Record]:
    """The records of a line, or of a file of another layout; none of what does not parse."""
    try:
        coins: list[Record] = codec.parse(built_in(COINS), line if line[:1] == b"[" else b"[%s]" % line)
    except codec.Malformed:
        return []
    return coins
