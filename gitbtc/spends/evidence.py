"""What one snapshot of a root says about coins: which it holds, and which transactions claim to spend which."""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import built_in
from gitbtc.spends import CHAIN, COINS, EXECUTION, MEMPOOL, TRANSACTIONS, reservations
from gitbtc.spends.layer import Layer, Lineage
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

_NONE: list[Record] = []
# How strong a claim is: the stronger evidence stays.
CONFIRMED, IN_MEMPOOL, UNCONFIRMED, EVENT = 4, 3, 2, 1


class Evidence:
    """What a snapshot knows.

    `transactions`, `mempool`: txid -> record; `claims`: outpoint -> {txid that claims to spend it: strength}; `dead`:
    transactions that lost or were given up and claim nothing; `waiting`: those that are in no mempool; `named`: txid ->
    what it spends by the log, `agents`: who made it; `network`: the chain's name or "", `tip`: its height (blocks) or
    None. `base` is the evidence that this one was derived from, None for one that was read whole. `origin` is the
    snapshot that it was read from, where it was one's; `is_sound` whether it breaks no rule, None where nobody has
    looked.
    """

    __slots__ = (
        "_bottom", "_coins", "_events", "_files", "_is_new_log", "_log", "_lost", "_spent_of", "_standing", "_told",
        "agents", "base", "claims", "dead", "is_sound", "lineage", "mempool", "named", "network", "origin",
        "tip", "transactions", "waiting",
    )  # fmt: skip

    def __init__(
        self, files: Files, base: Evidence | None = None, changes: Changes | None = None, origin: Any = None
    ) -> None:
        """Read the snapshot whose state files `files` answers: whole, or what differs from `base`, which `changes`
        tells where that is known. Raises codec.Malformed.
        """
        self._files = files
        self._told = changes
        self.origin = origin
        self.is_sound: bool | None = None
        self._coins: Coins | None = None
        self._standing: Reservations | None = None
        self._spent_of: dict[str, list[Outpoint]] | None = None
        self._lost: dict[str, dict[Outpoint, set[str]]] | None = None
        self.base = base
        self._bottom: Evidence = base._bottom if base else self  # noqa: SLF001 - its own class
        self.transactions: Mapping[str, Record] = Layer(base.transactions) if base else {}
        self.mempool: Mapping[str, Record] = Layer(base.mempool) if base else {}
        self.claims: Mapping[Outpoint, dict[str, int]] = Layer(base.claims) if base else {}
        self.dead: Mapping[str, bool] = Layer(base.dead) if base else {}
        self.waiting: Mapping[str, bool] = Layer(base.waiting) if base else {}
        self.agents: Mapping[str, str] = Layer(base.agents) if base else {}
        self.named: Mapping[str, frozenset[Outpoint]] = Layer(base.named) if base else {}
        # Events that reserve or release: of the bottom evidence all, of others those since, or of a new log again all.
        self._log: list[Record] = []
        self._events: list[Record] = base._events if base else _NONE  # noqa: SLF001 - its own class
        self._is_new_log: bool = base._is_new_log if base else False  # noqa: SLF001 - its own class
        changed = self._learn()
        self.lineage: Lineage = Lineage(base.lineage if base else None, changed)
        chain = codec.parse(built_in(CHAIN), files(CHAIN)) if files(CHAIN) else {}
        self.network: str = chain.get("network", "")
        self.tip: int | None = chain.get("block_height")

    def _learn(self) -> set[str]:
        """Take in the records, and see again to every claim that they concern: the transactions of which that tells."""
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
                    _put(self.dead, txid, bool(new and is_dead(new)))
        for txid in changed:
            _put(self.waiting, txid, self.standing(txid).state == WAITING)
        pairs.update(self._learn_events())
        for txid, outpoint in pairs:
            strength = self._strength(txid, outpoint)
            claimants = {other: at for other, at in self.claims.get(outpoint, {}).items() if other != txid}
            _put(self.claims, outpoint, claimants | {txid: strength} if strength else claimants)
        return changed | {txid for txid, _ in pairs} if self.base else set()

    def _changes(self, kind: str) -> Iterable[tuple[Record | None, Record | None]]:
        if self._told is not None:
            return self._told(kind)
        if self.base is None:
            return ((None, record) for record in _records(self._files, kind))
        changes = delta(built_in(kind), self.base._files(kind), self._files(kind))  # noqa: SLF001 - its own class
        return ((change.old_record, change.new_record) for change in changes)

    def _claimed_elsewhere(self, txid: str) -> Iterable[Outpoint]:
        """What the mempool or the log says that a transaction spends: it claims none of it once it has lost."""
        return [*inputs(self.mempool.get(txid, {})), *self.named.get(txid, ())]

    def _learn_events(self) -> Iterable[tuple[str, Outpoint]]:
        events = [new for _, new in self._changes(EXECUTION)]
        pairs: list[tuple[str, Outpoint]] = []
        reserving: list[Record] = []
        if None in events:  # a log that was rewritten is read anew
            pairs = [(txid, outpoint) for txid, outpoints in self.named.items() for outpoint in outpoints]
            self._events, self.named, self.agents, self._is_new_log = [], {}, {}, self.base is not None
            events = [*_records(self._files, EXECUTION)]
        for event in events:
            txid = event.get("txid") if event else None
            if event and event.get("event_type") in ("reserve", "release"):
                reserving.append(event)
            elif event and txid:
                pairs += [(txid, outpoint) for outpoint in named(event)]
                _put(self.named, txid, self.named.get(txid, frozenset()) | set(named(event)))
                _put(self.agents, txid, event.get("agent") or self.agents.get(txid, ""))
        if self.base is None:
            self._log = reserving
        elif reserving:  # else it stays the very list of the base, which tells that nothing is reserved otherwise
            self._events = [*self._events, *reserving]
        return pairs

    def _strength(self, txid: str, outpoint: Outpoint) -> int:
        """How strongly `txid` claims `outpoint`; 0 when it does not, or has lost."""
        if txid in self.dead:
            return 0
        record = self.transactions.get(txid, {})
        if outpoint in inputs(record):
            held = CONFIRMED if record.get("confirmed") else UNCONFIRMED
        else:
            held = EVENT if outpoint in self.named.get(txid, ()) else 0
        return max(held, IN_MEMPOOL) if outpoint in inputs(self.mempool.get(txid, {})) else held

    @property
    def coins(self) -> Coins:
        """The coins that the snapshot lists; read when first asked for."""
        if self._coins is None:
            if self.base is None:
                self._coins = Coins(self._files(COINS))
            else:  # what a join tells of the base is not what that lists, but what a head has heard of it
                self._coins = CoinsOver(
                    self.base.coins, self._changes(COINS), is_read=self._told is None or self.origin is not None
                )
        return self._coins

    @property
    def reservations(self) -> Reservations:
        """outpoint -> agent -> the reservation that no release followed, whether it has expired or not."""
        if self._standing is None:
            self._standing = reservations.standing(self.reserving())
        return self._standing

    def _reserving(self) -> Iterable[Record]:
        """The events that reserve or release, of one that was read whole."""
        return self._log

    def reserving(self, since: Evidence | None = None) -> list[Record]:
        """The events that reserve or release; of them those `since` what it was read through in the end."""
        below = () if self._is_new_log or since is self._bottom else self._bottom._reserving()  # noqa: SLF001 - its own class
        return [*below, *self._events]

    def is_read_through(self, other: Evidence) -> bool:
        """Whether it is `other` with what is otherwise in layers over it; a log that was rewritten is not."""
        return self._bottom is other and not self._is_new_log

    def reserves_as(self, other: Evidence) -> bool:
        """Whether two snapshots are known to reserve the same, without looking at what."""
        return self._bottom is other._bottom and self._events is other._events

    def differing(self, other: Evidence) -> set[str] | None:
        """The transactions of which two snapshots may tell otherwise; None where neither was read through the other, or
        both through a third one.
        """
        return self.lineage.apart(other.lineage)

    def knows(self, txid: str) -> bool:
        """Whether any file of the snapshot names `txid` as a transaction."""
        return txid in self.transactions or txid in self.mempool or txid in self.named

    def standing(self, txid: str) -> Standing:
        """What the snapshot says of `txid`."""
        return standing(self.transactions.get(txid), self.mempool.get(txid), is_named=txid in self.named)

    def txids(self) -> set[str]:
        """Every transaction that a file of the snapshot names."""
        return {*self.transactions, *self.mempool, *self.named}

    def record(self, txid: str) -> Record:
        """The transaction's record, or that of the mempool; empty where only the log names it."""
        return self.transactions.get(txid) or self.mempool.get(txid) or {}

    def inputs(self, txid: str) -> list[Outpoint]:
        """What the transaction spends, by any file of the snapshot."""
        return inputs(self.record(txid)) or sorted(self.named.get(txid, ()))

    def every_input(self, txid: str) -> set[Outpoint]:
        """What any file of the snapshot says that the transaction spends."""
        told = (self.transactions.get(txid, {}), self.mempool.get(txid, {}))
        return {*self.named.get(txid, ()), *(outpoint for record in told for outpoint in inputs(record))}

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
            for outpoint in self.claims.own if isinstance(self.claims, Layer) else self.claims:
                self._spent_of.setdefault(outpoint[0], []).append(outpoint)
        own = self._spent_of.get(txid, [])
        if self._bottom is self:
            return own
        return [one for one in {*self._bottom.outputs_spent(txid), *own} if self.claims.get(one)]

    def lost_spenders(self, outpoint: Outpoint) -> set[str]:
        """The transactions that spend `outpoint`, and lost, or were given up."""
        return self.lost_children(outpoint[0]).get(outpoint, set())

    def ever_spent_by(self, outpoint: Outpoint) -> set[str]:
        """The transactions that spend `outpoint`, those that lost, or were given up, among them."""
        return {*self.claimants(outpoint), *self.lost_spenders(outpoint)}

    def children(self, txid: str) -> set[str]:
        """The transactions that spend an output of `txid`, those that lost, or were given up, among them."""
        spent = (self.claimants(outpoint) for outpoint in self.outputs_spent(txid))
        return set().union(*spent, *self.lost_children(txid).values())

    def lost_children(self, txid: str) -> dict[Outpoint, set[str]]:
        """The outputs of `txid` that transactions spend which lost, or were given up, and by which."""
        if self._lost is None:
            self._lost = {}
            told = (self.dead, self.transactions, self.mempool, self.named)
            for lost in {txid for one in told for txid in (one.own if isinstance(one, Layer) else self.dead)}:
                for spent in self.every_input(lost) if lost in self.dead else ():
                    self._lost.setdefault(spent[0], {}).setdefault(spent, set()).add(lost)
        found = {outpoint: {*txids} for outpoint, txids in self._lost.get(txid, {}).items()}
        below = {} if self._bottom is self else self._bottom.lost_children(txid)
        for outpoint, txids in below.items():
            still = {one for one in txids if one in self.dead and outpoint in self.every_input(one)}
            if still:
                found[outpoint] = still | found.get(outpoint, set())
        return found


def is_dead(transaction: Record) -> bool:
    """Whether a transaction record says that the transaction lost or was given up: a block ends every mark."""
    return not transaction.get("confirmed") and is_marked(transaction)


def is_marked(transaction: Record) -> bool:
    """Whether a transaction record carries a mark, with or without force."""
    return bool(transaction.get("replaced_by")) or transaction.get("abandoned") is True


def inputs(transaction: Record) -> list[Outpoint]:
    """The outpoints that a transaction or mempool record spends."""
    return [(spent["txid"], spent["vout"]) for spent in transaction.get("inputs", ())]


def _put(known: Any, key: Any, value: Any) -> None:
    """Hold `value` under `key`; an empty record, no claims, or False are nothing to hold."""
    is_held = bool(value) or isinstance(value, frozenset)
    if isinstance(known, Layer):
        known.put(key, value if is_held else None)
    elif is_held:
        known[key] = value
    else:
        known.pop(key, None)


def _records(files: Files, kind: str) -> list[Record]:
    content = files(kind)
    records: list[Any] = codec.parse(built_in(kind), content) if content else []
    return records


def outpoint_text(outpoint: Outpoint) -> str:
    """An outpoint as people write it: `txid:vout`."""
    return f"{outpoint[0]}:{outpoint[1]}"
