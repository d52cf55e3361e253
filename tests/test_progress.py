"""Whoever waits at a terminal is told how far it is, and nobody else; nothing of it is left, nor among the output."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.doors.paying import OUTPOINT, both_pay

if TYPE_CHECKING:
    from tests.conftest import Repo

AT_ONCE = {"GIT_PROGRESS_DELAY": "0"}
GITBTC = (sys.executable, "-E", "-P", "-m", "gitbtc")


def at_terminal(repo: Repo, *command: str, stdout: bool = False, env: dict[str, str] | None = None) -> tuple[str, str]:
    """What a command writes to the terminal that its standard error is, and through a pipe to standard output, unless
    the terminal is that too.
    """
    primary, secondary = pty.openpty()
    # The first terminal that a session opens is its own, and the command in its foreground.
    begun = ("sh", "-c", ': <"$0" && exec "$@"', os.ttyname(secondary), *command)
    with subprocess.Popen(begun, cwd=repo.path, env={**repo.env, "GIT_PAGER": "cat", **AT_ONCE, **(env or {})},
                          stdin=subprocess.DEVNULL, stdout=secondary if stdout else subprocess.PIPE, stderr=secondary,
                          start_new_session=True) as process:  # fmt: skip
        os.close(secondary)
        told = b""
        try:
            while part := os.read(primary, 1 << 16):
                told += part
        except OSError:  # Linux says so that nobody has the terminal open any more
            pass
        piped = process.stdout.read() if process.stdout else b""
    os.close(primary)
    return told.decode(), piped.decode()


def screen(told: str) -> list[str]:
    """What one sees in the end, without blank space at the ends of lines."""
    lines, column = [""], 0
    for letter in told:
        if letter == "\r":
            column = 0
        elif letter == "\n":
            lines.append("")
            column = 0
        else:
            lines[-1] = lines[-1][:column] + letter + lines[-1][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines]


def test_each_step_is_told_at_a_terminal_and_no_line_is_left(treasury: Repo) -> None:
    both_pay(treasury)
    told, piped = at_terminal(treasury, *GITBTC, "check")
    assert "\rgitbtc: gitbtc check, 0 s" in told
    assert "\rgitbtc: gitbtc check, reading transactions, 0 s" in told
    assert screen(told) == [""]
    assert piped == treasury.gitbtc("check").stdout


@pytest.mark.parametrize(
    "command", [("check",), ("log",), ("validate", "--json"), ("status",), ("diff", "HEAD~1", "HEAD")], ids=" ".join
)
def test_what_is_printed_takes_the_place_of_the_line(treasury: Repo, command: tuple[str, ...]) -> None:
    both_pay(treasury)
    told, _ = at_terminal(treasury, *GITBTC, *command, stdout=True, env={"NO_COLOR": "1", "COLUMNS": "200"})
    assert "gitbtc: gitbtc " + command[0] in told
    seen = treasury.run(*GITBTC, *command, env={"COLUMNS": "200"}).stdout.splitlines()
    assert "\n".join(screen(told)).split() == "\n".join(seen).split()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("why", OUTPOINT), "commits read: 0 of "),
        (("verify", "HEAD~1..HEAD"), "commits verified: 0 of 1"),
        (("scan",), "places scanned: 0 of "),
        (("validate",), "json: records checked: 0 of "),
    ],
    ids=lambda words: words[0],
)
def test_parts_are_counted(treasury: Repo, command: tuple[str, ...], words: str) -> None:
    both_pay(treasury)
    assert words in at_terminal(treasury, *GITBTC, *command, env={"COLUMNS": "200"})[0]


def test_nothing_is_told_before_the_usual_time_nor_where_nobody_looks(treasury: Repo) -> None:
    both_pay(treasury)
    assert at_terminal(treasury, *GITBTC, "check", env={"GIT_PROGRESS_DELAY": "600"})[0] == ""
    assert at_terminal(treasury, *GITBTC, "--no-progress", "check")[0] == ""
    assert treasury.run(*GITBTC, "check", env=AT_ONCE).stderr == ""
    asked = treasury.run(*GITBTC, "--progress", "check", env=AT_ONCE)
    assert "gitbtc: gitbtc check, " in asked.stderr
    assert "\r" not in asked.stdout


def test_what_git_starts_tells_it_too(treasury: Repo) -> None:
    both_pay(treasury)
    told, _ = at_terminal(treasury, "git", "merge", "--no-edit", "theirs")
    assert "gitbtc: merging wallet/" in told
    assert "gitbtc: pre-merge-commit hook, " in told
    told, _ = at_terminal(treasury, "git", "-c", "core.trustctime=true", "add", "--renormalize", ".")
    assert "gitbtc: passing a file between Git and the work tree" in told
