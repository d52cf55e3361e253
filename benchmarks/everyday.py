"""What people do every day, with ten coins changed, beside plain Git on the same files: no filter, no hooks, no driver.

A wallet lies in one file, or in the shards that `gitbtc reshard` would choose; the ten coins lie in ten of those.
Seconds are those of the processor, of a command and of all that it starts; memory is the largest of its processes'.
Every round runs each command in both repositories, in turning order. How often a command starts Python is counted in a
run of its own; what a bare interpreter takes, so many times, is what is called its starts. The figures of the last
recorded run lie in `everyday.json`, from which the tables are made; what has become dearer than it was there is told
at the end.
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

from gitbtc.kinds.layouts import shard_path
from gitbtc.kinds.registry import built_in
from gitbtc.worktree.resharding import digits_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from paired import Times

SIZES = (1_000, 100_000, 1_000_000)
WHOLE, SHARDED = "whole", "sharded"
SMALLEST = 30  # coins
TOUCHED = 10
BASELINE = Path(__file__).with_name("everyday.json")
_DEARER = 1.25  # times the recorded ratio that is worth a word
_OLD = 1_600_000_000  # when a file was changed that no index takes for a fresh one
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
    """Measure each size in each layout."""
    options = arguments(__doc__, default_rounds=5, sizes=SIZES, layouts=(WHOLE, SHARDED))
    kept: Figures = json.loads(BASELINE.read_text("utf-8")) if BASELINE.exists() else {}
    now: Figures = {}
    for size in options.sizes:
        for layout in options.layouts:
            with tempfile.TemporaryDirectory() as folder:
                now[f"{size} {layout}"] = _measured(Path(folder), size, layout, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        now[_STARTS] = _smallest(Path(folder), options.rounds)
    print("\n".join(_dearer(kept, now)))
    known = kept | now
    if options.record:
        BASELINE.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
    report(__file__, _texts(known if options.record else now), record=options.record)


# -- figures -----------------------------------------------------------------------------------------------------------

# Of what was measured, by "SIZE LAYOUT" and what was done: see `_line`.
Figures = dict[str, dict[str, dict[str, float]]]
_STARTS = "the smallest commit"


def _line(times: Times, what: str, starts: int, memory: float) -> dict[str, float]:
    """CPU seconds of plain Git and of gitbtc, how often that starts Python and what it takes beyond it, the medians of
    the rounds' ratios to plain Git with and without the starts, and peak memory in MB.
    """
    plain, gated = times[f"{what} {PLAIN}"], times[f"{what} {GATED}"]
    beyond = [max(one - starts * bare, 0) for one, bare in zip(gated, times[BARE], strict=True)]
    figures = {
        "plain": median(plain),
        "gated": median(gated),
        "beyond": median(beyond),
        "ratio": median(one / other for one, other in zip(gated, plain, strict=True)),
        "beyond ratio": median(one / other for one, other in zip(beyond, plain, strict=True)),
        "starts": starts,
        "memory": memory / MB,
    }
    return {name: round(value, 4) for name, value in figures.items()}


def _dearer(kept: Figures, now: Figures) -> list[str]:
    """A line for each ratio that is worse than the recorded one."""
    return [
        f"dearer than recorded: {what}, {size}: {line['ratio']:.2f} (was {kept[size][what]['ratio']:.2f})"
        for size, lines in now.items()
        for what, line in lines.items()
        if what in kept.get(size, {}) and line["ratio"] > _DEARER * kept[size][what]["ratio"]
    ]


def _texts(figures: Figures) -> list[str]:
    """The figures as Markdown."""
    smallest = figures[_STARTS][_STARTS]
    by_size = {(int(size), layout): lines for name, lines in figures.items() if name != _STARTS
               for size, _, layout in [name.partition(" ")]}  # fmt: skip
    told = ", ".join(f"{what} {smallest[what] * 1000:.0f} ms" for what in ("add", "commit", "bare"))
    return [
        *(_table(size, layout, by_size[size, layout]) for size, layout in sorted(by_size)),
        *_flat({size: lines for (size, layout), lines in by_size.items() if layout == SHARDED}),
        f"**The smallest commit** takes {smallest['ratio']:.1f} starts of a bare Python ({told}).",
    ]


def _table(size: int, layout: str, lines: dict[str, dict[str, float]]) -> str:
    rows = [f"**{size:,} coins, {layout}, {TOUCHED} changed**", "",
            "| | plain Git, s | gitbtc, s | ratio | starts | ratio beyond them | memory, MB |",
            "|---|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    rows += [f"| {what} | {one['plain']:.3f} | {one['gated']:.3f} | {one['ratio']:.2f} | {one['starts']:.0f} |"
             f" {one['beyond ratio']:.2f} | {one['memory']:.0f} |" for what, one in lines.items()]  # fmt: skip
    return "\n".join(rows)


def _flat(lines: dict[int, dict[str, dict[str, float]]]) -> list[str]:
    """How much more the largest wallet in shards takes than the smallest; none of one size."""
    if len(lines) < len(SIZES[:2]):
        return []
    small, large = min(lines), max(lines)
    rows = [f"**Flat**: {large:,} coins in shards to {small:,}, beyond the starts of Python", "",
            f"| | {small:,}, s | {large:,}, s | times | plain Git, times |", "|---|---:|---:|---:|---:|"]  # fmt: skip
    for what, one in lines[small].items():
        other = lines[large].get(what)
        if other:
            times = other["beyond"] / max(one["beyond"], _INSTANT)
            rows.append(f"| {what} | {one['beyond']:.3f} | {other['beyond']:.3f} | {times:.2f} |"
                        f" {other['plain'] / one['plain']:.2f} |")  # fmt: skip
    return ["\n".join(rows)]


_INSTANT = 0.001  # seconds, less than which nobody measures


# -- repositories ------------------------------------------------------------------------------------------------------


class Everyday:
    """A repository of one wallet, with a server. Git sees no configuration but the repositories' own.

    `main` has the wallet; `ours` and `theirs` each changed ten coins of it, `topic` ten in ten commits; `many` and
    `others` each changed 1 %.
    """

    def __init__(self, path: Path, server: Path, *, gated: bool) -> None:
        self.path, self._server, self._gated = path, server, gated
        self._moment = 1_700_000_000
        self._counter = path.with_name(f"{path.name}-python")
        self._is_counting = False
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
            for files in steps:
                plain.commit(files)
        plain.git("checkout", "--quiet", "main")
        plain.git("repack", "-adq", "--window=1")
        gated = cls(folder / "gated", folder / "gated.git", gated=True)
        shutil.copytree(plain.path, gated.path)
        gated.run(*GITBTC, "init")
        return plain, gated

    def run(self, *command: str, at_most: int = 0) -> tuple[float, float]:
        """CPU seconds and peak memory in bytes of a command and what it starts."""
        if self._is_counting and command[0] == GITBTC[0]:
            command = (str(self._counter), *command[1:])
        done = subprocess.run([GITBTC[0], "-E", "-S", "-c", _RUN, *command], cwd=self.path, env=self.env, check=True,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)  # fmt: skip
        status, seconds, peak = done.stdout.split()
        if not 0 <= int(status) <= at_most:
            raise SystemExit(f"{command} exited {status}\n{done.stderr}")
        return float(seconds), float(peak) * 1024

    def git(self, *arguments: str) -> None:
        """One git command; the benchmark ends where it fails."""
        self.run("git", *arguments)

    def write(self, files: Files) -> None:
        """Files in the work tree, older than any index: what Git cannot tell from a change it reads again."""
        self._moment += 1  # else Git would not see a change of the same size
        for path, content in files.items():
            target = self.path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            os.utime(target, (self._moment, self._moment))

    def commit(self, files: Files) -> None:
        """A commit of the wallet, with nobody looking."""
        self.write(files)
        self.git("add", FOLDER)
        self.git("commit", "--quiet", "--message", "step")

    def start(self, branch: str) -> None:
        """At the commit of `branch`, with no branch checked out, no change, and an index that knows it."""
        unguarded = ("-c", "core.hooksPath=no-hooks", "-c", "filter.gitbtc.process=", "-c", "filter.gitbtc.clean=",
                     "-c", "filter.gitbtc.required=false")  # fmt: skip
        self.git(*unguarded, "reset", "--quiet", "--hard")
        self.git("clean", "-dfq", FOLDER)
        self.git(*unguarded, "checkout", "--quiet", "--detach", branch)
        for target in self.path.glob(f"{FOLDER}/**/*.json"):
            if target.stat().st_mtime != _OLD:
                os.utime(target, (_OLD, _OLD))
        self.git(*unguarded, "update-index", "--refresh")

    def starts(self, done: Callable[[], object]) -> int:
        """How often Python is started while something is done that `run` runs: its place is taken for so long by a
        script that leaves a line.
        """
        self._counter.write_text(f'#!/bin/sh\necho >>"$0.count"\nexec {GITBTC[0]} "$@"\n', "utf-8")
        self._counter.chmod(0o755)
        count = self._counter.with_name(self._counter.name + ".count")
        count.write_text("", "utf-8")
        self._is_counting = True
        self._name(GITBTC[0], str(self._counter))
        try:
            done()
        finally:
            self._name(str(self._counter), GITBTC[0])
            self._is_counting = False
        return count.read_text("utf-8").count("\n")

    def _name(self, old: str, new: str) -> None:
        """Have Git start another program for gitbtc, here and on the server."""
        for folder in (self.path / ".git", self._server):
            for file in (*folder.glob("hooks/*"), *folder.glob("gitbtc/*")):
                if file.is_file() and old.encode() in (content := file.read_bytes()):
                    file.write_bytes(content.replace(old.encode(), new.encode()))

    def new_server(self) -> None:
        """An empty server; gated, if this repository is."""
        shutil.rmtree(self._server, ignore_errors=True)
        self.git("init", "--quiet", "--bare", str(self._server))
        if self._gated:
            subprocess.run([*GITBTC, "install", "--server"], cwd=self._server, env=self.env, check=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
            if self._is_counting:
                self._name(GITBTC[0], str(self._counter))

    def push(self, branch: str) -> tuple[str, ...]:
        """The command that sends `branch` to the server's main branch, past the hook of the clone."""
        return ("git", "push", "--quiet", "--no-verify", str(self._server), f"{branch}:refs/heads/main")


Files = dict[str, bytes]  # path -> content
FOLDER = STATE.partition("/")[0]


class Wallet:
    """A wallet in a layout, and what became of it on several branches: the files of the one, and for each commit of the
    others those that differ from them.
    """

    def __init__(self, size: int, layout: str) -> None:
        self.lines = coins.wallet(size)
        self._digits = digits_for(built_in("utxos"), size) if layout == SHARDED else 0
        self._base = self._shards(self.lines)
        self.base = {path: coins.content(lines) for path, lines in self._base.items()}
        ten = [coins.touched(self.lines, side, TOUCHED) for side in range(3)]
        self.branches = {
            "ours": [self._files(ten[0])],
            "theirs": [self._files(ten[1])],
            "topic": [self._files(coins.touched(self.lines, 5, number + 1)) for number in range(TOUCHED)],
            "many": [self._files(coins.changed(self.lines, 0))],
            "others": [self._files(coins.changed(self.lines, 1))],
        }
        self._changed = self._files(ten[2])
        self._times = 0

    def _shards(self, lines: list[bytes]) -> dict[str, list[bytes]]:
        if not self._digits:
            return {STATE: lines}
        shards: dict[str, list[bytes]] = {}
        for line in lines:
            shards.setdefault(coins.txid_of(line)[: self._digits].decode(), []).append(line)
        return {shard_path(STATE, name): its for name, its in shards.items()}

    def _files(self, lines: list[bytes]) -> Files:
        found = self._shards(lines)
        return {path: coins.content(its) for path, its in found.items() if its != self._base.get(path)}

    def changed(self) -> Files:
        """Ten coins changed otherwise than ever before: a new version is a new object to compress and to write."""
        self._times += 1
        audited = b'"audited, %d"' % self._times
        return {path: content.replace(b'"audited"', audited) for path, content in self._changed.items()}

    def labels(self) -> bytes:
        """A file of BIP-329 with labels, never the same, of the ten coins."""
        self._times += 1
        places = range(0, len(self.lines), len(self.lines) // TOUCHED)
        return b"".join(
            b'{"type":"output","ref":"%s:%s","label":"seen, %d"}\n' % (*outpoint(self.lines[place]), self._times)
            for place in places[:TOUCHED]
        )


def outpoint(line: bytes) -> tuple[bytes, bytes]:
    """The txid and the output's number of a coin's line."""
    return coins.txid_of(line), re.findall(rb'"vout":(\d+)', line)[0]


# -- measuring ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """Something that people do: what makes it ready, and the command of plain Git and of gitbtc."""

    ready: Callable[[Everyday], None]
    plain: tuple[str, ...]
    gated: tuple[str, ...] | None = None
    at_most: int = 0


def _steps(wallet: Wallet, labels: Path) -> dict[str, Step]:
    def edited(one: Everyday) -> None:
        one.start("main")
        one.write(wallet.changed())

    def staged(one: Everyday) -> None:
        edited(one)
        one.git("add", FOLDER)

    def labelled(one: Everyday) -> None:
        edited(one)
        labels.write_bytes(wallet.labels())

    def at(branch: str) -> Callable[[Everyday], None]:
        return lambda one: one.start(branch)

    txid, vout = (part.decode() for part in outpoint(wallet.lines[len(wallet.lines) // 2]))
    diff = ("git", "diff")
    return {
        "`git status`": Step(edited, ("git", "status")),
        "`git diff`": Step(edited, diff),
        "`git add`": Step(edited, ("git", "add", FOLDER)),
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
        "`gitbtc import` of ten labels, to `git diff`": Step(labelled, diff, (*GITBTC, "import", str(labels))),
        "`gitbtc premerge`, to `git merge-tree`": Step(
            at("ours"), ("git", "merge-tree", "--write-tree", "ours", "theirs"), (*GITBTC, "premerge", "theirs"), 1
        ),
    }  # fmt: skip


def _measured(folder: Path, size: int, layout: str, count: int) -> dict[str, dict[str, float]]:
    wallet = Wallet(size, layout)
    plain, gated = Everyday.made(folder, wallet)
    memory: dict[str, float] = {}

    def once(what: str, one: Everyday, side: str, command: tuple[str, ...], at_most: int = 0) -> dict[str, float]:
        seconds, peak = one.run(*command, at_most=at_most)
        if side == GATED:
            memory[what] = max(memory.get(what, 0), peak)
        return {f"{what} {side}": seconds}

    def step(what: str, made: Step, one: Everyday, side: str) -> dict[str, float]:
        made.ready(one)
        command = made.gated if side == GATED and made.gated else made.plain
        return once(what, one, side, command, made.at_most if side == GATED else 0)

    def first_push(one: Everyday, side: str) -> dict[str, float]:
        one.new_server()
        return once(FIRST, one, side, one.push("main"))

    def second_push(one: Everyday, side: str) -> dict[str, float]:
        return once(SECOND, one, side, one.push("ours"))

    def many(one: Everyday, side: str) -> dict[str, float]:
        one.start("many")
        nothing = ("-c", "merge.gitbtc-utxos.driver=true") if side == GATED else ()
        floor = ("-c", "core.hooksPath=no-hooks", "-c", "filter.gitbtc.process=", "-c", "filter.gitbtc.required=false",
                 *nothing)  # fmt: skip
        options = floor if side == PLAIN else ()
        return once(MANY, one, side, ("git", *options, "merge", "--quiet", "--no-edit", "others"))

    done: dict[str, Callable[[Everyday, str], dict[str, float]]] = {
        what: partial(step, what, made) for what, made in _steps(wallet, folder / "labels.jsonl").items()
    }
    done |= {FIRST: first_push, SECOND: second_push, MANY: many}
    sides = {PLAIN: plain, GATED: gated}
    starts = {what: gated.starts(partial(run, gated, GATED)) for what, run in done.items()}
    contenders: dict[str, Callable[[], dict[str, float]]] = {}
    for side, one in sides.items():
        contenders |= {f"{what} {side}": partial(run, one, side) for what, run in done.items()}
        # The second is to the server that the first began.
        first, second = contenders.pop(f"{FIRST} {side}"), contenders.pop(f"{SECOND} {side}")
        contenders[f"pushes {side}"] = partial(_both, first, second)
    contenders[f"{MANY} {PLAIN}"] = partial(many, gated, PLAIN)
    times = rounds(count, contenders | {BARE: lambda: _bare(gated)})
    return {what: _line(times, what, starts[what], memory[what]) for what in done}


PLAIN, GATED = "plain", "gated"
FIRST, SECOND = "first push", "second push"
BARE = "bare"
MANY = "`git merge` of 1 %, to a driver that does nothing"


def _both(first: Callable[[], dict[str, float]], second: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Both, in this order."""
    return first() | second()


def _bare(one: Everyday) -> dict[str, float]:
    """What a bare Python takes."""
    return {BARE: one.run(GITBTC[0], "-E", "-P", "-c", "")[0]}


def _smallest(folder: Path, count: int) -> dict[str, dict[str, float]]:
    """What `git add` and `git commit` of one coin take in a wallet of few, and that in starts of a bare Python."""
    base = coins.wallet(SMALLEST)
    gated = Everyday(folder / "small", folder / "small.git", gated=True)
    gated.path.mkdir()
    gated.git("init", "--quiet", "--initial-branch=main")
    gated.run(*GITBTC, "init")
    gated.git("add", ".gitattributes")
    gated.commit({STATE: coins.content(base)})
    done = 0

    def committed() -> dict[str, float]:
        nonlocal done
        done += 1
        lines = [re.sub(rb'"label":(null|"[^"]*")', b'"label":"audited, %d"' % done, base[0]), *base[1:]]
        gated.write({STATE: coins.content(lines)})
        add, _ = gated.run("git", "add", STATE)
        commit, _ = gated.run("git", "commit", "--quiet", "--message", "step")
        return {"add": add, "commit": commit, "both": add + commit}

    times = rounds(2 * count + 1, {"gitbtc": committed, BARE: lambda: _bare(gated)})
    starts = median(both / bare for both, bare in zip(times["both"], times[BARE], strict=True))
    return {
        _STARTS: {"ratio": round(starts, 1)} | {what: round(median(times[what]), 4) for what in ("add", "commit", BARE)}
    }


if __name__ == "__main__":
    main()
