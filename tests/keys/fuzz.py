"""Looks for bytes that make the key gate fail, or take long: coverage-guided, by atheris (`pip install atheris`).

    .venv/bin/python -m tests.keys.fuzz -max_total_time=3600 [FOLDER of inputs to begin with]

The first byte chooses the name and the doors, the rest is the content: of a scan, of the clean filter, of a compressed
file. Arguments are libFuzzer's. What takes more than ten seconds of the processor is an error like any other.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import tempfile
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATHS = (
    "wallet.dat", "a.txt", "k/hsm_secret", "x.json", "wallet/utxos.json", "wallet/labels.jsonl", "a.patch",
    "wallet/transactions.json",
)  # fmt: skip
IN_PIECES, A_NAME, FILTERED = 16, 32, 64  # bits of the first byte
LONGEST = 10  # seconds
REPORTED = 5000  # runs


def main() -> None:
    """Until it fails, or the time is over."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["gitbtc"], enable_loader_override=False):
        from gitbtc.drivers import filter as clean_filter
        from gitbtc.keys.scan import scan, scan_name
        from gitbtc.scanning.examiner import found_within, in_pieces

    def once(first: int, content: bytes) -> None:
        path = PATHS[first % len(PATHS)]
        scan(content, path)
        found_within(content, path)
        if first & IN_PIECES:
            in_pieces(content, path, piece=512, overlap=128)
        if first & A_NAME:
            scan_name(content[:200].decode("utf-8", "surrogateescape"))
        if first & FILTERED:
            with contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(clean_filter.Refused):
                clean_filter.clean(None, path, content)

    with tempfile.TemporaryDirectory() as empty, contextlib.chdir(empty):
        atheris.Setup(sys.argv, timed(once))
        atheris.Fuzz()


def timed(once: Callable[[int, bytes], None]) -> Callable[[bytes], None]:
    """The same, that tells how many runs there were and how long the slowest took."""
    slowest, runs = 0.0, 0

    def run(given: bytes) -> None:
        nonlocal slowest, runs
        start = time.process_time()
        once(given[0] if given else 0, given[1:])
        slowest = max(slowest, time.process_time() - start)
        runs += 1
        if slowest > LONGEST:
            raise RuntimeError(f"{slowest:.1f} s")
        if runs % REPORTED == 0:
            print(f"{runs:,} runs, the slowest {slowest:.2f} s")

    return run


if __name__ == "__main__":
    main()
