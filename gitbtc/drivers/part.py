"""One file's part of what a merge makes of coins: a driver sees one file, and who spent what stands in others."""

from __future__ import annotations

from contextlib import contextmanager

from gitbtc.errors import CannotWork
from gitbtc.judge.spend_gate import SpendGate
from gitbtc.kinds.registry import Kinds, root_of
from gitbtc.repo.git import Git
from gitbtc.resolve.repair import Repair
from gitbtc.state.drafted import drafted
from gitbtc.state.merging import Merging, announced
from gitbtc.state.snapshot import of_revision

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.kinds.kind import Key
    from gitbtc.merge.conflict import Conflict
    from gitbtc.repo.git import BlobReader
    from gitbtc.state.snapshot import Snapshot


class FilePart:
    """What the one view says of the file at `path`, in the merge that Git announced to its drivers. CannotWork."""

    def __init__(self, git: Git, blobs: BlobReader, path: str) -> None:
        self._path = path
        self._kinds = Kinds()
        self._merging = Merging(git, [git.resolve("HEAD"), *announced()])
        self._git = git
        self._blobs = blobs
        self._snapshots: dict[str | None, Snapshot] = {}
        allowed = git.config("gitbtc.unattributed") == "allow"
        self.gate = SpendGate(self._merging, self._snapshot, unattributed_allowed=allowed, root=root_of(path))

    def _snapshot(self, oid: str | None) -> Snapshot:
        if oid not in self._snapshots:
            self._snapshots[oid] = of_revision(self._git, oid, self._blobs.read, self._kinds)
        return self._snapshots[oid]

    def conflicts(self) -> dict[Key, Conflict]:
        """The open questions, by outpoint."""
        return {contest.outpoint: contest.conflict() for contest in self.gate.contests}

    def completed(self, merged: bytes) -> bytes:
        """The file with what nobody has to decide, given how it merged by itself."""
        if self.gate.contests or self.gate.clashes:
            return merged
        head, base = self._snapshot(self._merging.heads[0]), self._snapshot(self._merging.bases(0, 1)[0])
        result = drafted(base, head, self._snapshot(self._merging.heads[1]), self._kinds, root_of(self._path))
        repair = Repair(self._git, self._merging, self._snapshot, result.overlaid({self._path: merged}), self._kinds)
        repair.follow(self.gate)
        return repair.contents.get(self._path, merged)


@contextmanager
def part_of(path: str) -> Iterator[FilePart | None]:
    """The part of the file at `path`; None where Git does not say which commits it merges (rebase, cherry-pick, stash),
    or a side cannot be read: the hook decides at the commit.
    """
    git = Git()
    with git.blobs() as blobs:
        try:
            part = FilePart(git, blobs, path) if len(announced()) == 1 else None
        except CannotWork:
            part = None
        yield part
