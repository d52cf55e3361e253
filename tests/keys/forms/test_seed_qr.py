"""SeedQR."""

from __future__ import annotations

import random

import mnemonic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.keys.forms import seed_qr

ENGLISH = mnemonic.Mnemonic("english")


def digits(phrase: str) -> list[str]:
    return [f"{ENGLISH.wordlist.index(word):04}" for word in phrase.split()]


def found(text: str) -> list[str]:
    return [secret.decode() for _, _, secret in seed_qr.find(text.encode())]


def phrases(count: int) -> list[str]:
    made = random.Random(3)
    return [ENGLISH.to_mnemonic(made.randbytes(made.choice([16, 20, 24, 28, 32]))) for _ in range(count)]


def test_the_example_of_the_format_is_found() -> None:
    # SeedSigner's test vector 1 (docs/seed_qr/README.md).
    phrase = (
        "attack pizza motion avocado network gather crop fresh patrol unusual wild holiday candy pony ranch winter "
        "theme error hybrid van cereal salon goddess expire"
    )
    code = "011513251154012711900771041507421289190620080870026613431420201617920614089619290300152408010643"
    assert digits(phrase) == [code[start : start + 4] for start in range(0, 96, 4)]
    assert found(code) == [phrase]


def test_a_thousand_are_found_closed_and_spaced() -> None:
    for phrase in phrases(1000):
        code = digits(phrase)
        assert found(f"x{''.join(code)}\n") == [phrase]
        assert found(f'" {" ".join(code)}"') == [phrase]


def test_of_a_thousand_with_one_digit_changed_as_many_fit_as_checksums_do_by_chance() -> None:
    made = random.Random(4)
    hits = 0
    for phrase in phrases(1000):
        code = list("".join(digits(phrase)))
        place = made.randrange(len(code))
        code[place] = made.choice([digit for digit in "0123456789" if digit != code[place]])
        changed = "".join(code)
        numbers = [int(changed[start : start + 4]) for start in range(0, len(changed), 4)]
        words = [ENGLISH.wordlist[number] for number in numbers if number < 2048]
        fits = len(words) == len(numbers) and ENGLISH.check(" ".join(words))
        assert found(changed) == ([" ".join(words)] if fits else [])
        hits += fits
    # One in 16 to 256 of those in which the digit leaves the number below 2048: some two in a hundred.
    assert hits < 40


def test_more_digits_around_it_make_it_another_number() -> None:
    code = "".join(digits(phrases(1)[0]))
    spaced = " ".join(digits(phrases(1)[0]))
    assert found(f"1{spaced}") == found(f"{spaced}1") == []
    short = next(groups for groups in map(digits, phrases(99)) if groups[-1].startswith("0") and len(groups) > 12)
    assert found("".join(short)[:-4] + short[-1][1:]) == []
    assert found(f"1{code}") == found(f"{code}0") == found(code[1:]) == found(code * 3) == []


@pytest.mark.parametrize(
    "numbers", [range(1980, 2004), range(2004, 1980, -1), [800, 830, 900, 1200, 1345, 1500] * 4, [1990, 1991, 1990] * 8]
)
def test_years_and_times_in_a_row_are_none(numbers: list[int]) -> None:
    for count in (12, 15, 18, 21, 24):
        for first in range(25 - count):
            assert found(" ".join(f"{number:04}" for number in numbers[first : first + count])) == []


@given(st.text("0129 \n", max_size=120) | st.text("0123456789", min_size=40, max_size=100))
def test_any_row_of_digits_is_read(text: str) -> None:
    for phrase in found(text):
        assert ENGLISH.check(phrase)


@pytest.mark.parametrize("unit", ["0", "0000 ", "0001", "1 ", "1234 12345 "])
def test_a_text_of_one_thing_repeated_is_read_to_its_end(unit: str) -> None:
    assert found(unit * (2**20 // len(unit))) == []


@pytest.mark.parametrize("around", ["a{}", "{}f", "0xA{}b", "F{}", "c{}D"])
def test_digits_within_hex_are_none(around: str) -> None:
    for phrase in phrases(100):
        assert found(f"{around.format(''.join(digits(phrase)))}\n") == []
