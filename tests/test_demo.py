"""The demo, as a stranger runs it. It holds itself to what it tells; tested are its end and what it leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitbtc.demo import story
from gitbtc.demo.terminal import DemoFailed, Terminal
from gitbtc.keys.scan import scan

if TYPE_CHECKING:
    from tests.conftest import Sandbox

TOP = Path(__file__).resolve().parents[1]


def _demo(sandbox: Sandbox, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-E", "-P", "-m", "gitbtc.demo", *arguments]
    return subprocess.run(command, cwd=sandbox.home, env=sandbox.env, capture_output=True, text=True, check=False)


def _git(sandbox: Sandbox, *arguments: str) -> str:
    command = ["git", "-C", str(sandbox.home / "gitbtc-demo"), *arguments]
    return subprocess.run(command, env=sandbox.env, capture_output=True, text=True, check=True).stdout


def test_the_demo_ends_well_and_leaves_a_clean_repository_with_three_branches(sandbox: Sandbox) -> None:
    done = _demo(sandbox)
    assert (done.returncode, done.stderr) == (0, "")
    assert _git(sandbox, "branch", "--format=%(refname:short)").split() == ["agent-a", "agent-b", "main"]
    assert _git(sandbox, "status", "--porcelain") == ""
    assert f"Double-Spend: {story.OTC_COIN}" in _git(sandbox, "log", "-1", "--format=%(trailers)")


def test_the_repository_left_behind_is_in_order_for_its_user(sandbox: Sandbox) -> None:
    _demo(sandbox)
    for command in (["doctor"], ["check"], ["validate"]):
        done = subprocess.run([sys.executable, "-E", "-P", "-m", "gitbtc", *command], cwd=sandbox.home / "gitbtc-demo",
                              env=sandbox.env, capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_demo_advises_at_its_end_works_as_printed(sandbox: Sandbox) -> None:
    """In a shell that has run nothing but the demo: without gitbtc on its PATH, from the folder where it ran."""
    advice = _demo(sandbox).stdout.rpartition("== Yours to play in ==\n")[2]
    lines = [line.strip() for line in advice.splitlines() if line.strip()]
    assert lines[0].startswith("cd ")
    commands = [line.partition("  ")[0] for line in lines]
    done = subprocess.run(["sh", "-e", "-c", "\n".join(commands)], cwd=sandbox.home, env=sandbox.env,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert (done.returncode, done.stderr.replace("Switched to branch 'agent-a'\n", "")) == (0, "")
    assert "Switched" in done.stderr
    assert "6d0cc27c" in done.stdout


def test_the_made_up_key_is_a_key_and_is_printed_nowhere_and_stored_nowhere(sandbox: Sandbox) -> None:
    key = story._made_up_key()
    assert [found.form for found in scan(key.encode())] == ["WIF private key (test network)"]
    done = _demo(sandbox)
    assert "refused: it holds private-key material" in done.stdout
    assert key not in done.stdout + done.stderr
    objects = _git(sandbox, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    assert objects
    assert all(key not in _git(sandbox, "cat-file", "-p", oid) for oid in objects)


def test_the_demo_leaves_a_folder_alone_that_is_not_empty(sandbox: Sandbox) -> None:
    (sandbox.home / "mine").mkdir()
    (sandbox.home / "mine" / "note").touch()
    done = _demo(sandbox, "mine")
    assert (done.returncode, done.stdout) == (3, "")
    assert "not empty" in done.stderr
    assert [path.name for path in (sandbox.home / "mine").iterdir()] == ["note"]


@pytest.mark.parametrize("arguments", [("--help",), ("one", "two")])
def test_what_the_demo_cannot_take_is_wrong_usage(sandbox: Sandbox, arguments: tuple[str, ...]) -> None:
    assert _demo(sandbox, *arguments).returncode == 2


@pytest.mark.parametrize(
    ("line", "status", "shows"),
    [("git version", 1, ()), ("git version", 0, ("git version 0.1",)), ("git nonsense", 0, ())],
)
def test_a_command_that_does_not_do_as_told_ends_the_demo(
    tmp_path: Path, recordings: Path, line: str, status: int, shows: tuple[str, ...]
) -> None:
    with pytest.raises(DemoFailed):
        Terminal(tmp_path, recordings).run(line, status=status, shows=shows)


def test_the_pages_show_what_the_program_prints(sandbox: Sandbox) -> None:
    command = [sys.executable, str(TOP / "docs" / "regenerate.py"), "--check"]
    done = subprocess.run(command, cwd=sandbox.home, env=sandbox.env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
