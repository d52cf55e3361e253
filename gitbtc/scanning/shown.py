"""Names as they may be shown: one that holds key material is not."""

from __future__ import annotations

from functools import lru_cache

from gitbtc.errors import printable
from gitbtc.keys.finding import KEY_FOR_A_NAME
from gitbtc.keys.scan import scan_name


def holds_a_key(name: str) -> bool:
    """Whether the name of a file, folder or ref must not be shown."""
    return bool(_found(name))


def shown(path: str) -> str:
    """The path, safe for a terminal; words in its place where it holds a key."""
    return KEY_FOR_A_NAME if holds_a_key(path) else printable(path) or "a file whose name cannot be shown"


@lru_cache(maxsize=1024)
def _found(name: str) -> bool:
    return bool(scan_name(name))
