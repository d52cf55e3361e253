"""What the hooks refuse, whatever came past the filter."""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds import base58
from tests.made_state import coin, coins, put, records

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

# What makes Git forget the filter, as a clone without gitbtc has it.
PAST_THE_FILTER = ("-c", "filter.gitbtc.process=", "-c", "filter.gitbtc.clean=", "-c", "filter.gitbtc.required=false")


def secret() -> str:
    return base58.encode_check(b"\xef" + secrets.token_bytes(32) + b"\x01")


def refused(repo: Repo, *arguments: str, configuration: tuple[str, ...] = ()) -> str:
    before = repo.git("rev-parse", "HEAD")
    said = repo.run("git", *configuration, "commit", *arguments, ok=(1,)).stderr
    assert repo.git("rev-parse", "HEAD") == before
    assert "Traceback" not in said
    return said


@pytest.mark.one_file
@pytest.mark.parametrize("path", ["notes.txt", "wallet/utxos.json", "deep/er/x.bin"])
def test_a_key_that_came_past_the_filter_is_not_committed_and_not_shown(treasury: Repo, path: str) -> None:
    key = secret()
    treasury.write(path, json.dumps([coin(0, label=key)]))
    treasury.git(*PAST_THE_FILTER, "add", path)
    said = refused(treasury, "-m", "x", configuration=PAST_THE_FILTER)
    assert "WIF" in said
    assert path in said
    assert key not in said


@pytest.mark.own_interpreters
def test_a_key_in_the_commit_message_is_refused_and_not_shown(treasury: Repo) -> None:
    key = secret()
    said = refused(treasury, "--allow-empty", "-m", f"the key is {key}")
    assert "the commit message" in said
    assert key not in said


def test_a_key_that_is_a_file_name_is_refused(treasury: Repo) -> None:
    treasury.write(f"{secret()}.txt", "nothing")
    treasury.git(*PAST_THE_FILTER, "add", "-A")
    assert "WIF" in refused(treasury, "-m", "x", configuration=PAST_THE_FILTER)


@pytest.mark.one_file
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount_sat": 1.5}, "amount_sat"),
        ({"amount_sat": -1}, "amount_sat"),
        ({"amount_sat": True}, "amount_sat"),
        ({"address": "bcrt1qnothing"}, "address"),
        ({"script_type": "p2pkh"}, "p2wpkh"),
        ({"shoe_size": 44}, "shoe_size"),
        ({"amount_sat": None}, "amount_sat"),
    ],
)
def test_a_record_that_breaks_its_schema_is_named(treasury: Repo, changes: dict[str, Any], said: str) -> None:
    coins(treasury, coin(0), coin(1, **changes))
    treasury.git("add", "-A")
    told = refused(treasury, "-m", "x")
    assert f"wallet/utxos.json::{coin(1)['txid']}:1" in told
    assert said in told
    assert f"{coin(0)['txid']}:0" not in told


@pytest.mark.one_file
def test_a_transaction_without_its_inputs_is_named(treasury: Repo) -> None:
    treasury.write("wallet/transactions.json", json.dumps([{"txid": "ab" * 32, "inputs": [{}], "outputs": None}]))
    treasury.git("add", "-A")
    assert f"wallet/transactions.json::{'ab' * 32}: line 2: inputs[0]" in refused(treasury, "-m", "x")


def test_many_faults_are_counted_not_listed(treasury: Repo) -> None:
    coins(treasury, *(coin(number, shoe_size=44) for number in range(50)))
    treasury.git("add", "-A")
    told = refused(treasury, "-m", "x")
    assert "30 faults more" in told
    assert len(told.splitlines()) == 21


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[{]", "not JSON"),
        ("[\n<<<<<<< a\n=======\n>>>>>>> b\n]\n", "conflict marker"),
        ('[{"txid":"a","txid":"b"}]', "twice"),
        ("\ufeff[]", "byte order mark"),
    ],
)
def test_what_is_no_state_file_is_staged_but_not_committed(treasury: Repo, content: str, said: str) -> None:
    treasury.write("wallet/utxos.json", content)
    treasury.git("add", "-A")
    treasury.git("status")
    assert said in refused(treasury, "-m", "x")


@pytest.mark.one_file
@pytest.mark.own_interpreters
def test_a_file_that_is_not_canonical_is_refused(treasury: Repo) -> None:
    coins(treasury, coin(0))
    treasury.git(*PAST_THE_FILTER, "add", "wallet/utxos.json")
    assert "canonical" in refused(treasury, "-m", "x")
    treasury.git("add", "--renormalize", "wallet/utxos.json")
    treasury.git("commit", "-q", "-m", "mended")
    assert records(treasury, "wallet/utxos.json", "HEAD") == [coin(0)]


def test_a_symbolic_link_in_a_state_files_place_is_refused(treasury: Repo) -> None:
    put(treasury, "elsewhere.json", coin(0))
    (treasury.path / "wallet").mkdir()
    (treasury.path / "wallet/utxos.json").symlink_to("../elsewhere.json")
    treasury.git("add", "-A")
    assert "symbolic link" in refused(treasury, "-m", "x")


def test_two_networks_in_one_root_are_refused(treasury: Repo) -> None:
    coins(treasury, coin(0), coin(1, address="bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"))
    treasury.git("add", "-A")
    assert "network" in refused(treasury, "-m", "x")


def test_files_that_are_no_state_are_nobodys_business(treasury: Repo) -> None:
    treasury.write("README.md", "# A treasury\n")
    treasury.write("wallet/notes.json", '{"b": 1, "a": [1, 2]}')
    treasury.commit("notes")
    assert treasury.run("git", "show", "HEAD:wallet/notes.json").stdout == '{"b": 1, "a": [1, 2]}'


def test_an_unknown_hook_is_wrong_usage(treasury: Repo) -> None:
    assert "pre-commit" in treasury.gitbtc("hook", "pre-dinner", ok=(2,)).stderr
    treasury.gitbtc("hook", ok=(2,))


@pytest.mark.own_interpreters
def test_a_hook_leaves_a_foreign_index_alone(treasury: Repo, tmp_path: Path) -> None:
    """`commit PATH` runs the hooks on an index of its own."""
    coins(treasury, coin(0))
    treasury.commit("base")
    coins(treasury, coin(0, label="a"))
    treasury.write("other.txt", "staged, but not for this commit")
    treasury.git("add", "other.txt")
    treasury.git("commit", "-q", "-m", "one path", "wallet/utxos.json")
    assert treasury.git("status", "--porcelain") == "A  other.txt\n"
    assert records(treasury, "wallet/utxos.json", "HEAD")[0]["label"] == "a"


LOOKS_LIKE_A_KEY = "[\n" + json.dumps([coin(0, label="ab" * 32), coin(1, shoe_size=44)])[1:]
WARNING = "gitbtc: warning: wallet/utxos.json: line 2: 32 bytes in a free text"


@pytest.mark.one_file
@pytest.mark.own_interpreters
@pytest.mark.parametrize("command", ["commit -m x", "-c core.fsync=none commit -am x", "commit -m x wallet/utxos.json"])
def test_the_reason_comes_first_also_where_git_looks_into_a_file_again(treasury: Repo, command: str) -> None:
    file = treasury.write("wallet/utxos.json", LOOKS_LIKE_A_KEY)
    os.utime(file, (4e9, 4e9))  # younger than any index: Git has it filtered anew by each command
    assert treasury.run("git", "add", "wallet").stderr.startswith(WARNING)
    assert treasury.run("git", "status").stderr == ""
    first, *rest = treasury.run("git", *command.split(), ok=(1,)).stderr.splitlines()
    assert "shoe_size" in first
    assert [line for line in rest if line.startswith("gitbtc: warning:")] == rest
    assert rest[0].startswith(WARNING)


@pytest.mark.one_file
@pytest.mark.own_interpreters
def test_the_reason_comes_first_of_what_is_said_of_a_message(treasury: Repo) -> None:
    event = {"timestamp": 1, "block_height": 1, "event_type": "custom", "note": "one"}
    nothing = dict.fromkeys(("txid", "amount_sat", "fee_sat"))
    treasury.write("strategy/execution.json", json.dumps([event | nothing]))
    treasury.commit("one")
    treasury.git("rm", "-q", "strategy/execution.json")
    treasury.env["GITBTC_ALLOW_REWRITE"] = "1"
    first, second = refused(treasury, "-m", json.dumps({"label": "ab" * 32}), "--allow-empty").splitlines()
    assert "Gitbtc-Rewrite" in first
    assert second.startswith("gitbtc: warning: the commit message")
