"""Merging large wallets: gitbtc's driver beside `git merge-file`, alone and inside of `git merge`.

Both sides changed 1 % of the coins, no coin on both. Git itself inflates three versions of the file and hashes,
deflates and writes the fourth whatever the driver does: what that takes is measured with a driver that does nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from paired import arguments, ratio, report, rounds, table, timed
from treasury import STATE, WITHOUT_FILTER, WITHOUT_HOOKS, Treasury, child_seconds

SIZES = (100_000, 1_000_000)
MERGE_FILE = "`git merge-file`"
MAY_CONFLICT = 127  # merge-file exits with the number of conflicts: neighbouring lines changed on the two sides


def main() -> None:
    """Measure both sizes."""
    options = arguments(__doc__, default_rounds=5, sizes=SIZES)
    results = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            results.append(_measure(Treasury(Path(folder), size), size, options.rounds))
    report(__file__, results, record=options.record)


def _measure(treasury: Treasury, size: int, count: int) -> str:
    files = [treasury.write(f"files/{name}", lines) for name, lines in
             (("base", treasury.base), ("start", treasury.ours), ("theirs", treasury.theirs))]  # fmt: skip
    ours = files[1].with_name("ours")
    driver = treasury.driver(O="files/base", A="files/ours", B="files/theirs")

    # As `git merge` announces what it merges: without that it is a merge in memory, which no hook looks at.
    announced = {f"GITHEAD_{treasury.git('rev-parse', 'theirs').strip()}": "theirs"}

    def alone(what: str, *command: str, at_most: int = 0) -> dict[str, float]:
        treasury.git(*WITHOUT_FILTER, "reset", "--quiet", "--hard", "ours")
        shutil.copyfile(files[1], ours)
        return {what: timed(*command, cwd=treasury.path, env=treasury.env | announced, at_most=at_most)}

    def in_git(what: str, *configuration: str) -> dict[str, float]:
        return {what: _git_merge(treasury, *configuration)}

    def with_gitbtc() -> dict[str, float]:
        trace = treasury.path / "trace"
        trace.unlink(missing_ok=True)
        whole = _git_merge(treasury, *WITHOUT_HOOKS, trace=trace)
        return {"`git merge` with gitbtc": whole, "… of which gitbtc's driver": child_seconds(trace, "merge-driver")}

    text_driver = "merge.gitbtc-utxos.driver=git merge-file -q %A %O %B; exit 0"
    no_driver = "merge.gitbtc-utxos.driver=true"
    times = rounds(count, {
        MERGE_FILE: lambda: alone(MERGE_FILE, "git", "merge-file", "-q", "files/ours", "files/base", "files/theirs",
                                  at_most=MAY_CONFLICT),
        "driver": lambda: alone("gitbtc's driver", "sh", "-c", driver),
        "text": lambda: in_git("`git merge` with `git merge-file` as driver", *WITHOUT_FILTER, *WITHOUT_HOOKS, "-c",
                               text_driver),
        "floor": lambda: in_git("`git merge` with a driver that does nothing", *WITHOUT_FILTER, *WITHOUT_HOOKS, "-c",
                                no_driver),
        "gitbtc": with_gitbtc,
        "hooks": lambda: in_git("`git merge` with gitbtc and its hooks"),
    })  # fmt: skip
    _git_merge(treasury)
    if (treasury.path / STATE).read_bytes() != treasury.merged():
        raise SystemExit("gitbtc's merge is not what the sets of lines give")
    goal = ratio(times, "… of which gitbtc's driver", MERGE_FILE)
    verdict = f"gitbtc's driver inside of `git merge` takes {goal:.2f} of what `git merge-file` takes."
    return table(f"{size:,} coins", times, MERGE_FILE) + f"\n\n{verdict}"


def _git_merge(treasury: Treasury, *configuration: str, trace: Path | None = None) -> float:
    """Seconds of a `git merge` from the same start."""
    treasury.git(*WITHOUT_FILTER, "reset", "--quiet", "--hard", "ours")
    env = {**treasury.env, "GIT_TRACE2_EVENT": str(trace)} if trace else treasury.env
    return timed("git", *configuration, "merge", "--quiet", "--no-edit", "theirs", cwd=treasury.path, env=env)


if __name__ == "__main__":
    main()
