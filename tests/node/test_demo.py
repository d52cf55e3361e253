"""The demo on two real nodes. It holds itself to what it tells; tested are its end and what it leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nodes import getting

if TYPE_CHECKING:
    from tests.conftest import Sandbox

TOP = Path(__file__).resolve().parents[2]


def demo(sandbox: Sandbox, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nodes", *arguments]
    return subprocess.run(command, cwd=sandbox.home, env={**sandbox.env, "PYTHONPATH": str(TOP), **env},
                          capture_output=True, text=True, check=False)  # fmt: skip


@pytest.mark.node
def test_the_story_goes_on_real_nodes_as_it_is_told(sandbox: Sandbox, programs: Path) -> None:
    done = demo(sandbox, "place", GITBTC_NODE=str(programs.parent))
    assert (done.returncode, done.stderr) == (0, "")
    place = sandbox.home / "place"
    command = ["git", "-C", str(place), "status", "--porcelain"]
    assert subprocess.run(command, env=sandbox.env, capture_output=True, text=True, check=True).stdout == ""
    assert "is contested" not in done.stdout
    (folder,) = {line.split('"')[1].split("/node-")[0] for line in done.stdout.splitlines() if "cookie" in line}
    assert not Path(folder).exists()


def test_where_no_node_can_be_got_one_line_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    """A PATH without programs: no node is installed, and there is no apt."""
    done = demo(sandbox, "place", PATH=str(tmp_path), GITBTC_NODE=str(tmp_path / "cache"))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[-1].startswith("gitbtc.demo: no node: no bitcoind is installed, and no apt of this")
    assert not (sandbox.home / "place").exists()


def test_wrong_usage_asks_for_no_node(sandbox: Sandbox, tmp_path: Path) -> None:
    assert demo(sandbox, "one", "two", PATH=str(tmp_path)).returncode == 2
    assert getting.PACKAGE not in demo(sandbox, "--help", PATH=str(tmp_path)).stderr
