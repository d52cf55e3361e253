"""Mini private keys."""

from __future__ import annotations

import hashlib
import random

import pytest

from gitbtc.keys.forms import minikey
from tests.keys.lookalikes import BASE58, changed

# The example of the Bitcoin wiki, and one of the first series from Electrum's tests.
KEY, SHORT_KEY = "S6c56bnXQiBjk9mqSYE7ykVQ7NzrRy", "SZEfg4eYxCJoqzumUqP34g"


def found(text: str) -> list[str]:
    return [secret.decode() for _, _, secret in minikey.find(text.encode())]


def fits(key: str) -> bool:
    return hashlib.sha256(f"{key}?".encode()).hexdigest().startswith("00")


def key_of(length: int, draw: random.Random) -> str:
    ahead = "S" + "".join(draw.choices(BASE58, k=length - 3))
    start = draw.randrange(58 * 58)
    tails = (BASE58[number % 58] + BASE58[number // 58 % 58] for number in range(start, start + 58 * 58))
    return next(ahead + tail for tail in tails if fits(ahead + tail))


def keys(count: int, length: int, draw: random.Random) -> list[str]:
    return [key_of(length, draw) for _ in range(count)]


@pytest.mark.parametrize(("length", "missed"), [(22, 0.005), (26, 0.0027), (30, 0.0008)])
def test_random_keys_are_found_but_for_those_that_look_like_a_name(length: int, missed: float) -> None:
    drawn = keys(350, length, random.Random(length))
    not_found = [key for key in drawn if found(key) != [key]]
    assert len(not_found) <= 350 * missed * 3 + 2
    assert all(minikey._is_like_a_name(key.encode()) for key in not_found)


def test_of_look_alikes_those_are_keys_whose_hash_fits_by_chance() -> None:
    draw = random.Random(7)
    alike = [changed(key, BASE58, draw, start=1) for key in keys(4, 30, draw) for _ in range(250)]
    assert {text for text in alike if found(text)} == {text for text in alike if fits(text)}
    assert sum(map(fits, alike)) < 12  # 1 in 256 of 1,000


@pytest.mark.parametrize("key", [KEY, SHORT_KEY])
@pytest.mark.parametrize(
    "around", ["{}", '"{}"', "({}).", "coins/{}/photo", "coin-{}", "key={}&x", "\n{}\n", "coin_{}.png"]
)
def test_it_is_found_in_text_in_paths_and_in_compounds(key: str, around: str) -> None:
    ((offset, form, secret),) = minikey.find(around.format(key).encode())
    assert (offset, form, secret) == (around.index("{"), minikey.FORM, key.encode())


@pytest.mark.parametrize("around", ["x{}", "{}x", "0{}", "{}I", "+{}", "a" * 20 + "/{}/" + "b" * 20])
def test_it_is_no_part_of_a_longer_run_or_of_base64(around: str) -> None:
    assert found(around.format(KEY)) == []


def test_names_of_a_program_are_no_keys_though_the_hash_fits() -> None:
    names = [f"SafeStreamReaderTester{chr(a)}{chr(b)}{chr(c)}{chr(d)}" for a in range(97, 107) for b in range(97, 107)
             for c in range(97, 107) for d in range(97, 103)]  # fmt: skip
    fitting = [name for name in names if fits(name)]
    assert len(fitting) > 10
    assert [name for name in fitting if found(name)] == []


@pytest.mark.parametrize("length", [21, 23, 25, 27, 29, 31])
def test_another_length_is_none(length: int) -> None:
    assert [key for key in keys(20, length, random.Random(length)) if found(key)] == []
