"""Random histories by the thousand: `python -m tests.oracle.long --histories 20000 [--first SEED] [--jobs N]`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from multiprocessing import Pool

from gitbtc.api import State, merge
from tests.oracle.expected import Expected
from tests.oracle.histories import History, history
from tests.oracle.judging import Fault, faults, merged, of_order
from tests.oracle.records import named


def of_history(made: History) -> list[Fault]:
    """What is wrong with the merges of a history with two heads."""
    expected = Expected(made.base, made.heads)
    base, ours, theirs = (State.of(files) for files in (made.base, *made.heads))
    outcomes = [merged(merge(ours, theirs, base=base)), merged(merge(theirs, ours, base=base))]
    found = [*faults(expected, outcomes[0]), *of_order(*outcomes)]
    for head, files in ((ours, made.heads[0]), (theirs, made.heads[1])):
        alone = merged(merge(head, base, base=base))
        found += (Fault("an unchanged side", str(fault)) for fault in faults(Expected(made.base, [files]), alone))
    return found


def of_seed(seed: int) -> tuple[int, str, list[Fault]]:
    """The same of a seed, with its story."""
    made = history(seed)
    try:
        return seed, str(made), [Fault(sort, named(text)) for sort, text in of_history(made)]
    except Exception as error:  # noqa: BLE001 - whatever it is, the seed is what counts
        return seed, str(made), [Fault("broke off", f"{type(error).__name__}: {error}")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--most", type=int, default=20, help="stop after so many faults")
    chosen = parser.parse_args()
    began, sorts, tried = time.monotonic(), Counter[str](), 0
    with Pool(chosen.jobs) as pool:
        for seed, story, found in pool.imap(of_seed, range(chosen.first, chosen.first + chosen.histories), 20):
            tried += 1
            sorts.update({fault.sort for fault in found})
            if found:
                sorts["histories"] += 1
                print(f"seed {seed}\n{story}", *(f"  ! {fault}" for fault in found), sep="\n", flush=True)
            if sorts["histories"] >= chosen.most:
                break
        pool.terminate()
    of_sorts = ", ".join(f"{sort}: {count}" for sort, count in sorts.most_common() if sort != "histories")
    print(f"{tried - sorts['histories']} of {tried} histories survived, {time.monotonic() - began:.0f} s; {of_sorts}")
    return 1 if sorts["histories"] else 0


if __name__ == "__main__":
    sys.exit(main())
