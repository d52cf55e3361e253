"""SIGKILL at any moment: no record is lost, no file is half-written, and the same command again ends well.

A command is killed from without, with all that it started; or one process that Git starts (a driver, a hook) is
killed by its own parent, and Git goes on as it sees fit. That one is a process of its own; all else is forked from one
interpreter, and a fork is killed as its stand-in is. The delays are spread over the length of a run that nobody
killed, so a kill can hit anything; what the tests say holds wherever it hits. While Python starts nothing can go wrong,
so nothing of ours is killed before it would have started.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest

from gitbtc.kinds import codec
from gitbtc.merge.markers import hunks
from gitbtc.repo.files import TEMPORARY
from gitbtc.repo.lock import JOURNAL
from tests.doors.paying import (
    KINDS,
    OUTPOINT,
    State,
    ahead,
    blobs,
    both_pay,
    both_spend,
    half_merged,
    labelled,
    settled,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

GITBTC = (sys.executable, "-E", "-P", "-m", "gitbtc")
LOCKS = ("index.lock", "HEAD.lock", "ORIG_HEAD.lock", "config.lock", "refs/heads/main.lock")

# Git starts this instead of Python. `VICTIM` is a part of the command line that is to be killed, after `DELAY` seconds;
# the parent kills, so that it cannot hit another process, and dies as its child did. `TOLD` gets a line: how long the
# child lived, or that it was killed. All others are forked.
INTERPRETER = """#!/bin/sh
case " $* " in
*" $VICTIM "*) exec {python} -I -S {killer} "$@" ;;
esac
exec {others} "$@"
"""
KILLER = """
import os, signal, subprocess, sys, time
began = time.monotonic()
child = subprocess.Popen([sys.executable, *sys.argv[1:]])
try:
    status, told = child.wait(float(os.environ["DELAY"])), f"{time.monotonic() - began}"
except subprocess.TimeoutExpired:
    child.kill()
    status, told = child.wait(), "killed"
with open(os.environ["TOLD"], "a") as file:
    file.write(told + "\\n")
if status < 0:
    os.kill(os.getpid(), -status)
sys.exit(status)
"""
FOREVER = "3600"


@cache
def start_of(python: str) -> float:
    """How many seconds the interpreter takes to begin, at the least."""
    return min(_started(python) for _ in range(3))


def _started(python: str) -> float:
    began = time.monotonic()
    subprocess.run([python, "-E", "-P", "-c", "import gitbtc"], check=True)
    return time.monotonic() - began


# -- what holds at every moment --------------------------------------------------------------------------------------


def grown(files: dict[str, bytes]) -> set[tuple[str, object]]:
    """Every record of the files that only grow."""
    return {
        (kind.name, key)
        for name, content in files.items()
        if (kind := KINDS.for_path(name.split(" ")[0])) and kind.append_only
        for key in codec.keyed(kind, content)
    }


def lines(content: bytes) -> set[bytes]:
    return {line.rstrip(b",") for line in content.splitlines()}


def check(repo: Repo, before: State, allowed: set[bytes], *, git_was_killed: bool) -> None:
    """Every file is as it was or as it is to be, HEAD has all that it had, and there is nothing to stage by mistake.

    Git writes the files of the work tree in place, under the index's lock: one of them may be cut short if Git itself
    was killed then, and `git reset --hard` mends it.
    """
    now = State(repo)
    looked_at = [now.index, now.head]
    if not (git_was_killed and (repo.path / ".git/index.lock").exists()):
        looked_at.append(now.work_tree)
    for name, content in itertools.chain.from_iterable(files.items() for files in looked_at):
        if content not in allowed:  # or Git merged it as text, since the driver was gone: with all that ours had
            assert any(hunks(content)), f"{name} is neither old nor new:\n{content.decode()}"
            assert lines(before.head[name]) <= lines(content)
    assert grown(before.head) <= grown(now.head)
    # The index has the new paths before the files are there: what HEAD has is back when the rest is given up.
    going = now.head.keys() if (repo.path / ".git" / JOURNAL).exists() else set()
    assert {*repo.git("ls-files", "--others", "--exclude-standard").splitlines()} <= going


# -- killing ---------------------------------------------------------------------------------------------------------


class Target:
    """A repository in which commands are killed; `restore` puts back how it was when this was made."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self._told = repo.path.parent / "told"
        self._copy = repo.path.parent / "copy"
        self._watch_what_git_starts()
        shutil.copytree(repo.path, self._copy, symlinks=True)

    def _watch_what_git_starts(self) -> None:
        interpreter, killer = (self.repo.path.parent / name for name in ("python", "killer.py"))
        killer.write_text(KILLER)
        interpreter.write_text(INTERPRETER.format(python=sys.executable, killer=killer, others=self.repo.python))
        interpreter.chmod(0o755)
        hooks = self.repo.path / ".git/hooks"
        config = self.repo.path / ".git/gitbtc/config"
        for path in [*hooks.iterdir(), *([config] if config.exists() else [])]:
            path.write_text(path.read_text().replace(f"={self.repo.python}", f"={interpreter}"))

    def restore(self) -> None:
        # What a killed process started may go on for a moment, and write where it is, or where that was.
        fresh = self.repo.path.with_name("fresh")
        shutil.copytree(self._copy, fresh, symlinks=True)
        is_in_place = False
        while not is_in_place:
            with contextlib.suppress(FileNotFoundError):
                self.repo.path.rename(gone := self.repo.path.with_name(f"gone-{time.monotonic_ns()}"))
                shutil.rmtree(gone, ignore_errors=True)
            with contextlib.suppress(OSError):  # it is there again
                fresh.rename(self.repo.path)
                is_in_place = True

    def run(self, command: tuple[str, ...], victim: str = "nobody", delay: str = FOREVER) -> list[str]:
        """What the killer told of the processes that `victim` names."""
        self._told.write_text("")
        more = {"VICTIM": victim, "DELAY": delay, "TOLD": str(self._told)}
        with self._started(command, more) as process:
            process.wait()
        return self._told.read_text().split()

    def length(self, command: tuple[str, ...]) -> float:
        """How many seconds `command` takes when nobody kills it."""
        lived = self.killed(command, float(FOREVER))
        assert lived is not None
        return lived

    def killed(self, command: tuple[str, ...], delay: float) -> float | None:
        """Kill `command`, with all that it has started. When it is through before, how many seconds that took."""
        began = time.monotonic()
        with self._started(command, {"VICTIM": "nobody"}, subprocess.PIPE) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=delay)
                return time.monotonic() - began
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()  # it ends with the last of them
        return None

    def strike(self, siege: Siege, delay: float) -> float | None:
        """Kill what is to be killed. When it is through before, how many seconds that took."""
        if not siege.victim:
            return self.killed(siege.command, delay)
        told = self.run(siege.command, siege.victim, f"{delay}")
        return None if "killed" in told else max(map(float, told))

    def _started(self, command: tuple[str, ...], more: dict[str, str],
                 output: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:  # fmt: skip
        if command[: len(GITBTC)] == GITBTC:
            command = (self.repo.python, *command[1:])
        env, nowhere = {**self.repo.env, "GIT_EDITOR": "true", **more}, subprocess.DEVNULL
        return subprocess.Popen(command, cwd=self.repo.path, env=env, start_new_session=True,
                                stdin=nowhere, stdout=output, stderr=nowhere)  # fmt: skip

    def unlock(self) -> None:
        """What a killed Git leaves, and `gitbtc doctor` says how to mend."""
        for lock in LOCKS:
            (self.repo.path / ".git" / lock).unlink(missing_ok=True)


@dataclass(frozen=True)
class Siege:
    """`command` is killed `kills` times: a `victim` that Git starts for it, or all of it. `again` then ends it well,
    whatever was left. `complete`: what a person does afterwards in any case.
    """

    prepare: Callable[[Repo], None]
    command: tuple[str, ...]
    again: tuple[tuple[str, ...], ...]
    kills: int
    victim: str = ""
    complete: tuple[tuple[str, ...], ...] = ()
    kills_git: bool = False


def besiege(repo: Repo, siege: Siege) -> None:
    siege.prepare(repo)
    target = Target(repo)
    before = State(repo)
    length, allowed = rehearse(target, siege)
    is_ours = bool(siege.victim) or siege.command[: len(GITBTC)] == GITBTC
    begin = min(start_of(sys.executable if siege.victim else repo.python), length / 2) if is_ours else 0.0
    end = outcome(target, (siege.command, *siege.complete))
    target.restore()
    kills = misses = 0
    while kills < siege.kills:
        # A run that was over too soon is no kill, and tells how long a run is now; the delays shrink until one is.
        delay = begin + (length - begin) * (kills + 0.5) / siege.kills
        lived = target.strike(siege, delay * 0.9**misses)
        hit, length = lived is None, min(length, lived or length)
        git_was_killed = siege.kills_git or (not siege.victim and siege.command[0] == "git")
        check(repo, before, allowed | end[0].contents(), git_was_killed=git_was_killed)
        misses = 0 if hit else misses + 1
        kills += hit
        if hit and kills % 5 == 1:
            assert_doctor_tells_what_to_do(repo)
        target.unlock()
        if hit and kills % 5 == 1:
            assert outcome(target, (*siege.again, *siege.complete)) == end
        target.restore()


def assert_doctor_tells_what_to_do(repo: Repo) -> None:
    """Every lock that is in the way, and what is in progress, with a command for each."""
    said = repo.gitbtc("doctor", ok=(0, 1)).stdout
    locked = [lock for lock in LOCKS if (repo.path / ".git" / lock).exists()]
    for lock in locked:
        assert lock in said
    assert not locked or "rm -- " in said
    if (repo.path / ".git/MERGE_HEAD").exists():
        assert "`git merge --abort` gives it up" in said


def rehearse(target: Target, siege: Siege) -> tuple[float, set[bytes]]:
    """How long what is to be killed takes, and all that a file may hold on the way but for the end of it."""
    heads = target.repo.git("for-each-ref", "--format=%(refname)").split()
    allowed = {content for head in heads for content in blobs(target.repo, "ls-tree", "-r", head).values()}
    allowed |= State(target.repo).contents()
    if siege.victim:
        target.run(siege.command, siege.victim, "0")
        allowed |= State(target.repo).contents()
        target.restore()
    lengths: list[float] = []
    for _ in range(1 if siege.victim else REHEARSALS):
        ran = target.run(siege.command, siege.victim) if siege.victim else [target.length(siege.command)]
        lengths += map(float, ran)
        allowed |= State(target.repo).contents()
        target.restore()
    return max(lengths), allowed


def outcome(target: Target, commands: tuple[tuple[str, ...], ...]) -> tuple[State, str]:
    """The state after `commands`, and what the last commit says: its parents and its message."""
    for command in commands:
        target.run(command)
    return State(target.repo), target.repo.git("log", "-1", "--format=%P%n%B")


# -- what is killed --------------------------------------------------------------------------------------------------


MERGE, COMMIT = ("git", "merge", "--no-edit", "theirs"), ("git", "commit", "-q")
OURS = ("git", "merge", "--no-edit", "-s", "ours", "theirs")
RESOLVE = (*GITBTC, "resolve", OUTPOINT, "--ours")
ABORT = ("git", "reset", "-q", "--hard")
SIGN = (*GITBTC, "hook", "prepare-commit-msg", ".git/MERGE_MSG")
GITBTC_MERGE, JOIN = (*GITBTC, "merge", "--no-edit", "theirs"), (*GITBTC, "join", "theirs")
LABELS = (*GITBTC, "labels", "import", "../labels.jsonl")
RESHARD, CONTINUE = (*GITBTC, "reshard"), (*GITBTC, "apply", "--continue")
FINISH = (COMMIT, COMMIT)  # the first may stage a repair

SIEGES = {
    "the merge driver": Siege(both_pay, MERGE, (ABORT, MERGE), 6, "merge-driver --kind transactions"),
    "git merge": Siege(both_pay, MERGE, (ABORT, MERGE), 12),
    "pre-merge-commit": Siege(both_pay, MERGE, FINISH, 6, "hook pre-merge-commit"),
    "pre-merge-commit, repairing": Siege(both_pay, OURS, FINISH, 8, "hook pre-merge-commit", (COMMIT,)),
    "pre-commit": Siege(settled, COMMIT, (COMMIT,), 6, "hook pre-commit"),
    "pre-commit, repairing": Siege(half_merged, (*GITBTC, "hook", "pre-commit"), FINISH, 16, complete=(COMMIT,)),
    "prepare-commit-msg": Siege(settled, COMMIT, (COMMIT,), 6, "hook prepare-commit-msg"),
    "its signing": Siege(
        settled, (*GITBTC, "hook", "prepare-commit-msg", ".git/MERGE_MSG"), (), 16, complete=(COMMIT,)
    ),
    "git commit": Siege(settled, COMMIT, (COMMIT,), 12),
    "post-merge": Siege(ahead, MERGE, (MERGE,), 5, "hook post-merge"),
    "gitbtc merge": Siege(both_pay, GITBTC_MERGE, (ABORT, MERGE), 5, kills_git=True),
    "gitbtc join": Siege(both_pay, JOIN, (ABORT, JOIN), 5, kills_git=True),
    "gitbtc labels": Siege(labelled, LABELS, (LABELS,), 5),
    "gitbtc reshard": Siege(both_pay, RESHARD, (CONTINUE, ABORT, RESHARD), 10, kills_git=True),
    "gitbtc resolve": Siege(both_spend, RESOLVE, (RESOLVE,), 20, complete=(("git", "add", "."), COMMIT)),
}
IMPORTS = 20
INSTALLS = 6
REHEARSALS = (
    3  # a fork takes a moment, and is slowed down by whatever else runs: the slowest tells how late it may write
)
DRIVERS = 26
assert sum(siege.kills for siege in SIEGES.values()) + IMPORTS + DRIVERS >= 180


@pytest.mark.parametrize("name", SIEGES)
def test_killed_at_any_moment_nothing_is_lost_and_the_same_again_ends_well(treasury: Repo, name: str) -> None:
    besiege(treasury, SIEGES[name])


def test_a_killed_import_is_begun_again(treasury: Repo, recordings: Path) -> None:
    def base(repo: Repo) -> None:
        repo.gitbtc("import", "bitcoin-core", "--from", str(recordings / "0-base"))
        repo.unexamined("base")

    command = (*GITBTC, "import", "bitcoin-core", "--from", str(recordings / "1-agent-a"))
    besiege(treasury, Siege(base, command, (command,), IMPORTS))


def test_a_killed_install_is_begun_again(treasury: Repo) -> None:
    """A hook of somebody's is there, or kept beside ours, at every moment."""
    treasury.gitbtc("uninstall")
    hook = treasury.path / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 0\n")
    hook.chmod(0o755)
    target, command = Target(treasury), (*GITBTC, "install")
    length = target.length(command)
    wanted = treasury.git("config", "--list"), {path.name: path.read_bytes() for path in hook.parent.iterdir()}
    target.restore()
    kills = misses = 0
    while kills < INSTALLS:
        lived = target.killed(command, length * (kills + 0.5) / INSTALLS * 0.9**misses)
        hit, length = lived is None, min(length, lived or length)
        kills, misses = kills + hit, 0 if hit else misses + 1
        kept = [path for path in (hook, hook.with_name("pre-commit.before-gitbtc")) if path.exists()]
        assert any(path.read_text() == "#!/bin/sh\nexit 0\n" for path in kept)
        target.unlock()
        target.length(command)
        now = {path.name: path.read_bytes() for path in hook.parent.iterdir() if not path.name.endswith(TEMPORARY)}
        assert (treasury.git("config", "--list"), now) == wanted
        target.restore()


def test_a_killed_driver_leaves_ours_or_the_whole_merge(treasury: Repo) -> None:
    """Called as Git calls it, on Git's three files."""
    both_pay(treasury)
    sides = [treasury.git("show", f"{side}:wallet/transactions.json") for side in ("main~1", "main", "theirs")]
    command = (*GITBTC, "merge-driver", "--kind", "transactions", ".merge_file_o", ".merge_file_a", ".merge_file_b")

    def write() -> None:
        for name, content in zip(command[-3:], sides, strict=True):
            treasury.write(name, content)

    write()
    target = Target(treasury)
    length, merged = target.length(command), treasury.read(".merge_file_a")
    assert merged not in [side.encode() for side in sides]
    begin = min(start_of(treasury.python), length / 2)
    kills = misses = 0
    while kills < DRIVERS:
        write()
        delay = begin + (length - begin) * kills / DRIVERS
        lived = target.killed(command, delay * 0.9**misses)
        hit, length = lived is None, min(length, lived or length)
        kills, misses = kills + hit, 0 if hit else misses + 1
        assert treasury.read(".merge_file_a") in (sides[1].encode(), merged)
        assert treasury.git("ls-files", "--others", "--exclude-standard") == ""
