"""What is said of a fault: the place, the rule in words, and never a key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gitbtc.errors import CannotWork
from gitbtc.kinds import base58
from gitbtc.kinds.explain import faults, path_text, quoted, shown
from gitbtc.kinds.kind import Kind, from_schema
from gitbtc.kinds.registry import built_in

SCHEMA = {
    "x-gitbtc-kind": "toys",
    "x-gitbtc-path": "toys/toys.json",
    "x-gitbtc-identity": ["name"],
    "x-gitbtc-growth": "set",
    "type": "array",
}
SECRETS = [
    base58.encode_check(b"\x80" + bytes(31) + b"\7" + b"\1"),
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
    "S" + "a" * 21,
]


def toys(**fields: Any) -> Kind:
    """A kind whose records have `fields`."""
    items = {"type": "object", "properties": {"name": {"type": "string"}, **fields}}
    return from_schema(json.dumps({**SCHEMA, "items": items}).encode(), "toys.schema.json")


@pytest.mark.parametrize(
    ("rules", "value", "told"),
    [
        ({"type": "integer", "x-gitbtc-unit": "sat"}, 1.5, ("1.5", "must be an integer number of satoshi")),
        ({"type": "integer", "x-gitbtc-unit": "msat"}, 5.0, ("5.0", "must be an integer number of millisatoshi")),
        ({"type": "integer"}, True, ("true", "must be an integer")),
        ({"type": "integer"}, "5", ('"5"', "must be an integer")),
        ({"type": ["integer", "null"]}, {}, ("an object", "must be an integer or null")),
        ({"type": "number"}, float("inf"), ("Infinity", "must be a number")),
        ({"type": "boolean"}, 0, ("0", "must be true or false")),
        ({"type": "string"}, [], ("a list", "must be text")),
        ({"enum": ["main", "test"]}, "moon", ('"moon"', 'must be "main" or "test"')),
        ({"const": 1}, 2, ("2", "must be 1")),
        ({"minimum": 0}, -1, ("-1", "must be at least 0")),
        ({"maximum": 9}, 10, ("10", "must be at most 9")),
        ({"exclusiveMinimum": 0}, 0, ("0", "must be more than 0")),
        ({"exclusiveMaximum": 1}, 1, ("1", "must be less than 1")),
        ({"multipleOf": 5}, 7, ("7", "must be a multiple of 5")),
        ({"minLength": 1}, "", ('""', "must not be empty")),
        ({"minLength": 3}, "ab", ('"ab"', "must have at least 3 characters")),
        ({"maxLength": 3}, "abcd", ('"abcd"', "must have at most 3 characters")),
        ({"minItems": 1}, [], ("a list", "must have at least 1 elements")),
        ({"maxItems": 1}, [1, 2], ("a list", "must have at most 1 elements")),
        ({"uniqueItems": True}, [1, 1], ("a list", "must not hold the same element twice")),
        ({"pattern": "^[0-9a-f]{64}$"}, "00", ('"00"', "must be 64 lower-case hex digits")),
        ({"pattern": "^a+$"}, "b", ('"b"', "must match ^a+$")),
        ({"pattern": "^a+$"}, "a\n", ('"a"', "must match ^a+$")),
        ({"format": "outpoint"}, "x", ('"x"', "must be an outpoint: txid:vout, the txid in lower-case hex")),
        ({"format": "ipv4"}, "1.2.3", ('"1.2.3"', "must be a valid ipv4")),
        ({"anyOf": [{"type": "null"}]}, 1, ("1", "must keep to the schema's anyOf rule")),
    ],
)
def test_a_broken_rule_is_told_in_words(rules: dict[str, Any], value: object, told: tuple[str, str]) -> None:
    assert list(faults(toys(size=rules), {"name": "ball", "size": value})) == [("size", *told)]


def test_a_missing_field_is_the_place_of_its_fault() -> None:
    found = list(faults(built_in("prices"), {"timestamp": 1, "block_height": None, "price_usd": 1}))
    assert found == [("source", "", "is missing")]


def test_each_field_that_is_unknown_is_the_place_of_a_fault() -> None:
    price = {"timestamp": 1, "block_height": None, "price_usd": 1, "source": "x", "mood": "calm", "hour": 1}
    assert list(faults(built_in("prices"), price)) == [
        ("hour", "", "is not a field of this kind"),
        ("mood", "", "is not a field of this kind"),
    ]


def test_a_fault_inside_a_list_names_the_element() -> None:
    entry = {
        "timestamp": 1, "block_height": None, "event_type": "custom", "txid": None, "amount_sat": None, "fee_sat": None,
        "note": "", "outpoints": ["ab" * 32 + ":0", "here"],
    }  # fmt: skip
    assert [field for field, _, _ in faults(built_in("execution"), entry)] == ["outpoints[1]"]


def test_a_record_that_is_no_object_is_its_own_fault() -> None:
    assert list(faults(built_in("utxos"), 5)) == [("", "5", "must be an object")]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("name", ["utxos", "labels", "descriptors", "transactions", "chain"])
def test_a_key_in_the_wrong_place_is_never_repeated(secret: str, name: str) -> None:
    kind = built_in(name)
    for record in (dict.fromkeys(kind.fields, secret), {secret: 1}, {secret: secret}):
        told = repr(list(faults(kind, record)))
        assert not any(secret[start : start + 6] in told for start in range(len(secret) - 5))


@pytest.mark.parametrize("format_", ["extended-public-key", "public-descriptor"])
def test_what_should_have_been_a_key_is_not_even_quoted_when_it_is_short(format_: str) -> None:
    ((field, value, _),) = faults(toys(key={"format": format_}), {"key": "xprv9s21"})
    assert (field, value) == ("key", "")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a" * 20, '"' + "a" * 20 + '"'),
        ("a" * 21, "a text of 21 characters"),
        ("\x1b[2Jred", '"[2Jred"'),
        ("né", '"né"'),
        (10**19, "1" + "0" * 19),
        (10**30, "a number of 31 characters"),
        (None, "null"),
    ],
)
def test_a_value_is_shown_short_and_printable(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("ab" * 32, "ab" * 32),
        ("bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv", "bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv"),
        ("0f4e8a52-3f6b-4d6e-9d53-2b1a7c9e4f10", "0f4e8a52-3f6b-4d6e-9d53-2b1a7c9e4f10"),
        ("rent \u202efor May", "rent for May"),
        ("ab" * 32 + "\n", "…"),
        *((secret, "…") for secret in SECRETS),
    ],
)
def test_a_part_of_an_identity_is_quoted_when_it_is_short_or_public(part: str, text: str) -> None:
    assert quoted(part) == text


def test_a_long_field_name_is_quoted_when_it_reads_like_one() -> None:
    assert path_text(["max_fee_rate_sat_vbytes"]) == "max_fee_rate_sat_vbytes"
    assert path_text(["outputs", 1, "S" + "a" * 25]) == "outputs[1].(a name of 26 characters)"


@pytest.mark.parametrize(
    "rules",
    [{"type": "strng"}, {"pattern": "("}, {"minimum": "0"}, {"$ref": "https://example.com/elsewhere.json"}],
)  # fmt: skip
def test_a_schema_that_is_none_is_an_error_about_the_schema(rules: dict[str, Any]) -> None:
    with pytest.raises(CannotWork, match="the schema of toys"):
        list(faults(toys(size=rules), {"size": 1}))
