from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.made_state import branch, coin, coins, put, spend, transactions, txid

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

LABEL = {"address": "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0", "label": "rent", "category": "expense",
         "created_at": 1_700_000_000}  # fmt: skip


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    """Two versions of the coins, in whatever layout: gitbtc is not set up."""
    repo = sandbox.repo()
    coins(repo, coin(0))
    repo.unexamined("one coin")
    coins(repo, coin(0), coin(1))
    repo.unexamined("two coins")
    return repo


def drift(repo: Repo, *arguments: str, status: int = 1) -> str:
    return repo.gitbtc("drift", *arguments, ok=(status,)).stdout


def test_a_work_tree_as_committed_has_not_drifted(repo: Repo) -> None:
    assert drift(repo, status=0) == ""
    assert json.loads(drift(repo, "--json", status=0)) == {"gitbtc.diff/v1": {"operations": []}}


@pytest.mark.both_layouts
def test_it_tells_what_changed_since_in_coins(repo: Repo) -> None:
    coins(repo, coin(1, label="rent"))
    transactions(repo, spend("dca", coin(0)))
    told = drift(repo)
    assert "wallet/utxos.json: 1 coin spent, 1 changed; balance −1.00000000 BTC" in told
    assert f"sat/vB)  {txid('dca')[:8]}" in told
    assert "wallet/transactions.json: new file; 1 transaction added" in told  # which nobody has added yet


def test_it_compares_with_the_commit_that_is_named(repo: Repo) -> None:
    assert drift(repo, "HEAD~1") == repo.gitbtc("diff", "HEAD~1").stdout != ""


@pytest.mark.one_file
def test_neither_the_index_nor_what_it_believes_hides_a_drift(repo: Repo) -> None:
    repo.git("update-index", "--assume-unchanged", "wallet/utxos.json")
    coins(repo, coin(0))
    assert "1 coin spent" in drift(repo)
    repo.git("update-index", "--no-assume-unchanged", "wallet/utxos.json")
    repo.git("add", "-A")
    assert "1 coin spent" in drift(repo)
    repo.git("rm", "-q", "--cached", "wallet/utxos.json")
    assert "1 coin spent" in drift(repo)
    (repo.path / "wallet/utxos.json").unlink()
    assert "deleted file; 2 coins spent" in drift(repo)


@pytest.mark.one_file
def test_a_layout_a_mode_and_other_files_are_no_drift(repo: Repo) -> None:
    put(repo, "wallet/utxos.json", coin(1), coin(0))
    (repo.path / "wallet/utxos.json").chmod(0o755)
    repo.write("notes.txt", "bought a coin")
    assert drift(repo, status=0) == ""


def test_what_is_ignored_or_left_out_by_a_sparse_checkout_is_no_drift(repo: Repo) -> None:
    put(repo, "scratch/wallet/labels.json", LABEL)
    assert "scratch/wallet/labels.json: new file" in drift(repo)
    repo.write(".gitignore", "scratch\n")
    assert drift(repo, status=0) == ""
    repo.git("sparse-checkout", "set", "--no-cone", "/*", "!/wallet")
    assert not (repo.path / "wallet").exists()
    assert drift(repo, status=0) == ""


@pytest.mark.parametrize("content", ["[\n{\n", "<<<<<<< ours\n", "\0"])
def test_a_file_that_does_not_parse_has_drifted(repo: Repo, content: str) -> None:
    repo.write("wallet/utxos.json", content)
    (told,) = json.loads(drift(repo, "--json"))["gitbtc.diff/v1"]["operations"]
    assert (told["op"], told["address"]) == ("replace", "wallet/utxos.json")
    assert "; shown as text\ndiff --git" in drift(repo)


@pytest.mark.one_file
def test_an_empty_file_is_one_without_records(repo: Repo) -> None:
    repo.write("wallet/utxos.json", "")
    assert "2 coins spent" in drift(repo)


@pytest.mark.one_file
def test_a_symbolic_link_has_drifted_and_is_not_followed(repo: Repo) -> None:
    place = repo.path / "wallet/utxos.json"
    place.rename(repo.path / "elsewhere.json")
    place.symlink_to("../elsewhere.json")
    assert "a symbolic link" in drift(repo)


def test_a_merge_that_is_not_settled_has_drifted(repo: Repo) -> None:
    branch(repo, "theirs", "HEAD~1")
    coins(repo, coin(0, label="b"))
    repo.commit("theirs")
    branch(repo, "ours", "main")
    coins(repo, coin(0, label="a"), coin(1))
    repo.commit("ours")
    repo.git("merge", "theirs", ok=(1,))
    assert "not merged yet" in drift(repo)


def test_it_looks_at_the_whole_work_tree_from_any_folder(repo: Repo) -> None:
    coins(repo, coin(0))
    put(repo, "desk/wallet/labels.json", LABEL)
    everything = drift(repo)
    folder = repo.path / "desk"
    assert repo.gitbtc("drift", cwd=folder, ok=(1,)).stdout == everything
    assert everything.count(".json: ") == 2


def test_what_it_cannot_compare_is_told(repo: Repo, sandbox: Sandbox) -> None:
    for revision in ("nowhere", "HEAD:wallet/utxos.json"):
        assert "no such commit" in repo.gitbtc("drift", revision, ok=(2,)).stderr
    repo.git("clone", "-q", "--bare", ".", "../bare")
    done = repo.gitbtc("drift", cwd=sandbox.home / "bare", ok=(3,))
    assert "no work tree" in done.stderr
    assert "not in a Git repository" in repo.gitbtc("drift", cwd=sandbox.home, ok=(3,)).stderr
