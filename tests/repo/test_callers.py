"""What the processes above this one are called with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gitbtc
from gitbtc.repo import callers

_ASKED = (
    "import sys; sys.path.insert(0, sys.argv[1]); from gitbtc.repo import callers;"
    " print(callers.is_renormalizing(), callers.is_staging())"
)


def told_below(folder: Path, *words: str, name: str = "git") -> str:
    """What a process says that a program called git started, through a shell, with these words: is it renormalising,
    is it staging.
    """
    program = folder / name
    # An interpreter of scripts has its own name; a shell that is called git has this one.
    program.symlink_to("/bin/sh")
    place = Path(gitbtc.__file__).parents[1]
    script = f"sh -c \"'{sys.executable}' -c '{_ASKED}' '{place}'; true\"; true"
    return subprocess.run([program, "-c", script, *words], capture_output=True, check=True, text=True).stdout


def test_git_is_found_behind_the_shell_that_it_starts(tmp_path: Path) -> None:
    assert told_below(tmp_path, "add", "--renormalize", ".") == "True True\n"


def test_other_words_of_git_are_told_apart(tmp_path: Path) -> None:
    assert told_below(tmp_path, "add", "--renormalize.txt") == "False True\n"


@pytest.mark.parametrize(
    ("words", "stages"),
    [
        ("-C add -c commit.gpgSign=false commit -m add", False),
        ("--no-pager --git-dir commit stash push", True),
        ("--git-dir=commit update-index --stdin", True),
        ("status", False),
        ("-C add", False),
    ],
)
def test_the_command_is_found_behind_the_options_of_git(tmp_path: Path, words: str, stages: bool) -> None:
    assert told_below(tmp_path, *words.split()) == f"False {stages}\n"


def test_a_command_may_be_the_program(tmp_path: Path) -> None:
    assert told_below(tmp_path, ".", name="git-add") == "False True\n"


def test_where_nobody_tells_it_stages_for_all_we_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "_told", lambda _: (0, []))
    assert callers.is_staging()
    assert not callers.is_renormalizing()


def test_ps_tells_the_same_as_the_files_of_linux() -> None:
    assert callers._asked(os.getpid())[0] == os.getppid()
    assert callers._asked(0) == (0, [])
