"""Two states become one, as `git merge` and the hooks after it would have it: without Git, without writing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitbtc.api.changes import apply, diff
from gitbtc.api.state import State, snapshot, state_of
from gitbtc.errors import GitbtcError, UsageError
from gitbtc.judge import growth, simulation
from gitbtc.judge.broken_rules import broken_rules, roots_to_judge
from gitbtc.judge.spend_gate import SpendGate
from gitbtc.kinds import codec
from gitbtc.kinds.layouts import divided, shard_path
from gitbtc.kinds.registry import root_of
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import Style
from gitbtc.premerge.foreseen import MergeFinding, of_conflict
from gitbtc.premerge.judged import of_contest
from gitbtc.repo.git import Git
from gitbtc.resolve.repair import Repair
from gitbtc.spends import CHAIN, COINS
from gitbtc.state.merging import MERGE, Merging
from gitbtc.state.snapshot import of_contents, path_in
from gitbtc.views.conflicts import notice_lines, spend_notice
from gitbtc.views.premerge import findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gitbtc.diff.patch import Patch
    from gitbtc.kinds.layouts import Layout
    from gitbtc.merge.files import Judge
    from gitbtc.state.snapshot import Snapshot

OURS, THEIRS, BASE = "ours", "theirs", "base"


class Contested(GitbtcError):
    """A merge has no one result: `conflicts` says why."""

    def __init__(self, conflicts: Sequence[MergeFinding]) -> None:
        told = ", ".join(f"{one.type} at {one.address}" for one in conflicts[:3])
        more = f" and {len(conflicts) - 3} more" if len(conflicts) > 3 else ""
        super().__init__(f"the two sides contest {told}{more}; somebody has to decide")
        self.conflicts = list(conflicts)


class Merged:
    """What comes of a merge.

    `files` maps each path to the bytes that `git merge` would leave there: contested records stand between conflict
    markers. `conflicts` are the findings that stop it, `notices` lines on what was decided without asking.
    """

    __slots__ = ("_kinds", "conflicts", "files", "notices")

    def __init__(self, files: dict[str, bytes], conflicts: list[MergeFinding], notices: list[str], of: State) -> None:
        self.files = files
        self.conflicts = conflicts
        self.notices = notices
        self._kinds = of.kinds

    @property
    def state(self) -> State:
        """The merged state. Raises Contested when there are conflicts."""
        if self.conflicts:
            raise Contested(self.conflicts)
        return State(self.files, self._kinds)

    def documents(self) -> list[dict[str, Any]]:
        """The conflicts as JSON, as `gitbtc premerge --json` tells them."""
        return findings(self.conflicts)


class MergedOperations:
    """What comes of two lists of operations: `patches`, the operations of both, without those on contested records;
    `conflicts` and `notices` as in `Merged`. While there are conflicts, `patches` are not to be applied.
    """

    __slots__ = ("conflicts", "notices", "patches")

    def __init__(self, patches: list[Patch], conflicts: list[MergeFinding], notices: list[str]) -> None:
        self.patches = patches
        self.conflicts = conflicts
        self.notices = notices


def merge(
    ours: State | str,
    theirs: State | str,
    base: State | str | None = None,
    *,
    repository: str | Path = ".",
    unattributed: bool = False,
) -> Merged:
    """The merge of `theirs` into `ours`, as `git merge` makes it where gitbtc is set up: records, fields, spends, what
    follows from verdicts, the rules across files. Of the three any may be a revision; without a `base`, two revisions
    are merged from their common ancestor.

    `unattributed` allows two removals of a coin that name no transaction (`gitbtc.unattributed` in a repository).
    Raises UsageError for states without a base; CannotWork for records that do not follow their schema.
    """
    before, bases = _ancestors(ours, theirs, repository) if base is None else (state_of(base, repository), [])
    sides = [state_of(side, repository) for side in (ours, theirs)]
    history = _History(ours, theirs, repository) if isinstance(ours, str) and isinstance(theirs, str) else None
    return _Merge(before, sides[0], sides[1], bases, history, unattributed=unattributed).merged()


def merge_ops(
    base: State | str,
    ours: Sequence[Patch],
    theirs: Sequence[Patch],
    *,
    repository: str | Path = ".",
    unattributed: bool = False,
) -> MergedOperations:
    """The merge of what two sides did to one state: applying its patches to `base` gives what `merge` makes of the two
    states. Raises GitbtcError when a list does not fit `base`.
    """
    before = state_of(base, repository)
    sides = [apply(patches, before) for patches in (ours, theirs)]
    merged = _Merge(before, sides[0], sides[1], unattributed=unattributed, virtual=True).merged()
    patches = diff(before, State(merged.files, before.kinds))
    return MergedOperations(patches, merged.conflicts, merged.notices)


def _ancestors(ours: State | str, theirs: State | str, repository: str | Path) -> tuple[State, list[State]]:
    """The base that Git merges files from, and all the best common ancestors."""
    if not (isinstance(ours, str) and isinstance(theirs, str)):
        raise UsageError("states know no history: name the base that they are merged from")
    git = Git.at(repository)

    def base_of(one: str, other: str) -> tuple[State, list[State]]:
        oids = git.merge_bases(one, other)
        states = [snapshot(oid, repository=repository) for oid in oids] or [State()]
        together = states[0]
        for oid, state in zip(oids[1:], states[1:], strict=True):  # a criss-cross: they are first merged themselves
            together = _virtual(base_of(oids[0], oid)[0], together, state)
        return together, states

    return base_of(ours, theirs)


class _History:
    """Where coins are looked up that no side lists any more: the commits before two revisions."""

    def __init__(self, ours: str, theirs: str, repository: str | Path) -> None:
        self.git = Git.at(repository)
        self.heads = [self.git.resolve(f"{revision}^{{commit}}") for revision in (ours, theirs)]

    def state(self, oid: str) -> State:
        """The state of one of the commits."""
        return snapshot(oid, repository=self.git.cwd)


def _virtual(base: State, one: State, other: State) -> State:
    """The base that two common ancestors make: what they contest is as in their own base."""
    merge = _Merge(base, one, other, virtual=True, into_ours=False)
    merge.merge_files()
    return one.replaced({**dict.fromkeys(one.whole), **merge.files}, other)


class _Merge:
    """One merge. `bases` are the best common ancestors, where those are not just `base`. `virtual`: contested records
    keep their base value, instead of standing between markers.
    """

    def __init__(  # noqa: PLR0913 - three states and how to merge them
        self, base: State, ours: State, theirs: State, bases: Sequence[State] = (), history: _History | None = None, *,
        unattributed: bool = False, virtual: bool = False, into_ours: bool = True,
    ) -> None:  # fmt: skip
        self.files: dict[str, bytes] = {}
        self._base, self._ours, self._theirs = base, ours, theirs
        self._unattributed = unattributed
        self._virtual = virtual
        self._into_ours = into_ours
        self._contested: list[MergeFinding] = []
        self._gate: SpendGate | None = None
        self._notices: list[str] = []
        self._history = history
        self._git = history.git if history else None
        self._heads = history.heads if history else [OURS, THEIRS]
        named = {f"{BASE} {number}": state for number, state in enumerate(bases or [base])}
        self._merging = Merging(self._git, self._heads, base=[*named])
        together = {**named, **dict(zip(self._heads, (ours, theirs), strict=True))}
        self._snapshots = {name: of_contents(name, state.whole, state.kinds) for name, state in together.items()}
        self._shards: dict[str, dict[str, bytes]] = {}  # of contested records that lie in shards: the files, by path

    def merged(self) -> Merged:
        """The outcome."""
        self.merge_files()
        gate = self.gate()
        conflicts = self._conflicts(gate)
        if not conflicts:
            self._repair(gate)
            conflicts = list(self._faults())
        return Merged(self._laid_out(), conflicts, self._notices, self._ours)

    def _laid_out(self) -> dict[str, bytes]:
        """The files as they lie in ours, or else in theirs."""
        ours, *others = (state.snapshot("") for state in (self._ours, self._theirs, self._base))
        made: dict[str, bytes] = {}
        for path, content in self.files.items():
            there = {place: old for place, old in self._ours.files.items() if self._ours.kinds.whole(place) == path}
            made |= there | (self._shards.get(path) or ours.laid_out({path: content}, *others))
        return dict(sorted(made.items()))

    def _snapshot_of(self, name: str | None) -> Snapshot:
        name = name or ""
        if name not in self._snapshots and self._history:
            state = self._history.state(name)
            self._snapshots[name] = of_contents(name, state.whole, state.kinds)
        return self._snapshots[name]

    @property
    def _sides(self) -> list[Snapshot]:
        return [self._snapshots[name] for name in self._heads]

    @property
    def _bases(self) -> list[Snapshot]:
        return [self._snapshot_of(name) for name in self._merging.bases(0, 1)]

    # -- file by file, as Git and the driver do ----------------------------------------------------------------------

    def merge_files(self) -> None:
        """Fill in the files, and what is contested in them."""
        states = self._base, self._ours, self._theirs
        for path in sorted({path for state in states for path in state.whole}):
            self._merge(path, *(state.whole.get(path) for state in states))

    def _merge(self, path: str, base: bytes | None, ours: bytes | None, theirs: bytes | None) -> None:
        if theirs in (base, ours):
            self._take(path, ours)
        elif ours == base:
            self._take(path, theirs)
        elif ours is None or theirs is None:
            self._contested.append(
                MergeFinding("modify_delete", path, "one side deleted the file, the other changed it")
            )
            self._take(path, base if self._virtual else ours or theirs)
        else:
            self._merge_records(path, base or b"", ours, theirs)

    def _take(self, path: str, content: bytes | None) -> None:
        if content is not None:
            self.files[path] = content

    def _merge_records(self, path: str, base: bytes, ours: bytes, theirs: bytes) -> None:
        kind = self._ours.kind(path)
        judge = self._gate_of(root_of(path)) if kind.name == COINS and self._into_ours else None
        options = Options(Style, into_ours=self._into_ours, virtual=self._virtual, judge=judge)
        merge = merge_files(kind, base, ours, theirs, options)
        self.files[path] = merge.content
        layout = self._ours.snapshot("").layout(path)
        if merge.conflicts and layout and not layout.is_whole:
            self._merge_shards(path, layout, (base, ours, theirs), options)
        self._contested += [of_conflict(path, kind, conflict) for conflict in merge.conflicts]
        self._notices += notice_lines(path, kind, merge.notices)

    def _merge_shards(self, path: str, layout: Layout, versions: tuple[bytes, bytes, bytes], options: Options) -> None:
        """Have the markers of contested records stand in the shards that these belong in."""
        kind = self._ours.kind(path)
        sides = [divided(kind, layout, version) for version in versions]
        for name in sorted({name for side in sides for name in side}):
            base, ours, theirs = (side.get(name, b"") for side in sides)
            merge = merge_files(kind, base, ours, theirs, options)
            self._shards.setdefault(path, {})[shard_path(path, name)] = merge.content or kind.frame.empty

    def _gate_of(self, root: str) -> Judge:
        return lambda _: {one.outpoint: one.conflict() for one in self.gate().contests if one.root == root}

    def gate(self) -> SpendGate:
        """The verdicts of the one view."""
        if self._gate is None:
            self._gate = SpendGate(self._merging, self._snapshot_of, unattributed_allowed=self._unattributed)
        return self._gate

    # -- the whole, as the hooks do ----------------------------------------------------------------------------------

    def _result(self) -> Snapshot:
        """What is not contested: files in which somebody has to settle something are not looked at."""
        open_files = {finding.path for finding in self._contested}
        return of_contents(
            "the merge", {path: self.files[path] for path in self.files.keys() - open_files}, self._ours.kinds
        )

    def _conflicts(self, gate: SpendGate) -> list[MergeFinding]:
        self._notices += [spend_notice(path_in(told.root, COINS), told.verdict) for told in gate.notices]
        contests = gate.unsettled(self._result()) if gate.contests else []
        spends = [of_contest(contest) for contest in contests]
        known = {finding.address for finding in spends}
        others = [finding for finding in self._contested if finding.address not in known]
        clashing = {finding.path for finding in others}
        clashes = [
            MergeFinding("network", path, f"{clash.one} and {clash.other} never merge", identity=CHAIN)
            for clash in gate.clashes
            if (path := path_in(clash.root, CHAIN)) not in clashing
        ]
        return [*spends, *others, *clashes]

    def _repair(self, gate: SpendGate) -> None:
        """What needs nobody, and a merge of files alone does not do."""
        step = simulation.Step(MERGE, simulation.Past(self._sides[0]), self._result())
        for path, content, why in step.repairs():
            self.files[path] = content
            self._notices.append(simulation.stays(path, why))
        repair = Repair(self._git, self._merging, self._snapshot_of, self._result(), self._ours.kinds)
        repair.unite_logs()
        repair.follow(gate)
        self.files |= repair.contents
        self._notices += repair.messages

    def _faults(self) -> Iterator[MergeFinding]:
        """What the hooks would refuse nevertheless."""
        base, ours, result = self._bases[0], self._sides[0], self._result()
        touched = {path for path, _ in ours.entries.items() ^ result.entries.items()}
        for path in sorted(touched & self.files.keys()):
            kind = self._ours.kind(path)
            for key, what in growth.rewritten(kind, base.content(path), result.content(path)):
                if what != "removed":  # which was put back
                    text = "this file only grows, and the merge would rewrite the record"
                    yield MergeFinding("append_only", path, text, identity=codec.identity_text(kind, key))
        for root in roots_to_judge(result, touched):
            for path, broken in broken_rules(result, root, touched, ours):
                yield MergeFinding(broken.rule, path, broken.text, identity=broken.identity)
