"""What a treasury is, told a second time: coins, transactions and what follows from them, on the bytes of a tree.

Plain Python on purpose. Nothing of the program that is under test is used here, so that one mistake is not made twice.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Record = dict[str, Any]
    Outpoint = tuple[str, int]

# The last two parts of each path that the model knows.
COINS, TRANSACTIONS, MEMPOOL = "wallet/utxos.json", "wallet/transactions.json", "network/mempool.json"
LOG, STRATEGY = "strategy/execution.json", "strategy/agent.json"
FILES = (COINS, TRANSACTIONS, MEMPOOL, LOG, STRATEGY)

OURS = "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0"
THEIRS = "bcrt1qsl0cr0fry3w67cqmnc7fjsxd82uep4hd7gsw7t"

# Coins that every treasury of the model was born with: no transaction record says where they come from.
GENESIS = "f0" * 32
GENESIS_COINS = 5


class Tree:
    """The state of one commit, read from its files. `unreadable` names those that do not parse; they count as empty."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self.unreadable: set[str] = set()
        self.transactions = {record["txid"]: record for record in self.records(TRANSACTIONS)}
        self.mempool = {record["txid"]: record for record in self.records(MEMPOOL)}
        self.coins = {_outpoint(record): record for record in self.records(COINS)}
        self.simulating: bool | None = self._parsed(STRATEGY, {}).get("simulation_mode")
        self.records(LOG)

    def records(self, path: str) -> list[Record]:
        """The records of a state file."""
        found: list[Record] = self._parsed(path, [])
        return found

    def _parsed(self, path: str, empty: Any) -> Any:
        try:
            return json.loads(self._files[path]) if path in self._files else empty
        except ValueError:
            self.unreadable.add(path)
            return empty

    # -- transactions ----------------------------------------------------------------------------------------------

    @cached_property
    def dead(self) -> set[str]:
        """Transactions that were replaced or given up."""
        marks = ("replaced_by", "abandoned")
        return {txid for txid, record in self.transactions.items() if any(record.get(mark) for mark in marks)}

    @cached_property
    def live(self) -> dict[str, Record]:
        """Every transaction that stands: in the records or in the mempool, and not dead."""
        return {txid: record for txid, record in {**self.mempool, **self.transactions}.items() if txid not in self.dead}

    @cached_property
    def spenders(self) -> dict[Outpoint, set[str]]:
        """Who spends what."""
        found: dict[Outpoint, set[str]] = {}
        for kind in (self.transactions, self.mempool):
            for txid, record in kind.items():
                if txid not in self.dead:
                    for spent in record["inputs"]:
                        found.setdefault(_outpoint(spent), set()).add(txid)
        return found

    def children(self, txid: str) -> set[str]:
        """The live transactions that spend an output of `txid`, and those that spend theirs."""
        found: set[str] = set()
        waiting = [txid]
        while waiting:
            parent = waiting.pop()
            new = {child for (made_by, _), who in self.spenders.items() if made_by == parent for child in who} - found
            found |= new
            waiting += new
        return found

    # -- what can never be committed -------------------------------------------------------------------------------

    def faults(self) -> Iterator[str]:
        """State that no commit may hold (as `gitbtc check` has it), in words."""
        for path in sorted(self.unreadable):
            yield f"{path} does not parse"
        for outpoint, who in self.spenders.items():
            if len(who) > 1:
                yield f"{outpoint} is spent by {sorted(who)}"
            if outpoint in self.coins:
                yield f"{outpoint} is listed and spent by {sorted(who)}"
        yield from (f"{txid} is confirmed and in the mempool" for txid in self._confirmed() & self.mempool.keys())
        for txid, record in [*self.transactions.items(), *self.mempool.items()]:
            yield from _fee_fault(txid, record)
        for path in (COINS, TRANSACTIONS, MEMPOOL):
            names = [_outpoint(record) if path == COINS else record["txid"] for record in self.records(path)]
            if len(names) != len(set(names)):
                yield f"{path}: an identity occurs twice"

    def _confirmed(self) -> set[str]:
        return {txid for txid, record in self.transactions.items() if record["confirmed"]}

    # -- value -----------------------------------------------------------------------------------------------------

    def owned(self) -> dict[Outpoint, int]:
        """The coins that there must be: all that was ever received, through all transactions that stand; in sat."""
        made = {(GENESIS, vout): genesis_amount(vout) for vout in range(GENESIS_COINS)}
        for txid, record in self.live.items():
            made |= {(txid, out["vout"]): out["amount_sat"] for out in record["outputs"] if out["address"] == OURS}
        return {outpoint: amount for outpoint, amount in made.items() if outpoint not in self.spenders}

    def discrepancies(self, unattributed: set[Outpoint]) -> Iterator[str]:
        """Where the listed coins are not those that there must be; of those `unattributed` nobody can tell."""
        owned = self.owned()
        for outpoint in sorted((owned.keys() ^ self.coins.keys()) - unattributed):
            yield f"{outpoint} is {'missing' if outpoint in owned else 'listed, but is no coin'}"
        for outpoint in sorted(owned.keys() & self.coins.keys()):
            if owned[outpoint] != self.coins[outpoint]["amount_sat"]:
                yield f"{outpoint} has another amount"
        for (txid, vout), who in self.spenders.items():
            if txid in self.dead and (txid, vout) not in unattributed:
                yield f"{sorted(who)} spend an output of {txid}, which is dead"

    # -- files that only grow --------------------------------------------------------------------------------------

    @cached_property
    def grown(self) -> set[str]:
        """What may never be lost: the transactions by identity and what their txid commits to, events as they are."""
        known = {
            json.dumps([txid, record["inputs"], [(out["vout"], out["amount_sat"]) for out in record["outputs"]]])
            for txid, record in self.transactions.items()
        }
        return known | {json.dumps(event, sort_keys=True) for event in self.records(LOG)}


def _outpoint(record: Record) -> Outpoint:
    return record["txid"], record["vout"]


def _fee_fault(txid: str, record: Record) -> Iterator[str]:
    amounts = [spent["amount_sat"] for spent in record["inputs"]]
    if amounts and None not in amounts:
        paid = sum(amounts) - sum(out["amount_sat"] for out in record["outputs"])
        if paid < 0 or record["fee_sat"] not in (None, paid):
            yield f"{txid} pays {paid} sat and says {record['fee_sat']}"


def genesis_amount(vout: int) -> int:
    """What a coin of the beginning is worth, in sat."""
    return (vout + 1) * 1_000_000
