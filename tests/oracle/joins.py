"""Histories joined within this process: thousands of them, which a process for each would make slow."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc.api import State, join
from tests.oracle.expected import Expected, told
from tests.oracle.judging import Fault, Outcome, Question, of_join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oracle.histories import History

_HEADS = ("ours", "theirs", "third")
_EVERY = 500  # histories, a repository is begun anew: it gets slower with each


class Joins:
    """Joins the heads of histories, in two orders."""

    def __init__(self) -> None:
        self._made = 0
        self._folder = Path()

    def faults(self, made: History) -> Iterator[Fault]:
        """What is wrong with the joins of a history's heads."""
        names = self._laid(made)
        expected = Expected(made.base, made.heads)
        outcomes = [self._joined(order) for order in (names, names[::-1])]
        yield from (Fault(f"join, {fault.sort}", fault.text) for fault in of_join(expected, outcomes[0]))
        one, other = ((sorted(outcome.questions), outcome.coins) for outcome in outcomes)
        if one != other:
            yield Fault("join, the order decides", f"{one}; swapped {other}")

    def _joined(self, names: list[str]) -> Outcome:
        joined = join(*names, repository=self._folder)
        questions = [Question(one.type, f"wallet/utxos.json::{one.outpoint[0]}:{one.outpoint[1]}")
                     for one in joined.contested]  # fmt: skip
        return Outcome(questions, told(joined.state.files))

    def _laid(self, made: History) -> list[str]:
        """The names of the heads, as branches of a repository."""
        if self._made % _EVERY == 0:
            if self._made:
                shutil.rmtree(self._folder)
            self._folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
            subprocess.run(["git", "init", "-q", "--bare", self._folder], check=True)
        self._made += 1
        place = f"refs/heads/{self._made}"
        names = [f"{place}/{name}" for name in ("base", *_HEADS[: len(made.heads)])]
        commits: list[bytes] = []
        for name, files in zip(names, (made.base, *made.heads), strict=True):
            start = f"from {names[0]}\ndeleteall\n" if commits else ""
            # Heads that hold the same are two commits all the same.
            commits.append(f"commit {name}\ncommitter Ann <ann@example.com> 1700000000 +0000\n".encode())
            commits.append(f"data {len(name)}\n{name}\n{start}".encode())
            for path, content in State.of(files).files.items():
                commits.append(f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
        command = ["git", "fast-import", "--quiet"]
        subprocess.run(command, input=b"".join(commits), cwd=self._folder, check=True)
        return names[1:]
