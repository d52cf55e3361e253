"""One process at a time: what is read, decided and written is then one step."""

from __future__ import annotations

import os
from contextlib import contextmanager

# Where it is written, below the Git folder of a work tree, which files are just being replaced together.
JOURNAL = "gitbtc/replacing.json"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def alone(path: str) -> Iterator[None]:
    """Wait until no other process holds the lock file `path`, and hold it.

    The file stays when the lock is given up; a process that is killed gives its lock up too.
    """
    import fcntl

    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
