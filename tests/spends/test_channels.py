from __future__ import annotations

import json
from typing import Any

import pytest

from gitbtc.spends.channels import violations
from tests.made_state import channel, policy

FUNDING, OTHER_FUNDING = (f"{digit * 64}:0" for digit in "ab")


def broken(**files: Any) -> list[tuple[str, str, str]]:
    found = violations(lambda kind: json.dumps(files[kind]).encode() if kind in files else b"")
    return [(violation.rule, violation.kind, violation.identity) for violation in found]


@pytest.mark.parametrize(("local", "count"), [(50, 0), (51, 1)])
def test_a_channel_holds_no_more_than_its_capacity(local: int, count: int) -> None:
    full = {"capacity_sat": 100, "local_balance_sat": local, "remote_balance_sat": 40, "unsettled_balance_sat": 10}
    assert broken(channels=[channel("1x1x1", **full)]) == [("capacity", "channels", "1x1x1")] * count


def test_one_outpoint_funds_one_channel() -> None:
    twice = [channel("16000000x5x0", funding_outpoint=FUNDING), channel("820000x12x0", funding_outpoint=FUNDING)]
    assert broken(channels=twice) == [("channel_twice", "channels", "820000x12x0")]
    [violation] = violations(lambda kind: json.dumps(twice).encode() if kind == "channels" else b"")
    assert violation.text.startswith("16000000x5x0 and 820000x12x0 are one channel")
    assert "remove the record under its alias 16000000x5x0" in violation.text


def test_channels_whose_funding_differs_or_is_unknown_are_several() -> None:
    one, other = channel("1x1x1", funding_outpoint=FUNDING), channel("1x1x2", funding_outpoint=OTHER_FUNDING)
    assert broken(channels=[one, other, channel("1x1x3"), channel("1x1x4")]) == []


def test_a_policy_belongs_to_a_channel_that_is_there() -> None:
    files = {"channels": [channel("1x1x1")], "routing": [policy("1x1x1"), policy("2x1x1")]}
    assert broken(**files) == [("routing_orphan", "routing", "2x1x1")]
    assert broken(channels=[], routing=[policy("2x1x1")]) == [("routing_orphan", "routing", "2x1x1")]


def test_without_channels_json_nobody_knows_which_channels_there_are() -> None:
    assert broken(routing=[policy("2x1x1")]) == []
