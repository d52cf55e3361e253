"""`.pre-commit-hooks.yaml`, run by the pre-commit framework itself."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.doors.test_hook import secret

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

HOOKS = Path(__file__).resolve().parents[1] / ".pre-commit-hooks.yaml"


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    """A repository that uses both hooks. The program is the one under test: nothing is fetched or built."""
    program = sandbox.home / "bin/gitbtc"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -E -P -m gitbtc "$@"\n')
    program.chmod(0o755)
    # Git's own programs come first otherwise, and the framework's cache belongs into the sandbox.
    sandbox.env |= {"PATH": f"{program.parent}{os.pathsep}{sandbox.env['PATH']}", "XDG_CACHE_HOME": str(sandbox.home)}
    shelf = sandbox.repo("gitbtc")
    shelf.write(HOOKS.name, HOOKS.read_bytes())
    hooks = [{"id": name, "language": "system"} for name in ("gitbtc-scan", "gitbtc-scan-message")]
    made = sandbox.repo("any")
    made.write(
        ".pre-commit-config.yaml",
        json.dumps({"repos": [{"repo": str(shelf.path), "rev": shelf.commit("hooks"), "hooks": hooks}]}),
    )
    made.run(sys.executable, "-m", "pre_commit", "install", "-t", "pre-commit", "-t", "commit-msg")
    made.commit("first")
    return made


def refused(repo: Repo, key: str, *options: str) -> str:
    repo.git("add", "-A")
    done = repo.run("git", "commit", "-m", "x", *options, ok=(1,))
    said = done.stdout + done.stderr
    assert "fingerprint" in said
    assert key not in said
    return said


@pytest.mark.parametrize("name", ["notes.txt", "--help", "--staged", "deep/a b.bin"])
def test_a_key_in_a_file_is_not_committed_whatever_the_file_is_called(repo: Repo, name: str) -> None:
    key = secret()
    repo.write(name, b"\0" + key.encode())
    assert f"{name}:1: secret: WIF private key" in refused(repo, key)


def test_a_key_in_a_link_or_in_the_message_is_not_committed(repo: Repo) -> None:
    key = secret()
    (repo.path / "link").symlink_to(key)
    assert "link:1: secret: WIF" in refused(repo, key)
    (repo.path / "link").unlink()
    assert "COMMIT_EDITMSG:3: secret" in refused(repo, key, "--allow-empty", "-m", key)


def test_what_is_clean_is_committed_and_all_files_can_be_asked_for(repo: Repo) -> None:
    repo.write("--help", "x")
    repo.commit("clean")
    repo.run(sys.executable, "-m", "pre_commit", "run", "--all-files")
