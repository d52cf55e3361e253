"""A disk that is full, and one that cannot be written to: what commands do there, told as JSON on standard output.

    unshare --map-root-user --mount python -m tests.doors.hindered FOLDER

mounts a small file system below FOLDER, which no other process sees and which goes with this one. Every command is run
with no room left, then with a page more, until it works; and once where nothing can be written.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests import conftest, forking
from tests.doors import paying, pushing
from tests.made_state import chain, coin, coins, put
from tests.prepared import move_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Repo

_SIZE = 6 << 20
_PAGE = 4096
_MOST = 64  # pages that any of the commands takes
GITBTC = "gitbtc"
PUSHES = "pushes"
RECORDINGS = Path(conftest.__file__).parents[1] / "gitbtc" / "demo" / "recordings"
LABELS = paying.LABELS
CHANGE = "change.json"


class Trial(NamedTuple):
    """What is run in a repository that `prepare` makes; each time there is room for so many pages more."""

    prepare: Callable[[Repo], object]
    command: tuple[str, ...]
    step: int = 1


def imported(repo: Repo) -> None:
    """One import, committed."""
    repo.gitbtc("import", "bitcoin-core", "--from", str(RECORDINGS / "0-base"))
    repo.commit("base")


def to_apply(repo: Repo) -> None:
    """A change of two files, as a document beside the repository."""
    paying.base(repo)
    coins(repo, coin(0, label="x"), coin(1), coin(2), coin(3))
    put(repo, paying.LOG, paying.event(0, "base"), paying.event(1, "more"))
    (repo.path.parent / CHANGE).write_text(repo.gitbtc("diff", "--json").stdout)
    repo.git("checkout", "-q", "--", ".")


def reservable(repo: Repo) -> None:
    """Coins, and the block from which a reservation counts."""
    paying.base(repo)
    chain(repo, 101)
    repo.commit("chain")


def with_a_hook(repo: Repo) -> None:
    """A repository without gitbtc, and with a hook of somebody's."""
    paying.base(repo)
    repo.gitbtc("uninstall")
    hook = repo.path / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 0\n")
    hook.chmod(0o755)


TRIALS = {
    "merge": Trial(paying.both_pay, (GITBTC, "merge", "--no-edit", "theirs"), 3),
    "join": Trial(paying.both_pay, (GITBTC, "join", "theirs"), 2),
    "resolve": Trial(paying.both_spend, (GITBTC, "resolve", paying.OUTPOINT, "--ours")),
    "import": Trial(imported, (GITBTC, "import", "bitcoin-core", "--from", str(RECORDINGS / "1-agent-a")), 4),
    "reserve": Trial(reservable, (GITBTC, "reserve", paying.OUTPOINT, "--blocks", "3", "--agent", "ann")),
    "labels": Trial(paying.labelled, (GITBTC, "labels", "import", f"../{LABELS}"), 2),
    "apply": Trial(to_apply, (GITBTC, "apply", "--index", f"../{CHANGE}"), 2),
    "install": Trial(with_a_hook, (GITBTC, "install"), 9),
}


class Disk:
    """A small file system at `place`, and a repository of its own in it that is made anew from `original`."""

    def __init__(self, place: Path, original: Repo) -> None:
        self.place = place
        self._original = original
        self.repo = conftest.Repo(place / "treasury", original.env, python=original.python)

    def again(self) -> None:
        """Put the repository there as it was."""
        shutil.rmtree(self.repo.path, ignore_errors=True)
        shutil.copytree(self._original.path, self.repo.path, symlinks=True)
        move_config(self.repo, self._original.path)
        self.repo.git("update-index", "-q", "--refresh", ok=(0, 1))
        for name in (LABELS, CHANGE):
            beside = self._original.path.parent / name
            if beside.exists():
                shutil.copy(beside, self.place / name)

    def run(self, command: tuple[str, ...], pages: int | None) -> dict[str, Any]:
        """Run it with so much room, or where nothing can be written; what came of it."""
        self.again()
        filler = self.place / "filler"
        if pages is None:
            self._remount("ro")
        else:
            free = os.statvfs(self.place)
            filler.write_bytes(bytes(free.f_bavail * free.f_frsize - pages * _PAGE))
        done = self._done(command)
        self._remount("rw")
        filler.unlink(missing_ok=True)
        return {"pages": pages, "status": done.returncode, "said": done.stderr, "state": self.state()}

    def _done(self, command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        if command[0] == GITBTC:
            command = (self.repo.python, "-E", "-P", "-m", *command)
        return self.repo.run(*command, ok=tuple(range(-64, 256)), env={"GIT_EDITOR": "true"})

    def _remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.place)], check=True)

    def state(self) -> dict[str, dict[str, str]]:
        """The state files in work tree, index and HEAD, the hooks, and what a killed process could have left."""
        state = {name: {path: content.decode() for path, content in files.items()}
                 for name, files in vars(paying.State(self.repo)).items()}  # fmt: skip
        git = self.repo.path / ".git"
        state["hooks"] = {path.name: path.read_text() for path in sorted(git.glob("hooks/*"))}
        state["left"] = {path.name: "" for path in self.repo.path.rglob("*.gitbtc-new")}
        state["journal"] = {path.name: "" for path in git.glob("gitbtc/replacing.json")}
        return state


def trials(place: Path, python: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each trial: what it did with room enough, then with ever more room, then where nothing can be written."""
    sandbox = conftest.hermetic(place / "home", python)
    set_up = conftest._set_up(sandbox)
    disk_place = place / "disk"
    disk_place.mkdir()
    for name, trial in TRIALS.items():
        repo = conftest.Repo(sandbox.home / name.replace(" ", "-") / "treasury", sandbox.env, set_up.clock, python)
        shutil.copytree(set_up.path, repo.path, symlinks=True)
        move_config(repo, set_up.path)
        trial.prepare(repo)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "none", str(disk_place)], check=True)
        disk = Disk(disk_place, repo)
        disk.again()
        before = {"state": disk.state()}
        well = disk.run(trial.command, _MOST)
        done = [before, well]
        for pages in range(0, _MOST, trial.step):
            done.append(disk.run(trial.command, pages))
            if done[-1]["status"] == well["status"]:
                break
        yield name, [*done, disk.run(trial.command, None)]
        subprocess.run(["umount", str(disk_place)], check=True)


def pushes(place: Path, python: str) -> Iterator[dict[str, Any]]:
    """What a gated server says of a push with ever more room, until it takes it; how many commits it has then."""
    sandbox = conftest.hermetic(place / "pushing", python)
    server = pushing.gated(sandbox)
    plain = pushing.clone(sandbox, server)
    for label in (None, "x"):
        pushing.keep(plain, "wallet/utxos.json", coin(0, label=label), coin(1))
        plain.commit("coins")
    plain.git("push", "-q", "origin", "main~1:refs/heads/main")
    disk = place / "disk"
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "none", str(disk)], check=True)
    for pages in range(_MOST):
        shutil.rmtree(disk / "server.git", ignore_errors=True)
        shutil.copytree(server.path, disk / "server.git", symlinks=True)
        free = os.statvfs(disk)
        (disk / "filler").write_bytes(bytes(free.f_bavail * free.f_frsize - pages * _PAGE))
        done = plain.run("git", "push", "-q", str(disk / "server.git"), "main", ok=(0, 1))
        (disk / "filler").unlink()
        there = plain.run("git", "rev-list", "--count", "main", cwd=disk / "server.git").stdout.strip()
        plain.run("git", "fsck", "--strict", cwd=disk / "server.git")
        yield {"status": done.returncode, "said": done.stderr, "commits": int(there)}
        if done.returncode == 0:
            break
    subprocess.run(["umount", str(disk)], check=True)


def main(folder: str) -> None:
    """Do all trials below `folder`."""
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    place = Path(folder)
    python = str(forking.begin(place))
    json.dump({**dict(trials(place, python)), PUSHES: list(pushes(place, python))}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
