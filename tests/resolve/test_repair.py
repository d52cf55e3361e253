"""What a merge lost or brought back is mended at the commit, however it was made; nothing leads into a dead end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.doors.wallets import balance_is_a_replay, diverge, files, listed, state, transaction, types
from tests.made_state import change_of, coin, pending, put, spend

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

OUTPOINT = f"{coin(0)['txid']}:0"
ONE, TWO, THREE = spend("one", coin(0)), spend("two", coin(0), fee=3000), spend("three", coin(0), fee=2000)


def commits_in(repo: Repo, tries: int) -> None:
    """Each refusal stages a repair; after so many the commit is made."""
    for _ in range(tries):
        if repo.run("git", "commit", "-q", "-m", "merged", ok=(0, 1)).returncode == 0:
            return
    raise AssertionError(repo.run("git", "commit", "-m", "merged", ok=(1,)).stderr)


def test_what_theirs_learned_of_a_transaction_is_not_lost_with_their_file(treasury: Repo) -> None:
    """`-s ours` keeps our record of ONE, which theirs knows to be replaced."""
    diverge(
        treasury,
        lambda: state(treasury, [change_of(ONE), coin(1)], [ONE]),
        lambda: state(treasury, [change_of(ONE), coin(1, label="x")], [ONE]),
        lambda: state(treasury, [change_of(TWO), coin(1)], [ONE | {"replaced_by": TWO["txid"]}, TWO]),
    )
    treasury.git("merge", "-s", "ours", "theirs", ok=(1,))
    commits_in(treasury, 3)
    assert transaction(treasury, ONE["txid"])["replaced_by"] == TWO["txid"]
    assert listed(treasury) == {f"{TWO['txid']}:0", f"{coin(1)['txid']}:1"}
    balance_is_a_replay(treasury, coin(0), coin(1))


def test_a_loser_that_the_union_brings_back_stays_a_loser(treasury: Repo) -> None:
    """Settled in a file that lacks the loser, because somebody took ours whole."""
    diverge(
        treasury,
        lambda: state(treasury, [coin(0), coin(1)]),
        lambda: state(treasury, [change_of(ONE), coin(1)], [ONE]),
        lambda: state(treasury, [change_of(TWO), coin(1, label="x")], [TWO]),
    )
    treasury.git("merge", "-s", "ours", "--no-commit", "theirs", ok=(0, 1))
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    treasury.git("add", "-A")
    commits_in(treasury, 3)
    assert transaction(treasury, TWO["txid"])["replaced_by"] == ONE["txid"]
    assert listed(treasury) == {f"{ONE['txid']}:0", f"{coin(1)['txid']}:1"}
    balance_is_a_replay(treasury, coin(0), coin(1))


def test_a_third_transaction_that_nobody_marked_loses_too(treasury: Repo) -> None:
    """Both sides replaced ONE, by one transaction each; TWO was chosen, and ONE has lost with the other."""
    diverge(
        treasury,
        lambda: state(treasury, [change_of(ONE)], [ONE]),
        lambda: state(treasury, [change_of(THREE)], [ONE | {"replaced_by": THREE["txid"]}, THREE]),
        lambda: state(treasury, [change_of(TWO)], [ONE | {"replaced_by": TWO["txid"]}, TWO]),
    )
    treasury.git("merge", "theirs", ok=(1,))
    treasury.gitbtc("resolve", OUTPOINT, "--theirs")
    treasury.git("add", "-A")
    commits_in(treasury, 3)
    assert listed(treasury) == {f"{TWO['txid']}:0"}
    balance_is_a_replay(treasury, coin(0))


def test_a_revert_of_nothing_is_not_taken_for_one_later(treasury: Repo) -> None:
    """Git leaves a message behind when there is nothing to revert."""
    state(treasury, [coin(0)])
    files(treasury, wallet_utxos=[], network_mempool=[pending(ONE)])
    spent = treasury.git("rev-parse", "HEAD").strip()
    files(treasury, wallet_utxos=[coin(0)], network_mempool=[])
    treasury.git("revert", "--no-edit", spent, ok=(0, 1))
    assert f"reverts commit {spent}" in treasury.read(".git/MERGE_MSG").decode()
    state(treasury, [change_of(ONE)], [ONE])
    assert types(treasury) == {}
    balance_is_a_replay(treasury, coin(0))


def test_markers_of_a_text_merge_can_be_settled_like_others(treasury: Repo) -> None:
    """Each side changed another field of one coin: the driver would have merged it, `-s resolve` runs none."""
    diverge(
        treasury,
        lambda: state(treasury, [coin(0)]),
        lambda: state(treasury, [coin(0, label="rent")]),
        lambda: state(treasury, [coin(0, block_height=101)]),
    )
    treasury.git("merge", "-s", "resolve", "theirs", ok=(1,))
    address = f"wallet/utxos.json::{OUTPOINT}"
    assert address in treasury.gitbtc("conflicts", ok=(1,)).stdout
    treasury.gitbtc("resolve", address, "--ours")
    treasury.git("add", "-A")
    commits_in(treasury, 2)
    assert listed(treasury) == {OUTPOINT}


def test_a_transaction_that_lives_again_has_its_change_again(treasury: Repo) -> None:
    """Both sides had given ONE up; whoever settled the merge took the record of the common ancestor."""
    gone = ONE | {"abandoned": True}
    diverge(
        treasury,
        lambda: state(treasury, [change_of(ONE), coin(1)], [ONE]),
        lambda: files(treasury, wallet_utxos=[coin(0), coin(1)], wallet_transactions=[gone], network_mempool=[]),
        lambda: files(
            treasury, wallet_utxos=[coin(0), coin(1, label="x")], wallet_transactions=[gone], network_mempool=[]
        ),
    )
    treasury.git("merge", "--no-commit", "theirs")
    files_of_base = {"wallet_transactions": [ONE], "wallet_utxos": [coin(1, label="x")]}
    for path, content in files_of_base.items():
        put(treasury, path.replace("_", "/") + ".json", *content)
    treasury.git("add", "-A")
    commits_in(treasury, 3)
    balance_is_a_replay(treasury, coin(0), coin(1))
