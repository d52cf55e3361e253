"""Private keys in JSON Web Keys."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from gitbtc.keys.finding import fingerprint
from gitbtc.keys.scan import scan

SCALAR, X, Y = (hashlib.sha256(name).digest() for name in (b"d", b"x", b"y"))


def url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


PUBLIC = {"kty": "EC", "crv": "secp256k1", "x": url(X), "y": url(Y)}


@pytest.mark.parametrize(
    "key", [PUBLIC | {"d": url(SCALAR)}, {"d": url(SCALAR)} | PUBLIC, {"keys": [{"d": url(SCALAR)} | PUBLIC]}]
)
@pytest.mark.parametrize("indent", [None, 2])
def test_the_private_member_is_the_key(key: dict[str, object], indent: int | None) -> None:
    for text in (json.dumps(key, indent=indent), json.dumps(json.dumps(key))):
        (found,) = scan(text.encode())
        assert (found.form, found.severity) == ("private key in a JSON Web Key", "block")
        assert found.fingerprint == fingerprint(SCALAR.hex().encode())


def test_a_public_key_is_none() -> None:
    assert scan(json.dumps(PUBLIC).encode()) == []
    assert scan(json.dumps([PUBLIC, {"d": url(SCALAR)}]).encode()) == []
    assert scan(json.dumps(PUBLIC | {"d": ""}).encode()) == []
    assert scan(json.dumps({"d": url(SCALAR), "crv": "of a road"}).encode()) == []
