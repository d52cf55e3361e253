"""The story that gitbtc exists for, on what two Bitcoin Core nodes answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.made_state import branch, records
from tests.prepared import once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

OTC = "6d0cc27c51939e895f4d55d495ccc01160fb818a6371875e62e00e094436cc72:0"
SPEND_A = "f28f95d29b2f755feaa32c29193992e15b4bfaa6698f45b405a9eb21120c737a"
SPEND_B = "1b76774ade113a284fddd7bf288c9da021d78fb8e7481c3279da38377feac167"
SALARY_OF_A = "10ab75e9c0bcecbf435ccf32a0139d68a92d54e99006b5d4d00be37b6dbc87eb"
BALANCE = {"a": 11_17793891 + 50_00000000, "b": 11_77791876 + 50_00000000}


def balance(repo: Repo) -> int:
    return sum(coin["amount_sat"] for coin in records(repo, "wallet/utxos.json"))


@pytest.fixture
def contested(treasury: Repo, recordings: Path) -> Repo:
    """main holds agent a's spend; `git merge agent-b` would bring b's spend of the same coin."""
    _contest(treasury, recordings)
    return treasury


@once
def _contest(repo: Repo, recordings: Path) -> None:
    def take(moment: str) -> None:
        repo.gitbtc("import", "bitcoin-core", "--from", str(recordings / moment))
        repo.unexamined(moment)

    take("0-base")
    branch(repo, "agent-a")
    take("1-agent-a")
    branch(repo, "agent-b", "main")
    take("2-agent-b")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "agent-a")


def test_the_merge_stops_and_names_the_coin_its_amount_and_both_transactions(contested: Repo) -> None:
    stopped = contested.run("git", "merge", "agent-b", ok=(1,))
    for named in (
        'double spend: 3.50000000 BTC  "OTC desk"  6d0cc27c:0\n',
        f'  ours    {SPEND_A[:8]}  {contested.git("rev-parse", "--short=8", "agent-a").strip()} "',
        "  2,388 sat (12.1 sat/vB)  mempool\n",
        f"  theirs  {SPEND_B[:8]}  ",
        "settle it with: gitbtc resolve 6d0cc27c:0 --ours (or --theirs, --base)\n",
    ):
        assert named in stopped.stderr
    assert contested.git("ls-files", "--unmerged", "--", "wallet/utxos.json")


def test_every_other_coin_is_merged(contested: Repo) -> None:
    contested.git("merge", "agent-b", ok=(1,))
    told = contested.gitbtc("conflicts", "--json", ok=(1,))
    [conflict] = json.loads(told.stdout)["gitbtc.conflicts/v1"]["conflicts"]
    wanted = {"type": "double_spend", "path": "wallet/utxos.json", "address": f"wallet/utxos.json::{OTC}",
              "outpoint": OTC, "amount_sat": 3_50000000, "ours_txid": SPEND_A, "theirs_txid": SPEND_B,
              "ours": None, "theirs": None}  # fmt: skip
    assert conflict | wanted == conflict
    assert conflict["base"]["amount_sat"] == 3_50000000


@pytest.mark.parametrize("marker_free", [False, True])
def test_the_commit_stays_refused_until_it_is_settled(contested: Repo, marker_free: bool) -> None:
    contested.git("merge", "agent-b", ok=(1,))
    contested.git("commit", "-m", "merge", ok=(1, 128))
    if marker_free:  # picking the empty side by hand settles the row, not the spend
        lines = contested.read("wallet/utxos.json").split(b"\n")
        start, end = (next(i for i, line in enumerate(lines) if line.startswith(sign * 7)) for sign in (b"<", b">"))
        contested.write("wallet/utxos.json", b"\n".join(lines[:start] + lines[end + 1 :]))
    contested.git("add", "-A")
    refused = contested.run("git", "commit", "-m", "merge", ok=(1,))
    assert ("conflict marker" in refused.stderr) is not marker_free
    if marker_free:
        assert f"  {SPEND_A[:8]}  " in refused.stderr
        assert f"  {SPEND_B[:8]}  " in refused.stderr
    assert contested.git("log", "--merges", "--oneline") == ""


@pytest.mark.parametrize(("choice", "winner", "loser"), [("--ours", SPEND_A, SPEND_B), ("--theirs", SPEND_B, SPEND_A)])
def test_choosing_a_spender_settles_what_hangs_on_it(contested: Repo, choice: str, winner: str, loser: str) -> None:
    contested.git("merge", "agent-b", ok=(1,))
    contested.gitbtc("resolve", OTC, choice)
    assert contested.gitbtc("check").returncode == 0
    contested.git("commit", "-q", "-m", "Merge agent-b")
    by_txid = {record["txid"]: record for record in records(contested, "wallet/transactions.json")}
    assert by_txid[loser]["replaced_by"] == winner
    assert "replaced_by" not in by_txid[winner]
    assert loser not in {entry["txid"] for entry in records(contested, "network/mempool.json")}
    assert not [coin for coin in records(contested, "wallet/utxos.json") if coin["txid"] == loser]
    assert f"Double-Spend: {OTC} {winner} over {loser}" in contested.git("log", "-1", "--format=%B").splitlines()
    assert contested.git("status", "--porcelain") == ""


def test_the_balance_is_right_whoever_wins(contested: Repo) -> None:
    contested.git("merge", "agent-b", ok=(1,))
    contested.gitbtc("resolve", OTC, "--theirs")
    assert balance(contested) == BALANCE["b"]  # a's salary is back, its change is gone: as b's node counts
    assert SALARY_OF_A in {coin["txid"] for coin in records(contested, "wallet/utxos.json")}


def test_ours_wins_with_the_other_spend_of_b_still_standing(contested: Repo) -> None:
    contested.git("merge", "agent-b", ok=(1,))
    contested.gitbtc("resolve", OTC, "--ours")
    assert balance(contested) == BALANCE["a"] - 1_25000000 + 84998872


def test_base_says_that_nobody_spends_it(contested: Repo) -> None:
    contested.git("merge", "agent-b", ok=(1,))
    contested.gitbtc("resolve", OTC, "--base")
    contested.git("commit", "-q", "-m", "Merge agent-b")
    assert OTC[:64] in {coin["txid"] for coin in records(contested, "wallet/utxos.json")}
    live = [record["txid"] for record in records(contested, "wallet/transactions.json") if record.get("abandoned")]
    assert set(live) == {SPEND_A, SPEND_B}
    assert contested.gitbtc("check", "HEAD").returncode == 0


def test_swapping_the_sides_changes_only_their_names(contested: Repo) -> None:
    contested.git("checkout", "-q", "agent-b")
    stopped = contested.run("git", "merge", "agent-a", ok=(1,))
    assert f"  ours    {SPEND_B[:8]}  " in stopped.stderr
    assert f"  theirs  {SPEND_A[:8]}  " in stopped.stderr


def test_resolving_twice_or_by_a_wrong_name_changes_nothing(contested: Repo) -> None:
    contested.git("merge", "agent-b", ok=(1,))
    before = contested.git("status", "--porcelain"), contested.read("wallet/utxos.json")
    wrong = contested.gitbtc("resolve", OTC, "wallet/utxos.json::nothing:0", "--ours", ok=(2,))
    assert "gitbtc conflicts" in wrong.stderr
    assert (contested.git("status", "--porcelain"), contested.read("wallet/utxos.json")) == before
    contested.gitbtc("resolve", f"wallet/utxos.json::{OTC}", "--ours")
    contested.gitbtc("resolve", OTC, "--ours", ok=(2,))


def test_a_settlement_is_not_taken_for_that_of_another_merge(contested: Repo) -> None:
    contested.git("merge", "agent-b", ok=(1,))
    contested.gitbtc("resolve", OTC, "--ours")
    contested.git("merge", "--abort")
    contested.git("merge", "agent-b", ok=(1,))
    found: Any = json.loads(contested.gitbtc("conflicts", "--json", ok=(1,)).stdout)
    assert len(found["gitbtc.conflicts/v1"]["conflicts"]) == 1


@pytest.mark.parametrize(
    "command",
    [
        ("log", "-p"), ("log", "-p", "--word-diff"), ("log", "--stat"), ("show", "HEAD"), ("show", "agent-b"),
        ("diff", "agent-a", "agent-b"), ("diff", "--stat", "agent-a", "agent-b"), ("blame", "wallet/utxos.json"),
        ("difftool", "-y", "--extcmd=diff", "agent-a", "agent-b"), ("range-diff", "main~1..main", "agent-b~1..agent-b"),
    ],
)  # fmt: skip
def test_git_itself_works_throughout(contested: Repo, command: tuple[str, ...]) -> None:
    for state in ("clean", "stopped"):
        done = contested.run("git", *command, ok=(0, 1) if command[0] == "difftool" else (0,))
        assert done.stdout.strip(), state
        assert "Traceback" not in done.stderr
        contested.git("merge", "agent-b", ok=(1, 128))
