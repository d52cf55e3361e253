"""What people do every day, with ten coins changed, beside plain Git on the same files: no filter, no hooks, no driver.

Seconds are those of the processor, of a command and of all that it starts; memory is the largest of its processes'.
Every round runs each command in both repositories, in turning order. The ratios of the last recorded run lie in
`everyday.json`; what has become dearer than it was there is told at the end.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import coins
from paired import arguments, report, rounds
from treasury import GITBTC, STATE

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (1_000, 100_000)
SMALLEST = 30  # coins
TOUCHED = 10
BASELINE = Path(__file__).with_name("everyday.json")
_DEARER = 1.25  # times the recorded ratio that is worth a word
MB = 1 << 20
# A process of its own, which has little: what starts another counts as that one's memory until it is another program.
_RUN = """
import os, sys
null = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=null)
_, status, used = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def main() -> None:
    """Measure each size."""
    options = arguments(__doc__, default_rounds=5, sizes=SIZES)
    texts, ratios = [], {}
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            measured = _measured(Path(folder), size, options.rounds)
        texts.append(_table(size, measured))
        ratios[str(size)] = {line.what: round(line.ratio, 2) for line in measured}
    with tempfile.TemporaryDirectory() as folder:
        text, starts = _smallest(Path(folder), options.rounds)
    texts.append(text)
    ratios["starts"] = {"the smallest commit": starts}
    report(__file__, texts, record=options.record)
    kept = json.loads(BASELINE.read_text("utf-8")) if BASELINE.exists() else {}
    print("\n".join(_dearer(kept, ratios)))
    if options.record:
        BASELINE.write_text(json.dumps(kept | ratios, indent=1) + "\n", "utf-8")


@dataclass(frozen=True)
class Line:
    """One row: CPU seconds of plain Git and of gitbtc, the median of the rounds' ratios, peak memory in bytes."""

    what: str
    plain: float
    gated: float
    ratio: float
    memory: float


def _dearer(kept: dict[str, dict[str, float]], now: dict[str, dict[str, float]]) -> list[str]:
    """A line for each ratio that is worse than the recorded one."""
    return [
        f"dearer than recorded: {what}, {size} coins: {ratio} (was {kept[size][what]})"
        for size, ratios in now.items()
        for what, ratio in ratios.items()
        if ratio > _DEARER * kept.get(size, {}).get(what, ratio)
    ]


def _table(size: int, lines: list[Line]) -> str:
    rows = [f"**{size:,} coins, {TOUCHED} changed**", "", "| | plain Git, s | gitbtc, s | ratio | memory, MB |",
            "|---|---:|---:|---:|---:|"]  # fmt: skip
    rows += [f"| {one.what} | {one.plain:.3f} | {one.gated:.3f} | {one.ratio:.2f} | {one.memory / MB:.0f} |"
             for one in lines]  # fmt: skip
    return "\n".join(rows)


# -- repositories ------------------------------------------------------------------------------------------------------


class Everyday:
    """A repository of one wallet, with a server. Git sees no configuration but the repositories' own.

    `main` has the wallet; `ours` and `theirs` each changed ten coins of it, `topic` ten in ten commits; `many` and
    `others` each changed 1 %.
    """

    def __init__(self, path: Path, server: Path, *, gated: bool) -> None:
        self.path, self._server, self._gated = path, server, gated
        self._moment = 1_700_000_000
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))}
        self.env |= {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "NO_COLOR": "1",
            **{f"GIT_{who}_{what}": "bench" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }

    @classmethod
    def made(cls, folder: Path, wallet: Wallet) -> tuple[Everyday, Everyday]:
        """The same history twice: plain, and with gitbtc."""
        plain = cls(folder / "plain", folder / "plain.git", gated=False)
        plain.path.mkdir()
        plain.git("init", "--quiet", "--initial-branch=main")
        plain.commit(wallet.base)
        for name, steps in wallet.branches.items():
            plain.git("checkout", "--quiet", "-b", name, "main")
            for lines in steps:
                plain.commit(lines)
        plain.git("checkout", "--quiet", "main")
        plain.git("repack", "-adq")
        gated = cls(folder / "gated", folder / "gated.git", gated=True)
        shutil.copytree(plain.path, gated.path)
        gated.run(*GITBTC, "init")
        return plain, gated

    def run(self, *command: str, at_most: int = 0) -> tuple[float, float]:
        """CPU seconds and peak memory in bytes of a command and what it starts."""
        done = subprocess.run([GITBTC[0], "-E", "-S", "-c", _RUN, *command], cwd=self.path, env=self.env, check=True,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)  # fmt: skip
        status, seconds, peak = done.stdout.split()
        if not 0 <= int(status) <= at_most:
            raise SystemExit(f"{command} exited {status}\n{done.stderr}")
        return float(seconds), float(peak) * 1024

    def git(self, *arguments: str) -> None:
        """One git command; the benchmark ends where it fails."""
        self.run("git", *arguments)

    def write(self, lines: list[bytes]) -> None:
        """The wallet in the work tree, older than any index: what Git cannot tell from a change it reads again."""
        target = self.path / STATE
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(coins.content(lines))
        self._moment += 1  # else Git would not see a change of the same size
        os.utime(target, (self._moment, self._moment))

    def commit(self, lines: list[bytes]) -> None:
        """A commit of the wallet, with nobody looking."""
        self.write(lines)
        self.git("add", STATE)
        self.git("commit", "--quiet", "--message", "step")

    def start(self, branch: str) -> None:
        """At the commit of `branch`, with no branch checked out, no change, and an index that knows it."""
        unguarded = ("-c", "core.hooksPath=no-hooks", "-c", "filter.gitbtc.process=", "-c", "filter.gitbtc.clean=",
                     "-c", "filter.gitbtc.required=false")  # fmt: skip
        self.git(*unguarded, "reset", "--quiet", "--hard")
        self.git(*unguarded, "checkout", "--quiet", "--detach", branch)
        target = self.path / STATE
        os.utime(target, (1_600_000_000, 1_600_000_000))
        self.git(*unguarded, "update-index", "--refresh")

    def new_server(self) -> None:
        """An empty server; gated, if this repository is."""
        shutil.rmtree(self._server, ignore_errors=True)
        self.git("init", "--quiet", "--bare", str(self._server))
        if self._gated:
            subprocess.run([*GITBTC, "install", "--server"], cwd=self._server, env=self.env, check=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip

    def push(self, branch: str) -> tuple[str, ...]:
        """The command that sends `branch` to the server's main branch, past the hook of the clone."""
        return ("git", "push", "--quiet", "--no-verify", str(self._server), f"{branch}:refs/heads/main")


class Wallet:
    """The lines of a wallet, and of what became of it on several branches."""

    def __init__(self, size: int) -> None:
        self.base = coins.wallet(size)
        ten = [coins.touched(self.base, side, TOUCHED) for side in range(3)]
        self.branches = {
            "ours": [ten[0]],
            "theirs": [ten[1]],
            "topic": [coins.touched(self.base, 5, number + 1) for number in range(TOUCHED)],
            "many": [coins.changed(self.base, 0)],
            "others": [coins.changed(self.base, 1)],
        }
        self._changed = ten[2]
        self._times = 0

    def changed(self) -> list[bytes]:
        """Ten coins changed otherwise than ever before: a new version is a new object to compress and to write."""
        self._times += 1
        return [line.replace(b'"audited"', b'"audited, %d"' % self._times) for line in self._changed]


# -- measuring ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """Something that people do: what makes it ready, and the command of plain Git and of gitbtc."""

    ready: Callable[[Everyday], None]
    plain: tuple[str, ...]
    gated: tuple[str, ...] | None = None
    at_most: int = 0


def _steps(wallet: Wallet) -> dict[str, Step]:
    def edited(one: Everyday) -> None:
        one.start("main")
        one.write(wallet.changed())

    def staged(one: Everyday) -> None:
        edited(one)
        one.git("add", STATE)

    def at(branch: str) -> Callable[[Everyday], None]:
        return lambda one: one.start(branch)

    txid = coins.txid_of(wallet.base[len(wallet.base) // 2]).decode()
    vout = re.findall(rb'"vout":(\d+)', wallet.base[len(wallet.base) // 2])[0].decode()
    diff = ("git", "diff")
    return {
        "`git status`": Step(edited, ("git", "status")),
        "`git diff`": Step(edited, diff),
        "`git add`": Step(edited, ("git", "add", STATE)),
        "`git commit`": Step(staged, ("git", "commit", "--quiet", "-m", "step")),
        "`git merge`": Step(at("ours"), ("git", "merge", "--quiet", "--no-edit", "theirs")),
        "`git rebase` of ten commits": Step(at("topic"), ("git", "rebase", "--quiet", "ours")),
        "`git checkout`": Step(at("ours"), ("git", "checkout", "--quiet", "theirs")),
        "`gitbtc diff`, to `git diff`": Step(edited, diff, (*GITBTC, "diff"), 1),
        "`gitbtc check`, to `git diff`": Step(edited, diff, (*GITBTC, "check"), 1),
        "`gitbtc validate`, to `git diff`": Step(edited, diff, (*GITBTC, "validate"), 1),
        "`gitbtc drift`, to `git diff`": Step(edited, diff, (*GITBTC, "drift"), 1),
        "`gitbtc log -n 3`, to `git log -p -3`": Step(at("topic"), ("git", "log", "-p", "-3"),
                                                      (*GITBTC, "log", "-n", "3")),
        "`gitbtc why`, to `git log -S`": Step(at("topic"), ("git", "log", f"-S{txid}"),
                                              (*GITBTC, "why", f"{txid}:{vout}")),
        "`gitbtc premerge`, to `git merge-tree`": Step(
            at("ours"), ("git", "merge-tree", "--write-tree", "ours", "theirs"), (*GITBTC, "premerge", "theirs"), 1
        ),
    }  # fmt: skip


def _measured(folder: Path, size: int, count: int) -> list[Line]:
    wallet = Wallet(size)
    plain, gated = Everyday.made(folder, wallet)
    memory: dict[str, float] = {}

    def once(what: str, one: Everyday, side: str, command: tuple[str, ...], at_most: int = 0) -> dict[str, float]:
        seconds, peak = one.run(*command, at_most=at_most)
        if side == "gated":
            memory[what] = max(memory.get(what, 0), peak)
        return {f"{what} {side}": seconds}

    def step(what: str, made: Step, one: Everyday, side: str) -> dict[str, float]:
        made.ready(one)
        command = made.gated if side == "gated" and made.gated else made.plain
        return once(what, one, side, command, made.at_most if side == "gated" else 0)

    def pushes(one: Everyday, side: str) -> dict[str, float]:
        one.new_server()
        first = once("first push", one, side, one.push("main"))
        return first | once("second push", one, side, one.push("ours"))

    def many(one: Everyday, side: str) -> dict[str, float]:
        one.start("many")
        nothing = ("-c", "merge.gitbtc-utxos.driver=true") if side == "gated" else ()
        floor = ("-c", "core.hooksPath=no-hooks", "-c", "filter.gitbtc.process=", "-c", "filter.gitbtc.required=false",
                 *nothing)  # fmt: skip
        options = floor if side == "plain" else ()
        return once(MANY, one, side, ("git", *options, "merge", "--quiet", "--no-edit", "others"))

    contenders = {}
    for what, made in _steps(wallet).items():
        for one, side in ((plain, "plain"), (gated, "gated")):
            contenders[f"{what} {side}"] = partial(step, what, made, one, side)
    for one, side in ((plain, "plain"), (gated, "gated")):
        contenders[f"pushes {side}"] = partial(pushes, one, side)
        contenders[f"{MANY} {side}"] = partial(many, gated, side)
    times = rounds(count, contenders)
    return [_line(what, times, memory[what]) for what in memory]


MANY = "`git merge` of 1 %, to a driver that does nothing"


def _smallest(folder: Path, count: int) -> tuple[str, float]:
    """What `git add` and `git commit` of one coin take in a wallet of few, and that in starts of a bare Python."""
    base = coins.wallet(SMALLEST)
    gated = Everyday(folder / "small", folder / "small.git", gated=True)
    gated.path.mkdir()
    gated.git("init", "--quiet", "--initial-branch=main")
    gated.run(*GITBTC, "init")
    gated.git("add", ".gitattributes")
    gated.commit(base)
    done = 0

    def committed() -> dict[str, float]:
        nonlocal done
        done += 1
        gated.write([re.sub(rb'"label":(null|"[^"]*")', b'"label":"audited, %d"' % done, base[0]), *base[1:]])
        add, _ = gated.run("git", "add", STATE)
        commit, _ = gated.run("git", "commit", "--quiet", "--message", "step")
        return {"add": add, "commit": commit, "both": add + commit}

    times = rounds(2 * count + 1, {
        "gitbtc": committed, "bare": lambda: {"bare": gated.run(GITBTC[0], "-E", "-P", "-c", "")[0]}
    })  # fmt: skip
    starts = median(both / bare for both, bare in zip(times["both"], times["bare"], strict=True))
    told = ", ".join(f"{what} {median(times[what]) * 1000:.0f} ms" for what in ("add", "commit", "bare"))
    return f"**The smallest commit** takes {starts:.1f} starts of a bare Python ({told}).", round(starts, 1)


def _line(what: str, times: dict[str, list[float]], memory: float) -> Line:
    plain, gated = times[f"{what} plain"], times[f"{what} gated"]
    ratio = median(one / other for one, other in zip(gated, plain, strict=True))
    return Line(what, median(plain), median(gated), ratio, memory)


if __name__ == "__main__":
    main()
