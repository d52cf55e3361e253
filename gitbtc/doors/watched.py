"""A push that a server looks at: not for ever, and not for somebody who has gone."""

from __future__ import annotations

import select
import signal
import time
from contextlib import contextmanager

from gitbtc.errors import CannotWork
from gitbtc.repo.limits import SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_EVERY = 1.0  # second
_ERRORS = 2


class _Ended(BaseException):
    """Passes whatever is in the middle of looking, which takes other errors for findings."""


@contextmanager
def watched(seconds: int) -> Iterator[None]:
    """End what is done here with CannotWork, so that nothing of the push comes in, after `seconds` (0 for never) or
    once nobody reads any more what is said: Git ends when its client does, and does not tell its hooks.

    Python looks for signals in the middle of a pattern's search, too.
    """
    begun = time.monotonic()

    def look(_: int, __: FrameType | None) -> None:
        if nobody_reads(_ERRORS):
            raise _Ended("whoever pushed has gone; nothing came in")
        if seconds and time.monotonic() - begun >= seconds:
            raise _Ended(
                f"this push takes longer than {seconds} s to look at; push less at once, or raise {SECONDS.setting} on "
                "the server"
            )

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _EVERY, _EVERY)
    try:
        yield
    except _Ended as ended:
        raise CannotWork(str(ended)) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def nobody_reads(descriptor: int) -> bool:
    """Whether the other end of the pipe or socket is closed; of a file or a terminal, never."""
    asked = select.poll()
    asked.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in asked.poll(0))
