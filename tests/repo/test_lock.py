"""A lock that one process has, and that none keeps when it is gone."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gitbtc.repo.lock import alone

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys
from gitbtc.repo.lock import alone
with alone(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def is_free(lock: str) -> bool:
    """Whether somebody else could have the lock now."""
    with open(lock, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_nobody_else_has_it_meanwhile(tmp_path: Path) -> None:
    lock = str(tmp_path / "folder" / "lock")
    with alone(lock):
        assert not is_free(lock)
    assert is_free(lock)


def test_a_failure_inside_gives_it_up(tmp_path: Path) -> None:
    lock = str(tmp_path / "lock")
    with pytest.raises(ZeroDivisionError), alone(lock):
        raise ZeroDivisionError
    assert is_free(lock)


def test_a_process_that_is_killed_gives_it_up(tmp_path: Path) -> None:
    lock = str(tmp_path / "lock")
    command = [sys.executable, "-E", "-P", "-c", HOLDER, lock]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert not is_free(lock)
        holder.kill()
        holder.wait()
        assert is_free(lock)
