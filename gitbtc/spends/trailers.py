"""The trailers that gitbtc writes into commit messages, and reads again: what was contested and how it was settled.

One line each (or folded, as Git does), among the trailers of the message:

* `Double-Spend: <outpoint> <winner txid|none> over <loser txid|none>[ and <txid>…]`
* `Double-Spend: <outpoint> unattributed`
* `Data-Error: <outpoint> ours|theirs|base`
* `Reservation: <outpoint> <agent|txid|none>[ and <agent|txid>…] over <agent|txid|none>[ and <agent|txid>…]`, names with
  %-escapes
* `Contested: <outpoint> <type>[ <agent|txid>[ and <agent|txid>…]]`, names with %-escapes: a join left it unsettled
* `Gitbtc-Rewrite: <reason>`

A trailer that does not follow this says nothing.
"""

from __future__ import annotations

import re

from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.message import trailers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitbtc.spends.listing import Outpoint

DOUBLE_SPEND, DATA_ERROR, RESERVATION, REWRITE = "Double-Spend", "Data-Error", "Reservation", "Gitbtc-Rewrite"
CONTESTED = "Contested"
UNATTRIBUTED = "unattributed"

_NAMES = (DOUBLE_SPEND, DATA_ERROR, RESERVATION, CONTESTED, REWRITE)
_NAMED = re.compile("|".join(_NAMES))
_OUTPOINT = re.compile(r"([0-9a-f]{64}):(0|[1-9][0-9]{0,9})\Z")
_TXID = re.compile(r"[0-9a-f]{64}\Z")


class Trailer:
    """One of them. `outpoint`: the coin, None for a rewrite. `winners` and `losers` are txids, for a reservation names
    of agents too; there are no winners where nobody won, and several of a reservation only. `choice`: `ours`, `theirs`,
    `base` or `unattributed`, for a coin that a join left contested the conflict's type, else "". `parties`: who
    contests it then. `reason`: why a file that only grows was rewritten. `line` is
    all of it.
    """

    __slots__ = ("choice", "line", "losers", "name", "outpoint", "parties", "reason", "winners")

    def __init__(self, name: str, outpoint: Outpoint | None = None) -> None:
        self.name = name
        self.outpoint = outpoint
        self.winners: tuple[str, ...] = ()
        self.losers: tuple[str, ...] = ()
        self.parties: tuple[str, ...] = ()
        self.choice = ""
        self.reason = ""
        self.line = ""

    @property
    def winner(self) -> str | None:
        """Who won, the first of them; None where nobody did."""
        return next(iter(self.winners), None)


def parse(message: str) -> list[Trailer]:
    """Those of a stored commit message, in its order: only of what Git takes for its trailers."""
    if not _NAMED.search(message):
        return []
    read = (_one(name, text) for name, text in trailers(message) if name in _NAMES)
    return [trailer for trailer in read if trailer]


def read_line(line: str) -> Trailer | None:
    """The one that `line` is, wherever it stands; None when it says nothing."""
    name, _, text = line.partition(":")
    return _one(name, text.strip()) if name in _NAMES else None


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
    if not _decided(trailer, words) or len(trailer.winners) > 1:
        return False
    return all(map(_TXID.match, (*trailer.winners, *trailer.losers)))


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
    """`<winner>[ and <winner>…] over <loser>[ and <loser>…]`; every other word is a name, whatever it is."""
    names, between = words[::2], words[1::2]
    if len(names) == len(between) or between.count("over") != 1 or set(between) - {"over", "and"}:
        return False
    won = between.index("over") + 1
    trailer.winners = tuple(name for name in names[:won] if name != "none")
    trailer.losers = tuple(name for name in names[won:] if name != "none")
    return True


_GRAMMAR: dict[str, Callable[[Trailer, list[str]], bool]] = {
    DOUBLE_SPEND: _double_spend, DATA_ERROR: _data_error, RESERVATION: _reservation,
    CONTESTED: _contested,
}  # fmt: skip
