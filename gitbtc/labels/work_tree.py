"""The files of a root that hold names, as they lie in the work tree, and how they are replaced: all of them or none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.labels.naming import Files
from gitbtc.repo.files import read, write
from gitbtc.state.snapshot import installed_kinds, path_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.repo.git import Git


class Root:
    """One root of the work tree at whose top `git` works; `path` is "" at the top."""

    def __init__(self, git: Git, path: str) -> None:
        self._git = git
        self.path = path
        self.files = Files(self._content)

    def _content(self, kind: str) -> bytes:
        place = Path(self._git.cwd, path_in(self.path, kind))
        if place.is_symlink():
            raise CannotWork(f"{path_in(self.path, kind)}: a symbolic link stands in a state file's place")
        try:
            content = read(place) or b""
            return codec.canonical(built_in(kind), content) if content else b""
        except codec.Malformed as error:
            raise GitbtcError(f"{path_in(self.path, kind)}: {error}; nothing was changed") from None
        except OSError as error:
            raise CannotWork(f"{path_in(self.path, kind)}: cannot be read: {error.strerror}") from None

    def content(self, kind: str) -> bytes:
        """The file of a kind in canonical form; none where there is none."""
        return self._content(kind)

    def save(self, *, looked_through: bool = False) -> list[str]:
        """Write what has changed; the paths. GitbtcError, and nothing is written, for what could not be committed.

        `looked_through`: for keys, every text that is new.
        """
        from gitbtc.worktree.applying import WorkTree

        contents = {path_in(self.path, kind): after for kind, (_, after) in self.files.changed().items()}
        if not contents:
            return []
        return WorkTree(self._git, installed_kinds(self._git)).write(contents, looked_through=looked_through)


class LastImports:
    """What each file of labels said when it came in last: under its name, in the Git directory. Nobody else sees it."""

    def __init__(self, git: Git, root: str) -> None:
        self._folder = Path(git.git_dir(), "gitbtc", "labels", *root.split("/")) if root else Path(
            git.git_dir(), "gitbtc", "labels"
        )  # fmt: skip

    def of(self, name: str) -> bytes | None:
        """The labels of the file called `name`; None when it never came in."""
        return read(self._folder / quote(name, safe=" ()+,@"))

    def keep(self, name: str, content: bytes) -> None:
        """Keep `content` under `name`."""
        write(self._folder / quote(name, safe=" ()+,@"), content)

    def all(self) -> Iterator[bytes]:
        """What every file said."""
        for name in sorted(os.listdir(self._folder)) if self._folder.is_dir() else ():
            if (self._folder / name).is_file():
                yield (self._folder / name).read_bytes()
