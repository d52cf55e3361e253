"""The places of a work tree, and of folders that are in no repository. Symbolic links are read, never followed."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from gitbtc.errors import UsageError
from gitbtc.scanning.place import FILE, NAME, Place
from gitbtc.scanning.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitbtc.repo.git import Git

    Note = Callable[[str], None]

_GIT = ".git"
_STANDARD_INPUT = "-"


def of_work_tree(git: Git) -> Iterator[Place]:
    """Everything in the work tree but what Git ignores; also what lies in submodules and in repositories within it."""
    top = git.top_level()
    for path in git.work_tree_paths():
        disk = os.path.join(top, path)
        if os.path.isdir(disk) and not os.path.islink(disk):
            yield from _below(disk, path.rstrip("/"))
        elif os.path.lexists(disk):  # a tracked file may be gone
            yield from _file(disk, path)


def of_paths(paths: Iterable[str], note: Note) -> Iterator[Place]:
    """The files `paths`, and everything below the folders among them, ignored or not, but for Git's own folders.

    `-` is standard input. `note` is told of a path that is a symbolic link to a folder. UsageError where there is
    nothing.
    """
    for path in paths:
        if path == _STANDARD_INPUT:
            yield Place(FILE, path, disk="/dev/stdin", named=True)
            continue
        if not os.path.lexists(path):
            raise UsageError(f"{shown(path)}: no such file or folder")
        if os.path.islink(path) and os.path.isdir(path) and not path.endswith(os.sep):
            note(f"{shown(path)}: a symbolic link; where it leads to is scanned, as a text, and not what lies there")
        if os.path.isdir(path) and (path.endswith(os.sep) or not os.path.islink(path)):
            yield from _below(path, os.path.normpath(path))
        else:
            told = os.path.normpath(path)
            yield Place(NAME, told, disk=path)
            yield Place(FILE, told, disk=path, named=not os.path.isdir(path))


def _below(disk: str, path: str) -> Iterator[Place]:
    """Each file of a folder, folder by folder in the order of their names, and each folder's name."""
    waiting = [(disk, "" if path == os.curdir else path)]
    while waiting:
        folder, told = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name, reverse=True)
        except OSError:
            # Told as one that cannot be read, like a file.
            yield Place(FILE, told or os.curdir, disk=folder)
            continue
        named = [(entry, f"{told}/{entry.name}" if told else entry.name) for entry in entries if entry.name != _GIT]
        for entry, name in reversed(named):
            if not entry.is_dir(follow_symlinks=False):
                yield from _file(entry.path, name)
        waiting += [(entry.path, name) for entry, name in named if entry.is_dir(follow_symlinks=False)]


def _file(disk: str, path: str) -> Iterator[Place]:
    yield Place(NAME, path, disk=disk)
    yield Place(FILE, path, disk=disk)


def is_special(mode: int) -> bool:
    """Whether what lies there holds nothing: a pipe, a socket, a device."""
    return not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode))
