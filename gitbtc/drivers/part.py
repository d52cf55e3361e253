"""One file's part of what a merge makes of coins: a driver sees one file, and who spent what stands in others."""

from __future__ import annotations

from functools import cached_property

from gitbtc.errors import CannotWork
from gitbtc.kinds.layouts import differing, divided, layout_named
from gitbtc.kinds.registry import Kinds, built_in, root_of
from gitbtc.repo.blobs import LastRead
from gitbtc.repo.loose import blob_id
from gitbtc.spends import COINS, EVIDENCE
from gitbtc.state.moves import each_in_place
from gitbtc.state.snapshot import of_revision, path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gitbtc.judge.spend_gate import SpendGate
    from gitbtc.kinds.delta import Buffer
    from gitbtc.kinds.kind import Key
    from gitbtc.merge.conflict import Conflict
    from gitbtc.repo.git import BlobReader, Git
    from gitbtc.state.merging import Merging
    from gitbtc.state.snapshot import Snapshot


class FilePart:
    """What the one view says of the file at `path` in a merge, a pick or a revert.

    `versions` are those of the file that Git gave to the driver: they need not be read again.
    """

    def __init__(self, git: Git, blobs: BlobReader, merging: Merging, path: str, versions: Sequence[Buffer]) -> None:
        self._kinds = Kinds()
        shard = self._kinds.shard(path)
        self._path, self._shard = shard or (path, "")
        self._read = LastRead(blobs.read, few=16)
        self._versions = versions
        self._given: dict[str, Buffer] = {}
        self._merging = merging
        self._git = git
        self._snapshots: dict[str | None, Snapshot] = {}

    @cached_property
    def _gate(self) -> SpendGate | None:
        """None where a side cannot be read, which the hook says."""
        from gitbtc.judge.spend_gate import SpendGate

        allowed = self._git.config("gitbtc.unattributed") == "allow"
        try:
            return SpendGate(self._merging, self._snapshot, unattributed_allowed=allowed, root=root_of(self._path))
        except CannotWork:
            return None

    @cached_property
    def is_alone(self) -> bool:
        """Whether of the files of the root that tell of coins this one alone differs: it is merged as it is then."""
        heads = [self._snapshot(head) for head in self._merging.heads]
        sides = [*heads, *(self._snapshot(base) for base in self._merging.bases(0, 1))]
        paths = {path_in(root_of(self._path), kind) for kind in EVIDENCE} - {self._path}
        if self._shard and differing(side.entries.get(self._path) for side in sides) != [self._shard]:
            return False
        return all(len({side.oid(path) for side in sides}) == 1 for path in paths)

    def _snapshot(self, oid: str | None) -> Snapshot:
        """The files of a side, its root where Git merges it: one side may have moved it."""
        return self._in_place(oid)

    @cached_property
    def _in_place(self) -> Callable[[str | None], Snapshot]:
        heads = [self._stored(head) for head in self._merging.heads]
        there = next((head for head in heads if root_of(self._path) in head.roots()), heads[0])
        return each_in_place(self._stored, there, [self._stored(base) for base in self._merging.bases(0, 1) if base])

    def _stored(self, oid: str | None) -> Snapshot:
        if oid not in self._snapshots:
            self._snapshots[oid] = of_revision(self._git, oid, self._blob, self._kinds)
        return self._snapshots[oid]

    def _blob(self, oid: str) -> bytes:
        if not self._given:
            self._given = {blob_id(version, len(oid)): version for version in self._versions}
        if oid in self._given:
            self._given[oid] = self._given[oid][:]
            return bytes(self._given[oid])
        return self._read(oid)

    def conflicts(self, removed_twice: bool) -> dict[Key, Conflict]:  # noqa: FBT001 - it is a Judge
        """The open questions, by outpoint; `removed_twice`: both sides took a coin out of this file."""
        if (self.is_alone and not removed_twice) or self._gate is None:
            return {}
        return {contest.outpoint: contest.conflict() for contest in self._gate.contests}

    def completed(self, merged: bytes) -> bytes:
        """The file with what nobody has to decide, given how it merged by itself."""
        if self.is_alone:
            return merged
        repaired = self._repaired(merged)
        if not self._shard or self._path not in repaired:
            return repaired.get(self._path, merged)
        kind = self._kinds.for_path(self._path)
        shards = divided(kind, layout_named(kind, self._shard), repaired[self._path]) if kind else {}
        return shards.get(self._shard, kind.frame.empty if kind else b"")

    def _repaired(self, merged: bytes) -> dict[str, bytes]:
        """path -> content of the files of the root that are to be otherwise than their records merge to."""
        if self._gate is None or self._gate.contests or self._gate.clashes:
            return {}
        from gitbtc.resolve.repair import Repair
        from gitbtc.state.drafted import drafted

        base, ours, theirs = self._sides
        known = {} if self._shard else {self._path: merged}
        result = drafted(base, ours, theirs, self._kinds, known, root_of(self._path))
        repair = Repair(self._git, self._merging, self._snapshot, result, self._kinds)
        repair.follow(self._gate)
        return repair.contents

    @property
    def _sides(self) -> tuple[Snapshot, Snapshot, Snapshot]:
        ours, theirs = self._merging.heads
        return self._snapshot(self._merging.bases(0, 1)[0]), self._snapshot(ours), self._snapshot(theirs)

    def left_open(self, merged: bytes) -> Iterator[str]:
        """What is left to do when the file came out as `merged`, a line each: where no hook follows, nobody does it."""
        from gitbtc.views.conflicts import told_line

        if self._gate is None:
            yield "a side of this merge cannot be read, so nobody can say what it spends"
            return
        for clash in self._gate.clashes:
            yield f"network: {clash.one} and {clash.other} never merge"
        for contest in self._gate.contests:
            yield told_line(path_in(contest.root, COINS), built_in(COINS), contest.conflict())
        for path in self._repaired(merged):
            # A file that all sides have otherwise has a driver of its own.
            if len({side.oid(path) for side in self._sides}) < len(self._sides):
                yield f"{path} would have to be otherwise than it merges; `git merge` stages it so"
