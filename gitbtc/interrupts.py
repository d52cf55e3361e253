"""Being told to end, by Ctrl-C, a terminal that closes, or `kill`: what was begun is then cleaned up first.

Each of them raises KeyboardInterrupt in the main thread, so that whoever holds a lock, has a file half-written or
another process at work gives that up on the way out.
"""

from __future__ import annotations

# The module of signals makes enumerations of them, which take longer than what a driver needs of it.
_signal = __import__("_signal")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

INTERRUPT: int = _signal.SIGINT
_OTHERS: tuple[int, ...] = (_signal.SIGTERM, _signal.SIGHUP)

_undisturbed = 0


class Ended(KeyboardInterrupt):
    """The process was told to end by the signal `number`."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def take() -> None:
    """Have the other signals that end a process do what Ctrl-C does, but those that whoever started it ignores."""
    for number in _OTHERS:
        if _signal.getsignal(number) is _signal.SIG_DFL:
            _signal.signal(number, _end)


def leave_to_parent() -> None:
    """In a process that works for another one: Ctrl-C is that one's business, and this one ends with it."""
    _signal.signal(INTERRUPT, _signal.SIG_IGN)
    for number in _OTHERS:
        _signal.signal(number, _signal.SIG_DFL)


def number_of(error: BaseException) -> int:
    """The signal that it is about."""
    return error.number if isinstance(error, Ended) else INTERRUPT


def end_by(number: int) -> None:
    """End as the signal ends a process: whoever waits for this one is to see that it was that."""
    import os

    _signal.signal(number, _signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _end(number: int, _: FrameType | None) -> None:
    raise Ended(number)


class undisturbed:  # noqa: N801 - written as a function in a `with`
    """Ctrl-C, and who ends this process otherwise than by a kill, wait until it is done. What it starts meanwhile does
    not get them either (`is_undisturbed`): a terminal sends them to all processes at once.

    Not by a mask: a signal that this thread blocks goes to another one, and interrupts this one all the same.
    """

    def __enter__(self) -> None:
        global _undisturbed  # noqa: PLW0603 - of the signals of this process
        self._caught: list[int] = []
        self._before = {}
        for number in (INTERRUPT, *_OTHERS):
            try:
                self._before[number] = _signal.signal(number, self._keep)
            except ValueError:  # in another thread than the main one, which alone they interrupt
                break
        _undisturbed += 1

    def _keep(self, number: int, _: FrameType | None) -> None:
        self._caught.append(number)

    def __exit__(self, *_: object) -> None:
        global _undisturbed  # noqa: PLW0603 - see above
        _undisturbed -= 1
        for number, handler in self._before.items():
            _signal.signal(number, _signal.SIG_DFL if handler is None else handler)
        for received in dict.fromkeys(self._caught):
            _signal.raise_signal(received)


def is_undisturbed() -> bool:
    """Whether what is started now belongs in a group of processes of its own."""
    return _undisturbed > 0
