"""What a merge left to settle, computed from the index and the merged commits: it survives a closed terminal."""

from __future__ import annotations

import os
from functools import cached_property

from gitbtc.errors import CannotWork
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.layouts import layout_named
from gitbtc.kinds.registry import built_in
from gitbtc.merge.conflict import Conflict
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import MarkedFile, Style, hunks
from gitbtc.merge.records import changed_fields
from gitbtc.repo.git import SYMBOLIC_LINK
from gitbtc.resolve.in_the_making import InTheMaking
from gitbtc.resolve.marked_shards import MarkedShards
from gitbtc.resolve.relaying import Relaying
from gitbtc.spends import COINS
from gitbtc.spends.naming import IDENTITIES
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitbtc.judge.spend_gate import RootVerdict
    from gitbtc.kinds.kind import Key, Kind
    from gitbtc.repo.git import BlobReader, Entry, Git
    from gitbtc.spends.naming import Subject
    from gitbtc.state.merging import Merging
    from gitbtc.state.snapshot import Snapshot

BASE, OURS, THEIRS = 1, 2, 3


class Open:
    """One conflict that is still open. `contest` is set when it is about a spend, and settling it touches the root.
    `path` is that by which the record is called, `file` the one that is open: where records lie in shards, a shard.
    """

    __slots__ = ("conflict", "contest", "file", "kind", "path")

    def __init__(
        self, path: str, kind: Kind, conflict: Conflict, contest: RootVerdict | None = None, file: str = ""
    ) -> None:
        self.path = path
        self.kind = kind
        self.conflict = conflict
        self.contest = contest
        self.file = file or path

    @property
    def address(self) -> str:
        """`path::identity`; for a whole file its path."""
        return codec.address(self.path, self.kind, self.conflict.key) if self.conflict.key else self.path

    @property
    def is_text(self) -> bool:
        """Whether Git merged the whole file as text, since a side does not parse or no driver ran."""
        return not self.conflict.key and self.conflict.type == "unreadable"

    @property
    def subject(self) -> Subject | None:
        """The coin or the transaction that the record is about; None for a record of another kind, and a whole file."""
        if not self.conflict.key or self.kind.identity not in IDENTITIES:
            return None
        return self.conflict.key


class Conflicts:
    """The open conflicts of the repository that `git` works in, and how far each file is settled."""

    def __init__(self, git: Git, blobs: BlobReader) -> None:
        self.git = git
        self._blobs = blobs
        self.making = InTheMaking(git, blobs)
        self.merging: Merging | None = self.making.merging
        self.settlements = self.making.settlements()
        self.unmerged = git.unmerged_entries()
        self.top = git.top_level()

    def open(self) -> Iterator[Open]:
        """Every open conflict: those of spends first, then by path and record."""
        spends = {open_.address: open_ for open_ in self._contests()}
        yield from spends.values()
        whole = self.making.kinds.whole
        for path, stages in sorted(self.unmerged.items()):
            kind = self.making.kinds.for_path(path)
            if kind is not None and whole(path) not in self.relaying.pending:
                yield from (open_ for open_ in self._in_file(path, kind, stages) if open_.address not in spends)

    def count(self) -> int:
        """How many are open, each kind of records that lies in different layouts once."""
        return sum(1 for _ in self.open()) + len(self.relaying.pending)

    @cached_property
    def relaying(self) -> Relaying:
        """What the sides have in different layouts."""
        return Relaying(self.git, self.making)

    def settled_paths(self) -> list[str]:
        """Files without an open conflict that Git still takes for unmerged: they only need `git add`."""
        kinds = self.making.kinds
        return [
            path
            for path, stages in sorted(self.unmerged.items())
            if (kind := kinds.for_path(path))
            and kinds.whole(path) not in self.relaying.pending
            and not any(hunks(self.read(path)))
            and not any(self._in_file(path, kind, stages))
        ]

    @cached_property
    def _left_out(self) -> set[str]:
        return self.git.sparse_paths()

    def marked(self, path: str, kind: Kind) -> MarkedFile | MarkedShards:
        """The records at `path` as they lie in the work tree. Malformed."""
        shards = self._shards(path, kind)
        if not shards:
            return MarkedFile(kind, self.read(path))
        contents = {name: self.read(place) for name, place in shards.items()}
        return MarkedShards(kind, layout_named(kind, next(iter(shards))), contents)

    def _shards(self, path: str, kind: Kind) -> dict[str, str]:
        """name -> path of the shards in which records lie here; none where they lie in one file."""
        if not kind.shards or path in self.unmerged or path in self.making.index.files:
            return {}
        kinds = self.making.kinds
        known = {*self.unmerged, *self.making.index.files}
        found = {place: kinds.shard(place) for place in sorted(known)}
        return {shard[1]: place for place, shard in found.items() if shard and shard[0] == path}

    def read(self, path: str) -> bytes:
        """The bytes of a file of the work tree; none when it is not there. What a sparse checkout leaves out is as
        it is staged.
        """
        place = os.path.join(self.top, path)
        if not os.path.exists(place):
            return self.making.index.content(path) if path in self._left_out else b""
        with open(place, "rb") as file:
            return file.read()

    def _contests(self) -> Iterator[Open]:
        if self.merging is None:
            return
        try:
            gate = self.making.spend_gate(self.merging)
        except CannotWork:  # a side does not parse, which the conflict of that file says
            return
        for contest in gate.unsettled(self._united(self.merging), self.settlements):
            yield Open(path_in(contest.root, COINS), built_in(COINS), contest.conflict(), contest)

    def _united(self, merging: Merging) -> Snapshot:
        try:
            return self.making.united(merging).result
        except Malformed:  # of a file that tells nothing of spends, or of the index, which says so itself
            return self.making.index

    def _in_file(self, path: str, kind: Kind, stages: Mapping[int, Entry]) -> Iterator[Open]:
        if self._only_came(stages):
            return
        if OURS not in stages or THEIRS not in stages:
            whole = [self._stage(stages, side) for side in (BASE, OURS, THEIRS)]
            yield Open(path, kind, Conflict("modify_delete", (), whole[0], whole[1], whole[2]))
            return
        base, ours, theirs = (self._stage(stages, side) or b"" for side in (BASE, OURS, THEIRS))
        try:
            options = Options(Style, into_ours=self.merging is not None and self.merging.into_ours)
            conflicts = merge_files(kind, base, ours, theirs, options).conflicts
            still = set(MarkedFile(kind, self.read(path)).open)
        except Malformed:
            yield Open(path, kind, Conflict("unreadable", (), base or None, ours, theirs))
            return
        # Without a marker the file was settled by hand, or no driver ran and it is ours as it was.
        untouched = self.read(path) == ours
        for conflict in conflicts:
            if conflict.key in still or untouched:
                yield Open(self.making.kinds.whole(path), kind, conflict, file=path)
        for key in sorted(still - {conflict.key for conflict in conflicts}):
            text = self._text_conflict(kind, key, (base, ours, theirs))
            yield Open(self.making.kinds.whole(path), kind, text, file=path)

    def _only_came(self, stages: Mapping[int, Entry]) -> bool:
        """Whether one side alone has a file, and nobody had it: what is in doubt for Git is its folder, which the other
        side moved. Where both sides moved one, each to another place, the file of the base is open beside them.
        """
        return [*stages] in ([OURS], [THEIRS]) and [BASE] not in map(list, self.unmerged.values())

    def _text_conflict(self, kind: Kind, key: Key, stages: tuple[bytes, bytes, bytes]) -> Conflict:
        """Markers that a text merge left around a record that no rule contests, or that somebody wrote."""
        before, one, other = (codec.keyed(kind, stage).get(key) for stage in stages)
        sides = [codec.decode_line(kind, line) if line else {} for line in (one, other)]
        return Conflict("edit", key, before, one, other, tuple(changed_fields(*sides)))

    def _stage(self, stages: Mapping[int, Entry], side: int) -> bytes | None:
        mode, oid = stages.get(side, (SYMBOLIC_LINK, ""))
        return None if mode == SYMBOLIC_LINK else self._blobs.read(oid)
