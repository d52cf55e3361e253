"""The gate of a repository that others push to: one hook, pre-receive, and what says so in the configuration. It needs
no work tree.

In a repository with a work tree it stands beside what `gitbtc install` sets up, and neither knows of the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc.errors import not_written
from gitbtc.repo import files, hookfiles, registration
from gitbtc.repo.examined import Examined
from gitbtc.repo.hookfiles import SERVER_CONFIGURED, SERVER_NAMES
from gitbtc.repo.prerequisites import check_program, go_in_folder, hook_folders, hooks_of, this_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.repo.git import Git

# Tells a hook in a folder that repositories share whether this one asked for it.
SETTING = "gitbtc.server"
_ENTRIES = [(SETTING, "true"), *registration.hook_entries(SERVER_NAMES, SERVER_CONFIGURED)]


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

    @property
    def configured(self) -> Path:
        """The copy of the hook that the configuration names, for a Git that runs it from there."""
        return self.common / "gitbtc" / SERVER_CONFIGURED

    def in_hooks_folder(self) -> bool:
        """Whether the hook lies in the hooks folder, or is to, as `Install.in_hooks_folder` has it."""
        return go_in_folder(self.git, self.hooks, self.common, shared_allowed=self._shared_hooks)

    def is_set(self) -> bool:
        """Whether the repository's configuration says that it is a server."""
        return self.git.config(SETTING, self._config) == "true"

    def lacking(self) -> list[str]:
        """The names in the configuration that have not the value that they are to have."""
        entries = dict(self.git.config_entries(self._config))
        return [name for name, value in _ENTRIES if entries.get(name) != value]

    def install(self) -> list[Path]:
        """Set it up; the paths that changed, none when all was there. Refuses, before anything is written, as
        `Install.install` does.
        """
        try:
            check_program(self.program)
            in_folder = self.in_hooks_folder()
            done = [*self._copy(), *self._set(), *self._begin()]
            return [*done, *(self.hooks.install() if in_folder else [])]
        except OSError as error:
            raise not_written(error) from None

    def _copy(self) -> Iterator[Path]:
        if files.read(self.configured) != self.hooks.copy():
            files.write(self.configured, self.hooks.copy())
            yield self.configured

    def _set(self) -> Iterator[Path]:
        lacking = self.lacking()
        for name, value in _ENTRIES:
            if name in lacking:
                self.git.set_config(name, value, self._config)
        if lacking:
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
            return [*hookfiles.uninstall(folders, SERVER_NAMES), *self._take_out()]
        except OSError as error:
            raise not_written(error) from None

    def _take_out(self) -> Iterator[Path]:
        entries = dict(self.git.config_entries(self._config))
        for name, _ in _ENTRIES:
            if name in entries:
                self.git.unset_config(name, self._config)
        if any(name in entries for name, _ in _ENTRIES):
            yield Path(self._config)
        if self.configured.exists():
            self.configured.unlink()
            yield self.configured
        examined = Examined(self.git)
        if examined.end():
            yield examined.path
