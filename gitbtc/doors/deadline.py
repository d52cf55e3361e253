"""How long a push may keep a server's hook busy."""

from __future__ import annotations

import signal
from contextlib import contextmanager

from gitbtc.errors import CannotWork

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from gitbtc.repo.git import Git

SETTING, SECONDS = "gitbtc.maxSeconds", 600


@contextmanager
def deadline(git: Git) -> Iterator[None]:
    """End what is done here after `gitbtc.maxSeconds` (600; 0 for never) with CannotWork: nothing of the push comes in.

    Python looks for signals in the middle of a pattern's search, too.
    """
    told = git.config(SETTING)
    seconds = int(told) if told and told.isdigit() else SECONDS

    def end(_: int, __: FrameType | None) -> None:
        raise CannotWork(
            f"this push takes longer than {seconds} s to look at; push less at once, or raise {SETTING} on the server"
        )

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
