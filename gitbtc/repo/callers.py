"""The processes that led to this one: what Git tells a filter nothing of, its own command line does."""

from __future__ import annotations

import os

_FURTHEST = 4  # processes up: the shell that Git starts a filter with, a wrapper or two, Git

# Commands that put what a file holds into the index or the store, while no hook tells of it.
_STAGING = frozenset(["add", "stage", "update-index", "hash-object", "stash"])
# Options of git itself whose value is a word of its own.
_WITH_A_VALUE = frozenset(["-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env", "--attr-source"])


def is_renormalizing() -> bool:
    """Whether `git add --renormalize` started us, which is to put every file through the filter again. False where the
    system tells nobody.
    """
    return "--renormalize" in _git_words()


def is_staging() -> bool:
    """Whether a command started us that stages or stores, and not one that commits or looks: Git has a file filtered
    that may have changed since it was staged also for `git commit` and `git status`. True where nobody knows.
    """
    words = _git_words()
    return not words or _command(words) in _STAGING


def git_process() -> tuple[int, str]:
    """The process that started the hook whose shell started us, and when it began, in the ticks of /proc/PID/stat; 0
    and "" where there is no /proc.
    """
    shell = _stat(os.getppid())
    process = int(shell[1]) if shell else 0
    told = _stat(process) if process else []
    return (process, told[19]) if told else (0, "")


def _stat(process: int) -> list[str]:
    """What /proc/PID/stat tells behind the program's name, from the third field on; nothing where there is none."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            return os.fsdecode(file.read().rpartition(b")")[2]).split()
    except OSError:
        return []


def _command(words: list[str]) -> str:
    """The command of a command line of git: `add` of `git -C treasury add .`; "" where there is none."""
    program, *rest = words
    name = os.path.basename(program)
    if name.startswith("git-"):
        return name.removeprefix("git-")
    after_an_option = iter(rest)
    for word in after_an_option:
        if word in _WITH_A_VALUE:
            next(after_an_option, "")
        elif not word.startswith("-"):
            return word
    return ""


def _git_words() -> list[str]:
    """The words that the nearest process of git above us was called with; none where the system tells nobody."""
    process = os.getppid()
    for _ in range(_FURTHEST):
        process, words = _told(process)
        if words and os.path.basename(words[0]).startswith("git"):
            return words
        if process <= 1:
            break
    return []


def _told(process: int) -> tuple[int, list[str]]:
    """The parent of a process, and the words of its command; 0 and none where that is not known."""
    try:
        parent = int(_stat(process)[1])
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
