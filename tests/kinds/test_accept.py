"""The quick yes: never said of a record that the schema does not allow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds.accept import acceptance, pattern
from gitbtc.kinds.explain import faults
from gitbtc.kinds.registry import BUILT_IN, built_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from gitbtc.kinds.kind import Kind

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("name", BUILT_IN.values())
@given(data=st.data())
def test_it_accepts_every_good_record_of_a_built_in_kind(
    valid_records: Callable[[Kind], SearchStrategy[Any]], name: str, data: st.DataObject
) -> None:
    kind = built_in(name)
    assert acceptance(kind.record_schema)(data.draw(valid_records(kind)))


@pytest.mark.parametrize("name", BUILT_IN.values())
@given(data=st.data())
def test_it_never_accepts_what_jsonschema_finds_a_fault_in(
    valid_records: Callable[[Kind], SearchStrategy[Any]], name: str, data: st.DataObject
) -> None:
    kind = built_in(name)
    record = data.draw(valid_records(kind))
    field = data.draw(st.sampled_from([*kind.fields, "surplus"]))
    record[field] = data.draw(ANYTHING)
    assert acceptance(kind.record_schema)(record) == (list(faults(kind, record)) == [])


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, True),
        ({"type": "integer"}, 5.0),
        ({"type": "number"}, math.inf),
        ({"type": "number"}, math.nan),
        ({"type": "number"}, True),
        ({"enum": [1, "a"]}, True),
        ({"exclusiveMinimum": 0}, 0),
        ({"exclusiveMaximum": 1}, 1),
        ({"pattern": "^a$"}, "a\n"),
        ({"pattern": r"^\d$"}, "٣"),
    ],
)
def test_it_does_not_accept_what_only_python_takes_for_equal(schema: dict[str, Any], value: object) -> None:
    assert not acceptance(schema)(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [True]},
        {"type": "text"},
        {"type": 7},
        {"type": ["string", 7]},
        {"format": "date"},
        {"format": []},
        {"pattern": "("},
        {"pattern": 7},
        {"minimum": "0"},
        {"maxLength": "9"},
        {"enum": 7},
        {"properties": 7},
        {"required": 7},
        {"items": 7},
        {"items": {}, "prefixItems": []},
        {"additionalProperties": {}},
        {"additionalProperties": False, "patternProperties": {}},
        7,
    ],
)
@pytest.mark.parametrize("value", ["text", 5, [5], {"a": 5}])
def test_where_it_does_not_understand_the_schema_it_accepts_nothing(schema: Any, value: object) -> None:
    assert not acceptance(schema)(value)


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("^a$", "a", True),
        ("^a$", "a\n", False),
        ("^a$|^b$", "b\n", False),
        (r"^\$$", "$", True),
        ("^[$]$", "$", True),
        ("^[$]$", "$\n", False),
    ],
)
def test_the_end_of_a_pattern_is_the_end_of_the_text(text: str, value: str, *, found: bool) -> None:
    assert (pattern(text).search(value) is not None) == found
