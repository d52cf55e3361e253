"""BIP-39 mnemonics."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.keys.forms import bip39


def test_the_list_is_that_of_the_bip() -> None:
    content = Path(bip39.__file__).parents[1].joinpath("words", "english.txt").read_bytes()
    # The list as it stands beside BIP-39 (bip-0039/english.txt).
    assert hashlib.sha256(content).hexdigest() == "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
    assert len(bip39.words()) == 2048
    assert (bip39.words()[b"abandon"], bip39.words()[b"zoo"]) == (0, 2047)


def phrase_of(entropy: bytes) -> list[bytes]:
    """The mnemonic of `entropy`, written from the BIP by strings of bits."""
    bits = f"{int.from_bytes(entropy, 'big'):0{len(entropy) * 8}b}"
    bits += f"{int.from_bytes(hashlib.sha256(entropy).digest(), 'big'):0256b}"[: len(entropy) // 4]
    listed = list(bip39.words())
    return [listed[int(bits[place : place + 11], 2)] for place in range(0, len(bits), 11)]


@given(st.sampled_from([16, 20, 24, 28, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_every_entropy_is_recognised_by_its_phrase(entropy: bytes) -> None:
    phrase = phrase_of(entropy)
    assert len(phrase) in bip39.COUNTS
    assert bip39.recognise(phrase) == "BIP-39 mnemonic (English)"


@given(st.binary(min_size=16, max_size=16))
def test_one_last_word_in_sixteen_fits(entropy: bytes) -> None:
    ahead = phrase_of(entropy)[:-1]
    assert sum(1 for word in bip39.words() if bip39.recognise([*ahead, word])) == 128


@pytest.mark.parametrize("count", [0, 1, 11, 13, 14, 16, 25, 27])
def test_another_count_of_words_is_none(count: int) -> None:
    assert bip39.recognise([b"abandon"] * count) is None
