"""The spend gate: what a merge would do to coins, decided on whole trees.

It does not matter here whether Git ran a driver, which file a side changed, or whether the files differ at all.
"""

from __future__ import annotations

from gitbtc.gate.snapshot import path_in
from gitbtc.spends import EVIDENCE
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.verdicts import FIXED, Verdict, judge_all, networks_differ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from gitbtc.gate.merging import Merging
    from gitbtc.gate.snapshot import Snapshot
    from gitbtc.spends.coins import Outpoint
    from gitbtc.spends.evidence import Evidence

    SnapshotOf = Callable[[str | None], Snapshot]


class Contest:
    """One verdict that stops a merge, and in which root."""

    __slots__ = ("root", "type", "verdict")

    def __init__(self, root: str, verdict: Verdict) -> None:
        self.root = root
        self.verdict = verdict
        self.type = verdict.type

    @property
    def subject(self) -> str:
        """What is settled when this is: the outpoint, within its root."""
        return f"{self.root}::{outpoint_text(self.verdict.outpoint)}"

    @property
    def outpoint(self) -> Outpoint:
        """The coin."""
        return self.verdict.outpoint


class NetworkClash:
    """Two sides of different networks in one root."""

    __slots__ = ("one", "other", "root")

    def __init__(self, root: str, one: str, other: str) -> None:
        self.root = root
        self.one = one
        self.other = other


class SpendGate:
    """The verdicts on a merge, by root; computed from the snapshots of its heads and their common ancestors."""

    def __init__(self, merging: Merging, snapshot_of: SnapshotOf, *, unattributed_allowed: bool = False) -> None:
        self.contests: list[Contest] = []
        self.notices: list[Contest] = []
        self.clashes: list[NetworkClash] = []
        self._allowed = unattributed_allowed
        for one, other in merging.pairs():
            bases = [snapshot_of(base) for base in merging.bases(one, other)]
            sides = snapshot_of(merging.heads[one]), snapshot_of(merging.heads[other])
            for root in sorted(sides[0].roots() | sides[1].roots()):
                self._judge(root, bases, sides)

    def _judge(self, root: str, bases: list[Snapshot], sides: tuple[Snapshot, Snapshot]) -> None:
        if all(_same_files(root, base, side) for base in bases for side in sides):
            return
        ours, theirs = (side.evidence(root) for side in sides)
        if networks_differ(ours, theirs):
            self.clashes.append(NetworkClash(root, ours.network, theirs.network))
            return
        for verdict in _on_every_base([base.evidence(root) for base in bases], ours, theirs):
            contest = Contest(root, verdict)
            if verdict.type and not (self._allowed and verdict.type == "double_spend_candidate"):
                self.contests.append(contest)
            elif verdict.type or verdict.notice:
                self.notices.append(contest)

    def unsettled(self, result: Snapshot, settlements: Container[str]) -> list[Contest]:
        """The contests that neither `gitbtc resolve` nor the records of `result` settle."""
        return [
            contest
            for contest in self.contests
            if contest.subject not in settlements and not _is_settled(contest, result.evidence(contest.root))
        ]


def _on_every_base(bases: list[Evidence], ours: Evidence, theirs: Evidence) -> Iterator[Verdict]:
    """The verdicts that hold against each of several merge bases: what one of them had already seen is settled."""
    first, *others = [{verdict.outpoint: verdict for verdict in judge_all(base, ours, theirs)} for base in bases]
    for outpoint, verdict in first.items():
        elsewhere = [verdicts.get(outpoint) for verdicts in others]
        if not verdict.type or all(other is not None and other.type for other in elsewhere):
            yield verdict


def _same_files(root: str, one: Snapshot, other: Snapshot) -> bool:
    return all(one.oid(path_in(root, kind)) == other.oid(path_in(root, kind)) for kind in EVIDENCE)


def _is_settled(contest: Contest, result: Evidence) -> bool:
    """Whether the records themselves say how it ended, with both sides' knowledge in them."""
    return _SETTLED[contest.type](contest, result)


def _loser_is_marked(contest: Contest, result: Evidence) -> bool:
    """At most one of the two transactions is live, and the record of every other says that it lost."""
    txids = {contest.verdict.case.one.spender, contest.verdict.case.other.spender}
    live = txids & result.claimants(contest.outpoint).keys()
    return len(live) <= 1 and txids - live <= result.dead


def _is_attributed(contest: Contest, result: Evidence) -> bool:
    """Somebody said which transaction spent the coin, or put it back."""
    return contest.outpoint in result.coins or result.spender(contest.outpoint) is not None


def _is_chosen(contest: Contest, result: Evidence) -> bool:
    """The facts are the base's again, or both sides had changed them, so that the choice was made between markers."""
    case = contest.verdict.case
    facts = [
        coin and [coin.get(name) for name in FIXED]
        for coin in (case.base.coin, case.one.coin, case.other.coin, result.coins.get(contest.outpoint))
    ]
    base, one, other, chosen = facts
    return chosen == base or (base not in (one, other) and chosen in (one, other))


_SETTLED: dict[str, Callable[[Contest, Evidence], bool]] = {
    "double_spend": _loser_is_marked,
    "double_spend_candidate": _is_attributed,
    "data_error": _is_chosen,
}
