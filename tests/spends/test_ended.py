"""Why a record that a side had just added may be gone from a merge."""

from __future__ import annotations

import json
from typing import Any

from gitbtc.kinds.registry import built_in
from gitbtc.spends.ended import ended
from tests.made_state import ADDRESS, OTHER, channel, coin, policy, spend

FUNDING = f"{'a' * 64}:0"
PAY = spend("pay", coin(0))
RIVAL = spend("rival", coin(0))
CHILD = spend("child", {**PAY["outputs"][0], "txid": PAY["txid"]})
GRANDCHILD = spend("grandchild", {**CHILD["outputs"][0], "txid": CHILD["txid"]})


def excused(kind: str, *lost: dict[str, Any], gone: tuple[Any, ...] = (), **files: Any) -> list[Any]:
    """The identities of those of the lost records that are rightly gone."""
    identity = built_in(kind).identity
    keyed = {tuple(record[name] for name in identity): record for record in lost}
    found = ended(kind, keyed, gone, lambda name: json.dumps(files[name]).encode() if name in files else b"")
    return [key for key in keyed if key in found]


def label(address: str, name: str) -> dict[str, Any]:
    return {"address": address, "label": name, "category": "income", "created_at": 1}


def test_a_channel_whose_funding_stands_under_another_id_is_not_lost() -> None:
    alias, real = (channel(name, funding_outpoint=FUNDING) for name in ("16000000x5x0", "820000x12x0"))
    assert excused("channels", alias, channels=[real]) == [("16000000x5x0",)]
    assert excused("channels", alias, channels=[channel("820000x12x0")]) == []
    assert excused("channels", channel("1x1x1"), channels=[channel("820000x12x0")]) == []


def test_a_policy_goes_with_its_channel() -> None:
    assert excused("routing", policy("1x1x1"), channels=[]) == [("1x1x1",)]
    assert excused("routing", policy("1x1x1"), channels=[channel("1x1x1")]) == []
    assert excused("routing", policy("1x1x1")) == []


def test_of_two_new_names_for_one_address_one_may_go() -> None:
    lost, other = label(ADDRESS, "theirs"), label(ADDRESS, "ours")
    before = ((ADDRESS, "old"),)
    assert excused("labels", lost, gone=before, labels=[other]) == [(ADDRESS, "theirs")]
    assert excused("labels", lost, gone=((OTHER, "old"),), labels=[other]) == []
    assert excused("labels", lost, gone=before, labels=[]) == []
    assert excused("labels", lost, labels=[other]) == []
