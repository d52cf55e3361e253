"""The list of what may be committed all the same: public test vectors, each by its fingerprint, never by a path.

    [[allow]]
    fingerprint = "0b3442c634898149"
    reason = "test vector 1 of BIP-32"
    expires = 2027-01-31

`expires` is optional and names the last day, in UTC, on which the entry counts. An entry that is not of this form
counts for nothing, whatever its fingerprint: whoever misspells `expires` did not mean "for ever".
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import date
    from typing import Any

    from gitbtc.keys.finding import KeyFinding

# Where the list lies in a repository, from its top.
ALLOW_LIST = ".gitbtc/allow.toml"

_HEADING = "# Private-key material that may be committed, each by its fingerprint: see `gitbtc scan --help`.\n"
_FINGERPRINT = re.compile(r"[0-9a-f]{16}\Z")
_MEMBERS = frozenset(["fingerprint", "reason", "expires"])
_LONGEST_REASON = 500
# A longer list is none that a person keeps.
LONGEST = 1 << 20


class Entry:
    """One allowed secret: its `fingerprint`, the `reason`, and the last day on which it `expires`, None for never."""

    __slots__ = ("expires", "fingerprint", "reason")

    def __init__(self, fingerprint: str, reason: str, expires: date | None) -> None:
        self.fingerprint = fingerprint
        self.reason = reason
        self.expires = expires


class AllowList:
    """The entries that count on the day `today`, and what is wrong with the others.

    `entries` and `expired` are by fingerprint; `faults` are the broken ones, one line each, none of which quotes what
    somebody wrote: it might be a key.
    """

    def __init__(self, content: bytes, today: date) -> None:
        self.entries: dict[str, Entry] = {}
        self.expired: dict[str, Entry] = {}
        self.faults: list[str] = []
        for number, row in enumerate(self._rows(content), 1):
            try:
                self._add(_entry(row), today)
            except ValueError as error:
                self.faults.append(f"entry {number}: {error}")

    def _rows(self, content: bytes) -> list[Any]:
        import tomllib

        if len(content) > LONGEST:
            self.faults.append(f"it is longer than {LONGEST:,} bytes")
            return []
        try:
            document = tomllib.loads(content.decode("utf-8"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
            # The parser's message quotes what it read.
            self.faults.append("it is not TOML")
            return []
        rows = document.pop("allow", [])
        if document:
            self.faults.append("it holds something else than [[allow]] tables")
        if not isinstance(rows, list):
            self.faults.append("`allow` is a table; write [[allow]]")
            return []
        return rows

    def _add(self, entry: Entry, today: date) -> None:
        if entry.fingerprint in self.entries or entry.fingerprint in self.expired:
            raise ValueError(f"{entry.fingerprint} stands there twice; the first entry counts")
        is_over = entry.expires is not None and entry.expires < today
        (self.expired if is_over else self.entries)[entry.fingerprint] = entry

    def admits(self, found: KeyFinding) -> bool:
        """Whether the secret may be committed."""
        return found.fingerprint in self.entries

    def remark(self, found: KeyFinding) -> str | None:
        """Why it may not, where the list does name it."""
        entry = self.expired.get(found.fingerprint)
        return f"{ALLOW_LIST} allowed {found.fingerprint} until {entry.expires}, which is over" if entry else None


def _entry(row: Any) -> Entry:
    """ValueError when it is not of the form."""
    if not isinstance(row, dict) or not row.keys() <= _MEMBERS:
        raise ValueError("it has other members than fingerprint, reason and expires")
    return Entry(_fingerprint(row.get("fingerprint")), _reason(row.get("reason")), _expires(row.get("expires")))


def is_fingerprint(text: str) -> bool:
    """Whether `text` is of the form of a fingerprint."""
    return _FINGERPRINT.match(text) is not None


def _fingerprint(given: Any) -> str:
    if not isinstance(given, str) or not is_fingerprint(given):
        raise ValueError("its fingerprint is not 16 hex digits, in lower case and in quotes")
    return given


def _reason(given: Any) -> str:
    if not isinstance(given, str) or not given.strip() or len(given) > _LONGEST_REASON:
        raise ValueError(f"its reason is not a text of 1 to {_LONGEST_REASON} characters")
    return given


def _expires(given: Any) -> date | None:
    from datetime import date, datetime

    if given is None or (isinstance(given, date) and not isinstance(given, datetime)):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise ValueError("its expires is not a date such as 2027-01-31") from None


def with_entry(content: bytes | None, entry: Entry) -> bytes:
    """The list `content` (None: there is none yet) with one more entry at its end."""
    import json

    before = (_HEADING.encode() if content is None else content).decode("utf-8")
    lines = [
        "" if before[-1:] in ("", "\n") else "\n",
        "\n[[allow]]\n",
        f'fingerprint = "{entry.fingerprint}"\n',
        # A JSON string is a TOML string too, but for DEL, which `printable` has taken out.
        f"reason = {json.dumps(entry.reason, ensure_ascii=False)}\n",
        f"expires = {entry.expires.isoformat()}\n" if entry.expires else "",
    ]
    return (before + "".join(lines)).encode("utf-8")
