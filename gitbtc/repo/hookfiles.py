"""The hooks of a repository: ours, and the foreign ones that were there before and run first.

A hook of ours carries a digest of itself in its second line, so a hook that an earlier version wrote is known for ours
and replaced, and one that somebody has edited since is known too, and left alone.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from gitbtc import resources
from gitbtc.errors import GitbtcError
from gitbtc.repo import files

NAMES = (
    "pre-commit", "pre-merge-commit", "prepare-commit-msg", "commit-msg", "pre-applypatch", "pre-push", "post-commit",
    "post-merge",
)  # fmt: skip
KEY_NAMES = ("pre-commit", "commit-msg", "pre-push")  # what is staged, the message, and what leaves
SERVER_NAMES = ("pre-receive",)

# What the configuration names, in gitbtc's folder: the same bytes as the hooks, which know themselves by this name.
CONFIGURED, SERVER_CONFIGURED = "hook", "server-hook"

_KEPT = ".before-gitbtc"
_FIRST = b"#!/bin/sh\n"
_MARKED = re.compile(rb"#!/bin/sh\n# gitbtc hook ([0-9a-f]{16})[^\n]*\n")


class HookState(Enum):
    """What lies where a hook belongs."""

    NONE = "missing"
    OURS = "ours"
    STALE = "ours, from another installation or version"
    EDITED = "ours, edited by hand"
    FOREIGN = "another program's"
    NOT_EXECUTABLE = "not executable"


@dataclass(frozen=True)
class Hooks:
    """The hooks in `folder`, as they are to be for one interpreter (`python`) and package (its `__main__.py`).

    `shared` is for a folder that serves other repositories too: there our part does nothing where gitbtc is not set up.
    `names` are those that belong there.
    """

    folder: Path
    python: str
    package: str
    shared: bool = False
    names: tuple[str, ...] = NAMES

    @property
    def command(self) -> str:
        """The command that installs them."""
        options = {SERVER_NAMES: " --server", KEY_NAMES: " --keys-only"}
        return "gitbtc install" + options.get(self.names, "")

    def content(self) -> bytes:
        """The hook's bytes; all hooks have the same, and tell their name from their file's."""
        template = (Path(resources.folder("hooks")) / "hook.sh").read_bytes()
        settings = {"python": self.python, "package": self.package, "shared": "yes" if self.shared else ""}
        lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items())
        rest = lines.encode("utf-8", "surrogateescape") + template.removeprefix(_FIRST)
        return _FIRST + f"# gitbtc hook {_digest(rest)}; do not edit\n".encode() + rest

    def state(self, name: str) -> HookState:
        """What lies at the place of the hook `name`."""
        found = files.read(self.folder / name)
        if found is None:
            return HookState.FOREIGN if _lies(self.folder / name) else HookState.NONE
        if not is_ours(found):
            return HookState.FOREIGN
        if is_edited(found):
            return HookState.EDITED
        if found != self.content():
            return HookState.STALE
        return HookState.OURS if (self.folder / name).stat().st_mode & 0o100 else HookState.NOT_EXECUTABLE

    def check(self) -> None:
        """GitbtcError when a hook cannot be installed without losing something; nothing is changed."""
        for name in self.names:
            hook, kept = self.folder / name, self.folder / (name + _KEPT)
            state = self.state(name)
            if state is HookState.EDITED:
                raise GitbtcError(
                    f"{hook} is gitbtc's, but it has been edited. Move what you added into an executable file"
                    f" {kept.name} beside it (it runs first), delete {name}, and run `{self.command}` again"
                )
            if state is HookState.FOREIGN and _lies(kept) and files.read(hook) != files.read(kept):
                raise GitbtcError(
                    f"{hook} is another program's, and {kept.name} beside it is another one that gitbtc has kept."
                    f" Make one of the two, and run `{self.command}` again"
                )

    def install(self) -> list[Path]:
        """Write every hook that is not as it is to be; a foreign one is kept beside it. The paths that changed."""
        states = {name: self.state(name) for name in self.names}
        changed = [self.folder / name for name in self.names if states[name] is not HookState.OURS]
        folder = os.path.realpath(self.folder)

        def keep() -> None:
            for hook in changed:
                if states[hook.name] is HookState.FOREIGN:
                    hook.rename(hook.with_name(hook.name + _KEPT))

        files.write_all({os.path.join(folder, hook.name): self.content() for hook in changed}, 0o755, keep)
        return changed


def uninstall(folders: list[Path], names: tuple[str, ...] = NAMES) -> list[Path]:
    """Take our hooks (`names`) out of `folders` and put those that were there before back, with the mode they had.

    The paths that changed. GitbtcError, nothing changed, when somebody has edited one.
    """
    places = [folder / name for folder in folders for name in names]
    ours = [hook for hook in places if is_ours(files.read(hook) or b"")]
    for hook in ours:
        if is_edited(hook.read_bytes()):
            raise GitbtcError(
                f"{hook} is gitbtc's, but it has been edited. Move what you added elsewhere, delete the file, and run"
                " `gitbtc uninstall` again"
            )
    for hook in ours:
        hook.unlink()
    for hook in places:
        kept = hook.with_name(hook.name + _KEPT)
        if _lies(kept) and not _lies(hook):
            kept.rename(hook)
    return ours


def _lies(path: Path) -> bool:
    # A symbolic link that leads nowhere is a hook too: somebody's, who may mend it.
    return path.exists() or path.is_symlink()


def is_ours(content: bytes) -> bool:
    """Whether `content` is a hook that some version of gitbtc wrote."""
    return _MARKED.match(content) is not None


def is_edited(content: bytes) -> bool:
    """Whether `content`, a hook of ours, is not what gitbtc wrote any more."""
    marked = _MARKED.match(content)
    return marked is not None and marked[1].decode() != _digest(content[marked.end() :])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
