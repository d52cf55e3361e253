"""A node whose answers a test writes itself, for what no recording shows."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.sources.own_scripts import Branch
from tests.conftest import hermetic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Addresses of the recordings, so of regtest.
ADDRESSES = (
    "bcrt1q6p22wq9c7pl45qrrx6afz2tk2sku4mpsqsjnr0",
    "bcrt1qllnds8jcfean6f8cmvddcj4qnec3fqchh5yjf3",
    "bcrt1qhhfjm2whvm00pmeeptt8396lahmplw7pmklagw",
    "bcrt1q29x46ru87ny9w9vpkdqt56kgm4y5vjlnssy8zt",
)


@dataclass
class Node:
    """A folder of answers in the making."""

    folder: Path
    transactions: dict[str, dict[str, Any]] = field(default_factory=dict)
    mempool: dict[str, dict[str, Any]] = field(default_factory=dict)
    chain: str = "regtest"
    height: int = 200
    tip: str = "00" * 31 + "aa"

    @staticmethod
    def txid(name: str) -> str:
        """A txid that tells its name: `a` is aa…a."""
        return (name * 64)[:64]

    @staticmethod
    def btc(sat: int) -> str:
        """An amount as Core spells it; the quotes around it fall when it is written."""
        return f"@{'-' if sat < 0 else ''}{abs(sat) // 10**8}.{abs(sat) % 10**8:08d}@"

    def transaction(
        self,
        name: str,
        inputs: list[tuple[str, int]],
        outputs: list[int],
        *,
        received: tuple[int, ...] = (),
        sent: tuple[int, ...] = (),
        confirmations: int = 1,
        **more: Any,
    ) -> str:
        """Add a wallet transaction. `received` and `sent` are the outputs with a row in details; amounts are in sat."""
        known = self.txid(name)
        rows = [("send", vout) for vout in sent] + [("receive", vout) for vout in received]
        answer: dict[str, Any] = {
            "txid": known, "confirmations": confirmations, "time": 1_700_000_000,
            "details": [{"category": category, "vout": vout, "address": ADDRESSES[vout], "label": more.get("label", "")}
                        for category, vout in rows],
            "decoded": {
                "txid": known, "size": 200, "weight": 561,
                "vin": [{"txid": self.txid(parent), "vout": vout, "sequence": 0xFFFFFFFF} for parent, vout in inputs],
                "vout": [{"n": vout, "value": self.btc(sat),
                          "scriptPubKey": {"type": "witness_v0_keyhash", "address": ADDRESSES[vout]}}
                         for vout, sat in enumerate(outputs)],
            },
            **{name: value for name, value in more.items() if name != "label"},
        }  # fmt: skip
        if confirmations > 0:
            answer |= {"blockheight": self.height, "blockhash": self.tip, "blocktime": 1_700_000_000}
        self.transactions[known] = answer
        return known

    def pending(self, name: str, fee_sat: int = 1000) -> None:
        """Put a transaction into the mempool."""
        self.mempool[self.txid(name)] = {"vsize": 141, "weight": 561, "fees": {"base": self.btc(fee_sat)}}

    def write(self, **answers: Any) -> Path:
        """Write the answers: `<name>=<result>`; `{"error": …}` and None stand for themselves."""
        info = {"chain": self.chain, "blocks": self.height, "bestblockhash": self.tip, "time": 1_700_000_000}
        results = {"getblockchaininfo": info, "getrawmempool": self.mempool, **answers}
        for name, result in results.items():
            is_error = isinstance(result, dict) and "error" in result
            answer = result if is_error else {"method": name, "params": [], "result": result}
            self._write(name.replace("__", "-") + ".json", answer)
        lines = [self._text(answer) for answer in self.transactions.values()]
        (self.folder / "gettransaction.jsonl").write_text("\n".join(lines) + "\n")
        return self.folder

    def _write(self, name: str, answer: Any) -> None:
        (self.folder / name).write_text(self._text(answer))

    @staticmethod
    def _text(value: Any) -> str:
        return re.sub(r'"@([^@"]+)@"', r"\1", json.dumps(value))


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A node with an empty wallet."""
    folder = tmp_path / "answers"
    folder.mkdir()
    return Node(folder)


@pytest.fixture(scope="module")
def derived_once() -> Iterator[None]:
    """Each script of a descriptor is derived when it is first asked for: for tests of what servers say of scripts. They
    spent their time on deriving the same ones.
    """
    known: dict[tuple[str, int], bytes] = {}
    derive = Branch.script

    def script(branch: Branch, index: int) -> bytes:
        name = branch.text, index
        if name not in known:
            known[name] = derive(branch, index)
        return known[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Branch, "script", script)
        yield


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty root: the top of a new repository without gitbtc."""
    sandbox = hermetic(tmp_path / "home")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in sandbox.env.items():
        monkeypatch.setenv(name, value)
    return sandbox.repo("root").path
