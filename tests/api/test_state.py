from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitbtc.api import CannotWork, GitbtcError, State, UsageError, snapshot
from tests.made_state import branch, coin, coins, put

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

UTXOS = "wallet/utxos.json"
VTXOS = Path(__file__).parents[1] / "kinds" / "schemas" / "vtxos.schema.json"


def test_a_state_is_the_records_at_each_path_in_whatever_layout() -> None:
    state = State.of({UTXOS: [coin(1), coin(0)], "a/network/chain.json": {"block_height": 5, "network": "main"}})
    spread = State({path: json.dumps(json.loads(content), indent=3).encode() for path, content in state.files.items()})
    assert state == spread != State()
    assert list(state.files) == ["a/network/chain.json", UTXOS]
    assert state.records(UTXOS) == [coin(0), coin(1)]
    assert state.records("a/network/chain.json") == {"block_height": 5, "network": "main"}
    with pytest.raises(KeyError):
        state.records("b/network/chain.json")


def test_what_is_no_state_is_refused() -> None:
    with pytest.raises(GitbtcError, match=r"notes.txt: not the path"):
        State({"notes.txt": b""})
    with pytest.raises(GitbtcError, match=r"wallet/utxos.json: line 2"):
        State({UTXOS: b"[\n{]\n]"})


@pytest.mark.one_file
def test_a_snapshot_is_of_a_commit_or_of_the_work_tree(repo: Repo) -> None:
    repo.write("README", "a treasury")
    coins(repo, coin(0))
    repo.commit("one")
    put(repo, "desk/wallet/labels.json")
    coins(repo, coin(0), coin(1))
    assert snapshot("HEAD", repository=repo.path) == State.of({UTXOS: [coin(0)]})
    now = State.of({UTXOS: [coin(0), coin(1)], "desk/wallet/labels.json": []})
    assert snapshot(repository=repo.path) == snapshot(repository=repo.path / "desk") == now


def test_a_snapshot_knows_the_kinds_of_its_own_moment(repo: Repo) -> None:
    coins(repo)
    start = repo.commit("no kind added")
    repo.write(".gitbtc/schemas/vtxos.schema.json", VTXOS.read_bytes())
    record = {"txid": "aa" * 32, "vout": 1, "amount_sat": 5}
    put(repo, "ark/vtxos.json", record)
    added = repo.commit("one added")
    for state in (snapshot(added, repository=repo.path), snapshot(repository=repo.path)):
        assert state.records("ark/vtxos.json") == [record]
    assert snapshot(start, repository=repo.path).kinds.for_path("ark/vtxos.json") is None


def test_what_cannot_be_read_is_told(repo: Repo, sandbox: Sandbox) -> None:
    coins(repo)
    repo.commit("one")
    with pytest.raises(UsageError, match="nowhere: no such revision"):
        snapshot("nowhere", repository=repo.path)
    with pytest.raises(CannotWork, match="not in a Git repository"):
        snapshot(repository=sandbox.home)
    repo.write(UTXOS, "[\n{]\n]")
    with pytest.raises(GitbtcError, match=r"the work tree: wallet/utxos.json: line 2"):
        snapshot(repository=repo.path)
    (repo.path / UTXOS).unlink()
    (repo.path / UTXOS).symlink_to("elsewhere")
    branch(repo, "linked")
    repo.commit("linked")
    for revision in (None, "linked"):
        with pytest.raises(GitbtcError, match="something else than a file"):
            snapshot(revision, repository=repo.path)
