"""What every telling of the demo has in common: a new folder to play in, and where to go from there."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc.demo.terminal import WIDTH, Terminal
from gitbtc.errors import CannotWork, GitbtcError, UsageError, printable

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT = "gitbtc-demo"


def play(arguments: list[str], tell: Callable[[Path], Terminal], *, usage: str) -> int:
    """Have the story told in the folder that the arguments name, yet to be made; the exit status. `usage` is how to
    call it.
    """
    try:
        terminal = tell(_chosen_folder(arguments, usage))
    except GitbtcError as error:
        print(f"gitbtc.demo: {printable(str(error))}", file=sys.stderr)
        return error.status
    _say_goodbye(terminal)
    return 0


def terminal_in(place: Path, recordings: Path | None = None) -> Terminal:
    """A terminal in that folder, which is made."""
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWork(f"{place} cannot be made: {error.strerror}") from None
    return Terminal(place, recordings)


def _chosen_folder(arguments: list[str], usage: str) -> Path:
    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        raise UsageError(f"{usage}: DIR is where the repository is made; ./{DEFAULT} unless given")
    place = Path(arguments[0] if arguments else DEFAULT).resolve()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise CannotWork(f"{place} is there and not empty; name another folder")
    return place


def _say_goodbye(terminal: Terminal) -> None:
    terminal.chapter("Yours to play in")
    beside = Path(sys.executable).with_name("gitbtc")
    program = "gitbtc" if shutil.which("gitbtc") or not beside.exists() else shlex.quote(str(beside))
    print()
    for command, what in (
        (f"cd {shlex.quote(str(terminal.place))}", "the repository that was made"),
        ("git log -p", "what every commit did, in coins"),
        ("git blame wallet/utxos.json", "who brought each coin"),
        ("git switch agent-a", "where each agent stands"),
        (f"{program} schema", "what is versioned, and how it merges"),
        (f"{program} doctor", "whether everything is in place"),
    ):
        print(f"  {printable(command):<{WIDTH // 3}}  {what}")
