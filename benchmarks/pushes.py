"""Pushing to one bare repository: how many pushes a second agents get through at once, to a branch of their own each or
all to one, with no hook and with a gated server's (`gitbtc install --server`).

Every push brings one commit that changes no file, so that what is measured is Git's and the gate's way to an answer.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from paired import report
from treasury import GITBTC

_ENV = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))} | {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench", "GIT_COMMITTER_NAME": "bench",
    "GIT_COMMITTER_EMAIL": "bench",
}  # fmt: skip


def main() -> None:
    """Measure both ways to push, with and without the gate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=4, help="agents that push at once [%(default)s]")
    parser.add_argument("--pushes", type=int, default=20, help="of each agent [%(default)s]")
    parser.add_argument("--record", action="store_true", help="also write the results into benchmarks/README.md")
    chosen = parser.parse_args()
    lines = ["| hook | to own branches, pushes a second | to one branch |", "|---|---:|---:|"]
    for hook in ("none", "gitbtc"):
        rates = [_rate(hook, chosen.agents, chosen.pushes, shared=shared) for shared in (False, True)]
        lines.append(f"| {hook} | {rates[0]:.1f} | {rates[1]:.1f} |")
    report(__file__, [f"**{chosen.agents} agents at once**", "\n".join(lines)], record=chosen.record)


def _rate(hook: str, agents: int, pushes: int, *, shared: bool) -> float:
    with tempfile.TemporaryDirectory() as folder:
        server = Path(folder) / "server.git"
        _git(Path(folder), "init", "--quiet", "--bare", str(server))
        if hook == "gitbtc":
            subprocess.run([*GITBTC, "install", "--server"], cwd=server, env=_ENV, check=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
        clones = [_Clone(Path(folder) / f"agent-{number}", server) for number in range(agents)]
        names = ["all" if shared else f"agents/{number}" for number in range(agents)]
        began = time.perf_counter()
        with ThreadPoolExecutor(agents) as pool:
            list(pool.map(_Clone.push, clones, names, [pushes] * agents))
        return agents * pushes / (time.perf_counter() - began)


class _Clone:
    """An agent's repository."""

    def __init__(self, path: Path, server: Path) -> None:
        path.mkdir()
        self._path = path
        self._server = str(server)
        _git(path, "init", "--quiet", "--bare")
        self._tree = _git(path, "hash-object", "-t", "tree", "-w", "--stdin")

    def push(self, branch: str, pushes: int) -> None:
        """Get so many commits into a branch, each built on what is there; whoever is overtaken tries again."""
        tip = ""
        for number in range(pushes):
            while True:
                parent = ["-p", tip] if tip else []
                new = _git(self._path, "commit-tree", self._tree, *parent, "-m", f"{self._path.name} {number}")
                if _sent(self._path, self._server, f"{new}:refs/heads/{branch}"):
                    tip = new
                    break
                told = _git(self._path, "ls-remote", self._server, f"refs/heads/{branch}")
                if told:
                    _git(self._path, "fetch", "--quiet", self._server, f"refs/heads/{branch}")
                    tip = _git(self._path, "rev-parse", "FETCH_HEAD")


def _sent(path: Path, server: str, what: str) -> bool:
    done = subprocess.run(["git", "push", "--quiet", server, what], cwd=path, env=_ENV, check=False,
                          stderr=subprocess.DEVNULL)  # fmt: skip
    return done.returncode == 0


def _git(path: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=path, env=_ENV, check=True, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE).stdout.strip()  # fmt: skip


if __name__ == "__main__":
    main()
