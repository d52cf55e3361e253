"""Who reads the repository's objects: libgit2 where it can, else git.

libgit2 knows no reftables, no SHA-256 and no extension of the repository's format that is newer than it is; it fetches
nothing that a partial clone left out, and looks at no variable of the environment.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitbtc.repo.git import Git
    from gitbtc.repo.objects import Objects

# Of the variables that say where a repository is, those that `git rev-parse --git-dir` does not answer for.
_ELSEWHERE = ("GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE")


def objects_of(git: Git) -> Objects:
    """The objects of the repository that `git` works in, those of a push that is being received among them; CannotWork
    when there is none.
    """
    folder = git.git_dir()
    incoming = git.environment.get("GIT_QUARANTINE_PATH")
    # A push in quarantine sets two of them itself, to the quarantine and to what is there already.
    if incoming or not any(name in git.environment for name in _ELSEWHERE):
        from gitbtc.repo.libgit import LibgitObjects

        objects = LibgitObjects.at(folder, os.path.join(git.cwd, incoming) if incoming else None)
        if objects is not None:
            return objects
    from gitbtc.repo.plumbing import GitObjects

    return GitObjects(git)
