"""Why a record that a side had just added may be gone from a merge."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gitbtc.kinds.registry import built_in
from gitbtc.spends.ended import ended
from tests.made_state import ADDRESS, OTHER, channel, coin, pending, policy, spend

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


@pytest.mark.parametrize(
    "files",
    [
        {"transactions": [PAY | {"confirmed": True}]},
        {"transactions": [PAY | {"replaced_by": RIVAL["txid"]}]},
        {"transactions": [PAY | {"abandoned": True}]},
        {"transactions": [RIVAL]},
        {"mempool": [pending(RIVAL)]},
    ],
)
def test_a_pending_transaction_that_is_mined_or_void_is_gone(files: dict[str, Any]) -> None:
    assert excused("mempool", pending(PAY), **files) == [(PAY["txid"],)]


@pytest.mark.parametrize("files", [{}, {"transactions": [PAY]}, {"transactions": [RIVAL | {"abandoned": True}]}])
def test_a_pending_transaction_that_nothing_speaks_against_is_lost(files: dict[str, Any]) -> None:
    assert excused("mempool", pending(PAY), **files) == []


def test_what_was_built_on_a_void_transaction_is_gone_with_it() -> None:
    lost = [pending(GRANDCHILD), pending(CHILD), pending(PAY)]
    assert len(excused("mempool", *lost, mempool=[pending(RIVAL)])) == 3
    assert len(excused("mempool", *lost[:2], transactions=[PAY | {"abandoned": True}])) == 2
    assert excused("mempool", *lost) == []


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
