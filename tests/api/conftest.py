"""The API runs Git itself: this process has to be as hermetic as the sandbox."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox


@pytest.fixture
def hermetic(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT")]:
        monkeypatch.delenv(name)
    for name, value in sandbox.env.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def repo(sandbox: Sandbox, hermetic: None) -> Repo:
    """An empty repository in which gitbtc is not set up."""
    return sandbox.repo()
