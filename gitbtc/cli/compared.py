"""Changed state files as commands show them: in words, in a line a file, as a document."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from gitbtc.cli.paging import pager, show, terminal_width
from gitbtc.diff.operations import operations
from gitbtc.diff.patch import Patch
from gitbtc.errors import printable_json
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import Kinds, built_in, root_of
from gitbtc.repo.diffing import ChangedFile, Comparison, wants_colour
from gitbtc.repo.git import SYMBOLIC_LINK, Git
from gitbtc.views import document, stat, terms, text
from gitbtc.views.beside import Beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitbtc.diff.operations import Operation
    from gitbtc.kinds.kind import Kind
    from gitbtc.repo.git import BlobReader, Entry
    from gitbtc.state.snapshot import Snapshot

    Form = Callable[["Compared", list["ComparedFile"], BlobReader], Iterator[bytes]]

UNMERGED = "not merged yet; `gitbtc conflicts` lists what is left to settle"


class ComparedFile:
    """A changed state file: its operations, or why there are none."""

    def __init__(self, kind: Kind, changed: ChangedFile) -> None:
        self.kind = kind
        self.changed = changed
        # A path that is not UTF-8 can be opened as it is, but not written into a document.
        self.path = changed.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        self.patch = Patch(kind, self.path, [], *(side and side[0] for side in (changed.old, changed.new)))
        self.fault = ""

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
        for changed in self._listed:
            kind = self._kinds.for_path(changed.path)
            if kind is not None:
                file = ComparedFile(kind, changed)
                self._compare(file, blobs)
                if self.comparison.tells_layout or file.is_changed:
                    yield file

    def moment(
        self, files: list[ComparedFile], side: Callable[[ComparedFile], Entry | None], blobs: BlobReader
    ) -> Snapshot:
        """One side of those files."""
        from gitbtc.state.snapshot import Snapshot

        entries = {file.changed.path: entry for file in files if (entry := side(file))}

        def read(path: str, _: str) -> bytes:
            return self.comparison.content(blobs, path, entries[path])

        return Snapshot("", entries, read, self._kinds)

    def _compare(self, file: ComparedFile, blobs: BlobReader) -> None:
        """Fill in the operations, or why there are none."""
        changed = file.changed
        if changed.is_unmerged:
            file.fault = UNMERGED
        elif SYMBOLIC_LINK in {side[0] for side in (changed.old, changed.new) if side}:
            file.fault = "a symbolic link, which no state file can be"
        else:
            old, new = self.comparison.sides(blobs, changed)
            try:
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
            yield compared.comparison.as_text(file.changed.path, colour=compared.look.colour)
            continue
        beside = _beside(compared, file.changed.path, blobs, is_alone=compared.is_one_file)
        changes, notes = file.patch.operations, file.patch.notes
        if file in origins:
            changes, notes = _on_the_way(compared, origins[file], file, blobs)
        shown = text.render(file.kind, file.path, changes, notes=notes, beside=beside, look=compared.look)
        yield from (line.encode() + b"\n" for line in shown)


def _origins(compared: Compared, files: list[ComparedFile], blobs: BlobReader) -> dict[ComparedFile, ComparedFile]:
    """The files of roots that moved -> the same where they were."""
    old, new = ([file for file in files if not side(file)] for side in (_now, _before))
    if not (old and new):
        return {}
    from gitbtc.state.moves import moves

    roots = moves(compared.moment(files, _before, blobs), compared.moment(files, _now, blobs))
    there = {(roots.get(root_of(file.path)), file.kind.path): file for file in old}
    pairs = ((file, there.get((root_of(file.path), file.kind.path))) for file in new)
    return {file: origin for file, origin in pairs if origin and not (file.fault or origin.fault)}


def _before(file: ComparedFile) -> Entry | None:
    return file.changed.old


def _now(file: ComparedFile) -> Entry | None:
    return file.changed.new


def _on_the_way(
    compared: Compared, origin: ComparedFile, file: ComparedFile, blobs: BlobReader
) -> tuple[list[Operation], list[str]]:
    """What changed in a file that was moved, and that it was."""
    old = compared.comparison.content(blobs, origin.changed.path, origin.changed.old)
    new = compared.comparison.content(blobs, file.changed.path, file.changed.new)
    return list(operations(file.kind, file.path, old, new)), [f"renamed from {terms.escaped(origin.path)}"]


def _beside(compared: Compared, path: str, blobs: BlobReader, *, is_alone: bool) -> Beside:
    """The files of the new side in the same root."""
    root = root_of(path)

    def content(kind: str) -> bytes:
        beside = built_in(kind).path
        return compared.comparison.beside(blobs, [f"{root}/{beside}" if root else beside])[0]

    return Beside(content, is_alone=is_alone)


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
        return stat.counted(file.patch)
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
            told = document.unreadable(file.kind, file.path, file.fault, file.patch.notes)
        else:
            told = document.patch(file.patch)
        if file in origins:
            told["moved_from"] = origins[file].path
        if file in there:
            told["moved_to"] = there[file].path
        patches.append(told)
    yield printable_json(document.document(patches)).encode() + b"\n"
