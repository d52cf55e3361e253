"""Any bytes, and secrets that were tampered with: a finder gives an answer, and what it finds lies where it says."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.keys.families import TEXTS, TOKENS
from tests.keys.conftest import VECTORS

if TYPE_CHECKING:
    from gitbtc.keys.family import TextFamily

FAMILIES = [*TEXTS, *TOKENS]
NAMES = [getattr(family, "__name__", "").rpartition(".")[2] for family in FAMILIES]
SAMPLES = [vector.text.encode() for vector in VECTORS if vector.positive]
# What the forms begin with, and what their parts look like.
PIECES = [
    b"xprv1", b"nsec1", b"ncryptsec1", b"tspspend1", b"SPSCAN1", b"ms1", b"cl1", b"MS1",
    b"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", b"bunker://", b"nostr+walletconnect://", b"%253A%252F", b"&secret=",
    b"0123456789abcdef" * 4, b"lndconnect://", b"&macaroon=", b"\2\1\3lnd", b"\2\1\1a\2\1b\0", b"\2\1b\0",
    b"\0\6\x20", b"0011location lnd\n", b"0000signature ", b"cashuAeyJ", b"cashuBo",
    b"cashuBo2F0gqJhaUgA_9SLj17PgGFwgaNhYQFhc3hA", b"\x61s\x79\xff\xff", b"-", b"_", b"=0&", b"9M",
    b"SSSSSSSSSSSSSSSSSSSSS", b"S6c56bnXQiBjk9mqSYE7ykVQ7NzrRy", b"\xff", b"\0", b" ", b"\n", b'"', b"\\", b"%",
]  # fmt: skip

pieces = st.one_of(st.sampled_from(PIECES), st.sampled_from(SAMPLES), st.binary(max_size=40))


@st.composite
def tampered(draw: st.DrawFn) -> bytes:
    text = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        text[start : start + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(text)


@given(st.one_of(st.binary(max_size=400), st.lists(pieces, max_size=30).map(b"".join), tampered()))
def test_any_bytes_have_an_answer(text: bytes) -> None:
    for family in FAMILIES:
        for offset, form, secret in family.find(text):
            assert 0 <= offset < len(text)
            assert form.name
            assert secret


@pytest.mark.parametrize("family", FAMILIES, ids=NAMES)
def test_a_secret_is_found_behind_any_bytes(family: TextFamily) -> None:
    draw = random.Random(0)
    for sample in SAMPLES:
        alone = [(form.name, secret) for _, form, secret in family.find(sample)]
        noise = draw.randbytes(2000)
        behind = [(form.name, secret) for _, form, secret in family.find(noise + b"\n" + sample)]
        assert set(alone) <= set(behind)
