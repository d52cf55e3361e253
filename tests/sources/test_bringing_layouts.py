"""An import of a wallet in shards, read through what was kept of it, is the import of the same wallet in files."""

from __future__ import annotations

import sqlite3
import subprocess
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitbtc.errors import GitbtcError
from gitbtc.judge.broken_rules import broken_rules
from gitbtc.kinds import codec
from gitbtc.kinds.registry import Kinds, built_in
from gitbtc.repo.git import Git
from gitbtc.sources import bringing
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.state import checkpoint
from gitbtc.state.checkpoint import Checkpoints
from gitbtc.state.on_disk import OnDisk
from gitbtc.state.snapshot import of_revision

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "bcrt1q6p22wq9c7pl45qrrx6afz2tk2sku4mpsqsjnr0"
SHARDED = [built_in(name) for name in ("utxos", "transactions")]
KINDS = [*SHARDED, built_in("chain")]
RECEIPTS = range(4)
# What becomes of what a receipt paid.
UNKNOWN, UNSPENT, PENDING, SPENT, BY_RIVAL = "unknown", "unspent", "pending", "spent", "by its rival"
worlds = st.lists(
    st.sampled_from([UNKNOWN, UNSPENT, PENDING, SPENT, BY_RIVAL]), min_size=len(RECEIPTS), max_size=len(RECEIPTS)
)


def txid(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def transaction(name: str, spends: tuple[str, int], height: int | None, *, spent: bool = False) -> dict[str, Any]:
    output = {"vout": 0, "amount_sat": 5000, "address": ADDRESS, "script_type": "p2wpkh", "spent": spent}
    block = {"block_height": height, **({"block_hash": txid("block")} if height else {})}
    return {
        "txid": txid(name), "block_time": 1_700_000_000 if height else None, "fee_sat": None, "size_bytes": 200,
        "weight": 561, "confirmed": height is not None, "label": None, "outputs": [output],
        "inputs": [{"txid": spends[0], "vout": spends[1], "amount_sat": None}], **block,
    }  # fmt: skip


def snapshot(world: list[str], height: int, *, complete: bool) -> SourceSnapshot:
    """What a wallet tells to which so much has happened."""
    records: dict[str, list[dict[str, Any]]] = {"transactions": [], "utxos": []}
    owned = set()
    for number in RECEIPTS:
        name, became = f"receipt {number}", world[number]
        if became == UNKNOWN:
            continue
        owned.add((txid(name), 0))
        is_spent = became != UNSPENT
        records["transactions"].append(transaction(name, (txid("others"), number), 7, spent=is_spent))
        if is_spent:
            spender = f"rival {number}" if became == BY_RIVAL else f"spend {number}"
            made = transaction(spender, (txid(name), 0), None if became == PENDING else height)
            records["transactions"].append(made)
        else:
            coin = {"txid": txid(name), "vout": 0, "amount_sat": 5000, "script_type": "p2wpkh", "address": ADDRESS,
                    "block_height": 7, "block_hash": txid("block"), "coinbase": False, "label": None}  # fmt: skip
            records["utxos"].append(coin)
    tip = {"network": "regtest", "block_height": height, "block_hash": txid("tip"), "block_time": 1_700_000_000}
    return SourceSnapshot(
        "bitcoin-core", "regtest", {**records, "chain": tip}, frozenset(owned), wallet="w",
        complete=frozenset(["utxos", "transactions"] if complete else []), balance_sat=5000 * len(records["utxos"]),
    )  # fmt: skip


class Wallet:
    """A repository, with its records in shards and what is kept of each commit, or in files and with nothing kept."""

    def __init__(self, path: Path, *, sharded: bool) -> None:
        self.path = path
        self.sharded = sharded
        self.git("init", "-q", str(path), cwd=path.parent)
        for kind in SHARDED:
            file = path / kind.path
            file = file.with_suffix("") / "0.json" if sharded else file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"[]\n")
        self.commit()

    def git(self, *arguments: str, cwd: Path | None = None) -> None:
        subprocess.run(["git", *arguments], cwd=cwd or self.path, check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        if self.sharded:
            git = Git(str(self.path))
            checkpoints = Checkpoints(git)
            with git.blobs() as blobs:
                assert not [*broken_rules(of_revision(git, "HEAD", blobs.read, Kinds(), checkpoints), "")]
                checkpoints.settle()
                checkpoints.close()

    def bring(self, told: SourceSnapshot) -> list[str]:
        """What an import tells; of one that is refused, why."""
        try:
            brought = bringing.bring(self.path, told, "node")
        except GitbtcError as error:
            return [str(error)]
        return [*brought.notices, *(repr(change) for change in brought.changes)]

    def held(self) -> dict[str, bytes]:
        return {kind.name: OnDisk(str(self.path), kind).content() for kind in KINDS}

    def rename(self, number: int, label: str) -> None:
        """What a person calls a coin, where it is listed."""
        there = OnDisk(str(self.path), SHARDED[0])
        coins = codec.parse(SHARDED[0], there.content() or b"[]\n")
        named = [coin | ({"label": label} if coin["txid"] == txid(f"receipt {number}") else {}) for coin in coins]
        for path, content in there.laid_out(codec.encode_file(SHARDED[0], named)).items():
            if named:
                (self.path / path).write_bytes(content)


@pytest.fixture(autouse=True)
def _kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of small wallets, too, something is kept."""
    monkeypatch.setattr(checkpoint, "_LARGE", 0)


steps = st.lists(
    st.tuples(worlds, st.integers(0, 2), st.booleans(), st.none() | st.sampled_from(RECEIPTS), st.booleans()),
    min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_shards_and_what_is_kept_change_nothing_of_an_import(
    root: Path, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[list[str], int, bool, int | None, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("pair", numbered=True)
    wallets = [Wallet(folder / name, sharded=name == "shards") for name in ("files", "shards")]
    height = 10
    for world, blocks, complete, renamed, committed in steps:
        height += blocks
        told = [wallet.bring(snapshot(world, height, complete=complete)) for wallet in wallets]
        files, shards = ([line.replace(str(wallet.path), "") for line in lines]
                         for wallet, lines in zip(wallets, told, strict=True))  # fmt: skip
        assert files == shards
        for wallet in wallets:
            if renamed is not None:
                wallet.rename(renamed, f"at {height}")
            if committed:
                wallet.commit()
        assert wallets[0].held() == wallets[1].held()


def test_what_is_kept_can_be_written_once_the_import_is_done(root: Path, tmp_path: Path) -> None:
    wallet = Wallet(tmp_path / "shards", sharded=True)
    wallet.bring(snapshot([UNSPENT] * len(RECEIPTS), 10, complete=True))
    wallet.commit()
    (kept,) = wallet.path.glob(".git/gitbtc/checkpoint-*")
    step = bringing.Bringing(wallet.path, snapshot([SPENT] * len(RECEIPTS), 11, complete=True), "node")
    assert step.evidence.base is not None
    step.close()
    with sqlite3.connect(kept, timeout=0) as file:
        file.execute("DELETE FROM told")
