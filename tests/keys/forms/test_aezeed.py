"""LND's cipher seeds, against an independent CRC-32C."""

from __future__ import annotations

import random

import pytest
from crc32c import crc32c
from mnemonic import Mnemonic

from gitbtc.keys.forms import aezeed
from gitbtc.keys.words import numbers

WORDS = list(numbers("english"))


def words_of(seed: bytes) -> list[bytes]:
    bits = int.from_bytes(seed, "big")
    return [WORDS[bits >> 11 * place & 2047] for place in reversed(range(24))]


def seed_of(chance: random.Random, version: int = 0) -> bytes:
    checked = bytes([version]) + chance.randbytes(28)
    return checked + crc32c(checked).to_bytes(4, "big")


def test_a_thousand_seeds_are_recognised_and_not_with_one_word_changed() -> None:
    # A changed word is a burst of at most 11 bits, and a CRC of 32 detects every burst of up to 32.
    chance = random.Random(1)
    for _ in range(1000):
        phrase = words_of(seed_of(chance))
        assert aezeed.recognise(phrase, "english") == aezeed.FORM
        place = chance.randrange(24)
        phrase[place] = chance.choice([word for word in WORDS if word != phrase[place]])
        assert aezeed.recognise(phrase, "english") is None


def test_a_checksum_of_another_polynomial_or_byte_order_is_none() -> None:
    from zlib import crc32

    chance = random.Random(2)
    for _ in range(100):
        checked = b"\0" + chance.randbytes(28)
        for checksum in (crc32(checked).to_bytes(4, "big"), crc32c(checked).to_bytes(4, "little")):
            assert aezeed.recognise(words_of(checked + checksum), "english") is None


@pytest.mark.parametrize("version", [1, 2, 128, 255])
def test_a_later_version_is_none(version: int) -> None:
    assert aezeed.recognise(words_of(seed_of(random.Random(3), version)), "english") is None


@pytest.mark.parametrize("count", [0, 12, 23, 25])
def test_another_count_of_words_is_none(count: int) -> None:
    phrase = words_of(seed_of(random.Random(4)))
    assert aezeed.recognise((phrase * 2)[:count], "english") is None


def test_the_check_of_bip39_misses_them() -> None:
    chance = random.Random(5)
    english = Mnemonic("english")
    seeds = [b" ".join(words_of(seed_of(chance))).decode() for _ in range(200)]
    assert sum(map(english.check, seeds)) < 10
