"""Records that come to lie otherwise: from one file into shards, back, or into shards of another size.

No record changes. Also what lies in two layouts, or in another record's shard, is put in its place: where that is
not committed, in the work tree, and it is staged.
"""

from __future__ import annotations

import os
from contextlib import suppress

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.judge.vetted import Vetted
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.damage import damage
from gitbtc.kinds.layouts import WHOLE, Layout, are_in_shards, folded, in_shards, layout_of, shard_path
from gitbtc.kinds.shards import MOST_DIGITS, TXID
from gitbtc.repo.all_or_none import AllOrNone, Replacement, Staged
from gitbtc.repo.files import led_away
from gitbtc.repo.lock import alone
from gitbtc.repo.loose import blob_id
from gitbtc.state.snapshot import of_work_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gitbtc.kinds.kind import Key, Kind
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import BlobReader, Entry, Git

MOST_RECORDS = 2000  # of a shard, before there are sixteen times as many
_FILE = "100644"


class Relaid:
    """The records at `path` (that of the whole file), how many there are, and how they lie now."""

    __slots__ = ("count", "layout", "path", "shards")

    def __init__(self, path: str, count: int, layout: Layout, shards: int) -> None:
        self.path = path
        self.count = count
        self.layout = layout
        self.shards = shards


class Resharding:
    """Has the records of a commit's kinds lie otherwise. `git` works at the top of the work tree, which must hold what
    HEAD holds, unless something lies there where it must not: CannotWork where it does neither.

    `mends`: what lies in the work tree is put in its place, and nothing is committed.
    """

    def __init__(self, git: Git, blobs: BlobReader, kinds: Kinds) -> None:
        self._git = git
        self._blobs = blobs
        self._kinds = kinds
        if git.find("HEAD") is None:
            raise CannotWork("there is no commit here yet, whose records could lie otherwise")
        head, places = git.tree_entries("HEAD"), {*git.work_tree_paths()}
        is_committed = git.all_is_committed()
        is_new = any(kinds.for_path(place) for place in places - head.keys())
        self._misplaced = set() if is_committed and not is_new else {*self._out_of_place()}
        self.mends = bool(self._misplaced)
        if git.unmerged_entries():
            raise CannotWork("conflicts are open; `gitbtc conflicts` lists them, and how to settle each")
        if not (is_committed or self.mends):
            raise CannotWork("not all is committed here; commit that first: a reshard changes no record")
        left_out = sorted(path for path in git.sparse_paths() if (kind := kinds.for_path(path)) and kind.shards)
        if left_out:
            raise CannotWork(f"{left_out[0]}: a sparse checkout leaves it out; `git sparse-checkout disable` ends that")
        self._layouts = {path: layout_of(entry) for path, entry in folded(kinds, head).items()}
        self._entries = git.index_entries() if self.mends else head
        self._places = {*self._entries, *places} if self.mends else {*head}
        self._replacements: list[Replacement] = []
        self._staged: list[Staged] = []
        self._vetted = Vetted(os.path.join(git.common_dir(), "gitbtc"))
        self._looked_at: list[tuple[str, str, Kind]] = []

    def wanted(self, names: Sequence[str]) -> list[str]:
        """The records of the kinds called so (none: of all that may lie in shards), by the path of the whole file."""
        chosen = {self._kinds.load(name).name for name in names or self._kinds.sharded()}
        for name in sorted(chosen):
            if not self._kinds.load(name).shards:
                raise GitbtcError(f"{name}: its records lie in one file, and there are no shards of them")
        found = self._misplaced if self.mends else {self._kinds.whole(path) for path in self._entries}
        return sorted(path for path in found if (kind := self._kinds.for_path(path)) and kind.name in chosen)

    def _out_of_place(self) -> Iterator[str]:
        """The records of the work tree that lie in no one layout, or in another record's shard."""
        there = of_work_tree(self._git, self._kinds)
        for path in are_in_shards(there.entries):
            try:
                there.content(path)
            except Malformed:
                yield path

    def relay(self, path: str, digits: int | None, *, whole: bool) -> Relaid | None:
        """Have the records at `path` lie in one file (`whole`), or in shards of so many `digits`, where None takes as
        many as their number needs, or what HEAD has where something is out of place; None where they do already.
        GitbtcError for records that nobody can read.
        """
        kind = self._kind(path)
        there = {place: self._entries.get(place) for place in self._places if self._kinds.whole(place) == path}
        before = {place: self._content(place, entry) for place, entry in sorted(there.items())}
        lines = self._lines(kind, before)
        layout = WHOLE if whole else Layout(digits_for(kind, len(lines)) if digits is None else digits)
        if self.mends and digits is None and not whole:
            layout = self._layouts.get(path) or layout
        try:
            shards = {} if layout.is_whole else in_shards(kind, layout, lines)
        except Malformed as error:
            raise GitbtcError(f"{path}: {error}; `gitbtc validate` names it") from None
        made = {shard_path(path, name): shard for name, shard in shards.items()}
        made = made or {path: codec.encode_lines(kind, lines.values())}
        if before == made:
            return None
        self._plan(there, made)
        entry = there.get(path)
        if kind.shards == TXID and len(there) == 1 and entry and self._vetted.holds(path, entry[1], kind):
            # Each shard is a stretch of a file in which nothing was found.
            self._looked_at += [(place, blob_id(content, len(entry[1])), kind) for place, content in made.items()]
        return Relaid(path, len(lines), layout, len(shards))

    def _kind(self, path: str) -> Kind:
        kind = self._kinds.for_path(path)
        if kind is None:
            raise GitbtcError(f"{path}: no state file")
        return kind

    def _content(self, place: str, entry: Entry | None) -> bytes | None:
        if self.mends:
            return self._on_disk(place)
        return self._blobs.read(entry[1]) if entry and entry[0] in (_FILE, "100755") else b""

    def _lines(self, kind: Kind, contents: Mapping[str, bytes | None]) -> dict[Key, bytes]:
        """The records of all files, wherever they are, in order."""
        found: dict[Key, bytes] = {}
        for place, content in contents.items():
            if away := led_away(self._git.cwd, place):
                raise CannotWork(f"{place}: {away}")
            if content is None:
                continue
            try:
                lines = codec.keyed(kind, content)
            except Malformed as error:
                raise GitbtcError(f"{place}: {error}; mend it first") from None
            if is_left := damage(kind, content):
                raise GitbtcError(f"{place}: {is_left}")
            for key, line in lines.items():
                if found.setdefault(key, line) != line:
                    name = codec.identity_text(kind, key)
                    raise GitbtcError(f"{place}: two files have {name}, and differ; keep one of the two records")
        return {key: found[key] for key in sorted(found)}

    def _plan(self, there: Mapping[str, Entry | None], made: Mapping[str, bytes]) -> None:
        for place in sorted({*there, *made}):
            entry, content = there.get(place), made.get(place)
            before = self._on_disk(place) if place in there else None
            is_staged = entry is not None and content is not None and entry[1] == blob_id(content, len(entry[1]))
            if content != before or entry is None or (self.mends and not is_staged):
                after = None if content is None else (_FILE, self._git.write_blob(content))
                self._replacements.append(Replacement(place, before, content))
                self._staged.append(Staged(place, entry, after))

    def _on_disk(self, place: str) -> bytes | None:
        try:
            with open(os.path.join(self._git.cwd, place), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def commit(self, done: Iterable[Relaid]) -> None:
        """Write and commit what was planned: one commit, or none where it `mends`. GitbtcError, and nothing is written,
        where a file is in the way; where a hook refuses, it is staged.
        """
        clash = [one.path for one in self._replacements if one.before is None and self._on_disk(one.path) is not None]
        if clash:
            raise GitbtcError(f"{clash[0]}: lies here and is in no commit; add it or take it away first")
        head = self._git.find("HEAD")
        told = [said(one) for one in done]
        subject = told[0] if len(told) == 1 else f"{len(told)} files of records"
        try:
            self._carry_out(self._replacements, self._staged)
            if self.mends:
                return
            self._git.commit(f"Reshard {subject}", "\n".join(told if len(told) > 1 else ["No record changes."]))
            for place, oid, kind in self._looked_at:
                self._vetted.add(place, oid, kind)
            self._vetted.keep()
        except KeyboardInterrupt:
            if self._git.find("HEAD") == head:
                self._take_back()
            raise

    def _carry_out(self, replacements: Sequence[Replacement], staged: Sequence[Staged]) -> None:
        with alone(os.path.join(self._git.git_dir(), "gitbtc", "apply.lock")):
            # Records that HEAD has: no filter has to look at what they lie in now.
            AllOrNone(self._git).replace(replacements, staged, are_known=not self.mends)
        for folder in {os.path.dirname(one.path) for one in replacements if one.after is None}:
            with suppress(OSError):  # others lie there still
                os.rmdir(os.path.join(self._git.cwd, folder))

    def _take_back(self) -> None:
        """Put back what was carried out and not committed, unless it was not carried out."""
        entries = self._git.index_entries()
        if all(entries.get(one.path) == one.after for one in self._staged):
            self._carry_out(
                [Replacement(one.path, one.after, one.before) for one in self._replacements],
                [Staged(one.path, one.after, one.before) for one in self._staged],
            )


def said(one: Relaid) -> str:
    """How records lie now, in words."""
    lies = "one file" if one.layout.is_whole else "one shard" if one.shards == 1 else f"{one.shards} shards"
    return f"{one.path}: {one.count} record{'s' * (one.count != 1)} in {lies}"


def digits_for(kind: Kind, count: int) -> int:
    """How many digits of a txid so many records need, for a shard to hold some 250 to 2,000; 0 for other shards."""
    if kind.shards != TXID:
        return 0
    fitting = (digits for digits in range(1, MOST_DIGITS) if count <= MOST_RECORDS * 16**digits)
    return next(fitting, MOST_DIGITS)
