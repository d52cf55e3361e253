"""The spend gate: what a merge would do to coins, decided on whole trees by the one view.

It does not matter here whether Git ran a driver, which file a side changed, or whether the files differ at all.
"""

from __future__ import annotations

from gitbtc.kinds.codec import encode_record
from gitbtc.kinds.registry import built_in
from gitbtc.merge.conflict import Conflict, Party
from gitbtc.spends import COINS, EVIDENCE, rows, settled
from gitbtc.spends.choosing import declared
from gitbtc.spends.decision import double_spend
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.fates import Fates
from gitbtc.spends.outcome import Outcome
from gitbtc.spends.questions import Questions
from gitbtc.spends.sides import BASE, OURS, THEIRS, Sides
from gitbtc.spends.testimony import FIXED, Views
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.decision import Decision
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.outcome import Changes, Remembered
    from gitbtc.spends.questions import Verdict
    from gitbtc.state.merging import Merging
    from gitbtc.state.snapshot import Snapshot

    SnapshotOf = Callable[[str | None], Snapshot]
    # Which commit of a head, by position, brought a txid: its oid and subject.
    ToldIn = Callable[[int, str], tuple[str, str] | None]

    class Settlements(Protocol):
        """What was settled, by subject (`root::outpoint`)."""

        def line(self, subject: str) -> str | None:
            """The trailer that settles it."""


class NothingSettled:
    """Nobody has settled anything."""

    def line(self, _: str) -> str | None:
        """None."""
        return None


class RootVerdict:
    """One verdict, and in which root; `sides` are the two that disagree, in the order of the heads."""

    __slots__ = ("root", "sides", "verdict", "view")

    def __init__(self, view: RootView, verdict: Verdict) -> None:
        self.view = view
        self.root = view.root
        self.verdict = verdict
        self.sides = view.sides(verdict)

    @property
    def type(self) -> str:
        """The type of the conflict."""
        return self.verdict.type

    @property
    def subject(self) -> str:
        """What is settled when this is: the outpoint, within its root."""
        return f"{self.root}::{outpoint_text(self.verdict.outpoint)}"

    @property
    def outpoint(self) -> Outpoint:
        """The coin."""
        return self.verdict.outpoint

    def conflict(self) -> Conflict:
        """The conflict that it is in the list of coins."""
        coins = {side: self.sides.coin(side) for side in (BASE, OURS, THEIRS)}
        spend: dict[str, Any] = {
            "outpoint": outpoint_text(self.outpoint),
            "amount_sat": self.sides.amount_sat(),
            "ours_txid": self.sides.spender(OURS),
            "theirs_txid": self.sides.spender(THEIRS),
        }
        if self.verdict.row is rows.RESERVATION:
            held = self.view.views.reserved(self.outpoint)
            spend |= {f"{side}_reserved_by": sorted(self.sides.holders(side) & held.keys()) for side in (OURS, THEIRS)}
        others = sorted(set(self.verdict.parties) - {spend["ours_txid"], spend["theirs_txid"]})
        if len(self.view.views.heads) > len((OURS, THEIRS)) and others:
            spend["others_txids"] = others
        if self.verdict.parent is not None:
            spend["depends_on"] = outpoint_text(self.verdict.parent.outpoint)
        base, ours, theirs = (_line(coins[side]) for side in (BASE, OURS, THEIRS))
        conflict = Conflict(self.type, self.outpoint, base, ours, theirs, _redescribed(coins), spend)
        conflict.parties = {side: self._party(side) for side in (OURS, THEIRS) if spend[f"{side}_txid"]}
        return conflict

    def _party(self, side: str) -> Party:
        """The spender of a side. Of an octopus nobody can say which head is which side."""
        told_in, txid = self.view.told_in, self.sides.spender(side) or ""
        is_of_two = len(self.view.views.heads) == len((OURS, THEIRS))
        head = (OURS, THEIRS).index(side)
        return Party(
            self.sides.record(side), self.sides.stands(side), lambda: told_in(head, txid) if is_of_two else None
        )

    @property
    def above(self) -> RootVerdict:
        """The contest that this one hangs on; itself where it hangs on none."""
        parent = self.verdict.parent
        return self if parent is None else RootVerdict(self.view, parent)


class NetworkClash:
    """Two sides of different networks in one root (row 15)."""

    __slots__ = ("one", "other", "root")

    def __init__(self, root: str, one: str, other: str) -> None:
        self.root = root
        self.one = one
        self.other = other


class RootView:
    """The one view of a root that the heads of a merge make: `views`, and the common ancestors of every two of them."""

    def __init__(
        self, root: str, heads: Sequence[Evidence], bases: dict[tuple[int, int], list[Evidence]], told_in: ToldIn
    ) -> None:
        self.root = root
        self.told_in = told_in
        self._bases = bases
        self.views = Views(bases[0, 1][0], heads, lambda one, other: bases[one, other])
        self.questions = Questions(self.fates())

    def fates(self, decisions: Sequence[Decision] = ()) -> Fates:
        """The fates, as far as people did not decide otherwise."""
        return Fates(self.views, decisions)

    def sides(self, verdict: Verdict) -> Sides:
        """The first two heads that contend for a coin; of an octopus some may only hold what they started with."""
        heads = self.views.heads
        pairs = [(one, other) for other in range(len(heads)) for one in range(other)]
        one, other = max(pairs, key=lambda pair: self._contention(verdict, *pair))
        return Sides(verdict.outpoint, self._bases[one, other][0], heads[one], heads[other])

    def _contention(self, verdict: Verdict, one: int, other: int) -> tuple[int, bool]:
        """How many parties two heads name, and whether both took the coin out, or list it otherwise."""
        views = self.views.heads[one], self.views.heads[other]
        named = {view.spender(verdict.outpoint) for view in views}
        named |= {agent for view in views for agent in view.reservations.get(verdict.outpoint, {})}
        mine, yours = (view.coins.get(verdict.outpoint) for view in views)
        is_apart = mine is yours is None if verdict.row is rows.CANDIDATE else mine != yours
        return len(named & verdict.parties), is_apart

    def missed(self, result: Evidence) -> set[Outpoint]:
        """The coins that `result` has otherwise than the common ancestor."""
        return result.coins.differing(self.views.known.coins)

    def decisions(self, result: Evidence, settlements: Settlements) -> list[Decision]:
        """What was decided about the open questions: by `gitbtc resolve`, or by the records of `result`."""
        found: list[Decision] = []
        for verdict in self.questions.asked:
            line = settlements.line(f"{self.root}::{outpoint_text(verdict.outpoint)}")
            by_hand = settled.told(verdict, self.views, result) if verdict.parent is None else None
            decision = (declared(verdict, line) if line else None) or by_hand
            if decision is not None:
                found.append(decision)
        about = {decision.outpoint for decision in found}
        return [*found, *(one for one in settled.marked_by_hand(self.views, result) if one.outpoint not in about)]


class SpendGate:
    """The verdicts on a merge, by root; computed from the snapshots of its heads and their common ancestors. `root`: of
    one root alone.
    """

    def __init__(
        self, merging: Merging, snapshot_of: SnapshotOf, *, unattributed_allowed: bool = False, root: str | None = None
    ) -> None:
        self.clashes: list[NetworkClash] = []
        self._allowed = unattributed_allowed
        self._merging = merging
        self._roots: dict[str, RootView] = {}
        heads = [snapshot_of(head) for head in merging.heads]
        bases = {pair: [snapshot_of(base) for base in merging.bases(*pair)] for pair in merging.pairs()}
        for name in [root] if root is not None else sorted({name for head in heads for name in head.roots()}):
            self._view(name, heads, bases)
        self.contests = [one for one in self._told("asked") if not self._is_allowed(one.verdict)]
        self.notices = [*self._told("told"), *(one for one in self._told("asked") if self._is_allowed(one.verdict))]

    def _view(self, root: str, heads: list[Snapshot], bases: dict[tuple[int, int], list[Snapshot]]) -> None:
        every = [*heads, *(base for some in bases.values() for base in some)]
        if all(_same_files(root, every[0], other) for other in every[1:]):
            return
        known = bases[0, 1][0].evidence(root)
        told = [head.evidence(root, known) for head in heads]
        networks = sorted({evidence.network for evidence in told} - {""})
        if len(networks) > 1:
            self.clashes.append(NetworkClash(root, *_in_order(told, networks)))
            return
        before = {
            pair: [known if base is bases[0, 1][0] else base.evidence(root, known) for base in some]
            for pair, some in bases.items()
        }
        self._roots[root] = RootView(root, told, before, self._merging.told_in)

    def _told(self, name: str) -> list[RootVerdict]:
        views = self._roots.values()
        return [RootVerdict(view, verdict) for view in views for verdict in getattr(view.questions, name)]

    def is_over(self, root: str, result: Snapshot, settlements: Settlements | None = None) -> Callable[[str], bool]:
        """Whether a transaction (its txid) waits in no mempool any more: a block holds it, or it lost, by the views of
        the heads, the `settlements` and what the records of `result` settle.
        """
        view = self._roots.get(root)
        if view is None:
            return lambda _: False
        merged = result.evidence(root, view.views.known)
        fates = view.fates(view.decisions(merged, settlements or NothingSettled()))
        return lambda txid: fates.is_lost(txid) or fates.is_confirmed(txid)

    def _is_allowed(self, verdict: Verdict) -> bool:
        return self._allowed and verdict.row is rows.CANDIDATE

    def unsettled(self, result: Snapshot, settlements: Settlements | None = None) -> list[RootVerdict]:
        """The questions that neither `gitbtc resolve` nor the records of `result` settle."""
        found: list[RootVerdict] = []
        for root, view in self._roots.items():
            if view.questions.asked:
                decided = view.decisions(result.evidence(root, view.views.known), settlements or NothingSettled())
                left = Questions(view.fates(decided)).asked if decided else view.questions.asked
                found += [RootVerdict(view, verdict) for verdict in left if not self._is_allowed(verdict)]
        return found

    def changes(
        self, result: Snapshot, settlements: Settlements | None, remembered: Callable[[str], Remembered]
    ) -> dict[str, Changes]:
        """root -> what is to be otherwise in `result`, which is merged record by record, by what was decided.
        `remembered`: of a root, how coins are looked up that no side lists any more.
        """
        found: dict[str, Changes] = {}
        for root, view in self._roots.items():
            merged = result.evidence(root, view.views.known)
            decided = view.decisions(merged, settlements or NothingSettled())
            changes = Outcome(view.fates(decided), merged, remembered(root), view.missed(merged)).changes()
            if changes:
                found[root] = changes
        return found

    def declared(self) -> list[str]:
        """The trailers that tell how the evidence decided between transactions."""
        between = (one.verdict for one in self.notices if one.verdict.row in (rows.CONFLICTED, rows.REPLACED))
        return sorted({double_spend(one.outpoint, one.winner, one.losers) for one in between})


def _line(coin: Record | None) -> bytes | None:
    return None if coin is None else encode_record(built_in(COINS), dict(coin))


def _redescribed(coins: dict[str, Record | None]) -> tuple[str, ...]:
    """The fixed facts that two of the sides tell differently."""
    told = [coin for coin in coins.values() if coin is not None]
    return tuple(name for name in FIXED if len({repr(coin.get(name)) for coin in told}) > 1)


def _in_order(told: list[Evidence], networks: list[str]) -> tuple[str, str]:
    first = next(evidence.network for evidence in told if evidence.network)
    return first, next(network for network in networks if network != first)


def _same_files(root: str, one: Snapshot, other: Snapshot) -> bool:
    return all(one.oid(path_in(root, kind)) == other.oid(path_in(root, kind)) for kind in EVIDENCE)
