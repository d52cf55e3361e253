"""What joined heads say of coins: which transactions share one, what the evidence decides, what stays contested.

The same table as for a merge (gitbtc/spends/verdicts.py), asked of all heads at once. What the evidence decides is
carried out; of all else both claims stay, the coin is not listed, and the join says so.
"""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in, root_of
from gitbtc.spends import COINS, EVIDENCE, EXECUTION, MEMPOOL, TRANSACTIONS, rules
from gitbtc.spends.evidence import CONFIRMED, EVENT, Evidence
from gitbtc.spends.replacement import pays_more, successors
from gitbtc.spends.reservations import holds, named
from gitbtc.spends.settle import Settlement, settle
from gitbtc.spends.testimony import FIXED
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gitbtc.join.drafts import Decided, Draft
    from gitbtc.join.element import Element
    from gitbtc.join.reading import Reading
    from gitbtc.join.states import Name, State
    from gitbtc.kinds.kind import Key, Record
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.settle import State as Records


class Contested:
    """A coin that the join leaves contested: the `type` of the conflict, as a merge would name it, its `root`, and the
    `parties`: transactions, or agents that reserved it.
    """

    __slots__ = ("amount_sat", "outpoint", "parties", "root", "type")

    def __init__(
        self, root: str, outpoint: Outpoint, type_: str, parties: Iterable[str], amount_sat: int | None
    ) -> None:
        self.root = root
        self.outpoint = outpoint
        self.type = type_
        self.parties = sorted(set(parties))
        self.amount_sat = amount_sat


class Settled:
    """A coin of which the evidence decides who spends it."""

    __slots__ = ("losers", "notice", "outpoint", "root", "winner")

    def __init__(self, root: str, outpoint: Outpoint, notice: str, winner: str | None, losers: Iterable[str]) -> None:
        self.root = root
        self.outpoint = outpoint
        self.notice = notice
        self.winner = winner
        self.losers = sorted(losers)


class Coins:
    """The coins of one root of a draft, of which the base tells `base`; `settle` has it be what the evidence says."""

    def __init__(self, draft: Draft, root: str, base: Evidence) -> None:
        self._draft = draft
        self._root = root
        self._base = base
        self._known: Evidence | None = None
        self.settled: list[Settled] = []
        self.contested: list[Contested] = []

    def settle(self) -> None:
        """Carry out what the evidence decides, and tell what it does not."""
        self._carry_out()
        self._drop_stale()
        self._judge()

    def _path(self, kind: str) -> str:
        return path_in(self._root, kind)

    def _evidence(self) -> Evidence:
        if self._known is None:
            self._known = Evidence(lambda kind: self._draft.content(self._path(kind)) or b"", self._base,
                                   lambda kind: self._draft.changes(self._path(kind)))  # fmt: skip
        return self._known

    def _put(self, kind: str, records: Mapping[Key, Record | None]) -> None:
        if records:
            self._draft.put(self._path(kind), records)
            self._known = None

    def _element(self, state: State, kind: str, key: Key) -> Element:
        return self._draft.states.element(state, (self._path(kind), key))

    # -- coins that several transactions spend ---------------------------------------------------------------------

    def _carry_out(self) -> None:
        evidence = self._evidence()
        decided = [found for outpoint in self._claimed(evidence) if (found := self._decided(evidence, outpoint))]
        if not decided:
            return
        records = self._records()
        for one in decided:
            winners, spent = {one.winner} - {None}, {one.outpoint}
            settlement = Settlement(one.losers, [txid for txid in winners if txid], taken=spent if winners else ())
            settle(records, settlement, self._known_coin)
            self.settled.append(one)
        self._take_over(records)

    def _claimed(self, evidence: Evidence) -> list[Outpoint]:
        """The coins that more than one transaction claims, where only the join brings the claims together."""
        touched = evidence.affected or ()
        many = (outpoint for outpoint in touched if len(evidence.claimants(outpoint)) > 1)
        return sorted(outpoint for outpoint in many if self._is_news(evidence, outpoint))

    def _is_news(self, evidence: Evidence, outpoint: Outpoint) -> bool:
        claimants = evidence.claimants(outpoint)
        if sum(strength > EVENT for strength in claimants.values()) > 1:
            return True
        if claimants.keys() <= self._base.claimants(outpoint).keys():
            return False
        return not any(all(self._knows(head, txid, outpoint) for txid in claimants) for head in self._draft.heads)

    def _knows(self, head: State, txid: str, outpoint: Outpoint) -> bool:
        """Whether a head knows that a transaction claims a coin."""
        if txid in self._base.claimants(outpoint):
            return True
        if any(self._element(head, kind, (txid,)).lists() for kind in (TRANSACTIONS, MEMPOOL)):
            return True
        events = (element for name, element in self._events(head) if name)
        return any(
            _names(event, txid, outpoint) for element in events if element.lists() for event in element.present.values()
        )

    def _events(self, head: State) -> Iterator[tuple[Name, Element]]:
        path = self._path(EXECUTION)
        for name in head.names():
            if name[0] == path and name[1] is not None:
                yield name, self._draft.states.element(head, name)

    def _decided(self, evidence: Evidence, outpoint: Outpoint) -> Settled | None:
        claimants = evidence.claimants(outpoint)
        confirmed = _confirmed(evidence, outpoint)
        if len(confirmed) == 1:
            [winner] = confirmed
            return Settled(self._root, outpoint, "conflicted", winner, claimants.keys() - confirmed)
        winner_ = None if confirmed else _replacement(evidence, claimants)
        return Settled(self._root, outpoint, "replaced", winner_, claimants.keys() - {winner_}) if winner_ else None

    def _records(self) -> Records:
        records: Records = {}
        for kind in (COINS, TRANSACTIONS, MEMPOOL):
            content, known = self._draft.content(self._path(kind)) or b"", built_in(kind)
            lines = codec.keyed(known, content)
            records[kind] = {key: codec.decode_line(known, line) for key, line in lines.items()}
        return records

    def _known_coin(self, outpoint: Outpoint) -> Record | None:
        name = self._path(COINS), outpoint
        known = self._draft.states.element(self._draft.state, name).view(self._draft.reading.policy(name[0]))
        return known or self._draft.reading.base.record(name)

    def _take_over(self, records: Records) -> None:
        for kind, found in records.items():
            known = built_in(kind)
            before = codec.keyed(known, self._draft.content(self._path(kind)) or b"")
            changed: dict[Key, Record | None] = {key: None for key in before if key not in found}
            changed |= {key: one for key, one in found.items() if before.get(key) != codec.encode_record(known, one)}
            self._put(kind, changed)

    # -- what cannot be so -----------------------------------------------------------------------------------------

    def _drop_stale(self) -> None:
        """Coins that a live transaction spends or a lost one made; pending ones that are confirmed or lost."""
        evidence = self._evidence()
        coins: dict[Key, Record | None] = dict.fromkeys(rules.stale_coins(evidence))
        waiting: dict[Key, Record | None] = {(txid,): None for txid in rules.stale_pending(evidence)}
        self._put(COINS, coins)
        self._put(MEMPOOL, waiting)

    # -- what stays contested --------------------------------------------------------------------------------------

    def _judge(self) -> None:
        evidence = self._evidence()
        found: dict[Outpoint, Contested] = {}
        for source in (self._spent_twice, self._built_on, self._restored, self._candidates, self._reserved,
                       self._redescribed):  # fmt: skip
            for contested in source(evidence, found):
                found.setdefault(contested.outpoint, contested)
        self.contested = [found[outpoint] for outpoint in sorted(found)]

    def _contest(self, outpoint: Outpoint, type_: str, parties: Iterable[str]) -> Contested:
        coin = self._known_coin(outpoint) or {}
        return Contested(self._root, outpoint, type_, parties, coin.get("amount_sat"))

    def _spent_twice(self, evidence: Evidence, _: dict[Outpoint, Contested]) -> Iterator[Contested]:
        for outpoint in self._claimed(evidence):
            yield self._contest(outpoint, _type(evidence, outpoint), evidence.claimants(outpoint))

    def _built_on(self, evidence: Evidence, found: dict[Outpoint, Contested]) -> Iterator[Contested]:
        """What was built on transactions that may lose, or on one that has lost."""
        rivals = {txid for contest in found.values() for txid in contest.parties}
        for outpoint, child in evidence.built_on(rivals).items():
            yield self._contest(outpoint, "descendant", [child])
        for outpoint, child in evidence.built_on(evidence.dead).items():
            known = outpoint[0] in self._base.dead and child in self._base.claimants(outpoint)
            if outpoint[0] in evidence.dead and not known:
                yield self._contest(outpoint, "descendant", [child])

    def _restored(self, evidence: Evidence, _: dict[Outpoint, Contested]) -> Iterator[Contested]:
        """A coin again to a head that has seen it spent, still spent by an unconfirmed transaction to the others."""
        path = self._path(COINS)
        for key in self._draft.touched(path):
            outpoint = _outpoint((path, key))
            spender = evidence.spender(outpoint)
            if spender is None or evidence.claimants(outpoint)[spender] == CONFIRMED:
                continue
            is_listed = self._draft.reading.base.record((path, key)) is not None
            was_spent = not is_listed and spender in self._base.claimants(outpoint)
            heads = self._draft.heads if was_spent or self._element(self._draft.state, COINS, outpoint).back else ()
            views = (self._element(head, COINS, outpoint) for head in heads)
            if any(coin.lists() and (coin.back or was_spent) for coin in views):
                yield self._contest(outpoint, "restored_vs_spent", [spender])

    def _gone(self) -> Iterator[tuple[Name, Element]]:
        """The coins that somebody took out, and nobody who had seen that listed again."""
        path = self._path(COINS)
        for key, record in self._draft.touched(path).items():
            if key is not None and record is None:
                element = self._draft.states.element(self._draft.state, (path, key))
                if not element.lists():
                    yield (path, key), element

    def _candidates(self, evidence: Evidence, _: dict[Outpoint, Contested]) -> Iterator[Contested]:
        """Coins that several commits took out, and nobody says for which transaction."""
        for name, element in self._gone():
            outpoint = _outpoint(name)
            is_told = bool(evidence.claimants(outpoint)) or outpoint[0] in evidence.dead
            if len(element.gone - element.back) > 1 and not is_told:
                yield self._contest(outpoint, "double_spend_candidate", ())

    def _reserved(self, evidence: Evidence, _: dict[Outpoint, Contested]) -> Iterator[Contested]:
        for outpoint, by_agent in sorted(evidence.reservations.items()):
            holding = {agent: held.event for agent, held in by_agent.items() if holds(held, evidence.tip)}
            known = self._base.reservations.get(outpoint, {})
            if len(holding) > 1 and not holding.keys() <= known.keys() and not self._one_knows(holding.values()):
                yield self._contest(outpoint, "reservation", holding)
            yield from self._taken(evidence, outpoint, holding)

    def _taken(self, evidence: Evidence, outpoint: Outpoint, holding: dict[str, Record]) -> Iterator[Contested]:
        """Reserved by one agent, spent by another."""
        spender = evidence.spender(outpoint)
        if spender is None or not holding or spender in self._base.claimants(outpoint):
            return
        agent = evidence.agents.get(spender, "")
        for holder, event in holding.items():
            foreign = agent != holder if agent else True
            if foreign and not self._one_head_has(spender, outpoint, event):
                yield self._contest(outpoint, "reservation", [holder, spender])

    def _one_head_has(self, spender: str, outpoint: Outpoint, event: Record) -> bool:
        return any(self._has(head, event) and self._knows(head, spender, outpoint) for head in self._draft.heads)

    def _one_knows(self, events: Iterable[Record]) -> bool:
        told = list(events)
        return any(all(self._has(head, event) for event in told) for head in self._draft.heads)

    def _has(self, head: State, event: Record) -> bool:
        kind = built_in(EXECUTION)
        key = codec.key_of(kind, event, codec.encode_record(kind, event))
        return self._element(head, EXECUTION, key).lists()

    def _redescribed(self, _: Evidence, __: dict[Outpoint, Contested]) -> Iterator[Contested]:
        """Coins of which two heads, or a head and the base, tell another amount, script or address."""
        path = self._path(COINS)
        for key in self._draft.touched(path):
            if key is not None and self._is_redescribed((path, key)):
                yield self._contest((key[0], key[1]), "data_error", ())

    def _is_redescribed(self, name: Name) -> bool:
        element = self._draft.states.element(self._draft.state, name)
        if len(element.present) == 1 and not element.fields:
            return False
        told = [*element.present.values(), element.view(self._draft.reading.policy(name[0])) or {}]
        base = self._draft.reading.base.record(name)
        told += [base] if base else []
        told += [{atom[1]: value} for atom, live in element.fields.items() if len(atom) > 1 for value in live.values()]
        return any(len({repr(one[field]) for one in told if field in one}) > 1 for field in FIXED)


def _outpoint(name: Name) -> Outpoint:
    key = name[1] or ("", 0)
    return key[0], key[1]


def _names(event: Record, txid: str, outpoint: Outpoint) -> bool:
    return event.get("txid") == txid and outpoint in named(event)


def _confirmed(evidence: Evidence, outpoint: Outpoint) -> set[str]:
    """The claimants of which a block is known, or of what was built on them."""
    claimants = evidence.claimants(outpoint)
    return {
        txid
        for txid in claimants
        if any(evidence.is_confirmed(seen) for seen in (txid, *evidence.built_on([txid]).values()))
    }


def _replacement(evidence: Evidence, claimants: Iterable[str]) -> str | None:
    """The one that all others lead to by replacements, each paying more; None when there is none."""
    later = {txid: successors([evidence], txid) for txid in sorted(claimants)}
    for new in later:
        others = ((old, found) for old, found in later.items() if old != new)
        if all(new in found and pays_more([evidence], new, old) for old, found in others):
            return new
    return None


def _type(evidence: Evidence, outpoint: Outpoint) -> str:
    confirmed = sorted(_confirmed(evidence, outpoint))
    if len(confirmed) > 1:
        blocks = [evidence.transactions.get(txid, {}) for txid in confirmed]
        hashes = {block.get("block_hash") for block in blocks}
        places = {block.get("block_height") for block in blocks} if None in hashes else hashes
        return "reorg" if len(places) > 1 else "data_error"
    claimants = evidence.claimants(outpoint).keys()
    linked = any(successors([evidence], old) & (claimants - {old}) for old in claimants)
    return "rbf_unproven" if linked else "double_spend"


class Outcome:
    """What a join has to say: coins that it leaves `contested` or that the evidence `settled`, records that the later
    clock `decided`.
    """

    __slots__ = ("contested", "decided", "settled")

    def __init__(self, draft: Draft, coins: Sequence[Coins]) -> None:
        self.decided: list[Decided] = draft.decided
        self.settled = [one for root in coins for one in root.settled]
        self.contested = [one for root in coins for one in root.contested]


def settled(draft: Draft, base: Callable[[str], Evidence]) -> Outcome:
    """Have the coins of a draft be what the evidence says; `base` answers what is known of a root at the base."""
    coins = [Coins(draft, root, base(root)) for root in roots(draft)]
    for root in coins:
        root.settle()
    return Outcome(draft, coins)


def evidence_of(reading: Reading, root: str) -> Evidence:
    """What the base says of the coins of a root."""
    return Evidence(lambda kind: reading.content(path_in(root, kind)))


def roots(draft: Draft) -> list[str]:
    """The roots of which a head touched what tells of coins."""
    evidence = {built_in(kind).path for kind in EVIDENCE}
    touched = (path for path in draft.paths() if "/".join(path.rsplit("/", 2)[-2:]) in evidence)
    return sorted({root_of(path) for path in touched})
