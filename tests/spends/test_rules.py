from __future__ import annotations

import json
from typing import Any

import pytest

from gitbtc.spends.evidence import Evidence
from gitbtc.spends.rules import violations
from tests.made_state import coin, pending, spend

PAY = spend("pay", coin(0))


def broken(**files: Any) -> list[str]:
    evidence = Evidence(lambda kind: json.dumps(files[kind]).encode() if kind in files else b"")
    return [violation.rule for violation in violations(evidence)]


def outputs(amount: int) -> list[dict[str, Any]]:
    return [PAY["outputs"][0] | {"amount_sat": amount}]


def test_a_sound_state_breaks_no_rule() -> None:
    assert broken(utxos=[coin(1), coin(0, PAY["txid"])], transactions=[PAY], mempool=[pending(PAY)]) == []


@pytest.mark.parametrize(
    ("rule", "files"),
    [
        ("double_spend", {"transactions": [PAY, spend("other", coin(0))]}),
        ("double_spend", {"transactions": [PAY], "mempool": [pending(spend("other", coin(0)))]}),
        ("spent_coin", {"utxos": [coin(0)], "transactions": [PAY]}),
        ("spent_coin", {"utxos": [coin(0)], "mempool": [pending(PAY)]}),
        ("confirmed_in_mempool", {"transactions": [PAY | {"confirmed": True}], "mempool": [pending(PAY)]}),
        ("fee", {"transactions": [PAY | {"fee_sat": 999}]}),
        ("fee", {"transactions": [PAY | {"fee_sat": None, "outputs": outputs(100_000_001)}]}),
        ("fee", {"mempool": [pending(PAY) | {"fee_sat": 1}]}),
    ],
)
def test_what_can_never_be_committed(rule: str, files: dict[str, Any]) -> None:
    assert broken(**files) == [rule]


@pytest.mark.parametrize(
    "files",
    [
        {"transactions": [PAY, spend("other", coin(0), abandoned=True)]},
        {"transactions": [PAY, spend("other", coin(0), replaced_by=PAY["txid"])]},
        {"utxos": [coin(0)], "transactions": [PAY | {"abandoned": True}]},
        {"transactions": [PAY | {"fee_sat": None}]},
        {"transactions": [PAY | {"inputs": [], "fee_sat": None}]},
        {"transactions": [PAY | {"inputs": [PAY["inputs"][0] | {"amount_sat": None}], "fee_sat": 5}]},
    ],
)
def test_what_may_be(files: dict[str, Any]) -> None:
    assert broken(**files) == []
