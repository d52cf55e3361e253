"""A small treasury, written by hand: coins, and transactions that spend them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitbtc.repo.hookfiles import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import Repo

# Addresses of the recorded regtest wallet.
ADDRESS = "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0"
OTHER = "bcrt1qsl0cr0fry3w67cqmnc7fjsxd82uep4hd7gsw7t"
FUNDING = "f0" * 32
# Makes `git …` a command of a clone in which no hook is set up; --no-verify does not get around all of them, and
# core.hooksPath not around those that stand in the configuration too.
WITHOUT_GITBTC = (
    "-c", "core.hooksPath=/dev/null", *(word for name in NAMES for word in ("-c", f"hook.gitbtc-{name}.enabled=false")),
)  # fmt: skip
_NO_HOOKS = ["[core]\n\thooksPath = /dev/null\n", *(f'[hook "gitbtc-{name}"]\n\tenabled = false\n' for name in NAMES)]


def switch_off_hooks(repo: Repo) -> None:
    """The same for every command from now on."""
    repo.write(".git/no-hooks", "".join(_NO_HOOKS))
    repo.git("config", "--add", "include.path", "no-hooks")


def switch_on_hooks(repo: Repo) -> None:
    """As it was before."""
    repo.git("config", "--fixed-value", "--unset-all", "include.path", "no-hooks")


def txid(name: str) -> str:
    """A txid that a reader can tell apart: the name, repeated."""
    return (name.encode().hex() * 64)[:64]


def coin(vout: int, transaction: str = FUNDING, **changes: Any) -> dict[str, Any]:
    """An output of `transaction`, worth (vout + 1) BTC."""
    return {"txid": transaction, "vout": vout, "amount_sat": (vout + 1) * 100_000_000, "script_type": "p2wpkh",
            "address": ADDRESS, "block_height": 100, "coinbase": False, "label": None, **changes}  # fmt: skip


def spend(name: str, *spent: dict[str, Any], fee: int = 1000, **changes: Any) -> dict[str, Any]:
    """An unconfirmed transaction that pays all of `spent` but the fee to one output."""
    amount = sum(coin["amount_sat"] for coin in spent)
    return {"txid": txid(name), "block_height": None, "block_time": None,
            "inputs": [{name: coin[name] for name in ("txid", "vout", "amount_sat")} for coin in spent],
            "outputs": [{"vout": 0, "amount_sat": amount - fee, "address": OTHER, "script_type": "p2wpkh",
                         "spent": False}],
            "fee_sat": fee, "size_bytes": 200, "weight": 800, "confirmed": False, "label": None, **changes}  # fmt: skip


def change_of(transaction: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The coin that a transaction's one output is, in the transaction's block."""
    [output] = transaction["outputs"]
    facts = {name: output[name] for name in ("amount_sat", "address", "script_type")}
    return coin(0, transaction["txid"], **{**facts, "block_height": transaction["block_height"], **changes})


def mined(transaction: dict[str, Any], height: int = 105) -> dict[str, Any]:
    return transaction | {"confirmed": True, "block_height": height, "block_time": 1_700_000_500}


def flagged(*transactions: dict[str, Any], spenders: Iterable[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """The transactions with the outputs flagged as spent that live ones, of these and of `spenders`, spend."""
    live = [one for one in (*transactions, *spenders) if not one.get("replaced_by") and not one.get("abandoned")]
    gone = {(spent["txid"], spent["vout"]) for one in live for spent in one["inputs"]}
    return [
        {**one, "outputs": [{**made, "spent": (one["txid"], made["vout"]) in gone} for made in one["outputs"]]}
        for one in transactions
    ]


def pending(transaction: dict[str, Any]) -> dict[str, Any]:
    """The mempool entry of `transaction`."""
    shared = {name: transaction[name] for name in ("txid", "fee_sat", "size_bytes", "inputs", "outputs")}
    amount = sum(output["amount_sat"] for output in transaction["outputs"])
    return {**shared, "amount_sat": amount, "fee_rate_sat_vbyte": 5, "rbf_eligible": True, "cpfp_eligible": False}


def channel(channel_id: str, **changes: Any) -> dict[str, Any]:
    """A channel whose two sides hold half of it each."""
    return {"channel_id": channel_id, "peer_pubkey": "02" + "ab" * 32, "peer_alias": None, "capacity_sat": 1_000_000,
            "local_balance_sat": 500_000, "remote_balance_sat": 500_000, "is_active": True, "is_public": True,
            "local_reserve_sat": 10_000, "remote_reserve_sat": 10_000, "unsettled_balance_sat": 0, "htlc_count": 0,
            **changes}  # fmt: skip


def policy(channel_id: str, **changes: Any) -> dict[str, Any]:
    """What is asked for forwarding through a channel."""
    return {"channel_id": channel_id, "base_fee_msat": 1000, "fee_rate_ppm": 1, "time_lock_delta": 40,
            "min_htlc_msat": 1000, "max_htlc_msat": 990_000_000, **changes}  # fmt: skip


def put(repo: Repo, path: str, *records: dict[str, Any]) -> None:
    """Write a state file in some layout; staging makes it canonical. Transactions get their outputs' flags."""
    made = flagged(*records) if path.endswith(("transactions.json", "mempool.json")) else list(records)
    repo.write(path, json.dumps(made, indent=1))


def coins(repo: Repo, *records: dict[str, Any]) -> None:
    put(repo, "wallet/utxos.json", *records)


def transactions(repo: Repo, *records: dict[str, Any]) -> None:
    put(repo, "wallet/transactions.json", *records)


def mempool(repo: Repo, *records: dict[str, Any]) -> None:
    put(repo, "network/mempool.json", *records)


def chain(repo: Repo, height: int) -> None:
    """Write the chain's highest known block."""
    tip = {"network": "regtest", "block_height": height, "block_hash": f"{height:064x}", "block_time": 1_700_000_000}
    repo.write("network/chain.json", json.dumps(tip))


def records(repo: Repo, path: str, revision: str = "") -> Any:
    """The records of a state file, of the work tree or of a revision."""
    return json.loads(repo.git("show", f"{revision}:{path}") if revision else repo.read(path))


def branch(repo: Repo, name: str, start: str = "main") -> None:
    repo.git("checkout", "-q", "-b", name, start)


def objects(repo: Repo) -> set[str]:
    """Every object in the object store, reachable or not."""
    listed = repo.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)", "--unordered")
    return set(listed.split())
