"""What the families written as a URI share: finding it in a text, in plain or percent-encoded into another one."""

from __future__ import annotations

import re

from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_ENCODED = compiled(rb"%([0-9a-fA-F]{2})")
# A URI in the query of a URI in the query of a URI.
_DEEPEST = 3


def scheme(names: bytes) -> re.Pattern[bytes]:
    """Finds URIs whose scheme is one of `names`, a pattern in small letters."""
    return compiled(rb"(?i:%b)(?::|%%(?:25){0,2}3a)[^\s\"'<>`\\{}^\0]*+" % names, re.IGNORECASE)


def find(text: bytes, schemes: re.Pattern[bytes]) -> Iterator[tuple[int, bytes]]:
    """Every such URI: its offset, and what it is once percent-encoding is undone."""
    for match in schemes.finditer(text):
        uri = match[0]
        for _ in range(_DEEPEST):
            if b"%" not in uri:
                break
            uri = _ENCODED.sub(lambda code: bytes([int(code[1], 16)]), uri)
        yield match.start(), uri
