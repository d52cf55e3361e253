"""What state files say of transactions and coins, read independently of gitbtc."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.oracle.records import CHAIN, EXECUTION, MEMPOOL, TRANSACTIONS, UTXOS

if TYPE_CHECKING:
    from collections.abc import Iterable

Outpoint = tuple[str, int]  # txid, vout
Files = dict[str, Any]
ABSENT, LOST, LIVE, CONFIRMED = "absent", "lost", "live", "confirmed"


class View:
    """One moment: what it lists, the `fates` of transactions as it has them, and where they `stand`."""

    def __init__(self, files: Files, known: Known) -> None:
        rows = {path: files.get(path, []) for path in (UTXOS, TRANSACTIONS, MEMPOOL, EXECUTION)}
        self.coins = {(row["txid"], row["vout"]): row["amount_sat"] for row in rows[UTXOS]}
        self.heights = {(row["txid"], row["vout"]): row["block_height"] for row in rows[UTXOS]}
        self.chain = tuple(files.get(CHAIN, {}).get(name) for name in ("block_height", "block_hash"))
        self.stand: dict[str, set[Any]] = defaultdict(set)
        self.fates: dict[str, str] = defaultdict(lambda: ABSENT)
        self.block: dict[str, Any] = {}
        marked = {row["txid"] for row in rows[TRANSACTIONS] if row.get("replaced_by") or row.get("abandoned")}
        for event in rows[EXECUTION]:
            if event["txid"] and event.get("outpoints") and event["event_type"] not in ("reserve", "release"):
                spent = [(o.split(":")[0], int(o.split(":")[1])) for o in event["outpoints"]]
                known.learn(event["txid"], spent)
                self.stand[event["txid"]].add(EXECUTION)
        for path in (TRANSACTIONS, MEMPOOL):
            for row in rows[path]:
                known.learn_record(row)
                self.stand[row["txid"]].add(path)
                if row.get("confirmed"):
                    self.block[row["txid"]] = (row["block_height"], row.get("block_hash"))
        self.fates |= {t: LOST if t in marked else CONFIRMED if t in self.block else LIVE for t in self.stand}
        told = {row["txid"] for row in rows[TRANSACTIONS] if row.get("in_mempool") is False}
        self.waiting = {t for t in told if self.fates[t] == LIVE and MEMPOOL not in self.stand[t]}
        self.marks = {row["txid"]: row.get("replaced_by") for row in rows[TRANSACTIONS] if row["txid"] in marked}

    def spent(self, known: Known) -> set[Outpoint]:
        return {o for t, fate in self.fates.items() if fate in (LIVE, CONFIRMED) for o in known.inputs[t]}

    def lost(self, known: Known) -> set[str]:
        return known.with_descendants(t for t, fate in self.fates.items() if fate == LOST) & self.stand.keys()


class Known:
    """What is the same in every view: what transactions spend and make, what they pay, and what replaces what."""

    def __init__(self) -> None:
        self.inputs: dict[str, set[Outpoint]] = defaultdict(set)
        self.outputs: dict[Outpoint, int] = {}
        self.fees: dict[str, tuple[int, float]] = {}
        self.links: set[tuple[str, str]] = set()  # old, new

    def learn(self, txid: str, spent: Iterable[Outpoint]) -> None:
        self.inputs[txid] |= set(spent)

    def learn_record(self, row: dict[str, Any]) -> None:
        txid, fee = row["txid"], row["fee_sat"]
        self.learn(txid, ((spent["txid"], spent["vout"]) for spent in row["inputs"]))
        self.outputs |= {(txid, output["vout"]): output["amount_sat"] for output in row["outputs"]}
        self.links |= {(old, txid) for old in row.get("replaces", ())}
        if fee is not None:
            self.fees[txid] = fee, fee / (row["weight"] / 4 if "weight" in row else row["size_bytes"])
        if row.get("replaced_by"):
            self.links.add((txid, row["replaced_by"]))

    def with_descendants(self, txids: Iterable[str], but: Iterable[str] = ()) -> set[str]:
        found, but = set(txids), set(but)
        while more := {t for t, spent in self.inputs.items() if t not in found | but and {o[0] for o in spent} & found}:
            found |= more
        return found

    def rivals(self, txid: str, among: Iterable[str]) -> set[str]:
        return {other for other in among if other != txid and self.inputs[other] & self.inputs[txid]}

    def replaces(self, old: str, new: str) -> bool | None:
        """Whether `new` is proven to replace `old`; None where nothing links them, also by way of others."""
        newer = {new for one, new in self.links if one == old}
        while more := {new for one, new in self.links if one in newer} - newer:
            newer |= more
        if new not in newer or not self.inputs[old] & self.inputs[new]:
            return None
        if old not in self.fees or new not in self.fees:
            return False
        return all(less < more for less, more in zip(self.fees[old], self.fees[new], strict=True))
