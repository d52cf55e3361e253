"""What went and came under another identity, and is one thing."""

from __future__ import annotations

from typing import Any

from gitbtc.diff.continued import continued
from gitbtc.diff.operations import DELETE, INSERT, MUTATE, Operation
from gitbtc.kinds.registry import built_in

CHANNELS, PEERS = built_in("channels"), built_in("peers")


def moved(name: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Operation:
    return Operation(CHANNELS, CHANNELS.path, (name,), old, new)


def channel(name: str, bolt2_id: str = "", **fields: Any) -> dict[str, Any]:
    return {"channel_id": name, **({"bolt2_id": bolt2_id} if bolt2_id else {}), **fields}


def test_the_same_bytes_under_another_id_are_one_change() -> None:
    old, new = channel("1x1x1", "aa", capacity_sat=1), channel("2x2x2", "aa", capacity_sat=2)
    other = moved("3x3x3", channel("3x3x3", "bb"), None)
    operations, changes = continued([moved("1x1x1", old, None), other, moved("2x2x2", None, new)])
    assert [(one.name, one.key) for one in operations] == [(DELETE, ("3x3x3",)), (MUTATE, ("2x2x2",))]
    assert changes == operations[1:]
    assert (changes[0].old, changes[0].new) == (old, new)


def test_what_says_no_bytes_is_never_another_channel() -> None:
    operations = [moved("1x1x1", channel("1x1x1"), None), moved("2x2x2", None, channel("2x2x2"))]
    assert continued(operations) == (operations, [])
    assert [one.name for one in operations] == [DELETE, INSERT]


def test_a_kind_that_does_not_go_on_is_left_alone() -> None:
    operations = [Operation(PEERS, PEERS.path, ("02",), {"pubkey": "02"}, None)]
    assert continued(operations) == (operations, [])
    assert continued([]) == ([], [])
