"""The words of the views: amounts, outpoints, times and texts as a person reads them.

Every form here tells different values apart, so that a change of a value is a change of what is shown: a text that
could be taken for something else is quoted, and a character that a terminal would hide or obey is written as an
escape, never dropped.
"""

from __future__ import annotations

import re
import time
from itertools import pairwise

from gitbtc import abbreviation
from gitbtc.kinds import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from gitbtc.kinds.kind import Field, Record

SAT_PER_BTC = 100_000_000
MSAT_PER_SAT = 1000
WHOLE = abbreviation.WHOLE  # the length at which no id is cut
_LONG = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


MINUS = "\N{MINUS SIGN}"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class _Absent:
    """The value of a field that a record does not have: not the same as null."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Any = _Absent()

# What is shown without quotes; the second one is what would then look like a JSON number.
_BARE = re.compile(r"[A-Za-z0-9_.:/@'+-]+\Z")
_HEX = re.compile(r"[0-9a-f]{40,}\Z")
_TXID = re.compile(r"\b[0-9a-f]{64}\b")
_SHOWN_OF_ADDRESS = 20
_LITERALS = frozenset(["true", "false", "null"])
_NUMERIC = re.compile(r"[-+]?[0-9.]*(?:[eE][-+]?[0-9]*)?\Z")


def btc(sat: int, *, signed: bool = False) -> str:
    """An amount in BTC with all its eight decimals; `signed` writes the + of a gain too."""
    return f"{money(sat, signed=signed)} BTC"


def money(sat: int, *, signed: bool = False) -> str:
    """The same without the unit, for a column of amounts."""
    whole, rest = divmod(abs(sat), SAT_PER_BTC)
    sign = MINUS if sat < 0 else "+" if signed and sat else ""
    return f"{sign}{whole}.{rest:08d}"


def sats(sat: int) -> str:
    """A small amount, such as a fee: `1,314 sat`."""
    return f"{sat:,} sat"


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


def day(seconds: int, *, year: bool = True) -> str:
    """Unix seconds as a day in UTC: `03 Mar 2026`; empty for a number that no calendar holds."""
    try:
        moment = time.gmtime(seconds)
    except (OverflowError, OSError, ValueError):
        return ""
    # Not by strftime, whose months are the locale's.
    named = f"{moment.tm_mday:02d} {_MONTHS[moment.tm_mon - 1]}"
    return f"{named} {moment.tm_year}" if year else named


def days(seconds: Iterable[int]) -> str:
    """From the first day to the last, with the year of both at the end: `01 Mar`, a dash, `28 Mar 2026`. One day alone
    where they are the same, empty where there is none.
    """
    told = sorted(seconds)
    if not told or not day(told[0]) or not day(told[-1]):
        return ""
    first, last = day(told[0]), day(told[-1])
    if first == last:
        return last
    return f"{first.removesuffix(last[-5:]) if first[-5:] == last[-5:] else first} \N{EN DASH} {last}"


_UNITS: dict[str, Callable[[int], str]] = {"sat": btc, "msat": sat_of_msat, "seconds": utc}
_UNIT_WORDS = {"sat/vB": " sat/vB", "ppm": " ppm", "usd": " USD", "bytes": " bytes", "WU": " WU"}


def value(given: Any, unit: str = "", *, is_free: bool = False) -> str:
    """A field's value for one line; `unit` as the schema declares it. A text that may be anything (`is_free`) stands in
    quotes, also one word: no label is taken for what is said of it.
    """
    if type(given) is str:
        return quoted(given) if is_free else word(given)
    if type(given) is int and unit in _UNITS:
        return _UNITS[unit](given)
    if given is ABSENT:
        return "(absent)"
    text = escaped(json_text.dumps(given).decode())
    return text + _UNIT_WORDS.get(unit, "") if type(given) in (int, float) else text


def of_field(given: Any, field: Field | None) -> str:
    """The value of a field as its kind declares it, None for one that no kind knows."""
    return value(given, field.unit if field else "", is_free=field is None or field.is_free)


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


def short(text: str, length: int = 0) -> str:
    """A long id by its first characters, as many as are usual without a `length`, as commands take it back; `…` follows
    where that does not show an id.
    """
    length = length or abbreviation.length()
    if len(text) <= length + 1:
        return word(text)
    start = text[:length]
    if is_hex(text):
        return start
    return (start if start.isalnum() and start.isascii() else quoted(start)[1:-1]) + "…"


def with_short_ids(text: str) -> str:
    """A text with each txid, and what else is as long and like one, cut as far as that tells them apart."""
    length = telling_length(set(_TXID.findall(text)))
    return _TXID.sub(lambda found: short(found[0], length), text)


def is_hex(text: str) -> bool:
    """Whether a text is a txid, the hash of a block, a key, or as long and like one."""
    return _HEX.match(text) is not None


def short_address(address: str) -> str:
    """An address by how it begins and ends: the network and the type, and what tells it from others."""
    if len(address) <= _SHOWN_OF_ADDRESS or not (address.isalnum() and address.isascii()):
        return word(address)
    return f"{address[:10]}…{address[-6:]}"


def outpoint(record: Record, field: str, length: int = 0) -> str:
    """The outpoint whose transaction id is in `field`, shortened: `3f2a9c01:0`."""
    txid, vout = record.get(field), record.get("vout")
    return f"{short(txid, length) if isinstance(txid, str) else value(txid)}:{value(vout)}"


def telling_length(texts: Iterable[str]) -> int:
    """To how many characters `texts` can be shortened so that each is still another one."""
    ordered = sorted(texts)
    length, longest = abbreviation.length(), max(map(len, ordered), default=0)
    while length < longest and any(one[:length] == other[:length] and one != other for one, other in pairwise(ordered)):
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
