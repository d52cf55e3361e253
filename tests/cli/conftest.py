"""What tests of several commands begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.prepared import once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo


@once
def _import(repo: Repo, recordings: Path) -> None:
    repo.gitbtc("import", "bitcoin-core", "--from", str(recordings / "0-base"))
    repo.commit("base")


@pytest.fixture
def recorded(treasury: Repo, recordings: Path) -> Repo:
    """The treasury as a node first told of it, committed."""
    _import(treasury, recordings)
    return treasury
