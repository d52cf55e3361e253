"""codex32, against its checksum by long division."""

from __future__ import annotations

import random

import pytest

from gitbtc.keys.forms import codex32
from tests.keys.codex32_by_hand import encoded
from tests.keys.conftest import VECTORS
from tests.keys.lookalikes import BECH32, changed

# BIP-93, test vectors 1, 2 and 5 (the last with the long checksum).
OF_THE_BIP = [
    "ms10testsxxxxxxxxxxxxxxxxxxxxxxxxxx4nzvca9cmczlw",
    "ms12namecacdefghjklmnpqrstuvwxyz023ftr2gdzmpy6pn",
    (
        "ms100c8vsm32zxfguhpchtlupzry9x8gf2tvdw0s3jn54khce6mua7lqpzygsfjd6an074rxvcemlh8wu3tk925acdefghjklmnpqrstuvwxy0"
        "6fhpv80undvarhrak"
    ),
]
SIZES = range(16, 65)


def payload(size: int, draw: random.Random) -> str:
    return "".join(draw.choices(BECH32, k=-(-8 * size // 5)))


def found(text: str) -> list[tuple[str, str]]:
    return [(form.name, secret.decode()) for _, form, secret in codex32.find(text.encode())]


@pytest.mark.parametrize("text", OF_THE_BIP)
def test_the_checksum_of_these_tests_is_that_of_the_bip(text: str) -> None:
    hrp, data = text.split("1", 1)
    assert encoded(hrp, data[: -15 if len(data) > 93 else -13]) == text
    assert [secret for _, secret in found(text)] == [text]


def test_every_size_of_seed_is_found_as_a_secret_and_as_a_share() -> None:
    draw = random.Random(93)
    for size in SIZES:
        for header, form in (("0test" + "s", codex32.SECRET), ("3cash" + "a", codex32.SHARE)):
            for hrp in ("ms", "cl"):
                text = encoded(hrp, header + payload(size, draw))
                assert found(text) == [(form.name, text)]


def test_every_random_one_is_found_and_none_with_a_character_changed() -> None:
    draw = random.Random(94)
    for _ in range(1000):
        header = draw.choice("23456789") + "".join(draw.choices(BECH32, k=5))
        text = encoded("ms", header + payload(draw.choice([16, 16, 32, 32, 64]), draw))
        assert [secret for _, secret in found(text)] == [text]
        assert found(changed(text, BECH32, draw, start=3)) == []


@pytest.mark.parametrize("around", ["{}", '"{}"', "seed{}", "{}qqq", "{}.", "[{}]", "codex32:{}"])
@pytest.mark.parametrize("size", [16, 32, 64])
def test_what_is_glued_to_it_does_not_hide_it(around: str, size: int) -> None:
    text = encoded("ms", "2names" + payload(size, random.Random(size)))
    assert found(around.format(text)) == [(codex32.SECRET.name, text)]
    assert found(around.upper().format(text.upper())) == [(codex32.SECRET.name, text)]


@pytest.mark.parametrize("text", [vector.text for vector in VECTORS if vector.kind == "codex32-invalid"])
def test_the_invalid_vectors_are_none_also_between_other_letters(text: str) -> None:
    assert found(text) == []
    assert found(f"x{text}q") == []


@pytest.mark.parametrize("header", ["0testa", "0test0", "ztests", "ltests"])
def test_a_threshold_or_an_index_that_cannot_be_is_none(header: str) -> None:
    assert found(encoded("ms", header + "q" * 26)) == []


@pytest.mark.parametrize("size", [13, 14, 15, 65, 66])
def test_a_seed_too_short_or_too_long_is_none(size: int) -> None:
    assert found(encoded("ms", "0tests" + payload(size, random.Random(size)))) == []


@pytest.mark.parametrize("characters", [27, 30, 75])
def test_more_bits_left_over_than_four_are_none(characters: int) -> None:
    assert 5 * characters % 8 > 4
    assert found(encoded("ms", "0tests" + "q" * characters)) == []


def test_a_mixed_case_is_none() -> None:
    text = encoded("ms", "0tests" + "q" * 26)
    assert found(text[:20] + text[20:].upper()) == []
    assert found("MS" + text[2:]) == []
