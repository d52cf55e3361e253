"""A commit in the making: what is staged, what it is made on and from, and what was settled on the way.

Hooks judge it, and people settle what it leaves open.
"""

from __future__ import annotations

import os
from functools import cached_property

from gitbtc.repo.blobs import LastRead
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK
from gitbtc.repo.loose import blob_id
from gitbtc.resolve.settlements import Settlements
from gitbtc.spends import ALLOW_REWRITE
from gitbtc.state.checkpoint import Checkpoints
from gitbtc.state.in_progress import InProgress
from gitbtc.state.moves import each_in_place
from gitbtc.state.snapshot import Snapshot, installed_kinds, of_index, of_merged_places, of_revision, schemas_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.judge.spend_gate import SpendGate
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import BlobReader, Entry, Git
    from gitbtc.resolve.repair import Repair
    from gitbtc.state.merging import Merging


_LARGE = 1 << 18  # bytes


class InTheMaking:
    """One commit in the making. `message` is the file of its message, where a hook is told one."""

    def __init__(self, git: Git, blobs: BlobReader, message: str | None = None) -> None:
        self._git = git
        self._read = LastRead(self._blob)
        self._blobs = blobs
        self.schemas = schemas_folder(git)
        self.kinds: Kinds = installed_kinds(git)
        self._checkpoints = Checkpoints(git)
        self.in_progress = InProgress(git, message)
        self.head = self.in_progress.head
        self.merging: Merging | None = self.in_progress.merging
        self._snapshots: dict[str | None, Snapshot] = {}
        self.is_rewriting = os.environ.get(ALLOW_REWRITE) == "1"

    def _blob(self, oid: str) -> bytes:
        """What the work tree has as it is staged is read there: a large file is hashed sooner than unpacked."""
        path = self._staged_at.get(oid)
        place = path and os.path.join(self._git.top_level(), path)
        if place and os.path.isfile(place) and os.path.getsize(place) >= _LARGE:
            with open(place, "rb") as file:
                content = file.read()
            if blob_id(content, len(oid)) == oid:
                return content
        return self._blobs.read(oid)

    def stored(self, entry: Entry) -> bytes:
        """The bytes of a file that the index names; none of what is no file."""
        mode, oid = entry
        return self._read(oid) if mode and mode not in (SYMBOLIC_LINK, SUBMODULE) else b""

    @cached_property
    def _staged_at(self) -> dict[str, str]:
        """oid -> where it is staged."""
        return {oid: path for path, (_, oid) in self.index.files.items()}

    def snapshot(self, revision: str | None) -> Snapshot:
        """The snapshot of a commit, read once."""
        if revision not in self._snapshots:
            self._snapshots[revision] = of_revision(self._git, revision, self._read, self.kinds, self._checkpoints)
        return self._snapshots[revision]

    def side(self, revision: str | None) -> Snapshot:
        """The same with the roots that moved where the index has them, files that are in conflict included."""
        return self._in_place(revision)

    @cached_property
    def _in_place(self) -> Callable[[str | None], Snapshot]:
        if self.merging is None:
            return each_in_place(self.snapshot, self.index, [])
        ancestors = [self.snapshot(base) for base in self.merging.all_bases() if base]
        return each_in_place(self.snapshot, of_merged_places(self._git, self._read, self.kinds), ancestors)

    @cached_property
    def index(self) -> Snapshot:
        """What is staged, before anything is staged here."""
        return of_index(self._git, self._read, self.kinds, self._checkpoints)

    @cached_property
    def before(self) -> Snapshot:
        """HEAD."""
        return self.snapshot(self.head)

    def settlements(self) -> Settlements:
        """What was settled in the merge in progress; one that was given up and begun again is another one."""
        told_apart = [*self.merging.identity(), self.merging.began] if self.merging else []
        return Settlements(os.path.join(self._git.git_dir(), "gitbtc"), told_apart)

    @property
    def unattributed_allowed(self) -> bool:
        """Whether two removals of one coin without a txid are only worth a note."""
        return self._git.config("gitbtc.unattributed") == "allow"

    def spend_gate(self, merging: Merging, root: str | None = None) -> SpendGate:
        """The verdicts on the merge in progress, of one root or of all."""
        from gitbtc.judge.spend_gate import SpendGate

        return SpendGate(merging, self.side, unattributed_allowed=self.unattributed_allowed, root=root)

    def united(self, merging: Merging) -> Repair:
        """What is staged, with the records of files that only grow that the merge lost: in that, conflicts are settled
        or open, whatever the commit is asked for or `gitbtc conflicts`. Malformed, CannotWork.
        """
        from gitbtc.resolve.repair import Repair

        repair = Repair(self._git, merging, self.side, self.index, self.kinds)
        if not self.is_rewriting:
            repair.unite_logs()
        return repair
