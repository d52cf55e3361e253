"""Ctrl-C, to all processes at once as a terminal sends it: one line, and everything is as it was, or all is done.

Each command is stopped at a chosen moment: where it, or a hook of Git's that it is in the middle of, reads a FIFO.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.doors.paying import OUTPOINT, both_pay, labelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Repo

GITBTC = (sys.executable, "-E", "-P", "-m", "gitbtc")
# The first line end is for what a terminal shows of Ctrl-C itself.
SAID = "\ngitbtc: interrupted; nothing was left half-written\n"
# What Git writes anew without a change of what it says, its messages to itself, and locks that are files for ever.
PASSING = (
    "index",
    "COMMIT_EDITMSG",
    "ORIG_HEAD",
    "logs/HEAD",
    "AUTO_MERGE",
    "gitbtc/apply.lock",
    "gitbtc/reserving.lock",
    "gitbtc/vetted",
)


def files(repo: Repo) -> dict[str, bytes]:
    """All files of the repository but for objects, which nothing needs to name; and what the index says."""
    found = {
        str(path.relative_to(repo.path)): path.read_bytes()
        for path in repo.path.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    passing = tuple(f".git/{name}" for name in PASSING)
    kept = {path: content for path, content in found.items() if not path.startswith((".git/objects/", *passing))}
    return kept | {"the index": repo.git("ls-files", "--stage").encode(), "status": repo.git("status", "-s").encode()}


def wait_in(repo: Repo, hook: str, fifo: Path) -> None:
    """Have Git's hook wait, the first time, until somebody has opened the FIFO for writing and closed it again."""
    os.mkfifo(fifo)
    place = repo.path / ".git/hooks" / hook
    place.write_text(f'#!/bin/sh\nif [ -p "{fifo}" ]; then cat "{fifo}"; rm -f "{fifo}"; fi\n')
    place.chmod(0o755)


def interrupted(repo: Repo, command: tuple[str, ...], fifo: Path, number: int = signal.SIGINT) -> tuple[int, str]:
    """The exit status of a command that was interrupted when it came to the FIFO, and what it said."""
    # Where the tests run behind nohup, SIGHUP is ignored, and what they start inherits that.
    known = signal.signal(number, signal.SIG_DFL)
    with subprocess.Popen(command, cwd=repo.path, env=repo.env, start_new_session=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:  # fmt: skip
        signal.signal(number, known)
        with opened(fifo, process):  # what is not to be disturbed goes on once it is closed
            os.killpg(process.pid, number)
        _, said = process.communicate()
    return process.returncode, said.decode()


@contextmanager
def opened(fifo: Path, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """The FIFO open for writing, once somebody reads it."""
    descriptor = -1
    while descriptor < 0:
        assert process.poll() is None, process.stderr and process.stderr.read()
        with suppress(OSError):
            descriptor = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        time.sleep(0.01)
    try:
        yield
    finally:
        os.close(descriptor)


def checked_out(repo: Repo) -> None:
    """Two branches that both pay, with their files as Git writes them."""
    both_pay(repo)
    for path in repo.git("ls-files", "*.json").split():
        (repo.path / path).unlink()
    repo.git("checkout", "-q", "--", ".")


@dataclass(frozen=True)
class Case:
    """A command that is interrupted where a hook of Git's waits; `is_done` then, or all is as it was."""

    prepare: Callable[[Repo], None]
    command: tuple[str, ...]
    hook: str
    is_done: bool = False


CASES = {
    "reshard, its files being written": Case(both_pay, ("reshard",), "post-index-change"),
    "reshard, its commit being examined": Case(both_pay, ("reshard",), "pre-commit.before-gitbtc"),
    "reshard, its commit being made": Case(both_pay, ("reshard",), "reference-transaction"),
    "merge, its commit being examined": Case(checked_out, ("merge", "theirs"), "pre-merge-commit.before-gitbtc"),
    "join, the branch being moved": Case(both_pay, ("join", "theirs"), "reference-transaction", is_done=True),
}


@pytest.mark.parametrize("name", CASES)
def test_a_command_is_taken_back_or_done_whole(treasury: Repo, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    case.prepare(treasury)
    wait_in(treasury, case.hook, tmp_path / "wait")
    before, head = files(treasury), treasury.git("rev-parse", "HEAD")
    status, said = interrupted(treasury, (*GITBTC, *case.command), tmp_path / "wait")
    assert (status, said[-len(SAID) :]) == (130, SAID)  # after what the filter has to say of a file
    assert (treasury.git("rev-parse", "HEAD") != head) == case.is_done
    if case.is_done:
        assert treasury.git("status", "-s") == ""
        assert not list((treasury.path / ".git").glob("*.lock"))
    else:
        assert files(treasury) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    "command",
    [("labels", "import"), ("apply",)],
    ids=" ".join,
)
def test_what_only_reads_yet_has_changed_nothing(
    treasury: Repo, tmp_path: Path, command: tuple[str, ...], number: int
) -> None:
    labelled(treasury)
    before = files(treasury)
    os.mkfifo(tmp_path / "wait")
    ended = interrupted(treasury, (*GITBTC, *command, str(tmp_path / "wait")), tmp_path / "wait", number)
    assert ended == (128 + number, SAID)
    assert files(treasury) == before


def test_a_claim_that_is_being_pushed_is_not_made(treasury: Repo, tmp_path: Path) -> None:
    both_pay(treasury)
    remote = tmp_path / "remote.git"
    treasury.git("init", "-q", "--bare", str(remote))
    wait_in(treasury, "unused", tmp_path / "wait")
    (treasury.path / ".git/hooks/unused").rename(remote / "hooks/pre-receive")
    before = files(treasury)
    command = (*GITBTC, "reserve", OUTPOINT, "--agent", "a", "--blocks", "6", "--at", "100", "--claim", str(remote))
    assert interrupted(treasury, command, tmp_path / "wait") == (130, SAID)
    assert treasury.git("ls-remote", str(remote)) == ""
    assert files(treasury) == before


def test_a_source_that_does_not_answer_is_not_waited_for(treasury: Repo) -> None:
    both_pay(treasury)
    before = files(treasury)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        command = (*GITBTC, "import", "bitcoin-core", "--url", url, "--auth", "env:LOGIN")
        with subprocess.Popen(command, cwd=treasury.path, env={**treasury.env, "LOGIN": "a:b"}, start_new_session=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
            connection, _ = server.accept()
            with connection:
                os.killpg(process.pid, signal.SIGINT)
                _, said = process.communicate()
    assert (process.returncode, said) == (130, SAID)
    assert files(treasury) == before
