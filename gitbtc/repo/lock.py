"""One process at a time: what is read, decided and written is then one step."""

from __future__ import annotations

import os
from contextlib import contextmanager

from gitbtc.errors import not_written

# Where it is written, below the Git folder of a work tree, which files are just being replaced together.
JOURNAL = "gitbtc/replacing.json"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def alone(path: str) -> Iterator[None]:
    """Wait until no other process holds the lock file `path`, and hold it; CannotWork where there can be none.

    The file stays when the lock is given up; a process that is killed gives its lock up too.
    """
    import fcntl

    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
    except OSError as error:
        raise not_written(error) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
