"""Changed state files as commands show them: in words, in a line a file, as a document."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

from gitbtc.cli.paging import pager, show, terminal_width
from gitbtc.diff.operations import operations
from gitbtc.diff.patch import Patch
from gitbtc.errors import printable_json
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.layouts import WHOLE, Folded, folded, layout_named, read
from gitbtc.kinds.registry import Kinds, below, built_in, root_of
from gitbtc.repo.colours import wants_colour
from gitbtc.repo.diffing import INDEX, WORK_TREE, ChangedFile, Comparison
from gitbtc.repo.git import SYMBOLIC_LINK, Git
from gitbtc.views import document, stat, terms, text
from gitbtc.views.beside import Beside

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from gitbtc.diff.operations import Operation
    from gitbtc.kinds.delta import Buffer
    from gitbtc.kinds.kind import Kind
    from gitbtc.kinds.layouts import Layout
    from gitbtc.repo.git import BlobReader, Entry
    from gitbtc.spends.listing import Outpoint
    from gitbtc.state.snapshot import Snapshot

    Side = Callable[[ChangedFile], Entry | None]
    Form = Callable[["Compared", list["ComparedFile"], BlobReader], Iterator[bytes]]

UNMERGED = "not merged yet; `gitbtc conflicts` lists what is left to settle"


class ComparedFile:
    """A changed state file: its operations, or why there are none. `layout` says that its records lie otherwise."""

    def __init__(self, kind: Kind, changed: ChangedFile) -> None:
        self.kind = kind
        self.changed = changed
        self.layout = ""
        # A path that is not UTF-8 can be opened as it is, but not written into a document.
        self.path = changed.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        self.patch = Patch(kind, self.path, [], *(side and side[0] for side in (changed.old, changed.new)))
        self.fault = ""

    @property
    def notes(self) -> list[str]:
        """What happened besides what happened to records."""
        return [*self.patch.notes, *([self.layout] if self.layout else [])]

    @property
    def files(self) -> list[ChangedFile]:
        """The files that differ: shards, or the one."""
        return self.changed.parts or [self.changed]

    @property
    def is_changed(self) -> bool:
        """Whether more than the layout differs."""
        return bool(self.fault or self.patch.operations or self.patch.notes)


class Compared:
    """The changed state files of a comparison."""

    def __init__(self, comparison: Comparison, look: text.Look = text.PLAIN) -> None:
        self.comparison = comparison
        self.look = look
        self._listed = comparison.files()
        self._snapshot: Snapshot | None = None
        self._kinds = Kinds(os.path.join(comparison.top, ".gitbtc", "schemas") if comparison.top else None)

    @property
    def is_one_file(self) -> bool:
        """Whether nothing but one file differs."""
        return len(self._listed) == 1

    def show(self, git: Git, form: Form, *, full: bool = False) -> int:
        """Print all of them in a form, through Git's pager on a terminal; how many differ."""
        seen = sys.stdout.isatty()
        colour = form is in_words and wants_colour(git, seen=seen)
        self.look = text.Look(colour=colour, width=terminal_width(), full=full)
        with git.blobs() as blobs:
            files = list(self.files(blobs))
            show(form(self, files, blobs), pager(git) if seen else "")
        return len(files)

    def files(self, blobs: BlobReader) -> Iterator[ComparedFile]:
        """Each of them, in the order of their paths."""
        for changed in self._together():
            kind = self._kinds.for_path(changed.path)
            if kind is not None:
                file = ComparedFile(kind, changed)
                self._compare(file, blobs)
                if self.comparison.tells_layout or file.is_changed:
                    yield file

    def _together(self) -> list[ChangedFile]:
        """The files that differ, with one for all shards of a kind in a root, called by the whole file's path; those
        that are not to be compared are left by themselves.
        """
        groups: dict[str, list[ChangedFile]] = {}
        for changed in self._listed:
            alone = changed.is_unmerged or _is_link(changed)
            groups.setdefault(changed.path if alone else self._kinds.whole(changed.path), []).append(changed)
        return [
            files[0] if [file.path for file in files] == [whole]
            else self._of_shards(whole, files)
            for whole, files in sorted(groups.items())
        ]  # fmt: skip

    def _of_shards(self, whole: str, files: list[ChangedFile]) -> ChangedFile:
        old, new = (next((entry for entry in sides if entry), None) for sides in _sides(files))
        if old is None or new is None:  # a shard came, or went: what of the others?
            there = self.comparison.in_folder(whole.rpartition(".")[0])
            changed = {file.path for file in files}
            others = [path for path in there if self._kinds.whole(path) == whole and path not in changed]
            old, new = (old or new, new or old) if others else (old, new)
        together = ChangedFile(whole, old, new, is_unmerged=False)
        together.parts = files
        return together

    def sides(self, blobs: BlobReader, changed: ChangedFile) -> tuple[Buffer, Buffer]:
        """The bytes of both sides of a changed file, of shards what those that differ make. Malformed."""
        if not changed.parts:
            return self.comparison.sides(blobs, changed)
        old, new = (self._joined(blobs, changed, side) for side in (_before, _now))
        return old, new

    def _joined(self, blobs: BlobReader, changed: ChangedFile, side: Side) -> bytes:
        entries = {part.path: entry for part in changed.parts if (entry := side(part))}
        entry = folded(self._kinds, entries).get(changed.path)
        if entry is None or not isinstance(entry[1], Folded):
            return self.comparison.content(blobs, changed.path, entry)
        return read(entry[1], lambda path, _: self.comparison.content(blobs, path, entries[path]))

    def beside(self, root: str, blobs: BlobReader, *, is_alone: bool) -> Beside:
        """The files of a root on the new side."""

        @cache
        def in_shards(kind: str) -> Snapshot | None:
            path = below(root, built_in(kind).path)
            places = self.comparison.in_folder(path.rpartition(".")[0]) if built_in(kind).shards else []
            return self._new_side(blobs) if path in map(self._kinds.whole, places) else None

        def content(kind: str) -> bytes:
            snapshot, path = in_shards(kind), below(root, built_in(kind).path)
            return self.comparison.beside(blobs, [path])[0] if snapshot is None else snapshot.readable(path) or b""

        def near(kind: str, txids: Collection[str]) -> Iterator[bytes] | None:
            snapshot = in_shards(kind)
            return None if snapshot is None else snapshot.parts(below(root, built_in(kind).path), txids)

        def spending(kind: str, coins: Collection[Outpoint]) -> Iterator[bytes] | None:
            snapshot = in_shards(kind)
            if snapshot is None:
                return None
            return snapshot.parts(below(root, built_in(kind).path), snapshot.may_spend(root, kind, coins))

        return Beside(content, near, spending, is_alone=is_alone)

    def _new_side(self, blobs: BlobReader) -> Snapshot:
        """All files of the new side, read through what is kept."""
        if self._snapshot is None:
            from gitbtc.state.checkpoint import Checkpoints
            from gitbtc.state.snapshot import of_index, of_revision, of_work_tree

            git, side = self.comparison.git, self.comparison.new_side
            checkpoints = Checkpoints(git)
            if side == WORK_TREE:
                self._snapshot = of_work_tree(git.at_top(), self._kinds, blobs.read, checkpoints)
            elif side == INDEX:
                self._snapshot = of_index(git, blobs.read, self._kinds, checkpoints)
            else:
                self._snapshot = of_revision(git, side, blobs.read, self._kinds, checkpoints)
        return self._snapshot

    def _layout(self, kind: Kind, changed: ChangedFile) -> str:
        """That the records lie otherwise now, in words; "" where they do not."""
        old, new = ({self._name(one.path) for one in changed.parts if side(one)} for side in (_before, _now))
        gone, come = ({self._lies(kind, name) for name in one - other} for one, other in ((old, new), (new, old)))
        if not gone or not come or gone == come:
            return ""
        count = len(new - {""})
        shards = "one shard" if count == 1 else f"{count} shards"
        return f"lies in {shards} now" if count else "lies in one file now"

    def _name(self, path: str) -> str:
        shard = self._kinds.shard(path)
        return shard[1] if shard else ""

    def _lies(self, kind: Kind, name: str) -> Layout:
        return layout_named(kind, name) if name else WHOLE

    def moment(self, files: list[ComparedFile], side: Side, blobs: BlobReader) -> Snapshot:
        """One side of those files."""
        from gitbtc.state.snapshot import Snapshot

        entries = {one.path: entry for file in files for one in file.files if (entry := side(one))}

        def read(path: str, _: str) -> bytes:
            return self.comparison.content(blobs, path, entries[path])

        return Snapshot("", entries, read, self._kinds)

    def _compare(self, file: ComparedFile, blobs: BlobReader) -> None:
        """Fill in the operations, or why there are none."""
        changed = file.changed
        if changed.is_unmerged:
            file.fault = UNMERGED
        elif _is_link(changed):
            file.fault = "a symbolic link, which no state file can be"
        else:
            try:
                file.layout = self._layout(file.kind, changed)
                old, new = self.sides(blobs, changed)
                file.patch.operations = operations(file.kind, file.path, old, new)
            except Malformed as error:
                file.fault = str(error)


def in_words(compared: Compared, files: list[ComparedFile], blobs: BlobReader) -> Iterator[bytes]:
    """Each record that differs, in words; a file that cannot be compared as Git shows it. Of a root that moved, what
    changed on the way.
    """
    origins = _origins(compared, files, blobs)
    for file in files:
        if file in origins.values():
            continue
        if file.fault:
            yield f"{terms.escaped(file.path)}: {file.fault}; shown as text\n".encode()
            for one in file.files:
                yield compared.comparison.as_text(one.path, colour=compared.look.colour)
            continue
        beside = compared.beside(root_of(file.changed.path), blobs, is_alone=compared.is_one_file)
        changes, notes = file.patch.operations, file.notes
        if file in origins:
            changes, notes = _on_the_way(compared, origins[file], file, blobs)
        shown = text.render(file.kind, file.path, changes, notes=notes, beside=beside, look=compared.look)
        yield from (line.encode() + b"\n" for line in shown)


def _origins(compared: Compared, files: list[ComparedFile], blobs: BlobReader) -> dict[ComparedFile, ComparedFile]:
    """The files of roots that moved -> the same where they were."""
    old, new = ([file for file in files if not side(file.changed)] for side in (_now, _before))
    if not (old and new):
        return {}
    from gitbtc.state.moves import moves

    roots = moves(compared.moment(files, _before, blobs), compared.moment(files, _now, blobs))
    there = {(roots.get(root_of(file.path)), file.kind.path): file for file in old}
    pairs = ((file, there.get((root_of(file.path), file.kind.path))) for file in new)
    return {file: origin for file, origin in pairs if origin and not (file.fault or origin.fault)}


def _before(file: ChangedFile) -> Entry | None:
    return file.old


def _now(file: ChangedFile) -> Entry | None:
    return file.new


def _sides(files: list[ChangedFile]) -> tuple[list[Entry | None], list[Entry | None]]:
    return [file.old for file in files], [file.new for file in files]


def _is_link(changed: ChangedFile) -> bool:
    return SYMBOLIC_LINK in {side[0] for side in (changed.old, changed.new) if side}


def _on_the_way(
    compared: Compared, origin: ComparedFile, file: ComparedFile, blobs: BlobReader
) -> tuple[list[Operation], list[str]]:
    """What changed in a file that was moved, and that it was."""
    old = compared.sides(blobs, origin.changed)[0]
    new = compared.sides(blobs, file.changed)[1]
    return list(operations(file.kind, file.path, old, new)), [f"renamed from {terms.escaped(origin.path)}"]


def in_lines(compared: Compared, files: list[ComparedFile], blobs: BlobReader) -> Iterator[bytes]:
    """One line a file. Of a root that moved, what changed on the way."""
    origins = _origins(compared, files, blobs)
    gone = set(origins.values())
    lines = (_counted(compared, file, origins.get(file), blobs) for file in files if file not in gone)
    return (line.encode() + b"\n" for line in stat.render(list(lines)))


def _counted(compared: Compared, file: ComparedFile, origin: ComparedFile | None, blobs: BlobReader) -> stat.Counted:
    if file.fault:
        return file.path, file.fault, 0
    if origin is None:
        return stat.counted(file.patch, [file.layout] if file.layout else [])
    changes, notes = _on_the_way(compared, origin, file, blobs)
    return stat.counted(Patch(file.kind, file.path, changes), notes)


def as_document(compared: Compared, files: list[ComparedFile], blobs: BlobReader) -> Iterator[bytes]:
    """A document of the form gitbtc.diff/v1. What moved goes in one place and comes in another, so that it can be
    replayed, and either says where the other one is.
    """
    origins = _origins(compared, files, blobs)
    there = {origin: file for file, origin in origins.items()}
    patches = []
    for file in files:
        if file.fault:
            told = document.unreadable(file.kind, file.path, file.fault, file.notes)
        else:
            told = document.patch(file.patch) | {"notes": file.notes}
        if file in origins:
            told["moved_from"] = origins[file].path
        if file in there:
            told["moved_to"] = there[file].path
        patches.append(told)
    yield printable_json(document.document(patches)).encode() + b"\n"
