"""On which line of a state file a record begins, in any layout. Asked of a file that has a fault."""

from __future__ import annotations

import re
from json import JSONDecoder

from gitbtc.kinds import codec
from gitbtc.kinds.frame import LINES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.kinds.kind import Key, Kind, Record

# What stands between the records of an array, or the members of an object.
_BETWEEN = re.compile(r"[\s,]*")
_COLON = re.compile(r"\s*:\s*")
_READ = JSONDecoder().raw_decode


class Lines:
    """The lines of the records of `content`, a file of `kind` that parses. Of an object file these are its members."""

    def __init__(self, kind: Kind, content: bytes) -> None:
        self._kind = kind
        self._by_line: dict[bytes, int] = {}
        self._by_identity: dict[str, int] = {}
        for number, text in elements(kind, content):
            try:
                record, key = codec.read_line(kind, text)
                self._by_line.setdefault(codec.encode_record(kind, record), number)
            except codec.Malformed:
                continue
            self._by_identity.setdefault(codec.identity_text(kind, key), number)

    def of(self, record: Record, field: str = "") -> int:
        """Where `record` begins, of an object file the member that the place `field` is in; 0 where it is not there."""
        if not self._kind.is_array:
            return self._by_identity.get(field.partition(".")[0].partition("[")[0], 0)
        return self._by_line.get(codec.encode_record(self._kind, record), 0)

    def called(self, identity: str) -> int:
        """Where the record of that name begins; 0 for one that is not there."""
        return self._by_identity.get(identity, 0)


def lines_of_key(kind: Kind, content: bytes, key: Key) -> list[int]:
    """The lines on which records of that key begin."""
    found = []
    for number, text in elements(kind, content):
        try:
            is_of_key = codec.read_line(kind, text)[1] == key
        except codec.Malformed:
            continue
        if is_of_key:
            found.append(number)
    return found


def elements(kind: Kind, content: bytes) -> Iterator[tuple[int, bytes]]:
    """(number of the line, text) of each record, or of each member as an object of one."""
    text = content.decode("utf-8", "replace")
    if kind.frame is LINES and not text.lstrip().startswith("["):
        rows = enumerate(text.split("\n"), start=1)
        yield from ((number, row.strip(" \t\r,").encode()) for number, row in rows if row.strip())
        return
    at = _beyond(_BETWEEN, text, text.find("[" if kind.is_array else "{") + 1)
    line, counted = 1, 0
    while at < len(text) and text[at] not in "]}":
        line, counted = line + text.count("\n", counted, at), at
        try:
            _, end = _READ(text, at)
            if not kind.is_array:
                _, end = _READ(text, _beyond(_COLON, text, end))
        except ValueError:
            return
        element = text[at:end].encode()
        yield line, element if kind.is_array else b"{" + element + b"}"
        at = _beyond(_BETWEEN, text, end)


def _beyond(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where what `pattern` matches at that place ends; the place itself where it matches nothing."""
    found = pattern.match(text, at)
    return found.end() if found else at
