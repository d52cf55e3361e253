"""Families of pending transactions: what they pay together, and what it takes to replace one or to pay for it."""

from __future__ import annotations

import json
from typing import Any

from gitbtc.coins.feerate import Feerate
from gitbtc.coins.pending import Pending, free_outputs
from gitbtc.spends import COINS, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import Evidence
from tests.made_state import change_of, coin, flagged, mined, pending, spend, txid

PARENT = spend("parent", coin(0), fee=200)
CHILD = spend("child", change_of(PARENT), fee=3_000)
GRANDCHILD = spend("grandchild", change_of(CHILD), fee=100)
A, B, C = txid("parent"), txid("child"), txid("grandchild")


def view(*transactions: dict[str, Any], entries: tuple[dict[str, Any], ...] = ()) -> Pending:
    files = {TRANSACTIONS: flagged(*transactions), MEMPOOL: list(entries), COINS: [change_of(GRANDCHILD)]}
    return Pending(Evidence(lambda kind: json.dumps(files[kind]).encode() if kind in files else b""))


def test_a_family_pays_together() -> None:
    found = view(
        PARENT, CHILD, GRANDCHILD, mined(spend("done", coin(1))), {**spend("lost", coin(2)), "abandoned": True}
    )
    assert found.txids == sorted([A, B, C])
    assert (found.ancestors(C), found.descendants(A)) == ({A, B, C}, {A, B, C})
    assert (found.ancestors(A), found.descendants(C)) == ({A}, {C})
    assert str(found.feerate([A])) == "1"
    assert str(found.feerate(found.ancestors(B))) == "8"
    assert found.rivals(A) == set()


def test_a_replacement_pays_for_all_that_it_throws_out_and_for_its_relay() -> None:
    """BIP-125, rules 3 and 4, with an increment of 0.1 sat/vB."""
    found = view(PARENT, CHILD, GRANDCHILD)
    assert found.replacement_sat(A, 200) == 200 + 3_000 + 100 + 20
    assert found.replacement_sat(C, 141) == 100 + 15
    unknown = view(PARENT, {**CHILD, "fee_sat": None})
    assert unknown.replacement_sat(A, 200) is None
    assert unknown.feerate([A, B]) is None


def test_a_child_pays_for_what_it_waits_for() -> None:
    found = view(PARENT)
    assert found.child_fee_sat(A, Feerate(10_000), 110) == 10 * (200 + 110) - 200
    assert found.child_fee_sat(A, Feerate(100), 110) == 11  # its own relay at the least
    both = view(PARENT, {**CHILD, "fee_sat": 0})
    assert both.child_fee_sat(B, Feerate(10_000), 110) == 10 * (400 + 110) - 200


def test_rivals_and_what_only_the_mempool_knows() -> None:
    rival = pending(spend("rival", coin(0), fee=1_234)) | {"fee_rate_sat_vbyte": 8.75}
    found = view(PARENT, entries=(rival,))
    assert found.rivals(A) == {txid("rival")}
    assert found.vsize(txid("rival")) == 141
    assert found.vsize(A) == 200


def test_a_child_can_spend_a_coin_that_nothing_spends() -> None:
    evidence = view(PARENT, CHILD, GRANDCHILD)._evidence
    assert free_outputs(evidence, C) == [(C, 0)]
    assert free_outputs(evidence, A) == []
