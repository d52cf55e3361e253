"""Base58 and Base58Check."""

from __future__ import annotations

import base58 as reference
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds import base58

GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
# Bitcoin Core, src/test/data/base58_encode_decode.json.
CORE_VECTORS = [
    ("", ""),
    ("61", "2g"),
    ("626262", "a3gV"),
    ("73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2"),
    ("516b6fcd0f", "ABnLTmg"),
    ("ecac89cad93923c02321", "EJDM8drfXA6uyA"),
    ("00000000000000000000", "1111111111"),
    ("00010966776006953d5567439e5e39f86a0d273beed61967f6", "16UwLL9Risc3QfPqBUvKofHmBQ7wMtjvM"),
]


@pytest.mark.parametrize(("decoded", "text"), CORE_VECTORS)
def test_the_vectors_of_bitcoin_core(decoded: str, text: str) -> None:
    assert base58.encode(bytes.fromhex(decoded)) == text
    assert base58.decode(text).hex() == decoded


@given(st.binary(max_size=120))
def test_what_is_encoded_is_decoded_again(payload: bytes) -> None:
    assert base58.decode(base58.encode(payload)) == payload
    assert base58.decode_check(base58.encode_check(payload).encode()) == payload


@given(st.binary(max_size=120))
def test_another_implementation_says_the_same(payload: bytes) -> None:
    assert base58.encode_check(payload) == reference.b58encode_check(payload).decode()
    assert base58.decode(reference.b58encode(payload)) == payload


@given(st.binary(min_size=1, max_size=90), st.data())
def test_a_changed_character_breaks_the_checksum(payload: bytes, data: st.DataObject) -> None:
    text = base58.encode_check(payload)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from([letter for letter in base58.ALPHABET.decode() if letter != text[place]]))
    with pytest.raises(base58.NotBase58):
        base58.decode_check(text[:place] + other + text[place + 1 :])


@pytest.mark.parametrize("text", ["0", "O", "I", "l", " ", "é", GENESIS + "\n", b"\xff"])
def test_a_character_outside_the_alphabet_is_an_error(text: str | bytes) -> None:
    with pytest.raises(base58.NotBase58):
        base58.decode(text)


@pytest.mark.parametrize("text", ["", "1", "111", "2g"])
def test_what_is_shorter_than_a_checksum_has_none(text: str) -> None:
    with pytest.raises(base58.NotBase58):
        base58.decode_check(text)


@pytest.mark.parametrize("text", [GENESIS[:-1] + "b", GENESIS + "é"])
def test_an_error_never_repeats_the_text(text: str) -> None:
    with pytest.raises(base58.NotBase58) as caught:
        base58.decode_check(text)
    assert GENESIS[:8] not in f"{caught.value!r} {caught.value.__cause__!r}"
