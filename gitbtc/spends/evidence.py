"""What one snapshot of a root says about coins: which it holds, and which transactions claim to spend which."""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import built_in
from gitbtc.spends import CHAIN, COINS, EXECUTION, MEMPOOL, TRANSACTIONS, reservations
from gitbtc.spends.layer import Layer
from gitbtc.spends.listing import Coins, CoinsOver
from gitbtc.spends.reservations import named
from gitbtc.spends.standing import WAITING, Standing, standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.reservations import Reservations

    # The content of a state file of the root by kind; b"" when the snapshot has none.
    Files = Callable[[str], bytes]
    # The records of a kind that differ from the base's, before and now; None where there is none.
    Changes = Callable[[str], Iterable[tuple[Record | None, Record | None]]]

# How strong a claim is: the stronger evidence stays.
CONFIRMED, IN_MEMPOOL, UNCONFIRMED, EVENT = 4, 3, 2, 1


class Evidence:
    """What a snapshot knows.

    `transactions`, `mempool`: txid -> record; `claims`: outpoint -> {txid that claims to spend it: strength}; `dead`:
    transactions that lost or were given up and claim nothing; `waiting`: those that are in no mempool; `agents`: txid
    -> who, by the log, made it; `network`: the chain's name or "", `tip`: its height (blocks) or None. `base` is the
    evidence that this one was derived from, and `changed` then the transactions of which it tells anything else; None
    for one that was read whole.
    """

    __slots__ = (
        "_coins", "_events", "_files", "_named", "_spent_of", "_standing", "_told", "agents",
        "base", "changed", "claims", "dead", "mempool", "network", "tip", "transactions", "waiting",
    )  # fmt: skip

    def __init__(self, files: Files, base: Evidence | None = None, changes: Changes | None = None) -> None:
        """Read the snapshot whose state files `files` answers: whole, or what differs from `base`, which `changes`
        tells where that is known. Raises codec.Malformed.
        """
        self._files = files
        self._told = changes
        self._coins: Coins | None = None
        self._standing: Reservations | None = None
        self._spent_of: dict[str, list[Outpoint]] | None = None
        self.base = base
        self.changed: set[str] | None = None
        self.transactions: Mapping[str, Record] = Layer(base.transactions) if base else {}
        self.mempool: Mapping[str, Record] = Layer(base.mempool) if base else {}
        self.claims: Mapping[Outpoint, dict[str, int]] = Layer(base.claims) if base else {}
        self.dead: set[str] = set(base.dead) if base else set()
        self.waiting: set[str] = set(base.waiting) if base else set()
        self.agents: dict[str, str] = dict(base.agents) if base else {}
        # Events that reserve or release, and the outpoints that other events say a transaction spends.
        self._events: list[Record] = list(base._events) if base else []  # noqa: SLF001 - its own class
        self._named: dict[str, frozenset[Outpoint]] = dict(base._named) if base else {}  # noqa: SLF001 - its own class
        self._learn()
        chain = codec.parse(built_in(CHAIN), files(CHAIN)) if files(CHAIN) else {}
        self.network: str = chain.get("network", "")
        self.tip: int | None = chain.get("block_height")

    def _learn(self) -> None:
        """Take in the records, and see again to every claim that they concern."""
        pairs: set[tuple[str, Outpoint]] = set()
        changed: set[str] = set()
        for kind, known in ((TRANSACTIONS, self.transactions), (MEMPOOL, self.mempool)):
            for old, new in self._changes(kind):
                txid = (new or old or {})["txid"]
                changed.add(txid)
                pairs.update((txid, outpoint) for record in (old, new) if record for outpoint in inputs(record))
                _put(known, txid, new)
                if kind == TRANSACTIONS:
                    pairs.update((txid, outpoint) for outpoint in self._claimed_elsewhere(txid))
                    (self.dead.add if new and is_dead(new) else self.dead.discard)(txid)
        for txid in changed:
            (self.waiting.add if self.standing(txid).state == WAITING else self.waiting.discard)(txid)
        pairs.update(self._learn_events())
        for txid, outpoint in pairs:
            strength = self._strength(txid, outpoint)
            claimants = {other: at for other, at in self.claims.get(outpoint, {}).items() if other != txid}
            _put(self.claims, outpoint, claimants | {txid: strength} if strength else claimants)
        if self.base:
            self.changed = changed | {txid for txid, _ in pairs}

    def _changes(self, kind: str) -> Iterable[tuple[Record | None, Record | None]]:
        if self._told is not None:
            return self._told(kind)
        if self.base is None:
            return ((None, record) for record in _records(self._files, kind))
        changes = delta(built_in(kind), self.base._files(kind), self._files(kind))  # noqa: SLF001 - its own class
        return ((change.old_record, change.new_record) for change in changes)

    def _claimed_elsewhere(self, txid: str) -> Iterable[Outpoint]:
        """What the mempool or the log says that a transaction spends: it claims none of it once it has lost."""
        return [*inputs(self.mempool.get(txid, {})), *self._named.get(txid, ())]

    def _learn_events(self) -> Iterable[tuple[str, Outpoint]]:
        events = [new for _, new in self._changes(EXECUTION)]
        pairs: list[tuple[str, Outpoint]] = []
        if None in events:  # a log that was rewritten is read anew
            pairs = [(txid, outpoint) for txid, outpoints in self._named.items() for outpoint in outpoints]
            self._events, self._named, self.agents = [], {}, {}
            events = [*_records(self._files, EXECUTION)]
        for event in events:
            txid = event.get("txid") if event else None
            if event and event.get("event_type") in ("reserve", "release"):
                self._events.append(event)
            elif event and txid:
                pairs += [(txid, outpoint) for outpoint in named(event)]
                self._named[txid] = self._named.get(txid, frozenset()) | set(named(event))
                self.agents[txid] = event.get("agent") or self.agents.get(txid, "")
        return pairs

    def _strength(self, txid: str, outpoint: Outpoint) -> int:
        """How strongly `txid` claims `outpoint`; 0 when it does not, or has lost."""
        if txid in self.dead:
            return 0
        record = self.transactions.get(txid, {})
        if outpoint in inputs(record):
            held = CONFIRMED if record.get("confirmed") else UNCONFIRMED
        else:
            held = EVENT if outpoint in self._named.get(txid, ()) else 0
        return max(held, IN_MEMPOOL) if outpoint in inputs(self.mempool.get(txid, {})) else held

    @property
    def coins(self) -> Coins:
        """The coins that the snapshot lists; read when first asked for."""
        if self._coins is None:
            if self.base is None:
                self._coins = Coins(self._files(COINS))
            elif self._told is not None:
                self._coins = CoinsOver(self.base.coins, self._told(COINS))
            else:
                content = self._files(COINS)
                changes = delta(built_in(COINS), self.base.coins.content, content)
                told = ((change.old_record, change.new_record) for change in changes)
                self._coins = CoinsOver(self.base.coins, told, content)
        return self._coins

    @property
    def reservations(self) -> Reservations:
        """outpoint -> agent -> the reservation that no release followed, whether it has expired or not."""
        if self._standing is None:
            self._standing = reservations.standing(self._events)
        return self._standing

    def knows(self, txid: str) -> bool:
        """Whether any file of the snapshot names `txid` as a transaction."""
        return txid in self.transactions or txid in self.mempool or txid in self._named

    def standing(self, txid: str) -> Standing:
        """What the snapshot says of `txid`."""
        return standing(self.transactions.get(txid), self.mempool.get(txid), is_named=txid in self._named)

    def txids(self) -> set[str]:
        """Every transaction that a file of the snapshot names."""
        return {*self.transactions, *self.mempool, *self._named}

    def record(self, txid: str) -> Record:
        """The transaction's record, or that of the mempool; empty where only the log names it."""
        return self.transactions.get(txid) or self.mempool.get(txid) or {}

    def inputs(self, txid: str) -> list[Outpoint]:
        """What the transaction spends, by any file of the snapshot."""
        return inputs(self.record(txid)) or sorted(self._named.get(txid, ()))

    def spends(self, outpoint: Outpoint) -> bool:
        """Whether a live transaction spends `outpoint`: more than an event of the log says so."""
        return any(strength > EVENT for strength in self.claimants(outpoint).values())

    def claimants(self, outpoint: Outpoint) -> dict[str, int]:
        """The transactions that claim to spend `outpoint`, each with the strength of its evidence."""
        return self.claims.get(outpoint, {})

    def spender(self, outpoint: Outpoint) -> str | None:
        """The best claimed spender; on equal evidence the smaller txid, so that the answer has no order."""
        claimants = self.claimants(outpoint)
        return min(claimants, key=lambda txid: (-claimants[txid], txid)) if claimants else None

    def outputs_spent(self, txid: str) -> list[Outpoint]:
        """The outputs of `txid` that some live transaction spends."""
        if self._spent_of is None:
            self._spent_of = {}
            for outpoint in self.claims:
                self._spent_of.setdefault(outpoint[0], []).append(outpoint)
        return self._spent_of.get(txid, [])


def is_dead(transaction: Record) -> bool:
    """Whether a transaction record says that the transaction lost or was given up: a block ends every mark."""
    return not transaction.get("confirmed") and is_marked(transaction)


def is_marked(transaction: Record) -> bool:
    """Whether a transaction record carries a mark, with or without force."""
    return bool(transaction.get("replaced_by")) or transaction.get("abandoned") is True


def inputs(transaction: Record) -> list[Outpoint]:
    """The outpoints that a transaction or mempool record spends."""
    return [(spent["txid"], spent["vout"]) for spent in transaction.get("inputs", ())]


def _put(known: Any, key: Any, record: Any) -> None:
    """Hold `record` (or nothing) under `key`."""
    if isinstance(known, Layer):
        known.put(key, record or None)
    elif record:
        known[key] = record
    else:
        known.pop(key, None)


def _records(files: Files, kind: str) -> list[Record]:
    content = files(kind)
    records: list[Any] = codec.parse(built_in(kind), content) if content else []
    return records


def outpoint_text(outpoint: Outpoint) -> str:
    """An outpoint as people write it: `txid:vout`."""
    return f"{outpoint[0]}:{outpoint[1]}"
