"""A wallet's life on a real node, imported after each step and compared with the node to the satoshi."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.errors import CannotWork
from gitbtc.kinds import registry
from gitbtc.kinds.validate import violations
from gitbtc.sources import bitcoin_core
from gitbtc.sources.core_cursor import loaded, save
from nodes.running import meet, part, rejoin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gitbtc.sources.asking import Asker, Call
    from gitbtc.sources.snapshot import SourceSnapshot
    from nodes.running import RealNode
    from tests.conftest import Repo, Sandbox

    Look = Callable[..., SourceSnapshot]

pytestmark = pytest.mark.node


@pytest.fixture
def seen(sandbox: Sandbox) -> Look:
    """What is read of a wallet now: valid, as many transactions as the wallet counts, and worth what the node says.

    It is imported too, into a repository of the wallet's own, and what the files hold is worth the same.
    """
    repos: dict[tuple[int, str], Repo] = {}

    def look(node: RealNode, wallet: str = "treasury") -> SourceSnapshot:
        snapshot = bitcoin_core.read_from(node.asker(wallet))
        balance = node.balance(wallet)
        assert sum(coin["amount_sat"] for coin in snapshot.records["utxos"]) == balance == snapshot.balance_sat
        assert len(snapshot.records["transactions"]) == node.cli("getwalletinfo", wallet=wallet)["txcount"]
        assert snapshot.chain["block_hash"] == node.cli("getbestblockhash")
        for name, records in snapshot.records.items():
            kind = registry.built_in(name)
            assert [str(one) for one in violations(kind, records if kind.is_array else [records])] == []
        place = node.rpc_port, wallet
        repos[place] = repos.get(place) or sandbox.repo(f"{wallet}-{node.rpc_port}")
        held = imported(repos[place], node, wallet)
        assert sum(coin["amount_sat"] for coin in json.loads(held["utxos.json"])) == balance
        return snapshot

    return look


def imported(repo: Repo, node: RealNode, wallet: str = "treasury") -> dict[str, bytes]:
    """The state files after an import."""
    command = (sys.executable, "-E", "-m", "gitbtc", "import", "bitcoin-core", "--url", node.url)
    repo.run(*command, "--cookie", str(node.cookie), "--wallet", wallet)
    return {path.name: path.read_bytes() for name in ("wallet", "network") for path in (repo.path / name).iterdir()}


def transaction(snapshot: SourceSnapshot, txid: str) -> dict[str, Any]:
    return next(record for record in snapshot.records["transactions"] if record["txid"] == txid)


def receive(node: RealNode, *amounts: str) -> None:
    for place, amount in enumerate(amounts):
        node.pay("miner", node.address("treasury", f"sale {place}"), amount)
    node.mine()


def test_receive_spend_replace_confirm(node: RealNode, seen: Look) -> None:
    assert seen(node).records["utxos"] == []
    node.pay("miner", node.address("treasury", "invoice 7"), "1.5")
    (coin,) = seen(node).records["utxos"]
    assert (coin["label"], coin["block_height"]) == ("invoice 7", None)
    node.mine()
    seen(node)
    first = node.pay("treasury", node.address("miner"), "0.4", "fee_rate=2")
    snapshot = seen(node)
    assert [entry["txid"] for entry in snapshot.records["mempool"]] == [first]
    second = node.cli("bumpfee", first, wallet="treasury")["txid"]
    snapshot = seen(node)
    assert transaction(snapshot, first)["replaced_by"] == second
    assert snapshot.records["mempool"][0]["replaces"] == [first]
    node.mine()
    snapshot = seen(node)
    assert (transaction(snapshot, second)["confirmed"], snapshot.records["mempool"]) == (True, [])
    coin = {name: snapshot.records["utxos"][0][name] for name in ("txid", "vout")}
    node.cli("lockunspent", "false", json.dumps([coin]), wallet="treasury")
    seen(node)


def test_evicted_abandoned_and_sent_again(node: RealNode, seen: Look) -> None:
    receive(node, "1", "2")
    txid = node.pay("treasury", node.address("miner"), "0.7")
    seen(node)
    node.restart("-persistmempool=0", "-walletbroadcast=0", "-wallet=miner", "-wallet=treasury")
    snapshot = seen(node)
    assert transaction(snapshot, txid)["in_mempool"] is False
    assert any(f"not in the mempool: {txid}" in notice for notice in snapshot.notices)
    raw = node.cli("gettransaction", txid, wallet="treasury")["hex"]
    node.cli("sendrawtransaction", raw)
    assert "in_mempool" not in transaction(seen(node), txid)
    node.restart("-persistmempool=0", "-walletbroadcast=0", "-wallet=miner", "-wallet=treasury")
    node.cli("abandontransaction", txid, wallet="treasury")
    assert transaction(seen(node), txid)["abandoned"] is True


def test_a_consolidation_to_change_is_seen(node: RealNode, seen: Look) -> None:
    """No list but that of include_change shows it."""
    receive(node, "0.5", "0.6", "0.7")
    change = node.cli("getrawchangeaddress", wallet="treasury")
    node.cli("sendall", f'["{change}"]', wallet="treasury")
    node.mine()
    assert len(seen(node).records["utxos"]) == 1
    node.cli("sendall", f'["{node.address("miner")}"]', wallet="treasury")
    node.mine()
    assert seen(node).records["utxos"] == []


def test_a_second_node_that_spends_the_same_coin_and_a_reorganisation(
    node: RealNode, other: RealNode, seen: Look
) -> None:
    receive(node, "3")
    meet(node, other)
    for wallet in ("miner", "treasury"):
        other.copy_wallet(wallet, node)
    seen(other)
    part(node, other)
    ours = node.pay("treasury", node.address("miner"), "1")
    node.mine()
    theirs = other.pay("treasury", other.address("miner"), "2")
    other.mine(2)
    assert transaction(seen(node), ours)["confirmed"]
    assert transaction(seen(other), theirs)["confirmed"]
    rejoin(node, other)
    snapshot = seen(node)
    assert transaction(snapshot, theirs)["confirmed"]
    assert transaction(snapshot, ours)["replaced_by"] == theirs
    seen(other)


def test_two_wallets_of_one_node_are_two(node: RealNode, seen: Look) -> None:
    receive(node, "1")
    assert seen(node).wallet == "treasury"
    assert not {coin["txid"] for coin in seen(node, "miner").records["utxos"]} & {
        coin["txid"] for coin in seen(node).records["utxos"] if coin["coinbase"]
    }
    for wallet, said in ((None, "several wallets are loaded: miner, treasury"), ("x", "it has no such one; loaded")):
        with pytest.raises(CannotWork, match=said):
            bitcoin_core.read_from(node.asker(wallet))


def test_a_node_that_just_starts_is_waited_for(node: RealNode, seen: Look) -> None:
    node.stop()
    with pytest.raises(CannotWork, match="no cookie at"):
        bitcoin_core.read_from(node.asker("treasury"))
    node.start("-wallet=treasury", ready=False)
    for _ in range(600):
        try:
            bitcoin_core.read_from(node.asker("treasury"))
            break
        except CannotWork as error:
            # Nothing else may be said of a node that has not come to listen yet.
            assert "no cookie at" in str(error) or "nothing listens at" in str(error)  # noqa: PT017 - some of many
            time.sleep(0.05)
    seen(node)


def test_ten_blocks_change_the_tip_and_nothing_else(node: RealNode, sandbox: Sandbox) -> None:
    receive(node, "1", "2")
    node.address("treasury", "not used yet")
    repo = sandbox.repo()

    before = imported(repo, node)
    node.mine(10)
    after = imported(repo, node)
    assert [name for name in after if after[name] != before.get(name)] == ["chain.json"]


def test_reading_on_misses_nothing(node: RealNode, tmp_path: Path) -> None:
    """What is asked for from the cursor on gives what a full read gives: new ones, bumps, locks, a rescan's finds."""
    receive(node, "1", "2")
    node.mine(8)
    first = bitcoin_core.read_from(node.asker("treasury"))
    assert first.cursor is not None
    assert len(first.cursor.came) == 2
    save(tmp_path / "cursor", first.cursor, "")

    def both(*, reads_on: bool = True) -> list[str]:
        asker = Listening(node.asker("treasury"))
        whole = bitcoin_core.read_from(node.asker("treasury"))
        with loaded(tmp_path / "cursor") as cursor:
            part = bitcoin_core.read_from(asker, cursor=cursor)
            for name, records in whole.records.items():
                now = part.records[name]
                assert now == records if name == "chain" else sorted(map(str, now)) == sorted(map(str, records))
        assert part.balance_sat == node.balance("treasury")
        assert part.coins_sat == (part.balance_sat if reads_on else None)
        return asker.asked

    assert both().count("gettransaction") == 0
    txid = node.pay("treasury", node.address("miner"), "0.3")
    assert both().count("gettransaction") == 1
    node.cli("bumpfee", txid, wallet="treasury")
    node.cli("setlabel", node.address("treasury"), "given later", wallet="treasury")
    both()
    node.mine()
    both()
    node.cli("invalidateblock", node.cli("getblockhash", str(node.cli("getblockcount") - 9)))
    node.mine(3)
    both(reads_on=False)  # the chain is shorter


class Listening:
    """An asker that tells what was asked."""

    live = True

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self.asked: list[str] = []

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        self.asked += [call.method for call in calls]
        return self._asker.ask(calls)

    def where(self, call: Call) -> str:
        return self._asker.where(call)
