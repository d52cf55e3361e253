"""What a comparison reads beside the files that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from gitbtc.cli.compared import Compared
from gitbtc.kinds.layouts import WHOLE, Layout
from gitbtc.repo.diffing import Comparison
from tests.history.test_kept import Repository, written
from tests.kept import keep
from tests.made_state import coin, mined, spend, txid

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from gitbtc.spends.listing import Outpoint

pytestmark = pytest.mark.one_interpreter


def spenders(repository: Repository, wanted: set[Outpoint]) -> tuple[dict[Outpoint, Any], int]:
    """Who spends some coins, as the comparison of the two commits tells it, and how many files it reads for that."""
    compared = Compared(Comparison(repository.git, repository.commits, None, cached=False))
    with repository.git.blobs() as blobs, patch.object(blobs, "read", wraps=blobs.read) as read:
        found = compared.beside("", blobs, is_alone=False).spenders(wanted)
        return found, len({call.args[0] for call in read.call_args_list})


@pytest.mark.parametrize("layout", [Layout(2), WHOLE])
@pytest.mark.parametrize("at", [0, 1])
def test_who_spends_a_coin_is_looked_for_where_somebody_can(tmp_path: Path, layout: Layout, at: int) -> None:
    spent, other = coin(0), coin(1)
    payment, lost = mined(spend("zz", spent)), spend("yy", other, abandoned=True)
    early = [spend("xx", coin(2)), mined(spend("ww", coin(2)))]  # the one that is confirmed goes before
    more = [mined(spend(name, coin(0, txid(name + "x")))) for name in "abcdefghijklmno"]
    first = written(*more, *early, lost, coins=[spent, other])
    second = written(*more, *early, lost, payment, coins=[other])
    repository = Repository(str(tmp_path), [(first, layout), (second, layout)])
    wanted = {(one["txid"], one["vout"]) for one in (spent, other, coin(2))}
    told, every = spenders(repository, wanted)
    assert {one[1]: by["txid"] for one, by in told.items()} == {0: txid("zz"), 2: txid("ww")}
    keep(repository.git, repository.commits[at])
    assert every == (1 if layout.is_whole else 19)
    assert spenders(repository, wanted) == (told, 1 if layout.is_whole else 4)
