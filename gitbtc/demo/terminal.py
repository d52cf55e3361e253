"""Runs real commands and shows them with their real output, as a terminal would."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

from gitbtc.errors import GitbtcError

if TYPE_CHECKING:
    from pathlib import Path

WIDTH = 110
# What a user has set for Git and for gitbtc, and what changes how they print.
FOREIGN = ("GIT_", "GITBTC_", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "COLUMNS", "LANGUAGE")
NOON = 1_767_268_800  # 2026-01-01 12:00 UTC; every command is a minute later than the one before


class DemoFailed(GitbtcError):
    """A command of the demo did not do what the demo says it does."""


class Terminal:
    """A terminal in the folder `place`, the same on every machine: no configuration but the repository's own."""

    def __init__(self, place: Path, recordings: Path | None = None) -> None:
        self.place = place
        self._recordings = recordings
        self._clock = NOON
        self._env = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self._env |= {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PAGER": "cat",
            "GIT_EDITOR": "true",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C.UTF-8",
        }
        self.become("Treasurer")

    def become(self, name: str) -> None:
        """Commit as `name` from now on."""
        email = name.lower().replace(" ", "-") + "@example.com"
        for who in ("AUTHOR", "COMMITTER"):
            self._env |= {f"GIT_{who}_NAME": name, f"GIT_{who}_EMAIL": email}

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        print(f"\n== {title} ==")

    def say(self, text: str) -> None:
        """A sentence or two to the reader, as a shell comment."""
        print()
        print(textwrap.fill(text, WIDTH, initial_indent="# ", subsequent_indent="# "))

    def show_place(self) -> None:
        """Show where all of this happens, and where the recordings are, if it needs any."""
        print(f"$ cd {shlex.quote(str(self.place))}")
        if self._recordings:
            print(f"$ RECORDINGS={shlex.quote(str(self._recordings))}")

    def run(self, line: str, *, status: int = 0, shows: tuple[str, ...] = ()) -> str:
        """Run the command `line` and show it with its output, which is returned.

        `line` is split as a shell would, `$RECORDINGS` expanded. DemoFailed unless it exits with `status` and its
        output holds every text of `shows`.
        """
        print(f"$ {line}", flush=True)
        code, output = self._outcome(shlex.split(line))
        print(output, end="" if output.endswith("\n") or not output else "\n", flush=True)
        if code != status:
            raise DemoFailed(f"`{line}` exited {code}, not {status}; the demo stops in {self.place}")
        absent = [text for text in shows if text not in output]
        if absent:
            raise DemoFailed(f"`{line}` did not show {absent[0]!r}; the demo stops in {self.place}")
        return output

    def ask(self, *command: str, status: int = 0) -> str:
        """The output of a command that is not shown."""
        code, output = self._outcome(list(command))
        if code != status:
            raise DemoFailed(f"{command[:3]} exited {code}, not {status}\n{output}")
        return output.strip()

    def _outcome(self, words: list[str]) -> tuple[int, str]:
        self._clock += 60
        dates = {f"GIT_{who}_DATE": f"{self._clock} +0000" for who in ("AUTHOR", "COMMITTER")}
        command = [word.replace("$RECORDINGS", str(self._recordings)) for word in words]
        program = (sys.executable, "-E", "-P", "-m", "gitbtc") if command[0] == "gitbtc" else (command[0],)
        done = subprocess.run([*program, *command[1:]], cwd=self.place, env={**self._env, **dates}, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        return done.returncode, done.stdout.decode("utf-8", "replace")
