"""A snapshot of the work tree is of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork
from gitbtc.kinds.registry import Kinds
from gitbtc.repo.git import Git
from gitbtc.state.snapshot import of_work_tree
from tests.made_state import coin, coins

if TYPE_CHECKING:
    from tests.conftest import Repo

UTXOS = "wallet/utxos.json"


def test_a_file_that_changes_while_it_is_looked_at_is_not_taken_for_the_same(treasury: Repo) -> None:
    coins(treasury, coin(0))
    snapshot = of_work_tree(Git.at(treasury.path), Kinds())
    assert snapshot.content(UTXOS) == snapshot.content(UTXOS)
    coins(treasury, coin(0), coin(1))
    with pytest.raises(CannotWork, match=f"{UTXOS}: has changed"):
        snapshot.content(UTXOS)
