"""A snapshot and what the state files hold already become what they hold next. Pure.

A source speaks for what it can see and for nothing else. Records that it cannot know are kept; what people wrote where
the source is silent (labels, a replacement that the node never saw) is kept; its own coins that are gone are removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record
    from gitbtc.sources.snapshot import Outpoint, SourceSnapshot

Records = list[dict[str, Any]]
Rule = Callable[["Root"], Records]


class Root:
    """The records of a root while a snapshot is brought in.

    `held` are the records before; `transactions` those after, by txid; `spent_by` maps each outpoint to the live
    transactions that spend it. `notices` is for what the user should know.
    """

    def __init__(self, held: dict[str, Any], snapshot: SourceSnapshot) -> None:
        self.held = held
        self.snapshot = snapshot
        self.notices: list[str] = []
        self.known = {record["txid"] for record in snapshot.records.get("transactions", ())}
        self.transactions = _transactions(self)
        self.spent_by = _spends(filter(is_live, self.transactions.values()))
        self._settle_against_blocks()
        self._mark_spent()
        self._mention_double_spends()

    def before(self, kind: str) -> Records:
        """The records of an array file before."""
        records: Records = self.held.get(kind, [])
        return records

    def now(self, kind: str) -> Records:
        """The snapshot's records of an array file."""
        records: Records = self.snapshot.records.get(kind, [])
        return records

    def is_dead(self, txid: str) -> bool:
        """Whether `txid` is known to have lost."""
        return txid in self.transactions and not is_live(self.transactions[txid])

    def is_confirmed(self, txid: str) -> bool:
        """Whether `txid` is known to be in a block."""
        return txid in self.transactions and bool(self.transactions[txid]["confirmed"])

    def _settle_against_blocks(self) -> None:
        """An unconfirmed transaction of another source loses to a confirmed one of the snapshot."""
        for txid in sorted(self.transactions.keys() - self.known):
            record = self.transactions[txid]
            if not is_live(record) or record["confirmed"]:
                continue
            rivals = {rival for outpoint in _inputs(record) for rival in self.spent_by[outpoint]} & self.known
            winner = min(filter(self.is_confirmed, rivals), default=None)
            if winner:
                self.transactions[txid] = {**record, "replaced_by": winner}
                self.notices.append(f"{txid} lost its coins to {winner}, which is confirmed")
        self.spent_by = _spends(filter(is_live, self.transactions.values()))

    def _mark_spent(self) -> None:
        """Set every output's `spent`, also of records that the snapshot does not know."""
        named = _spends(self.transactions.values())
        told = {(record["txid"], output["vout"]) for record in self.before("transactions")
                for output in record["outputs"] if output["spent"]}  # fmt: skip
        for txid, record in self.transactions.items():
            spent = {output["vout"]: self._spent((txid, output["vout"]), named, told) for output in record["outputs"]}
            outputs = [{**output, "spent": spent[output["vout"]]} for output in record["outputs"]]
            self.transactions[txid] = {**record, "outputs": outputs}

    def _spent(self, outpoint: Outpoint, named: dict[Outpoint, set[str]], told: set[Outpoint]) -> bool:
        """A live transaction spends it; or another source said so, of an output that this one cannot watch."""
        return outpoint in self.spent_by or (
            outpoint in told and outpoint not in self.snapshot.owned and outpoint not in named
        )

    def _mention_double_spends(self) -> None:
        for (txid, vout), spenders in sorted(self.spent_by.items()):
            if len(spenders) > 1:
                self.notices.append(
                    f"{txid}:{vout} is spent by {' and by '.join(sorted(spenders))}; before this can be committed, "
                    "the one that lost must name the other in replaced_by"
                )


def reconcile(held: dict[str, Any], snapshot: SourceSnapshot) -> tuple[dict[str, Any], list[str]]:
    """What each kind of the snapshot, and each kind that follows from it, holds next; and notices.

    `held` has the records of each kind that a state file exists for. Both must be valid by their schemas.
    """
    root = Root(held, snapshot)
    spoken = [kind for kind in RULES if kind in snapshot.records or (kind in held and kind in _FOLLOWING)]
    after: dict[str, Any] = {kind: RULES[kind](root) for kind in spoken}
    after["chain"] = snapshot.chain
    earlier = held.get("chain")
    if earlier and earlier["block_height"] > snapshot.chain["block_height"]:
        root.notices.append(
            f"the tip went back from block {earlier['block_height']} to {snapshot.chain['block_height']}: the chain "
            "was reorganised, or these answers are older than the last ones"
        )
    return after, root.notices


def is_live(transaction: Record) -> bool:
    """Whether a transaction record claims its inputs."""
    return not transaction.get("replaced_by") and not transaction.get("abandoned")


def _inputs(transaction: Record) -> list[Outpoint]:
    return [(source["txid"], source["vout"]) for source in transaction["inputs"]]


def _spends(transactions: Iterable[Record]) -> dict[Outpoint, set[str]]:
    spends: dict[Outpoint, set[str]] = {}
    for record in transactions:
        for outpoint in _inputs(record):
            spends.setdefault(outpoint, set()).add(record["txid"])
    return spends


# -- one rule a kind ---------------------------------------------------------------------------------------------------


def _transactions(root: Root) -> dict[str, Record]:
    """Append-only: nothing is removed; what the snapshot knows is brought up to date."""
    merged = {record["txid"]: record for record in root.before("transactions")}
    for record in root.now("transactions"):
        held = merged.get(record["txid"])
        merged[record["txid"]] = record if held is None else _updated(held, record, root.known)
    return merged


def _updated(held: Record, seen: Record, known: set[str]) -> Record:
    amounts = {(source["txid"], source["vout"]): source["amount_sat"] for source in held["inputs"]}
    inputs = [
        source if source["amount_sat"] is not None
        else {**source, "amount_sat": amounts.get((source["txid"], source["vout"]))}
        for source in seen["inputs"]
    ]  # fmt: skip
    record = {**_keeping(held, seen, "label", "fee_sat"), "inputs": inputs}
    winner = held.get("replaced_by")
    # A winner that the node never saw was settled elsewhere: by a merge, or by hand. Only a block says otherwise.
    unseen = winner and winner not in known and not seen["confirmed"] and not seen.get("replaced_by")
    return {**record, "replaced_by": winner} if unseen else record


def _keeping(held: Record, seen: Record, *names: str) -> Record:
    """What is seen, and of these fields what is held where the source is silent."""
    return {**seen, **{name: held[name] for name in names if seen[name] is None}}


def _coins(root: Root) -> Records:
    """The coins of all sources, except those that a live transaction spends or a lost one made.

    A coin of the snapshot's wallet that is gone is one of these. Another source's coin is not, since no transaction of
    the snapshot touches it. And spent stays spent: a transaction that another node saw spends a coin that this one
    still lists.
    """
    held = {(coin["txid"], coin["vout"]): coin for coin in root.before("utxos")}
    merged = dict(held)
    for coin in root.now("utxos"):
        outpoint = coin["txid"], coin["vout"]
        merged[outpoint] = _keeping(held[outpoint], coin, "label") if outpoint in held else coin
    gone = {outpoint for outpoint in merged if outpoint in root.spent_by or root.is_dead(outpoint[0])}
    return [coin for outpoint, coin in merged.items() if outpoint not in gone]


def _labels(root: Root) -> Records:
    """Labels are added, never removed, and never changed: category and date may have been corrected by hand."""
    merged = {(record["address"], record["label"]): record for record in [*root.now("labels"), *root.before("labels")]}
    return list(merged.values())


def _descriptors(root: Root) -> Records:
    """By id; the user's label stays, and an index once used stays used."""
    merged = {record["id"]: record for record in root.before("descriptors")}
    for record in root.now("descriptors"):
        held = merged.get(record["id"], record)
        used = max(record["next_index"], held.get("next_index", 0))
        merged[record["id"]] = {**_keeping(held, record, "label"), "next_index": used}
    return list(merged.values())


def _mempool(root: Root) -> Records:
    """The wallet's own entries as they are now; those of others stay until they confirm or lose."""
    watched = root.known if "mempool" in root.snapshot.records else frozenset()
    merged = {record["txid"]: record for record in root.before("mempool") if record["txid"] not in watched}
    merged |= {record["txid"]: {**record, "outputs": root.transactions[record["txid"]]["outputs"]}
               for record in root.now("mempool")}  # fmt: skip
    return [record for txid, record in merged.items() if not root.is_confirmed(txid) and not root.is_dead(txid)]


def _fees(root: Root) -> Records:
    """A log: readings are added."""
    return [*root.before("fees"), *(record for record in root.now("fees") if record not in root.before("fees"))]


RULES: dict[str, Rule] = {
    "transactions": lambda root: list(root.transactions.values()),
    "utxos": _coins,
    "labels": _labels,
    "descriptors": _descriptors,
    "mempool": _mempool,
    "fees": _fees,
}
# Kinds that the transactions say something about, even where the source is silent.
_FOLLOWING = frozenset(["utxos", "mempool"])
