"""What every set-up needs: an interpreter that Git can run later, and a hooks folder that is this repository's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import gitbtc
from gitbtc.errors import CannotWork
from gitbtc.repo.hookfiles import NAMES, Hooks
from gitbtc.repo.registration import Program

if TYPE_CHECKING:
    from gitbtc.repo.git import Git

# The first Git that runs hooks of the configuration: git-hook(1).
CONFIGURED_SINCE = (2, 54, 0)


def this_program(python: str | None = None) -> Program:
    """gitbtc, run by the interpreter `python` (the one that runs now)."""
    package = os.path.join(os.path.dirname(os.path.abspath(gitbtc.__file__)), "__main__.py")
    return Program(os.path.abspath(python or sys.executable), package)


def hooks_of(git: Git, program: Program, inside: tuple[Path, ...], names: tuple[str, ...] = NAMES) -> Hooks:
    """The hooks `names` of the repository; shared when their folder lies in none of the folders `inside`."""
    folder = Path(git.hooks_dir())
    shared = not any(folder.resolve().is_relative_to(place.resolve()) for place in inside)
    return Hooks(folder, program.python, program.package, shared, names)


def hook_folders(hooks: Hooks, common: Path, *, shared_allowed: bool) -> list[Path]:
    """Where our hooks may lie: core.hooksPath may have come or gone since."""
    used = [] if hooks.shared and not shared_allowed else [hooks.folder]
    return list(dict.fromkeys([*used, common / "hooks"]))


def check_program(program: Program) -> None:
    """CannotWork for an interpreter that cannot import gitbtc."""
    if not imports_gitbtc(program.python):
        raise CannotWork(
            f"{program.python} -E -P cannot import gitbtc, and so Git could not run it later. Install gitbtc"
            " (pip, pipx or install.sh), and run `gitbtc install` with the installed program"
        )


def runs_configured_hooks(git: Git) -> bool:
    """Whether this Git also runs hooks that the configuration names, whatever core.hooksPath is."""
    return git.version() >= CONFIGURED_SINCE


def go_in_folder(git: Git, hooks: Hooks, common: Path, *, shared_allowed: bool) -> bool:
    """Whether our hooks go into the hooks folder: else the configuration alone has them.

    Where Git does not read them there, CannotWork when the folder is none, or is shared by other repositories and that
    is not allowed. GitbtcError when a hook cannot be installed without losing something.
    """
    if not is_ours_to_write(hooks, shared_allowed=shared_allowed) and runs_configured_hooks(git):
        return False
    _check_hooks(hooks, common, shared_allowed=shared_allowed)
    return True


def is_ours_to_write(hooks: Hooks, *, shared_allowed: bool = False) -> bool:
    """Whether the hooks folder is one (or is not there yet), and this repository's own or one that may be touched."""
    return (hooks.folder.is_dir() or not hooks.folder.exists()) and (shared_allowed or not hooks.shared)


def _check_hooks(hooks: Hooks, common: Path, *, shared_allowed: bool) -> None:
    folder = hooks.folder
    if folder.exists() and not folder.is_dir():
        raise CannotWork(
            f"core.hooksPath is {folder}, which is no folder; `git config core.hooksPath` shows who set it"
        )
    if hooks.shared and not shared_allowed:
        raise CannotWork(
            f"core.hooksPath is {folder}, outside of this repository: hooks there run for other repositories too."
            " Nothing was changed. Either give this repository its own hooks, with"
            f" `git config core.hooksPath {common / 'hooks'}`, or run `{hooks.command} --shared-hooks`: there"
            " gitbtc's hooks do nothing in a repository that it is not set up in"
        )
    hooks.check()


def imports_gitbtc(python: str) -> bool:
    """Whether the interpreter `python` starts and finds gitbtc, in the way in which Git will run it."""
    try:
        done = subprocess.run([python, "-E", "-P", "-c", "import gitbtc"], cwd="/", capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0
