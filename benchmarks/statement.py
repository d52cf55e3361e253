"""How long `gitbtc statement` and `gitbtc export` take for a wallet of a hundred thousand transactions."""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import coins as made

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = (["statement"], ["statement", "--json"], ["export"], ["export", "--format", "hledger"], ["report"])


def main() -> None:
    """Make the wallet, and time each command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=100_000)
    count = parser.parse_args().transactions
    with tempfile.TemporaryDirectory() as folder:
        wallet(Path(folder), count)
        print(f"{count:,} transactions, seconds (of the process's own time)\n")
        for command in COMMANDS:
            took, own = run(folder, command)
            print(f"| `gitbtc {' '.join(command)}` | {took:.1f} | {own:.1f} |")


def run(folder: str, command: list[str]) -> tuple[float, float]:
    """Seconds that a command takes, and those that its process works."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-m", "gitbtc", *command], cwd=folder, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - begin, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def wallet(folder: Path, count: int) -> None:
    """Commit a wallet, half of whose transactions spend what the others received: in two commits, so that half of the
    spent coins were listed.
    """
    transactions, coins = history(count)
    subprocess.run(["git", "init", "-q", folder], check=True)
    half = transactions[: count // 2]
    known = {one["txid"] for one in half}
    spent = {(one["inputs"][0]["txid"], one["inputs"][0]["vout"]) for one in half}
    listed = [coin for coin in coins if coin["txid"] in known and (coin["txid"], coin["vout"]) not in spent]
    commit(folder, half, listed)
    spent = {(one["inputs"][0]["txid"], one["inputs"][0]["vout"]) for one in transactions}
    commit(folder, transactions, [coin for coin in coins if (coin["txid"], coin["vout"]) not in spent])


def commit(folder: Path, transactions: list[dict[str, Any]], coins: list[dict[str, Any]]) -> None:
    """Write the state files and commit them, without any hook."""
    from gitbtc.kinds import codec
    from gitbtc.kinds.registry import built_in

    spent = {(one["inputs"][0]["txid"], one["inputs"][0]["vout"]) for one in transactions}
    flagged = [
        {**one, "outputs": [{**made, "spent": (one["txid"], made["vout"]) in spent} for made in one["outputs"]]}
        for one in transactions
    ]
    last = transactions[-1]
    tip = {"network": "main", "block_height": last["block_height"], "block_hash": last["block_hash"],
           "block_time": last["block_time"]}  # fmt: skip
    files = {"wallet/transactions.json": flagged, "wallet/utxos.json": coins, "network/chain.json": tip}
    for path, records in files.items():
        place = folder / path
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(codec.encode_file(built_in(path.split("/")[1].removesuffix(".json")), records))
    subprocess.run(["git", "-C", folder, "add", "-A"], check=True)
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")
    subprocess.run(["git", "-C", folder, *identity, "commit", "-q", "-m", "State"], check=True)


def history(count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Transactions, and every coin that they made: each second one spends an earlier coin and keeps the change."""
    source = random.Random(1)
    addresses = sorted({json.loads(line)["address"] for line in made.wallet(20_000)})
    transactions: list[dict[str, Any]] = []
    coins: list[dict[str, Any]] = []
    free: list[dict[str, Any]] = []
    for place in range(count):
        txid, height = source.randbytes(32).hex(), 100 + place // 10
        block = {"block_height": height, "block_hash": f"{height:064x}"}
        if place % 2 and free:
            coin = free.pop(source.randrange(len(free)))
            inputs = [{name: coin[name] for name in ("txid", "vout", "amount_sat")}]
            paid = coin["amount_sat"] // 2
            amounts = [paid, coin["amount_sat"] - paid - 200]
            own = {1}
        else:
            amounts = [source.randrange(100_000, 10**9), 1000]
            inputs = [{"txid": source.randbytes(32).hex(), "vout": 0, "amount_sat": sum(amounts) + 300}]
            own = {0}
        pools = [addresses[::2] if vout in own else addresses[1::2] for vout in range(len(amounts))]
        outputs = [{"vout": vout, "amount_sat": amount, "address": source.choice(pools[vout]), "script_type": "p2wpkh"}
                   for vout, amount in enumerate(amounts)]  # fmt: skip
        transactions.append({
            "txid": txid, **block, "block_time": 1_600_000_000 + 600 * height, "inputs": inputs, "outputs": outputs,
            "fee_sat": sum(one["amount_sat"] for one in inputs) - sum(amounts), "size_bytes": 222, "weight": 561,
            "confirmed": True, "label": None,
        })  # fmt: skip
        made_here = [{**outputs[vout], "txid": txid, **block, "coinbase": False, "label": None} for vout in own]
        coins += made_here
        free += [coin for coin in made_here if coin["amount_sat"] > 10_000]
    return transactions, coins


if __name__ == "__main__":
    main()
