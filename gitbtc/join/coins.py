"""What joined heads say of coins: the one view of all of them.

What the evidence decides is carried out; of all else both claims stay, the coin is not listed, and the join says so.
"""

from __future__ import annotations

from functools import cached_property

from gitbtc.join.element import GROW_ONLY
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in, root_of
from gitbtc.spends import CHAIN, COINS, EVIDENCE, EXECUTION, MEMPOOL, TRANSACTIONS, rows
from gitbtc.spends.evidence import Evidence
from gitbtc.spends.fates import Fates
from gitbtc.spends.outcome import Outcome
from gitbtc.spends.questions import Questions
from gitbtc.spends.reservations import holds
from gitbtc.spends.testimony import FIXED, Views, is_weak
from gitbtc.state.snapshot import Snapshot, path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitbtc.join.atoms import Token
    from gitbtc.join.drafts import Decided, Draft
    from gitbtc.join.element import Element
    from gitbtc.join.reading import Reading
    from gitbtc.join.states import HeadState, Name
    from gitbtc.kinds.kind import Key, Record
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.questions import Verdict
    from gitbtc.spends.standing import Standing
    from gitbtc.state.checkpoint import Checkpoints


class ContestedCoin:
    """A coin that the join leaves contested: the `type` of the conflict, as a merge would name it, its `root`, and the
    `parties`: transactions, or agents that reserved it.
    """

    __slots__ = ("amount_sat", "outpoint", "parties", "root", "type")

    def __init__(self, root: str, verdict: Verdict, amount_sat: int | None) -> None:
        self.root = root
        self.outpoint = verdict.outpoint
        self.type = verdict.type
        self.parties = sorted(verdict.parties)
        self.amount_sat = amount_sat


class Settled:
    """A coin of which the evidence decides who spends it."""

    __slots__ = ("losers", "notice", "outpoint", "root", "winner")

    def __init__(self, root: str, verdict: Verdict) -> None:
        self.root = root
        self.outpoint = verdict.outpoint
        self.notice = verdict.notice
        self.winner = verdict.winner
        self.losers = sorted(verdict.losers)


class HeadViews(Views):
    """The views of the heads of a join. Who has heard whom, the tokens of their records tell, and not common ancestors:
    so it needs no base, and what one head took back of another counts in any order and grouping.
    """

    def __init__(self, draft: Draft, root: str, base: Evidence) -> None:
        self._draft = draft
        self._root = root
        self._paths = {path_in(root, kind): kind for kind in EVIDENCE}
        told = [(head, names) for head in draft.heads if (names := self._by_kind(head))]
        self._states = [head for head, _ in told]
        self._names = [names for _, names in told]
        heads = [self._evidence(number, base) for number in range(len(self._states))]
        super().__init__(base, heads)

    def _by_kind(self, head: HeadState) -> dict[str, list[Name]]:
        found: dict[str, list[Name]] = {}
        for name in head.names():
            if name[0] in self._paths and name[1] is not None:
                found.setdefault(self._paths[name[0]], []).append(name)
        return found

    def _evidence(self, number: int, base: Evidence) -> Evidence:
        return Evidence(lambda kind: self._content(number, kind), base, lambda kind: self._changes(number, kind))

    def _content(self, number: int, kind: str) -> bytes:
        """The file of a head that is one record."""
        path = path_in(self._root, kind)
        if kind != CHAIN or not self._names[number].get(kind):
            return self._draft.reading.base_files.content(path)
        record = self._element(number, kind, ()).view(self._draft.reading.policy(path))
        return codec.encode_file(built_in(kind), record) if record else b""

    def _changes(self, number: int, kind: str) -> Iterator[tuple[Record | None, Record | None]]:
        policy = self._draft.reading.policy(path_in(self._root, kind))
        for name in self._names[number].get(kind, ()):
            element = self._draft.states.element(self._states[number], name)
            is_there = element.lists() or policy.removal == GROW_ONLY
            record = element.view(policy) if is_there else None
            before = self._draft.reading.base.record(name) or _named(kind, name[1] or ())
            if record is not None or kind != EXECUTION:
                yield before, record

    def _element(self, view: int, kind: str, key: Key) -> Element:
        return self._draft.states.element(self._states[view], (path_in(self._root, kind), key))

    @cached_property
    def merged(self) -> Evidence:
        """What the joined records say together."""
        path = {kind: path_in(self._root, kind) for kind in EVIDENCE}
        return Evidence(lambda kind: self._draft.content(path[kind]) or b"", self.known,
                        lambda kind: self._draft.changes(path[kind]))  # fmt: skip

    # -- who has heard whom ----------------------------------------------------------------------------------------

    def words(self, txid: str) -> list[tuple[int, Standing]]:
        standing = super().words(txid)
        before = self.before(txid)
        return [(view, word) for view, word in standing if word != before or self._is_said(txid, view, standing)]

    def _is_said(self, txid: str, view: int, standing: list[tuple[int, Standing]]) -> bool:
        """Whether a word that is the base's is still news, and not that of a head that changed something else: of a
        head that has heard what the others say, or settled the coin against one of them.
        """
        others = [other for other, _ in standing if other != view]
        return all(self._takes_back(txid, view, other) for other in others) or any(
            self._is_opposite(txid, other, view) for other in others if other >= 0
        )

    def _takes_back(self, txid: str, view: int, of: int) -> bool:
        if view == of or self.heads[view].standing(txid) == self.heads[of].standing(txid):
            return False
        if self._is_opposite(txid, view, of):
            return False
        return self._has_heard(txid, view, of) and not self._has_heard(txid, of, view)

    def _has_heard(self, txid: str, view: int, of: int) -> bool:
        """Whether a head has seen every commit that made the word of another: its records, or where it has none, the
        events of its log.
        """
        told: list[tuple[str, Key]] = [(TRANSACTIONS, (txid,)), (MEMPOOL, (txid,))]
        if not self.heads[of].record(txid):
            told += [(EXECUTION, key) for key in self._events(of, txid)]
        return all(self._element(of, *one).seen <= self._element(view, *one).seen for one in told)

    def _events(self, view: int, txid: str) -> Iterator[Key]:
        """The events of a head's log that name a transaction."""
        policy = self._draft.reading.policy(path_in(self._root, EXECUTION))
        for _, key in self._names[view].get(EXECUTION, ()):
            event = self._element(view, EXECUTION, key).view(policy) if key is not None else None
            if key is not None and event is not None and event.get("txid") == txid:
                yield key

    def is_news(self, outpoint: Outpoint, txids: Iterable[str]) -> bool:
        named = list(txids)
        strength = self.claimants(outpoint)
        if sum(not is_weak(strength.get(txid, 0)) for txid in named) > 1:
            return True
        return not any(all(view.standing(txid).is_live for txid in named) for view in (*self.heads, self.known))

    def is_new_spend(self, txid: str, outpoint: Outpoint) -> bool:
        views = self._who_list_otherwise(outpoint)
        if any(txid not in self.heads[view].claimants(outpoint) for view in views):
            return True
        return len(views) < len(self.heads) and super().is_new_spend(txid, outpoint)

    def removals(self, outpoint: Outpoint) -> int:
        gone: set[frozenset[Token]] = set()
        for view in self._who_list_otherwise(outpoint):
            element = self._element(view, COINS, outpoint)
            if element.gone - element.back and self._is_bare(view, outpoint):
                gone.add(element.gone - element.back)
        return sum(not any(one < other for other in gone) for one in gone)

    def _is_bare(self, view: int, outpoint: Outpoint) -> bool:
        head = self.heads[view]
        if head.claimants(outpoint) or head.standing(outpoint[0]).makes_no_coin:
            return False
        told = self._element(view, MEMPOOL, (outpoint[0],)).seen - {self._draft.reading.base.token}
        was_known = bool(told) or self.known.knows(outpoint[0])
        return head.knows(outpoint[0]) or not was_known

    def listed_before(self, outpoint: Outpoint) -> bool:
        views = self._who_list_otherwise(outpoint)
        back = any(self._element(view, COINS, outpoint).back for view in views)
        return not back and super().listed_before(outpoint)

    def was_spent(self, outpoint: Outpoint) -> bool:
        views = self._who_list_otherwise(outpoint)
        return any(self._element(view, COINS, outpoint).back for view in views) or super().was_spent(outpoint)

    def weight(self, view: int, txid: str) -> int:
        return 3 if view == self.BASE else super().weight(view, txid)

    def is_described_twice(self, outpoint: Outpoint) -> bool:
        path = path_in(self._root, COINS)
        element = self._draft.states.element(self._draft.state, (path, outpoint))
        if len(element.present) <= 1 and not element.fields:
            return False
        told = [*element.present.values(), element.view(self._draft.reading.policy(path)) or {}]
        base = self._draft.reading.base.record((path, outpoint))
        told += [base] if base else []
        told += [{atom[1]: value} for atom, live in element.fields.items() if len(atom) > 1 for value in live.values()]
        return any(len({repr(one[field]) for one in told if field in one}) > 1 for field in FIXED)

    def reserved(self, outpoint: Outpoint) -> dict[str, list[int]]:
        tip = self.merged.tip
        standing = self.merged.reservations.get(outpoint, {})
        speakers = self._speakers(self._who_list_otherwise(outpoint))
        return {
            agent: [
                view for view, told in speakers
                if (known := told.reservations.get(outpoint, {}).get(agent)) and known.event == held.event
            ]
            for agent, held in sorted(standing.items()) if holds(held, tip)
        }  # fmt: skip


def _named(kind: str, key: Key) -> Record | None:
    """What stands for a record that was there once, and that nobody tells any more."""
    if kind == COINS:
        return {"txid": key[0], "vout": key[1]}
    return {"txid": key[0]} if kind in (TRANSACTIONS, MEMPOOL) else None


class JoinOutcome:
    """What a join has to say: coins that it leaves `contested` or that the evidence `settled`, records that the later
    clock `decided`.
    """

    __slots__ = ("contested", "decided", "settled")

    def __init__(self, draft: Draft) -> None:
        self.decided: list[Decided] = draft.decided
        self.settled: list[Settled] = []
        self.contested: list[ContestedCoin] = []


def settled(draft: Draft, base: Callable[[str], Evidence]) -> JoinOutcome:
    """Have the coins of a draft be what the evidence says; `base` answers what is known of a root at the base."""
    outcome = JoinOutcome(draft)
    for root in roots(draft):
        _settle(draft, root, base(root), outcome)
    return outcome


def _settle(draft: Draft, root: str, base: Evidence, outcome: JoinOutcome) -> None:
    views = HeadViews(draft, root, base)
    fates = Fates(views)
    questions = Questions(fates)
    path = path_in(root, COINS)

    def known(outpoint: Outpoint) -> Record | None:
        element = draft.states.element(draft.state, (path, outpoint))
        return element.view(draft.reading.policy(path)) or draft.reading.base.record((path, outpoint))

    amounts = {one.outpoint: (known(one.outpoint) or {}).get("amount_sat") for one in questions.asked}
    for kind, records in Outcome(fates, views.merged, known).changes().items():
        draft.put(path_in(root, kind), dict(records))
    outcome.settled += [Settled(root, one) for one in questions.told if one.row in (rows.CONFLICTED, rows.REPLACED)]
    outcome.contested += [ContestedCoin(root, one, amounts[one.outpoint]) for one in questions.asked]


def evidence_of(reading: Reading, root: str, checkpoints: Checkpoints | None = None) -> Evidence:
    """What the base says of the coins of a root, read through a checkpoint where there is one."""
    files, kinds = reading.base_files, reading.kinds

    def read(path: str, oid: str) -> bytes:
        # A file that does not parse counts for none, as it does to the heads; shards are read, or refused, together.
        return files.blob(oid) if kinds.shard(path) else files.content(path)

    return Snapshot("what the heads have in common", files.files, read, kinds, checkpoints).claims(root)


def roots(draft: Draft) -> list[str]:
    """The roots of which a head touched what tells of coins."""
    evidence = {built_in(kind).path for kind in EVIDENCE}
    touched = (path for path in draft.paths() if "/".join(path.rsplit("/", 2)[-2:]) in evidence)
    return sorted({root_of(path) for path in touched})
