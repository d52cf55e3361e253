"""Nothing collapses in silence: any change of any field of any kind shows in every view."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.diff.operations import operations
from gitbtc.diff.patch import Patch, inverse, replay
from gitbtc.diff.reading import read
from gitbtc.kinds import codec
from gitbtc.kinds.registry import BUILT_IN, Kinds
from gitbtc.views import document, text, textconv

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind

KINDS = Kinds(str(Path(__file__).parents[1] / "kinds" / "schemas"))
assert set(KINDS.names()) > set(BUILT_IN.values())

SAMPLES: dict[str, tuple[Any, Any]] = {
    "string": ("a" * 64, "a" * 63 + "b"),
    "integer": (1, 2),
    "number": (1, 1.5),
    "boolean": (False, True),
    "null": (None, None),
}


def types_of(schema: dict[str, Any]) -> list[str]:
    declared = schema.get("type", "string")
    return [declared] if isinstance(declared, str) else declared


def sample(schema: dict[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    kind = types_of(schema)[0]
    if kind == "object":
        return {name: sample(rules) for name, rules in schema["properties"].items()}
    return [sample(schema["items"])] if kind == "array" else SAMPLES[kind][0]


def changes(schema: dict[str, Any], value: Any) -> list[Any]:
    """Other values of a field: one of each sort, the least different ones."""
    if "enum" in schema:
        return list(schema["enum"][1:2])
    kind = types_of(schema)[0]
    others: list[Any] = [None] if "null" in types_of(schema) else []
    if kind == "array":
        inner = schema["items"]
        if inner["type"] == "object":
            parts = inner["properties"].items()
            others += [[{**value[0], name: other}] for name, rules in parts for other in changes(rules, value[0][name])]
            others += [[{part: value[0][part] for part in value[0] if part != name}] for name, _ in parts]
        return [*others, [], value * 2, *([other] for other in changes(inner, value[0]) if inner["type"] != "object")]
    if kind == "object":
        return []
    return [*others, SAMPLES[kind][1], *(["", "\u202e", "null", "1", "a b", "a=b"] if kind == "string" else [])]


def mutations(kind: Kind) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    record = sample({"type": "object", "properties": kind.record_schema["properties"]})
    told: list[tuple[str, dict[str, Any], dict[str, Any]]] = [("an unknown field", record, {**record, "unknown": None})]
    for name, rules in kind.record_schema["properties"].items():
        told += [(name, record, {**record, name: other}) for other in changes(rules, record[name])]
        if name not in {key for key, _ in kind.key_types}:
            without = {part: value for part, value in record.items() if part != name}
            told += [
                (name, record, without),
                (name, without, {**without, name: ""}),
                (name, without, {**without, name: None}),
            ]
    return told


CASES = [
    pytest.param(kind, old, new, id=f"{kind.name} {name} {number}")
    for kind in map(KINDS.load, KINDS.names())
    for number, (name, old, new) in enumerate(mutations(kind))
]


def encoded(kind: Kind, record: dict[str, Any]) -> bytes:
    return codec.encode_file(kind, [record] if kind.is_array else record)


@pytest.mark.parametrize(("kind", "old", "new"), CASES)
def test_a_changed_field_shows(kind: Kind, old: dict[str, Any], new: dict[str, Any]) -> None:
    before, after = encoded(kind, old), encoded(kind, new)
    assert before != after
    made = operations(kind, kind.path, before, after)
    lines = list(text.render(kind, kind.path, made, look=text.Look(full=True)))[1:]
    gone = {line[1:] for line in lines if line[0] == "-"}
    come = {line[1:] for line in lines if line[0] == "+"}
    assert lines
    assert not gone & come
    assert document.patch(Patch(kind, kind.path, made))["child_ops"]
    assert b"".join(textconv.render(kind, before)) != b"".join(textconv.render(kind, after))


@pytest.mark.parametrize("name", KINDS.names())
def test_different_changes_of_a_record_look_different(name: str) -> None:
    kind = KINDS.load(name)
    pairs = {(encoded(kind, old), encoded(kind, new)) for _, old, new in mutations(kind)}
    views = {"\n".join(text.render(kind, kind.path, operations(kind, kind.path, *pair))) for pair in pairs}
    assert len(views) == len(pairs) > 10


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, -0.0, 1.0])
    | st.text(st.sampled_from('a,":= {}[]\\\x7f\u202e\n0'), max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["txid", "vout", "a b", "a"]), inner),
    max_leaves=4,
)  # fmt: skip
COIN_FIELDS = ["amount_sat", "address", "label", "script_type", "x", "x y", 'x":', "block_height"]


@given(
    st.dictionaries(st.sampled_from(COIN_FIELDS), json_values),
    st.dictionaries(st.sampled_from(COIN_FIELDS), json_values),
)
def test_the_text_of_two_records_is_only_equal_when_they_are(one: dict[str, Any], other: dict[str, Any]) -> None:
    kind = KINDS.load("utxos")
    named = {"txid": "ab" * 32, "vout": 0}
    before, after = (encoded(kind, {**named, **record}) for record in (one, other))
    equal = b"".join(textconv.render(kind, before)) == b"".join(textconv.render(kind, after))
    assert equal == (before == after)


@given(st.dictionaries(st.sampled_from(["price_usd", "source", "note"]), json_values),
       st.dictionaries(st.sampled_from(["price_usd", "source", "note"]), json_values))  # fmt: skip
def test_two_log_entries_never_look_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    kind = KINDS.load("prices")
    before, after = (encoded(kind, {"timestamp": 5, **record}) for record in (one, other))
    made = operations(kind, kind.path, before, after)
    lines = list(text.render(kind, kind.path, made))[1:]
    assert len({line[1:] for line in lines}) == len(made)


@pytest.mark.parametrize("name", KINDS.names())
def test_any_change_is_replayed_from_its_document_and_undone(name: str) -> None:
    kind = KINDS.load(name)
    for _, old, new in mutations(kind):
        before, after = encoded(kind, old), encoded(kind, new)
        for one, other in ((before, after), (b"", after), (before, codec.canonical(kind, b""))):
            patch = Patch(kind, kind.path, operations(kind, kind.path, one, other))
            told = json.dumps(document.document([document.patch(patch)]), ensure_ascii=False)
            again = read(told.encode(), KINDS)
            assert replay(again, {kind.path: one}.get) == {kind.path: other}
            undone = replay(inverse(again), {kind.path: other}.get)
            assert undone == {kind.path: one or codec.canonical(kind, b"")}
