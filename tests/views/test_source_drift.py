"""How far a root is from what a source tells, as people and programs see it."""

from __future__ import annotations

from typing import Any

from gitbtc.diff.operations import operations
from gitbtc.diff.patch import Patch
from gitbtc.diff.reading import patches
from gitbtc.diff.source_drift import SourceDrift
from gitbtc.kinds import codec
from gitbtc.kinds.registry import Kinds, built_in
from gitbtc.views import source_drift

COIN = {"txid": "a" * 64, "vout": 0, "amount_sat": 5000, "script_type": "p2wpkh", "block_height": 7, "label": None,
        "address": "bcrt1q6p22wq9c7pl45qrrx6afz2tk2sku4mpsqsjnr0", "coinbase": False}  # fmt: skip
NOW = 1_700_007_300


def chain(height: int, age: int) -> dict[str, Any]:
    return {"network": "regtest", "block_height": height, "block_hash": "00" * 32, "block_time": NOW - age}


def drifted() -> SourceDrift:
    kind = built_in("utxos")
    there = [{**COIN, "txid": "b" * 64}]
    told = operations(kind, kind.path, codec.encode_file(kind, [COIN]), codec.encode_file(kind, there))
    ignored = {("peers", "connected"): 3, ("channels", "is_active"): 1, ("fees", ""): 2}
    spender = {"txid": "c" * 64, "fee_sat": 1410, "weight": 564}
    return SourceDrift(
        [Patch(kind, kind.path, told)], chain(111, 7300), chain(113, 90), ignored, {("a" * 64, 0): spender}
    )


def test_in_words() -> None:
    shown = list(source_drift.lines("tre\x1bsury", drifted(), NOW))
    there, here = shown[0].split("; ")
    assert there == "tre\\u001bsury: block 113 (2023-11-15 00:13:30Z, 1 minute ago)"
    assert here == "here: block 111 (2023-11-14 22:13:20Z, 2 hours ago)"
    assert shown[1].startswith("wallet/utxos.json: 1 coin received, 1 spent")
    assert any("fee 1,410 sat (10.0 sat/vB)  cccccccc" in line for line in shown)
    assert shown[-1] == (
        "ignored as volatile: 1 channel: is_active, 2 new estimates, 3 peers: connected"
    )  # fmt: skip


def test_nothing_has_drifted() -> None:
    shown = list(source_drift.lines("core", SourceDrift([], None, chain(113, 3 * 86_400), {}, {}), NOW))
    assert shown == ["core: block 113 (2023-11-12 00:15:00Z, 3 days ago); here: nothing yet", "nothing has drifted"]


def test_as_a_document_that_can_be_replayed() -> None:
    found = drifted()
    document = source_drift.of_source("core", found)
    told = document["gitbtc.diff/v1"]
    assert (told["source"], told["as_of"]["source"]["block_height"], told["as_of"]["here"]["block_height"]) == (
        "core", 113, 111,
    )  # fmt: skip
    assert {"kind": "fees", "field": None, "count": 2} in told["ignored"]
    (patch,) = patches(document, Kinds())
    assert [one.key for one in patch.operations] == [one.key for one in found.patches[0].operations]
