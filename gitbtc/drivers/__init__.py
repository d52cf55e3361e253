"""Drivers: the short-lived processes that Git starts for a file. Nothing heavy is imported here."""

from __future__ import annotations

import os
from mmap import ACCESS_READ, mmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.kinds.delta import Buffer


def opened(path: str) -> Buffer:
    """The bytes of a file that Git named, mapped; none of /dev/null, which stands for a version that does not exist."""
    with open(path, "rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ) if os.fstat(file.fileno()).st_size else b""
