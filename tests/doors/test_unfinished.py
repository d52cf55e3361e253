"""`gitbtc doctor` says what was begun and not ended, and following it ends it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.doors.pushing import gated
from tests.made_state import branch, coin, coins, mempool, pending, put, spend, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

OUTPOINT = f"{coin(0)['txid']}:0"
A, B = spend("aa", coin(0)), spend("bb", coin(0))


def told(repo: Repo) -> dict[str, tuple[str, str]]:
    """What is unfinished: name -> what was found, how to go on. All else is in order."""
    document = json.loads(repo.gitbtc("doctor", "--json", ok=(0, 1)).stdout)["gitbtc.doctor/v1"]
    broken = {check["name"]: (check["found"], check["mend"]) for check in document["checks"] if not check["ok"]}
    assert broken.keys() <= {"in progress", "markers", "locks", "left behind", "settlements"}
    assert document["ok"] is (not broken)
    return broken


def commands(mend: str) -> list[list[str]]:
    """The commands that a piece of advice quotes."""
    return [shlex.split(part) for part in mend.split("`")[1::2]]


@once
def both_spend(repo: Repo) -> None:
    coins(repo, coin(0), coin(1), coin(2))
    transactions(repo)
    mempool(repo)
    repo.unexamined("base")
    branch(repo, "theirs")
    coins(repo, coin(1, label="theirs"), coin(2))
    transactions(repo, B)
    mempool(repo, pending(B))
    repo.unexamined("theirs")
    repo.git("checkout", "-q", "main")
    coins(repo, coin(1), coin(2, label="ours"))
    transactions(repo, A)
    mempool(repo, pending(A))
    repo.unexamined("ours")


def label(repo: Repo, text: str) -> None:
    put(repo, "wallet/utxos.json", coin(0), coin(1, label=text))
    repo.unexamined(text)


@pytest.fixture
def labelled(treasury: Repo) -> Repo:
    """Two branches that give one coin different labels."""
    _label_twice(treasury)
    return treasury


@once
def _label_twice(repo: Repo) -> None:
    label(repo, "base")
    branch(repo, "theirs")
    label(repo, "theirs")
    repo.git("checkout", "-q", "main")
    label(repo, "ours")


def test_where_nothing_was_begun_nothing_is_said(treasury: Repo) -> None:
    assert told(treasury) == {}


# -- in progress -----------------------------------------------------------------------------------------------------


@pytest.mark.own_interpreters
def test_a_merge_from_its_first_conflict_to_its_commit(treasury: Repo) -> None:
    both_spend(treasury)
    treasury.git("merge", "theirs", ok=(1,))
    found, mend = told(treasury)["in progress"]
    assert found == "a merge: 1 conflict open"
    assert ["gitbtc", "conflicts"] in commands(mend)
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    treasury.git("add", "-A")
    found, mend = told(treasury)["in progress"]
    assert found == "a merge: nothing is open; what is staged waits to be committed"
    assert commands(mend) == [["git", "commit"], ["git", "merge", "--abort"]]
    treasury.git("commit", "-q", "--no-edit")
    assert told(treasury) == {}


def test_a_merge_whose_repair_is_staged(treasury: Repo) -> None:
    both_spend(treasury)
    branch(treasury, "other", "main~1")
    coins(treasury, coin(0), coin(1))
    transactions(treasury, spend("cc", coin(2)))
    treasury.commit("other")
    treasury.git("checkout", "-q", "main")
    treasury.git("merge", "-s", "ours", "other", ok=(1,))
    found, mend = told(treasury)["in progress"]
    assert found.startswith("a merge: nothing is open")
    assert ["git", "commit"] in commands(mend)


@pytest.mark.both_layouts
@pytest.mark.parametrize(
    ("command", "name", "abort"),
    [
        (("cherry-pick", "theirs"), "cherry-pick", ["git", "cherry-pick", "--abort"]),
        (("rebase", "theirs"), "rebase", ["git", "rebase", "--abort"]),
        (("rebase", "--apply", "theirs"), "rebase", ["git", "rebase", "--abort"]),
        (("merge", "--squash", "theirs"), "squash", ["git", "reset", "--merge"]),
        (("merge", "theirs"), "merge", ["git", "merge", "--abort"]),
        (("revert", "HEAD~1"), "revert", ["git", "reset", "--merge"]),
    ],
)
def test_each_of_them_is_named_and_can_be_given_up(
    labelled: Repo, command: tuple[str, ...], name: str, abort: list[str]
) -> None:
    before = labelled.git("rev-parse", "main")
    labelled.git(*command, ok=(1,))
    found, mend = told(labelled)["in progress"]
    assert found == f"a {name}: 1 conflict open"
    assert abort in commands(mend)
    labelled.run(*abort)
    assert told(labelled) == {}
    assert labelled.git("rev-parse", "main") == before


def test_a_rebase_that_stands_still_between_two_commits(labelled: Repo) -> None:
    editor = {"GIT_SEQUENCE_EDITOR": "sed -i -e 1ibreak"}
    labelled.run("git", "rebase", "-i", "HEAD~1", env=editor)
    found, mend = told(labelled)["in progress"]
    assert found == "a rebase: nothing is open"
    assert ["git", "rebase", "--continue"] in commands(mend)


@pytest.mark.one_file
def test_what_is_settled_by_hand_is_to_be_staged(labelled: Repo) -> None:
    labelled.git("merge", "theirs", ok=(1,))
    labelled.git("checkout", "-q", "--theirs", "wallet/utxos.json")
    found, mend = told(labelled)["in progress"]
    assert found == "a merge: nothing is open, but not staged: wallet/utxos.json"
    [add, *_] = commands(mend)
    labelled.run(*add)
    assert told(labelled)["in progress"][0].startswith("a merge: nothing is open; what is staged")


def test_markers_in_a_file_that_holds_no_state(labelled: Repo) -> None:
    labelled.git("checkout", "-q", "-b", "one")
    labelled.write("notes.txt", "one")
    labelled.commit("one")
    labelled.git("checkout", "-q", "main")
    labelled.write("notes.txt", "two")
    labelled.commit("two")
    labelled.git("merge", "one", ok=(1,))
    found, _ = told(labelled)["in progress"]
    assert found == "a merge: nothing is open, but text markers are left in notes.txt"


@pytest.mark.one_file
def test_markers_of_a_text_merge_of_a_state_file(labelled: Repo) -> None:
    """Each side counts other confirmations: as text that is a conflict, record by record the larger number wins."""
    coins(labelled, coin(1, confirmations=1))
    labelled.commit("base")
    branch(labelled, "one")
    coins(labelled, coin(1, confirmations=2))
    labelled.commit("one")
    labelled.git("checkout", "-q", "main")
    coins(labelled, coin(1, confirmations=3))
    labelled.commit("two")
    labelled.git("merge", "-s", "resolve", "one", ok=(1,))
    assert b"<<<<<<<" in labelled.read("wallet/utxos.json")
    found, _ = told(labelled)["in progress"]
    assert found == "a merge: 1 conflict open"


# -- markers ---------------------------------------------------------------------------------------------------------


@pytest.mark.one_file
def test_markers_that_were_staged_in_a_merge(labelled: Repo) -> None:
    labelled.git("merge", "theirs", ok=(1,))
    labelled.git("add", "-A")
    found, mend = told(labelled)["markers"]
    assert "wallet/utxos.json" in found
    [again] = commands(mend)
    labelled.run(*again)
    assert told(labelled).keys() == {"in progress"}
    assert told(labelled)["in progress"][0] == "a merge: 1 conflict open"


@pytest.mark.one_file
def test_markers_where_nothing_is_merged(labelled: Repo) -> None:
    labelled.git("stash", "-q", ok=(0,))
    labelled.git("merge", "theirs", ok=(1,))
    labelled.git("add", "-A")
    labelled.git("merge", "--quit")
    found, mend = told(labelled)["markers"]
    assert "wallet/utxos.json" in found
    [restore] = commands(mend)
    labelled.run(*restore)
    assert told(labelled) == {}


# -- killed ----------------------------------------------------------------------------------------------------------


def killed(repo: Repo, *command: str) -> None:
    """Run git with an editor that kills all of it."""
    env = {**repo.env, "GIT_EDITOR": "kill -9 0; :"}
    done = subprocess.run(command, cwd=repo.path, env=env, capture_output=True, check=False, start_new_session=True)
    assert done.returncode == -signal.SIGKILL


def test_the_lock_of_a_killed_commit(labelled: Repo) -> None:
    put(labelled, "wallet/utxos.json", coin(0))
    killed(labelled, "git", "commit", "-a")
    assert (labelled.path / ".git/index.lock").exists()
    found, mend = told(labelled)["locks"]
    assert "index.lock" in found
    look, remove = commands(mend)
    assert look[0] == "pgrep"
    labelled.run(*remove)
    assert told(labelled) == {}
    labelled.git("commit", "-q", "-a", "-m", "again")


def test_the_lock_of_a_branch(labelled: Repo) -> None:
    tables = (labelled.path / ".git/reftable").exists()
    labelled.write(".git/reftable/tables.list.lock" if tables else ".git/refs/heads/main.lock", "")
    labelled.run(*commands(told(labelled)["locks"][1])[-1])
    assert told(labelled) == {}


def test_the_server_tells_of_locks_too(sandbox: Sandbox) -> None:
    server = gated(sandbox)
    server.write("packed-refs.lock", "")
    assert "packed-refs.lock" in told(server)["locks"][0]


LEFT = ["wallet/.utxos.json.5ut2k.gitbtc-new", "network/.chain.json.77.gitbtc-new", ".merge_file_a1B2c3"]


def test_files_that_a_killed_process_left(labelled: Repo) -> None:
    for path in LEFT:
        labelled.write(path, "[\n")
    labelled.write(".git/gitbtc/.settled.json.x.gitbtc-new", "{")
    assert labelled.git("status", "--porcelain") == ""
    found, mend = told(labelled)["left behind"]
    assert all(path in found for path in LEFT)
    labelled.run(*commands(mend)[-1])
    assert told(labelled) == {}
    assert not (labelled.path / ".git/gitbtc/.settled.json.x.gitbtc-new").exists()


def test_settlements_of_a_merge_that_was_given_up(treasury: Repo) -> None:
    both_spend(treasury)
    treasury.git("merge", "theirs", ok=(1,))
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    treasury.git("reset", "-q", "--hard")
    _, mend = told(treasury)["settlements"]
    treasury.run(*commands(mend)[-1])
    assert told(treasury) == {}


def test_from_a_subfolder_too(labelled: Repo) -> None:
    labelled.git("merge", "theirs", ok=(1,))
    said = labelled.gitbtc("doctor", "--json", ok=(1,), cwd=labelled.path / "wallet").stdout
    checks: list[dict[str, Any]] = json.loads(said)["gitbtc.doctor/v1"]["checks"]
    assert [check["found"] for check in checks if check["name"] == "in progress"] == ["a merge: 1 conflict open"]
    assert os.path.exists(labelled.path / ".git/MERGE_HEAD")
