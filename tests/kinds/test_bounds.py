"""What a schema that a repository adds may not do to whoever reads it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gitbtc import resources
from gitbtc.errors import CannotWork
from gitbtc.kinds.bounds import fault_of
from gitbtc.kinds.registry import Kinds


def schema(**field: object) -> bytes:
    made = {
        "x-gitbtc-kind": "extra", "x-gitbtc-path": "wallet/extra.json", "x-gitbtc-identity": ["id"],
        "x-gitbtc-growth": "set", "type": "array",
        "items": {"type": "object", "properties": {"id": {"type": "string"} | field}},
    }  # fmt: skip
    return json.dumps(made).encode()


@pytest.mark.parametrize(
    "pattern",
    [
        "^(a+)+$",
        "(a|a)*",
        "(a|b){1,64}",
        "([a-z]+,)*",
        "(?:a{2,})+",
        "a*b*c*",
        r"(a)\1",
        "(?P<a>x)(?P=a)",
        "x" * 1001,
        "(a?){40}b",
        "(a|aa){20}c",
        "a?" * 25,
        "(a?b?){30}c",
        "(?:a{0,9}){5}",
        "((a|b)?c){12}",
        "(?=a+)+",
        "(a)(?(1)b|c)",
        "a{1,30}a{1,30}a{1,30}",
        "(a+?)*?",
    ],
)
def test_a_pattern_that_can_take_for_ever(pattern: str) -> None:
    re.compile(pattern)
    assert "pattern" in fault_of({"items": [{"pattern": pattern}]})
    with pytest.raises(CannotWork, match="pattern"):
        Kinds.of({"extra": schema(pattern=pattern)})


@pytest.mark.parametrize(
    "pattern",
    [
        "^[0-9a-f]{64}$",
        "(ab)*",
        "^(a|b){1,3}$",
        r"^\(+[^)]*$",
        "[]*+]{3}",
        r"a\\{3}",
        "^(?:a|bc)-?[0-9]{1,9}$",
        "[)?*]?",
        r"^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$",
        "^(mon|tue|wed|thu|fri)$",
        "^[a-z]+@[a-z]+$",
        "^.{0,500}$",
        "^a{,3}$",
        "{",
        "x{y}",
    ],
)
def test_a_pattern_that_ends_soon(pattern: str) -> None:
    re.compile(pattern)
    assert not fault_of({"pattern": pattern, "patternProperties": {pattern: {}}})


@pytest.mark.parametrize("pattern", ["(", "[", "*", "a{2,1}", "a{99999999999}", r"\p{L}"])
def test_a_pattern_that_is_none(pattern: str) -> None:
    assert "no regular expression" in fault_of({"pattern": pattern})


@pytest.mark.parametrize("reference", ["http://127.0.0.1/x", "file:///etc/passwd", "other.json", "../x#/a", 7])
@pytest.mark.parametrize("name", ["$ref", "$dynamicRef"])
def test_a_schema_refers_to_itself_alone(name: str, reference: object) -> None:
    assert name in fault_of({"items": {"properties": {"id": {name: reference}}}})
    assert not fault_of({"items": {"properties": {"id": {name: "#/$defs/id"}}}})


def test_depth_is_bounded() -> None:
    deep: object = {}
    for _ in range(100):
        deep = {"not": deep}
    assert "deeper" in fault_of(deep)


@pytest.mark.parametrize("path", sorted(Path(resources.folder("schemas")).glob("*.json")), ids=lambda path: path.stem)
def test_our_own_schemas_hold_to_it(path: Path) -> None:
    assert not fault_of(json.loads(path.read_bytes()))
