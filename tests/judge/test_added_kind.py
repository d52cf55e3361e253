"""A kind that a repository adds lives like a built-in one: staged, shown, validated, merged, settled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.made_state import branch, put, records
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

SCHEMA = Path(__file__).parents[1] / "kinds" / "schemas" / "vtxos.schema.json"
PATH = "desk/ark/vtxos.json"


def vtxo(number: int, **changes: Any) -> dict[str, Any]:
    return {"txid": f"{number:064x}", "vout": 0, "amount_sat": 5000, "commitment_txid": None, "state": "preconfirmed",
            "expires_height": 900_000, "label": None, **changes}  # fmt: skip


@pytest.fixture
def ark(treasury: Repo) -> Repo:
    _add_kind(treasury)
    return treasury


@once
def _add_kind(repo: Repo) -> None:
    repo.write(".gitbtc/schemas/vtxos.schema.json", SCHEMA.read_bytes())
    repo.gitbtc("install")
    put(repo, PATH, *(vtxo(number) for number in range(4)))
    repo.unexamined("Version Ark's virtual outputs")


@pytest.mark.own_interpreters
def test_it_is_canonical_once_staged(ark: Repo) -> None:
    assert ark.git("show", f"HEAD:{PATH}").startswith('[\n{"amount_sat":5000,"commitment_txid":null,')


def test_it_is_shown_in_its_own_words(ark: Repo) -> None:
    put(ark, PATH, *(vtxo(number) for number in range(3)), vtxo(7, amount_sat=123))
    shown = ark.git("diff")
    assert "1 virtual output added, 1 removed" in shown
    assert "0.00000123 BTC" in shown
    assert "preconfirmed" in ark.git("log", "-p", "--", PATH)


def test_its_records_are_validated(ark: Repo) -> None:
    put(ark, PATH, vtxo(1, state="lost"))
    ark.git("add", "-A")
    said = ark.run("git", "commit", "-m", "x", ok=(1,)).stderr
    assert f"{PATH}::{1:064x}:0" in said
    assert "state" in said


def test_its_records_are_merged_and_its_conflicts_settled(ark: Repo) -> None:
    branch(ark, "theirs")
    put(ark, PATH, vtxo(0, label="b"), vtxo(1, label="x"), vtxo(2, expires_height=900_500), vtxo(3))
    ark.commit("theirs")
    ark.git("checkout", "-q", "main")
    put(ark, PATH, vtxo(0, label="a"), vtxo(1), vtxo(2, expires_height=900_400, label="y"))
    ark.commit("ours")
    ark.git("merge", "theirs", ok=(1,))
    found = json.loads(ark.gitbtc("conflicts", "--json", ok=(1,)).stdout)["gitbtc.conflicts/v1"]["conflicts"]
    assert [(one["address"], one["type"]) for one in found] == [(f"{PATH}::{0:064x}:0", "edit")]
    ark.gitbtc("resolve", found[0]["address"], "--theirs")
    ark.git("commit", "-q", "-m", "merged")
    assert records(ark, PATH, "HEAD") == [
        vtxo(0, label="b"), vtxo(1, label="x"), vtxo(2, expires_height=900_500, label="y"),
    ]  # fmt: skip


def test_it_is_explained(ark: Repo) -> None:
    assert "ark/vtxos.json" in ark.gitbtc("schema").stdout
    assert "immutable" in ark.gitbtc("schema", "vtxos").stdout
