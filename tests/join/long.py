"""Random histories by the thousand: `python -m tests.join.long --graphs 10000 [--sharded]`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pygit2

from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from tests.join import laws
from tests.join.graphs import Graph

if TYPE_CHECKING:
    from gitbtc.repo.objects import Objects

_MEMORY = "/dev/shm"  # noqa: S108 - a folder of its own is made in it. Thousands of small objects are written; a disk would be all that is measured


def run(seeds: range, *, sharded: bool = False) -> list[str]:
    """What went wrong, by seed."""
    faults = []
    with tempfile.TemporaryDirectory(dir=_MEMORY if os.path.isdir(_MEMORY) else None) as folder:
        pygit2.init_repository(folder, bare=True)
        objects = objects_of(Git.at(Path(folder)))
        for seed in seeds:
            try:
                one(objects, seed, sharded=sharded)
            except Exception as error:  # noqa: BLE001 - whatever it is, the seed is what counts
                faults.append(f"seed {seed}: {type(error).__name__}: {error}")
    return faults


def one(objects: Objects, seed: int, *, sharded: bool = False) -> None:
    """One history, grown and joined."""
    source = Random(seed)
    graph = Graph(objects, source, replicas=source.randrange(2, 5), sharded=sharded)
    graph.grow(source.randrange(3, 16))
    laws.check(objects, source, graph.heads)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sharded", action="store_true", help="records lie now in one file, now in many")
    chosen = parser.parse_args()
    began = time.monotonic()
    chunks = [range(at, min(at + 100, chosen.first + chosen.graphs))
              for at in range(chosen.first, chosen.first + chosen.graphs, 100)]  # fmt: skip
    with Pool(chosen.jobs) as pool:
        faults = [
            fault for found in pool.imap_unordered(partial(run, sharded=chosen.sharded), chunks) for fault in found
        ]
    for fault in faults:
        print(fault)
    print(f"{chosen.graphs} histories, {len(faults)} faults, {time.monotonic() - began:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
