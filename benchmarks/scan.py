"""How fast the key gate looks through state files, prose and code, and what a small change of a large file costs.

Prose and code are what lies on the machine anyway: the licences and manuals of the installed packages, and Python's
standard library. `zlib.compress` runs beside it, a pass over the same bytes that everybody knows.
"""

from __future__ import annotations

import time
import zlib
from functools import partial
from pathlib import Path
from statistics import median
from sysconfig import get_paths
from typing import TYPE_CHECKING

from coins import changed, content, wallet
from paired import arguments, ratio, report, rounds

from gitbtc.keys.scan import scan
from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import built_in

if TYPE_CHECKING:
    from collections.abc import Callable

COINS = 100_000
AT_MOST = 16_000_000  # bytes of each text
REFERENCE = "`zlib.compress`"
WHOLE, PART = "all of it", "the records that 1 % of change adds"


def main() -> None:
    """Measure, print, and with --record write into the page."""
    options = arguments(__doc__, default_rounds=5)
    base = wallet(COINS)
    state = content(base)
    texts = {f"state file, {COINS:,} coins": state, "prose": _prose(), "code": _code()}
    results = [_speed(options.rounds, name, text) for name, text in texts.items()]
    results.append(_change(options.rounds, state, content(changed(base, 0))))
    report(__file__, results, record=options.record)


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
