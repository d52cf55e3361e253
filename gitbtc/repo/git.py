"""Git, behind typed functions: the door of this room.

Every call of git that gitbtc makes goes through `Git`, which says for each need what is returned and what is raised.
Its subjects have a module each: gitbtc/repo/program.py (how git is started, where things lie), configuration.py,
revisions.py, index.py, blobs.py. What no driver or hook needs stands apart: remotes.py, diffing.py, objects.py.
"""

from __future__ import annotations

import os

from gitbtc.repo.blobs import BlobReader, Blobs
from gitbtc.repo.index import SUBMODULE, SYMBOLIC_LINK, Changed, Entry
from gitbtc.repo.places import is_oid
from gitbtc.repo.program import GitFailed, environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

__all__ = ["SUBMODULE", "SYMBOLIC_LINK", "BlobReader", "Changed", "Entry", "Git", "GitFailed", "environment", "is_oid"]


class Git(Blobs):
    """git, run in the folder `cwd` (the current one when None).

    Each method may raise CannotWork (no git, no repository) and GitFailed (git refused, and said why).
    """

    @classmethod
    def at(cls, folder: str | Path) -> Self:
        """git for the repository that `folder` lies in, whatever repository a hook that runs us speaks of."""
        return cls(folder, inside_git=False)

    def at_top(self) -> Self:
        """The same, run in the work tree's root: where Git runs hooks, and takes a relative core.hooksPath from."""
        copy = type(self)(self.top_level(), inside_git=self.inside_git)
        copy._places |= self._places
        return copy

    def as_stored(self) -> Self:
        """The same, blind to refs/replace and to grafts: those stay behind when history goes elsewhere."""
        # A file that cannot be: of an empty one Git says that grafts are deprecated.
        return self._with(GIT_NO_REPLACE_OBJECTS="1", GIT_GRAFT_FILE=os.path.join(os.devnull, "none"))

    def without_fetching(self) -> Self:
        """The same, for which an object that a partial clone lacks is not there, where Git knows of this (2.44)."""
        return self._with(GIT_NO_LAZY_FETCH="1")

    def apart(self, folder: str) -> Self:
        """The same with an object store of its own in the empty folder `folder`, on top of the repository's: what this
        one fetches and writes is gone with the folder.
        """
        os.mkdir(os.path.join(folder, "info"))
        with open(os.path.join(folder, "info", "alternates"), "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(self.git_path("objects") + "\n")
        return self._with(GIT_OBJECT_DIRECTORY=folder)

    def _with(self, **variables: str) -> Self:
        """The same with some variables more in the environment of each process."""
        copy = type(self)(self.cwd, inside_git=self.inside_git)
        copy.environment = self.environment | variables
        return copy

    def init(self) -> None:
        """Make the folder a repository, by the user's own template; what is there already stays."""
        self._run("init", "--quiet")

    def init_bare(self) -> None:
        """Make the folder a repository without a work tree, a bare minimum of one: no hooks, no template. It completes
        one that was only begun.
        """
        self._run("init", "--quiet", "--bare", "--template=", self.cwd)

    def merge_as_text(self, ours: str, base: str, theirs: str, marker_size: str) -> bytes:
        """Git's own merge of three text files, with conflict markers where both sides changed; none of them is
        written. GitFailed when one cannot be read, or is binary.
        """
        labels = (part for name in ("ours", "base", "theirs") for part in ("-L", name))
        # It counts conflicts up to 127; beyond, it failed.
        options = ("merge-file", "-p", "-q", "--marker-size", marker_size, *labels)
        return self._outcome(*options, ours, base, theirs, ok=range(128))[1]
