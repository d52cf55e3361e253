"""`gitbtc privacy`: each finding on a history that shows it, and none on one that does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.made_state import ADDRESS, OTHER, coin, coins, put, transactions, txid

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

STRANGER = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry"
TAPROOT = "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6"


def output(vout: int, amount: int, address: str, script_type: str = "p2wpkh") -> dict[str, Any]:
    return {"vout": vout, "amount_sat": amount, "address": address, "script_type": script_type, "spent": False}


def made(name: str, height: int, spent: list[tuple[str, int]], *outputs: dict[str, Any]) -> dict[str, Any]:
    inputs = [{"txid": one, "vout": vout, "amount_sat": None} for one, vout in spent]
    return {"txid": txid(name), "block_height": height, "block_time": 1_700_000_000, "inputs": inputs,
            "outputs": list(outputs), "fee_sat": None, "size_bytes": 200, "weight": 800, "confirmed": True,
            "label": None}  # fmt: skip


def found(repo: Repo, *history: dict[str, Any], own: tuple[str, ...] = (ADDRESS,)) -> dict[str, list[str]]:
    """type -> the transactions that show it, in a root that lists a coin at each of the `own` addresses."""
    coins(repo, *(coin(place, "9" * 64, address=address, script_type="p2tr" if address == TAPROOT else "p2wpkh")
                  for place, address in enumerate(own)))  # fmt: skip
    transactions(repo, *history)
    done = repo.gitbtc("privacy", "--json", ok=(0, 1))
    told = json.loads(done.stdout)["gitbtc.privacy/v1"]["findings"]
    assert done.returncode == bool(told)
    return {one["type"]: one["txids"] for one in told}


A = made("a", 10, [("e" * 64, 0)], output(0, 1_000_001, ADDRESS))


def test_a_quiet_history_shows_nothing(treasury: Repo) -> None:
    assert found(treasury, A, made("b", 11, [(txid("a"), 0)], output(0, 600_001, STRANGER, "p2wsh"),
                                   output(1, 399_000, OTHER)), own=(ADDRESS, OTHER)) == {}  # fmt: skip
    assert treasury.gitbtc("privacy").stdout == "nothing that the records prove\n"


def test_an_address_that_is_used_again_counts_by_transactions(treasury: Repo) -> None:
    twice = made("a", 10, [("e" * 64, 0)], output(0, 1_000_001, ADDRESS), output(1, 5_000_001, ADDRESS))
    assert found(treasury, twice) == {}
    again = made("b", 11, [("d" * 64, 0)], output(0, 7_000_001, ADDRESS))
    assert found(treasury, A, again) == {"address_reuse": [txid("a"), txid("b")]}
    spent = made("c", 11, [(txid("a"), 0)], output(0, 999_001, STRANGER, "p2wsh"))
    assert "reused_after_spend" not in found(treasury, A, spent, again)  # in one block
    later = {**again, "block_height": 12}
    assert found(treasury, A, spent, later)["reused_after_spend"] == [txid("b")]


def test_change_that_can_be_told_from_the_payment(treasury: Repo) -> None:
    spent = [(txid("a"), 0)]
    odd = made("b", 11, spent, output(0, 600_001, STRANGER, "p2wsh"), output(1, 399_000, TAPROOT, "p2tr"))
    assert found(treasury, A, odd, own=(ADDRESS, TAPROOT)) == {"recognisable_change": [txid("b")]}
    round_ = made("b", 11, spent, output(0, 600_000, STRANGER, "p2wsh"), output(1, 399_001, OTHER))
    assert found(treasury, A, round_, own=(ADDRESS, OTHER)) == {"round_payment": [txid("b")]}
    both = made("b", 11, spent, output(0, 600_000, STRANGER, "p2wsh"), output(1, 300_000, OTHER))
    assert found(treasury, A, both, own=(ADDRESS, OTHER)) == {}
    shared = made("b", 11, [*spent, ("e" * 64, 1)], *round_["outputs"])  # who paid what, nobody knows
    assert found(treasury, A, shared, own=(ADDRESS, OTHER)) == {}


def test_coins_of_two_categories_that_are_spent_together(treasury: Repo) -> None:
    put(treasury, "wallet/labels.json", *(
        {"address": address, "label": category, "category": category, "created_at": 1}
        for address, category in ((ADDRESS, "income"), (OTHER, "exchange"))))  # fmt: skip
    other = made("b", 10, [("d" * 64, 0)], output(0, 1_000_001, OTHER))
    joint = made("c", 11, [(txid("a"), 0), (txid("b"), 0)], output(0, 1_999_001, STRANGER, "p2wsh"))
    assert found(treasury, A, other, joint, own=(ADDRESS, OTHER)) == {"linked_categories": [txid("c")]}
    assert "its inputs are exchange and income" in treasury.gitbtc("privacy", ok=(1,)).stdout


def test_a_payment_to_an_address_that_paid_in(treasury: Repo) -> None:
    theirs = made("t", 9, [("e" * 64, 0)], output(0, 2_000_001, STRANGER, "p2wsh"))
    paid = made("a", 10, [(txid("t"), 0)], output(0, 1_000_001, ADDRESS))
    back = made("b", 11, [(txid("a"), 0)], output(0, 600_001, STRANGER, "p2wsh"), output(1, 399_000, OTHER))
    assert found(treasury, theirs, paid, back, own=(ADDRESS, OTHER)) == {"paid_back": [
        txid("a"), txid("b")]}  # fmt: skip


def test_dust_on_an_address_that_was_used(treasury: Repo) -> None:
    dusted = made("d", 12, [("d" * 64, 0)], output(0, 547, ADDRESS))
    coins(treasury, coin(0, txid("d"), amount_sat=547))
    transactions(treasury, A, dusted)
    told = treasury.gitbtc("privacy", ok=(1,)).stdout
    assert f"dust: {txid('d')}:0, 0.00000547 BTC of a stranger" in told
    transactions(treasury, dusted)
    assert "dust" not in treasury.gitbtc("privacy").stdout


def test_keys_that_a_remote_has(recorded: Repo) -> None:
    recorded.git("update-ref", "refs/remotes/origin/main", "HEAD")
    [one] = [one for one in json.loads(recorded.gitbtc("privacy", "--json", ok=(1,)).stdout)["gitbtc.privacy/v1"][
        "findings"] if one["type"] == "published_keys"]  # fmt: skip
    assert one["about"] == "origin/main"


def test_a_lost_transaction_shows_nothing(treasury: Repo) -> None:
    lost = {**made("b", 11, [("d" * 64, 0)], output(0, 7_000_001, ADDRESS)), "confirmed": False, "block_height": None,
            "block_time": None, "abandoned": True}  # fmt: skip
    assert found(treasury, A, lost) == {}
