"""Validation of records, of what changed between two versions, and of all state files of a root."""

from __future__ import annotations

import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.errors import CannotWork
from gitbtc.kinds import codec
from gitbtc.kinds.formats import MAIN, REGTEST
from gitbtc.kinds.kind import Kind, from_schema
from gitbtc.kinds.registry import BUILT_IN, Kinds, built_in
from gitbtc.kinds.validate import Known, RecordViolation, Valid, validate_change, validate_files, violations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hypothesis.strategies import SearchStrategy

NAMES = list(BUILT_IN.values())
OWN = Kinds(str(Path(__file__).parent / "schemas"))
UTXOS, LABELS, TRANSACTIONS = built_in("utxos"), built_in("labels"), built_in("transactions")

REGTEST_ADDRESS = "bcrt1qdavt4j2sd7dlhqsavtnfxvzppw6k7qy97tmnu9"
MAIN_ADDRESS = "bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv"

# A wrong value for each JSON type; none of them is of a type that any field takes beside it, except by its bounds.
WRONG: dict[str, list[Any]] = {
    "integer": [1.5, 5.0, True, "1", -1, [], 10**19],
    "number": [True, "1", -1.5, []],
    "boolean": [0, 1, "true", [], 0.0],
    "string": [0, True, [], {}],
    "array": [{}, "[]", 0, [None]],
    "null": [],
}


def coin(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "txid": f"{number:064x}", "vout": 0, "amount_sat": 1000, "script_type": "p2wpkh", "address": REGTEST_ADDRESS,
        "block_height": None, "coinbase": False, "label": None, **fields,
    }  # fmt: skip


def transaction(**fields: Any) -> dict[str, Any]:
    return {
        "txid": "cd" * 32, "block_height": None, "block_time": None, "inputs": [], "outputs": [], "fee_sat": None,
        "size_bytes": 200, "weight": 800, "confirmed": False, "label": None, **fields,
    }  # fmt: skip


def told(found: Iterable[RecordViolation]) -> list[tuple[str, str]]:
    return [(violation.field, violation.rule) for violation in found]


# -- records ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*NAMES, "vtxos"])
@given(data=st.data())
def test_a_record_that_keeps_to_its_schema_has_no_fault(
    valid_records: Callable[[Kind], SearchStrategy[Any]], name: str, data: st.DataObject
) -> None:
    kind = OWN.load(name)
    records = data.draw(st.lists(valid_records(kind), max_size=3))
    assert told(violations(kind, records)) == []


@pytest.mark.parametrize("name", [*NAMES, "vtxos"])
@given(data=st.data())
def test_one_wrong_field_is_reported_by_its_name_and_nothing_else_is(
    valid_records: Callable[[Kind], SearchStrategy[Any]], name: str, data: st.DataObject
) -> None:
    kind = OWN.load(name)
    record = data.draw(valid_records(kind))
    field = data.draw(st.sampled_from(sorted(kind.fields)))
    record[field] = data.draw(st.sampled_from(_wrong_values(kind.record_schema["properties"][field])))
    found = list(violations(kind, [record]))
    assert found
    assert {violation.field.partition("[")[0] for violation in found} == {field}


def _wrong_values(rules: dict[str, Any]) -> list[Any]:
    types = rules.get("type", "string")
    taken = [types] if isinstance(types, str) else types
    wrong = [value for type_ in taken for value in WRONG[type_]]
    wrong += [] if "null" in taken else [None]
    wrong += ["", "somewhere", "ab" * 32 + "\n"] if rules.keys() & {"pattern", "format", "enum"} else []
    unbounded = "maximum" not in rules
    return [value for value in wrong if not (value == "" and rules.get("format") == "bitcoin-address-or-empty")
            and not (unbounded and value == 10**19) and not (value == -1 and rules.get("minimum", 0) < 0)]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_one_missing_field_is_reported_by_its_name(
    valid_records: Callable[[Kind], SearchStrategy[Any]], name: str, data: st.DataObject
) -> None:
    kind = built_in(name)
    record = data.draw(valid_records(kind))
    field = data.draw(st.sampled_from(kind.record_schema["required"]))
    del record[field]
    assert told(violations(kind, [record])) == [(field, "is missing")]


@pytest.mark.parametrize(
    ("kind", "record", "identity"),
    [
        (UTXOS, coin(7, amount_sat=-1), f"{7:064x}:0"),
        (built_in("strategy"), {"simulation_mode": "no"}, "name"),
        (built_in("chain"), {}, ""),
        (LABELS, {"address": MAIN_ADDRESS, "label": "rent", "category": 1, "created_at": 1}, f"{MAIN_ADDRESS}:rent"),
    ],
)
def test_a_fault_names_its_record(kind: Kind, record: dict[str, Any], identity: str) -> None:
    assert next(violations(kind, [record])).identity == identity


def test_a_fault_in_a_log_names_the_moment_too() -> None:
    reading = {"timestamp": 1_700_000_000, "block_height": None, "price_usd": 0, "source": "x"}
    (fault,) = violations(built_in("prices"), [reading])
    line = codec.encode_record(built_in("prices"), reading)
    assert (fault.identity, fault.order) == (codec.content_id(line)[:16], "timestamp 1700000000")


def test_a_fault_reads_as_a_sentence() -> None:
    (fault,) = violations(UTXOS, [coin(1, amount_sat=1.5)])
    assert str(fault) == "amount_sat must be an integer number of satoshi, not 1.5"
    (fault,) = violations(UTXOS, [coin(1, mood="calm")])
    assert str(fault) == "mood is not a field of this kind"


def test_an_address_of_another_script_type_is_a_fault() -> None:
    (fault,) = violations(UTXOS, [coin(1, script_type="p2tr")])
    assert (fault.field, "p2tr" in fault.rule, "p2wpkh" in fault.rule) == ("address", True, True)
    output = {"vout": 0, "amount_sat": 1, "address": REGTEST_ADDRESS, "script_type": "p2wsh", "spent": False}
    assert [field for field, _ in told(violations(TRANSACTIONS, [transaction(outputs=[output])]))] == [
        "outputs[0].address"
    ]


def test_two_inputs_cannot_spend_one_coin_and_two_outputs_cannot_have_one_place() -> None:
    spent = {"txid": "ab" * 32, "vout": 1, "amount_sat": None}
    output = {"vout": 0, "amount_sat": 1, "address": None, "script_type": "unknown", "spent": False}
    record = transaction(inputs=[spent, {**spent, "vout": 2}, spent], outputs=[output, {**output, "amount_sat": 2}])
    assert told(violations(TRANSACTIONS, [record])) == [
        ("inputs[2]", "must not have the txid and vout of another of the inputs"),
        ("outputs[1]", "must not have the vout of another of the outputs"),
    ]


def test_an_address_of_another_network_is_a_fault() -> None:
    assert told(violations(UTXOS, [coin(1)], REGTEST)) == []
    ((field, rule),) = told(violations(UTXOS, [coin(1)], MAIN))
    assert (field, rule) == ("address", "must belong to the network of its root (main); it is of regtest")


def test_a_check_that_no_one_knows_is_an_error_about_the_schema() -> None:
    schema = copy.deepcopy(UTXOS.schema)
    schema["items"]["x-gitbtc-check"] = ["phase-of-the-moon"]
    kind = Kind(schema, "mine.schema.json")
    with pytest.raises(CannotWork, match="phase-of-the-moon"):
        list(violations(kind, [coin(1)]))


def test_a_broken_schema_is_an_error_about_the_schema_and_not_a_fault() -> None:
    broken = b"""{"x-gitbtc-kind": "toys", "x-gitbtc-path": "toys/toys.json", "x-gitbtc-identity": ["name"],
        "x-gitbtc-growth": "set", "type": "array", "items": {"properties": {"name": {"type": "txt"}}}}"""
    with pytest.raises(CannotWork, match="toys"):
        list(violations(from_schema(broken, "toys"), [{"name": "ball"}]))


# -- changes ---------------------------------------------------------------------------------------------------------


def test_only_the_records_that_differ_are_validated() -> None:
    old = codec.encode_file(UTXOS, [coin(1, amount_sat=-1), coin(2)])
    new = codec.encode_file(UTXOS, [coin(1, amount_sat=-1), coin(2, amount_sat=-2), coin(3, amount_sat=-3)])
    assert [fault.identity for fault in validate_change(UTXOS, old, new)] == [f"{2:064x}:0", f"{3:064x}:0"]


def test_a_removed_record_is_not_validated() -> None:
    assert list(validate_change(UTXOS, codec.encode_file(UTXOS, [coin(1, amount_sat=-1)]), b"[]\n")) == []


def test_a_new_file_is_validated_whole() -> None:
    new = codec.encode_file(UTXOS, [coin(1, amount_sat=-1), coin(2)])
    assert [fault.identity for fault in validate_change(UTXOS, b"", new)] == [f"{1:064x}:0"]


def test_of_an_object_file_the_whole_is_validated_when_one_member_changed() -> None:
    strategy = built_in("strategy")
    found = validate_change(strategy, b'{"name":"a"}', b'{"name":"b"}')
    assert {fault.field for fault in found} == set(strategy.fields) - {"name"}


# -- files -----------------------------------------------------------------------------------------------------------


def files(**contents: bytes) -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Files by a short name, as their version and how to read it."""
    paths = {"utxos": "wallet/utxos.json", "labels": "wallet/labels.json", "chain": "network/chain.json",
             "notes": "notes.json", "other": "other/wallet/utxos.json"}  # fmt: skip
    return {paths[name]: (repr(content), partial(bytes, content)) for name, content in contents.items()}


def faults(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    return [(path, violation.field) for path, violation in validate_files(Kinds(), old, new)]


GOOD, BAD = codec.encode_file(UTXOS, [coin(1)]), codec.encode_file(UTXOS, [coin(2, amount_sat=-1)])
LABEL = {"address": MAIN_ADDRESS, "label": "rent", "category": "expense", "created_at": 1}
MAIN_LABELS = codec.encode_file(LABELS, [LABEL])


def chain(network: str) -> bytes:
    return f'{{"block_hash":"{"00" * 32}","block_height":1,"block_time":1,"network":"{network}"}}'.encode()


def test_every_state_file_is_validated_and_no_other() -> None:
    assert faults({}, files(utxos=BAD, notes=b"{", other=BAD)) == [
        ("other/wallet/utxos.json", "amount_sat"),
        ("wallet/utxos.json", "amount_sat"),
    ]


def test_a_file_that_did_not_change_is_not_even_read() -> None:
    def fail() -> bytes:
        raise AssertionError

    unchanged = {"wallet/transactions.json": ("same", fail)}
    root = files(chain=chain("regtest"))
    assert faults({**unchanged, **root}, {**unchanged, **root, **files(utxos=BAD)}) == [
        ("wallet/utxos.json", "amount_sat")
    ]


@pytest.mark.parametrize("content", [b"{", b"[\n\n", b"", b" \n", b"[1]\n"])
def test_a_file_that_does_not_parse_is_one_fault_of_the_file(content: bytes) -> None:
    ((path, fault),) = validate_files(Kinds(), files(utxos=GOOD), files(utxos=content))
    assert (path, fault.identity, fault.field) == ("wallet/utxos.json", "", "")


def test_a_broken_old_version_makes_all_of_the_new_one_count_as_changed() -> None:
    assert faults(files(utxos=b"{"), files(utxos=BAD)) == [("wallet/utxos.json", "amount_sat")]


def test_the_records_of_a_root_belong_to_the_network_of_its_chain() -> None:
    new = files(chain=chain("regtest"), utxos=GOOD, labels=MAIN_LABELS)
    assert faults({}, new) == [("wallet/labels.json", "address")]


def test_roots_have_networks_of_their_own() -> None:
    assert faults({}, files(other=GOOD, labels=MAIN_LABELS)) == []


def test_a_new_file_has_to_be_of_the_network_that_the_unchanged_ones_are_of() -> None:
    old = files(utxos=GOOD)
    assert faults(old, {**old, **files(labels=MAIN_LABELS)}) == [("wallet/utxos.json", "address")]


def test_when_the_chain_changes_its_network_the_unchanged_files_are_looked_at_again() -> None:
    old = files(utxos=GOOD, chain=chain("regtest"))
    assert faults(old, {**old, **files(chain=chain("main"))}) == [("wallet/utxos.json", "address")]


def test_whoever_watches_is_told_path_and_number_and_sees_each_record() -> None:
    seen: list[Any] = []

    def watch(path: str, records: Iterable[dict[str, Any]], count: int) -> Iterable[dict[str, Any]]:
        seen.append((path, count))
        for record in records:
            seen.append(record["vout"])
            yield record

    assert list(validate_files(Kinds(), {}, files(utxos=GOOD), watch)) == []
    assert seen == [("wallet/utxos.json", 1), 0]


# -- what is known ---------------------------------------------------------------------------------------------------


class Memory(Known):
    """What was found, in memory."""

    def __init__(self) -> None:
        super().__init__({})
        self.found: dict[tuple[str, str, str], Valid] = {}

    def version(self, content: bytes) -> str:
        return repr(content)

    def of(self, path: str, version: str, kind: Kind) -> Valid | None:
        return self.found.get((path, version, kind.name))

    def add(self, path: str, version: str, kind: Kind, valid: Valid) -> None:
        self.found[path, version, kind.name] = valid


def outcome(new: dict[str, Any], known: Known | None = None) -> tuple[list[tuple[str, str, str]], dict[str, int]]:
    """The faults, and how many records are told of each file."""
    counts: dict[str, int] = {}

    def watch(path: str, records: Iterable[dict[str, Any]], count: int) -> Iterable[dict[str, Any]]:
        counts[path] = count
        return records

    found = validate_files(Kinds(), {}, new, watch, known=known)
    return [(path, str(one), one.identity) for path, one in found], counts


a_coin = st.builds(coin, st.integers(0, 4), amount_sat=st.sampled_from([1, 1, 1, -1]))
some_coins = st.lists(a_coin, max_size=5, unique_by=lambda one: one["vout"]).map(
    lambda some: codec.encode_file(UTXOS, some)
)
broken = st.sampled_from([b"", b"{", GOOD.replace(b":", b": "), GOOD + GOOD, GOOD.replace(b"{", b"{,", 1)])
roots = st.fixed_dictionaries(
    {"utxos": some_coins | broken},
    optional={"labels": st.just(MAIN_LABELS), "chain": st.sampled_from(["main", "regtest"]).map(chain),
              "other": some_coins},
)  # fmt: skip


@given(st.lists(roots, min_size=2, max_size=4))
def test_what_is_known_changes_neither_the_faults_nor_the_numbers(steps: list[dict[str, bytes]]) -> None:
    known = Memory()
    for contents in steps:
        new = files(**contents)
        assert outcome(new, known) == outcome(new)
        known.beside = new
