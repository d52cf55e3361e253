"""What a wallet does to its state files: receive, pay, confirm, replace, give up, label, note.

A txid is a function of what the transaction spends and makes, and its block a function of the txid: two branches that
make the same payment make the same transaction, as on the chain.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from tests.model.model import (
    COINS,
    FILES,
    GENESIS,
    GENESIS_COINS,
    LOG,
    MEMPOOL,
    OURS,
    STRATEGY,
    THEIRS,
    TRANSACTIONS,
    Tree,
    genesis_amount,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.model.model import Outpoint, Record

WEIGHT, SIZE = 560, 222


class Files:
    """The state files of a work tree, as records to change; `write` puts them back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = {path: (folder / path).read_bytes() for path in FILES if (folder / path).exists()}
        self.tree = Tree(self._before)
        self.lists: dict[str, list[Record]] = {path: self.tree.records(path) for path in FILES if path != STRATEGY}
        self.strategy: Record = json.loads(self._before.get(STRATEGY, b"{}"))

    def write(self) -> None:
        """Write what changed, in canonical form: a clone without gitbtc has no filter."""
        for path, content in self.contents().items():
            if content != self._before.get(path):
                (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
                (self._folder / path).write_bytes(content)

    def contents(self) -> dict[str, bytes]:
        """path -> canonical bytes."""
        order: dict[str, Callable[[Record], Any]] = {
            COINS: lambda coin: (coin["txid"], coin["vout"]), TRANSACTIONS: lambda record: record["txid"],
            MEMPOOL: lambda record: record["txid"], LOG: lambda event: (event["timestamp"], _line(event)),
        }  # fmt: skip
        found = {path: _array(sorted(records, key=order[path])) for path, records in self.lists.items()}
        return found | {STRATEGY: _object(self.strategy)}

    def transaction(self, txid: str) -> Record:
        return next(record for record in self.lists[TRANSACTIONS] if record["txid"] == txid)

    def drop(self, path: str, txids: set[str]) -> None:
        """Take the records of `txids` (for coins: their outputs) out of a file."""
        self.lists[path] = [record for record in self.lists[path] if record["txid"] not in txids]


def _line(record: Record) -> str:
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _array(records: list[Record]) -> bytes:
    lines = ",\n".join(map(_line, records))
    return f"[\n{lines}\n]\n".encode() if records else b"[]\n"


def _object(members: Record) -> bytes:
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in sorted(members.items()))
    return f"{{\n{lines}\n}}\n".encode()


def born(folder: Path) -> None:
    """The first state of a treasury."""
    files = Files(folder)
    files.lists[COINS] = [_coin(GENESIS, vout, genesis_amount(vout)) for vout in range(GENESIS_COINS)]
    files.strategy = {
        "name": "dca", "max_fee_rate_sat_vbyte": 5, "min_confirmations": 1, "utxo_consolidation_threshold": 10,
        "dca_amount_sat": None, "dca_interval_blocks": None, "lightning_rebalance_threshold": 0.5,
        "coin_selection": "random", "simulation_mode": True,
    }  # fmt: skip
    files.write()


def _coin(txid: str, vout: int, amount_sat: int) -> Record:
    return {"txid": txid, "vout": vout, "amount_sat": amount_sat, "script_type": "p2wpkh", "address": OURS,
            "block_height": None, "coinbase": False, "label": None}  # fmt: skip


def _transaction(inputs: list[Record], outputs: list[tuple[str, int]], fee_sat: int | None) -> Record:
    made = [
        {"vout": vout, "amount_sat": amount, "address": address, "script_type": "p2wpkh", "spent": False}
        for vout, (address, amount) in enumerate(outputs)
    ]
    txid = hashlib.sha256(_line({"inputs": inputs, "outputs": made}).encode()).hexdigest()
    return {"txid": txid, "block_height": None, "block_time": None, "inputs": inputs, "outputs": made,
            "fee_sat": fee_sat, "size_bytes": SIZE, "weight": WEIGHT, "confirmed": False, "label": None}  # fmt: skip


def _pending(transaction: Record, replaces: list[str]) -> Record:
    shared = {name: transaction[name] for name in ("txid", "fee_sat", "size_bytes", "inputs", "outputs")}
    entry = {**shared, "amount_sat": sum(out["amount_sat"] for out in transaction["outputs"]), "rbf_eligible": True,
             "cpfp_eligible": False, "fee_rate_sat_vbyte": transaction["fee_sat"] / (WEIGHT // 4)}  # fmt: skip
    return entry | ({"replaces": replaces} if replaces else {})


# -- operations: each changes the files and says what it did, or says nothing when there is nothing to do it to --------


def receive(files: Files, number: int) -> str:
    """Somebody pays us."""
    made = _transaction([{"txid": f"{number:064x}", "vout": 0, "amount_sat": None}], [(OURS, 500_000 + number)], None)
    if made["txid"] in files.tree.transactions:
        return ""
    files.lists[TRANSACTIONS].append(made)
    files.lists[COINS].append(_coin(made["txid"], 0, 500_000 + number))
    return f"receive {number}"


def pay(files: Files, number: int) -> str:
    """Spend one or two coins: some to another, the change to us; in the mempool or not, in the log or not."""
    coins = _picked(files.lists[COINS], number, 1 + number % 2)
    if files.tree.unreadable or not coins or sum(coin["amount_sat"] for coin in coins) < 50_000:
        return ""
    made = _spend(coins, 1000 + 100 * (number % 3), number)
    if made["txid"] in files.tree.transactions:
        return ""  # it was given up; a wallet does not make the same transaction again
    files.lists[TRANSACTIONS].append(made)
    if number % 3:
        files.lists[MEMPOOL].append(_pending(made, []))
    if number % 5 == 0:
        files.lists[LOG].append(_event("consolidation", number, txid=made["txid"], outpoints=_texts(coins)))
    _move(files, coins, made)
    return f"pay {made['txid'][:8]}"


def _spend(coins: list[Record], fee_sat: int, number: int) -> Record:
    amount = sum(coin["amount_sat"] for coin in coins) - fee_sat
    paid = amount // (2 + number % 2)
    inputs = [{name: coin[name] for name in ("txid", "vout", "amount_sat")} for coin in coins]
    return _transaction(inputs, [(THEIRS, paid), (OURS, amount - paid)], fee_sat)


def _move(files: Files, coins: list[Record], made: Record) -> None:
    spent = {(coin["txid"], coin["vout"]) for coin in coins}
    files.lists[COINS] = [coin for coin in files.lists[COINS] if (coin["txid"], coin["vout"]) not in spent]
    for out in made["outputs"]:
        if out["address"] == OURS:
            files.lists[COINS].append(_coin(made["txid"], out["vout"], out["amount_sat"]))
    for record in (*files.lists[TRANSACTIONS], *files.lists[MEMPOOL]):
        for out in record["outputs"]:
            out["spent"] = out["spent"] or (record["txid"], out["vout"]) in spent


def confirm(files: Files, number: int) -> str:
    """A block holds one of the transactions, and all that it was built on."""
    live = files.tree.live
    waiting = [record for record in files.lists[TRANSACTIONS] if not record["confirmed"] and record["txid"] in live]
    if not waiting:
        return ""
    chosen = waiting[number % len(waiting)]
    named = [chosen["txid"]]
    for txid in named:
        parents = {spent["txid"] for spent in live[txid]["inputs"]} if txid in live else set()
        named += sorted(parents - set(named))
    known = [record for record in files.lists[TRANSACTIONS] if record["txid"] in named and not record["confirmed"]]
    for record in known:
        _mine(record)
    mined = {record["txid"]: record["block_height"] for record in known}
    files.drop(MEMPOOL, set(mined))
    for coin in files.lists[COINS]:
        coin["block_height"] = mined.get(coin["txid"], coin["block_height"])
    return f"confirm {chosen['txid'][:8]}"


def _mine(record: Record) -> None:
    height = 200 + int(record["txid"][:4], 16) % 100
    record |= {"confirmed": True, "block_height": height, "block_time": 1_700_000_000 + 600 * height,
               "block_hash": hashlib.sha256(str(height).encode()).hexdigest()}  # fmt: skip


def announce(files: Files, number: int) -> str:
    """A node has the transaction in its mempool, or has it no longer."""
    waiting = [record for record in files.lists[TRANSACTIONS] if _is_pending(files, record)]
    if not waiting:
        return ""
    chosen = waiting[number % len(waiting)]
    if chosen["txid"] in files.tree.mempool:
        files.drop(MEMPOOL, {chosen["txid"]})
        return f"evict {chosen['txid'][:8]}"
    files.lists[MEMPOOL].append(_pending(chosen, []))
    return f"announce {chosen['txid'][:8]}"


def _is_pending(files: Files, record: Record) -> bool:
    return not record["confirmed"] and record["txid"] in files.tree.live and record["fee_sat"] is not None


def give_up(files: Files, number: int) -> str:
    """A transaction is abandoned, with all that was built on it; what it spent is ours again."""
    chosen = _unconfirmed(files, number)
    if chosen is None:
        return ""
    _void(files, chosen, None)
    return f"give up {chosen['txid'][:8]}"


def replace(files: Files, number: int) -> str:
    """A payment is made anew with a higher fee."""
    chosen = _unconfirmed(files, number)
    if chosen is None:
        return ""
    coins = [coin for coin in (_known_coin(files, spent) for spent in chosen["inputs"]) if coin]
    made = _spend(coins, chosen["fee_sat"] + 500 * (1 + number % 3), number)
    if len(coins) != len(chosen["inputs"]) or made["txid"] in files.tree.transactions:
        return ""
    _void(files, chosen, made["txid"])
    files.lists[TRANSACTIONS].append(made)
    files.lists[MEMPOOL].append(_pending(made, [chosen["txid"]] if number % 2 else []))
    _move(files, coins, made)
    return f"replace {chosen['txid'][:8]} by {made['txid'][:8]}"


def _unconfirmed(files: Files, number: int) -> Record | None:
    """A payment of ours on which no confirmed transaction is built."""
    found = [
        record
        for record in files.lists[TRANSACTIONS]
        if _is_pending(files, record)
        and not any(files.tree.live[child].get("confirmed") for child in files.tree.children(record["txid"]))
    ]
    return found[number % len(found)] if found else None


def _known_coin(files: Files, spent: Record) -> Record | None:
    maker = files.tree.live.get(spent["txid"])
    if spent["txid"] != GENESIS and maker is None:
        return None
    coin = _coin(spent["txid"], spent["vout"], spent["amount_sat"])
    return coin | {"block_height": maker.get("block_height") if maker else None}


def _void(files: Files, chosen: Record, winner: str | None) -> None:
    gone = {chosen["txid"], *files.tree.children(chosen["txid"])}
    for txid in gone:
        for record in files.lists[TRANSACTIONS]:
            if record["txid"] == txid:
                record.update({"replaced_by": winner} if winner and txid == chosen["txid"] else {"abandoned": True})
    for txid in gone:
        for spent in files.tree.live[txid]["inputs"]:
            coin = _known_coin(files, spent)
            if coin and spent["txid"] not in gone:
                files.lists[COINS].append(coin)
            _unspend(files, spent)
    files.drop(MEMPOOL, gone)
    files.drop(COINS, gone)


def _unspend(files: Files, spent: Record) -> None:
    for record in (*files.lists[TRANSACTIONS], *files.lists[MEMPOOL]):
        for out in record["outputs"]:
            if (record["txid"], out["vout"]) == (spent["txid"], spent["vout"]):
                out["spent"] = False


def lose(files: Files, number: int) -> str:
    """A coin is gone, and nobody says by which transaction."""
    coins = _picked(files.lists[COINS], number, 1)
    if not coins or number % 4:
        return ""
    files.lists[COINS].remove(coins[0])
    return f"lose {_texts(coins)[0]}"


def label(files: Files, number: int) -> str:
    """A coin gets a name."""
    coins = _picked(files.lists[COINS], number, 1)
    for coin in coins:
        coin["label"] = f"Miete {number % 3}"
    return "label" if coins else ""


def note(files: Files, number: int) -> str:
    """An event of the log."""
    return _log(files, _event("custom", number))


def reserve(files: Files, number: int) -> str:
    """An agent says that it will spend a coin, or that it will not."""
    coins = _picked(files.lists[COINS], number, 1)
    what = "reserve" if number % 3 else "release"
    event = _event(what, number, outpoints=_texts(coins), agent=f"a{number % 2}")
    return _log(files, event | ({"expires_height": 500} if what == "reserve" else {})) if coins else ""


def simulate(files: Files, number: int) -> str:
    """A person turns the simulation on or off."""
    files.strategy["simulation_mode"] = bool(number % 2)
    return f"simulation_mode {bool(number % 2)}"


def _log(files: Files, event: Record) -> str:
    if event in files.lists[LOG]:
        return ""
    files.lists[LOG].append(event)
    return f"{event['event_type']} {event['timestamp']}"


def _event(event_type: str, number: int, **more: Any) -> Record:
    return {"timestamp": 1_700_000_000 + number % 50, "block_height": None, "event_type": event_type, "txid": None,
            "amount_sat": None, "fee_sat": None, "note": f"dca {number % 7}", **more}  # fmt: skip


def _picked(records: list[Record], number: int, count: int) -> list[Record]:
    start = number % max(1, len(records))
    return (records[start:] + records[:start])[:count]


def _texts(coins: list[Record]) -> list[str]:
    return [f"{coin['txid']}:{coin['vout']}" for coin in coins]


def both_spent(files: Files, number: int) -> str:
    """State that no commit may hold: a coin is listed that a transaction spends."""
    coins = _picked(files.lists[COINS], number, 1)
    if not coins:
        return ""
    files.lists[TRANSACTIONS].append(_spend(coins, 1000, number))
    return "spend and keep a coin"


def forget(files: Files, number: int) -> str:
    """A record of a file that only grows is gone."""
    known = files.lists[LOG if number % 2 else TRANSACTIONS]
    if not known:
        return ""
    del known[number % len(known)]
    return "forget a record"


HONEST: tuple[Callable[[Files, int], str], ...] = (
    receive, pay, pay, pay, confirm, announce, give_up, replace, label, note, reserve, simulate, lose,
)  # fmt: skip
BROKEN: tuple[Callable[[Files, int], str], ...] = (both_spent, forget)


def unattributed(before: Tree, after: Tree) -> set[Outpoint]:
    """The coins that left without a transaction."""
    gone = before.coins.keys() - after.coins.keys()
    return {outpoint for outpoint in gone if outpoint not in after.spenders and outpoint[0] not in after.dead}
