"""The repository's objects through git: one `git cat-file --batch` reads them, other questions take a process each."""

from __future__ import annotations

import re
import weakref
from functools import cached_property
from typing import TYPE_CHECKING

from gitbtc.errors import CannotWork
from gitbtc.repo.blobs import BlobReader
from gitbtc.repo.loose import blob_id
from gitbtc.repo.objects import CUT_SHORT, TREE, Ancestor, LoggedCommit, Objects
from gitbtc.repo.places import is_oid
from gitbtc.repo.program import GitFailed, bytes_of
from gitbtc.repo.stored import Commit, Stored, tagged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gitbtc.repo.git import Git
    from gitbtc.repo.index import Entry

_SIGNED = rb"^%s (.*?) ?<([^<>\n]*)> (-?\d+) ([+-])(\d\d)(\d\d)$"
_AUTHOR, _COMMITTER = (re.compile(_SIGNED % who, re.MULTILINE) for who in (b"author", b"committer"))


class GitObjects(Objects):
    """The objects of the repository that `git` works in. What refs/replace would have instead does not count."""

    def __init__(self, git: Git) -> None:
        super().__init__()
        self._git = git.as_stored()
        self._reader = BlobReader(self._git)
        weakref.finalize(self, self._reader.close)
        self._stored = Stored(self._reader)

    # -- commits and trees -----------------------------------------------------------------------------------------

    def _peeled(self, revision: str, kind: str) -> str:
        oid = revision if is_oid(revision) else self._git.find(revision)
        found = self._reader.find(oid) if oid else None
        if oid is None or found is None:
            raise self._absent(revision, "no such revision in this repository")
        met, content = found
        while met != kind:
            below = (
                tagged(content) if met == "tag" else Commit(content).tree if (met, kind) == ("commit", "tree") else ""
            )
            if not below:
                raise self._absent(revision, f"not a revision that has a {kind}")
            oid = below
            met, content = self._stored.object(oid)
        return oid

    def _entries(self, tree: str) -> Iterable[tuple[str, str, str]]:
        return self._stored.entries(tree)

    def differing(self, old: str | None, new: str) -> dict[str, tuple[Entry | None, Entry | None]]:
        return dict(self._differing(old, new, ""))

    def _differing(
        self, old: str | None, new: str | None, above: str
    ) -> Iterator[tuple[str, tuple[Entry | None, Entry | None]]]:
        was, now = self._by_name(old), self._by_name(new)
        for name in sorted(was.keys() | now.keys()):
            before, after = was.get(name), now.get(name)
            if before == after:
                continue
            old_folder, new_folder = _only(before, folder=True), _only(after, folder=True)
            if old_folder or new_folder:
                yield from self._differing(
                    old_folder and old_folder[1], new_folder and new_folder[1], f"{above}{name}/"
                )
            files = _only(before, folder=False), _only(after, folder=False)
            if any(files):
                yield above + name, files

    def _by_name(self, tree: str | None) -> dict[str, Entry]:
        return {name: (mode, oid) for name, mode, oid in self._entries(tree)} if tree else {}

    def _blob(self, oid: str) -> bytes | None:
        found = self._reader.find(oid) if is_oid(oid) else None
        return found[1] if found is not None and found[0] == "blob" else None

    # -- histories -------------------------------------------------------------------------------------------------

    def _walk(self, heads: Sequence[str], hidden: Sequence[str]) -> Iterator[LoggedCommit]:
        cut = self._cut()
        listed = self._listed("--date-order", *heads, *(f"^{oid}" for oid in hidden))
        return (self._logged(oid, is_cut=oid in cut) for oid in listed)

    def _logged(self, oid: str, *, is_cut: bool) -> LoggedCommit:
        content = self._content(oid)
        commit = Commit(content)
        name, email, time, offset = _signature(_AUTHOR, content)
        parents = [] if is_cut else commit.parents
        return LoggedCommit(oid, commit.tree, parents, name, email, time, offset, commit.message, is_cut)

    def _content(self, oid: str) -> bytes:
        kind, content = self._stored.object(oid)
        if kind != "commit":
            raise self._absent(oid, "not a revision that has a commit")
        return content

    def ancestor(self, oid: str) -> Ancestor:
        content = self._content(oid)
        commit = Commit(content)
        time = _signature(_COMMITTER, content)[2]
        return Ancestor(oid, commit.parents, time, commit.tree, content.partition(b"\n\n")[2])

    def ancestry(self, oids: Iterable[str]) -> Iterator[Ancestor]:
        if self.is_shallow:
            raise CannotWork(f"the history is {CUT_SHORT}")
        heads = list(oids)
        return map(self.ancestor, self._listed("--topo-order", "--reverse", *heads) if heads else [])

    def merge_bases(self, ours: str, theirs: str) -> list[str]:
        return self._git.merge_bases(ours, theirs)

    def beyond(self, oid: str, known: str) -> dict[str, list[str]]:
        rows = (line.split() for line in self._listed("--parents", oid, f"^{known}"))
        return {commit: parents for commit, *parents in rows}

    def _listed(self, *asked: str) -> list[str]:
        try:
            return self._git._line("rev-list", *asked, "--").splitlines()
        except GitFailed as error:
            raise CannotWork(f"the history is {CUT_SHORT} ({error.stderr.strip()})") from None

    def _cut(self) -> frozenset[str]:
        return frozenset(self._git.heads_in("shallow"))

    @property
    def is_shallow(self) -> bool:
        return bool(self._cut())

    # -- writing ---------------------------------------------------------------------------------------------------

    def write_blob(self, content: bytes) -> str:
        return self._git.write_blob(content)

    def blob_id(self, content: bytes) -> str:
        return blob_id(content, self._digits)

    @cached_property
    def _digits(self) -> int:
        """How long an oid is in this repository."""
        return len(self._git.blob_id(b""))

    def write_tree(self, old: str | None, changed: Mapping[str, Entry | None]) -> str:
        return self._written(old, changed) or self._git.write_object("tree", b"")

    def _written(self, old: str | None, changed: Mapping[str, Entry | None]) -> str | None:
        """The oid of the tree; None when nothing is left in it."""
        entries = self._by_name(old)
        below: dict[str, dict[str, Entry | None]] = {}
        for path, entry in changed.items():
            name, slash, rest = path.partition("/")
            if slash:
                below.setdefault(name, {})[rest] = entry
            elif entry is not None:
                entries[name] = entry
            elif name in entries and entries[name][0] != TREE:
                del entries[name]
        for name, inner in below.items():
            mode, oid = entries.get(name, ("", ""))
            written = self._written(oid if mode == TREE else None, inner)
            if written is not None:
                entries[name] = (TREE, written)
            elif mode == TREE:
                del entries[name]
        return self._git.write_object("tree", _tree(entries)) if entries else None

    def write_commit(self, tree: str, parents: Sequence[str], message: str, by: tuple[str, str, int]) -> str:
        name, email, time = by
        who = f"{name} <{email}> {time} +0000"
        head = [f"tree {tree}", *(f"parent {oid}" for oid in parents), f"author {who}", f"committer {who}"]
        return self._git.write_object("commit", "\n".join([*head, "", message]).encode("utf-8"))

    # -- refs ------------------------------------------------------------------------------------------------------

    def refs(self) -> dict[str, str]:
        names = sorted(name for _, _, name in self._git.refs())
        commits = self._git.find_each(*(f"{name}^{{commit}}" for name in names)) if names else []
        return {name: oid for name, oid in zip(names, commits, strict=True) if oid}

    # -- what is not there -----------------------------------------------------------------------------------------

    def _is_unborn(self) -> bool:
        return self._git.find("HEAD") is None and self._git.current_branch() is not None

    def _is_partial(self) -> bool:
        return self._git.is_partial()


def _signature(who: re.Pattern[bytes], content: bytes) -> tuple[str, str, int, int]:
    """Name, email, time in Unix seconds, offset from UTC in minutes; nothing of a line that no Git writes."""
    found = who.search(content.partition(b"\n\n")[0])
    if found is None:
        return "", "", 0, 0
    name, email = (part.decode("utf-8", "replace") for part in found.group(1, 2))
    minutes = 60 * int(found[5]) + int(found[6])
    return name, email, int(found[3]), -minutes if found[4] == b"-" else minutes


def _only(entry: Entry | None, *, folder: bool) -> Entry | None:
    """The entry, if it is a folder's, or is not."""
    return entry if entry and (entry[0] == TREE) == folder else None


def _tree(entries: Mapping[str, Entry]) -> bytes:
    """A tree as it is stored: Git sorts a folder as if its name ended in `/`."""
    rows = [(bytes_of(name), mode, oid) for name, (mode, oid) in entries.items()]
    rows.sort(key=lambda row: row[0] + b"/" if row[1] == TREE else row[0])
    return b"".join(b"%s %s\0" % (mode.encode(), name) + bytes.fromhex(oid) for name, mode, oid in rows)
