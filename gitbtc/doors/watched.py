"""A push that a server looks at: not for ever, and not for somebody who has gone."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import stat
import termios
import time
from contextlib import contextmanager

from gitbtc import progress
from gitbtc.errors import CannotWork, printable
from gitbtc.repo.limits import SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_EVERY = 1.0  # seconds from look to look
_SPEAKS_EVERY = 2.0  # seconds
_PATIENCE = 6.0  # seconds that something said may stay unread
_ERRORS = 2


class _Ended(BaseException):
    """Passes whatever is in the middle of looking, which takes other errors for findings."""


class PushWatch:
    """How long something takes (`seconds`, 0 for ever), how far it is, and whether anybody reads that."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._begun = self._spoke = self._read = time.monotonic()

    def look(self) -> None:
        """Say how far it is now and then; raises where it is to end."""
        now = time.monotonic()
        if _is_closed(_ERRORS):
            raise _Ended(_GONE)
        if _unread(_ERRORS):
            if now - self._read >= _PATIENCE:
                raise _Ended(_GONE)
        else:
            self._read = now
            if now - self._spoke >= _SPEAKS_EVERY:
                self._spoke = now
                os.write(_ERRORS, f"gitbtc: {printable(progress.words())}\r".encode())
        if self._seconds and now - self._begun >= self._seconds:
            raise _Ended(
                f"this push takes longer than {self._seconds} s to look at; push less at once, or raise "
                f"{SECONDS.setting} on the server"
            )


_GONE = "whoever pushed has gone; nothing came in"


@contextmanager
def watched(seconds: int) -> Iterator[PushWatch]:
    """End what is done here with CannotWork, so that nothing of the push comes in, after `seconds` (0 for never) or
    once nobody reads any more what is said.

    Git goes on when its client has gone: it leaves what a hook says unread, and takes what the hook lets in. Python
    looks for signals in the middle of a pattern's search, too.
    """
    watch = PushWatch(seconds)

    def look(_: int, __: FrameType | None) -> None:
        watch.look()

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _EVERY, _EVERY)
    progress.listen(begin=True)
    try:
        with progress.doing("looking at what is pushed"):
            yield watch
    except _Ended as ended:
        raise CannotWork(str(ended)) from None
    finally:
        progress.listen(begin=False)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _is_closed(descriptor: int) -> bool:
    """Whether the other end of a pipe or a socket is closed; of a file or a terminal, never."""
    asked = select.poll()
    asked.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in asked.poll(0))


def _unread(descriptor: int) -> int:
    """How many bytes lie in a pipe that nobody has read yet; of anything else, none."""
    try:
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return 0
        return int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)), "little")
    except OSError:
        return 0
