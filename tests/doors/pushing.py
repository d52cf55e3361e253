"""A gated server, and a clone without gitbtc that pushes to it: what the tests of made commits have in common."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from gitbtc.kinds import codec
from gitbtc.kinds.registry import Kinds
from tests.conftest import Repo
from tests.made_state import coin, flagged, spend
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Sandbox

GITBTC = (sys.executable, "-E", "-P", "-m", "gitbtc")
OUTPOINT = f"{coin(0)['txid']}:0"
A, B = spend("aa", coin(0)), spend("bb", coin(0))

STRATEGY = "strategy/agent.json"


def gated(sandbox: Sandbox, name: str = "server.git") -> Repo:
    """A bare repository that examines what is pushed to it."""
    server = Repo(sandbox.home / name, sandbox.env, python=sandbox.python)
    server.path.mkdir()
    _gate(server)
    return server


@once
def _gate(server: Repo) -> None:
    server.git("init", "-q", "--bare", "-b", "main")
    server.gitbtc("install", "--server")
    for sample in server.path.glob("hooks/*.sample"):
        sample.unlink()


def clone(sandbox: Sandbox, server: Repo, name: str = "plain") -> Repo:
    """A repository without gitbtc whose remote `origin` is `server`."""
    repo = sandbox.repo(name)
    repo.git("remote", "add", "origin", str(server.path))
    return repo


def keep(repo: Repo, path: str, *records: dict[str, Any]) -> None:
    """Write a state file, of one record where that is its form, as it is canonical: there is no filter."""
    kind = Kinds().for_path(path)
    assert kind
    made = flagged(*records) if kind.name in ("transactions", "mempool") else list(records)
    content = made if kind.is_array else made[0]
    repo.write(path, codec.canonical(kind, json.dumps(content).encode()))


def strategy(repo: Repo, *, simulating: bool) -> None:
    """Write a strategy that is always the same but for its mode."""
    record = {"name": "dca", "max_fee_rate_sat_vbyte": 5, "min_confirmations": 1, "utxo_consolidation_threshold": 9,
              "dca_amount_sat": None, "dca_interval_blocks": None, "lightning_rebalance_threshold": 0.5,
              "coin_selection": "largest_first", "simulation_mode": simulating}  # fmt: skip
    keep(repo, STRATEGY, record)


def side(repo: Repo, name: str, start: str, **files: Any) -> str:
    """A commit on the branch `name`, begun at `start`, with these state files; its oid."""
    repo.git("checkout", "-q", "-B", name, start)
    for path, records in files.items():
        keep(repo, path.replace("_", "/") + ".json", *records)
    return repo.unexamined(name)


def base(repo: Repo) -> str:
    """A first commit: two coins, nothing spent."""
    keep(repo, "wallet/utxos.json", coin(0), coin(1))
    keep(repo, "wallet/transactions.json")
    keep(repo, "network/mempool.json")
    return repo.unexamined("base")


def both_spend(repo: Repo) -> None:
    """Two branches, each of them sound, that spend one coin twice."""
    base(repo)
    side(repo, "ours", "main", wallet_utxos=[coin(1)], wallet_transactions=[A])
    side(repo, "theirs", "main", wallet_utxos=[coin(1)], wallet_transactions=[B])
    repo.git("checkout", "-q", "main")


def accepted(repo: Repo, *refs: str) -> str:
    """What a push that the server takes says."""
    return repo.run("git", "push", "origin", *refs).stderr


def refused(repo: Repo, server: Repo, *refs: str) -> str:
    """What a push that the server refuses says; nothing of it stays there."""
    before = everything(server)
    said = repo.run("git", "push", "origin", *refs, ok=(1,)).stderr
    assert "pre-receive hook declined" in said
    assert "Traceback" not in said
    assert everything(server) == before
    return said


def everything(server: Repo) -> tuple[str, set[str]]:
    """The refs and all files of the object store."""
    files = {str(path.relative_to(server.path)) for path in (server.path / "objects").rglob("*") if path.is_file()}
    return server.git("for-each-ref"), files
