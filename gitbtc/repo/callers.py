"""The processes that led to this one: what Git tells a filter nothing of, its own command line does."""

from __future__ import annotations

import os

_FURTHEST = 4  # processes up: the shell that Git starts a filter with, a wrapper or two, Git


def is_renormalizing() -> bool:
    """Whether `git add --renormalize` started us, which is to put every file through the filter again. False where the
    system tells nobody.
    """
    process = os.getppid()
    for _ in range(_FURTHEST):
        process, words = _told(process)
        if words and os.path.basename(words[0]).startswith("git"):
            return "--renormalize" in words
        if process <= 1:
            return False
    return False


def _told(process: int) -> tuple[int, list[str]]:
    """The parent of a process, and the words of its command; 0 and none where that is not known."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            parent = int(file.read().rpartition(b")")[2].split()[1])
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return parent, [os.fsdecode(word) for word in file.read().split(b"\0")]
    except (OSError, ValueError, IndexError):
        return _asked(process)


def _asked(process: int) -> tuple[int, list[str]]:
    """The same from `ps`, where there is no /proc; words that hold a blank come in several."""
    import subprocess

    command = ["ps", "-o", "ppid=,args=", "-p", str(process)]
    try:
        told = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL).stdout
        parent, *words = os.fsdecode(told).split()
        return int(parent), words
    except (OSError, ValueError):
        return 0, []
