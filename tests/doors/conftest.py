"""A gated server, and a clone of it in which gitbtc is not installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.doors.pushing import clone, gated

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox


@pytest.fixture
def server(sandbox: Sandbox) -> Repo:
    return gated(sandbox)


@pytest.fixture
def plain(sandbox: Sandbox, server: Repo) -> Repo:
    return clone(sandbox, server)
