"""Two agents sync two nodes of one wallet, cut off from each other, on two branches, which are merged; then a block
decides. What the files list is compared with the nodes after each step, to the satoshi.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from nodes.running import meet, part, rejoin

if TYPE_CHECKING:
    from nodes.running import RealNode
    from tests.conftest import Repo

pytestmark = [pytest.mark.node, pytest.mark.one_interpreter]


class Rivals:
    """Node a's A1 spends a coin, and A2 spends A1's change; node b's B1 spends the same coin, B2 another one."""

    def __init__(self, a: RealNode, b: RealNode, repo: Repo) -> None:
        self.a, self.b, self.repo = a, b, repo
        for place in range(4):
            a.pay("miner", a.address("treasury", f"sale {place}"), "1")
        a.mine()
        meet(a, b)
        for wallet in ("miner", "treasury"):
            b.copy_wallet(wallet, a)
        part(a, b)
        self.coin, other = self._coins(a)[:2]
        self.a1 = self._spend(a, self.coin, "0.4", 5)
        (change,) = [coin for coin in self._coins(a) if coin["txid"] == self.a1]
        self.a2 = self._spend(a, change, "0.1", 5)
        self.b1 = self._spend(b, self.coin, "0.3", 20)
        self.b2 = self._spend(b, other, "0.2", 20)

    @property
    def outpoint(self) -> str:
        return f"{self.coin['txid']}:{self.coin['vout']}"

    @staticmethod
    def _coins(node: RealNode) -> list[dict[str, Any]]:
        coins: list[dict[str, Any]] = node.cli("listunspent", "0", wallet="treasury")
        return coins

    @staticmethod
    def _spend(node: RealNode, coin: dict[str, Any], btc: str, rate: int) -> str:
        inputs = [{"txid": coin["txid"], "vout": coin["vout"]}]
        options = json.dumps({"inputs": inputs, "add_inputs": False, "fee_rate": rate})
        outputs = f'{{"{node.address("miner")}":{btc}}}'
        return str(node.cli("-named", "send", f"outputs={outputs}", f"options={options}", wallet="treasury")["txid"])

    def sync(self, name: str) -> str:
        return self.repo.gitbtc("sync", name, "--commit").stdout

    def records(self, path: str) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = json.loads(self.repo.read(path))
        return records

    def listed(self) -> int:
        return sum(coin["amount_sat"] for coin in self.records("wallet/utxos.json"))

    def transaction(self, txid: str) -> dict[str, Any]:
        return next(one for one in self.records("wallet/transactions.json") if one["txid"] == txid)

    def worth(self, node: RealNode) -> int:
        return node.balance("treasury")

    def difference(self, node: RealNode, txid: str) -> int:
        """What a transaction took from the wallet, fee and all, in satoshi; not less than nothing."""
        told = node.cli("gettransaction", txid, wallet="treasury")
        return -int((told["amount"] + told["fee"]) * 10**8)


@pytest.fixture
def rivals(node: RealNode, other: RealNode, treasury: Repo) -> Rivals:
    tables = [
        f'[{name}]\nkind = "bitcoin-core"\nurl = "{one.url}"\ncookie = "{one.cookie}"\nwallet = "treasury"\n'
        for name, one in (("node-a", node), ("node-b", other))
    ]
    treasury.write(".gitbtc/sources.toml", "\n".join(tables))
    treasury.commit("begin")
    return Rivals(node, other, treasury)


@pytest.mark.parametrize("settled", ["--ours", "--theirs"])
@pytest.mark.parametrize("mined", ["a", "b"])
def test_two_agents_two_nodes_two_branches_one_merge_and_a_block(rivals: Rivals, settled: str, mined: str) -> None:
    repo = rivals.repo
    repo.git("switch", "-q", "-c", "agent-b")
    rivals.sync("node-b")
    assert rivals.listed() == rivals.worth(rivals.b)
    repo.git("switch", "-q", "-c", "agent-a", "main")
    rivals.sync("node-a")
    assert rivals.listed() == rivals.worth(rivals.a)

    refused = repo.run("git", "merge", "agent-b", ok=(1,))
    assert "double spend: " in refused.stderr
    assert f"  {rivals.outpoint[:8]}:" in refused.stderr
    repo.gitbtc("resolve", rivals.outpoint, settled)
    repo.git("add", ".")
    repo.git("commit", "-q", "--no-edit")
    other_payment = rivals.difference(rivals.b, rivals.b2)
    known = rivals.worth(rivals.a) - other_payment if settled == "--ours" else rivals.worth(rivals.b)
    assert rivals.listed() == known

    decider, late = (rivals.a, rivals.b) if mined == "a" else (rivals.b, rivals.a)
    decider.mine(2)
    rejoin(decider, late)
    for name, node in (("node-a", rivals.a), ("node-b", rivals.b), ("node-a", rivals.a)):
        rivals.sync(name)
        # B2 is in no block yet where a found them, and in b's mempool alone.
        unknown = other_payment if mined == "a" and node is rivals.a else 0
        assert rivals.listed() == rivals.worth(node) - unknown
    won, lost = (rivals.a1, rivals.b1) if mined == "a" else (rivals.b1, rivals.a1)
    assert rivals.transaction(won)["confirmed"]
    assert rivals.transaction(lost)["replaced_by"] == won
    assert not rivals.transaction(won).get("replaced_by")
    repo.gitbtc("check")
    assert repo.git("status", "--porcelain") == ""

    if mined == "a":
        rivals.b.mine()
        meet(rivals.a, rivals.b)
        rivals.sync("node-a")
        assert rivals.listed() == rivals.worth(rivals.a) == rivals.worth(rivals.b)
        assert rivals.transaction(rivals.b2)["confirmed"]
