"""Shares of SLIP-39, against the package of the reference implementation."""

from __future__ import annotations

import random

import pytest
from shamir_mnemonic.rs1024 import create_checksum
from shamir_mnemonic.share import Share
from shamir_mnemonic.utils import MnemonicError

from gitbtc.keys.forms import slip39
from gitbtc.keys.words import numbers

WORDS = list(numbers("slip39"))


def share(chance: random.Random, size: int) -> list[bytes]:
    groups = chance.randint(1, 16)
    made = Share(
        identifier=chance.getrandbits(15),
        extendable=bool(chance.getrandbits(1)),
        iteration_exponent=chance.getrandbits(4),
        group_index=chance.getrandbits(4),
        group_threshold=chance.randint(1, groups),
        group_count=groups,
        index=chance.getrandbits(4),
        member_threshold=chance.randint(1, 16),
        value=chance.randbytes(size),
    )
    return [word.encode() for word in made.words()]


def is_share(phrase: list[bytes]) -> bool:
    """What the reference implementation says."""
    try:
        Share.from_mnemonic(b" ".join(phrase).decode())
    except MnemonicError:
        return False
    return True


def checked(unchecked: list[int], customization: bytes) -> list[bytes]:
    return [WORDS[number] for number in unchecked + create_checksum(unchecked, customization)]


def test_a_thousand_shares_of_every_legal_length_are_recognised() -> None:
    chance = random.Random(1)
    counts = set()
    for number in range(1000):
        phrase = share(chance, 16 + 2 * (number % 25))
        assert slip39.recognise(phrase, "slip39") == slip39.FORM
        counts.add(len(phrase))
    assert sorted(counts, reverse=True) == list(slip39.COUNTS)
    assert {20, 23, 33} < counts


def test_a_share_with_one_word_changed_or_two_swapped_is_none() -> None:
    # RS1024 detects any three changed words: none of these can slip through.
    chance = random.Random(2)
    for number in range(1000):
        phrase = share(chance, 16 + 2 * (number % 9))
        place = chance.randrange(len(phrase))
        changed = [*phrase]
        changed[place] = chance.choice([word for word in WORDS if word != phrase[place]])
        assert slip39.recognise(changed, "slip39") is None
        swapped = [*phrase]
        other = chance.choice([at for at, word in enumerate(phrase) if word != phrase[place]])
        swapped[place], swapped[other] = phrase[other], phrase[place]
        assert slip39.recognise(swapped, "slip39") is None


def test_what_stands_before_the_checksum_is_judged_as_the_reference_implementation_does() -> None:
    chance = random.Random(3)
    judged = []
    for _ in range(1000):
        unchecked = [chance.getrandbits(10) for _ in range(chance.randint(17, 30))]
        unchecked[4] >>= chance.randint(0, 8)
        phrase = checked(unchecked, b"shamir_extendable" if unchecked[1] & 16 else b"shamir")
        judged.append(slip39.recognise(phrase, "slip39") is not None)
        assert judged[-1] == is_share(phrase)
    assert 100 < sum(judged) < 900


def test_the_flag_says_which_customization_it_is() -> None:
    for flag, right, wrong in ((0, b"shamir", b"shamir_extendable"), (16, b"shamir_extendable", b"shamir")):
        unchecked = [1, flag, *([0] * 15)]
        assert slip39.recognise(checked(unchecked, right), "slip39")
        assert slip39.recognise(checked(unchecked, wrong), "slip39") is None


def test_more_groups_needed_than_there_are_is_none() -> None:
    for threshold in range(16):
        for groups in range(16):
            unchecked = [1, 0, threshold << 2 | groups >> 2, (groups & 3) << 8, *([0] * 13)]
            is_found = slip39.recognise(checked(unchecked, b"shamir"), "slip39") is not None
            assert is_found == (threshold <= groups)


@pytest.mark.parametrize("count", [0, 1, 19, 21, 24, 26, 32, 34, 58, 60, 62])
def test_another_count_of_words_is_none(count: int) -> None:
    unchecked = [1, *([0] * max(count - 4, 0))]
    assert slip39.recognise(checked(unchecked, b"shamir")[:count], "slip39") is None


def test_shares_among_words_are_seen_where_they_begin() -> None:
    chance = random.Random(4)
    for zeros in (0, 0.9):
        spoken: list[bytes] = []
        planted = []
        while len(spoken) < 3000:  # the powers of the roots repeat after 1,023 places
            spoken += [WORDS[0] if chance.random() < zeros else word for word in chance.choices(WORDS, k=99)]
            planted.append(len(spoken))
            spoken += share(chance, chance.randrange(16, 65, 2))
        found = slip39.shares([numbers("slip39")[word] for word in spoken])
        right = {start: [count for count in counts if slip39.recognise(spoken[start : start + count], "slip39")]
                 for start, counts in found.items()}  # fmt: skip
        assert {start for start, counts in right.items() if counts} == set(planted)
        assert all(len(counts) <= 1 for counts in right.values())


def test_what_is_seen_among_words_is_what_the_polynomial_says() -> None:
    """Words of which many stretches are right: a share, over and over, and one word alone."""
    once = share(random.Random(5), 16)
    for spoken in (once * 4, [WORDS[0]] * 90, [WORDS[1]] * 90, share(random.Random(6), 64) + once):
        found = slip39.shares([numbers("slip39")[word] for word in spoken])
        for start in range(len(spoken)):
            counts = [count for count in slip39.COUNTS if start + count <= len(spoken)]
            right = [count for count in counts if slip39.recognise(spoken[start : start + count], "slip39")]
            assert set(right) <= set(found.get(start, ()))
