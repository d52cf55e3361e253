"""Pushing to one bare repository: how many pushes a second agents get through at once, to a branch of their own each or
all to one, with no hook and with a gated server's (`gitbtc install --server`).

Every push brings one commit that changes no file, so that what is measured is the way of Git and the gate to an answer;
or, of `--coins`, one that changes ten coins of a wallet in shards. A first such push, which has the server keep what it
knows of the wallet, does not count.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import coins
from paired import report
from treasury import GITBTC

from gitbtc.kinds.layouts import Layout, divided, shard_path
from gitbtc.kinds.registry import built_in
from gitbtc.worktree.resharding import digits_for

UTXOS = "wallet/utxos.json"
CHANGED = 10

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
    parser.add_argument("--coins", type=int, nargs="*", default=[1_000, 100_000], help="of wallets [%(default)s]")
    parser.add_argument("--record", action="store_true", help="also write the results into benchmarks/README.md")
    chosen = parser.parse_args()
    lines = ["| hook | to own branches, pushes a second | to one branch |", "|---|---:|---:|"]
    for hook in ("none", "gitbtc"):
        rates = [_rate(hook, chosen.agents, chosen.pushes, shared=shared) for shared in (False, True)]
        lines.append(f"| {hook} | {rates[0]:.1f} | {rates[1]:.1f} |")
    wallets = [_wallet_table(chosen.coins, chosen.agents, chosen.pushes)] if chosen.coins else []
    report(__file__, [f"**{chosen.agents} agents at once**", "\n".join(lines), *wallets], record=chosen.record)


def _wallet_table(sizes: list[int], agents: int, pushes: int) -> str:
    lines = [
        "Ten coins changed, to own branches:", "",
        "| coins, in shards | no hook, pushes a second | CPU s a push | gitbtc, pushes a second | CPU s a push |",
        "|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for count in sizes:
        (rate, cpu), (gated, gated_cpu) = (_of_wallet(hook, agents, pushes, count) for hook in ("none", "gitbtc"))
        lines.append(f"| {count:,} | {rate:.1f} | {cpu:.3f} | {gated:.1f} | {gated_cpu:.3f} |")
    return "\n".join(lines)


def _of_wallet(hook: str, agents: int, pushes: int, count: int) -> tuple[float, float]:
    """Pushes a second, and seconds of the processor that one takes at both ends."""
    with tempfile.TemporaryDirectory() as folder:
        server = Path(folder) / "server.git"
        _git(Path(folder), "init", "--quiet", "--bare", str(server))
        wallet = _Wallet(count)
        wallet.import_into(server)
        if hook == "gitbtc":
            _install(server)
        clones = []
        for number in range(agents):
            path = Path(folder) / f"agent-{number}"
            _git(Path(folder), "clone", "--quiet", "--bare", "--shared", str(server), str(path))
            clones.append((path, wallet.changes(path, number, pushes + 1)))
        for number, (path, made) in enumerate(clones):
            _push_each(path, server, number, made[:1])
        began, used = time.perf_counter(), _used()
        with ThreadPoolExecutor(agents) as pool:
            list(pool.map(lambda one: _push_each(one[1][0], server, one[0], one[1][1][1:]), enumerate(clones)))
        return agents * pushes / (time.perf_counter() - began), (_used() - used) / (agents * pushes)


def _push_each(path: Path, server: Path, number: int, commits: list[str]) -> None:
    for oid in commits:
        if not _sent(path, str(server), f"{oid}:refs/heads/agents/{number}"):
            raise SystemExit("a push was refused")


def _used() -> float:
    """Seconds of the processor that everything took which was started here."""
    times = os.times()
    return times.children_user + times.children_system


class _Wallet:
    """A wallet in shards."""

    def __init__(self, count: int) -> None:
        kind = built_in("utxos")
        shards = divided(kind, Layout(digits_for(kind, count)), coins.content(coins.wallet(count)))
        self._files = {shard_path(UTXOS, name): content for name, content in shards.items()}

    def import_into(self, server: Path) -> None:
        """Have it as the branch main."""
        _import(server, b"refs/heads/main", b"", self._files)

    def changes(self, path: Path, agent: int, count: int) -> list[str]:
        """The oids of so many commits, each on the one before: ten coins of ten shards are relabelled."""
        made, names, parent = [], sorted(self._files), b"refs/heads/main^0"
        for number in range(count):
            label = b'"label":"agent %d, %d"' % (agent, number)
            chosen = [names[(agent * 7 + place * 13) % len(names)] for place in range(CHANGED)]
            changed = {name: re.sub(rb'"label":(null|"[^"]*")', label, self._files[name], count=1) for name in chosen}
            _import(path, b"refs/heads/mine", parent, changed)
            made.append(_git(path, "rev-parse", "refs/heads/mine"))
            parent = b"refs/heads/mine^0"
        return made


def _import(path: Path, ref: bytes, parent: bytes, files: dict[str, bytes]) -> None:
    stream = [b"commit %s\ncommitter bench <bench> 1700000000 +0000\ndata 6\nchange\n" % ref]
    stream += [b"from %s\n" % parent] if parent else []
    for name, content in files.items():
        stream += [b"M 100644 inline %s\ndata %d\n" % (name.encode(), len(content)), content, b"\n"]
    subprocess.run(["git", "fast-import", "--quiet", "--force"], cwd=path, env=_ENV, check=True, input=b"".join(stream))


def _install(server: Path) -> None:
    subprocess.run([*GITBTC, "install", "--server"], cwd=server, env=_ENV, check=True, stdout=subprocess.DEVNULL)


def _rate(hook: str, agents: int, pushes: int, *, shared: bool) -> float:
    with tempfile.TemporaryDirectory() as folder:
        server = Path(folder) / "server.git"
        _git(Path(folder), "init", "--quiet", "--bare", str(server))
        if hook == "gitbtc":
            _install(server)
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
