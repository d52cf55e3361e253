"""What merging branches would do, each into one commit and every two with each other, without doing it.

Nothing is written. The time goes into reading each branch's files once; branches that touch no common coin and no
common record are not compared any further.
"""

from __future__ import annotations

from itertools import combinations

from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import root_of
from gitbtc.premerge.ancestry import Ancestry
from gitbtc.premerge.excerpts import Brought, Excerpts
from gitbtc.premerge.foreseen import Foreseen, MergeFinding
from gitbtc.premerge.judged import NOTHING, Ground, JudgedMerge, of_contest
from gitbtc.premerge.sound import faults
from gitbtc.premerge.versions import Version, Versions, both_changed
from gitbtc.premerge.virtual_base import virtual_base
from gitbtc.state.checkpoint import Checkpoints
from gitbtc.state.moves import apart, in_place
from gitbtc.state.snapshot import Snapshot, installed_kinds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gitbtc.judge.spend_gate import RootVerdict
    from gitbtc.repo.git import Git
    from gitbtc.repo.objects import Objects
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

MOVED = "moved"  # the type of the finding
UP_TO_DATE, FAST_FORWARD, MERGE = "up-to-date", "fast-forward", "merge"


class Branch:
    """One branch: `merge` is what Git would do (UP_TO_DATE, FAST_FORWARD or MERGE), `brings` what it has that the other
    has not (None where nobody can read that), `conflicts` what would stop the merge, `notices` what would be decided
    without asking.
    """

    __slots__ = ("brings", "conflicts", "merge", "name", "notices", "version")

    def __init__(self, name: str, version: Version, merge: str) -> None:
        self.name = name
        self.version = version
        self.merge = merge
        self.brings: Brought | None = Brought(0, 0, 0)
        self.conflicts: list[MergeFinding] = []
        self.notices: list[MergeFinding] = []


class Collision:
    """Two branches that cannot both be merged as they are: ours in `conflicts` is `one`, theirs `other`."""

    __slots__ = ("conflicts", "one", "other")

    def __init__(self, one: Branch, other: Branch, conflicts: list[MergeFinding]) -> None:
        self.one = one
        self.other = other
        self.conflicts = conflicts


class Premerge:
    """The merges of the commits `revisions` (name -> oid) into the commit `onto` (an oid). `read` answers the content
    of a blob by its oid.
    """

    def __init__(
        self, git: Git, objects: Objects, read: Callable[[str], bytes], onto: str, revisions: Mapping[str, str]
    ) -> None:
        self._objects = objects
        self._read = read
        self._ancestry = Ancestry(objects, onto)
        self._kinds = installed_kinds(git)
        self._checkpoints = Checkpoints(git)
        self._known: dict[str, Version] = {}
        self._where_they_lie: dict[str, Snapshot] = {}
        self._merged_bases: dict[tuple[str, ...], Version] = {}
        self._changes: dict[tuple[str, str], frozenset[str]] = {}
        self._onto = self._version(onto)
        self._versions = Versions(self._onto, self._kinds, read)
        self._ground = Ground(git, self._kinds, Excerpts(self._versions, self._kept))
        self.branches = [self._branch(name, oid) for name, oid in revisions.items()]

    def judge(self) -> list[Collision]:
        """Fill in the findings of every branch; the pairs of branches that collide."""
        pairs = [pair for pair in combinations(self.branches, 2) if self._meet(*pair)]
        self._concern()
        for branch in self.branches:
            branch.brings = self._brought(branch.version)
            if branch.merge == MERGE:
                self._judge(branch)
            elif branch.merge == FAST_FORWARD:
                self._warn(branch)
        found = []
        for one, other in combinations(self.branches, 2):
            conflicts = self._moved(one.version, other.version)
            if (one, other) in pairs:
                conflicts += self._between(one.version, other.version)
            if conflicts:
                found.append(Collision(one, other, conflicts))
        return found

    # -- versions --------------------------------------------------------------------------------------------------

    def _version(self, oid: str) -> Version:
        if oid not in self._known:
            self._known[oid] = Version(oid[:12], oid, self._in_place(oid).entries)
        return self._known[oid]

    def _in_place(self, oid: str) -> Snapshot:
        """The files with the roots that moved where the first version has them, as Git merges them."""
        if not self._known:
            return self._stored(oid)
        onto = next(iter(self._known))
        bases = [self._stored(base) for base in self._ancestry.bases(onto, oid)]
        return in_place(self._stored(oid), self._stored(onto), bases)

    def _stored(self, oid: str) -> Snapshot:
        """The files where they lie."""
        if oid not in self._where_they_lie:
            entries = self._objects.chosen(oid, lambda path: self._kinds.for_path(path) is not None)
            self._where_they_lie[oid] = Snapshot("", entries, lambda _, blob: self._read(blob), self._kinds)
        return self._where_they_lie[oid]

    def _kept(self, root: str) -> Evidence | None:
        return self._checkpoints.known(self._stored(self._onto.oid), root)

    def _branch(self, name: str, oid: str) -> Branch:
        bases = self._ancestry.bases(self._onto.oid, oid)
        merge = UP_TO_DATE if bases == [oid] else FAST_FORWARD if bases == [self._onto.oid] else MERGE
        return Branch(name, self._version(oid), merge)

    def _bases(self, one: Version, other: Version) -> list[Version]:
        return [self._version(oid) for oid in self._ancestry.bases(one.oid, other.oid)] or [NOTHING]

    def _base(self, one: Version, other: Version) -> Version:
        """The one base that Git would merge the files with."""
        bases = self._bases(one, other)
        if len(bases) == 1:
            return bases[0]
        known = tuple(base.oid for base in bases)
        if known not in self._merged_bases:
            self._merged_bases[known] = virtual_base(self._versions, bases, self._base)
        return self._merged_bases[known]

    def _changed(self, base: Version, side: Version) -> frozenset[str]:
        known = base.oid, side.oid
        if known not in self._changes:
            self._changes[known] = frozenset(path for path, _ in base.entries.items() ^ side.entries.items())
        return self._changes[known]

    # -- which branches meet, and where ----------------------------------------------------------------------------

    def _meet(self, one: Branch, other: Branch) -> bool:
        """Whether two branches changed one record, or tell of one coin, so that they have to be compared."""
        base = self._base(one.version, other.version)
        if UP_TO_DATE in (one.merge, other.merge) or base in (one.version, other.version):
            return False
        mine, yours = (self._changed(base, branch.version) for branch in (one, other))
        return any(self._overlap(path, base, one.version, other.version) for path in mine & yours) or any(
            self._shared(root, one.version, other.version) for root in _roots(mine) & _roots(yours)
        )

    def _overlap(self, path: str, base: Version, one: Version, other: Version) -> bool:
        if path not in one.entries or path not in other.entries:
            return one.entries.get(path) != other.entries.get(path)
        try:
            mine, yours = (self._versions.between(path, base.blob(path), side.blob(path)) for side in (one, other))
        except Malformed:
            return False  # which is told of the branch
        return bool(both_changed(self._versions.kind(path), mine, yours))

    def _shared(self, root: str, one: Version, other: Version) -> set[Outpoint]:
        """The coins that both tell another story of than each of their common ancestors."""
        bases = self._bases(one, other)
        if self._ground.faults(root, [*bases, one, other]):
            return set()
        return set.intersection(*(self._touched(root, base, side) for base in bases for side in (one, other)))

    def _touched(self, root: str, base: Version, side: Version) -> set[Outpoint]:
        return self._ground.excerpts.touched(root, base, side)

    def _concern(self) -> None:
        """Have the excerpts made of what the branches touch."""
        for root in _roots(path for branch in self.branches for path in branch.version.entries):
            outpoints: set[Outpoint] = set()
            for branch in self.branches:
                for base in self._bases(self._onto, branch.version):
                    if not self._ground.faults(root, [base, self._onto, branch.version]):
                        outpoints |= self._touched(root, base, branch.version)
                        outpoints |= self._ground.excerpts.news(root, base, self._onto)
            sound = [version for version in self._known.values() if not self._ground.faults(root, [version])]
            if outpoints:
                self._ground.excerpts.concern(root, outpoints, sound)

    # -- judging ---------------------------------------------------------------------------------------------------

    def _moved(self, one: Version, other: Version) -> list[MergeFinding]:
        """The roots that two commits took where no merge brings them together."""
        heads = [self._stored(version.oid) for version in (one, other)]
        if heads[0].entries == heads[1].entries:
            return []
        bases = [self._stored(oid) for oid in self._ancestry.bases(one.oid, other.oid)]
        return [MergeFinding(MOVED, root or ".", line) for root, line in apart(bases, heads).items()]

    def _judge(self, branch: Branch) -> None:
        changed = self._changed(self._base(self._onto, branch.version), branch.version)
        judged = self._judged(self._onto, branch.version)
        branch.notices = list(judged.notices())
        branch.conflicts = self._moved(self._onto, branch.version)
        branch.conflicts += self._unsound(judged, changed)
        told = {finding.path for finding in branch.conflicts}
        contested = _contested(judged, judged.contests())
        branch.conflicts += [
            finding for finding in contested if finding.type != "unreadable" or finding.path not in told
        ]
        if not branch.conflicts:
            branch.conflicts += judged.not_taken(changed, repaired=True)

    def _brought(self, side: Version) -> Brought | None:
        base, found = self._base(self._onto, side), Brought(0, 0, 0)
        for root in _roots(self._changed(base, side)):
            if self._ground.faults(root, [base, side]):
                return None
            found = found.plus(self._ground.excerpts.brought(root, base, side))
        return found

    def _warn(self, branch: Branch) -> None:
        """A fast-forward is not stopped; what speaks against the commit it leads to is worth a notice."""
        changed = self._changed(self._onto, branch.version)
        judged = self._judged(self._onto, branch.version)
        branch.notices = self._unsound(judged, changed) or list(judged.not_taken(changed, repaired=False))

    def _judged(self, ours: Version, theirs: Version) -> JudgedMerge:
        foreseen = Foreseen(self._versions, self._base(ours, theirs), ours, theirs)
        return JudgedMerge(self._ground, foreseen, self._bases(ours, theirs))

    def _unsound(self, judged: JudgedMerge, changed: frozenset[str]) -> list[MergeFinding]:
        """What cannot be read: files of the branch, or the coins of a root that it changed for another reason."""
        found = list(faults(self._versions, judged.foreseen.base, judged.foreseen.theirs))
        own = _roots(finding.path for finding in found)
        for root in sorted(_roots(changed) - own):
            if root in judged.faults:
                why = "; ".join(judged.faults[root])
                found.append(MergeFinding("unreadable", root or ".", f"nobody can say what is spent here: {why}"))
        return found

    def _between(self, one: Version, other: Version) -> Iterator[MergeFinding]:
        """What stands against merging two branches, of what both of them changed."""
        judged = self._judged(one, other)
        contests = [contest for contest in judged.contests() if self._is_shared(contest, one, other)]
        for finding in _contested(judged, contests):
            conflict = finding.conflict
            of_one = conflict and not conflict.spend and conflict.base in (conflict.ours, conflict.theirs)
            if not of_one and finding.type != "unreadable":  # which is told of the branch
                yield finding

    def _is_shared(self, contest: RootVerdict, one: Version, other: Version) -> bool:
        outpoints = {contest.outpoint, contest.above.outpoint}
        return not outpoints.isdisjoint(self._shared(contest.root, one, other))


def _roots(paths: Iterable[str]) -> set[str]:
    return {root_of(path) for path in paths}


def _contested(judged: JudgedMerge, contests: list[RootVerdict]) -> list[MergeFinding]:
    """`contests` first, then what else would be contested."""
    spends = [of_contest(contest) for contest in contests]
    known = {finding.address for finding in spends}
    files = [finding for finding in judged.foreseen.conflicts() if finding.address not in known]
    clashing = {finding.path for finding in files}
    return [*spends, *files, *(clash for clash in judged.clashes() if clash.path not in clashing)]
