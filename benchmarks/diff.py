"""What changed between two revisions of a large wallet: `gitbtc diff` beside Git's own line diff."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from paired import arguments, report, rounds, table, timed
from treasury import GITBTC, Treasury

SIZES = (100_000, 1_000_000)
GIT_DIFF = "`git diff --no-ext-diff --no-textconv`"


def main() -> None:
    """Measure both sizes."""
    options = arguments(__doc__, default_rounds=5, sizes=SIZES)
    results = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            results.append(_measure(Treasury(Path(folder), size), size, options.rounds))
    report(__file__, results, record=options.record)


def _measure(treasury: Treasury, size: int, count: int) -> str:
    commands = {
        GIT_DIFF: ("git", "diff", "--no-ext-diff", "--no-textconv", "base", "ours"),
        "`gitbtc diff`": (*GITBTC, "diff", "base", "ours"),
        "`gitbtc diff --stat`": (*GITBTC, "diff", "--stat", "base", "ours"),
        "`gitbtc diff --json`": (*GITBTC, "diff", "--json", "base", "ours"),
        "`git diff` with gitbtc": ("git", "diff", "base", "ours"),
    }

    def run(what: str) -> dict[str, float]:
        return {what: timed(*commands[what], cwd=treasury.path, env=treasury.env, at_most=1)}

    times = rounds(count, {what: partial(run, what) for what in commands})
    return table(f"{size:,} coins, 1 % changed", times, GIT_DIFF)


if __name__ == "__main__":
    main()
