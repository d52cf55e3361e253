"""What it costs to start: Git starts a driver for every file of a merge and of a diff."""

from __future__ import annotations

import subprocess
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from paired import arguments, report, rounds, timed
from treasury import GITBTC, STATE, Treasury

INTERPRETER = "the bare interpreter"
COINS = 300


def main() -> None:
    """Measure on a wallet so small that only the start counts."""
    options = arguments(__doc__, default_rounds=31)
    with tempfile.TemporaryDirectory() as folder:
        text = _measure(Treasury(Path(folder), COINS), options.rounds)
    report(__file__, [text], record=options.record)


def _measure(treasury: Treasury, count: int) -> str:
    for name, state in (("base", treasury.base), ("ours", treasury.ours), ("theirs", treasury.theirs)):
        treasury.write(f"files/{name}", state)
    python = GITBTC[0]
    commands = {
        INTERPRETER: (python, "-E", "-P", "-c", ""),
        "merge driver": (*GITBTC, "merge-driver", "--kind", "utxos", "-P", STATE, *_files("base", "ours", "theirs")),
        "diff driver": (*GITBTC, "diff-driver", "--kind", "utxos", STATE, *_sides("base", "theirs")),
        "textconv": (*GITBTC, "textconv", "--kind", "utxos", *_files("base")),
        "clean": (*GITBTC, "clean", STATE),
        "gitbtc --version": (*GITBTC, "--version"),
    }

    def run(what: str) -> dict[str, float]:
        return {what: timed(*commands[what], cwd=treasury.path, env=treasury.env)}

    times = rounds(count, {what: partial(run, what) for what in commands})
    lines = [f"**Starting** (median of {count} rounds)", "", "| | milliseconds | modules |", "|---|---:|---:|"]
    for what, command in commands.items():
        lines.append(f"| {what} | {median(times[what]) * 1000:.0f} | {_modules(treasury, command)} |")
    return "\n".join(lines)


def _files(*names: str) -> list[str]:
    return [f"files/{name}" for name in names]


def _sides(old: str, new: str) -> list[str]:
    """The arguments of a diff command: for each side a file, an oid and a mode."""
    return [part for name in (old, new) for part in (f"files/{name}", "0" * 40, "100644")]


def _modules(treasury: Treasury, command: tuple[str, ...]) -> int:
    """How many modules the command imports: the interpreter tells each on a line of standard error."""
    python, *rest = command
    done = subprocess.run([python, "-X", "importtime", *rest], cwd=treasury.path, env=treasury.env, check=True,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)  # fmt: skip
    return sum(line.startswith("import time:") for line in done.stderr.splitlines()) - 1  # the first is a heading


if __name__ == "__main__":
    main()
