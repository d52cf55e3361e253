"""Servers of the chain and a scan against a real node: the coins that its wallet has, to the satoshi, step by step.

The servers are adapters that answer from the node's blocks and mempool; the amounts, sizes and scripts are the node's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds import registry
from gitbtc.kinds.validate import violations
from gitbtc.sources import bitcoin_core, electrum, esplora
from gitbtc.sources.asking import Patience
from gitbtc.sources.bringing import bring
from gitbtc.sources.descriptor_wallet import told_before
from gitbtc.sources.endpoints import Cookie, NodeAccess, read_url
from gitbtc.sources.scan import read_from
from gitbtc.sources.scan_node import ScanningRpc
from tests.sources.chains import Electrum, Esplora, NodeChain
from tests.sources.worlds import Direct

if TYPE_CHECKING:
    from nodes.running import RealNode
    from tests.conftest import Sandbox

pytest.importorskip("bdkpython")
pytestmark = pytest.mark.node

FACTS = ("txid", "vout", "amount_sat", "script_type", "address", "coinbase", "block_height", "block_hash")
TOLD = ("inputs", "outputs", "fee_sat", "size_bytes", "weight", "confirmed", "block_hash", "replaced_by", "in_mempool")


def by_name(records: list[dict[str, Any]], fields: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    return {f"{one['txid']}:{one.get('vout')}": {name: one.get(name) for name in fields} for one in records}


class Looks:
    """What each source says of the wallet `treasury` now, brought into roots of their own."""

    def __init__(self, node: RealNode, sandbox: Sandbox) -> None:
        self.node = node
        self.chain = NodeChain(node)
        told = node.cli("listdescriptors", wallet="treasury")
        records = bitcoin_core.read_from(node.asker("treasury")).records["descriptors"]
        assert len(records) == len(told["descriptors"]) == 8
        self.descriptors = [
            {**record, "gap_limit": 20} for record in records
        ]  # a node's key pool looks ahead a thousand
        self.roots = {name: sandbox.repo(name).path for name in ("esplora", "electrum")}

    def compare(self) -> dict[str, int]:
        """The coins, which all of them have; the confirmed ones a scan has too."""
        self.chain.refresh()
        wallet = bitcoin_core.read_from(self.node.asker("treasury"))
        coins = by_name(wallet.records["utxos"], FACTS)
        assert sum(coin["amount_sat"] for coin in coins.values()) == self.node.balance("treasury")
        for name, module, answers in (
            ("esplora", esplora, Esplora(self.chain)),
            ("electrum", electrum, Electrum(self.chain)),
        ):
            root = self.roots[name]
            earlier = told_before(root, name, "transactions")
            snapshot = module.read_from(Direct(answers), self.descriptors, earlier)
            assert by_name(snapshot.records["utxos"], FACTS) == coins, name
            assert by_name(snapshot.records["transactions"], TOLD) == by_name(wallet.records["transactions"], TOLD), (
                name
            )
            assert by_name(snapshot.records["mempool"], TOLD[:4]) == by_name(wallet.records["mempool"], TOLD[:4]), name
            for kind, records in snapshot.records.items():
                schema = registry.built_in(kind)
                assert [str(one) for one in violations(schema, records if schema.is_array else [records])] == []
            bring(root, snapshot, name)
            held = json.loads((root / "wallet/utxos.json").read_text())
            assert by_name(held, FACTS) == coins, name
        return {name: coin["amount_sat"] for name, coin in coins.items()}

    def scanned(self) -> dict[str, int]:
        """What a scan finds of it."""
        access = NodeAccess("treasury", read_url(self.node.url), Cookie(self.node.cookie))
        snapshot = read_from(ScanningRpc(access, Patience(), lambda _: None), self.descriptors)
        return {name: coin["amount_sat"] for name, coin in by_name(snapshot.records["utxos"], FACTS).items()}


@pytest.fixture
def looks(node: RealNode, sandbox: Sandbox) -> Looks:
    return Looks(node, sandbox)


def test_a_wallets_life_is_the_same_from_outside(node: RealNode, looks: Looks) -> None:
    for kind in ("bech32", "bech32m", "p2sh-segwit", "legacy"):
        address = str(node.cli("getnewaddress", "", kind, wallet="treasury"))
        node.pay("miner", address, "1.5")
    node.mine()
    assert len(looks.compare()) == 4
    assert looks.scanned() == looks.compare()

    node.pay("treasury", node.address("miner"), "2", "fee_rate=2")
    coins = looks.compare()
    assert looks.scanned() != coins  # which knows nothing of what is unconfirmed
    node.mine()
    assert looks.scanned() == looks.compare()

    node.mine(1, "treasury")  # a coinbase
    assert looks.scanned() == looks.compare()


def test_a_replacement_and_a_reorganisation_are_the_same_from_outside(node: RealNode, looks: Looks) -> None:
    node.pay("miner", node.address("treasury"), "1")
    node.mine()
    looks.compare()
    first = node.pay("treasury", node.address("miner"), "0.4", "fee_rate=2", "replaceable=true")
    looks.compare()
    bumped = node.cli("bumpfee", first, wallet="treasury")["txid"]
    coins = looks.compare()
    assert all(not name.startswith(first) for name in coins)
    node.mine()
    assert looks.scanned() == looks.compare()
    node.cli("invalidateblock", node.cli("getbestblockhash"))
    node.mine(1)  # with the same payment, in another block
    assert any(name.startswith(bumped) for name in looks.compare())
