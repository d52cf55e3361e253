"""The words of the views: amounts, outpoints, times and texts as a person reads them.

Every form here tells different values apart, so that a change of a value is a change of what is shown: a text that
could be taken for something else is quoted, and a character that a terminal would hide or obey is written as an
escape, never dropped.
"""

from __future__ import annotations

import re
import time

from gitbtc.kinds import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gitbtc.kinds.kind import Record

SAT_PER_BTC = 100_000_000
MSAT_PER_SAT = 1000
SHORTEST = 8
_LONG = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


class _Absent:
    """The value of a field that a record does not have: not the same as null."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Any = _Absent()

# What is shown without quotes; the second one is what would then look like a JSON number.
_BARE = re.compile(r"[A-Za-z0-9_.:/@'+-]+\Z")
_LITERALS = frozenset(["true", "false", "null"])
_NUMERIC = re.compile(r"[-+]?[0-9.]*(?:[eE][-+]?[0-9]*)?\Z")


def btc(sat: int, *, signed: bool = False) -> str:
    """An amount in BTC with all its eight decimals; `signed` writes the + of a gain too."""
    whole, rest = divmod(abs(sat), SAT_PER_BTC)
    sign = "-" if sat < 0 else "+" if signed and sat else ""
    return f"{sign}{whole}.{rest:08d} BTC"


def sat_of_msat(msat: int) -> str:
    """An amount given in millisatoshi, in satoshi with three decimals."""
    whole, rest = divmod(abs(msat), MSAT_PER_SAT)
    return f"{'-' if msat < 0 else ''}{whole}.{rest:03d} sat"


def utc(seconds: int) -> str:
    """Unix seconds as date and time in UTC; a number that no calendar holds, as it is."""
    try:
        moment = time.gmtime(seconds)
    except (OverflowError, OSError, ValueError):
        return str(seconds)
    return time.strftime("%Y-%m-%d %H:%M:%SZ", moment) if 1000 <= moment.tm_year <= 9999 else str(seconds)


_UNITS: dict[str, Callable[[int], str]] = {"sat": btc, "msat": sat_of_msat, "seconds": utc}
_UNIT_WORDS = {"sat/vB": " sat/vB", "ppm": " ppm", "usd": " USD", "bytes": " bytes", "WU": " WU"}


def value(given: Any, unit: str = "") -> str:
    """A field's value for one line; `unit` as the schema declares it."""
    if type(given) is str:
        return word(given)
    if type(given) is int and unit in _UNITS:
        return _UNITS[unit](given)
    if given is ABSENT:
        return "(absent)"
    text = escaped(json_text.dumps(given).decode())
    return text + _UNIT_WORDS.get(unit, "") if type(given) in (int, float) else text


def word(text: str) -> str:
    """A text: bare when it is one plain word that could be nothing else, quoted as JSON otherwise."""
    if _BARE.match(text) and text not in _LITERALS and not _NUMERIC.match(text):
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """A text as a JSON string without anything that a terminal hides or obeys."""
    return escaped(json_text.dumps(text).decode())


def escaped(text: str) -> str:
    """JSON text whose unprintable characters (controls, bidirectional and zero-width ones) are JSON escapes."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def _escape(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def short(text: str, length: int = SHORTEST) -> str:
    """A long id by its first characters."""
    if len(text) <= length + 1:
        return word(text)
    start = text[:length]
    return (start if start.isalnum() and start.isascii() else quoted(start)[1:-1]) + "…"


def outpoint(record: Record, field: str, length: int = SHORTEST) -> str:
    """The outpoint whose transaction id is in `field`, shortened: `3f2a9c01…:0`."""
    txid, vout = record.get(field), record.get("vout")
    return f"{short(txid, length) if isinstance(txid, str) else value(txid)}:{value(vout)}"


def telling_length(texts: set[str]) -> int:
    """To how many characters `texts` can be shortened so that each is still another one."""
    length, longest = SHORTEST, max(map(len, texts), default=0)
    while length < longest and len({text[:length] for text in texts}) < len(texts):
        length *= 2
    return length


def ago(seconds: int) -> str:
    """How long ago something was, in the largest unit that it fills: `3 hours ago`."""
    for unit, word in _LONG:
        if seconds >= unit:
            return f"{counted(seconds // unit, (word, word + 's'))} ago"
    return "just now"


def counted(number: int, noun: tuple[str, str]) -> str:
    """`1 coin`, `99,800 coins`."""
    return f"{number:,} {noun[0] if number == 1 else noun[1]}"
