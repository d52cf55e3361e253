"""State that was committed before spellings were told apart: it is said, it can be mended, and it merges by meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.doors.pushing import keep
from tests.made_state import ADDRESS, WITHOUT_GITBTC, coin, coins, records

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

PATH = "wallet/utxos.json"
PAST_THE_FILTER = (*WITHOUT_GITBTC, "-c", "filter.gitbtc.process=", "-c", "filter.gitbtc.clean=", "-c",
                   "filter.gitbtc.required=false")  # fmt: skip


def in_capitals(repo: Repo) -> None:
    """A commit of two coins with their addresses in capitals."""
    keep(repo, PATH, coin(0), coin(1))
    repo.write(PATH, repo.read(PATH).replace(ADDRESS.encode(), ADDRESS.upper().encode()))
    repo.git(*PAST_THE_FILTER, "add", PATH)
    repo.git(*PAST_THE_FILTER, "commit", "-q", "-m", "capitals")
    assert ADDRESS.upper() in repo.git("show", f"HEAD:{PATH}")


@pytest.mark.one_file
@pytest.mark.own_interpreters
def test_doctor_says_so_and_staging_anew_mends_it(treasury: Repo) -> None:
    in_capitals(treasury)
    said = treasury.gitbtc("doctor", ok=(1,)).stdout
    assert f"not canonical at HEAD: {PATH}" in said
    assert "git add --renormalize ." in said
    treasury.git("add", "--renormalize", ".")
    treasury.git("commit", "-q", "-m", "renormalized")
    assert records(treasury, PATH, "HEAD") == [coin(0), coin(1)]
    assert "not canonical" not in treasury.gitbtc("doctor", ok=(0, 1)).stdout


@pytest.mark.one_file
def test_a_side_in_capitals_and_one_in_small_letters_merge(treasury: Repo) -> None:
    in_capitals(treasury)
    treasury.git("checkout", "-q", "-b", "theirs")
    keep(treasury, PATH, coin(0), coin(1))
    treasury.write(PATH, treasury.read(PATH).replace(ADDRESS.encode(), ADDRESS.upper().encode(), 1))
    treasury.git(*PAST_THE_FILTER, "add", PATH)
    treasury.git(*PAST_THE_FILTER, "commit", "-q", "-m", "half of it")
    treasury.git("checkout", "-q", "-f", "main")  # to Git, what the filter would mend is changed
    coins(treasury, coin(0, label="rent"), coin(1), coin(2))
    treasury.commit("rent")
    treasury.git("merge", "-q", "--no-edit", "theirs")
    assert records(treasury, PATH, "HEAD") == [coin(0, label="rent"), coin(1), coin(2)]


def test_an_address_in_capitals_is_staged_in_small_letters(treasury: Repo) -> None:
    coins(treasury, coin(0, address=ADDRESS.upper()))
    treasury.commit("from a QR code")
    assert records(treasury, PATH, "HEAD") == [coin(0)]
