"""Paired timing: every round runs each contender once, so that whatever else the machine does meets them all."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Times = dict[str, list[float]]

README = Path(__file__).with_name("README.md")


def timed(*command: str, cwd: Path, env: dict[str, str], at_most: int = 0) -> float:
    """Seconds that `command` takes, its start included. An exit status above `at_most` ends the benchmark."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # fmt: skip
    seconds = time.perf_counter() - start
    if done.returncode > at_most:
        raise SystemExit(f"{' '.join(command)[:200]} exited {done.returncode}\n{done.stderr.decode()}")
    return seconds


def rounds(count: int, contenders: Mapping[str, Callable[[], dict[str, float]]]) -> Times:
    """Run every contender once a round, in turning order; what each run measured, by name, a value a round.

    A first round, which fills the caches, does not count.
    """
    times: Times = {}
    names = list(contenders)
    for turn in range(count + 1):
        first = (turn - 1) % len(names)
        for name in names[first:] + names[:first]:
            measured = contenders[name]()
            for what, seconds in measured.items() if turn else ():
                times.setdefault(what, []).append(seconds)
    return times


def ratio(times: Times, what: str, to: str) -> float:
    """The median of the rounds' ratios."""
    return median(one / other for one, other in zip(times[what], times[to], strict=True))


def table(title: str, times: Times, to: str) -> str:
    """`times` as a Markdown table, each line with its ratio to the line `to`."""
    lines = [f"**{title}** (median of {len(times[to])} rounds)", "", f"| | seconds | to {to} |", "|---|---:|---:|"]
    lines += [f"| {what} | {median(times[what]):.3f} | {ratio(times, what, to):.2f} |" for what in times]
    return "\n".join(lines)


def arguments(
    description: str | None, default_rounds: int, sizes: tuple[int, ...] = (), layouts: tuple[str, ...] = ()
) -> argparse.Namespace:
    """The options that every benchmark takes; `sizes` and `layouts` for one that measures wallets of several."""
    parser = argparse.ArgumentParser(description=description)
    if sizes:
        parser.add_argument("--sizes", type=int, nargs="+", default=sizes, metavar="COINS", help="[%(default)s]")
    if layouts:
        parser.add_argument("--layouts", choices=layouts, nargs="+", default=layouts, help="[%(default)s]")
    parser.add_argument("--rounds", type=int, default=default_rounds, help="rounds that count [%(default)s]")
    parser.add_argument("--record", action="store_true", help="also write the results into benchmarks/README.md")
    return parser.parse_args()


def report(script: str, results: list[str], *, record: bool, page: Path = README) -> None:
    """Print the results, and keep them in the block of `page` that `script` owns."""
    git = subprocess.run(["git", "version"], capture_output=True, check=True, text=True).stdout.split()[2]
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, Git {git}"
    text = "\n\n".join([*results, f"Measured on {machine}."])
    print(text)
    if record:
        name = Path(script).name
        first, mark, rest = page.read_text("utf-8").partition(f"<!-- {name} -->\n")
        _, end, last = rest.partition(f"<!-- end of {name} -->\n")
        page.write_text(f"{first}{mark}{text}\n{end}{last}", "utf-8")
