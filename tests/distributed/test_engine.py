"""Real workers, each a process with a repository of its own; one is killed at work."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import pygit2
import pytest
from distributed import LocalCluster

from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from tests.join.graphs import Graph
from tests.made_state import coin, coins, spend, switch_off_hooks, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Repo, Sandbox


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with three workers."""
    folder = str(tmp_path_factory.mktemp("workers"))
    with LocalCluster(
        n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=folder,
        silence_logs=logging.CRITICAL,
    ) as cluster:  # fmt: skip
        yield cluster.scheduler_address


@pytest.fixture
def caller(sandbox: Sandbox) -> Repo:
    return sandbox.repo("caller")


@pytest.fixture
def fleet(sandbox: Sandbox) -> Repo:
    """A bare repository with 24 agents' branches: a random history with merges, joins and double spends."""
    repo = sandbox.repo("fleet.git")
    _grow(repo)
    repo.git("config", "core.bare", "true")
    return repo


@once
def _grow(repo: Repo) -> None:
    graph = Graph(objects_of(Git.at(repo.path)), Random(1), replicas=24)
    graph.grow(80)
    stored = pygit2.Repository(str(repo.path))
    for number, head in enumerate(graph.heads):
        stored.references.create(f"refs/heads/agents/{number:02}", pygit2.Oid(hex=head))


def _asked(scheduler: str, *more: str) -> tuple[str, ...]:
    return ("join", "--engine", "dask", "--scheduler", scheduler, "--remote", "../fleet.git", "agents/*", *more)


def _joined(repo: Repo, *command: str) -> dict[str, Any]:
    done = repo.gitbtc(*command, "--json", ok=(0, 1))
    document: dict[str, Any] = json.loads(done.stdout)["gitbtc.join/v1"]
    assert done.returncode == (1 if document["contested"] else 0)
    return document


def _in_one_process(caller: Repo, *more: str) -> dict[str, Any]:
    """The join as it is without workers, in a repository that has all the branches."""
    caller.git("fetch", "-q", "../fleet.git", "refs/heads/agents/*:refs/heads/agents/*")
    return _joined(caller, "join", "agents/*", *more)


def _left(fleet: Repo) -> str:
    return fleet.git("for-each-ref", "refs/gitbtc")


def test_workers_make_the_very_commit_that_one_process_makes(scheduler: str, fleet: Repo, caller: Repo) -> None:
    by_workers = _joined(caller, *_asked(scheduler, "--into", "joined", "-m", "All of them"))
    assert caller.git("rev-parse", "joined").strip() == by_workers["commit"]
    caller.git("fsck", "--strict", "--connectivity-only", "joined")
    alone = _in_one_process(caller, "--into", "alone", "-m", "All of them")
    assert by_workers["contested"]
    assert by_workers | {"branch": "alone"} == alone
    assert not _left(fleet)


def test_a_dry_run_tells_the_same_and_leaves_nothing(scheduler: str, fleet: Repo, caller: Repo) -> None:
    told = _joined(caller, *_asked(scheduler, "--into", "joined", "--dry-run"))
    assert not caller.git("for-each-ref")
    assert not _left(fleet)
    assert told | {"branch": "alone"} == _in_one_process(caller, "--into", "alone", "--dry-run")


def test_the_callers_branch_is_joined_though_the_remote_has_never_seen_it(
    scheduler: str, fleet: Repo, caller: Repo
) -> None:
    caller.gitbtc("init")
    coins(caller, coin(1), coin(2))
    transactions(caller, spend("z", coin(0)))
    caller.commit("What nobody else knows")
    # The random merges of the fleet lose coins, which no gate lets through.
    switch_off_hooks(caller)
    by_workers = _joined(caller, *_asked(scheduler, "--dry-run"))
    alone = _in_one_process(caller, "--dry-run")
    assert by_workers == alone
    _joined(caller, *_asked(scheduler))
    assert caller.git("rev-parse", "HEAD").strip() == alone["commit"]
    assert not caller.git("status", "--porcelain")
    assert not _joined(caller, *_asked(scheduler))["created"]


@contextmanager
def _killing(fleet: Repo, caller: Repo, scheduler: str) -> Iterator[subprocess.Popen[str]]:
    """A join whose first push stops in the remote's hook until the worker that pushes has been killed."""
    place = fleet.path.parent
    hook = fleet.path / ".git" / "hooks" / "pre-receive"
    # Only the first push makes the folder; it is refused in the end, as one that was cut off would be.
    hook.write_text(
        f"#!/bin/sh\nmkdir '{place}/stopped' 2>/dev/null || exit 0\n"
        f"mkfifo '{place}/go'\necho $PPID > '{place}/pid.new' && mv '{place}/pid.new' '{place}/pid'\n"
        f"read line < '{place}/go'\nexit 1\n"
    )
    hook.chmod(0o755)
    command = [sys.executable, "-E", "-P", "-m", "gitbtc", *_asked(scheduler, "--into", "joined", "--json")]
    with subprocess.Popen(
        command, cwd=caller.path, env=caller.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as joining:
        yield joining


def _waited(path: Path, joining: subprocess.Popen[str]) -> str:
    while not path.exists():
        assert joining.poll() is None, joining.communicate()[1]
        time.sleep(0.01)
    return path.read_text()


def _worker_above(pid: int) -> int:
    """The worker among the ancestors of a process: the nearest that runs Python."""
    while True:
        with open(f"/proc/{pid}/stat", encoding="ascii") as told:
            pid = int(told.read().rpartition(")")[2].split()[1])
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as told:
            if "multiprocessing" in told.read():
                return pid


def test_a_worker_that_is_killed_at_work_changes_nothing(scheduler: str, fleet: Repo, caller: Repo) -> None:
    place = fleet.path.parent
    with _killing(fleet, caller, scheduler) as joining:
        worker = _worker_above(int(_waited(place / "pid", joining)))
        os.kill(worker, signal.SIGKILL)
        (place / "go").write_text("on\n")
        output, errors = joining.communicate()
    assert joining.returncode == 1, errors
    by_workers = json.loads(output)["gitbtc.join/v1"]
    assert by_workers | {"branch": "alone"} == _in_one_process(caller, "--into", "alone")
    assert not _left(fleet)


def test_a_failure_leaves_nothing_either(scheduler: str, fleet: Repo, caller: Repo) -> None:
    hook = fleet.path / ".git" / "hooks" / "update"
    # The third share is refused; deleting refs is not.
    hook.write_text('#!/bin/sh\ncase "$1" in */share-2) case "$3" in *[1-9a-f]*) echo full >&2; exit 1;; esac;; esac\n')
    hook.chmod(0o755)
    done = caller.gitbtc(*_asked(scheduler, "--into", "joined"), ok=(3,))
    assert "full" in done.stderr
    assert not done.stdout
    assert not caller.git("for-each-ref")
    assert not _left(fleet)


def test_without_a_scheduler_this_machine_does_the_work(fleet: Repo, caller: Repo) -> None:
    asked = ("join", "--engine", "dask", "--remote", "../fleet.git", "agents/0*", "--into", "joined")
    document = _joined(caller, *asked)
    assert caller.git("rev-parse", "joined^{tree}").strip() == document["tree"]


_WITHOUT = "import sys; sys.modules['distributed'] = None; from gitbtc.__main__ import main; sys.exit(main())"


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        (("--engine", "dask", "agents/*"), 2, "--remote"),
        (("--remote", "../fleet.git", "agents/*"), 2, "--engine"),
        (("--engine", "dask", "--remote", "--upload-pack=x", "agents/*"), 2, "no remote"),
        (("--engine", "dask", "--remote", "../fleet.git", "nobody/*"), 2, "no such branch"),
        (("--engine", "dask", "--remote", "../nowhere.git", "agents/*"), 3, "nowhere.git"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_message(
    fleet: Repo, caller: Repo, asked: tuple[str, ...], status: int, said: str
) -> None:
    done = caller.gitbtc("join", *asked, "--into", "joined", ok=(status,))
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_extra_it_says_what_to_install(fleet: Repo, caller: Repo) -> None:
    asked = ("join", "--engine", "dask", "--remote", "../fleet.git", "agents/*", "--into", "joined")
    done = caller.run(sys.executable, "-c", _WITHOUT, *asked, ok=(3,))
    assert "pip install '.[dask]'" in done.stderr
