"""The built-in schemas say what the record tables say, and a repository can add one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from gitbtc import resources
from gitbtc.errors import CannotWork
from gitbtc.kinds import codec
from gitbtc.kinds.kind import from_schema
from gitbtc.kinds.registry import BUILT_IN, Kinds, built_in
from gitbtc.kinds.validate import violations

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind

OWN = Path(__file__).parent / "schemas"
NAMES = list(BUILT_IN.values())

# Every field of every kind; `?` marks the ones that may be absent.
FIELDS = {
    "utxos": "txid vout amount_sat script_type address block_height coinbase label spendable? "
    "confirmations? block_hash?",
    "transactions": "txid block_height block_time inputs outputs fee_sat size_bytes weight confirmed time_seen? label "
    "block_hash? replaced_by? abandoned? in_mempool?",
    "labels": "address label category created_at",
    "labels329": "type ref origin? label? spendable? heights?",
    "descriptors": "id xpub script_type derivation_path label gap_limit descriptor? next_index? keys? "
    "threshold? policy?",
    "channels": "channel_id peer_pubkey peer_alias capacity_sat local_balance_sat remote_balance_sat is_active "
    "is_public local_reserve_sat remote_reserve_sat unsettled_balance_sat htlc_count funding_outpoint? "
    "bolt2_id?",
    "routing": "channel_id base_fee_msat fee_rate_ppm time_lock_delta min_htlc_msat max_htlc_msat "
    "inbound_base_fee_msat? inbound_fee_rate_ppm?",
    "pending": "funding_outpoint peer_pubkey state capacity_sat local_balance_sat remote_balance_sat limbo_balance_sat "
    "closing_txid? maturity_height?",
    "strategy": "name max_fee_rate_sat_vbyte min_confirmations utxo_consolidation_threshold dca_amount_sat "
    "dca_interval_blocks lightning_rebalance_threshold coin_selection simulation_mode",
    "execution": "timestamp block_height event_type txid amount_sat fee_sat note agent? outpoints? expires_height? "
    "seq?",
    "prices": "timestamp block_height price_usd source",
    "fees": "timestamp block_height target_1_block_sat_vbyte target_6_block_sat_vbyte target_144_block_sat_vbyte "
    "source?",
    "peers": "pubkey alias address connected sync_height",
    "mempool": "txid amount_sat fee_sat fee_rate_sat_vbyte size_bytes rbf_eligible cpfp_eligible inputs outputs "
    "replaces?",
    "chain": "network block_height block_hash block_time",
}

# Identity, growth, and what a removal makes of a change on the other side.
WHOLE = {
    "utxos": (("txid", "vout"), "set", "stands"),
    "transactions": (("txid",), "append-only", "contested"),
    "labels": (("address", "label"), "set", "contested"),
    "labels329": (("type", "ref", "origin", "label"), "set", "yields"),
    "descriptors": (("id",), "set", "contested"),
    "channels": (("channel_id",), "set", "stands"),
    "routing": (("channel_id",), "set", "contested"),
    "pending": (("funding_outpoint",), "set", "stands"),
    "strategy": ("member", "map", "contested"),
    "execution": ("record", "append-only", "contested"),
    "prices": ("record", "append-only", "contested"),
    "fees": ("record", "append-only", "contested"),
    "peers": (("pubkey",), "set", "contested"),
    "mempool": (("txid",), "set", "stands"),
    "chain": ("file", "register", "contested"),
}

# The fields that do not merge three-way.
RULES = {
    "utxos": {
        "immutable": "amount_sat script_type address coinbase",
        "larger": "confirmations",
        "freezing": "spendable",
    },
    "transactions": {
        "immutable": "size_bytes weight",
        "elements": "inputs outputs",
        "mark": "replaced_by",
        "number-over-null": "fee_sat",
        "smaller": "time_seen",
    },
    "labels": {"smaller": "created_at"},
    "labels329": {"first-seen": "origin", "freezing": "spendable", "union": "heights"},
    "descriptors": {
        "immutable": "xpub script_type derivation_path descriptor threshold policy",
        "larger": "gap_limit next_index",
        "elements": "keys",
    },
    "channels": {"immutable": "capacity_sat peer_pubkey is_public funding_outpoint"},
    "pending": {"immutable": "capacity_sat peer_pubkey"},
    "strategy": {"never-live": "simulation_mode"},
    "peers": {"larger": "sync_height"},
    "mempool": {"immutable": "amount_sat size_bytes", "elements": "inputs outputs"},
}

GROUPS = {
    "utxos": {"block": ("block", "block_height block_hash")},
    "transactions": {"block": ("block", "confirmed block_height block_time block_hash")},
    "channels": {
        "balances": ("three-way", "local_balance_sat remote_balance_sat unsettled_balance_sat htlc_count"),
    },
    "pending": {
        "progress": (
            "three-way",
            "state local_balance_sat remote_balance_sat limbo_balance_sat closing_txid maturity_height",
        ),
    },
}

# What changes by the minute, and is no change of its own.
VOLATILE = {"channels": ["is_active"], "peers": ["connected"]}

# Labels of BIP-329 alone may have fields that gitbtc does not know: that format is meant to grow.
OPEN = ["labels329"]


@pytest.fixture(params=NAMES)
def kind(request: pytest.FixtureRequest) -> Kind:
    return built_in(request.param)


def test_the_table_of_paths_is_what_the_schemas_declare() -> None:
    declared = {built_in(name).path: built_in(name).name for name in NAMES}
    files = {path.name.removesuffix(".schema.json") for path in Path(resources.folder("schemas")).iterdir()}
    assert declared == BUILT_IN
    assert files == set(NAMES)


def test_every_schema_is_json_schema_2020_12(kind: Kind) -> None:
    Draft202012Validator.check_schema(kind.schema)
    assert kind.schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_what_changes_by_the_minute_is_declared(kind: Kind) -> None:
    assert sorted(kind.volatile) == VOLATILE.get(kind.name, [])


def test_the_fields_are_those_of_the_record_tables(kind: Kind) -> None:
    required = kind.record_schema["required"]
    assert [name + "?" * (name not in required) for name in kind.fields] == FIELDS[kind.name].split()


def test_no_field_is_allowed_that_is_not_declared(kind: Kind) -> None:
    assert kind.record_schema["additionalProperties"] is (kind.name in OPEN)


def test_identity_growth_and_removal_are_those_of_the_tables(kind: Kind) -> None:
    assert (kind.identity, kind.growth, kind.removal) == WHOLE[kind.name]


def test_the_merge_rules_are_those_of_the_tables(kind: Kind) -> None:
    rules: dict[str, set[str]] = {}
    for field in kind.fields.values():
        if field.merge != "three-way":
            rules.setdefault(field.merge, set()).add(field.name)
    assert rules == {rule: set(names.split()) for rule, names in RULES.get(kind.name, {}).items()}


def test_the_fields_that_merge_as_one_are_those_of_the_tables(kind: Kind) -> None:
    groups = {group.name: (group.merge, " ".join(group.fields)) for group in kind.groups}
    assert groups == GROUPS.get(kind.name, {})


@pytest.mark.parametrize("name", ["transactions", "mempool"])
def test_inputs_and_outputs_merge_element_by_element(name: str) -> None:
    inputs, outputs = (built_in(name).fields[field] for field in ("inputs", "outputs"))
    assert (inputs.identity, outputs.identity) == (("txid", "vout"), ("vout",))
    assert {part.name: part.merge for part in inputs.elements.values()} == {
        "txid": "immutable",
        "vout": "immutable",
        "amount_sat": "number-over-null",
    }
    assert {part.name: part.merge for part in outputs.elements.values()} == {
        "vout": "immutable",
        "amount_sat": "immutable",
        "address": "immutable",
        "script_type": "immutable",
        "spent": "true-wins",
    }


def test_the_chain_is_the_register_of_its_network() -> None:
    assert built_in("chain").register == {"highest": "block_height", "same": "block_hash", "within": "network"}


@pytest.mark.parametrize("name", ["execution", "prices", "fees"])
def test_logs_are_in_order_of_time(name: str) -> None:
    assert built_in(name).order == ("timestamp",)


def test_every_field_says_what_it_is(kind: Kind) -> None:
    for name, schema in every_field(kind.record_schema):
        assert re.fullmatch(r"[A-Z].*\.", schema["description"]), name


def test_every_amount_has_its_unit_and_its_bounds(kind: Kind) -> None:
    for name, schema in every_field(kind.record_schema):
        unit = name.rpartition("_")[2]
        if unit in ("sat", "msat") and not name.startswith("inbound_"):  # those are signed
            limit = 2_100_000_000_000_000 * (1000 if unit == "msat" else 1)
            assert (schema["x-gitbtc-unit"], schema["minimum"], schema["maximum"]) == (unit, 0, limit), name
            assert "integer" in schema["type"], name
            assert "number" not in schema["type"], name


def test_every_pattern_is_anchored_at_both_ends(kind: Kind) -> None:
    for name, schema in every_field(kind.record_schema):
        pattern = schema.get("pattern", "^$")
        assert (pattern[0], pattern[-1]) == ("^", "$"), name


def test_a_records_line_names_fields_that_exist(kind: Kind) -> None:
    named = re.findall(r"\{(\w+)(?::(?:outpoint|short|count))?\}", kind.line)
    assert named
    assert set(named) <= set(kind.fields)


def every_field(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The fields of a record and of the objects in its lists."""
    own = list(schema["properties"].items())
    return own + [part for _, field in own if "items" in field and "properties" in field["items"]
                  for part in every_field(field["items"])]  # fmt: skip


def test_every_field_says_whose_word_counts_for_it(kind: Kind) -> None:
    assert all("x-gitbtc-told-by" in schema for schema in kind.record_schema["properties"].values())
    persons = {name for name, field in kind.fields.items() if field.told_by != "source"}
    assert persons == {
        "utxos": {"label", "spendable"},
        "transactions": {"label", "replaced_by", "abandoned"},
        "labels": {"label", "category", "created_at"},
        "labels329": {"label", "spendable"},
        "descriptors": {"label", "keys"},
        "strategy": set(kind.fields),
        "execution": set(kind.fields),
    }.get(kind.name, set())


def test_a_field_of_an_added_kind_is_told_by_either_and_by_nobody_else() -> None:
    schema = json.loads((OWN / "vtxos.schema.json").read_bytes())
    assert {field.told_by for field in from_schema(json.dumps(schema).encode(), "x").fields.values()} == {"either"}
    schema["items"]["properties"]["label"]["x-gitbtc-told-by"] = "nobody"
    with pytest.raises(CannotWork, match=r"x: field label: told by: 'nobody' is none of either, person, source"):
        from_schema(json.dumps(schema).encode(), "x")


# -- a kind that a repository adds -----------------------------------------------------------------------------------

VTXO = {
    "txid": "ab" * 32,
    "vout": 1,
    "amount_sat": 120_000,
    "commitment_txid": None,
    "state": "preconfirmed",
    "expires_height": 900_000,
    "label": "from the round of May",
}


def test_an_added_kind_is_found_by_its_path_and_stands_behind_the_built_in_ones() -> None:
    kinds = Kinds(str(OWN))
    found = kinds.for_path("treasury/ark/vtxos.json")
    assert found is not None
    assert (found.name, kinds.names()) == ("vtxos", [*NAMES, "vtxos"])


def test_added_kinds_may_come_from_anywhere() -> None:
    kinds = Kinds.of({"a/b.schema.json": (OWN / "vtxos.schema.json").read_bytes()})
    assert kinds.names() == [*NAMES, "vtxos"]
    with pytest.raises(CannotWork, match=r"a/b\.schema\.json: not JSON"):
        Kinds.of({"a/b.schema.json": b"{"})


def test_an_added_kind_has_a_canonical_form_and_its_records_are_validated() -> None:
    kind = Kinds(str(OWN)).load("vtxos")
    content = codec.canonical(kind, json.dumps([VTXO], indent=4).encode())
    assert list(violations(kind, codec.parse(kind, content))) == []
    wrong = {**VTXO, "state": "lost", "boarding_address": "bc1q"}
    assert [fault.field for fault in violations(kind, [wrong])] == ["state", "boarding_address"]


@pytest.mark.parametrize(
    ("annotation", "value"), [("x-gitbtc-kind", "utxos"), ("x-gitbtc-path", "wallet/utxos.json")]
)  # fmt: skip
def test_an_added_kind_cannot_take_the_name_or_the_path_of_a_built_in_one(
    tmp_path: Path, annotation: str, value: str
) -> None:
    schema = json.loads((OWN / "vtxos.schema.json").read_bytes()) | {annotation: value}
    (tmp_path / "vtxos.schema.json").write_text(json.dumps(schema))
    with pytest.raises(CannotWork, match="replace a built-in"):
        Kinds(str(tmp_path))


@pytest.mark.parametrize("annotation", ["x-gitbtc-kind", "x-gitbtc-path"])
def test_two_added_kinds_share_neither_name_nor_path(tmp_path: Path, annotation: str) -> None:
    schema = json.loads((OWN / "vtxos.schema.json").read_bytes())
    other = schema | {"x-gitbtc-kind": "other", "x-gitbtc-path": "ark/other.json"}
    for name, content in (("a", schema), ("b", other | {annotation: schema[annotation]})):
        (tmp_path / f"{name}.schema.json").write_text(json.dumps(content))
    with pytest.raises(CannotWork, match="each needs its own"):
        Kinds(str(tmp_path))
