"""Names that are almost a state file's."""

from __future__ import annotations

import pytest

from gitbtc.kinds.near import misspelt, plain, shadowed
from gitbtc.kinds.registry import Kinds

KINDS = Kinds()


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("wallet/utxo.json", "wallet/utxos.json"), ("walet/utxos.json", "wallet/utxos.json"),
        ("wallets/utxos.json", "wallet/utxos.json"), ("wallet/uxtos.json", "wallet/utxos.json"),
        ("cold/wallet/label.json", "cold/wallet/labels.json"), ("channel/channels.json", "channels/channels.json"),
        ("oracle/price.json", "oracles/prices.json"), ("wallet/utxos.jsn", "wallet/utxos.json"),
        ("network/peer.json", "network/peers.json"), ("a/strategy/agents.json", "a/strategy/agent.json"),
    ],
)  # fmt: skip
def test_a_slip_is_seen(path: str, meant: str) -> None:
    assert misspelt(KINDS, path) == meant


@pytest.mark.parametrize(
    "path",
    ["wallet/utxos.json", "utxos.json", "wallet/notes.md", "network/main.json", "src/package.json",
     "wallet/backup.json", "wallet/utxos.json.bak/x", "wallet/transactions.old.json",
     ".gitbtc/schemas/labels.schema.json", "a/b.json"],
)  # fmt: skip
def test_another_word_is_none(path: str) -> None:
    assert misspelt(KINDS, path) == ""


@pytest.mark.parametrize(
    "path", ["Wallet/utxos.json", "wallet/UTXOS.JSON", "wallet/utxos.json.", "wallet\\utxos.json", "wallet /utxos.json",
             "wa\u200dllet/utxos.json", "\uff57allet/utxos.json"],
)  # fmt: skip
def test_what_other_file_systems_take_for_it_is_seen(path: str) -> None:
    assert shadowed(KINDS, path) == plain(path) == "wallet/utxos.json"
    assert shadowed(KINDS, "wallet/utxos.json") == shadowed(KINDS, "docs/Wallet.md") == ""
