"""What a commit does to files, judged file by file: keys, form, records. The same for a commit in the making and for
one that is made; what is told of it, and how, is the caller's.
"""

from __future__ import annotations

from functools import partial

from gitbtc.errors import printable
from gitbtc.gate.free_text import free_texts
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.delta import NotCanonical, walk
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.gate.snapshot import ReadBlob, Snapshot
    from gitbtc.keys.finding import Finding
    from gitbtc.kinds.kind import Kind
    from gitbtc.kinds.registry import Kinds
    from gitbtc.kinds.validate import Files, Violation, Watch
    from gitbtc.repo.git import Entry

NOT_CANONICAL = "not in canonical form"
_NO_FILE = {
    SYMBOLIC_LINK: "a symbolic link stands in a state file's place; put the file there",
    SUBMODULE: "a submodule stands in a state file's place; put the file there",
}


class ChangedFiles:
    """The step from `before` (its parents; one snapshot or more) to `after`.

    `changed` are the files of `after` that no parent has so, `touched` the paths at which it differs from some parent.
    """

    def __init__(self, kinds: Kinds, before: Sequence[Snapshot], after: Snapshot, read: ReadBlob) -> None:
        self.kinds = kinds
        self._read = read
        self.before = before
        self.after = after
        self.touched = {path for parent in before for path in _differing(parent, after)}
        self.changed: dict[str, Entry] = {
            path: after.entries[path] for path in sorted(self.touched) if path in after.entries and self._is_new(path)
        }
        self._canonical: dict[str, bool] = {}

    def _is_new(self, path: str) -> bool:
        return all(parent.entries.get(path) != self.after.entries[path] for parent in self.before)

    def state_paths(self) -> list[str]:
        """The touched paths of state files, also of those that are gone."""
        return sorted(path for path in self.touched if self.kinds.for_path(path))

    def key_material(self) -> Iterator[tuple[str, list[Finding]]]:
        """(path, findings) of each file that holds key material; the path is "" where its name itself does."""
        from gitbtc.keys.scan import scan, scan_name

        for path, (mode, oid) in self.changed.items():
            named = scan_name(path)
            if named:
                yield "", named
            elif mode != SUBMODULE:
                content = self._read(oid)
                found = scan(self._where_a_key_can_be(path, content), path)
                if found:
                    # The free texts alone know no lines.
                    yield path, scan(content, path) or found

    def _where_a_key_can_be(self, path: str, content: bytes) -> bytes:
        """In a canonical state file only what a person may write freely: any other text breaks the schema."""
        kind = self.kinds.for_path(path)
        try:
            return free_texts(kind, content) if kind and self._is_canonical(path, kind, content) else content
        except Malformed:
            return content

    def form(self) -> Iterator[tuple[str, str]]:
        """(path, fault) of each changed state file that is not one: no file, not JSON, not canonical."""
        for path, (mode, oid) in self.changed.items():
            kind = self.kinds.for_path(path)
            if kind is None:
                continue
            if mode in _NO_FILE:
                yield path, _NO_FILE[mode]
                continue
            try:
                if not self._is_canonical(path, kind, self._read(oid)):
                    yield path, NOT_CANONICAL
            except Malformed as error:
                yield path, printable(str(error))

    def _is_canonical(self, path: str, kind: Kind, content: bytes) -> bool:
        """Whether `content` is, given that a parent's version is; Malformed when it does not even parse."""
        if path not in self._canonical:
            versions = (parent.content(path) for parent in self.before)
            self._canonical[path] = (
                any(_follows(kind, version, content) for version in versions if version)
                or codec.canonical(kind, content) == content
            )
        return self._canonical[path]

    def records(self, watch: Watch | None = None) -> list[tuple[str, Violation]]:
        """(path, fault) of each record that no parent has and that breaks its schema; Malformed files are faults."""
        from gitbtc.kinds.validate import validate_files

        watching = [watch] if watch else []
        first, *others = self.before
        found = list(validate_files(self.kinds, _versions(first), _versions(self.after), *watching))
        for parent in others if found else ():
            again = validate_files(self.kinds, _versions(parent), _versions(self.after), *watching)
            known = {_name(path, violation) for path, violation in again}
            found = [fault for fault in found if _name(*fault) in known]
        return found


def _differing(one: Snapshot, other: Snapshot) -> set[str]:
    return {path for path, _ in one.entries.items() ^ other.entries.items()}


def _follows(kind: Kind, before: bytes, content: bytes) -> bool:
    try:
        walk(kind, before, content)
    except NotCanonical:
        return False
    return True


def _versions(side: Snapshot) -> Files:
    return {path: (side.oid(path), partial(side.content, path)) for path in side.state_paths()}


def _name(path: str, violation: Violation) -> tuple[str, str, str, str]:
    return path, violation.identity, violation.field, violation.rule
