"""The same situations through `gitbtc import`: base is what a source told last, theirs what it tells now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gitbtc.api import State
from gitbtc.errors import GitbtcError
from gitbtc.sources.bringing import bring
from gitbtc.sources.snapshot import SourceSnapshot
from tests.oracle.expected import told
from tests.oracle.records import CHAIN, MEMPOOL, TRANSACTIONS, UTXOS, named

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.oracle.evidence import Files

_COMPLETE = {"utxos": UTXOS, "transactions": TRANSACTIONS, "mempool": MEMPOOL}


class Imported(NamedTuple):
    """What came of an import: the coins (`name:vout` -> sat); or the question that it `asked`, `refused` where it was
    none, and then it changed nothing.
    """

    coins: dict[str, int]
    asked: str


def imported(root: Path, base: Files, here: Files, now: Files) -> Imported:
    """Import `now` into `here` by way of an empty repository at `root`, of a source that told `base` last."""
    _lay(root, base)
    bring(root, _snapshot(base), "node")
    _lay(root, here)
    before = {path: path.read_bytes() for path in root.rglob("*.json")}
    try:
        bring(root, _snapshot(now), "node")
    except GitbtcError as refused:
        assert {path: path.read_bytes() for path in root.rglob("*.json")} == before, "a refused import changes nothing"
        return Imported({}, str(refused).partition("decide first (")[2].partition(")")[0] or "refused")
    rows: Sequence[dict[str, int]] = _laid(root).get(UTXOS, [])
    return Imported({named(f"{row['txid']}:{row['vout']}"): row["amount_sat"] for row in rows}, "")


def _snapshot(files: Files) -> SourceSnapshot:
    """As a wallet tells it that has seen all of these files, but for the log."""
    records = {kind: files.get(path, []) for kind, path in _COMPLETE.items()}
    made = {(row["txid"], output["vout"]) for row in records["transactions"] for output in row["outputs"]}
    owned = frozenset(made | {(coin["txid"], coin["vout"]) for coin in records["utxos"]})
    every = records | {"chain": files[CHAIN]}
    return SourceSnapshot("oracle", "regtest", every, owned, complete=frozenset(_COMPLETE))


def _lay(root: Path, files: Files) -> None:
    for path in root.rglob("*.json"):
        path.unlink()
    for name, content in State.of(files).files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def _laid(root: Path) -> Files:
    return told({path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.json")})
