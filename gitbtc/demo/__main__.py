"""`python -m gitbtc.demo [DIR]`: makes a treasury repository in DIR and shows what gitbtc does in it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from gitbtc import resources
from gitbtc.demo.story import tell
from gitbtc.demo.terminal import WIDTH, Terminal
from gitbtc.errors import CannotWork, GitbtcError, UsageError, printable

DEFAULT = "gitbtc-demo"


def main(arguments: list[str]) -> int:
    """Run the demo; the exit status."""
    try:
        place = _new_folder(arguments)
        terminal = Terminal(place, Path(resources.folder("demo")) / "recordings")
        tell(terminal)
    except GitbtcError as error:
        print(f"gitbtc.demo: {printable(str(error))}", file=sys.stderr)
        return error.status
    _say_goodbye(terminal)
    return 0


def _new_folder(arguments: list[str]) -> Path:
    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        raise UsageError("demo [DIR]: DIR is where the repository is made; ./gitbtc-demo unless given")
    place = Path(arguments[0] if arguments else DEFAULT).resolve()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise CannotWork(f"{place} is there and not empty; name another folder")
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWork(f"{place} cannot be made: {error.strerror}") from None
    return place


def _say_goodbye(terminal: Terminal) -> None:
    terminal.chapter("Yours to play in")
    beside = Path(sys.executable).with_name("gitbtc")
    program = "gitbtc" if shutil.which("gitbtc") or not beside.exists() else str(beside)
    print(f"\n{printable(str(terminal.place))}\n")
    for command, what in (
        ("git log -p", "what every commit did, in coins"),
        ("git blame wallet/utxos.json", "who brought each coin"),
        ("git switch agent-a", "where each agent stands"),
        (f"{program} schema", "what is versioned, and how it merges"),
        (f"{program} doctor", "whether everything is in place"),
    ):
        print(f"  {printable(command):<{WIDTH // 3}} {what}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
