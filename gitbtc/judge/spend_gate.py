"""The spend gate: what a merge would do to coins, decided on whole trees.

It does not matter here whether Git ran a driver, which file a side changed, or whether the files differ at all.
"""

from __future__ import annotations

from gitbtc.spends import EVIDENCE
from gitbtc.spends.case import FIXED, Case
from gitbtc.spends.evidence import Evidence, outpoint_text
from gitbtc.spends.replacement import pays_more
from gitbtc.spends.verdicts import Verdict, judge, judge_all, networks_differ
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from gitbtc.spends.coins import Outpoint
    from gitbtc.state.merging import Merging
    from gitbtc.state.snapshot import Snapshot

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
    def subjects(self) -> list[str]:
        """The same, and that of the contest that this one hangs on."""
        parent = self.verdict.parent
        return [self.subject] if parent is None else [self.subject, Contest(self.root, parent).subject]

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
        known = bases[0].evidence(root)
        ours, theirs = (side.evidence(root, known) for side in sides)
        if networks_differ(ours, theirs):
            self.clashes.append(NetworkClash(root, ours.network, theirs.network))
            return
        for verdict in on_every_base([base.evidence(root) for base in bases], ours, theirs):
            contest = Contest(root, verdict)
            if verdict.type and not (self._allowed and verdict.type == "double_spend_candidate"):
                self.contests.append(contest)
            elif verdict.type or verdict.notice:
                self.notices.append(contest)

    def unsettled(self, result: Snapshot, settlements: Container[str]) -> list[Contest]:
        """The contests that neither `gitbtc resolve` nor the records of `result` settle.

        A contest that hangs on another is settled with it.
        """
        return [
            contest
            for contest in self.contests
            if not any(subject in settlements for subject in contest.subjects)
            and not _is_settled(contest, result.evidence(contest.root))
        ]

    def unapplied(self, result: Snapshot) -> list[Contest]:
        """The verdicts that need nobody, but whose outcome `result` does not hold."""
        return [
            told
            for told in self.notices
            if told.verdict.is_automatic
            and not _holds(told.verdict, result.evidence(told.root), contested=bool(self.contests))
        ]


def on_every_base(bases: list[Evidence], one: Evidence, other: Evidence) -> Iterator[Verdict]:
    """The verdicts against each of several merge bases: what one of them had already seen is settled.

    Unless they disagree on which side only has a stale view: then a criss-cross settled the coin twice, in two ways,
    and it counts as changed on both sides.
    """
    judged = [{verdict.outpoint: verdict for verdict in judge_all(base, one, other)} for base in bases]
    for outpoint in sorted(set().union(*judged)):
        verdicts = [
            found.get(outpoint) or judge(Case(outpoint, base, one, other))
            for base, found in zip(bases, judged, strict=True)
        ]
        if {(False, True), (True, False)} <= {verdict.case.news for verdict in verdicts if _is_clean(verdict)}:
            yield judge(Case(outpoint, Evidence(lambda _: b""), one, other))
        else:
            yield min(verdicts, key=lambda verdict: (bool(verdict.type), verdict.is_automatic))


def _is_clean(verdict: Verdict) -> bool:
    return not verdict.type and not verdict.is_automatic


def _same_files(root: str, one: Snapshot, other: Snapshot) -> bool:
    return all(one.oid(path_in(root, kind)) == other.oid(path_in(root, kind)) for kind in EVIDENCE)


def _is_settled(contest: Contest, result: Evidence) -> bool:
    """Whether the records themselves say how it ended, with both sides' knowledge in them."""
    return _SETTLED.get(contest.verdict.row, _loser_is_marked)(contest.verdict, result)


def _loser_is_marked(verdict: Verdict, result: Evidence) -> bool:
    """At most one of the two transactions is live, and the record of every other says that it lost: by a mark that was
    made to settle this, not by one that a side brought along, and with all that was built on it.
    """
    case = verdict.case
    lost = case.spenders - result.claimants(verdict.outpoint).keys()
    brought = case.one.evidence.dead | case.other.evidence.dead
    return len(case.spenders - lost) <= 1 and lost <= result.dead - brought and not result.built_on(lost)


def _is_attributed(verdict: Verdict, result: Evidence) -> bool:
    """Somebody said which transaction spent the coin, or put it back."""
    return verdict.outpoint in result.coins or result.spender(verdict.outpoint) is not None


def _child_or_parent_is_gone(verdict: Verdict, result: Evidence) -> bool:
    """What was built on a transaction that lost is gone too, or the transaction lives after all."""
    if verdict.parent is not None:
        return _loser_is_marked(verdict.parent, result)
    return verdict.outpoint[0] not in result.dead or verdict.case.spenders <= result.dead


def _is_spent_or_given_up(verdict: Verdict, result: Evidence) -> bool:
    """The transaction that spent the coin was given up, and not by the record of the other side alone."""
    return verdict.case.spenders <= result.dead and verdict.outpoint in result.coins


def _is_chosen(verdict: Verdict, result: Evidence) -> bool:
    """The facts are the base's again, or both sides had changed them, so that the choice was made between markers."""
    case = verdict.case
    facts = [
        coin and [coin.get(name) for name in FIXED]
        for coin in (case.base.coin, case.one.coin, case.other.coin, result.coins.get(verdict.outpoint))
    ]
    base, one, other, chosen = facts
    return chosen == base or (base not in (one, other) and chosen in (one, other))


def _one_party_is_left(verdict: Verdict, result: Evidence) -> bool:
    """The log, or the record of a transaction, says who gave way."""
    holders = {agent for agent in verdict.case.holders if agent in result.reservations.get(verdict.outpoint, {})}
    spenders = {txid for txid in verdict.case.spenders if txid in result.claimants(verdict.outpoint)}
    parties = holders | {result.agents.get(txid) or txid for txid in spenders}
    return len(parties) <= 1


def _is_proven(verdict: Verdict, result: Evidence) -> bool:
    """The fees that the sides did not know are known now, and the one that pays more is left."""
    winner = result.spender(verdict.outpoint)
    lost = verdict.case.spenders - {winner}
    return winner is not None and lost <= result.dead and all(pays_more([result], winner, txid) for txid in lost)


_SETTLED: dict[int, Callable[[Verdict, Evidence], bool]] = {
    3: _is_attributed,
    7: _is_proven,
    10: _child_or_parent_is_gone,
    13: _is_spent_or_given_up,
    14: _is_chosen,
    16: _one_party_is_left,
}


def _holds(verdict: Verdict, result: Evidence, *, contested: bool = True) -> bool:
    """Whether `result` is as an automatic verdict says: the coin is listed, or not; nothing is left of the losers.

    A winner that has lost in another contest of this merge, which somebody settled, wins nothing; `contested` says
    whether there was one.
    """
    case = verdict.case
    if contested and verdict.winner in result.dead - (case.one.evidence.dead | case.other.evidence.dead):
        return True
    return (
        (verdict.outpoint in result.coins) is verdict.listed
        and verdict.winner not in result.dead
        and not any(_is_left(txid, result) for txid in verdict.losers)
        and not any(outpoint in result.coins for outpoint in result.made_by(verdict.losers))
        and not result.built_on(verdict.losers)
    )


def _is_left(txid: str, result: Evidence) -> bool:
    return txid in result.mempool or (txid in result.transactions and txid not in result.dead)
