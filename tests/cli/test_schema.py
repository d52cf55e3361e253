"""`gitbtc schema`: what is versioned and how it merges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds.registry import BUILT_IN

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

VTXOS = Path(__file__).parents[1] / "kinds" / "schemas" / "vtxos.schema.json"


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    return sandbox.repo()


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def described(repo: Repo, *arguments: str) -> list[dict[str, Any]]:
    kinds: list[dict[str, Any]] = json.loads(repo.gitbtc("schema", "--json", *arguments).stdout)["gitbtc.schema/v1"][
        "kinds"
    ]
    return kinds


def test_the_table_has_a_row_for_each_kind_with_path_identity_growth_and_crdt(repo: Repo) -> None:
    _, *table = repo.gitbtc("schema").stdout.splitlines()
    assert [row.split()[:2] for row in table] == [[name, path] for path, name in BUILT_IN.items()]
    assert table[2].split(maxsplit=1)[1] == "wallet/labels.json        address, label            set          OR-set"


def test_a_kinds_fields_are_told_with_type_unit_and_merge_rule(repo: Repo) -> None:
    text = repo.gitbtc("schema", "utxos").stdout
    table = {row[0]: row[1:] for row in rows(text) if row}
    assert table["amount_sat"][:3] == ["integer", "sat", "immutable"]
    assert table["block_height"][:6] == ["integer", "or", "null", "blocks", "with", "block"]
    assert table["confirmations?"][:3] == ["integer", "blocks", "larger"]
    assert table["txid"][:4] == ["64", "hex", "digits", "identity"]
    assert "spent stays spent" in text


def test_inner_elements_are_told_below_their_list(repo: Repo) -> None:
    lines = repo.gitbtc("schema", "transactions").stdout.splitlines()
    outputs = next(place for place, line in enumerate(lines) if line.startswith("outputs"))
    assert [line.split()[0] for line in lines[outputs + 1 : outputs + 6]] == [
        "vout", "amount_sat", "address", "script_type", "spent"
    ]  # fmt: skip
    assert "true-wins" in lines[outputs + 5]


def test_as_json_every_kind_has_what_a_program_needs_to_merge_it(repo: Repo) -> None:
    kinds = {kind["name"]: kind for kind in described(repo)}
    assert list(kinds) == list(BUILT_IN.values())
    channels = kinds["channels"]
    assert (channels["path"], channels["identity"], channels["removal"]) == (
        "channels/channels.json",
        ["channel_id"],
        "stands",
    )
    assert channels["together"][0]["name"] == "balances"
    spent = kinds["transactions"]["fields"][4]["elements"][4]
    assert spent == {
        "name": "spent",
        "type": "boolean",
        "options": [],
        "unit": "",
        "merge": "true-wins",
        "required": True,
        "description": "A transaction that is known spends it.",
    }


def test_a_kind_that_the_repository_adds_is_told_beside_the_built_in_ones(repo: Repo) -> None:
    repo.write(".gitbtc/schemas/vtxos.schema.json", VTXOS.read_bytes())
    assert repo.gitbtc("schema").stdout.splitlines()[-1].split()[:2] == ["vtxos", "ark/vtxos.json"]
    assert [kind["name"] for kind in described(repo, "vtxos")] == ["vtxos"]


def test_what_an_added_schema_says_cannot_steer_the_terminal(repo: Repo) -> None:
    schema = json.loads(VTXOS.read_bytes()) | {"description": "Virtual \x1b[2Joutputs."}
    repo.write(".gitbtc/schemas/vtxos.schema.json", json.dumps(schema))
    assert repo.gitbtc("schema", "vtxos").stdout.startswith("vtxos: Virtual [2Joutputs.\n")


def test_outside_of_a_repository_the_built_in_kinds_are_told(repo: Repo) -> None:
    outside = repo.path.parent
    told = repo.gitbtc("schema", "--json", cwd=outside).stdout
    assert len(json.loads(told)["gitbtc.schema/v1"]["kinds"]) == len(BUILT_IN)
