"""Keystores of Ethereum's programs."""

from __future__ import annotations

import hashlib
import json

import pytest

from gitbtc.keys.scan import scan

SECRET, SALT, MAC = (hashlib.sha256(name).hexdigest() for name in (b"key", b"salt", b"mac"))
THREE = {
    "address": SALT[:40],
    "crypto": {
        "cipher": "aes-128-ctr", "cipherparams": {"iv": MAC[:32]}, "ciphertext": SECRET, "kdf": "scrypt",
        "kdfparams": {"dklen": 32, "n": 262144, "p": 1, "r": 8, "salt": SALT}, "mac": MAC,
    },
    "version": 3,
}  # fmt: skip
FOUR = {
    "crypto": {
        "kdf": {"function": "pbkdf2", "params": {"salt": SALT}, "message": ""},
        "checksum": {"function": "sha256", "params": {}, "message": MAC},
        "cipher": {"function": "aes-128-ctr", "params": {"iv": MAC[:32]}, "message": SECRET},
    },
    "version": 4,
}


@pytest.mark.parametrize("keystore", [THREE, FOUR])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_keystore_is_refused(keystore: dict[str, object], indent: int | None) -> None:
    found = scan(json.dumps(keystore, indent=indent).encode())
    assert {finding.form for finding in found} == {"encrypted private key (keystore)"}


def test_what_tells_of_keystores_is_none() -> None:
    schema = {"crypto": {"cipher": "aes-128-ctr", "ciphertext": "string", "kdf": "scrypt", "mac": "string"}}
    assert scan(json.dumps(schema).encode()) == []
    assert scan(json.dumps({"ciphertext": SECRET, "digest": MAC}).encode()) == []
