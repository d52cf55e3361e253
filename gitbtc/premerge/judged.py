"""A merge that nobody has made yet, judged as the hooks would: verdicts, their repair, the rules of the result.

It is judged on excerpts: the records of the coins that one of the branches touches.
"""

from __future__ import annotations

from functools import partial

from gitbtc.judge.broken_rules import broken_by_step, broken_rules
from gitbtc.judge.spend_gate import SpendGate
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in, root_of
from gitbtc.premerge.foreseen import MergeFinding, of_conflict
from gitbtc.premerge.versions import Version
from gitbtc.resolve.repair import Repair
from gitbtc.spends import CHAIN, COINS
from gitbtc.spends.rules import SPENT_FLAG
from gitbtc.spends.steps import DATA_ERROR
from gitbtc.state.merging import Merging
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.judge.spend_gate import RootVerdict
    from gitbtc.kinds.registry import Kinds
    from gitbtc.premerge.excerpts import Excerpts
    from gitbtc.premerge.foreseen import Foreseen
    from gitbtc.repo.git import Git
    from gitbtc.spends.rules import Violation
    from gitbtc.state.snapshot import Snapshot

NOTHING = Version("nothing", "", {})


class Ground:
    """What every merge of one run is judged on. `allowed`: whether gitbtc.unattributed is `allow`."""

    def __init__(self, git: Git, kinds: Kinds, excerpts: Excerpts) -> None:
        self.git = git
        self.kinds = kinds
        self.excerpts = excerpts
        self.allowed = git.config("gitbtc.unattributed") == "allow"

    def faults(self, root: str, versions: list[Version]) -> list[str]:
        """Why the coins of a root cannot be judged, for each of `versions` where that is so."""
        told = ((version.name, self.excerpts.fault(root, version)) for version in versions)
        return [f"{name}: {fault}" for name, fault in told if fault]


class JudgedMerge:
    """The merge that `foreseen` is, of sides whose best common ancestors are `bases` (NOTHING for none)."""

    def __init__(self, ground: Ground, foreseen: Foreseen, bases: list[Version]) -> None:
        self._ground = ground
        self.foreseen = foreseen
        sides = [*bases, foreseen.ours, foreseen.theirs]
        roots = {root_of(path) for side in sides for path in side.entries}
        self.faults = {root: found for root in sorted(roots) if (found := ground.faults(root, sides))}
        self._bases = bases
        self._unreadable = frozenset(self.faults)
        self._versions = {side.oid: side for side in sides}
        heads = [foreseen.ours.oid, foreseen.theirs.oid]
        self._merging = Merging(ground.git, heads, base=[base.oid or None for base in bases])
        self.gate = SpendGate(self._merging, self._snapshot, unattributed_allowed=ground.allowed)

    def _snapshot(self, oid: str | None) -> Snapshot:
        return self._ground.excerpts.snapshot(self._versions[oid or ""], self._unreadable)

    def _result(self) -> Snapshot:
        excerpts, foreseen = self._ground.excerpts, self.foreseen
        read = partial(foreseen.content, of=excerpts.content)
        return excerpts.of(foreseen.result(), read, self._unreadable)

    def contests(self) -> list[RootVerdict]:
        """The verdicts that the merged records do not settle."""
        return self.gate.unsettled(self._result()) if self.gate.contests else []

    def clashes(self) -> Iterator[MergeFinding]:
        """Sides of different networks."""
        for clash in self.gate.clashes:
            path = path_in(clash.root, CHAIN)
            yield MergeFinding("network", path, f"{clash.one} and {clash.other} never merge", identity=CHAIN)

    def notices(self) -> Iterator[MergeFinding]:
        """What would be decided without asking anybody."""
        yield from self.foreseen.stops(self._bases)
        for told in self.gate.notices:
            path, verdict = path_in(told.root, COINS), told.verdict
            yield MergeFinding(
                verdict.row.name,
                path,
                verdict.words,
                identity=codec.identity_text(built_in(COINS), verdict.outpoint),
            )

    def _steps(self, result: Snapshot, root: str, changed: frozenset[str]) -> Iterator[tuple[str, Violation]]:
        """What a coin is told to be worth otherwise than a side listed it; of coins that are gone an excerpt knows too
        little.
        """
        sides = [self._snapshot(head) for head in self._merging.heads]
        found = broken_by_step(sides, result, root, [], {*changed})
        return ((path, violation) for path, violation in found if violation.rule == DATA_ERROR)

    def not_taken(self, changed: frozenset[str], *, repaired: bool) -> Iterator[MergeFinding]:
        """Where nothing is contested, what the hooks would refuse nevertheless; `changed` are the paths of theirs.

        `repaired`: the hooks see the result, and complete what needs nobody.
        """
        yield from self.foreseen.not_taken()
        repair = Repair(self._ground.git, self._merging, self._snapshot, self._result(), self._ground.kinds)
        if repaired:
            repair.follow(self.gate)
        for root in sorted({root_of(path) for path in changed} - self._unreadable):
            result = repair.result
            found = [*broken_rules(result, root, {*changed}), *self._steps(result, root, changed)]
            for path, violation in found:
                if violation.rule != SPENT_FLAG:  # an excerpt need not hold who spends an output
                    yield MergeFinding(violation.rule, path, violation.text, identity=violation.identity)


def of_contest(contest: RootVerdict) -> MergeFinding:
    """The finding that a contested coin is."""
    return of_conflict(path_in(contest.root, COINS), built_in(COINS), contest.conflict())
