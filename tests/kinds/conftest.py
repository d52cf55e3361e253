"""Records that keep to their schema, generated from the schema itself."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from gitbtc.kinds import base58, bech32
from gitbtc.kinds.formats import descriptor_checksum

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from gitbtc.kinds.kind import Kind

# Points of the curve: the public keys of BIP-32's first test vector and of the recordings.
_POINTS = [
    "0339a36013301597daef41fbe593a02cc513d0b55527ec2df1050e2e8ff49c85c2",
    "035a784662a4a20a65bf6aab9ae98a6c068a81c52e4b032c0fb5400c706cfccc56",
    "029042eab6cf641ccdd0b022befdd7f0745fa4165cbd573d06b511935b066f3cdf",
]


def _segwit(version: int, program: bytes) -> str:
    """The regtest address of a witness program."""
    bits = "".join(f"{byte:08b}" for byte in program)
    bits += "0" * (-len(bits) % 5)
    values = bytes([version, *(int(bits[start : start + 5], 2) for start in range(0, len(bits), 5))])
    wanted = bech32.BECH32M if version else bech32.BECH32
    checksum = bech32.polymod(bech32.expanded("bcrt") + values + bytes(6)) ^ wanted
    values += bytes(checksum >> 5 * place & 31 for place in range(5, -1, -1))
    return "bcrt1" + "".join(bech32.CHARSET[value] for value in values)


@cache
def _addresses(script_type: str) -> SearchStrategy[str]:
    hashes, programs = st.binary(min_size=20, max_size=20), st.binary(min_size=32, max_size=32)
    return {
        "p2pkh": hashes.map(lambda payload: base58.encode_check(b"\x6f" + payload)),
        "p2sh": hashes.map(lambda payload: base58.encode_check(b"\xc4" + payload)),
        "p2wpkh": hashes.map(lambda program: _segwit(0, program)),
        "p2wsh": programs.map(lambda program: _segwit(0, program)),
        "p2tr": programs.map(lambda program: _segwit(1, program)),
        "unknown": st.binary(min_size=2, max_size=40).map(lambda program: _segwit(2, program)),
        "op_return": st.just(""),
    }[script_type]


_SPENDABLE = st.sampled_from(["p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr"]).flatmap(_addresses)


@st.composite
def _extended_keys(draw: st.DrawFn) -> str:
    place = draw(st.binary(min_size=8, max_size=8))
    version = bytes.fromhex(draw(st.sampled_from(["043587cf", "044a5262", "045f1cf6"])))
    code, point = draw(st.binary(min_size=32, max_size=32)), bytes.fromhex(draw(st.sampled_from(_POINTS)))
    return base58.encode_check(version + b"\3" + place + code + point)


_DESCRIPTORS = (
    _extended_keys().map(lambda key: f"wpkh({key}/0/*)").map(lambda body: f"{body}#{descriptor_checksum(body)}")
)
_STEPS = st.lists(st.tuples(st.integers(0, 2**31 - 1), st.sampled_from(["", "'"])), max_size=5)
_HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)

_FORMATS: dict[str, SearchStrategy[Any]] = {
    "bitcoin-address": _SPENDABLE,
    "bitcoin-address-or-empty": _SPENDABLE,
    "extended-public-key": _extended_keys(),
    "public-descriptor": _DESCRIPTORS,
    "derivation-path": _STEPS.map(lambda steps: "/".join(["m", *(f"{step}{mark}" for step, mark in steps)])),
    "uuid": st.uuids().map(str),
    "outpoint": st.tuples(_HASHES, st.integers(0, 2**32 - 1)).map(lambda parts: f"{parts[0]}:{parts[1]}"),
    "channel-id": st.tuples(st.integers(0, 2**24 - 1), st.integers(0, 2**24 - 1), st.integers(0, 2**16 - 1)).map(
        lambda parts: "x".join(map(str, parts))
    ),
    "feerate": st.integers(0, 10**7).map(lambda thousandths: thousandths / 1000),
}
_PATTERNS = {
    "^[0-9a-f]{64}$": _HASHES,
    "^(?:[0-9a-f]{64}|[0-9a-f]{66}|[0-9a-f]{130})$": _HASHES,
    "^[0-9a-f]{8}$": _HASHES.map(lambda text: text[:8]),
    "^0[23][0-9a-f]{64}$": st.tuples(st.sampled_from(["02", "03"]), _HASHES).map("".join),
}


def _of_type(name: str, schema: dict[str, Any]) -> SearchStrategy[Any]:
    if name == "null":
        return st.none()
    if "format" in schema:
        return _FORMATS[schema["format"]]
    if "pattern" in schema:
        return _PATTERNS[schema["pattern"]]
    least, most = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    return {
        "string": st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength", 40)),
        "boolean": st.booleans(),
        "integer": st.integers(least, most or 2**40),
        "number": st.floats(
            least, most, exclude_min="exclusiveMinimum" in schema, allow_nan=False, allow_infinity=False
        ),
        "array": _lists(schema),
        "object": _objects(schema),
    }[name]


def _values(schema: dict[str, Any]) -> SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return st.one_of([_of_type(name, schema) for name in types])


def _lists(schema: dict[str, Any]) -> SearchStrategy[list[Any]]:
    identity = schema.get("x-gitbtc-identity", ())
    key = (lambda element: tuple(element[name] for name in identity)) if identity else None
    return st.lists(_values(schema["items"]), max_size=3, unique_by=key) if "items" in schema else st.nothing()


def _objects(schema: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    fields = {name: _values(rules) for name, rules in schema.get("properties", {}).items()}
    needed = {name: fields.pop(name) for name in schema.get("required", ())}
    made = st.fixed_dictionaries(needed, optional=fields)
    fits = "address" in needed and "script_type" in needed
    return made.flatmap(_with_fitting_address) if fits else made


def _with_fitting_address(output: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    addresses = _addresses(output["script_type"])
    nullable = "spent" in output  # an output of a transaction; a coin says by an empty address that it has none
    fitting = (st.none() | addresses.filter(bool)) if nullable else addresses
    return fitting.map(lambda address: {**output, "address": address})


@pytest.fixture(scope="session")
def valid_records() -> Callable[[Kind], SearchStrategy[dict[str, Any]]]:
    """Kind -> records of it (of an object file: whole objects) that keep to every rule, on regtest. What is drawn from
    is made once a kind, and not for each example, which took longer than to draw.
    """
    return cache(lambda kind: _objects(kind.record_schema))
