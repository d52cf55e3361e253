"""How far this process is, for a person who waits: one line on standard error, each in the place of the last.

Whoever does what can take long says so, in whichever room: `doing` for a step, `counted` for one whose parts are
counted. A line is shown once the steps have taken longer than Git lets a person wait (GIT_PROGRESS_DELAY, two seconds),
and only where somebody looks: where standard error is a terminal and this process is in its foreground, or where
`gitbtc --progress` asked. It never goes to standard output, and whatever else is printed takes its place. What a server
says to whoever pushes (doors/watched.py) are the same words.
"""

from __future__ import annotations

import os
import sys
import time

from gitbtc.errors import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Self, TypeVar

    T = TypeVar("T")

_EVERY = 1.0  # seconds from line to line
_USUAL_DELAY = 2  # seconds, as Git's
_ERRORS = 2

_steps: list[Doing] = []  # the outermost first
_begun = 0.0  # when that began
_line: _Line | None = None
_listeners = 0


class Doing:
    """Something that is being done, in a `with`: `what` in words, and where its parts are counted, `done` of `of`."""

    __slots__ = ("done", "of", "what")

    def __init__(self, what: str, of: int = 0) -> None:
        self.what = what
        self.of = of
        self.done = 0

    def __enter__(self) -> Self:
        global _begun  # noqa: PLW0603 - of the steps of this process there is one list
        if not _steps:
            _begun = time.monotonic()
        _steps.append(self)
        if _line is not None and not _line.delay:
            _line.look()
        return self

    def __exit__(self, *_: object) -> None:
        if self in _steps:  # which are compared by identity
            _steps.remove(self)


def doing(what: str, of: int = 0) -> Doing:
    """A step that begins with a `with` and ends with it."""
    return Doing(what, of)


def counted(what: str, items: Iterable[T], of: int) -> Iterable[T]:
    """`items`, of which there are `of`, as a step that counts them; themselves where nobody is told."""
    return _counted(Doing(what, of), items) if _line is not None or _listeners else items


def _counted(step: Doing, items: Iterable[T]) -> Iterator[T]:
    with step:
        for item in items:
            yield item
            step.done += 1


def words() -> str:
    """What is being done; "" for nothing that is told."""
    return ", ".join([f"{step.what}: {step.done:,} of {step.of:,}" if step.of else step.what for step in _steps])


def listen(*, begin: bool) -> None:
    """Have steps counted for somebody else who asks for the `words`, until he does no more (`begin` false)."""
    global _listeners  # noqa: PLW0603 - see above
    _listeners += 1 if begin else -1


# -- the line ----------------------------------------------------------------------------------------------------------


def begin(*, asked: bool | None = None) -> None:
    """Tell it from now on, in the main thread of a process: where standard error is a terminal, unless it is `asked`
    for, or not to be told.
    """
    global _line  # noqa: PLW0603 - see above
    if _line is None and (os.isatty(_ERRORS) if asked is None else asked):
        _line = _Line(_delay())


def end() -> None:
    """Tell nothing more, and leave no line."""
    global _line  # noqa: PLW0603 - see above
    if _line is not None:
        _line.stop()
        _line = None


class Paused:
    """Nothing is told in a `with` of this: somebody else has the terminal."""

    def __enter__(self) -> None:
        if _line is not None:
            _line.stop()

    def __exit__(self, *_: object) -> None:
        if _line is not None:
            _line.start()


def _delay() -> int:
    told = os.environ.get("GIT_PROGRESS_DELAY", "")
    return int(told) if told.isascii() and told.isdecimal() else _USUAL_DELAY


class _Line:
    """The line, as long as it is there, and the timer behind it. Steps that take less than `delay` seconds are not
    told; with 0 each is told as it begins.
    """

    def __init__(self, delay: int) -> None:
        self.delay = delay
        self._shown = 0  # characters
        self._streams = sys.stdout, sys.stderr
        printable("")  # what a signal interrupts may be in the middle of an import
        self.start()

    def start(self) -> None:
        import signal

        signal.signal(signal.SIGALRM, lambda *_: self.look())
        signal.setitimer(signal.ITIMER_REAL, _EVERY, _EVERY)

    def stop(self) -> None:
        import signal

        signal.setitimer(signal.ITIMER_REAL, 0)
        self.erase()

    def look(self) -> None:
        """Show how far it is now, if that has taken long enough."""
        seconds = time.monotonic() - _begun
        if not _steps or seconds < self.delay:
            return
        try:
            self._show(printable(f"gitbtc: {words()}, {seconds:.0f} s"))
        except OSError:  # the terminal is gone; whatever this interrupts does not want to know
            end()

    def _show(self, text: str) -> None:
        width = 80
        if os.isatty(_ERRORS):
            if not _is_in_foreground():
                return
            width = os.get_terminal_size(_ERRORS).columns or width
        cut = text[: width - 1]
        os.write(_ERRORS, f"\r{cut}{' ' * (self._shown - len(cut))}".encode("utf-8", "replace"))
        if not self._shown:
            self._streams = sys.stdout, sys.stderr
            sys.stdout, sys.stderr = _Erasing(self, sys.stdout), _Erasing(self, sys.stderr)
        self._shown = len(cut)

    def erase(self) -> None:
        """Make room for what somebody else prints."""
        if self._shown:
            shown, self._shown = self._shown, 0
            sys.stdout, sys.stderr = self._streams
            os.write(_ERRORS, f"\r{' ' * shown}\r".encode())


def _is_in_foreground() -> bool:
    """Also where nobody can tell, as of a terminal that is another session's."""
    try:
        return os.tcgetpgrp(_ERRORS) == os.getpgrp()
    except OSError:
        return True


class _Erasing:
    """Stands for a standard stream as long as a line is shown: whoever turns to it erases the line first."""

    def __init__(self, line: _Line, stream: Any) -> None:
        self._line = line
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        self._line.erase()
        return getattr(self._stream, name)
