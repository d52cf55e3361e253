"""Several merge bases: nothing that one of them had settled is asked again, nothing that they contradict is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.doors.wallets import balance_is_a_replay, files, listed, state, types
from tests.made_state import change_of, coin, pending, spend
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

OUTPOINT = f"{coin(0)['txid']}:0"
A, B = spend("aa", coin(0)), spend("bb", coin(0))


def settle(repo: Repo, other: str, choice: str) -> None:
    repo.git("merge", other, ok=(1,))
    repo.gitbtc("resolve", OUTPOINT, choice)
    repo.git("commit", "-q", "-m", f"settled {choice}")


@pytest.fixture
def crossed(treasury: Repo) -> Repo:
    """main spends the coin in A, side in B; `tip-main` and `tip-side` are where both are about to merge each other."""
    _cross(treasury)
    return treasury


@once
def _cross(repo: Repo) -> None:
    state(repo, [coin(0), coin(1), coin(2)])
    repo.git("checkout", "-q", "-b", "side")
    state(repo, [coin(1), coin(2), change_of(B)], [B])
    repo.git("tag", "tip-side")
    repo.git("checkout", "-q", "main")
    state(repo, [coin(1), coin(2), change_of(A)], [A])
    repo.git("tag", "tip-main")


def bases(repo: Repo) -> int:
    return len(repo.git("merge-base", "--all", "main", "side").split())


def test_what_both_settled_alike_is_not_asked_again(crossed: Repo) -> None:
    settle(crossed, "tip-side", "--ours")
    crossed.git("checkout", "-q", "side")
    settle(crossed, "tip-main", "--theirs")
    assert bases(crossed) == 2
    crossed.git("merge", "-q", "--no-edit", "main")
    assert types(crossed) == {}
    assert listed(crossed) == {f"{coin(1)['txid']}:1", f"{coin(2)['txid']}:2", f"{A['txid']}:0"}
    balance_is_a_replay(crossed, coin(0), coin(1), coin(2))


@pytest.mark.parametrize("choice", ["--ours", "--theirs"])
def test_what_they_settled_in_two_ways_is_contested(crossed: Repo, choice: str) -> None:
    """Each base says that one side only has a stale view, and it is not the same side: both transactions would be void,
    and the coin nowhere.
    """
    settle(crossed, "tip-side", "--ours")
    crossed.git("checkout", "-q", "side")
    settle(crossed, "tip-main", "--ours")
    assert bases(crossed) == 2
    said = crossed.run("git", "merge", "main", ok=(1,)).stderr
    assert OUTPOINT[:8] in said
    assert OUTPOINT in types(crossed)
    crossed.gitbtc("resolve", OUTPOINT, choice)
    crossed.git("commit", "-q", "-m", "settled at last")
    winner = B if choice == "--ours" else A
    assert listed(crossed) == {f"{coin(1)['txid']}:1", f"{coin(2)['txid']}:2", f"{winner['txid']}:0"}
    balance_is_a_replay(crossed, coin(0), coin(1), coin(2))


def test_only_the_new_contest_is_asked_about(crossed: Repo) -> None:
    settle(crossed, "tip-side", "--ours")
    crossed.git("checkout", "-q", "side")
    settle(crossed, "tip-main", "--theirs")
    void = B | {"replaced_by": A["txid"]}
    one, other = spend("one", coin(1)), spend("other", coin(1))
    state(crossed, [coin(2), change_of(A), change_of(one)], [A, void, one])
    crossed.git("checkout", "-q", "main")
    state(crossed, [coin(2), change_of(A), change_of(other)], [A, void, other])
    crossed.git("merge", "side", ok=(1,))
    assert types(crossed) == {f"{coin(1)['txid']}:1": "double_spend"}


def test_what_the_common_ancestor_saw_spent_is_never_reported(treasury: Repo) -> None:
    state(treasury, [coin(1), change_of(A)], [A])
    treasury.git("checkout", "-q", "-b", "side")
    files(treasury, network_mempool=[pending(A) | {"fee_rate_sat_vbyte": 6}])
    treasury.git("checkout", "-q", "main")
    files(treasury, network_mempool=[])
    treasury.git("merge", "-q", "--no-edit", "side")
    assert types(treasury) == {}
