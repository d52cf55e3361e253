"""Tests marked `node` drive a real bitcoind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from nodes import getting
from nodes.running import RealNode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of bitcoind and bitcoin-cli."""
    folder = getting.found()
    if folder is None:
        wanted = "no bitcoind here; `python nodes/getting.py` gets one without installing it"
        if os.environ.get("GITBTC_NEED_NODE"):
            pytest.fail(wanted)
        pytest.skip(wanted)
    return folder


@pytest.fixture
def node(programs: Path, tmp_path: Path) -> Iterator[RealNode]:
    """A node with a wallet `miner` that has coins, and an empty wallet `treasury`."""
    running = RealNode(programs, tmp_path / "node-a")
    try:
        running.start()
        for wallet in ("miner", "treasury"):
            running.cli("createwallet", wallet)
        running.mine(103)
        yield running
    finally:
        running.stop()


@pytest.fixture
def other(programs: Path, tmp_path: Path, node: RealNode) -> Iterator[RealNode]:
    """A second node, connected to the first one."""
    running = RealNode(programs, tmp_path / "node-b")
    try:
        running.start(f"-addnode=127.0.0.1:{node.port}")
        yield running
    finally:
        running.stop()
