from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc import api
from tests.made_state import branch, coin, coins, put, spend, transactions

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

VTXOS = Path(__file__).parents[1] / "kinds" / "schemas" / "vtxos.schema.json"


@pytest.fixture
def fleet(treasury: Repo, hermetic: None) -> Repo:
    """Two agents that spend the same coin, and one that logs something."""
    coins(treasury, coin(0), coin(1))
    transactions(treasury)
    treasury.unexamined("base")
    for name in "ab":
        branch(treasury, name)
        coins(treasury, coin(1))
        transactions(treasury, spend(name * 2, coin(0)))
        treasury.unexamined(name)
    branch(treasury, "c")
    event = {"timestamp": 1_700_000_000, "event_type": "custom", "note": "dca"}
    put(treasury, "strategy/execution.json", event | dict.fromkeys(("block_height", "txid", "amount_sat", "fee_sat")))
    treasury.unexamined("c")
    treasury.git("checkout", "-q", "main")
    return treasury


@pytest.mark.one_file
def test_a_join_is_what_the_command_commits(fleet: Repo) -> None:
    joined = api.join("a", "b", "c", repository=fleet.path)
    said = json.loads(fleet.gitbtc("join", "--json", "a", "b", "c", ok=(1,)).stdout)["gitbtc.join/v1"]
    assert joined.state == api.snapshot("HEAD", repository=fleet.path)
    assert joined.documents() == {name: said[name] for name in ("contested", "settled", "decided")}
    assert [one["type"] for one in said["contested"]] == ["double_spend"]


@pytest.mark.own_interpreters
def test_nothing_is_written(fleet: Repo) -> None:
    before = fleet.git("count-objects", "-v"), fleet.git("show-ref"), fleet.git("status", "--porcelain")
    api.join("a", "b", "c", repository=fleet.path)
    api.to_crdt_state("a", "b", repository=fleet.path)
    assert before == (fleet.git("count-objects", "-v"), fleet.git("show-ref"), fleet.git("status", "--porcelain"))


@pytest.mark.one_file
def test_documents_are_joined_where_there_is_no_repository(
    fleet: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = api.join("a", "b", "c", repository=fleet.path)
    sent = [json.dumps(api.to_crdt_state(name, repository=fleet.path)) for name in "abc"]
    monkeypatch.chdir(tmp_path)
    received = [json.loads(text) for text in sent]
    joined = api.join(*received)
    assert joined.state == expected.state
    assert joined.documents() == expected.documents()


@pytest.mark.one_file
def test_a_document_of_a_revision_is_its_state(fleet: Repo) -> None:
    for name in ("main", "a", "c"):
        document = api.to_crdt_state(name, repository=fleet.path)
        assert api.from_crdt_state(document) == api.snapshot(name, repository=fleet.path)


def test_a_kind_that_the_repository_adds_is_joined_too(fleet: Repo) -> None:
    branch(fleet, "d")
    fleet.write(".gitbtc/schemas/vtxos.schema.json", VTXOS.read_bytes())
    record = {"txid": "aa" * 32, "vout": 0, "amount_sat": 5, "commitment_txid": None, "state": "settled",
              "expires_height": 900_000, "label": None}  # fmt: skip
    put(fleet, "ark/vtxos.json", record)
    fleet.commit("d")
    document: Any = json.loads(json.dumps(api.to_crdt_state("d", repository=fleet.path)))
    for joined in (api.join("a", "d", repository=fleet.path), api.join("a", document, repository=fleet.path)):
        assert joined.state.records("ark/vtxos.json") == [record]
    assert api.from_crdt_state(document).records("ark/vtxos.json") == [record]


def test_what_cannot_be_joined_is_said(fleet: Repo) -> None:
    with pytest.raises(api.GitbtcError, match="nothing to join"):
        api.join(repository=fleet.path)
    with pytest.raises(api.UsageError, match="no such revision"):
        api.join("a", "nowhere", repository=fleet.path)
    with pytest.raises(api.GitbtcError, match=r"gitbtc\.crdt-state/v1 document"):
        api.join({"gitbtc.diff/v1": {}})
