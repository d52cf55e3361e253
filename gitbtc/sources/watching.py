"""Following configured sources block by block."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

from gitbtc.errors import CannotWork, GitbtcError, NotWritten
from gitbtc.sources.answers import BadAnswer
from gitbtc.sources.asking import LoginRefused, Patience, Unreadable
from gitbtc.sources.syncing import Manner, obstacle, sync

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitbtc.repo.git import Git
    from gitbtc.sources.configured import Configured
    from gitbtc.sources.syncing import Synced

_POLL = 10  # seconds between looks, where a node does not know from which block on to wait, or there are more sources
_LONGEST_PAUSE = 60  # seconds


class _Stopped(Exception):
    """A signal said stop while a node was waited for."""


class Watch:
    """The sources that are followed. `told` gets what is to be known, `done` what a round did; each failure and each
    obstacle is told once, until it is another.
    """

    def __init__(  # noqa: PLR0913 - what is followed, where, and who is told
        self,
        sources: Sequence[Configured],
        git: Git,
        *,
        commit: bool,
        told: Callable[[str], None],
        done: Callable[[str, Synced], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._git = git
        self._manner = Manner(commit=commit)
        self._told = told
        self._done = done
        self._heard: set[str] = set()  # what programs said of how they are asked: that is no news a second time
        self._askers = {source.name: source.program.asker(Patience(), self._hear) for source in sources}
        self._sources = sources
        self._tips: dict[str, str] = {}
        self._clock = clock
        self._read_at: dict[str, float] = {}
        self._last_said: dict[str, str] = {}
        self._stop = threading.Event()
        self._is_waiting = False
        self._is_interrupted = False

    def _hear(self, said: str) -> None:
        if said not in self._heard:
            self._heard.add(said)
            self._told(said)

    def run(self, rounds: int | None = None) -> None:
        """Follow them until a signal says stop, or for so many rounds. Raises LoginRefused, and what ends it.

        A round that was begun is ended first, so that what it writes is whole and committed. Ctrl-C then raises
        KeyboardInterrupt; pressed twice, it does so at once.
        """
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._interrupt)
        self._follow(rounds)
        if self._is_interrupted:
            raise KeyboardInterrupt

    def _follow(self, rounds: int | None) -> None:
        pause = 1
        while not self._stop.is_set():
            failed = [source for source in self._sources if not self._round(source)]
            rounds = None if rounds is None else rounds - 1
            if rounds == 0 or self._stop.is_set():
                return
            if failed:
                self._stop.wait(pause)
                pause = min(_LONGEST_PAUSE, 2 * pause)
            else:
                pause = 1
                self._wait()

    def _end(self, *_: object) -> None:
        """Stop after the round; at once where nothing is done but waiting."""
        self._stop.set()
        if self._is_waiting:
            raise _Stopped

    def _interrupt(self, *_: object) -> None:
        if self._is_interrupted:
            raise KeyboardInterrupt
        self._is_interrupted = True
        self._end()

    def _round(self, source: Configured) -> bool:
        """Bring in what a source tells, if it has a new tip; whether that went well."""
        try:
            tip = source.program.tip(self._askers[source.name])
            if tip == self._tips.get(source.name) or self._is_early(source):
                return True
            reason = obstacle(source, self._git)
            if reason:
                self._say(source, f"waiting: {reason}")
                return False
            self._done(source.name, sync(source, self._askers[source.name], self._git, self._manner))
        except (Unreadable, BadAnswer, GitbtcError) as error:
            if isinstance(error, LoginRefused) or (
                isinstance(error, CannotWork) and not isinstance(error, Unreadable | BadAnswer | NotWritten)
            ):
                raise
            self._say(source, str(error))
            return False
        self._tips[source.name], self._read_at[source.name] = tip, self._clock()
        self._last_said.pop(source.name, None)
        return True

    def _is_early(self, source: Configured) -> bool:
        """Whether the source was read not long ago, as it is configured."""
        before = self._read_at.get(source.name)
        return before is not None and self._clock() - before < source.every

    def _say(self, source: Configured, what: str) -> None:
        if self._last_said.get(source.name) != what:
            self._last_said[source.name] = what
            self._told(what if what.startswith(f"{source.name}:") else f"{source.name}: {what}")

    def _wait(self) -> None:
        """Until a new block may be there."""
        only = self._sources[0] if len(self._sources) == 1 else None
        if only is None or not self._waits_for_blocks(only):
            self._stop.wait(_POLL)

    def _waits_for_blocks(self, source: Configured) -> bool:
        """Wait for the next block at the program itself, if it knows how to."""
        try:
            self._is_waiting = True
            return source.program.waits_for_block(self._askers[source.name], self._tips[source.name])
        except Unreadable:
            return False  # the next round says why
        except _Stopped:
            return True
        finally:
            self._is_waiting = False
