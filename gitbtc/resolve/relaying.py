"""Merges of records that the sides have in different layouts: one has them in shards, or in shards of other names.

Git sees files that one side deleted and the other changed, and new ones beside them, or takes one for the other under
a new name. So such records are merged anew from what the sides have of them, and lie as ours has them. That is done
once in a merge: what a person changes after it stands.

Of a stash, which may have been made before a reshard, Git tells no commits: what it left open in the index says how the
records of both sides differ.
"""

from __future__ import annotations

import json
import os
from functools import cached_property

from gitbtc.errors import CannotWork, GitbtcError, printable
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.layouts import APART, HALF_GONE, WHOLE, are_in_shards, divided, layout_named, lie_apart, shard_path
from gitbtc.merge.files import Merge, Options, merge_files
from gitbtc.merge.markers import Style
from gitbtc.repo import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.kinds.kind import Key, Kind
    from gitbtc.kinds.layouts import Layout
    from gitbtc.repo.git import Entry, Git
    from gitbtc.resolve.in_the_making import InTheMaking
    from gitbtc.state.snapshot import Snapshot

FILE = "relaid.json"
_KEY = "gitbtc.relaid/v1"
BASE, OURS, THEIRS = 1, 2, 3


class Relaying:
    """What of the merge (pick, revert) in progress lies otherwise on its sides. Raises Malformed, CannotWork for sides
    that cannot be read.
    """

    def __init__(self, git: Git, making: InTheMaking) -> None:
        self._git = git
        self._making = making
        self._apart: set[str] = set()
        self._place = os.path.join(git.git_dir(), "gitbtc", FILE)

    @cached_property
    def _unmerged(self) -> dict[str, dict[int, Entry]]:
        return self._git.unmerged_entries()

    @cached_property
    def paths(self) -> list[str]:
        """The records that the sides have in different layouts, or of which one side took away a shard that the other
        changed, by the path of the whole file.
        """
        merging = self._making.merging
        if merging is None:
            return self._stashed()
        sides = [self._making.side(one) for one in (*merging.heads, *merging.all_bases())]
        sharded = {path for side in sides for path in are_in_shards(side.entries)}
        self._apart = lie_apart([side.entries for side in sides])
        half = self._half_gone() & sharded if sharded else set()
        return sorted(path for path in self._apart | half if sides[0].layout(path) is not None)

    def why(self, path: str) -> str:
        """What Git could not bring together, in words."""
        return APART if path in self._apart else HALF_GONE

    def _half_gone(self) -> set[str]:
        """The records of which Git left a shard open that one side does not have."""
        kinds = self._making.kinds
        unmerged = self._unmerged.items()
        halves = ([BASE, OURS], [BASE, THEIRS])
        return {kinds.whole(path) for path, stages in unmerged if kinds.shard(path) and [*stages] in halves}

    def _stashed(self) -> list[str]:
        """The records that Git left open where it told no commits, and that lie otherwise in HEAD than there."""
        self._apart = {self._making.kinds.whole(place) for place in self._unmerged if self._lies_otherwise(place)}
        return sorted(self._apart)

    def _lies_otherwise(self, place: str) -> bool:
        """Whether a file is none of those in which HEAD has its records, or holds records of others: Git takes one of
        another layout for it, renamed.
        """
        path = self._making.kinds.whole(place)
        kind, layout = self._making.kinds.for_path(path), self._making.before.layout(path)
        if kind is None or layout is None:
            return False
        if self._layout_of(place) != layout:
            return True
        stages = (self._making.stored(entry) for entry in self._unmerged[place].values())
        return not layout.is_whole and any(self._is_of_others(kind, layout, place, content) for content in stages)

    def _layout_of(self, place: str) -> Layout:
        shard, kind = self._making.kinds.shard(place), self._making.kinds.for_path(place)
        return layout_named(kind, shard[1]) if shard and kind else WHOLE

    def _is_of_others(self, kind: Kind, layout: Layout, place: str, content: bytes) -> bool:
        shard = self._making.kinds.shard(place)
        try:
            return bool(content) and {*divided(kind, layout, content)} != {shard and shard[1]}
        except Malformed:
            return False

    @cached_property
    def pending(self) -> list[str]:
        """Those of them that have not been brought together yet."""
        done = self._done() if self._making.merging else set()
        return [path for path in self.paths if path not in done]

    def check(self) -> None:
        """CannotWork for a merge of more than two heads, which nobody brings together so."""
        merging = self._making.merging
        if self.pending and merging and len(merging.heads) != 2:
            told = ", ".join(self.pending)
            raise CannotWork(
                f"{told}: lies in different layouts, and more than two heads are merged: merge them one at a time"
            )

    def carry_out(self) -> list[str]:
        """Stage what they merge to, as ours has them: a line for each. Records that somebody has to decide stand
        between markers in the files of the work tree, and these are left open.
        """
        self.check()
        told = [self._carried_out(path) for path in self.pending]
        if told and self._making.merging:
            self._remember()
        if told:
            self._git.refresh_index()
        return told

    def _carried_out(self, path: str) -> str:
        layout, found = self.merged(path)
        entries: dict[str, Entry | dict[int, Entry] | None] = dict.fromkeys(self._present(path))
        contents: dict[str, bytes] = {}
        conflicts = 0
        for name, (versions, merge) in found.items():
            place = shard_path(path, name) if name else path
            kind = self.kind(path)
            contents[place] = merge.content or kind.frame.empty
            conflicts += len(merge.conflicts)
            entries[place] = self._stages(versions) if merge.conflicts else self._entry(contents[place])
        self._write(contents, gone=[place for place, entry in entries.items() if entry is None])
        self._git.update_index(entries)
        left = f"; {conflicts} left to settle" if conflicts else ""
        return f"{printable(path)}: {self.why(path)}; merged record by record as {layout}{left}"

    def layouts(self, path: str) -> set[Layout | None]:
        """How the records at `path` lie on the sides that are merged."""
        merging = self._making.merging
        return {self._making.side(head).layout(path) for head in merging.heads} if merging else set()

    def kind(self, path: str) -> Kind:
        """The kind of the records at a path."""
        kind = self._making.kinds.for_path(path)
        if kind is None:
            raise GitbtcError(f"{path}: no state file")
        return kind

    def merged(self, path: str) -> tuple[Layout, dict[str, tuple[Sequence[bytes], Merge]]]:
        """How the records at `path` lie in ours, and for each of its files (the name of a shard, "" for the whole) its
        three versions and what they merge to.
        """
        merging, kind = self._making.merging, self.kind(path)
        ours, *theirs = map(self._making.side, merging.heads if merging else [self._making.head])
        layout = ours.layout(path) or WHOLE
        sides = [self._base(path), ours.content(path), theirs[0].content(path)] if merging else self._open_sides(path)
        taken = _taken(*sides)
        parts = [{"": side} if layout.is_whole else divided(kind, layout, side) for side in sides]
        options = Options(Style, into_ours=merging is not None and merging.into_ours)
        found: dict[str, tuple[Sequence[bytes], Merge]] = {}
        for name in sorted({name for part in parts for name in part}):
            base, one, other = versions = [part.get(name, kind.frame.empty) for part in parts]
            if taken:
                found[name] = versions, _whole(versions[taken - BASE])
            else:
                found[name] = versions, merge_files(kind, base, one, other, options)
        return layout, found

    def _open_sides(self, path: str) -> list[bytes]:
        """The records at `path` of base, ours and theirs as the index has them: of base and theirs those alone in which
        they may differ.
        """
        kind, layout = self.kind(path), self._making.before.layout(path)
        sides: dict[int, dict[Key, bytes]] = {BASE: {}, OURS: {}, THEIRS: {}}
        for place in self._present(path):
            is_ours = self._layout_of(place) == layout
            staged = {OURS if is_ours else THEIRS: self._making.index.files.get(place, ("", ""))}
            for stage, entry in (self._unmerged.get(place) or staged).items():
                sides[stage] |= codec.keyed(kind, self._making.stored(entry))
        return [codec.encode_lines(kind, [lines[key] for key in sorted(lines)]) for lines in sides.values()]

    def _base(self, path: str) -> bytes:
        """The records of the common ancestor; of several, merged into one as Git does."""
        merging, kind = self._making.merging, self.kind(path)
        bases = [self._making.side(base) for base in merging.bases(0, 1)] if merging else []
        together = bases[0].content(path)
        for other in bases[1:]:
            options = Options(Style, virtual=True)
            together = merge_files(kind, b"", together, other.content(path), options).content
        return together

    # -- writing ---------------------------------------------------------------------------------------------------

    def _present(self, path: str) -> Iterator[str]:
        """The files of these records in the index, settled and unsettled."""
        whole = self._making.kinds.whole
        paths = {*self._making.index.files, *self._unmerged}
        return (one for one in sorted(paths) if whole(one) == path)

    def _entry(self, content: bytes) -> Entry:
        return "100644", self._git.write_blob(content)

    def _stages(self, versions: Sequence[bytes]) -> dict[int, Entry]:
        return {stage: self._entry(content) for stage, content in zip((BASE, OURS, THEIRS), versions, strict=True)}

    def _write(self, contents: dict[str, bytes], gone: Sequence[str]) -> None:
        top = self._git.top_level()
        for path in (*contents, *gone):
            if away := files.led_away(top, path):
                raise CannotWork(f"{printable(path)}: {away}")
        files.write_all({os.path.join(top, path): content for path, content in contents.items()})
        for path in gone:
            files.remove(os.path.join(top, path))
        for folder in {os.path.dirname(os.path.join(top, path)) for path in gone}:
            if os.path.isdir(folder) and not os.listdir(folder):
                os.rmdir(folder)

    # -- what was done before --------------------------------------------------------------------------------------

    def _identity(self) -> list[str]:
        merging = self._making.merging
        return [*merging.identity(), merging.began] if merging else []

    def _done(self) -> set[str]:
        try:
            kept = json.loads(files.read(self._place) or b"{}")[_KEY]
            return set(kept["paths"]) if kept["merge"] == self._identity() else set()
        except (ValueError, KeyError, TypeError):
            return set()

    def _remember(self) -> None:
        document = {_KEY: {"merge": self._identity(), "paths": self.paths}}
        files.write(self._place, json.dumps(document).encode())


def _taken(base: bytes, ours: bytes, theirs: bytes) -> int | None:
    """Which of the three Git would take without asking, if all of them lay in one file; None where it would ask."""
    if theirs in (base, ours):
        return OURS
    return THEIRS if ours == base else None


def _whole(content: bytes) -> Merge:
    merge = Merge()
    merge.pieces = [content]
    return merge


def is_merged_to(relaying: Relaying, path: str, index: Snapshot) -> bool:
    """Whether the index has the records at `path` as they merge, and as one of the sides has them: Git takes a reshard
    of theirs where ours changed nothing.
    """
    layout, found = relaying.merged(path)
    if any(merge.conflicts for _, merge in found.values()) or index.layout(path) not in relaying.layouts(path):
        return False
    try:
        content = index.content(path)
    except Malformed:
        return False
    made = divided(relaying.kind(path), layout, content) if not layout.is_whole else {"": content}
    nothing = relaying.kind(path).frame.empty
    return all(made.get(name, nothing) == (merge.content or nothing) for name, (_, merge) in found.items())
