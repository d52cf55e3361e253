"""Balance, choice of coins and PSBTs against a real node: its balances, its mempool's word, its own funding."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from nodes.running import NodeFailed

if TYPE_CHECKING:
    from nodes.running import RealNode
    from tests.conftest import Repo, Sandbox

pytestmark = [pytest.mark.node, pytest.mark.one_interpreter]

TYPES = {"bech32": "p2wpkh", "bech32m": "p2tr", "p2sh-segwit": "p2sh", "legacy": "p2pkh"}


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    return sandbox.repo()


def told(repo: Repo, *arguments: str, ok: tuple[int, ...] = (0,), stdin: bytes | None = None) -> dict[str, Any]:
    [found] = json.loads(repo.gitbtc(*arguments, "--json", ok=ok, stdin=stdin).stdout).values()
    return dict(found)


def imported(repo: Repo, node: RealNode, wallet: str = "treasury") -> None:
    repo.gitbtc("import", "bitcoin-core", "--url", node.url, "--cookie", str(node.cookie), "--wallet", wallet)


def same_balances(repo: Repo, node: RealNode) -> dict[str, int]:
    """What the node's getbalances says, which is what `gitbtc balance` says that it says."""
    imported(repo, node)
    mine = node.cli("getbalances", wallet="treasury")["mine"]
    wanted = {f"{name}_sat": int(mine[name] * 10**8) for name in ("trusted", "untrusted_pending", "immature")}
    [root] = told(repo, "balance")["roots"]
    assert root["core"] == wanted
    return {" ".join(filter(None, (one["class"], one["detail"]))): one["amount_sat"] for one in root["classes"]
            if one["coins"]}  # fmt: skip


def test_balances_are_the_nodes_while_coins_come_and_go(node: RealNode, repo: Repo) -> None:
    node.pay("miner", node.address("treasury"), "1.5")
    assert same_balances(repo, node) == {"unconfirmed foreign": 150_000_000}
    node.mine()
    assert same_balances(repo, node) == {"spendable": 150_000_000}
    node.pay("treasury", node.address("miner"), "0.4", "fee_rate=2")
    assert list(same_balances(repo, node)) == ["unconfirmed own"]
    node.pay("treasury", node.address("miner"), "0.3", "fee_rate=2")  # from that change
    assert list(same_balances(repo, node)) == ["unconfirmed own"]
    node.mine()
    [coin] = node.cli("listunspent", wallet="treasury")
    locked = json.dumps([{"txid": coin["txid"], "vout": coin["vout"]}])
    node.cli("lockunspent", "false", locked, wallet="treasury")
    assert list(same_balances(repo, node)) == ["frozen"]


def test_a_coinbase_ripens_a_block_before_the_wallet_spends_it(node: RealNode, repo: Repo) -> None:
    """Consensus lets the block h + 100 spend it: it is spendable at the tip h + 99. The wallet waits for h + 100."""
    node.mine(1, "treasury")
    height = node.cli("getblockcount")
    node.mine(98)
    assert list(same_balances(repo, node)) == ["immature"]
    node.mine()
    assert node.cli("getblockcount") == height + 99
    assert list(same_balances(repo, node)) == ["spendable"]
    [coin] = told(repo, "coins")["roots"][0]["coins"]
    signed = sign(node, told(repo, "select", "p2wpkh=1.0", "--feerate", "2")["selection"], 100_000_000)
    assert accepted(node, signed)["txid"]
    assert node.cli("listunspent", wallet="treasury") == []  # not by the wallet yet
    node.mine()
    assert [one["txid"] for one in node.cli("listunspent", wallet="treasury")] == [coin["outpoint"][:64]]
    same_balances(repo, node)


def sign(node: RealNode, selection: dict[str, Any], paid: int, change: str = "bech32m") -> str:
    """A transaction of these inputs, a payment of p2wpkh, and the change: signed by the node, in hex."""
    inputs = [{"txid": one["outpoint"][:64], "vout": int(one["outpoint"][65:])} for one in selection["inputs"]]
    outputs = [{node.cli("getnewaddress", "", "bech32", wallet="miner"): str(Decimal(paid).scaleb(-8))}]
    if selection["change_sat"] is not None:
        address = node.cli("getrawchangeaddress", change, wallet="treasury")
        outputs.append({address: str(Decimal(selection["change_sat"]).scaleb(-8))})
    raw = node.cli("createrawtransaction", json.dumps(inputs), json.dumps(outputs))
    done = node.cli("signrawtransactionwithwallet", raw, wallet="treasury")
    assert done["complete"], done
    return str(done["hex"])


def accepted(node: RealNode, signed: str) -> dict[str, Any]:
    """What the node's mempool says of a transaction that it takes."""
    [said] = node.cli("testmempoolaccept", json.dumps([signed]))
    assert said["allowed"], said
    return dict(said)


def fill(node: RealNode) -> None:
    """Coins of four script types, some of them worth less than their input at 20 sat/vB."""
    for place, kind in enumerate(TYPES):
        for amount in ("0.5", "0.01", "0.00012345", "0.000011"):
            address = node.cli("getnewaddress", f"{kind} {place}", kind, wallet="treasury")
            node.pay("miner", address, amount)
    node.mine()


def test_what_is_chosen_is_taken_by_the_mempool_for_what_was_asked(node: RealNode, repo: Repo) -> None:
    fill(node)
    imported(repo, node)
    for feerate in ("0.1", "2.5", "77.777"):
        for paid in (1_000, 51_000_000, 130_000_000):
            asked = ("select", f"p2wpkh={paid}sat", "--feerate", feerate, "--change", "p2tr")
            selection = told(repo, *asked)["selection"]
            if feerate == "0.1":  # below what older nodes relay: only what it weighs counts
                said = node.cli("decoderawtransaction", sign(node, selection, paid))
                vsize, weight = said["vsize"], said["weight"]
            else:
                said = accepted(node, sign(node, selection, paid))
                vsize = said["vsize"]
                assert said["fees"]["base"] * 10**8 == selection["fee_sat"]
                weight = node.cli("decoderawtransaction", sign(node, selection, paid))["weight"]
            assert weight <= selection["weight"]
            assert selection["weight"] - weight <= 2 * 4 * len(selection["inputs"]) + 8  # shorter signatures
            assert selection["fee_sat"] >= Decimal(feerate) * vsize


def test_the_node_funds_what_gitbtc_funds_and_nothing_else(node: RealNode, repo: Repo) -> None:
    fill(node)
    imported(repo, node)
    to = node.address("miner")
    for paid in (199_900_000, 204_039_000, 210_000_000):
        outputs = json.dumps([{to: str(Decimal(paid).scaleb(-8))}])
        funding = ("-named", "walletcreatefundedpsbt", "inputs=[]", f"outputs={outputs}", 'options={"fee_rate":2}')
        try:
            funded: dict[str, Any] | None = node.cli(*funding, wallet="treasury")
        except NodeFailed:
            funded = None
        found = told(repo, "select", f"{to}={paid}sat", "--feerate", "2", ok=(0, 1))
        assert (found["selection"] is None) == (funded is None), paid
        if funded is not None:
            checked = told(repo, "psbt", "-", stdin=str(funded["psbt"]).encode())
            assert checked["fee_sat"] == int(funded["fee"] * 10**8)
            assert [one["ours"] for one in checked["outputs"]].count(True) == (funded["changepos"] >= 0)
            done = node.cli("walletprocesspsbt", funded["psbt"], wallet="treasury")
            vsize = node.cli("decoderawtransaction", done["hex"])["vsize"]
            assert vsize <= -(-checked["weight"] // 4) <= vsize + 3 * len(checked["inputs"])
