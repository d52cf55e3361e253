"""A repository with three commits of a large wallet: a base and two sides that changed different coins."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import coins

if TYPE_CHECKING:
    from pathlib import Path

STATE = "wallet/utxos.json"
GITBTC = (sys.executable, "-E", "-P", "-m", "gitbtc")
# What makes Git forget that gitbtc is set up, for one command.
WITHOUT_FILTER = ("-c", "filter.gitbtc.required=false", "-c", "filter.gitbtc.process=", "-c", "filter.gitbtc.clean=")
WITHOUT_HOOKS = ("-c", "core.hooksPath=no-hooks")


class Treasury:
    """The repository, made in `folder`. Git sees no configuration but the repository's own."""

    def __init__(self, folder: Path, count: int) -> None:
        self.path = folder / f"treasury-{count}"
        self.path.mkdir()
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))}
        self.env |= {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "bench" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        base = coins.wallet(count)
        self.base, self.ours, self.theirs = base, coins.changed(base, 0), coins.changed(base, 1)
        self._commit_all()

    def git(self, *arguments: str) -> str:
        """Standard output of git."""
        command = ["git", *arguments]
        return subprocess.run(
            command, cwd=self.path, env=self.env, stdout=subprocess.PIPE, check=True, text=True
        ).stdout

    def write(self, name: str, lines: list[bytes]) -> Path:
        """Write a state file beside the repository's own."""
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(coins.content(lines))
        return path

    def driver(self, **values: str) -> str:
        """The shell command that Git starts for a merge of coins, with its placeholders filled in."""
        registered = self.git("config", "merge.gitbtc-utxos.driver").rstrip("\n")
        filled = {"%": "%", "L": "7", "P": STATE, "S": "base", "X": "ours", "Y": "theirs", **values}
        return re.sub("%(.)", lambda placeholder: filled[placeholder[1]], registered)

    def merged(self) -> bytes:
        """What the merge of the two sides must come to."""
        return coins.content(coins.merged(self.base, self.ours, self.theirs))

    def _commit_all(self) -> None:
        self.git("init", "--quiet", "--initial-branch=base")
        self._commit("base", self.base)
        for branch, lines in (("ours", self.ours), ("theirs", self.theirs)):
            self.git("checkout", "--quiet", "-b", branch, "base")
            self._commit(branch, lines)
        self.git("checkout", "--quiet", "--detach", "ours")
        # Only now: what the three commits hold is canonical and without keys, and no benchmark is about them.
        subprocess.run([*GITBTC, "init"], cwd=self.path, env=self.env, stdout=subprocess.DEVNULL, check=True)

    def _commit(self, message: str, lines: list[bytes]) -> None:
        self.write(STATE, lines)
        self.git("add", STATE)
        self.git("commit", "--quiet", "--message", message)


def child_seconds(trace: Path, marker: str) -> float:
    """How long Git waited for its child process whose command has `marker` in it, from the trace2 events at `trace`."""
    events = [json.loads(line) for line in trace.read_text("utf-8").splitlines()]
    ours = [event for event in events if "/" not in event["sid"]]
    started = [event["child_id"] for event in ours if event["event"] == "child_start" and marker in str(event["argv"])]
    return sum(
        float(event["t_rel"]) for event in ours if event["event"] == "child_exit" and event["child_id"] in started
    )
