"""`gitbtc validate`: the work tree, a path, what is staged, a revision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

VTXOS = Path(__file__).parents[1] / "kinds" / "schemas" / "vtxos.schema.json"
TXID = "ab" * 32
COIN = {
    "txid": TXID, "vout": 0, "amount_sat": 1000, "script_type": "p2wpkh", "block_height": None, "coinbase": False,
    "address": "bcrt1qdavt4j2sd7dlhqsavtnfxvzppw6k7qy97tmnu9", "label": None,
}  # fmt: skip
COINS = "wallet/utxos.json"
FAULT = f"{COINS}::{TXID}:0: line 2: amount_sat must be an integer number of satoshi, not 1.5"


def coins(**fields: object) -> str:
    return json.dumps([{**COIN, **fields}], indent=2)


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    return sandbox.repo()


def document(repo: Repo, *arguments: str, ok: tuple[int, ...] = (0,)) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(repo.gitbtc("validate", "--json", *arguments, ok=ok).stdout)["gitbtc.validate/v1"]
    return told


def test_a_good_work_tree_is_said_to_be_valid(repo: Repo) -> None:
    repo.write(COINS, coins())
    repo.write("notes.json", "{")
    assert repo.gitbtc("validate").stdout == "1 file, 1 record checked: valid\n"


def test_a_file_that_is_almost_a_state_file_is_told_where_nobody_looks_at_it(repo: Repo) -> None:
    repo.write(COINS, coins())
    for path in ("wallet/utxo.json", "Wallet/labels.json", "notes/utxos.json"):
        repo.write(path, "{garbage")
    done = repo.gitbtc("validate")
    assert done.stdout == "1 file, 1 record checked: valid\n"
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == [
        "Wallet/labels.json",
        "wallet/utxo.json",
    ]
    repo.gitbtc("install")
    said = repo.gitbtc("doctor", ok=(1,)).stdout
    assert "wallet/utxo.json (almost wallet/utxos.json)" in said
    (repo.path / "Wallet/labels.json").unlink()
    repo.git("add", "-A")
    committed = repo.run("git", "commit", "-m", "x").stderr
    assert "wallet/utxo.json: no state file, and nobody guards it" in committed


def test_a_fault_is_told_with_file_record_field_value_and_rule(repo: Repo) -> None:
    repo.write(COINS, coins(amount_sat=1.5))
    assert repo.gitbtc("validate", ok=(1,)).stdout.splitlines() == [
        FAULT,
        "1 file, 1 record checked: 1 fault in 1 file",
    ]


def test_as_json_a_fault_has_a_member_for_each_of_them(repo: Repo) -> None:
    repo.write(COINS, coins(amount_sat=1.5))
    assert document(repo, ok=(1,)) == {
        "files": 1,
        "records": 1,
        "violations": [
            {
                "path": COINS,
                "address": f"{COINS}::{TXID}:0",
                "identity": f"{TXID}:0",
                "line": 2,
                "field": "amount_sat",
                "value": "1.5",
                "rule": "must be an integer number of satoshi",
            }
        ],
    }


def test_without_arguments_tracked_and_untracked_files_are_checked_and_ignored_ones_are_not(repo: Repo) -> None:
    for folder in ("tracked", "untracked", "ignored"):
        repo.write(f"{folder}/{COINS}", coins(amount_sat=1.5))
    repo.write(".gitignore", "ignored\n")
    repo.git("add", "tracked")
    repo.write(f"gone/{COINS}", coins(amount_sat=1.5))
    repo.git("add", "gone")
    (repo.path / "gone" / COINS).unlink()
    faults = document(repo, ok=(1,))["violations"]
    assert [fault["path"] for fault in faults] == [f"tracked/{COINS}", f"untracked/{COINS}"]


def test_a_folder_is_walked_and_a_path_may_be_told_from_any_folder(repo: Repo) -> None:
    repo.write(f"a/{COINS}", coins(amount_sat=1.5))
    repo.write(f"b/{COINS}", coins(amount_sat=2.5))
    assert [fault["path"] for fault in document(repo, "a", ok=(1,))["violations"]] == [f"a/{COINS}"]
    repo.write(f".git/{COINS}", coins(amount_sat=3.5))
    assert len(document(repo, ".", ok=(1,))["violations"]) == 2
    inside = repo.run(*python("validate", "utxos.json"), cwd=repo.path / "b" / "wallet", ok=(1,))
    assert inside.stdout.startswith(f"b/{FAULT[:40]}")


def python(*arguments: str) -> list[str]:
    import sys

    return [sys.executable, "-E", "-P", "-m", "gitbtc", *arguments]


def test_outside_of_a_repository_a_path_can_be_checked(repo: Repo) -> None:
    folder = repo.path.parent / "elsewhere"
    (folder / "wallet").mkdir(parents=True)
    (folder / COINS).write_text(coins(amount_sat=1.5))
    assert repo.run(*python("validate", COINS), cwd=folder, ok=(1,)).stdout.splitlines()[0] == FAULT
    assert "gitbtc init" in repo.run(*python("validate"), cwd=folder, ok=(3,)).stderr


@pytest.mark.parametrize(
    ("path", "why"), [("nowhere", "no such file"), ("README.md", "not a state file")]
)  # fmt: skip
def test_a_path_that_is_no_state_file_is_wrong_usage(repo: Repo, path: str, why: str) -> None:
    repo.write("README.md", "hello")
    assert why in repo.gitbtc("validate", path, ok=(2,)).stderr


def test_only_one_way_to_say_what_to_check_is_taken(repo: Repo) -> None:
    assert "one of them" in repo.gitbtc("validate", "--staged", "--rev", "HEAD", ok=(2,)).stderr


def test_staged_checks_the_records_that_the_next_commit_would_change(repo: Repo) -> None:
    other = {**COIN, "txid": "cd" * 32}
    repo.write(COINS, json.dumps([{**COIN, "amount_sat": -1}]))
    repo.commit("a fault that is there already")
    repo.write(COINS, json.dumps([{**COIN, "amount_sat": -1}, {**other, "amount_sat": -2}]))
    repo.git("add", "-A")
    repo.write(COINS, "{")
    told = document(repo, "--staged", ok=(1,))
    assert [(fault["identity"], fault["value"]) for fault in told["violations"]] == [("cd" * 32 + ":0", "-2")]
    assert told["records"] == 1


def test_staged_before_the_first_commit_checks_all_that_is_staged(repo: Repo) -> None:
    repo.write(COINS, coins(amount_sat=1.5))
    repo.git("add", "-A")
    assert [fault["field"] for fault in document(repo, "--staged", ok=(1,))["violations"]] == ["amount_sat"]


def test_staged_says_that_a_file_is_in_conflict(repo: Repo) -> None:
    repo.write(COINS, coins())
    repo.commit("base")
    repo.git("checkout", "-q", "-b", "side")
    repo.write(COINS, coins(label="theirs"))
    repo.commit("theirs")
    repo.git("checkout", "-q", "main")
    repo.write(COINS, coins(label="ours"))
    repo.commit("ours")
    repo.git("merge", "side", ok=(1,))
    ((fault),) = document(repo, "--staged", ok=(1,))["violations"]
    assert "conflict" in fault["rule"]
    assert "conflict marker" in document(repo, ok=(1,))["violations"][0]["rule"]


def test_a_revision_is_checked_whole(repo: Repo) -> None:
    repo.write(COINS, coins(amount_sat=1.5))
    repo.commit("wrong")
    repo.write(COINS, coins())
    repo.commit("right")
    assert document(repo, "--rev", "HEAD")["records"] == 1
    assert [fault["field"] for fault in document(repo, "--rev", "HEAD~1", ok=(1,))["violations"]] == ["amount_sat"]
    assert "no such revision" in repo.gitbtc("validate", "--rev", "v9", ok=(2,)).stderr


def test_a_symbolic_link_in_a_state_files_place_is_a_fault(repo: Repo) -> None:
    repo.write("coins.json", coins())
    (repo.path / "wallet").mkdir()
    (repo.path / COINS).symlink_to("../coins.json")
    repo.commit("linked")
    for arguments in ([], ["--staged"], ["--rev", "HEAD"], [COINS]):
        faults = document(repo, *arguments, ok=(0, 1))["violations"]
        told = [fault["path"] for fault in faults if "symbolic link" in fault["rule"]]
        assert told == ([] if arguments == ["--staged"] else [COINS])  # staged: nothing differs from HEAD


def test_the_records_of_an_added_kind_are_checked(repo: Repo) -> None:
    repo.write(".gitbtc/schemas/vtxos.schema.json", VTXOS.read_bytes())
    repo.write("ark/vtxos.json", json.dumps([{"txid": TXID, "vout": 0}]))
    assert [fault["field"] for fault in document(repo, ok=(1,))["violations"]] == [
        "amount_sat", "commitment_txid", "state", "expires_height", "label"
    ]  # fmt: skip


def test_many_faults_of_a_file_are_told_in_part_and_counted(repo: Repo) -> None:
    repo.write(COINS, json.dumps([{**COIN, "vout": vout, "amount_sat": -1} for vout in range(30)]))
    lines = repo.gitbtc("validate", ok=(1,)).stdout.splitlines()
    assert len(lines) == 22
    assert lines[-2] == f"{COINS}: 10 more; --json lists them all"
    assert len(document(repo, ok=(1,))["violations"]) == 30


def test_a_fault_in_a_log_is_told_with_its_moment(repo: Repo) -> None:
    reading = {"timestamp": 1_700_000_000, "block_height": None, "price_usd": 0, "source": "x"}
    repo.write("oracles/prices.json", json.dumps([reading]))
    first = repo.gitbtc("validate", ok=(1,)).stdout.splitlines()[0]
    assert first.endswith("(timestamp 1700000000): line 1: price_usd must be more than 0, not 0")


def test_what_a_record_says_cannot_steer_the_terminal(repo: Repo) -> None:
    label = {"address": COIN["address"], "label": "\x1b[2J\u202e", "category": "rent", "created_at": 1}
    repo.write("wallet/labels.json", json.dumps([label]))
    told = repo.gitbtc("validate", ok=(1,)).stdout
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert 'category must be "income" or' in told
    repo.write(f"\x1b[2J/{COINS}", coins(amount_sat=1.5))
    assert "\x1b" not in repo.gitbtc("validate", ok=(1,)).stdout
