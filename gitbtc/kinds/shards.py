"""How shards are called: by the first digits of a txid, by an agent, by a month."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

TXID, AGENT, MONTH = "txid", "agent", "month"
MOST_DIGITS = 4  # of a txid
NOBODY = "_"  # the shard of records without an agent
_HEX, _DIGITS, _UPPER = frozenset("0123456789abcdef"), frozenset("0123456789"), frozenset("0123456789ABCDEF")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_LONGEST = 200  # letters of a name: file systems take 255 bytes, and a suffix stands behind it
_LAST = "9999-12"  # the month of all times beyond it


def is_name(by: str, name: str) -> bool:
    """Whether a shard can be called `name` where shards are by txid, agent or month."""
    return _NAMES[by](name)


def _is_prefix(name: str) -> bool:
    return 1 <= len(name) <= MOST_DIGITS and _HEX.issuperset(name)


def _is_month(name: str) -> bool:
    year, month = name[:4], name[5:]
    digits = len(name) == 7 and name[4] == "-" and _DIGITS.issuperset(year + month)
    return digits and 1 <= int(month) <= 12


def _is_agent(name: str) -> bool:
    if name == NOBODY:
        return True
    if name.startswith("~"):
        return len(name) == 33 and _HEX.issuperset(name[1:])
    first, *others = name.split("%")
    if not name or len(name) > _LONGEST or not _PLAIN.issuperset(first):
        return False
    return all(_is_escape(one[:2]) and _PLAIN.issuperset(one[2:]) for one in others)


def _is_escape(digits: str) -> bool:
    return len(digits) == 2 and _UPPER.issuperset(digits) and chr(int(digits, 16)) not in _PLAIN


_NAMES: dict[str, Callable[[str], bool]] = {TXID: _is_prefix, AGENT: _is_agent, MONTH: _is_month}


def named_agent(agent: Any) -> str:
    """The name of an agent's file: on every file system one, and another agent's on none."""
    if not isinstance(agent, str) or not agent:
        return NOBODY
    read = agent.encode("utf-8", "surrogatepass")
    name = "".join(chr(byte) if chr(byte) in _PLAIN else f"%{byte:02X}" for byte in read)
    if len(name) <= _LONGEST:
        return name
    from hashlib import sha256

    return f"~{sha256(read).hexdigest()[:32]}"


def month_of(seconds: int) -> str:
    """The month (UTC) of a time in Unix seconds; what lies beyond the years of four digits is in the last one."""
    from time import gmtime

    try:
        moment = gmtime(seconds)
    except (OverflowError, OSError, ValueError):
        return _LAST
    return f"{moment.tm_year:04}-{moment.tm_mon:02}" if moment.tm_year <= 9999 else _LAST
