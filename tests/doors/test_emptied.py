"""A pick of a rebase that the evidence leaves nothing of does not stop the rebase for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.made_state import (
    branch,
    chain,
    change_of,
    coin,
    coins,
    mempool,
    mined,
    pending,
    records,
    spend,
    transactions,
)

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

PAY = spend("pay", coin(0))
MINED = mined(PAY)


def diverged(repo: Repo, *later: str) -> None:
    """theirs has a payment pending, and a label; main has it in a block. `later` are commits of theirs on top."""
    coins(repo, coin(0), coin(1))
    transactions(repo)
    mempool(repo)
    chain(repo, 104)
    repo.unexamined("base")
    branch(repo, "theirs")
    coins(repo, change_of(PAY), coin(1, label="rent"))
    mempool(repo, pending(PAY))
    repo.unexamined("pays")
    for name in later:
        repo.write(name, name)
        repo.unexamined(name)
    repo.git("switch", "-q", "main")
    coins(repo, change_of(MINED), coin(1))
    transactions(repo, MINED)
    chain(repo, 105)
    repo.unexamined("in a block")
    repo.git("switch", "-q", "theirs")


@pytest.mark.parametrize("later", [(), ("one",), ("one", "two")])
def test_a_rebase_over_a_payment_that_was_confirmed_ends(treasury: Repo, later: tuple[str, ...]) -> None:
    diverged(treasury, *later)
    done = treasury.run("git", "rebase", "main", ok=(0, 1))
    steps = 0
    while (treasury.path / ".git/rebase-merge").exists():
        steps += 1
        assert steps <= 3, done.stderr
        done = treasury.run("git", "-c", "core.editor=true", "rebase", "--continue", ok=(0, 1))
    assert treasury.git("log", "--format=%s", "main..").split("\n")[:-1] == [*reversed(later), "pays"]
    assert {(one["txid"], one["label"]) for one in records(treasury, "wallet/utxos.json")} == {
        (PAY["txid"], None), (coin(1)["txid"], "rent"),
    }  # fmt: skip
    assert records(treasury, "network/mempool.json") == []
    assert not treasury.git("status", "--short")
    treasury.gitbtc("check")


def test_what_was_written_down_of_a_commit_takes_no_other_one_away(treasury: Repo) -> None:
    coins(treasury, coin(0))
    treasury.commit("base")
    (treasury.path / ".git/gitbtc").mkdir(exist_ok=True)
    for left in (treasury.git("rev-parse", "HEAD").strip(), "", "0" * 40):
        (treasury.path / ".git/gitbtc/emptied").write_text(left)
        treasury.write("notes.txt", left)
        treasury.commit("notes")
        assert treasury.git("log", "-1", "--format=%s").strip() == "notes"
        assert not (treasury.path / ".git/gitbtc/emptied").exists()
