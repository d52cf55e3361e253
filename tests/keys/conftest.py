"""The public test vectors of key material."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from types import ModuleType


class Vector(NamedTuple):
    """One string of key-material.json: whether it is key material, its kind, the text."""

    name: str
    positive: bool
    kind: str
    text: str


VECTORS = [
    Vector(row["id"], row["cls"] == "positive", row["kind"], row["text"])
    for row in json.loads((Path(__file__).parent / "key-material.json").read_text("utf-8"))
]
FOUND = [vector for vector in VECTORS if vector.positive]
HARMLESS = [vector for vector in VECTORS if not vector.positive]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`positive` runs a test on every vector that must be found, `negative` on every one that must not."""
    for argument, vectors in (("positive", FOUND), ("negative", HARMLESS)):
        if argument in metafunc.fixturenames:
            names = [f"{vector.name}-{vector.kind}" for vector in vectors]
            metafunc.parametrize(argument, [vector.text for vector in vectors], ids=names)


@pytest.fixture(scope="session")
def bip_utils() -> ModuleType:
    """An independent implementation of mnemonics and of BIP-38, where it can be installed: see pyproject.toml."""
    if sys.version_info >= (3, 14):
        pytest.skip("bip-utils wants coincurve, which has no wheels for Python 3.14")
    return importlib.import_module("bip_utils")


@pytest.fixture
def words() -> str:
    """A mnemonic of the public vectors whose words are all different."""
    return next(vector.text for vector in FOUND if vector.text.startswith("forum join"))


@pytest.fixture
def wif() -> str:
    """A WIF key of Bitcoin Core's public vectors, compressed."""
    return next(vector.text for vector in FOUND if vector.name == "P0001")


@pytest.fixture
def xprv() -> str:
    """The master key of BIP-32's first vector."""
    return next(vector.text for vector in FOUND if vector.name == "P0020")


@pytest.fixture
def pem() -> str:
    """A private key in armour, made for the vectors."""
    return next(vector.text for vector in FOUND if vector.kind == "pem-sec1")
