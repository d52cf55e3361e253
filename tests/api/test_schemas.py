from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc import api
from gitbtc.kinds.kind import GROUP_RULES, MERGE_RULES
from gitbtc.kinds.registry import BUILT_IN
from gitbtc.views import schema as views

if TYPE_CHECKING:
    from tests.conftest import Repo

VTXOS = Path(__file__).parents[1] / "kinds" / "schemas" / "vtxos.schema.json"


def joined(kind: str) -> dict[str, Any]:
    (told,) = api.crdt_schema(kind)["gitbtc.crdt/v1"]["kinds"]
    return dict(told)


def field(kind: str, name: str) -> dict[str, Any]:
    return dict(next(told for told in joined(kind)["fields"] if told["name"] == name))


def test_the_schema_is_what_the_command_prints(repo: Repo) -> None:
    assert json.loads(json.dumps(api.schema())) == json.loads(repo.gitbtc("schema", "--json").stdout)
    assert [told["name"] for told in api.schema()["gitbtc.schema/v1"]["kinds"]] == list(BUILT_IN.values())


def test_every_rule_of_a_merge_has_its_data_type() -> None:
    assert views._REGISTERS.keys() >= MERGE_RULES
    assert views._GROUPS.keys() == GROUP_RULES


def test_every_kind_and_field_says_what_it_joins_as() -> None:
    for told in json.loads(json.dumps(api.crdt_schema()))["gitbtc.crdt/v1"]["kinds"]:
        assert told["type"]
        groups = {group["name"] for group in told["groups"]}
        assert all(field.get("group") in groups or field["type"] for field in told["fields"])


@pytest.mark.parametrize(
    ("kind", "name", "type_"),
    [
        ("utxos", "vout", "key"), ("utxos", "label", "lww-register"), ("utxos", "amount_sat", "write-once-register"),
        ("descriptors", "gap_limit", "max-register"), ("labels", "created_at", "min-register"),
        ("strategy", "simulation_mode", "or-flag"), ("prices", "source", "part"), ("chain", "block_hash", "part"),
        ("transactions", "outputs", "map"),
    ],
)  # fmt: skip
def test_a_field_joins_as_its_merge_rule_has_it(kind: str, name: str, type_: str) -> None:
    assert field(kind, name)["type"] == type_


def test_fields_that_are_one_value_and_elements_of_a_list_are_told() -> None:
    assert field("utxos", "block_hash") == {"name": "block_hash", "group": "block"}
    assert joined("utxos")["groups"][0]["fields"] == ["block_height", "block_hash"]
    outputs = field("transactions", "outputs")
    assert outputs["key"] == ["vout"]
    assert {part["name"]: part["type"] for part in outputs["elements"]}["spent"] == "or-flag"


def test_kinds_that_a_repository_adds_are_told_where_it_is_named(repo: Repo) -> None:
    repo.write(".gitbtc/schemas/vtxos.schema.json", VTXOS.read_bytes())
    for tell in (api.schema, api.crdt_schema):
        (told,) = tell("vtxos", repository=repo.path).values()
        assert [kind["name"] for kind in told["kinds"]] == ["vtxos"]
        with pytest.raises(api.GitbtcError, match="no kind is called"):
            tell("vtxos")
