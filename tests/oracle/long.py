"""Random histories by the thousand: `python -m tests.oracle.long --histories 20000 [--first SEED] [--jobs N]`.

Each is merged both ways by gitbtc.api, and one side with the base; with `--git N` every Nth goes through `git merge`
and `gitbtc join` as well, and so does one of three heads. What contradicts the oracle is told with its seed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from functools import cache, partial
from multiprocessing import Pool
from pathlib import Path

from gitbtc.api import State, merge
from tests.oracle.doors import Doors
from tests.oracle.expected import Expected
from tests.oracle.histories import History, history
from tests.oracle.joins import Joins
from tests.oracle.judging import Fault, faults, merged, of_order, of_unchanged
from tests.oracle.records import named
from tests.oracle.scenarios import TABLE

_MEMORY = "/dev/shm"  # noqa: S108 - a folder of its own is made in it; a disk would be all that is measured


def of_history(made: History) -> list[Fault]:
    """What is wrong with the merges of a history of two heads."""
    expected = Expected(made.base, made.heads)
    base, ours, theirs = (State.of(files) for files in (made.base, *made.heads))
    outcomes = [merged(merge(ours, theirs, base=base)), merged(merge(theirs, ours, base=base))]
    side = made.seed % 2
    alone = merged(merge((ours, theirs)[side], base, base=base))
    return [*faults(expected, outcomes[0]), *of_order(*outcomes), *of_unchanged(made.base, made.heads[side], alone)]


def of_seed(seed: int, every: int = 0, *, joined: bool = False) -> tuple[int, list[str]]:
    """The faults of a seed with its story, and what sorts they are of; every so many seeds through Git too."""
    histories = [history(seed)]
    found: list[Fault] = []
    try:
        if joined:
            histories.append(history(seed, 3))
            found += (fault for made in histories for fault in _joins().faults(made))
        else:
            found += of_history(histories[0])
        if every and seed % every == 0:
            histories.append(history(seed, 3))
            found += (fault for made in histories for fault in _doors().faults(made))
    except Exception as error:  # noqa: BLE001 - whatever it is, the seed is what counts
        found.append(Fault("broke off", f"{type(error).__name__}: {error}"))
    story = "\n  with three heads:\n".join(map(str, histories))
    return seed, [f"seed {seed}\n{story}", *(named(str(fault)) for fault in found)] if found else []


@cache
def _joins() -> Joins:
    """Of this process, for as long as it lives."""
    return Joins()


@cache
def _doors() -> Doors:
    """Of this process, for as long as it lives."""
    return Doors(Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"])))


def _of_scenarios() -> int:
    """How many scenarios come to something else by some door; each is told."""
    found = 0
    for number, scenario in enumerate(TABLE):
        made = History(number, *scenario.files(), [scenario.name])
        faults = [named(str(fault)) for fault in _doors().of_every_door(made)]
        found += bool(faults)
        print("\n  ! ".join([f"{scenario.name}", *faults]) if faults else f"{scenario.name}: by every door", flush=True)
    print(f"{len(TABLE) - found} of {len(TABLE)} scenarios come to the same by every door")
    return found


def main() -> int:
    """Run; exit status 1 when something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--git", type=int, default=0, metavar="N", help="every Nth through Git too")
    parser.add_argument("--join", action="store_true", help="not merged but joined, two heads and three")
    parser.add_argument("--scenarios", action="store_true", help="the table of scenarios through every door, first")
    parser.add_argument("--most", type=int, default=20, help="stop after so many histories with faults")
    chosen = parser.parse_args()
    began, sorts, tried, faulty = time.monotonic(), Counter[str](), 0, 0
    with tempfile.TemporaryDirectory(dir=_MEMORY if os.path.isdir(_MEMORY) else None) as folder:
        os.environ["TMPDIR"] = folder
        if chosen.scenarios:
            faulty += _of_scenarios()
        with Pool(chosen.jobs) as pool:
            seeds = range(chosen.first, chosen.first + chosen.histories)
            for _, said in pool.imap(partial(of_seed, every=chosen.git, joined=chosen.join), seeds, 10):
                tried += 1
                faulty += bool(said)
                sorts.update({line.partition(": ")[0] for line in said[1:]})
                print("\n  ! ".join(said), end="\n" if said else "", flush=True)
                if faulty >= chosen.most:
                    break
    told = "".join(f"\n  {count} {sort}" for sort, count in sorts.most_common())
    print(f"{tried - faulty} of {tried} histories survived, {time.monotonic() - began:.0f} s{told}")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
