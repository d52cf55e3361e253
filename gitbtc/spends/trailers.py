"""The trailers that gitbtc writes into commit messages, and reads again: what was contested and how it was settled.

One line each, from the line's first character on:

* `Double-Spend: <outpoint> <winner txid|none> over <loser txid|none>[ and <txid>…]`
* `Double-Spend: <outpoint> unattributed`
* `Data-Error: <outpoint> ours|theirs|base`
* `Reservation: <outpoint> <agent|txid> over <agent|txid>[ and <agent|txid>…]`, names with %-escapes
* `Contested: <outpoint> <type>[ <agent|txid>[ and <agent|txid>…]]`, names with %-escapes: a join left it unsettled
* `Gitbtc-Rewrite: <reason>`

A line that does not follow this says nothing.
"""

from __future__ import annotations

import re

from gitbtc.spends.evidence import outpoint_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitbtc.spends.listing import Outpoint

DOUBLE_SPEND, DATA_ERROR, RESERVATION, REWRITE = "Double-Spend", "Data-Error", "Reservation", "Gitbtc-Rewrite"
CONTESTED = "Contested"
UNATTRIBUTED = "unattributed"

_LINE = re.compile(r"(Double-Spend|Data-Error|Reservation|Contested|Gitbtc-Rewrite): *(.*?)\s*\Z")
_OUTPOINT = re.compile(r"([0-9a-f]{64}):(0|[1-9][0-9]{0,9})\Z")
_TXID = re.compile(r"[0-9a-f]{64}\Z")


class Trailer:
    """One of them. `outpoint`: the coin, None for a rewrite. `winner` and `losers` are txids, for a reservation names
    of agents too; `winner` is None where nobody won. `choice`: `ours`, `theirs`, `base` or `unattributed`, for a coin
    that a join left contested the conflict's type, else "". `parties`: who contests it then. `reason`: why a file that
    only grows was rewritten. `line` is all of it.
    """

    __slots__ = ("choice", "line", "losers", "name", "outpoint", "parties", "reason", "winner")

    def __init__(self, name: str, outpoint: Outpoint | None = None) -> None:
        self.name = name
        self.outpoint = outpoint
        self.winner: str | None = None
        self.losers: tuple[str, ...] = ()
        self.parties: tuple[str, ...] = ()
        self.choice = ""
        self.reason = ""
        self.line = ""


class Declared:
    """What a commit message declares: contests settled, as a container of their subjects (`root::outpoint`), and
    whether the commit `rewrites` files that only grow, with a reason. A trailer settles the outpoint that it names,
    no other.
    """

    def __init__(self, message: str) -> None:
        trailers = parse(message)
        settled = (trailer for trailer in trailers if trailer.name != CONTESTED)
        self._lines = {outpoint_text(one.outpoint): one.line for one in settled if one.outpoint}
        self.rewrites = any(trailer.name == REWRITE for trailer in trailers)

    def line(self, subject: str) -> str | None:
        """The trailer that settles `subject`; None where none does."""
        return self._lines.get(subject.rpartition("::")[2])

    def vouches(self, outpoint: str) -> bool:
        """Whether it says of a coin, `txid:vout`, that it was spent, by a transaction that nobody knows."""
        return self._lines.get(outpoint) == f"{DOUBLE_SPEND}: {outpoint} {UNATTRIBUTED}"


def parse(message: str) -> list[Trailer]:
    """The trailers of a commit message, in its order."""
    lines = (_LINE.match(line) for line in message.split("\n"))
    found = (_one(match[1], match[2]) for match in lines if match)
    return [trailer for trailer in found if trailer]


def _one(name: str, text: str) -> Trailer | None:
    if name == REWRITE:
        trailer = Trailer(name)
        trailer.reason = text
        return trailer if text else None
    subject, _, said = text.partition(" ")
    outpoint = _OUTPOINT.match(subject)
    if outpoint is None:
        return None
    trailer = Trailer(name, (outpoint[1], int(outpoint[2])))
    trailer.line = f"{name}: {text}"
    return trailer if _GRAMMAR[name](trailer, said.split()) else None


def _double_spend(trailer: Trailer, words: list[str]) -> bool:
    if words == [UNATTRIBUTED]:
        trailer.choice = UNATTRIBUTED
        return True
    return _decided(trailer, words) and all(map(_TXID.match, _parties(trailer)))


def _data_error(trailer: Trailer, words: list[str]) -> bool:
    trailer.choice = words[0] if words else ""
    return len(words) == 1 and trailer.choice in ("ours", "theirs", "base")


def _reservation(trailer: Trailer, words: list[str]) -> bool:
    from urllib.parse import unquote

    return _decided(trailer, [unquote(word) for word in words])


def _contested(trailer: Trailer, words: list[str]) -> bool:
    from urllib.parse import unquote

    trailer.choice = words[0] if words else ""
    trailer.parties = tuple(unquote(word) for word in words[1::2])
    return bool(words) and (len(words) == 1 or len(words) % 2 == 0) and not set(words[2::2]) - {"and"}


def contested(outpoint: Outpoint, type_: str, parties: Iterable[str]) -> str:
    """The trailer of a coin that a join leaves contested."""
    from urllib.parse import quote

    named = " and ".join(quote(party, safe="") or "unnamed" for party in parties)
    return f"{CONTESTED}: {outpoint_text(outpoint)} {type_}{' ' if named else ''}{named}"


def _decided(trailer: Trailer, words: list[str]) -> bool:
    """`<winner> over <loser>[ and <loser>…]`."""
    if len(words) < 3 or len(words) % 2 == 0 or words[1] != "over" or set(words[3::2]) - {"and"}:
        return False
    trailer.winner = None if words[0] == "none" else words[0]
    trailer.losers = tuple(loser for loser in words[2::2] if loser != "none")
    return True


def _parties(trailer: Trailer) -> list[str]:
    return [*([trailer.winner] if trailer.winner else []), *trailer.losers]


_GRAMMAR: dict[str, Callable[[Trailer, list[str]], bool]] = {
    DOUBLE_SPEND: _double_spend, DATA_ERROR: _data_error, RESERVATION: _reservation,
    CONTESTED: _contested,
}  # fmt: skip
