"""The demo, as a stranger runs it. It holds itself to what it tells; tested are its end and what it leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from gitbtc.demo import story
from gitbtc.demo.terminal import DemoFailed, Terminal
from gitbtc.keys.scan import scan
from tests.conftest import Sandbox, hermetic

TOP = Path(__file__).resolve().parents[1]


def _demo(sandbox: Sandbox, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-E", "-P", "-m", "gitbtc.demo", *arguments]
    return subprocess.run(command, cwd=sandbox.home, env=sandbox.env, capture_output=True, text=True, check=False)


class Shown(NamedTuple):
    """A demo that was run in a home, and what it said."""

    sandbox: Sandbox
    done: subprocess.CompletedProcess[str]

    def run(self, *command: str, folder: str = "gitbtc-demo") -> subprocess.CompletedProcess[str]:
        """What `command` comes to in the repository that it left, or in another folder of the home."""
        return subprocess.run(command, cwd=self.sandbox.home / folder, env=self.sandbox.env, capture_output=True,
                              text=True, errors="surrogateescape", check=False)  # fmt: skip

    def git(self, *arguments: str) -> str:
        """Standard output of `git …`."""
        done = self.run("git", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """One run for all tests: no more of what it left is changed than which branch is checked out."""
    sandbox = hermetic(tmp_path_factory.mktemp("demo") / "home")
    return Shown(sandbox, _demo(sandbox))


def test_the_demo_ends_well_and_leaves_a_clean_repository_with_three_branches(shown: Shown) -> None:
    assert (shown.done.returncode, shown.done.stderr) == (0, "")
    assert shown.git("branch", "--format=%(refname:short)").split() == ["agent-a", "agent-b", "main"]
    assert shown.git("status", "--porcelain") == ""
    assert f"Double-Spend: {story.OTC_COIN}" in shown.git("log", "-1", "--format=%(trailers)", "main")


@pytest.mark.parametrize("command", ["doctor", "check", "validate"])
def test_the_repository_left_behind_is_in_order_for_its_user(shown: Shown, command: str) -> None:
    done = shown.run(sys.executable, "-E", "-P", "-m", "gitbtc", command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_demo_advises_at_its_end_works_as_printed(shown: Shown) -> None:
    """In a shell that has run nothing but the demo: without gitbtc on its PATH, from the folder where it ran."""
    advice = shown.done.stdout.rpartition("== Yours to play in ==\n")[2]
    lines = [line.strip() for line in advice.splitlines() if line.strip()]
    assert lines[0].startswith("cd ")
    commands = [line.partition("  ")[0] for line in lines]
    shown.git("switch", "-q", "main")
    done = shown.run("sh", "-e", "-c", "\n".join(commands), folder=".")
    assert (done.returncode, done.stderr.replace("Switched to branch 'agent-a'\n", "")) == (0, "")
    assert "Switched" in done.stderr
    assert "6d0cc27c" in done.stdout


def test_the_made_up_key_is_a_key_and_is_printed_nowhere_and_stored_nowhere(shown: Shown) -> None:
    key = story._made_up_key()
    assert [found.form for found in scan(key.encode())] == ["WIF private key (test network)"]
    assert "refused: it holds private-key material" in shown.done.stdout
    assert key not in shown.done.stdout + shown.done.stderr
    objects = shown.git("cat-file", "--batch-all-objects", "--batch")
    assert objects
    assert key not in objects


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


def test_the_pages_show_what_the_program_prints(sandbox: Sandbox, one_interpreter: str) -> None:
    command = [one_interpreter, str(TOP / "docs" / "regenerate.py"), "--check"]
    done = subprocess.run(command, cwd=sandbox.home, env=sandbox.env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
