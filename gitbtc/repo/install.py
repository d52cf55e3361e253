"""Setting gitbtc up in a repository, and taking it out without a trace.

What is written: a block in `.gitattributes` and in `info/attributes`, a folder `gitbtc` in the common directory
(`config`, `attributes`, the fallback script, a copy of the schemas that the repository adds), one `include.path` that
binds the configuration, and the hooks. Everything is derived from the kinds and the interpreter, so that running twice
changes nothing, and `doctor` can compare what is there with what would be written now.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc import resources
from gitbtc.errors import CannotWork, not_written
from gitbtc.interrupts import undisturbed
from gitbtc.kinds.registry import SUFFIX, Kinds
from gitbtc.repo import attributes, files, hookfiles, registration
from gitbtc.repo.hookfiles import CONFIGURED, KEY_NAMES, NAMES
from gitbtc.repo.prerequisites import check_program, go_in_folder, hook_folders, hooks_of, this_program
from gitbtc.repo.unset import INCLUDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.repo.git import Git

# Relative to the file that includes it, so that it holds when the repository is moved.
ATTRIBUTES = "attributes"
_NAMES_ATTRIBUTES = "core.attributesFile"
_KEYS_ONLY = "gitbtc.keysonly"
SCHEMAS = ".gitbtc/schemas"
# What hooks and commands leave in gitbtc's folder from one step to the next.
_KEPT_BETWEEN = (
    "settled.json", "passed.json", "passed.by", "passed.index", "reserving.lock", "scanned.clean", "scanned.lock",
    "apply.lock", "vetted",
)  # fmt: skip


class Install:
    """gitbtc in the repository that `git` works in, run by the interpreter `python` (the one that runs now).

    CannotWork outside of a repository and in a bare one. `shared_hooks` allows a hooks folder outside of the
    repository. `keys_only`: the key gate alone, without the drivers; None for what is set up.
    """

    def __init__(
        self, git: Git, python: str | None = None, *, shared_hooks: bool = False, keys_only: bool | None = None
    ) -> None:
        if git.is_bare():
            raise CannotWork(
                f"{git.cwd}: a bare repository has no work tree to set gitbtc up in; `gitbtc install --server` makes it"
                " examine what is pushed to it"
            )
        self._git = git.at_top()
        self._shared_hooks = shared_hooks
        self.top = Path(self._git.cwd)
        self.common = Path(self._git.common_dir())
        self.folder = self.common / "gitbtc"
        self.program = this_program(python)
        self.keys_only = self.has_keys_only() if keys_only is None else keys_only
        names = KEY_NAMES if self.keys_only else NAMES
        self.hooks = hooks_of(self._git, self.program, (self.common, self.top), names)

    def has_keys_only(self) -> bool:
        """Whether the key gate alone is set up here."""
        config = self.folder / "config"
        return config.exists() and (_KEYS_ONLY, "true") in self._git.config_entries(str(config))

    # -- what is to be there ---------------------------------------------------------------------------------------

    def kinds(self) -> Kinds:
        """The built-in kinds and those of the work tree's `.gitbtc/schemas`; CannotWork when one of them is broken."""
        return Kinds(str(self.top / SCHEMAS))

    def owned_files(self, kinds: Kinds) -> dict[Path, bytes]:
        """The files that are gitbtc's alone, and what they are to hold."""
        script = Path(resources.folder("hooks")) / registration.FALLBACK
        return {
            self.folder / "config": registration.config_text(self.entries(kinds)),
            self.folder / ATTRIBUTES: b"".join([f"{attributes.FILTER}\n".encode(), *self._persons_attributes()]),
            self.folder / registration.FALLBACK: script.read_bytes(),
            self.folder / CONFIGURED: self.hooks.copy(),
            **{self.folder / "schemas" / path.name: path.read_bytes() for path in _schemas(self.top / SCHEMAS)},
        }

    def entries(self, kinds: Kinds) -> list[tuple[str, str]]:
        """The configuration that is bound here: names as `git config --list` writes them, and values."""
        hooks = registration.hook_entries(self.hooks.names, CONFIGURED)
        ours = [("core.attributesfile", str(self.folder / ATTRIBUTES)), *hooks]
        registered = registration.entries(self.program, kinds)
        if self.keys_only:
            gate = [(name, value) for name, value in registered if name.startswith("filter.")]
            return [*gate, *ours, (_KEYS_ONLY, "true")]
        return [*registered, *ours]

    def served(self, kinds: Kinds) -> dict[str, str]:
        """The kinds whose files have drivers here: kind -> the last two parts of its files' paths."""
        return {} if self.keys_only else registration.paths(kinds)

    def _persons_attributes(self) -> Iterator[bytes]:
        """The file of attributes that a person has for all repositories: Git reads one, and here it is ours."""
        # Of a copied or moved repository, ours may be named by its old path still.
        values = self._git.config_values(_NAMES_ATTRIBUTES)
        named = [value for value in values if not value.endswith(f"/gitbtc/{ATTRIBUTES}")]
        default = os.path.join(os.environ.get("XDG_CONFIG_HOME") or "~/.config", "git", "attributes")
        content = files.read(self.top / os.path.expanduser(named[-1] if named else default))
        if content:
            yield content if content.endswith(b"\n") else content + b"\n"

    def blocks(self, kinds: Kinds) -> dict[Path, list[str]]:
        """The files that are otherwise the user's, and the lines of our block in each: `.gitattributes` of the work
        tree, `info/attributes` and `info/exclude` of the common directory.
        """
        served = attributes.lines(self.served(kinds), kinds.sharded())
        info = self.common / "info"
        # A person's own filters, which hold in every repository, would lose against the line of .gitattributes.
        kept = [line for content in self._persons_attributes() for line in attributes.filters_of(content)]
        return {
            self.top / ".gitattributes": [attributes.FILTER, *served],
            info / "attributes": [*kept, *served],
            info / "exclude": files.LEFT_BEHIND,
        }

    def other_filters(self) -> dict[str, str]:
        """path -> the filter that it has instead of ours, of all files of the work tree: ours does not see them."""
        return self._git.other_filters(self._git.work_tree_paths())

    def surplus_schemas(self) -> list[Path]:
        """Installed copies of schemas that the work tree does not have any more."""
        wanted = {path.name for path in _schemas(self.top / SCHEMAS)}
        return [path for path in _schemas(self.folder / "schemas") if path.name not in wanted]

    def in_hooks_folder(self) -> bool:
        """Whether the hooks lie in the hooks folder, or are to: else the configuration alone has them. Raises as
        `install` does.
        """
        return go_in_folder(self._git, self.hooks, self.common, shared_allowed=self._shared_hooks)

    def is_bound(self) -> bool:
        """Whether the repository's configuration includes ours."""
        return INCLUDE in self._git.config_values("include.path", self._config)

    @property
    def _config(self) -> str:
        return str(self.common / "config")

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
            raise not_written(error) from None

    def _install(self) -> list[Path]:
        kinds = self.kinds()
        if self.keys_only and self.is_bound() and not self.has_keys_only():
            raise CannotWork(
                "all of gitbtc is set up here, the key gate too; nothing was changed. For the key gate alone, run"
                " `gitbtc uninstall` first"
            )
        wanted = self.owned_files(kinds) | self._missing_blocks(kinds)
        check_program(self.program)
        in_folder = self.in_hooks_folder()
        changed = [path for path, content in wanted.items() if files.read(path) != content]
        with undisturbed():
            files.write_all({os.path.realpath(path): wanted[path] for path in changed})
            surplus = self.surplus_schemas()
            for path in surplus:
                path.unlink()
            return [*changed, *surplus, *self._bind(), *(self.hooks.install() if in_folder else [])]

    def _missing_blocks(self, kinds: Kinds) -> dict[Path, bytes]:
        return {
            path: attributes.with_block(files.read(path), wanted, str(path))
            for path, wanted in self.blocks(kinds).items()
            if not attributes.up_to_date(files.read(path), wanted, str(path))
        }

    def _bind(self) -> Iterator[Path]:
        if not self.is_bound():
            self._git.add_config("include.path", INCLUDE, self._config)
            yield Path(self._config)

    # -- uninstall -------------------------------------------------------------------------------------------------

    def uninstall(self) -> list[Path]:
        """Take out what `install` set up, and nothing else; the paths that changed.

        GitbtcError, and nothing changed, when one of our hooks or blocks has been edited. Hooks in a shared folder
        stay unless `shared_hooks` allows to touch it: they do nothing here any more.
        """
        try:
            return self._uninstall()
        except OSError as error:
            raise not_written(error) from None

    def _uninstall(self) -> list[Path]:
        contents = {path: files.read(path) for path in self.blocks(Kinds())}
        restored = {
            path: attributes.without_block(content, str(path))
            for path, content in contents.items()
            if content is not None and attributes.has_block(content, str(path))
        }
        folders = hook_folders(self.hooks, self.common, shared_allowed=self._shared_hooks)
        with undisturbed():
            changed = hookfiles.uninstall(folders)
            for path, content in restored.items():
                if content is None:
                    path.unlink()
                else:
                    files.write(path, content)
            return [*changed, *restored, *self._unbind(), *self._remove_folder()]

    def _unbind(self) -> Iterator[Path]:
        if self.is_bound():
            self._git.unset_config("include.path", self._config, value=INCLUDE)
            yield Path(self._config)

    def _remove_folder(self) -> Iterator[Path]:
        own_names = ("config", ATTRIBUTES, registration.FALLBACK, CONFIGURED, *_KEPT_BETWEEN)
        owned = [*(self.folder / name for name in own_names), *_schemas(self.folder / "schemas")]
        owned += sorted(self.folder.glob("checkpoint-*"))  # one a root
        for path in owned:
            if path.exists():
                path.unlink()
                yield path
        for folder in (self.folder / "schemas", self.folder):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _schemas(folder: Path) -> list[Path]:
    return sorted(folder.glob("*" + SUFFIX)) if folder.is_dir() else []
