"""What a merge may not leave out, told from files alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.judge.additions import lost_additions
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in

PEERS = built_in("peers")
FILES = st.dictionaries(st.integers(0, 5), st.integers(0, 1))


def peers(listed: dict[int, int]) -> bytes:
    """A file of the peers with these numbers, each at a height."""
    records: list[dict[str, Any]] = [
        {"pubkey": f"02{number:064x}", "alias": None, "address": "h:1", "connected": True, "sync_height": height}
        for number, height in listed.items()
    ]
    return codec.canonical(PEERS, json.dumps(records).encode())


def lost(bases: list[dict[int, int]], sides: list[dict[int, int]], result: dict[int, int]) -> dict[int, int]:
    """The number of each lost peer -> whose it was."""
    found = lost_additions(PEERS, map(peers, bases), [*map(peers, sides)], peers(result))
    return {int(key[0], 16) - (2 << 256): place for key, (place, _) in found.items()}


@pytest.mark.parametrize(
    ("why", "bases", "sides", "result", "expected"),
    [
        ("theirs added it", [{}], [{}, {1: 0}], {}, {1: 1}),
        ("ours added it", [{}], [{1: 0}, {}], {}, {1: 0}),
        ("both added it", [{}], [{1: 0}, {1: 0}], {}, {1: 0}),
        ("nothing is missing", [{}], [{2: 0}, {1: 0}], {1: 0, 2: 0}, {}),
        ("it is there, and was changed", [{}], [{}, {1: 0}], {1: 1}, {}),
        ("ours removed it", [{1: 0}], [{}, {1: 0}], {}, {}),
        ("ours removed what theirs changed", [{1: 0}], [{}, {1: 1}], {}, {}),
        ("one of two ancestors had it, so a side removed it", [{}, {1: 0}], [{}, {1: 0}], {}, {}),
        ("the sides tell it differently, and it was settled", [{}], [{1: 0}, {1: 1}], {}, {}),
        ("a third head added it", [{}], [{}, {}, {1: 0}], {}, {1: 2}),
        ("no common ancestor", [], [{}, {1: 0}], {}, {1: 1}),
    ],
)
def test_lost_additions(
    why: str, bases: list[dict[int, int]], sides: list[dict[int, int]], result: dict[int, int], expected: dict[int, int]
) -> None:
    assert lost(bases, sides, result) == expected, why


@given(st.lists(FILES, min_size=1, max_size=2), st.lists(FILES, min_size=2, max_size=3), FILES)
def test_lost_additions_are_what_sets_say(
    bases: list[dict[int, int]], sides: list[dict[int, int]], result: dict[int, int]
) -> None:
    added = {number for side in sides for number in side} - {number for base in bases for number in base}
    agreed = {number for number in added if len({side[number] for side in sides if number in side}) == 1}
    assert lost(bases, sides, result).keys() == agreed - result.keys()


def test_a_side_that_does_not_parse_added_nothing() -> None:
    assert not lost_additions(PEERS, [peers({})], [peers({}), b"[{"], peers({}))


def test_without_a_base_that_parses_nothing_can_be_said() -> None:
    assert not lost_additions(PEERS, [b"[{"], [peers({}), peers({1: 0})], peers({}))


def test_no_base_is_read_where_nothing_is_missing() -> None:
    bases = iter([peers({})])
    assert not lost_additions(PEERS, bases, [peers({}), peers({1: 0})], peers({1: 0}))
    assert next(bases)
