"""Is the gate of a repository that others push to as it is to be? There are no attributes and no drivers to check."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc.errors import GitbtcError
from gitbtc.repo import files
from gitbtc.repo.doctor import Check, copied, git_version, hold_by_configuration
from gitbtc.repo.hookfiles import SERVER_NAMES, HookState
from gitbtc.repo.limits import Limits
from gitbtc.repo.prerequisites import imports_gitbtc, is_ours_to_write
from gitbtc.repo.server import SETTING, ServerInstall

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.repo.doctor import Outcome
    from gitbtc.repo.git import Git

_INSTALL = "run `gitbtc install --server`"


def examine_server(git: Git) -> list[Check]:
    """The outcome of every check of the gate; none where there is a work tree and nobody asked for a gate."""
    wanted = ServerInstall(git)
    if not git.is_bare() and not wanted.is_set() and wanted.hooks.state(SERVER_NAMES[0]) is HookState.NONE:
        return []
    general = [Check("git", *git_version(git))] if git.is_bare() else []
    return [*general, *(Check(name, *check(wanted)) for name, check in SERVER_CHECKS.items())]


def _interpreter(wanted: ServerInstall) -> Outcome:
    python = _named_in(files.read(wanted.configured) or b"")
    if not python:
        return "no hook of gitbtc's names an interpreter", _INSTALL, True
    if not Path(python).exists():
        return f"{python}, which the hook is to run, is gone", _INSTALL, True
    if not imports_gitbtc(python):
        return f"{python}, which the hook is to run, cannot import gitbtc", _INSTALL, True
    return (python,)


def _named_in(hook: bytes) -> str:
    """The interpreter that a hook of ours names; "" in another one."""
    settings = hook.decode("utf-8", "surrogateescape").partition("\nearlier=")[0].splitlines()
    found = (line.removeprefix("python=") for line in settings if line.startswith("python="))
    try:
        return "".join(shlex.split(next(found, "")))
    except ValueError:
        return ""


def _setting(wanted: ServerInstall) -> Outcome:
    if off := wanted.git.hooks_switched_off(SERVER_NAMES):
        return f"{off[0]} is false", f"`git config --show-origin --get-all {off[0]}` shows where; delete it there"
    lacking = wanted.lacking()
    return (f"{', '.join(lacking)}: not as it is to be", _INSTALL, True) if lacking else (f"{SETTING} is true",)


def _hook(wanted: ServerInstall) -> Outcome:
    hooks = wanted.hooks
    wrong = {name: state for name in SERVER_NAMES if (state := hooks.state(name)) is not HookState.OURS}
    elsewhere = bool(wrong) and hold_by_configuration(wanted.git, wrong) and not is_ours_to_write(hooks)
    if not wrong or elsewhere:
        return copied(hooks, wanted.configured, elsewhere=elsewhere) or (str(hooks.folder),)
    told = ", ".join(f"{name} is {state.value}" for name, state in wrong.items())
    try:
        hooks.check()
    except GitbtcError as error:
        return told, str(error)
    if hooks.shared:
        return told, "run `gitbtc install --server --shared-hooks`, or give this repository its own core.hooksPath"
    return f"{hooks.folder}: {told}", _INSTALL, True


def _limits(wanted: ServerInstall) -> Outcome:
    try:
        Limits.of(wanted.git)
    except GitbtcError as error:
        return str(error), "give it a number, or take it out: `git config --unset NAME`"
    return ("as they are set",)


SERVER_CHECKS: dict[str, Callable[[ServerInstall], Outcome]] = {
    "server-interpreter": _interpreter,
    "server-setting": _setting,
    "server-hook": _hook,
    "server-limits": _limits,
}
