"""What a commit does to files, judged file by file: keys, form, records. The same for a commit in the making and for
one that is made; what is told of it, and how, is the caller's.
"""

from __future__ import annotations

from functools import partial

from gitbtc.errors import printable
from gitbtc.judge.key_gate import judged, listed
from gitbtc.keys.allowed import ALLOW_LIST
from gitbtc.keys.finding import KEY_FOR_A_NAME, THE_NAME
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.damage import EMPTY, cut_short, damage
from gitbtc.kinds.delta import NotCanonical, walk
from gitbtc.kinds.layouts import WHOLE, no_shard
from gitbtc.kinds.near import A_FOLDER, guarded_by_nobody, is_in_its_place, misspelt, plain, shadowed, shadows
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK
from gitbtc.state.moves import moves

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.judge.key_gate import JudgedKeys
    from gitbtc.kinds.delta import Change
    from gitbtc.kinds.kind import Kind
    from gitbtc.kinds.registry import Kinds
    from gitbtc.kinds.validate import Files, RecordViolation
    from gitbtc.repo.git import Entry
    from gitbtc.state.snapshot import ReadBlob, Snapshot

NOT_CANONICAL = "not in canonical form"
_BINARY = "a binary file among state files, in which nobody sees what it holds; keep it in another folder"
_NO_FOLDER = {
    SYMBOLIC_LINK: "a symbolic link stands in the place of a folder of state files; put the folder there",
    SUBMODULE: "a submodule stands in the place of a folder of state files; put the folder there",
}
_NO_FILE = {
    SYMBOLIC_LINK: "a symbolic link stands in a state file's place; put the file there",
    SUBMODULE: "a submodule stands in a state file's place; put the file there",
}


class ChangedFiles:
    """The step from `before` (its parents; one snapshot or more) to `after`.

    `changed` are the files of `after` that no parent has so, as they lie. `touched` are the paths at which it differs
    from some parent, the shards of a kind in a root called by the whole file's path. `moves` are the roots that moved,
    old -> new; `before` has them where `after` has them.
    """

    def __init__(self, kinds: Kinds, before: Sequence[Snapshot], after: Snapshot, read: ReadBlob) -> None:
        self.kinds = kinds
        self._read = read
        self.after = after
        self._parents = before
        moved = [moves(parent, after) for parent in before]
        first, *others = moved
        self.moves = {old: new for old, new in first.items() if all(one.get(old) == new for one in others)}
        self.before = [parent.moved(one) for parent, one in zip(before, moved, strict=True)]
        # Most have moved nothing, and are the same in both.
        self.touched = {path for parent in {*before, *self.before} for path in _differing(parent, after)}
        files = {path for parent in {*before, *self.before} for path, _ in parent.files.items() ^ after.files.items()}
        self.changed: dict[str, Entry] = {
            path: after.files[path] for path in sorted(files) if path in after.files and self._is_new(path)
        }
        self._canonical: dict[str, bool] = {}
        self._public: frozenset[bytes] | None = None
        self._state_folders: set[str] | None = None
        self._twins: dict[str, list[str]] | None = None
        self._deltas: dict[str, list[Change] | None] = {}
        self._same: dict[str, bool] = {}

    def _is_new(self, path: str) -> bool:
        return all(parent.files.get(path) != self.after.files[path] for parent in self._parents)

    def state_paths(self) -> list[str]:
        """The touched paths of state files, also of those that are gone; each once for all of its shards."""
        return sorted(path for path in self.touched if self.kinds.for_path(path))

    def key_material(self) -> Iterator[tuple[str, str, JudgedKeys]]:
        """(path, how to name it, the verdict) of each file that holds key material in itself or in its name.

        The path is "" where the name holds some, and is then not to be shown.
        """
        from gitbtc.keys.scan import scan, scan_name

        for path, (mode, oid) in self.changed.items():
            in_name = scan_name(path)
            named = judged(in_name, self.allow_list)
            if named:
                yield "", THE_NAME, named
            if mode != SUBMODULE:
                content = self._read(oid)
                found = scan(self._where_a_key_can_be(path, content), path, self._known)
                # What was added alone knows no lines, and a key may begin in what was there.
                look = partial(scan, content, path, self._known)
                held = judged(found and (look() or found), self.allow_list, look)
                if held:
                    yield ("", KEY_FOR_A_NAME, held) if in_name else (path, path, held)

    def allow_list(self) -> bytes | None:
        """What the commit itself says may be let through: whoever lets a key through says so where it is."""
        return self.after.file(ALLOW_LIST) if ALLOW_LIST in self.after.files else None

    def _known(self) -> frozenset[bytes]:
        """The public side of the keys whose coins and descriptors these are."""
        if self._public is None:
            from gitbtc.keys.own import public_texts

            self._public = public_texts(map(self.after.file, self.after.state_files()))
        return self._public

    def _where_a_key_can_be(self, path: str, content: bytes) -> bytes:
        """Of a canonical state file the records that are new: what a parent has was looked at there.

        All of it where a text of theirs is words of a list and nothing else: the others may stand in old records.
        """
        from gitbtc.keys.scan import holds_a_part_of_a_phrase

        kind = self.kinds.for_path(path)
        if kind and self._only_lies_otherwise(path):
            return b""
        delta = self._delta(path, kind, content) if kind else None
        if delta is None:
            return content
        added = kind.frame.file([change.new for change in delta if change.new]) if kind else b""
        return content if holds_a_part_of_a_phrase(added) else added

    def _only_lies_otherwise(self, path: str) -> bool:
        """Whether a file of a kind that a parent has in another layout holds nothing but its records: the canonical
        files make the same one, byte by byte.
        """
        whole = self.kinds.whole(path)
        if whole not in self._same:
            layout = self.after.layout(whole)
            others = [one for one in self.before if one.layout(whole) not in (None, layout)]
            self._same[whole] = bool(others) and self._is_sharded_or_was(whole) and self._has_same(whole, others)
        return self._same[whole]

    def _is_sharded_or_was(self, whole: str) -> bool:
        return any(not (one.layout(whole) or WHOLE).is_whole for one in (self.after, *self.before))

    def _has_same(self, whole: str, others: Sequence[Snapshot]) -> bool:
        try:
            content = self.after.content(whole)
            return any(one.content(whole) == content for one in others)
        except Malformed:
            return False

    def form(self) -> Iterator[tuple[str, str]]:
        """(path, fault) of each changed state file that is not one: no file, not JSON, not canonical; of a binary file
        beside them; and of the allow list where it is broken.
        """
        if ALLOW_LIST in self.changed:
            yield from ((ALLOW_LIST, fault) for fault in listed(self.allow_list()).faults)
        for path, (mode, oid) in self.changed.items():
            kind = self.kinds.for_path(path)
            if kind is None:
                yield from ((path, fault) for fault in self._of_the_name(path, mode))
                if self._is_among_state(path) and mode != SUBMODULE and b"\0" in self._read(oid):
                    yield path, _BINARY
                continue
            if mode in _NO_FILE:
                yield path, _NO_FILE[mode]
                continue
            twin = self._twin(path)
            if twin:
                yield path, shadows(twin)
            content = self._read(oid)
            damaged = self._damage(path, kind, content)
            if damaged:
                yield path, damaged
                continue
            try:
                if not self._is_canonical(path, kind, content):
                    yield path, NOT_CANONICAL
            except Malformed as error:
                yield path, cut_short(kind, content) or printable(str(error))

    def _of_the_name(self, path: str, mode: str) -> Iterator[str]:
        """What is wrong with a name that is no state file's, and may be taken for one."""
        meant, among = shadowed(self.kinds, path), self.kinds.among_shards(path)
        if meant:
            yield shadows(meant)
        elif among:
            yield no_shard(self.kinds, among)
        if is_in_its_place(self.kinds, path):
            yield A_FOLDER
        root, _, name = path.rpartition("/")
        is_folder = name in self.kinds.folders() and (not root or self._has_state(root))
        if mode in _NO_FOLDER and (is_folder or self._had_state(path)):
            yield _NO_FOLDER[mode]

    def misspelt(self) -> Iterator[tuple[str, str]]:
        """(path, what to say) of each new file that may have been meant to be a state file."""
        for path in self.changed:
            is_new = not any(path in parent.files for parent in self._parents)
            meant = misspelt(self.kinds, path) if is_new and not shadowed(self.kinds, path) else ""
            if meant:
                yield path, guarded_by_nobody(meant)

    def _twin(self, path: str) -> str:
        """Another state file that some file systems have at the same place; "" for none."""
        if self._twins is None:
            self._twins = {}
            for name in self.after.state_files():
                self._twins.setdefault(plain(name), []).append(name)
        return next((name for name in self._twins[plain(path)] if name != path), "")

    def _has_state(self, root: str) -> bool:
        return any(path.startswith(f"{root}/") for path in self.after.state_paths())

    def _damage(self, path: str, kind: Kind, content: bytes) -> str:
        """What is left of a file. Of lines, none is a file without records: that is taken for damage where a parent has
        some.
        """
        had_some = not content and any(parent.file(path) for parent in self.before)
        return EMPTY if had_some else damage(kind, content)

    def _had_state(self, folder: str) -> bool:
        return any(path.startswith(f"{folder}/") for parent in self.before for path in parent.state_files())

    def _is_among_state(self, path: str) -> bool:
        """Whether a state file lies in the folder of the file at `path`."""
        if self._state_folders is None:
            self._state_folders = {name.rpartition("/")[0] for name in self.after.state_files()}
        return path.rpartition("/")[0] in self._state_folders

    def _is_canonical(self, path: str, kind: Kind, content: bytes) -> bool:
        """Whether `content` is, given that a parent's version is, or that of the file whose records are its; Malformed
        when it does not even parse.
        """
        if path not in self._canonical:
            self._canonical[path] = (
                self._delta(path, kind, content) is not None
                or self._only_lies_otherwise(path)
                or codec.canonical(kind, content) == content
            )
        return self._canonical[path]

    def _delta(self, path: str, kind: Kind, content: bytes) -> list[Change] | None:
        """What changed since a parent's version; None where there is none, or one of the two is not canonical."""
        if path not in self._deltas:
            versions = (parent.file(path) for parent in self.before)
            walked = (_walked(kind, version, content) for version in versions if version)
            self._deltas[path] = next((delta for delta in walked if delta is not None), None)
        return self._deltas[path]

    def records(self) -> list[tuple[str, RecordViolation]]:
        """(path, fault) of each record that no parent has and that breaks its schema; Malformed files are faults."""
        from gitbtc.kinds.validate import validate_files

        first, *others = self.before
        found = list(validate_files(self.kinds, self._versions(first), self._versions(self.after)))
        for parent in others if found else ():
            again = validate_files(self.kinds, self._versions(parent), self._versions(self.after))
            known = {_name(path, violation) for path, violation in again}
            found = [fault for fault in found if _name(*fault) in known]
        return found

    def _versions(self, side: Snapshot) -> Files:
        """The state files of a side, with those that hold nothing but its records in another layout."""
        files = (path for path in side.files if self.kinds.for_path(path) or self.kinds.among_shards(path))
        versions = {path: (side.files[path][1], partial(side.file, path)) for path in sorted(files)}
        if side is not self.after:
            relaid = (path for path in self.changed if self.kinds.for_path(path) and self._only_lies_otherwise(path))
            versions |= {path: (self.changed[path][1], partial(self.after.file, path)) for path in relaid}
        return versions


def _differing(one: Snapshot, other: Snapshot) -> set[str]:
    return {path for path, _ in one.entries.items() ^ other.entries.items()}


def _walked(kind: Kind, before: bytes, content: bytes) -> list[Change] | None:
    try:
        return walk(kind, before, content)
    except NotCanonical:
        return None


def _name(path: str, violation: RecordViolation) -> tuple[str, str, str, str]:
    return path, violation.identity, violation.field, violation.rule
