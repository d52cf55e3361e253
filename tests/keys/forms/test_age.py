"""Identities of age, against embit."""

from __future__ import annotations

import random

from embit import bech32 as reference

from gitbtc.keys.forms import age
from tests.keys.lookalikes import changed

# The alphabet of Bech32 in capitals.
LETTERS = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"


def encoded(hrp: str, payload: bytes) -> str:
    return str(reference.bech32_encode(reference.Encoding.BECH32, hrp, reference.convertbits(payload, 8, 5)))


def found(text: str) -> list[str]:
    return [secret.decode() for _, _, secret in age.find(text.encode())]


def test_every_random_identity_is_found_and_none_with_a_character_changed() -> None:
    draw = random.Random(27)
    for _ in range(300):
        text = encoded(draw.choice(["age-secret-key-", "age-secret-key-pq-"]), draw.randbytes(32)).upper()
        assert found(f"# created: 2026\nAGE_KEY={text}\n") == [text.lower()]
        assert found(changed(text, LETTERS, draw, start=text.rindex("KEY-") + 8)) == []


def test_recipients_and_mentions_are_none() -> None:
    recipient = encoded("age", bytes(range(32)))
    assert found(f"# public key: {recipient}\nAGE-SECRET-KEY-1... is how an identity begins\n") == []
