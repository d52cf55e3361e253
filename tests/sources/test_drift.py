"""How far a root is from what a source tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.errors import GitbtcError
from gitbtc.sources import bitcoin_core
from gitbtc.sources.bringing import bring
from gitbtc.sources.drift import drift
from tests.sources.test_bringing import edit, files, git, hold, transaction

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.diff.source_drift import SourceDrift
    from tests.sources.conftest import Node

PEER = {"pubkey": "02" + "1" * 64, "alias": None, "address": "10.0.0.1:9735", "connected": True, "sync_height": None}


def compared(root: Path, node: Node) -> SourceDrift:
    before = files(root), git(root, "for-each-ref")
    found = drift(root, bitcoin_core.read(node.write()), "core")
    assert (files(root), git(root, "for-each-ref")) == before
    return found


def test_nothing_has_drifted_from_what_was_just_brought_in(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="rent")
    bring(root, bitcoin_core.read(node.write()), "core")
    edit(root, "utxos", lambda record: {**record, "label": "by hand"})
    found = compared(root, node)
    assert (found.patches, found.spenders, dict(found.ignored)) == ([], {}, {})
    assert found.here == found.there


def test_what_is_gone_what_is_new_and_what_differs(node: Node, root: Path) -> None:
    known = node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    node.pending("a")
    node.transaction("c", [("e", 0)], [7000], received=(0,))
    node.pending("a")
    bring(root, bitcoin_core.read(node.write()), "core")
    node.height += 1
    spender = node.transaction("b", [("c", 0)], [6000], received=(0,))
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    node.mempool = {}
    found = compared(root, node)
    coins = [(one.name, one.key[0]) for one in found.patches[0].operations]
    assert coins == [("mutate", known), ("insert", spender), ("delete", node.txid("c"))]
    assert [(outpoint, by["txid"]) for outpoint, by in found.spenders.items()] == [((node.txid("c"), 0), spender)]
    assert (found.here or {})["block_height"] == found.there["block_height"] - 1
    bring(root, bitcoin_core.read(node.write()), "core")
    assert compared(root, node).patches == []


def test_a_new_root_has_everything_to_learn(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    found = drift(root / "cold", bitcoin_core.read(node.write()), "core")
    assert found.here is None
    assert [(patch.path, patch.old_mode) for patch in found.patches] == [
        ("cold/wallet/utxos.json", None), ("cold/wallet/transactions.json", None),
    ]  # fmt: skip


def test_a_higher_block_and_new_feerates_alone_are_no_drift(node: Node, root: Path) -> None:
    rates = {f"estimatesmartfee-{target}": {"feerate": "@0.00000100@", "blocks": 2} for target in (1, 6, 144)}
    bring(root, bitcoin_core.read(node.write()), "core")
    node.height += 1
    found = drift(root, bitcoin_core.read(node.write(**rates)), "core")
    assert (found.patches, dict(found.ignored)) == ([], {("fees", ""): 1})


@pytest.mark.parametrize(("fields", "ignored"), [({"connected": False}, True), ({"address": "10.0.0.2:1"}, False)])
def test_what_is_volatile_is_counted_and_not_told(
    node: Node, root: Path, fields: dict[str, Any], *, ignored: bool
) -> None:
    hold(root, peers=[PEER])
    snapshot = bitcoin_core.read(node.write())
    snapshot.records["peers"] = [{**PEER, **fields}]
    found = drift(root, snapshot, "core")
    assert [patch.path for patch in found.patches if "peers" in patch.path] == (
        [] if ignored else ["network/peers.json"]
    )
    assert dict(found.ignored) == ({("peers", "connected"): 1} if ignored else {})


def test_what_an_import_refuses_drift_refuses(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,), confirmations=0)
    hold(root, transactions=[transaction(node.txid("9"), [(node.txid("f"), 0)])])
    with pytest.raises(GitbtcError, match="somebody has to decide"):
        compared(root, node)
