"""How fast the key gate looks through state files, prose, code and lists of words, what a small change of a large file
costs, and how long a tree of small files takes, beside other scanners.

Prose and code are what lies on the machine anyway: the licences and manuals of the installed packages, and Python's
standard library. `zlib.compress` runs beside it, a pass over the same bytes that everybody knows. Of other scanners
those run that are on the PATH: gitleaks and trufflehog (Debian), detect-secrets (PyPI), secretlint (npm, with its
secretlint-rule-preset-recommend).
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import sys
import tempfile
import time
import zlib
from functools import partial
from pathlib import Path
from statistics import median
from sysconfig import get_paths
from typing import TYPE_CHECKING

from coins import changed, content, wallet
from paired import arguments, ratio, report, rounds, timed

from gitbtc.keys import words
from gitbtc.keys.scan import scan
from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import built_in

if TYPE_CHECKING:
    from collections.abc import Callable

COINS = 100_000
AT_MOST = 4_000_000  # bytes of each text
REFERENCE = "`zlib.compress`"
FILES = 1_000
LARGEST = 200_000  # bytes of one file of the tree
SHUFFLED = 50  # times that all words of a list stand in a text
# Each scans the folder it stands in, offline, with the rules it comes with.
SCANNERS = {
    "`gitbtc scan`": (str(Path(sys.executable).with_name("gitbtc")), "scan", "."),
    "gitleaks": ("gitleaks", "dir", ".", "--no-banner", "--log-level", "error"),
    "trufflehog": ("trufflehog", "filesystem", ".", "--no-verification", "--no-update"),
    "detect-secrets": ("detect-secrets", "scan", "--all-files", "."),
    "secretlint": ("secretlint", "**/*"),
}
FINDINGS = 1  # the status with which one says that it found something
WHOLE, PART = "all of it", "the records that 1 % of change adds"


def main() -> None:
    """Measure, print, and with --record write into the page."""
    options = arguments(__doc__, default_rounds=5)
    base = wallet(COINS)
    state = content(base)
    texts = {f"state file, {COINS:,} coins": state, "prose": _prose(), "code": _code()}
    results = [_speed(options.rounds, name, text) for name, text in texts.items()]
    results.append(_change(options.rounds, state, content(changed(base, 0))))
    results.append(_lists(options.rounds))
    results.append(_tree(options.rounds))
    report(__file__, results, record=options.record)


def _lists(count: int) -> str:
    """Texts of nothing but the words of a list, in random order."""
    lines = ["**words of a list, shuffled**", "", "| | MB/s | to zlib |", "|---|---:|---:|"]
    for name in words.LISTS:
        shuffled = random.Random(name)
        listed = words.spellings(name)
        text = b" ".join([word for _ in range(SHUFFLED) for word in shuffled.sample(listed, len(listed))])
        passes: dict[str, Callable[[], object]] = {name: partial(scan, text), REFERENCE: partial(zlib.compress, text)}
        times = rounds(count, {what: partial(_named, what, run) for what, run in passes.items()})
        lines.append(
            f"| {name} | {len(text) / 1e6 / median(times[name]):.1f} | {1 / ratio(times, name, REFERENCE):.2f} |"
        )
    return "\n".join(lines)


def _tree(count: int) -> str:
    """Files of Python's standard library and of the installed packages, as many as are said."""
    with tempfile.TemporaryDirectory() as folder:
        size = _copied(Path(folder))
        (Path(folder) / ".secretlintrc.json").write_text(
            '{"rules": [{"id": "@secretlint/secretlint-rule-preset-recommend"}]}'
        )
        there = {name: command for name, command in SCANNERS.items() if shutil.which(command[0])}
        runs = {name: partial(_scanned, name, command, Path(folder)) for name, command in there.items()}
        times = rounds(count, runs)
    lines = [f"**a tree of {FILES:,} files**, {size / 1e6:.1f} MB", "", "| | CPU seconds | MB/s | to gitbtc |"]
    lines.append("|---|---:|---:|---:|")
    first = next(iter(there))
    for name in there:
        seconds = median(times[name])
        lines.append(f"| {name} | {seconds:.1f} | {size / 1e6 / seconds:.1f} | {ratio(times, name, first):.2f} |")
    return "\n".join(lines)


def _copied(folder: Path) -> int:
    """How many bytes there are in all."""
    size = 0
    found = sorted(path for top in ("stdlib", "purelib") for path in Path(get_paths()[top]).rglob("*.py"))
    small = [path for path in dict.fromkeys(found) if path.is_file() and path.stat().st_size <= LARGEST]
    for number, path in enumerate(small[:: max(len(small) // FILES, 1)][:FILES]):
        place = folder / f"{number // 100}" / f"{number}.py"
        place.parent.mkdir(exist_ok=True)
        size += len(path.read_bytes())
        shutil.copyfile(path, place)
    return size


def _scanned(name: str, command: tuple[str, ...], folder: Path) -> dict[str, float]:
    """Of all its processes, on all cores: other work of the machine does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    timed(*command, cwd=folder, env=dict(os.environ), at_most=FINDINGS)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {name: after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def _speed(count: int, name: str, text: bytes) -> str:
    passes: dict[str, Callable[[], object]] = {
        "`gitbtc scan`": partial(scan, text),
        REFERENCE: partial(zlib.compress, text),
    }
    times = rounds(count, {what: partial(_named, what, run) for what, run in passes.items()})
    lines = [f"**{name}**, {len(text) / 1e6:.1f} MB", "", "| | MB/s | to zlib |", "|---|---:|---:|"]
    lines += [
        f"| {what} | {len(text) / 1e6 / median(times[what]):.1f} | {1 / ratio(times, what, REFERENCE):.2f} |"
        for what in times
    ]
    return "\n".join(lines)


def _change(count: int, before: bytes, after: bytes) -> str:
    kind = built_in("utxos")

    def part() -> object:
        return scan(b"\n".join([change.new for change in delta(kind, before, after) if change.new]))

    passes: dict[str, Callable[[], object]] = {WHOLE: partial(scan, after), PART: part}
    times = rounds(count, {what: partial(_named, what, run) for what, run in passes.items()})
    lines = ["**1 % of the coins changed**", "", "| | seconds | to all of it |", "|---|---:|---:|"]
    lines += [f"| {what} | {median(times[what]):.3f} | {ratio(times, what, WHOLE):.3f} |" for what in times]
    return "\n".join(lines)


def _named(what: str, run: Callable[[], object]) -> dict[str, float]:
    start = time.process_time()
    run()
    return {what: time.process_time() - start}


def _prose() -> bytes:
    installed = Path(get_paths()["purelib"])
    found = [path for name in ("*LICENSE*", "METADATA", "*.md", "*.rst") for path in installed.rglob(name)]
    return _joined(found)


def _code() -> bytes:
    return _joined(list(Path(get_paths()["stdlib"]).rglob("*.py")))


def _joined(paths: list[Path]) -> bytes:
    text = b"\n".join(path.read_bytes() for path in sorted(paths) if path.is_file())
    return text[:AT_MOST]


if __name__ == "__main__":
    main()
