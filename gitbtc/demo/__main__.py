"""`python -m gitbtc.demo [DIR]`: makes a treasury repository in DIR and shows what gitbtc does in it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc import resources
from gitbtc.demo.stage import play, terminal_in
from gitbtc.demo.story import tell

if TYPE_CHECKING:
    from gitbtc.demo.terminal import Terminal


def main(arguments: list[str]) -> int:
    """Run the demo; the exit status."""
    return play(arguments, _on_recordings, usage="demo [DIR]")


def _on_recordings(place: Path) -> Terminal:
    terminal = terminal_in(place, Path(resources.folder("demo")) / "recordings")
    tell(terminal)
    return terminal


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
