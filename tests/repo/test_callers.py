"""What the processes above this one are called with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import gitbtc
from gitbtc.repo import callers

_ASKED = "import sys; sys.path.insert(0, sys.argv[1]); from gitbtc.repo.callers import *; print(is_renormalizing())"


def told_below(folder: Path, *words: str) -> str:
    """What a process says that a program called git started, through a shell, with these words."""
    program = folder / "git"
    # An interpreter of scripts has its own name; a shell that is called git has this one.
    program.symlink_to("/bin/sh")
    place = Path(gitbtc.__file__).parents[1]
    script = f"sh -c \"'{sys.executable}' -c '{_ASKED}' '{place}'; true\"; true"
    return subprocess.run([program, "-c", script, *words], capture_output=True, check=True, text=True).stdout


def test_git_is_found_behind_the_shell_that_it_starts(tmp_path: Path) -> None:
    assert told_below(tmp_path, "add", "--renormalize", ".") == "True\n"


def test_other_words_of_git_are_told_apart(tmp_path: Path) -> None:
    assert told_below(tmp_path, "add", "--renormalize.txt") == "False\n"


def test_ps_tells_the_same_as_the_files_of_linux() -> None:
    assert callers._asked(os.getpid())[0] == os.getppid()
    assert callers._asked(0) == (0, [])
