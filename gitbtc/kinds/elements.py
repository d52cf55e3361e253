"""Where the records of a state file begin, in any layout: asked of a file that has a fault."""

from __future__ import annotations

import re
from json import JSONDecoder

from gitbtc.kinds.frame import LINES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.kinds.kind import Kind

# What stands between the records of an array, or the members of an object.
_BETWEEN = re.compile(r"[\s,]*")
_COLON = re.compile(r"\s*:\s*")
_READ = JSONDecoder().raw_decode


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
