"""Which versions of which files speak of a coin, found as bytes: most commits of a history do not touch it."""

from __future__ import annotations

import re

from gitbtc.errors import UsageError
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends import COINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.coins import Outpoint

_ASKED = re.compile(r"([0-9a-fA-F]{4,64})(?:…|\.\.\.)?(?::(0|[1-9][0-9]{0,9}))?\Z")


class CoinQuery:
    """What a person asks for: a txid or its beginning, and which of its outputs (None: all)."""

    __slots__ = ("needle", "text", "txid", "vout")

    def __init__(self, text: str) -> None:
        """Read `6d0cc27c…:0`, `6d0cc27c:0` or a txid. UsageError for anything else."""
        found = _ASKED.match(text)
        if found is None or int(found[2] or 0) > 0xFFFFFFFF:
            raise UsageError(f"{text}: not an outpoint; write txid:vout, or at least the first four digits of a txid")
        self.text = text
        self.txid = found[1].lower()
        self.vout = None if found[2] is None else int(found[2])
        # In each state file a txid stands at the beginning of a text.
        self.needle = b'"' + self.txid.encode()

    def fits(self, outpoint: Outpoint) -> bool:
        """Whether it may be the coin that is meant."""
        return outpoint[0].startswith(self.txid) and self.vout in (None, outpoint[1])


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


def listed(lines: Iterable[bytes], asked: CoinQuery) -> set[Outpoint]:
    """The coins among `lines` of a utxos.json that may be meant."""
    coins = (coin for line in lines for coin in _coins(line))
    return {outpoint for coin in coins if asked.fits(outpoint := (str(coin.get("txid")), int(coin.get("vout", -1))))}


def _coins(line: bytes) -> list[Record]:
    """The records of a line, or of a file of another layout; none of what does not parse."""
    try:
        coins: list[Record] = codec.parse(built_in(COINS), line if line[:1] == b"[" else b"[%s]" % line)
    except codec.Malformed:
        return []
    return coins
