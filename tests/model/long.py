"""A long run of the model: `python -m tests.model.long --operations 20000 [--seed S] [--jobs N] [--keep-going]`."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.test_treasury import Treasury
from tests.model.world import Violation

_STEPS = 40


def main() -> int:
    """Run; exit status 1 when something happened that must not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep-going", action="store_true", help="go on after a violation")
    given = parser.parse_args()
    each = -(-given.operations // given.jobs)
    jobs = [(given.seed + 1_000_000 * number, each, given.keep_going) for number in range(given.jobs)]
    with multiprocessing.get_context("spawn").Pool(given.jobs) as pool:
        results = pool.starmap(_run, jobs)
        pool.close()
        pool.join()  # leaving a pool kills its processes, with the folders that they made
    operations, violations = (sum(column) for column in zip(*results, strict=True))
    print(f"{operations} operations, {violations} violations, seed {given.seed}")
    return 1 if violations else 0


def _run(first: int, wanted: int, keep_going: bool) -> tuple[int, int]:
    violations = 0
    number = first
    began = time.monotonic()
    parent = os.getppid()  # which a signal may end without a word to us
    while Treasury.operations < wanted and (keep_going or not violations) and os.getppid() == parent:
        try:
            run_state_machine_as_test(seed(number)(Treasury), settings=_SETTINGS)
        except Violation as error:
            violations += 1
            print(f"VIOLATION with seed {number}: {error}", flush=True)
        number += 1
        print(
            f"{Treasury.operations} operations, {violations} violations, {time.monotonic() - began:.0f} s", flush=True
        )
    return Treasury.operations, violations


_SETTINGS = settings(
    max_examples=5, stateful_step_count=_STEPS, deadline=None, phases=[Phase.generate], database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
