"""Setting gitbtc up in a repository, and taking it out without a trace.

What is written: a block in `.gitattributes` and in `info/attributes`, a folder `gitbtc` in the common directory
(`config`, the fallback script, a copy of the schemas that the repository adds), one `include.path` that binds the
configuration, and the hooks. Everything is derived from the kinds and the interpreter, so that running twice changes
nothing, and `doctor` can compare what is there with what would be written now.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import gitbtc
from gitbtc import resources
from gitbtc.errors import CannotWork
from gitbtc.kinds.registry import SUFFIX, Kinds
from gitbtc.repo import attributes, files, hookfiles, registration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.repo.git import Git

# Relative to the file that includes it, so that it holds when the repository is moved.
INCLUDE = "gitbtc/config"
SCHEMAS = ".gitbtc/schemas"


class Install:
    """gitbtc in the repository that `git` works in, run by the interpreter `python` (the one that runs now).

    CannotWork outside of a repository and in a bare one. `shared_hooks` allows a hooks folder outside of the
    repository.
    """

    def __init__(self, git: Git, python: str | None = None, *, shared_hooks: bool = False) -> None:
        if git.is_bare():
            raise CannotWork(f"{git.cwd}: a bare repository has no work tree to set gitbtc up in")
        self._git = git.at_top()
        self._shared_hooks = shared_hooks
        self.top = Path(self._git.cwd)
        self.common = Path(self._git.common_dir())
        self.folder = self.common / "gitbtc"
        self.program = registration.Program(os.path.abspath(python or sys.executable), _package())
        self.hooks = self._hooks()

    # -- what is to be there ---------------------------------------------------------------------------------------

    def kinds(self) -> Kinds:
        """The built-in kinds and those of the work tree's `.gitbtc/schemas`; CannotWork when one of them is broken."""
        return Kinds(str(self.top / SCHEMAS))

    def owned_files(self, kinds: Kinds) -> dict[Path, bytes]:
        """The files that are gitbtc's alone, and what they are to hold."""
        script = Path(resources.folder("hooks")) / registration.FALLBACK
        return {
            self.folder / "config": registration.config_text(registration.entries(self.program, kinds)),
            self.folder / registration.FALLBACK: script.read_bytes(),
            **{self.folder / "schemas" / path.name: path.read_bytes() for path in _schemas(self.top / SCHEMAS)},
        }

    def attribute_files(self) -> tuple[Path, Path]:
        """`.gitattributes` of the work tree, and `info/attributes` of the common directory."""
        return self.top / ".gitattributes", self.common / "info" / "attributes"

    def surplus_schemas(self) -> list[Path]:
        """Installed copies of schemas that the work tree does not have any more."""
        wanted = {path.name for path in _schemas(self.top / SCHEMAS)}
        return [path for path in _schemas(self.folder / "schemas") if path.name not in wanted]

    def is_bound(self) -> bool:
        """Whether the repository's configuration includes ours."""
        return INCLUDE in self._git.config_values("include.path", self._config)

    @property
    def _config(self) -> str:
        return str(self.common / "config")

    def _hooks(self) -> hookfiles.Hooks:
        folder = Path(self._git.hooks_dir())
        return hookfiles.Hooks(folder, self.program.python, self.program.package, self._is_outside(folder))

    def _is_outside(self, folder: Path) -> bool:
        inside = (self.common.resolve(), self.top.resolve())
        return not any(folder.resolve().is_relative_to(place) for place in inside)

    # -- install ---------------------------------------------------------------------------------------------------

    def install(self) -> list[Path]:
        """Set everything up; the paths that changed, none when all was there.

        Whatever can refuse is asked before anything is written: CannotWork for an interpreter that cannot import
        gitbtc, a broken schema, a hooks folder that other repositories share; GitbtcError for a hook or a block that
        somebody has edited.
        """
        try:
            return self._install()
        except OSError as error:
            raise CannotWork(f"{error.filename}: {error.strerror}") from None

    def _install(self) -> list[Path]:
        kinds = self.kinds()
        wanted = self.owned_files(kinds) | self._attributes(kinds)
        self._check_program()
        self._check_hooks_folder()
        self.hooks.check()
        changed = [path for path, content in wanted.items() if files.read(path) != content]
        for path in changed:
            files.write(path, wanted[path])
        surplus = self.surplus_schemas()
        for path in surplus:
            path.unlink()
        return [*changed, *surplus, *self._bind(), *self.hooks.install()]

    def _attributes(self, kinds: Kinds) -> dict[Path, bytes]:
        paths = registration.paths(kinds)
        contents = {path: files.read(path) for path in self.attribute_files()}
        return {
            path: attributes.with_block(content, paths, str(path))
            for path, content in contents.items()
            if not attributes.up_to_date(content, paths, str(path))
        }

    def _bind(self) -> Iterator[Path]:
        if not self.is_bound():
            self._git.add_config("include.path", INCLUDE, self._config)
            yield Path(self._config)

    def _check_program(self) -> None:
        if not imports_gitbtc(self.program.python):
            raise CannotWork(
                f"{self.program.python} -E -P cannot import gitbtc, and so Git could not run it later. Install gitbtc"
                " (pip, pipx or install.sh), and run `gitbtc install` with the installed program"
            )

    def _check_hooks_folder(self) -> None:
        folder = self.hooks.folder
        if folder.exists() and not folder.is_dir():
            raise CannotWork(
                f"core.hooksPath is {folder}, which is no folder; `git config core.hooksPath` shows who set it"
            )
        if self.hooks.shared and not self._shared_hooks:
            raise CannotWork(
                f"core.hooksPath is {folder}, outside of this repository: hooks there run for other repositories too."
                " Nothing was changed. Either give this repository its own hooks, with"
                f" `git config core.hooksPath {self.common / 'hooks'}`, or run `gitbtc install --shared-hooks`: there"
                " gitbtc's hooks do nothing in a repository that it is not set up in"
            )

    # -- uninstall -------------------------------------------------------------------------------------------------

    def uninstall(self) -> list[Path]:
        """Take out what `install` set up, and nothing else; the paths that changed.

        GitbtcError, and nothing changed, when one of our hooks or blocks has been edited. Hooks in a shared folder
        stay unless `shared_hooks` allows to touch it: they do nothing here any more.
        """
        try:
            return self._uninstall()
        except OSError as error:
            raise CannotWork(f"{error.filename}: {error.strerror}") from None

    def _uninstall(self) -> list[Path]:
        contents = {path: files.read(path) for path in self.attribute_files()}
        restored = {
            path: attributes.without_block(content, str(path))
            for path, content in contents.items()
            if content is not None and attributes.has_block(content, str(path))
        }
        changed = hookfiles.uninstall(self._hook_folders())
        for path, content in restored.items():
            if content is None:
                path.unlink()
            else:
                files.write(path, content)
        return [*changed, *restored, *self._unbind(), *self._remove_folder()]

    def _hook_folders(self) -> list[Path]:
        """Where our hooks may lie: core.hooksPath may have come or gone since."""
        used = [] if self.hooks.shared and not self._shared_hooks else [self.hooks.folder]
        return list(dict.fromkeys([*used, self.common / "hooks"]))

    def _unbind(self) -> Iterator[Path]:
        if self.is_bound():
            self._git.run("config", "--file", self._config, "--fixed-value", "--unset-all", "include.path", INCLUDE)
            yield Path(self._config)

    def _remove_folder(self) -> Iterator[Path]:
        owned = [self.folder / "config", self.folder / registration.FALLBACK, *_schemas(self.folder / "schemas")]
        for path in owned:
            if path.exists():
                path.unlink()
                yield path
        for folder in (self.folder / "schemas", self.folder):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def imports_gitbtc(python: str) -> bool:
    """Whether the interpreter `python` starts and finds gitbtc, in the way in which Git will run it."""
    try:
        done = subprocess.run([python, "-E", "-P", "-c", "import gitbtc"], cwd="/", capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _package() -> str:
    return os.path.join(os.path.dirname(os.path.abspath(gitbtc.__file__)), "__main__.py")


def _schemas(folder: Path) -> list[Path]:
    return sorted(folder.glob("*" + SUFFIX)) if folder.is_dir() else []
