"""What it costs to start, in processor time: Git starts a driver for every file of a merge and of a diff."""

from __future__ import annotations

import resource
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from paired import arguments, ratio, report, rounds
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
        before = _used()
        _started(treasury, commands[what])
        return {what: _used() - before}

    times = rounds(count, {what: partial(run, what) for what in commands})
    lines = [f"**Starting** (median of {count} rounds)", "", "| | CPU ms | to the bare interpreter | modules |",
             "|---|---:|---:|---:|"]  # fmt: skip
    for what, command in commands.items():
        to_bare = ratio(times, what, INTERPRETER)
        lines.append(f"| {what} | {median(times[what]) * 1000:.0f} | {to_bare:.1f} | {_modules(treasury, command)} |")
    return "\n".join(lines)


def _used() -> float:
    """Seconds of the processor that the processes took which this one has started and which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _started(treasury: Treasury, command: tuple[str, ...]) -> str:
    """What it says on standard error; the wallet stands on its standard input."""
    with (treasury.path / "files/base").open("rb") as base:
        done = subprocess.run(command, cwd=treasury.path, env=treasury.env, check=True, stdin=base,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # fmt: skip
    return done.stderr


def _files(*names: str) -> list[str]:
    return [f"files/{name}" for name in names]


def _sides(old: str, new: str) -> list[str]:
    """The arguments of a diff command: for each side a file, an oid and a mode."""
    return [part for name in (old, new) for part in (f"files/{name}", "0" * 40, "100644")]


def _modules(treasury: Treasury, command: tuple[str, ...]) -> int:
    """How many modules the command imports: the interpreter tells each on a line of standard error."""
    python, *rest = command
    said = _started(treasury, (python, "-X", "importtime", *rest))
    return sum(line.startswith("import time:") for line in said.splitlines()) - 1  # the first is a heading


if __name__ == "__main__":
    main()
