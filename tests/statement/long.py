"""Random wallets by the thousand: `python -m tests.statement.long --worlds 1000`."""

from __future__ import annotations

import argparse
import sys
from random import Random

from tests.statement.test_reckoning import check
from tests.statement.world import World


def main() -> int:
    """Check worlds from a seed on; 1 where one does not add up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    faults = 0
    for seed in range(asked.seed, asked.seed + asked.worlds):
        world = World(seed).run(Random(seed).randint(1, 120))
        try:
            check(world, is_proven=True)
            check(world, is_proven=False)
        except AssertionError as error:
            faults += 1
            print(f"seed {seed}: {str(error).splitlines()[0]}")
    print(f"{asked.worlds} worlds, {faults} of which do not add up")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
