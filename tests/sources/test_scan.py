"""scantxoutset: coins without a wallet, what it cannot know, and a node that takes its time."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from embit.networks import NETWORKS

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.sources.answers import BadAnswer
from gitbtc.sources.asking import BITCOIN_CLI, Call, NodeError, Patience, Unreadable
from gitbtc.sources.bringing import bring
from gitbtc.sources.descriptor_wallet import told_before
from gitbtc.sources.endpoints import Cookie, NodeAccess, read_url
from gitbtc.sources.recorded import Recorded
from gitbtc.sources.scan import UNKNOWN, read_from
from gitbtc.sources.scan_node import ScanningRpc
from tests.sources.scripted_node import ScriptedNode, cut_after
from tests.sources.worlds import KEY, LEGACY, TAPROOT, TPUB, TWO_PATHS, coins, record, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

HASH = "ab" * 32
MOMENT = 1_700_000_000
COMBO = f"combo({TPUB}/9/*)"


def unspent(text: str, index: int, btc: str, *, branch: int = 0, vout: int = 0, **more: Any) -> dict[str, Any]:
    """A row of the answer, as a node of release 29 spells it."""
    made = script(text, index, branch).hex() if not text.startswith("combo") else script(LEGACY, index).hex()
    return {
        "txid": f"{index:02x}" * 32, "vout": vout, "scriptPubKey": made,
        "desc": f"wpkh([d34db33f/84h/1h/0h/{branch}/{index}]02{'77' * 32})#abcdefgh", "amount": Decimal(btc),
        "coinbase": False, "height": 150, "blockhash": "cd" * 32, "confirmations": 51, **more,
    }  # fmt: skip


class Node:
    """A node without a wallet, with these coins. `asked` has the objects of each scan."""

    live = True

    def __init__(self, *rows: dict[str, Any], **more: Any) -> None:
        self.rows = list(rows)
        self.more = more
        self.asked: list[list[Any]] = []

    def where(self, call: Call) -> str:
        return f"node: {call.method}"

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        return [self._answer(call) for call in calls]

    def _answer(self, call: Call) -> Any:
        if call.method == "scantxoutset":
            assert call.params[0] == "start"
            self.asked.append(call.params[1])
            total = sum((row["amount"] for row in self.rows), Decimal(0))
            return {"success": True, "txouts": 9, "height": 200, "bestblock": HASH, "unspents": self.rows,
                    "total_amount": total, **self.more}  # fmt: skip
        return {
            "getblockchaininfo": {"chain": "regtest", "blocks": 201, "headers": 201, "bestblockhash": "ef" * 32},
            "getnetworkinfo": {"version": 290_100},
            "getblockheader": {"hash": HASH, "height": 200, "time": MOMENT},
            "estimatesmartfee": {"errors": ["Insufficient data"], "blocks": 6},
        }[call.method]


def test_coins_are_what_the_node_finds_to_the_satoshi() -> None:
    node = Node(unspent(TWO_PATHS, 3, "0.00000001"), unspent(TWO_PATHS, 4, "20999998.99999999", branch=1),
                unspent(TAPROOT, 1, "1E-7", coinbase=True))  # fmt: skip
    snapshot = read_from(node, [record(TWO_PATHS), record(TAPROOT)])
    assert sorted(coins(snapshot).values()) == [1, 10, 2_099_999_899_999_999]
    assert snapshot.chain == {
        "network": "regtest",
        "block_height": 200,
        "block_hash": HASH,
        "block_time": 1_700_000_000,
    }
    assert set(snapshot.records) == {"chain", "utxos", "descriptors"}
    assert snapshot.complete == {"utxos"}
    assert UNKNOWN in snapshot.notices
    [mined] = [one for one in snapshot.records["utxos"] if one["coinbase"]]
    assert (mined["script_type"], mined["block_height"], mined["block_hash"]) == ("p2tr", 150, "cd" * 32)
    assert [one["next_index"] for one in snapshot.records["descriptors"]] == [5, 2]


def test_each_branch_is_scanned_as_far_as_the_gap_and_further_while_coins_lie_there() -> None:
    node = Node(unspent(TWO_PATHS, 18, "1", branch=1))
    read_from(node, [record(TWO_PATHS), record(LEGACY, 30, next_index=7), record("raw(51)")])
    first, second = (TWO_PATHS.replace("<0;1>", step).replace("h", "'", 4).replace("wpk'", "wpkh") for step in "01")
    assert node.asked[0] == [{"desc": first, "range": [0, 19]}, {"desc": second, "range": [0, 19]},
                             {"desc": LEGACY, "range": [0, 36]}, "raw(51)"]  # fmt: skip
    assert [one["range"] for one in node.asked[1][:2]] == [[0, 19], [0, 38]]
    assert len(node.asked) == 2


def test_a_descriptor_that_only_the_node_can_derive_is_scanned_all_the_same() -> None:
    node = Node(unspent(COMBO, 3, "1"))
    snapshot = read_from(node, [record(COMBO)])
    assert list(coins(snapshot).values()) == [100_000_000]
    assert node.asked == [[{"desc": COMBO, "range": [0, 19]}]]


@pytest.mark.parametrize(("node", "error", "words"), [
    (Node(success=False), CannotWork, "somebody at the node broke the scan off"),
    (Node(unspent(TWO_PATHS, 0, "1"), total_amount=Decimal(2)), BadAnswer, "total_amount is 200000000"),
    (Node({key: told for key, told in unspent(TWO_PATHS, 0, "1").items() if key != "coinbase"}), CannotWork, "25.0"),
    (Node(unspent(TWO_PATHS, 0, "1", scriptPubKey="zz")), BadAnswer, "scriptPubKey: is not hex"),
    (Node(unspent(TWO_PATHS, 0, "1", amount=Decimal("0.000000001"))), BadAnswer, "not a whole number of satoshis"),
])  # fmt: skip
def test_what_does_not_add_up_is_refused(node: Node, error: type[GitbtcError], words: str) -> None:
    with pytest.raises(error, match=words):
        read_from(node, [record(TWO_PATHS)])


def test_descriptors_of_another_network_are_not_looked_for() -> None:
    main = f"pkh({KEY.to_base58(NETWORKS['main']['xpub'])}/0/*)"
    node = Node()
    with pytest.raises(CannotWork, match="it is of regtest, and the descriptor"):
        read_from(node, [record(main)])
    assert node.asked == []


# -- into a root -------------------------------------------------------------------------------------------------------


@pytest.fixture
def brought(root: Path) -> Callable[..., dict[str, int]]:
    """What is listed, by the first digits of the txid, once these coins were found."""

    def imported(*rows: dict[str, Any], descriptors: Sequence[str] = (TWO_PATHS, LEGACY)) -> dict[str, int]:
        snapshot = read_from(Node(*rows), [record(text) for text in descriptors], told_before(root, "scan", "utxos"))
        bring(root, snapshot, "scan")
        held = json.loads((root / "wallet/utxos.json").read_text())
        return {one["txid"][:2]: one["amount_sat"] for one in held}

    return imported


def test_a_coin_that_is_gone_is_taken_out_and_one_that_comes_is_put_in(brought: Callable[..., dict[str, int]]) -> None:
    first, second = unspent(TWO_PATHS, 1, "1"), unspent(LEGACY, 2, "0.5")
    assert brought(first, second) == {"01": 100_000_000, "02": 50_000_000}
    assert brought(second, unspent(TWO_PATHS, 3, "0.25")) == {"02": 50_000_000, "03": 25_000_000}
    assert brought() == {}
    assert brought(first) == {"01": 100_000_000}


def test_coins_of_a_descriptor_that_is_not_looked_for_stay(brought: Callable[..., dict[str, int]]) -> None:
    rows = unspent(TWO_PATHS, 1, "1"), unspent(LEGACY, 2, "0.5")
    brought(*rows)
    assert brought(rows[0], descriptors=[TWO_PATHS]) == {"01": 100_000_000, "02": 50_000_000}
    assert brought(descriptors=[TWO_PATHS]) == {"02": 50_000_000}


def test_what_it_cannot_know_stays(brought: Callable[..., dict[str, int]], root: Path) -> None:
    """A coin that is unconfirmed, which somebody else told of."""
    brought(unspent(TWO_PATHS, 1, "1"))
    path = root / "wallet/utxos.json"
    held = json.loads(path.read_text())
    held.append({**held[0], "txid": "ee" * 32, "block_height": None})
    del held[1]["block_hash"]
    path.write_text(json.dumps(held))
    assert brought(unspent(TWO_PATHS, 1, "1")) == {"01": 100_000_000, "ee": 100_000_000}


# -- a node that takes its time ----------------------------------------------------------------------------------------


@pytest.fixture
def node(tmp_path: Path) -> Iterator[ScriptedNode]:
    with ScriptedNode(Recorded(tmp_path, BITCOIN_CLI), tmp_path / "cookie") as running:
        yield running


def scanning(node: ScriptedNode, told: list[str], start: float = 0, answer: float = 10) -> ScanningRpc:
    access = NodeAccess("treasury", read_url(node.url), Cookie(node.cookie))
    return ScanningRpc(access, Patience(start, answer), told.append, look=0.02)


class Scanner:
    """Answers a scan once its progress was asked for so often; busy with another one before that."""

    def __init__(self, looks: int, busy: int = 0) -> None:
        self.done = threading.Event()
        self.looks, self.busy, self.seen = looks, busy, 0

    def __call__(self, action: str, _: Any = None) -> Any:
        if action == "status":
            self.seen += 1
            if self.seen >= self.looks:
                self.done.set()
            return {"progress": min(99, 10 * self.seen)}
        if self.busy:
            self.busy -= 1
            return -8, 'Scan already in progress, use action "abort" or "status"'
        self.done.wait(10)
        return {"success": True}


START = Call("scantxoutset", ("start", ["raw(51)"]))


def test_how_far_a_scan_is_is_told(node: ScriptedNode) -> None:
    told: list[str] = []
    node.overrides["scantxoutset"] = Scanner(3)
    assert scanning(node, told).ask([START]) == [{"success": True}]
    assert told[:2] == ["treasury: scanning the coins: 10 %", "treasury: scanning the coins: 20 %"]


def test_another_scan_is_waited_for_and_said(node: ScriptedNode) -> None:
    told: list[str] = []
    node.overrides["scantxoutset"] = Scanner(3, busy=1)
    assert scanning(node, told, start=5).ask([START]) == [{"success": True}]
    assert told[0] == "treasury: another scan is under way at the node: 10 %"
    node.overrides["scantxoutset"] = Scanner(99, busy=99)
    with pytest.raises(Unreadable, match=r"treasury: another scan is under way at the node \(10 %\)"):
        scanning(node, told).ask([START])


def test_a_scan_that_the_node_forgets_is_not_waited_for(node: ScriptedNode) -> None:
    """The node says that nothing is scanned, and the answer does not come."""
    hanging = threading.Event()
    node.overrides["scantxoutset"] = lambda action, _=None: None if action == "status" else hanging.wait(10) and None
    with pytest.raises(Unreadable, match="nothing is scanned, and gave no answer to the scan"):
        scanning(node, [], answer=0.1).ask([START])
    hanging.set()


def test_what_fails_is_one_message(node: ScriptedNode) -> None:
    node.faults = [cut_after(5)]
    with pytest.raises(Unreadable, match="treasury: the connection broke off"):
        scanning(node, []).ask([START])
    node.overrides["scantxoutset"] = lambda *_: (-5, "Invalid descriptor")
    [refused] = scanning(node, []).ask([START])
    assert isinstance(refused, NodeError)
    assert refused.code == -5


def test_nothing_is_ever_broken_off(node: ScriptedNode) -> None:
    asked: list[str] = []
    scanner = Scanner(2)

    def noted(action: str, *rest: Any) -> Any:
        asked.append(action)
        return scanner(action, *rest)

    node.overrides["scantxoutset"] = noted
    scanning(node, []).ask([START])
    assert set(asked) == {"start", "status"}
