"""Where every gitbtc process starts.

Git starts one of these for every file of every merge, so what Git calls is told apart from what people call before
anything heavy is imported.
"""

from __future__ import annotations

import gc
import sys

from gitbtc import interrupts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# What Git calls -> the module whose `main(arguments) -> exit status` serves it.
CALLED_BY_GIT = {
    "merge-driver": "gitbtc.drivers.merge",
    "diff-driver": "gitbtc.drivers.diff",
    "textconv": "gitbtc.drivers.textconv",
    "clean": "gitbtc.drivers.filter",
    "filter-process": "gitbtc.drivers.filter",
    "mergetool": "gitbtc.drivers.mergetool",
    "hook": "gitbtc.doors.hook",
}


# New objects, more or less, before circles among them are looked for: a short process ends sooner, and a wallet that is
# read makes millions and none in circles. The usual 700 are a tenth of what starting costs.
_OBJECTS = 100_000


def start() -> NoReturn:
    """Run what the command line names, and end with its exit status."""
    try:
        _end(main())
    except KeyboardInterrupt as ended:
        interrupts.end_by(interrupts.number_of(ended))
        raise


def main() -> int:
    """Run what the command line names; the exit status."""
    gc.set_threshold(_OBJECTS)
    try:
        interrupts.take()
        return _served(sys.argv[1] if len(sys.argv) > 1 else "")
    except KeyboardInterrupt as ended:
        # Ctrl-C goes to Git and to all that it started, and nobody reads a traceback.
        number = interrupts.number_of(ended)
        interrupts.end_by(number)
        return 128 + number


def _served(name: str) -> int:
    # Imported where Ctrl-C is seen to.
    from gitbtc import abbreviation, progress

    abbreviation.ask_for(_abbreviation)
    module = CALLED_BY_GIT.get(name)
    try:
        if module is None:
            from gitbtc.cli import run

            return run()
        progress.begin()
        status: int = __import__(module, fromlist=["main"]).main(sys.argv[1:])
    finally:
        progress.end()
    return status


def _end(status: int) -> NoReturn:
    """End at once: to take apart all that was loaded, as the interpreter does, is another tenth. Not where something
    waits for just that, or where what was said cannot be written, which the interpreter tells.
    """
    import atexit
    import os

    threads = sys.modules.get("threading")
    waiting = atexit._ncallbacks()  # noqa: SLF001 - nothing else tells it
    is_awaited = waiting or (threads and threads.active_count() > 1) or sys.getprofile()
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except (OSError, ValueError):
        is_awaited = True
    if is_awaited:
        sys.exit(status)
    os._exit(status)


def _abbreviation() -> int:
    """As core.abbrev has it, for Git and gitbtc alike."""
    import os

    from gitbtc import abbreviation
    from gitbtc.errors import GitbtcError
    from gitbtc.repo.unset import stands_nowhere

    if stands_nowhere("abbrev", os.environ, os.getcwd()):
        return abbreviation.USUAL
    from gitbtc.repo.git import Git

    try:
        return abbreviation.of_setting(Git().config("core.abbrev"))
    except GitbtcError:  # what is shown does not depend on it
        return abbreviation.USUAL


if __name__ == "__main__":
    start()
