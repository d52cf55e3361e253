from __future__ import annotations

import json
from typing import Any

import pytest

from gitbtc.spends.channels import violations as channel_violations
from gitbtc.spends.evidence import Evidence
from gitbtc.spends.fates import Fates
from gitbtc.spends.outcome import Outcome
from gitbtc.spends.rules import violations
from gitbtc.spends.testimony import Views
from tests.made_state import ADDRESS, FUNDING, change_of, coin, flagged, mined, pending, spend, txid

PAY = spend("pay", coin(0))
CHANGE = change_of(PAY)
CHILD = spend("child", CHANGE)
PAIR = flagged(PAY, CHILD)
MINED = mined(PAY, 105)
TIP = {"network": "regtest", "block_height": 110, "block_hash": "0" * 64, "block_time": 1_700_000_000}


def evidence_of(**files: Any) -> Evidence:
    return Evidence(lambda kind: json.dumps(files[kind]).encode() if kind in files else b"")


def broken(**files: Any) -> list[str]:
    return [violation.rule for violation in violations(evidence_of(**files))]


def outputs(**changes: Any) -> list[dict[str, Any]]:
    return [PAY["outputs"][0] | changes]


def inputs(*amounts: int | None, of: dict[str, Any] = PAY) -> list[dict[str, Any]]:
    return [of["inputs"][0] | {"amount_sat": amount} for amount in amounts]


def announced(by: str, *outpoints: str) -> dict[str, Any]:
    return {"timestamp": 1, "event_type": "send", "txid": by, "outpoints": list(outpoints)}


@pytest.mark.parametrize(
    "files",
    [
        {"utxos": [coin(1), CHANGE], "transactions": [PAY], "mempool": [pending(PAY)], "chain": TIP},
        {"utxos": [change_of(CHILD)], "transactions": PAIR, "mempool": [pending(one) for one in PAIR]},
        {"utxos": [change_of(MINED)], "transactions": [MINED], "chain": TIP},
    ],
)
def test_a_sound_state_breaks_no_rule(files: dict[str, Any]) -> None:
    assert broken(**files) == []


@pytest.mark.parametrize(
    ("rule", "files"),
    [
        ("double_spend", {"transactions": [PAY, spend("other", coin(0))]}),
        ("double_spend", {"transactions": [PAY], "mempool": [pending(spend("other", coin(0)))]}),
        ("spent_coin", {"utxos": [coin(0)], "transactions": [PAY]}),
        ("spent_coin", {"utxos": [coin(0)], "mempool": [pending(PAY)]}),
        ("void_coin", {"utxos": [CHANGE], "transactions": [PAY | {"abandoned": True}]}),
        ("void_coin", {"utxos": [CHANGE], "transactions": [PAY | {"replaced_by": txid("other")}]}),
        ("void_coin", {"utxos": [CHANGE], "transactions": [PAY | {"in_mempool": False}]}),
        ("two_records", {"transactions": [PAY | {"in_mempool": False}], "mempool": [pending(PAY)]}),
        ("block", {"transactions": [MINED | {"in_mempool": False}]}),
        ("built_on_lost", {"transactions": [PAIR[0] | {"abandoned": True}, CHILD]}),
        ("built_on_lost", {"transactions": [PAIR[0] | {"abandoned": True}], "mempool": [pending(CHILD)]}),
        ("confirmed_in_mempool", {"transactions": [MINED], "mempool": [pending(PAY)]}),
        ("two_records", {"transactions": [PAY | {"fee_sat": None}],
                         "mempool": [pending(PAY) | {"outputs": outputs(address=ADDRESS)}]}),
        ("two_records", {"transactions": [PAY], "mempool": [pending(PAY) | {"inputs": []}]}),
        ("mark", {"transactions": [MINED | {"abandoned": True}]}),
        ("mark", {"transactions": [MINED | {"replaced_by": txid("other")}]}),
        ("mark", {"transactions": [PAY | {"replaced_by": PAY["txid"]}]}),
        ("block", {"transactions": [PAY | {"confirmed": True}]}),
        ("block", {"transactions": [MINED | {"confirmed": False}]}),
        ("block", {"transactions": [PAY | {"block_hash": "0" * 64}]}),
        ("block", {"transactions": [mined(PAY, 111)], "chain": TIP}),
        ("input", {"transactions": [PAIR[0], CHILD | {"inputs": inputs(5, of=CHILD), "outputs": []}]}),
        ("input", {"transactions": [PAY, spend("odd", CHANGE | {"vout": 7})]}),
        ("input", {"transactions": [PAY | {"inputs": inputs(1, 1), "outputs": []}]}),
        ("fee", {"transactions": [PAY | {"fee_sat": 999}]}),
        ("fee", {"transactions": [PAY | {"fee_sat": None, "outputs": outputs(amount_sat=100_000_001)}]}),
        ("fee", {"mempool": [pending(PAY) | {"fee_sat": 1}]}),
        ("fee", {"transactions": [PAIR[0], CHILD | {"inputs": inputs(None, of=CHILD), "fee_sat": 7}]}),
        ("spent_flag", {"transactions": [PAY, CHILD]}),
        ("spent_flag", {"transactions": [PAY], "mempool": [pending(CHILD)]}),
        ("spent_flag", {"utxos": [CHANGE], "transactions": [PAY | {"outputs": outputs(spent=True)}]}),
        ("coin_output", {"utxos": [CHANGE | {"amount_sat": 1}], "transactions": [PAY]}),
        ("coin_output", {"utxos": [CHANGE | {"address": ADDRESS}], "mempool": [pending(PAY)]}),
        ("coin_output", {"utxos": [CHANGE | {"script_type": "p2tr"}], "transactions": [PAY]}),
        ("coin_output", {"utxos": [CHANGE | {"vout": 1}], "transactions": [PAY]}),
        ("coin_output", {"utxos": [change_of(MINED, coinbase=True)], "transactions": [MINED]}),
        ("coin_output", {"utxos": [change_of(MINED)], "transactions": [MINED | {"inputs": [], "fee_sat": None}]}),
        ("coin_block", {"utxos": [CHANGE | {"block_height": 105}], "transactions": [PAY]}),
        ("coin_block", {"utxos": [CHANGE], "transactions": [MINED]}),
        ("coin_block", {"utxos": [coin(0, block_height=111)], "chain": TIP}),
        ("coin_block", {"utxos": [change_of(MINED, block_hash="1" * 64)],
                        "transactions": [MINED | {"block_hash": "2" * 64}]}),
    ],
)  # fmt: skip
def test_what_can_never_be_committed(rule: str, files: dict[str, Any]) -> None:
    assert broken(**files) == [rule]


@pytest.mark.parametrize(
    "files",
    [
        {"transactions": [PAY, spend("other", coin(0), abandoned=True)]},
        {"transactions": [PAY, spend("other", coin(0), replaced_by=PAY["txid"])]},
        {"utxos": [coin(0)], "transactions": [PAY | {"abandoned": True}]},
        {"transactions": [PAY | {"fee_sat": None}]},
        {"transactions": [PAY | {"in_mempool": False}]},
        {"transactions": [PAY | {"inputs": [], "fee_sat": None}]},
        {"transactions": [PAY | {"inputs": inputs(None), "fee_sat": 5}]},
        {"utxos": [CHANGE | {"script_type": "unknown"}], "transactions": [PAY]},
        {"utxos": [CHANGE | {"address": CHANGE["address"].upper()}], "transactions": [PAY]},
        {"utxos": [CHANGE], "transactions": [PAY | {"outputs": outputs(address=None)}]},
        {"utxos": [CHANGE], "transactions": [PAY | {"outputs": []}]},
        {"utxos": [coin(2), change_of(MINED, block_hash="1" * 64)], "transactions": [MINED],
         "execution": [announced("b" * 64, f"{'f0' * 32}:2")]},
        {"transactions": [PAY | {"abandoned": True}], "execution": [announced(CHILD["txid"], f"{PAY['txid']}:0")]},
    ],
)  # fmt: skip
def test_what_may_be(files: dict[str, Any]) -> None:
    assert broken(**files) == []


def test_a_cycle_of_replacements_is_told_of_each_in_it_and_not_of_what_leads_there() -> None:
    one, two, three = (spend(name, coin(0)) for name in ("1", "2", "3"))
    one["replaced_by"], two["replaced_by"], three["replaced_by"] = two["txid"], one["txid"], one["txid"]
    found = violations(evidence_of(transactions=[one, two, three]))
    assert sorted((one.rule, one.identity) for one in found) == [("mark", txid("1")), ("mark", txid("2"))]


@pytest.mark.parametrize(
    ("utxos", "is_read"),
    [([CHANGE | {"amount_sat": 1}, coin(2)], False), ([CHANGE | {"amount_sat": 2}], True)],
)
def test_coins_that_were_held_to_the_rules_are_not_read_again(utxos: list[dict[str, Any]], is_read: bool) -> None:
    before = evidence_of(utxos=[CHANGE | {"amount_sat": 1}], transactions=[PAY])
    files = {"utxos": utxos, "transactions": [PAY]}
    after = Evidence(lambda kind: json.dumps(files[kind]).encode() if kind in files else b"", before)
    assert [one.rule for one in violations(after, before)] == ["coin_output"] * is_read


@pytest.mark.parametrize(
    "changed",
    [
        {"transactions": [PAY | {"outputs": outputs(amount_sat=7), "fee_sat": None}]},
        {"chain": TIP | {"block_height": 99}},
    ],
)
def test_they_are_read_again_where_their_transaction_or_the_tip_changed(changed: dict[str, Any]) -> None:
    files = {"utxos": [coin(2), CHANGE], "transactions": [PAY], "chain": TIP}
    before, now = evidence_of(**files), files | changed
    after = Evidence(lambda kind: json.dumps(now[kind]).encode() if kind in now else b"", before)
    assert list(violations(before)) == []
    assert len(list(violations(after, before))) == 1


class Whole(Views):
    """The view of one state, asked of all that it knows."""

    def txids(self) -> set[str]:
        return self.known.txids()


@pytest.mark.parametrize(
    ("files", "is_sound"),
    [
        ({"utxos": [change_of(CHILD)], "transactions": PAIR}, True),
        ({"utxos": [change_of(MINED)], "transactions": [MINED]}, True),
        ({"utxos": [coin(0)], "transactions": [PAY | {"abandoned": True}]}, True),
        ({"utxos": [coin(0)], "transactions": [PAY]}, False),
        ({"utxos": [CHANGE], "transactions": [PAY | {"abandoned": True}]}, False),
        ({"transactions": [PAIR[0] | {"abandoned": True}, CHILD]}, False),
        ({"transactions": [PAY, CHILD]}, False),
        ({"utxos": [CHANGE], "transactions": [PAY | {"outputs": outputs(spent=True)}]}, False),
        ({"utxos": [CHANGE], "transactions": [MINED]}, False),
        ({"transactions": [MINED], "mempool": [pending(PAY)]}, False),
    ],
)
def test_the_rules_hold_where_the_view_of_a_state_is_the_state(files: dict[str, Any], is_sound: bool) -> None:
    """What is true of coins is computed in one place; the rules only look for where a state is otherwise."""
    evidence = evidence_of(**files)
    assert (not Outcome(Fates(Whole(evidence, [])), evidence).changes()) is is_sound
    assert (not broken(**files)) is is_sound


def channel(name: str, local: int = 50, **changes: Any) -> dict[str, Any]:
    return {"channel_id": name, "capacity_sat": 100, "local_balance_sat": local, "remote_balance_sat": 40,
            "unsettled_balance_sat": 10, **changes}  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "files"),
    [
        ([], {"channels": [channel("1x1x1"), channel("2x1x1")]}),
        (["capacity"], {"channels": [channel("1x1x1", 51)]}),
        (["channel_twice"], {"channels": [channel(f"{n}x1x1", funding_outpoint=f"{FUNDING}:0") for n in (1, 2)]}),
        ([], {"channels": [channel(f"{n}x1x1", funding_outpoint=f"{FUNDING}:{n}") for n in (1, 2)]}),
        (["routing_orphan"], {"channels": [channel("1x1x1")], "routing": [{"channel_id": "2x1x1"}]}),
        ([], {"channels": [channel("1x1x1")], "routing": [{"channel_id": "1x1x1"}]}),
        ([], {"routing": [{"channel_id": "2x1x1"}]}),
    ],
)
def test_channels(rules: list[str], files: dict[str, Any]) -> None:
    found = channel_violations(lambda kind: json.dumps(files[kind]).encode() if kind in files else b"")
    assert [one.rule for one in found] == rules
