"""What the tests of this room share: awkward names, and scripts that stand in for programs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.repo import prerequisites
from gitbtc.repo.git import Git
from gitbtc.repo.install import Install

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

Script = Callable[..., Path]
Interpreter = Callable[[Path], str]
Installer = Callable[..., Install]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What processes were started since."""
    told: list[Any] = []
    start = subprocess.Popen.__init__

    def begun(process: subprocess.Popen[bytes], *arguments: Any, **options: Any) -> None:
        told.append(arguments)
        start(process, *arguments, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", begun)
    return told


@pytest.fixture
def odd() -> str:
    """A name that every quoting has to survive."""
    return 'it\'s a "treasury"  $HOME %P %% %f \\ ;x'


@pytest.fixture
def repo(sandbox: Sandbox, odd: str, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository with an awkward name, and this process as hermetic as the sandbox."""
    for name in [name for name in os.environ if name.startswith("GIT")]:
        monkeypatch.delenv(name)
    for name, value in sandbox.env.items():
        monkeypatch.setenv(name, value)
    return sandbox.repo(odd)


@pytest.fixture
def script() -> Script:
    """Write an executable shell script of some lines."""

    def write(path: Path, *lines: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def interpreter(script: Script) -> Interpreter:
    """Make another interpreter, which runs this one."""
    return lambda path: str(script(path, f'exec "{sys.executable}" "$@"'))


@pytest.fixture
def install() -> Installer:
    """Set gitbtc up in a repository."""

    def run(repo: Repo, python: str | None = None, *, shared_hooks: bool = False) -> Install:
        installation = Install(Git(repo.path), python, shared_hooks=shared_hooks)
        installation.install()
        return installation

    return run


@pytest.fixture
def older_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Git runs what the configuration names."""
    monkeypatch.setattr(prerequisites, "CONFIGURED_SINCE", (99, 0, 0))


@pytest.fixture
def newer_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Git runs what the configuration names."""
    monkeypatch.setattr(prerequisites, "CONFIGURED_SINCE", (0, 0, 0))


@pytest.fixture
def added_kind() -> str:
    """The schema of a kind that a repository may add."""
    return (Path(__file__).parent / "vtxos.schema.json").read_text()
