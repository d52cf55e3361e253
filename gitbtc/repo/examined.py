"""Which commits a server has examined. A ref can come to a repository past the gate (a fetch, a hooks folder that was
elsewhere for a day): that it reaches a commit says nothing of it.

A file has the oids of commits; they, and all that they reach, were examined, or were there when the gate was set up.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gitbtc.repo import files
from gitbtc.repo.places import is_oid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.repo.git import Git

_FILE = "gitbtc/examined"


class Arriving(NamedTuple):
    """The commits that nobody examined, oldest first; those of them that no other of them has for a parent, and the
    examined ones that have a child among them.
    """

    commits: list[str]
    last: set[str]
    below: set[str]


class Examined:
    """What was examined in the repository that `git` works in."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self.path = Path(git.common_dir(), _FILE)
        self._looked_up: tuple[list[str], list[str]] = ([], [])

    def begin(self) -> bool:
        """Take all that is here for examined, unless that was done before; whether it was done now."""
        is_new = not self.path.exists()
        if is_new:
            self._replace((), ())
        return is_new

    def end(self) -> bool:
        """Know nothing any more; whether anything was known."""
        is_known = self.path.exists()
        self.path.unlink(missing_ok=True)
        with suppress(OSError):  # there is no such folder, or a work tree's things lie in it too
            self.path.parent.rmdir()
        return is_known

    def arriving(self, oids: Iterable[str]) -> Arriving:
        """What `oids` (of objects of any type) reach and was not examined: where nobody ever said what was, what no ref
        reaches.
        """
        known = self._known()
        listed = self._git.beyond(oids, self._of_refs() if known is None else self._present(known))
        commits = [oid for oid, _ in listed]
        parents = {parent for _, above in listed for parent in above}
        return Arriving(commits, set(commits) - parents, parents - set(commits))

    def add(self, arrived: Arriving) -> None:
        """From now on these were examined."""
        if arrived.last or not self.path.exists():
            self._replace(arrived.below, arrived.last)

    def _replace(self, old: Iterable[str], new: Iterable[str]) -> None:
        """What another push writes in between is lost, and examined once more."""
        known = self._known()
        before = self._of_refs() if known is None else self._present(known)
        oids = {*before} - {*old} | {*new}
        files.write(self.path, "".join(f"{oid}\n" for oid in sorted(oids)).encode())

    def _known(self) -> list[str] | None:
        content = files.read(self.path)
        return None if content is None else list(filter(is_oid, content.decode("ascii", "replace").split()))

    def _present(self, oids: list[str]) -> list[str]:
        """A commit that no ref reaches any more goes with `git gc`."""
        if oids != self._looked_up[0]:
            self._looked_up = oids, [oid for oid in self._git.find_each(*oids) if oid] if oids else []
        return self._looked_up[1]

    def _of_refs(self) -> list[str]:
        return list(dict.fromkeys(oid for oid, _, _ in self._git.refs()))
