"""`gitbtc status`: where a treasury stands, whatever Git is in the middle of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.made_state import FUNDING, OTHER, chain, change_of, coin, coins, spend, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter


def told(repo: Repo, ok: tuple[int, ...] = (0,)) -> dict[str, Any]:
    return dict(json.loads(repo.gitbtc("status", "--json", ok=ok).stdout)["gitbtc.status/v1"])


def lines(repo: Repo, ok: tuple[int, ...] = (0,)) -> list[str]:
    return repo.gitbtc("status", ok=ok).stdout.splitlines()


@once
def _rivals(repo: Repo) -> None:
    """Two coins; `theirs` and the current branch spend the first one, and main follows `theirs`."""
    coins(repo, coin(0), coin(1))
    transactions(repo)
    chain(repo, 150)
    repo.unexamined("base")
    for name in ("theirs", "main"):
        repo.git("checkout", "-q", *(["-b", name] if name == "theirs" else [name]))
        made = spend(name, coin(0))
        coins(repo, coin(1), change_of(made, address=OTHER))
        transactions(repo, made)
        repo.unexamined(name)
    repo.git("branch", "-q", "--set-upstream-to=theirs", "main")


@pytest.fixture
def rivals(treasury: Repo) -> Repo:
    _rivals(treasury)
    return treasury


def test_ahead_and_behind_are_told_in_coins(rivals: Repo) -> None:
    shown = lines(rivals)
    at = shown.index("on main, which follows theirs:")
    assert shown[at + 1 : at + 5] == [
        "  1 commit ahead: 1 coin spent, 1.00000000 BTC; 1 coin received, 0.99999000 BTC",
        "  1 commit behind: 1 coin spent, 1.00000000 BTC; 1 coin received, 0.99999000 BTC",
        "  merging it would leave 1 conflict; `gitbtc premerge theirs` tells them",
        "nothing that is not committed",
    ]
    branch = told(rivals)["branch"]
    assert (branch["name"], branch["follows"], branch["conflicts"]) == ("refs/heads/main", "refs/heads/theirs", 1)
    assert branch["ahead"] == {"commits": 1, "received": {"coins": 1, "amount_sat": 99_999_000},
                               "spent": {"coins": 1, "amount_sat": 100_000_000}}  # fmt: skip
    rivals.git("checkout", "-q", "theirs")
    assert "on theirs" in lines(rivals)
    rivals.git("checkout", "-q", "--detach")
    assert any(line.startswith("on no branch, at ") for line in lines(rivals))


@pytest.mark.one_file
def test_a_merge_that_stopped_is_told_though_nothing_can_be_added_up(rivals: Repo) -> None:
    rivals.gitbtc("merge", "theirs", ok=(1,))
    shown = lines(rivals, ok=(3,))
    assert shown[0].startswith("the coins cannot be told: ")
    assert {"a merge is in progress", "1 conflict open; `gitbtc conflicts` lists what settles them"} <= set(shown)
    found = told(rivals, ok=(3,))
    assert (found["in_progress"], found["conflicts"], found["roots"]) == ("merge", 1, [])
    assert found["fault"]


def test_what_is_not_committed_is_told_in_coins(rivals: Repo) -> None:
    coins(rivals, coin(1), coin(2, "ab" * 32))
    rivals.gitbtc("reserve", f"{FUNDING}:1", "--blocks", "6", "--agent", "bob", "--note", "rent")
    shown = lines(rivals)
    at = shown.index("not committed:")
    assert shown[at + 1].startswith("  strategy/execution.json | new file; 1 event added")
    assert shown[at + 2].startswith("  wallet/utxos.json       | 1 coin received, 1 spent")
    assert f'  {FUNDING[:8]}:1, 2.00000000 BTC, bob, until block 156 (6 blocks left): "rent"' in shown
    assert "  reserved by others  2.00000000 BTC  1 coin" in shown


def test_contests_and_sources_are_told(rivals: Repo, recordings: Path) -> None:
    rivals.gitbtc("join", "theirs", ok=(1,))
    assert any(f"contested: {FUNDING[:8]}:0: double_spend" in line for line in lines(rivals))
    [contest] = told(rivals)["contested"]
    assert contest["outpoint"] == f"{FUNDING}:0"
    rivals.gitbtc("import", "bitcoin-core", "--from", str(recordings / "0-base"), "--root", "desk")
    rivals.write(".gitbtc/sources.toml", '[vault]\nkind = "bitcoin-core"\nurl = "http://127.0.0.1:1"\ncookie = "/no"\n')
    found = told(rivals)["sources"]
    assert [(one["name"], one["root"], one["is_configured"], one["block_height"]) for one in found] == [
        ("bitcoin-core", "desk", False, 111), ("vault", "", True, None),
    ]  # fmt: skip
    shown = lines(rivals)
    assert "  vault: never asked" in shown
    assert any(line.startswith("  bitcoin-core (desk): as of block 111, 2026-11-23 00:04:09Z (") for line in shown)


def test_before_the_first_commit(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("init")
    assert "has no wallet/utxos.json" in lines(repo, ok=(3,))[0]
    coins(repo, coin(0))
    shown = lines(repo)
    assert "on main, before its first commit" in shown
    assert "  wallet/utxos.json | not in a commit yet" in shown
