"""The gate of a repository that others push to: one hook, pre-receive, and one setting. It needs no work tree.

In a repository with a work tree it stands beside what `gitbtc install` sets up, and neither knows of the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc.errors import not_written
from gitbtc.repo import hookfiles
from gitbtc.repo.examined import Examined
from gitbtc.repo.hookfiles import SERVER_NAMES
from gitbtc.repo.prerequisites import check_hooks, check_program, hook_folders, hooks_of, this_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.repo.git import Git

# Tells a hook in a folder that repositories share whether this one asked for it.
SETTING = "gitbtc.server"


class ServerInstall:
    """The gate in the repository that `git` works in, run by the interpreter `python` (the one that runs now).

    CannotWork outside of a repository. `shared_hooks` allows a hooks folder outside of the repository.
    """

    def __init__(self, git: Git, python: str | None = None, *, shared_hooks: bool = False) -> None:
        # Git runs hooks, and takes a relative core.hooksPath from, the work tree's root where there is one.
        self.git = git if git.is_bare() else git.at_top()
        self._shared_hooks = shared_hooks
        self.common = Path(self.git.common_dir())
        self.top = Path(self.git.cwd) if not git.is_bare() else self.common
        self.program = this_program(python)
        self.hooks = hooks_of(self.git, self.program, (self.common, self.top), SERVER_NAMES)

    @property
    def _config(self) -> str:
        return str(self.common / "config")

    def is_set(self) -> bool:
        """Whether the repository's configuration says that it is a server."""
        return self.git.config(SETTING, self._config) == "true"

    def install(self) -> list[Path]:
        """Set it up; the paths that changed, none when all was there. Refuses, before anything is written, as
        `Install.install` does.
        """
        try:
            check_program(self.program)
            check_hooks(self.hooks, self.common, shared_allowed=self._shared_hooks)
            return [*self._set(), *self._begin(), *self.hooks.install()]
        except OSError as error:
            raise not_written(error) from None

    def _set(self) -> Iterator[Path]:
        if not self.is_set():
            self.git.set_config(SETTING, "true", self._config)
            yield Path(self._config)

    def _begin(self) -> Iterator[Path]:
        """What is here before the gate is nobody's business."""
        examined = Examined(self.git)
        if examined.begin():
            yield examined.path

    def uninstall(self) -> list[Path]:
        """Take it out, and put back the hook that was there before; the paths that changed."""
        try:
            folders = hook_folders(self.hooks, self.common, shared_allowed=self._shared_hooks)
            return [*hookfiles.uninstall(folders, SERVER_NAMES), *self._unset()]
        except OSError as error:
            raise not_written(error) from None

    def _unset(self) -> Iterator[Path]:
        if self.git.config(SETTING, self._config) is not None:
            self.git.unset_config(SETTING, self._config)
            yield Path(self._config)
        examined = Examined(self.git)
        if examined.end():
            yield examined.path
