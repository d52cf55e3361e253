"""`gitbtc validate`: the work tree, a path, what is staged, a revision."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in

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
UTXOS = built_in("utxos")
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


@pytest.mark.one_file
def test_a_fault_is_told_with_file_record_field_value_and_rule(repo: Repo) -> None:
    repo.write(COINS, coins(amount_sat=1.5))
    assert repo.gitbtc("validate", ok=(1,)).stdout.splitlines() == [
        FAULT,
        "1 file, 1 record checked: 1 fault in 1 file",
    ]


@pytest.mark.one_file
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


@pytest.mark.one_file
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


@pytest.mark.one_file
def test_a_folder_is_walked_and_a_path_may_be_told_from_any_folder(repo: Repo) -> None:
    repo.write(f"a/{COINS}", coins(amount_sat=1.5))
    repo.write(f"b/{COINS}", coins(amount_sat=2.5))
    assert [fault["path"] for fault in document(repo, "a", ok=(1,))["violations"]] == [f"a/{COINS}"]
    repo.write(f".git/{COINS}", coins(amount_sat=3.5))
    assert len(document(repo, ".", ok=(1,))["violations"]) == 2
    inside = repo.gitbtc("validate", "utxos.json", cwd=repo.path / "b" / "wallet", ok=(1,))
    assert inside.stdout.startswith(f"b/{FAULT[:40]}")


def test_outside_of_a_repository_a_path_can_be_checked(repo: Repo) -> None:
    folder = repo.path.parent / "elsewhere"
    (folder / "wallet").mkdir(parents=True)
    (folder / COINS).write_text(coins(amount_sat=1.5))
    assert repo.gitbtc("validate", COINS, cwd=folder, ok=(1,)).stdout.splitlines()[0] == FAULT
    assert "gitbtc init" in repo.gitbtc("validate", cwd=folder, ok=(3,)).stderr


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


@pytest.mark.one_file
def test_many_faults_of_a_file_are_told_in_part_and_counted(repo: Repo) -> None:
    repo.write(COINS, json.dumps([{**COIN, "vout": vout, "amount_sat": -1} for vout in range(30)]))
    lines = repo.gitbtc("validate", ok=(1,)).stdout.splitlines()
    assert len(lines) == 22
    assert lines[-2] == f"{COINS}: 10 more; --json lists them all"
    assert len(document(repo, ok=(1,))["violations"]) == 30


@pytest.mark.one_file
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


# -- what is remembered ----------------------------------------------------------------------------------------------

MEMORY = ".git/gitbtc/vetted"
FOLDER = "wallet/utxos"


def shards(repo: Repo, *labels: str | None, amount: object = 1000) -> None:
    """A coin in each of some shards, called after its label."""
    for at, label in enumerate(labels):
        txid = f"{at:x}" + TXID[1:]
        repo.write(f"{FOLDER}/{at:x}.json", codec.encode_file(UTXOS, [{**COIN, "txid": txid, "label": label,
                                                                         "amount_sat": amount}]))  # fmt: skip


def replaced_unseen(repo: Repo, path: str, old: bytes, new: bytes) -> None:
    """Bytes that become others of the same number, and nobody can see that by the stat data."""
    place = repo.path / path
    before = place.stat()
    content = place.read_bytes()
    assert old in content
    assert len(old) == len(new)
    with place.open("r+b") as file:
        file.write(content.replace(old, new))
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.fixture
def looked(treasury: Repo) -> Repo:
    """Shards that were committed, and looked at; Git does not look at the moment of a change that nobody can set."""
    treasury.git("config", "core.trustctime", "false")
    shards(treasury, "a", "b", "c")
    treasury.commit("coins")
    treasury.git("update-index", "--refresh")
    assert treasury.gitbtc("validate").stdout == "3 files, 3 records checked: valid\n"
    return treasury


def test_what_was_found_valid_is_not_looked_at_again(looked: Repo) -> None:
    replaced_unseen(looked, f"{FOLDER}/1.json", b":1000,", b":-100,")
    assert looked.gitbtc("validate").stdout == "3 files, 3 records checked: valid\n"
    for whole in (["--all"], [FOLDER], [f"{FOLDER}/1.json"], [COINS]):
        assert [fault["path"] for fault in document(looked, *whole, ok=(1,))["violations"]] == [f"{FOLDER}/1.json"]
    (looked.path / MEMORY).unlink()
    looked.gitbtc("validate", ok=(1,))


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_what_git_was_told_to_assume_is_no_reason_to_believe_it(looked: Repo, flag: str) -> None:
    looked.git("update-index", flag, f"{FOLDER}/1.json")
    shards(looked, "a", "b", "c", amount=-1)
    assert len(document(looked, ok=(1,))["violations"]) == 3


def test_of_a_changed_file_what_changed_is_looked_at_and_all_of_it_is_counted(treasury: Repo) -> None:
    coins = [{**COIN, "vout": vout} for vout in range(5)]
    treasury.write(f"{FOLDER}/a.json", codec.encode_file(UTXOS, coins))
    treasury.commit("coins")
    treasury.gitbtc("validate")
    treasury.write(f"{FOLDER}/a.json", codec.encode_file(UTXOS, [*coins[1:], {**COIN, "vout": 9}, {**COIN, "vout": 8}]))
    assert document(treasury) == document(treasury, "--all") == {"files": 1, "records": 6, "violations": []}
    treasury.write(f"{FOLDER}/a.json", codec.encode_file(UTXOS, [*coins[1:], {**COIN, "vout": 9, "amount_sat": -1}]))
    assert document(treasury, ok=(1,)) == document(treasury, "--all", ok=(1,))


def test_a_version_is_remembered_where_it_lay_and_for_its_network_alone(looked: Repo) -> None:
    first = looked.read(f"{FOLDER}/0.json")
    looked.write(f"{FOLDER}/5.json", first)
    assert "belongs in 0.json" in document(looked, ok=(1,))["violations"][0]["rule"]
    looked.write(f"{FOLDER}/5.json", b"[]\n")
    looked.write("network/chain.json", json.dumps({
        "network": "main", "block_height": 1, "block_hash": "0" * 64, "block_time": 1, "updated_at": 1,
        "difficulty": 1.0, "mempool_size": 0,
    }))  # fmt: skip
    assert document(looked, ok=(1,)) == document(looked, "--all", ok=(1,))
    assert len([one for one in document(looked, ok=(1,))["violations"] if one["field"] == "address"]) == 3


def test_another_schema_of_an_added_kind_has_its_files_looked_at_again(treasury: Repo) -> None:
    schema = json.loads(VTXOS.read_bytes())
    treasury.write(".gitbtc/schemas/vtxos.schema.json", json.dumps(schema))
    treasury.write("ark/vtxos.json", "[]\n")
    treasury.gitbtc("validate")
    assert b'"ark/vtxos.json"' in treasury.read(MEMORY)
    treasury.commit("a kind")
    schema["minItems"] = 1
    treasury.write(".gitbtc/schemas/vtxos.schema.json", json.dumps(schema))
    before = treasury.read(MEMORY)
    treasury.gitbtc("validate")
    assert treasury.read(MEMORY).count(b"ark/vtxos.json") == before.count(b"ark/vtxos.json") + 1


@pytest.mark.parametrize(
    "hostile",
    [
        b"", b"\0" * 300, b"\xff\xfe\n", b"{head}", b"{head}valid\nvalid \nvalid 1/regtest\n", b"{head}{lines}"[:-9],
        b"{head}valid 99999999999999999999999/regtest/regtest {line}\n", b"{head}valid -1/regtest {line}\n",
        b"{head}valid \xb2/regtest {line}\n", b"{head}valid /// {line}\n", b"{head}valid 1/main/main {line}\n",
        b"00{head}{lines}",
    ],
)  # fmt: skip
def test_a_memory_that_says_nothing_or_nonsense_changes_no_answer(looked: Repo, hostile: bytes) -> None:
    head, *lines = looked.read(MEMORY).splitlines(keepends=True)
    line = next(one.split(b" ", 2)[2] for one in lines if one.startswith(b"valid ")).rstrip(b"\n")
    shards(looked, "a", "b", "c", amount=-1)
    hostile = hostile.replace(b"{head}", head).replace(b"{lines}", b"".join(lines)).replace(b"{line}", line)
    (looked.path / MEMORY).write_bytes(hostile)
    assert document(looked, ok=(1,)) == document(looked, "--all", ok=(1,))
    shards(looked, "a", "b", "c")
    (looked.path / MEMORY).write_bytes(hostile)
    assert document(looked) == {"files": 3, "records": 3, "violations": []}


def test_a_repository_without_gitbtc_keeps_nothing(repo: Repo) -> None:
    repo.write(COINS, coins())
    repo.gitbtc("validate")
    assert not (repo.path / ".git" / "gitbtc").exists()
