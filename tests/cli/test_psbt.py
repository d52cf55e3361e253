"""`gitbtc psbt`: what is told before anybody signs, on a recorded treasury and PSBTs that embit writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from embit.descriptor import Descriptor
from embit.psbt import PSBT, DerivationPath
from embit.script import Script
from embit.transaction import Transaction, TransactionInput, TransactionOutput

from gitbtc.coins.scripts import script_of
from tests.made_state import put, records

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

OTC, SALARY, COLD, MINED = (
    "6d0cc27c51939e895f4d55d495ccc01160fb818a6371875e62e00e094436cc72:0", "01624a89:1", "a94340cd:1", "461ab451:0",
)  # fmt: skip
STRANGER = script_of("bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry") or b""


def coin(repo: Repo, name: str) -> dict[str, Any]:
    """The coin that is called so."""
    txid, vout = name.split(":")
    listed = (one for one in records(repo, "wallet/utxos.json") if one["vout"] == int(vout))
    return dict(next(one for one in listed if one["txid"].startswith(txid)))


def outpoint(repo: Repo, name: str) -> str:
    return f"{coin(repo, name)['txid']}:{name.split(':')[1]}"


def paying(repo: Repo, *names: str, fee: int = 3_000, version: int | None = None) -> PSBT:
    """A PSBT that pays half of some coins to a stranger and the rest, without the fee, to the wallet's change."""
    spent = [coin(repo, name) for name in names]
    total = sum(one["amount_sat"] for one in spent)
    [text] = [one["descriptor"] for one in records(repo, "wallet/descriptors.json")
              if one["descriptor"].startswith("wpkh(") and "/1/*" in one["descriptor"]]  # fmt: skip
    change = Descriptor.from_string(text).derive(900)
    outputs = [TransactionOutput(total // 2, Script(STRANGER)),
               TransactionOutput(total - total // 2 - fee, change.script_pubkey())]  # fmt: skip
    inputs = [TransactionInput(bytes.fromhex(one["txid"]), one["vout"]) for one in spent]
    psbt = PSBT(Transaction(vin=inputs, vout=outputs))
    psbt.version = version
    for one, scope in zip(spent, psbt.inputs, strict=True):
        scope.witness_utxo = TransactionOutput(one["amount_sat"], Script(script_of(one["address"])))
    for scope in psbt.outputs:  # also the stranger's: a hint that lies
        scope.bip32_derivations[change.keys[0].get_public_key()] = DerivationPath(b"\1\2\3\4", [1, 900])
    return psbt


def told(repo: Repo, psbt: PSBT, *arguments: str, ok: tuple[int, ...] = (0,)) -> dict[str, Any]:
    done = repo.gitbtc("psbt", "-", "--json", *arguments, ok=ok, stdin=psbt.serialize())
    return dict(json.loads(done.stdout)["gitbtc.psbt/v1"])


def findings(repo: Repo, psbt: PSBT, *arguments: str) -> list[str]:
    """What speaks against signing, and that the exit status says so."""
    return [one["type"] for one in told(repo, psbt, *arguments, ok=(1,))["findings"]]


@pytest.mark.parametrize("version", [None, 2])
def test_free_coins_may_be_signed_for(recorded: Repo, version: int | None) -> None:
    psbt = paying(recorded, OTC, SALARY, version=version)
    found = told(recorded, psbt)
    assert [(one["class"], one["free"], one["amount_sat"]) for one in found["inputs"]] == [
        ("spendable", True, 350_000_000), ("spendable", True, 125_000_000),
    ]  # fmt: skip
    assert [one["ours"] for one in found["outputs"]] == [False, True]
    # 42 WU around, two outputs of 43 and 31 bytes, a key path input and one of p2wpkh.
    assert (found["fee_sat"], found["weight"], found["findings"]) == (3_000, 42 + 4 * 74 + 230 + 272, [])
    assert found["feerate"] == "14.285"
    recorded.write("rent.psbt", psbt.to_base64())
    assert recorded.gitbtc("psbt", "rent.psbt").stdout.splitlines() == [
        'in   6d0cc27c:0  3.50000000  "OTC desk"        free  ok',
        'in   01624a89:1  1.25000000  "salary 2026-01"  free  ok',
        "out  to others   2.37500000  bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry",
        f"out  ours        2.37497000  {found['outputs'][1]['address']}",
        "fee  3,000 sat, 14.285 sat/vB, 210 vB at the most when it is signed",
        "nothing speaks against it: 2 inputs free",
    ]


def test_a_coin_that_is_held_back_stops_it(recorded: Repo) -> None:
    for name, held in ((COLD, "frozen"), (MINED, "immature")):
        [one] = told(recorded, paying(recorded, name), ok=(1,))["inputs"]
        assert (one["class"], one["free"]) == (held, False)
    recorded.gitbtc("reserve", OTC, "--blocks", "6", "--agent", "ada")
    psbt = paying(recorded, OTC)
    assert findings(recorded, psbt, "--agent", "bob") == ["not_free"]
    assert told(recorded, psbt, "--agent", "ada")["inputs"][0]["by"] == ["ada"]
    recorded.gitbtc("reserve", SALARY, "--blocks", "6", "--agent", "bob")
    [salary] = told(recorded, paying(recorded, SALARY), "--agent", "ada", ok=(1,))["inputs"]
    assert (salary["class"], salary["by"]) == ("reserved", ["bob"])


def test_a_spend_or_a_reservation_on_another_branch_stops_it(recorded: Repo, recordings: Path) -> None:
    psbt = paying(recorded, OTC)
    recorded.git("checkout", "-q", "-b", "agents/ada")
    recorded.gitbtc("import", "bitcoin-core", "--from", str(recordings / "1-agent-a"))
    recorded.commit("ada pays")
    recorded.git("checkout", "-q", "main")
    [taken] = told(recorded, psbt, ok=(1,))["inputs"][0]["elsewhere"]
    assert (taken["branch"], taken["txid"][:8]) == ("agents/ada", "f28f95d2")
    shown = recorded.gitbtc("psbt", "-", ok=(1,), stdin=psbt.serialize()).stdout
    assert "spent by f28f95d2 on agents/ada" in shown
    assert "STOP: 6d0cc27c:0 may not be spent now" in shown
    recorded.git("merge", "-q", "agents/ada")
    [spent] = told(recorded, psbt, ok=(1,))["inputs"]
    assert (spent["class"], spent["by"][0][:8], spent["elsewhere"]) == ("spent", "f28f95d2", [])
    recorded.git("checkout", "-q", "-b", "agents/bob")
    recorded.gitbtc("reserve", SALARY, "--blocks", "6", "--agent", "bob")
    recorded.commit("bob reserves")
    recorded.git("checkout", "-q", "main")
    salary = paying(recorded, SALARY)
    assert told(recorded, salary, "--agent", "ann", ok=(1,))["inputs"][0]["elsewhere"][0]["agent"] == "bob"
    assert told(recorded, salary, "--agent", "bob")["findings"] == []


def test_a_payment_that_its_agent_has_logged_already_may_be_signed(recorded: Repo) -> None:
    psbt = paying(recorded, OTC)
    event = {"timestamp": 1, "block_height": None, "event_type": "custom", "txid": psbt.tx.txid().hex(),
             "amount_sat": None, "fee_sat": None, "note": "", "outpoints": [OTC]}  # fmt: skip
    put(recorded, "strategy/execution.json", event)
    assert told(recorded, psbt)["findings"] == []
    put(recorded, "strategy/execution.json", event, event | {"txid": "ab" * 32, "timestamp": 2})
    assert told(recorded, psbt, ok=(1,))["inputs"][0]["by"] == ["ab" * 32]
    assert findings(recorded, psbt) == ["not_free"]


def test_own_change_that_is_reserved_is_not_free(recorded: Repo, recordings: Path) -> None:
    recorded.gitbtc("import", "bitcoin-core", "--from", str(recordings / "1-agent-a"))
    change = paying(recorded, "f28f95d2:0")
    assert findings(recorded, change) == ["not_free"]
    assert told(recorded, change, "--unconfirmed")["findings"] == []
    recorded.gitbtc("reserve", "f28f95d2:0", "--blocks", "6", "--agent", "bob")
    assert findings(recorded, change, "--unconfirmed", "--agent", "ann") == ["not_free"]
    assert told(recorded, change, "--unconfirmed", "--agent", "bob")["findings"] == []


def test_a_log_frees_no_coin_that_something_else_holds_back(recorded: Repo) -> None:
    frozen = paying(recorded, COLD)
    event = {"timestamp": 1, "block_height": None, "event_type": "custom", "txid": frozen.tx.txid().hex(),
             "amount_sat": None, "fee_sat": None, "note": "", "outpoints": [outpoint(recorded, COLD)]}  # fmt: skip
    put(recorded, "strategy/execution.json", event)
    [one] = told(recorded, frozen, ok=(1,))["inputs"]
    assert (one["class"], one["free"]) == ("frozen", False)
    otc = paying(recorded, OTC)
    recorded.gitbtc("reserve", OTC, "--blocks", "6", "--agent", "bob")
    log = records(recorded, "strategy/execution.json")
    put(recorded, "strategy/execution.json", *log, event | {"txid": otc.tx.txid().hex(), "outpoints": [OTC]})
    [one] = told(recorded, otc, "--agent", "ann", ok=(1,))["inputs"]
    assert (one["class"], one["by"]) == ("reserved", ["bob"])


def test_a_payment_that_was_recorded_before_it_was_signed(recorded: Repo) -> None:
    psbt = paying(recorded, OTC)
    spent = coin(recorded, OTC)
    others = [one for one in records(recorded, "wallet/utxos.json") if one != spent]
    put(recorded, "wallet/utxos.json", *others)
    known = records(recorded, "wallet/transactions.json")
    given = {name: spent[name] for name in ("txid", "vout", "amount_sat")}
    made = {"txid": psbt.tx.txid().hex(), "block_height": None, "block_time": None, "inputs": [given], "outputs": [],
            "fee_sat": 3_000, "size_bytes": 200, "weight": 800, "confirmed": False, "label": None}  # fmt: skip
    put(recorded, "wallet/transactions.json", *known, made)
    psbt.inputs[0].witness_utxo.value -= 1
    found = told(recorded, psbt, ok=(1,))
    assert (found["inputs"][0]["class"], found["inputs"][0]["free"]) == ("spent", True)
    assert [one["type"] for one in found["findings"]] == ["other_amount"]
    put(recorded, "wallet/transactions.json", *known, made, {**made, "txid": "ab" * 32})
    assert "not_free" in findings(recorded, psbt)


def test_what_the_repository_knows_counts_and_not_what_the_psbt_says(recorded: Repo) -> None:
    psbt = paying(recorded, OTC)
    psbt.inputs[0].witness_utxo.value -= 1
    found = told(recorded, psbt, ok=(1,))
    assert (found["fee_sat"], [one["type"] for one in found["findings"]]) == (3_000, ["other_amount"])
    psbt.inputs[0].witness_utxo = TransactionOutput(350_000_000, Script(STRANGER))
    assert findings(recorded, psbt) == ["other_script"]
    bare = paying(recorded, OTC)
    bare.inputs[0].witness_utxo = None
    assert told(recorded, bare)["findings"] == []


def test_fees_and_signatures_that_no_treasurer_means(recorded: Repo) -> None:
    assert findings(recorded, paying(recorded, OTC, fee=150 * 10_001)) == ["high_fee"]
    assert findings(recorded, paying(recorded, OTC, fee=-1)) == ["overspent"]
    opened = paying(recorded, OTC)
    opened.inputs[0].sighash_type = 0x82  # NONE|ANYONECANPAY
    assert findings(recorded, opened) == ["open_signature"]
    twice = paying(recorded, OTC, OTC)
    assert "twice" in findings(recorded, twice)


def test_an_input_of_somebody_else_is_told(recorded: Repo) -> None:
    psbt = paying(recorded, OTC)
    foreign = TransactionInput(b"\7" * 32, 3)
    whole = Transaction(vin=psbt.tx.vin, vout=psbt.tx.vout)
    whole.vin.append(foreign)
    joint = PSBT(whole)
    joint.inputs[0].witness_utxo = psbt.inputs[0].witness_utxo
    assert findings(recorded, joint) == ["not_free", "no_fee"]
    joint.inputs[1].witness_utxo = TransactionOutput(5, Script(b"\0\x14" + b"\2" * 20))
    found = told(recorded, joint, ok=(1,))
    assert (found["inputs"][1]["class"], found["fee_sat"]) == ("unknown", 3_005)


def test_what_is_no_psbt_is_one_line(recorded: Repo) -> None:
    for content in (b"", b"\0", b"cHNidP8B"):
        done = recorded.gitbtc("psbt", "-", ok=(2,), stdin=content)
        assert (done.stdout, len(done.stderr.splitlines())) == ("", 1)
    assert "cannot be read" in recorded.gitbtc("psbt", "no-such.psbt", ok=(3,)).stderr
