"""Where a secret has got to: staged, committed, on which refs, and as far as this repository knows, to a remote."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitbtc.keys.scan import scan
from gitbtc.repo.introduced import introduced
from gitbtc.scanning.examiner import found_within
from gitbtc.scanning.place import BLOB, COMMIT, FILE, NAME, REF, TAG
from gitbtc.scanning.revisions import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitbtc.keys.finding import KeyFinding
    from gitbtc.repo.git import BlobReader, Entry, Git
    from gitbtc.scanning.place import Place

_REMOTE = "refs/remotes/"


@dataclass(slots=True)
class Whereabouts:
    """`staged`: the index holds it. `commits` brought it in, the oldest first; `refs` reach one of these, or are tags
    that hold it themselves.
    """

    staged: bool = False
    commits: list[str] = field(default_factory=list)
    refs: list[str] = field(default_factory=list)

    @property
    def pushed(self) -> bool:
        """Whether a remote-tracking ref reaches it: somebody else has it."""
        return any(ref.startswith(_REMOTE) for ref in self.refs)


class Tracker:
    """Tells the whereabouts of what was found, in the repository that `git` works in."""

    def __init__(self, git: Git, blobs: BlobReader) -> None:
        self._git = git
        self._blobs = blobs
        self._top = None if git.is_bare() else os.path.realpath(git.top_level())
        self._index: dict[str, Entry] = git.index_entries() if self._top else {}
        head = git.find("HEAD")
        self._head = git.tree_entries(head) if head else {}
        self._tips = git.refs()
        self._holders: dict[tuple[str, ...], list[str]] = {}

    def track(self, found: Sequence[tuple[Place, KeyFinding]]) -> list[Whereabouts | None]:
        """The whereabouts of each of what was found; None for a file that this repository has nothing to do with."""
        wanted = [self._committed(place, finding) for place, finding in found]
        brought = self._brought({one for one in wanted if one})
        return [
            self._whereabouts(place, finding, [place.oid] if place.sort == COMMIT else brought.get(one, []))
            if self._is_ours(place)
            else None
            for (place, finding), one in zip(found, wanted, strict=True)
        ]

    def _is_ours(self, place: Place) -> bool:
        """Whether it is an object, or lies in the work tree and in no other repository within."""
        if not place.disk:
            return True
        folder = os.path.dirname(self._path(place))
        if self._top is None or os.path.isabs(folder) or folder.split(os.sep)[0] == os.pardir:
            return False
        while folder:
            if os.path.lexists(os.path.join(self._top, folder, ".git")):
                return False
            folder = os.path.dirname(folder)
        return True

    def _whereabouts(self, place: Place, finding: KeyFinding, commits: list[str]) -> Whereabouts:
        staged = self._index.get(self._path(place))
        is_staged = self._holds(staged, place, finding) if place.sort in (FILE, BLOB) else bool(staged)
        return Whereabouts(is_staged, commits, self._refs(place, commits))

    def _path(self, place: Place) -> str:
        """The path in the repository."""
        if not place.disk or not self._top:
            return place.path
        folder, name = os.path.split(os.path.abspath(place.disk))
        return os.path.relpath(os.path.join(os.path.realpath(folder), name), self._top)

    def _committed(self, place: Place, finding: KeyFinding) -> tuple[str, str] | None:
        """What to look for in the history: a blob by its oid, a name by its path."""
        if place.sort == BLOB:
            return BLOB, place.oid
        if place.sort == NAME:
            return NAME, self._path(place)
        known = self._head.get(self._path(place)) if place.sort == FILE else None
        return (BLOB, known[1]) if known and self._holds(known, place, finding) else None

    def _holds(self, entry: Entry | None, place: Place, finding: KeyFinding) -> bool:
        if entry and entry[1] == place.oid:
            return True
        content = self._blobs.find(entry[1]) if entry else None
        if content is None:
            return False
        found = found_within(content[1], place.path) if place.member else scan(content[1], place.path)
        return any(one.fingerprint == finding.fingerprint for one in found)

    def _brought(self, wanted: set[tuple[str, str]]) -> dict[tuple[str, str] | None, list[str]]:
        """The commits that brought in what is wanted; the history is read once for all of it."""
        found: defaultdict[tuple[str, str] | None, list[str]] = defaultdict(list)
        for one in introduced(self._git, self._git.reachable(*EVERYTHING)) if wanted else ():
            for name in {(BLOB, one.oid), (NAME, one.path)} & wanted:
                found[name].append(one.commit)
        return found

    def _refs(self, place: Place, commits: list[str]) -> list[str]:
        if place.sort == REF:
            return [place.path]
        if place.sort == TAG or (place.sort == BLOB and not commits):
            return [name for oid, kind, name in self._tips if kind != "commit" and self._leads_to(oid, place.oid)]
        key = tuple(commits)
        if key not in self._holders:
            self._holders[key] = self._git.refs_that_hold(commits)
        return self._holders[key]

    def _leads_to(self, oid: str, wanted: str) -> bool:
        from gitbtc.repo.stored import tagged

        while True:
            if oid == wanted:
                return True
            kind, content = self._blobs.find(oid) or ("", b"")
            if kind != "tag":
                return False
            oid = tagged(content)
