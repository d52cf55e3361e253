from __future__ import annotations

import json
from typing import Any

import pytest

from gitbtc.spends.evidence import Evidence
from gitbtc.spends.steps import CoinStep
from tests.made_state import ADDRESS, FUNDING, change_of, coin, pending, spend

FUNDED = {**spend("in", coin(8, "e0" * 32)), "txid": FUNDING}
GOT = change_of(FUNDED)
PAY = spend("pay", GOT)
BARE = coin(3, "d0" * 32)

State = dict[str, list[dict[str, Any]]]
BEFORE: State = {"utxos": [GOT, BARE], "transactions": [FUNDED]}


def evidence_of(files: State) -> Evidence:
    return Evidence(lambda kind: json.dumps(files[kind]).encode() if kind in files else b"")


def broken(after: State, *before: State, bases: tuple[State, ...] = ()) -> list[str]:
    parents, others = ([evidence_of(side) for side in sides] for sides in (before or [BEFORE], bases))
    return [violation.rule for violation in CoinStep(parents, evidence_of(after), others).violations()]


def changed(record: dict[str, Any], **changes: Any) -> State:
    return {**BEFORE, "utxos": [record | changes if one is record else one for one in BEFORE["utxos"]]}


def paid(amount: int | None, **changes: Any) -> State:
    """The bare coin is spent, for some amount."""
    made = spend("pay", BARE, **changes)
    made["inputs"][0]["amount_sat"] = amount
    return {**BEFORE, "utxos": [GOT], "transactions": [FUNDED, made]}


@pytest.mark.parametrize(
    ("rules", "after"),
    [
        ([], BEFORE),
        (["lost_coin"], {**BEFORE, "utxos": [BARE]}),
        (["lost_coin"], {**BEFORE, "utxos": []}),
        ([], {**BEFORE, "utxos": [GOT]}),
        ([], {"utxos": [BARE], "transactions": [FUNDED, PAY]}),
        ([], {"utxos": [BARE], "transactions": [FUNDED], "mempool": [pending(PAY)]}),
        ([], {"utxos": [BARE], "transactions": [FUNDED | {"abandoned": True}]}),
        (["lost_coin"], {"utxos": [BARE], "transactions": [FUNDED, PAY | {"abandoned": True}]}),
        ([], {**BEFORE, "utxos": [GOT, BARE, coin(0, "c0" * 32)]}),
        ([], changed(BARE, label="x")),
        ([], changed(BARE, script_type="unknown")),
        ([], changed(BARE, address=ADDRESS.upper())),
        (["data_error"], changed(BARE, amount_sat=5)),
        (["data_error"], changed(BARE, address=GOT["address"])),
        (["data_error"], changed(BARE, script_type="p2tr")),
        (["data_error"], changed(BARE, coinbase=True)),
        ([], paid(BARE["amount_sat"])),
        ([], paid(None)),
        (["data_error"], paid(BARE["amount_sat"] + 1)),
        (["data_error"], paid(None, fee_sat=7)),
    ],
)
def test_a_step(rules: list[str], after: State) -> None:
    assert broken(after) == rules


NEW = coin(0, "c0" * 32)
LABELLED = changed(BARE, label="x")
SPENT: State = {"utxos": [GOT], "transactions": [FUNDED, spend("pay", BARE)]}


@pytest.mark.parametrize(
    ("rules", "after", "parents", "bases"),
    [
        ([], LABELLED, [BEFORE, LABELLED], [BEFORE]),
        (["coin_from_nowhere"], {**BEFORE, "utxos": [GOT, BARE, NEW]}, [BEFORE, LABELLED], [BEFORE]),
        ([], {**BEFORE, "utxos": [GOT, BARE, NEW]}, [BEFORE, {**BEFORE, "utxos": [GOT, BARE, NEW]}], [BEFORE]),
        ([], {"utxos": [BARE, change_of(PAY)], "transactions": [FUNDED, PAY]}, [BEFORE, LABELLED], [BEFORE]),
        # Settled for neither: what both spent, or took out, is a coin again.
        ([], BEFORE, [SPENT, SPENT], []),
        ([], BEFORE, [{**BEFORE, "utxos": [GOT]}, {**BEFORE, "utxos": [GOT]}], [BEFORE]),
        (["data_error"], changed(BARE, amount_sat=5), [BEFORE, LABELLED], [BEFORE]),
        ([], changed(BARE, amount_sat=5), [BEFORE, changed(BARE, amount_sat=5)], [BEFORE]),
        (["data_error"], changed(BARE, amount_sat=5), [changed(BARE, amount_sat=6), BEFORE], [BEFORE]),
        (["lost_coin"], {**BEFORE, "utxos": [BARE]}, [BEFORE, LABELLED], [BEFORE]),
        ([], {**BEFORE, "utxos": [BARE]}, [BEFORE, {**BEFORE, "utxos": [BARE]}], [BEFORE]),
    ],
)  # fmt: skip
def test_a_merge(rules: list[str], after: State, parents: list[State], bases: list[State]) -> None:
    assert broken(after, *parents, bases=tuple(bases)) == rules
