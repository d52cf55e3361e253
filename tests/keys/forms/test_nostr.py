"""Keys of Nostr, against embit."""

from __future__ import annotations

import random

import pytest
from embit import bech32 as reference

from gitbtc.keys.forms import nostr
from gitbtc.keys.forms.scalar import ORDER
from tests.keys.lookalikes import BECH32, changed, scalars

# NIP-19.
NSEC, NPUB = (
    "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5",
    "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg",
)


def encoded(hrp: str, payload: bytes, encoding: int = reference.Encoding.BECH32) -> str:
    return str(reference.bech32_encode(encoding, hrp, reference.convertbits(payload, 8, 5)))


def found(text: str) -> list[tuple[str, str]]:
    return [(form.name, secret.decode()) for _, form, secret in nostr.find(text.encode())]


def test_the_vector_is_found_in_every_writing_and_its_public_side_is_not() -> None:
    for around in ("{}", "nostr:{}", '{{"key":"{}"}}', "sk{}", "{}qqqqqq", "NOSTR:{}"):
        assert found(around.format(NSEC)) == [(nostr.PLAIN.name, NSEC)]
    assert found(NSEC.upper()) == [(nostr.PLAIN.name, NSEC)]
    assert found(NPUB) == []


def test_every_random_key_is_found_and_none_with_a_character_changed() -> None:
    draw = random.Random(19)
    for key in scalars(1000, draw):
        text = encoded("nsec", key)
        assert found(text) == [(nostr.PLAIN.name, text)]
        assert found(changed(text, BECH32, draw, start=5)) == []


def test_every_encrypted_key_is_found_and_none_with_a_character_changed() -> None:
    draw = random.Random(49)
    for _ in range(300):
        text = encoded("ncryptsec", b"\2" + draw.randbytes(90))
        assert found(text) == [(nostr.ENCRYPTED.name, text)]
        assert found(changed(text, BECH32, draw, start=10)) == []


@pytest.mark.parametrize(
    "text",
    [
        encoded("nsec", bytes(32)),
        encoded("nsec", ORDER.to_bytes(32, "big")),
        encoded("nsec", b"\1" * 31),
        encoded("nsec", b"\1" * 33),
        encoded("nsec", b"\1" * 32, reference.Encoding.BECH32M),
        encoded("note", b"\1" * 32),
        encoded("ncryptsec", b"\1" * 91),
        encoded("ncryptsec", b"\2" * 90),
        "N" + NSEC[1:],
        NSEC[:-1],
    ],
)
def test_what_breaks_a_rule_is_none(text: str) -> None:
    assert found(text) == []
