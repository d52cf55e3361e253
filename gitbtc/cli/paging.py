"""Output through the pager that the user has set for Git, on a terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

import click

from gitbtc import progress
from gitbtc.views.width import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.repo.git import Git


def pager(git: Git) -> str:
    """The pager that Git would start, as a shell command; empty for none."""
    command = os.environ.get("GIT_PAGER") or git.configured_pager()
    return "" if command == "cat" else command


def terminal_width() -> int:
    """Of the terminal that standard output is, in characters; 0 where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def say(lines: Iterable[str]) -> None:
    """Print lines, no wider than the terminal that they go to; each may be several."""
    width = terminal_width()
    for line in lines:
        for one in line.split("\n"):
            for part in wrapped(one, width):
                click.echo(part)


def show(lines: Iterable[bytes], pager: str) -> None:
    """Write the lines as they come, through the shell command `pager` unless it is empty."""
    if not pager:
        sys.stdout.buffer.writelines(lines)
        sys.stdout.buffer.flush()
        return
    coming = iter(lines)
    first = next(coming, b"")  # which can take long; what comes after, the pager has the terminal for
    progress.end()
    # As Git does: quit if it fits on one screen, pass colours on, leave the screen as it is.
    environment = {"LESS": "FRX", "LV": "-c"} | os.environ
    reader = subprocess.Popen(["sh", "-c", pager], stdin=subprocess.PIPE, env=environment)
    with suppress(BrokenPipeError), reader:  # whoever reads may have seen enough
        if reader.stdin:
            reader.stdin.writelines(chain([first], coming))
