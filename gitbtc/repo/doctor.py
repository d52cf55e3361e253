"""Is gitbtc set up here as it is to be? One function a check; each says what it found, and how to mend it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc.errors import GitbtcError
from gitbtc.kinds import codec
from gitbtc.kinds.layouts import layout_faults
from gitbtc.kinds.near import misspelt, shadowed
from gitbtc.kinds.registry import Kinds
from gitbtc.repo import attributes, files, registration
from gitbtc.repo.git import SYMBOLIC_LINK
from gitbtc.repo.hookfiles import CONFIGURED, NAMES, HookState
from gitbtc.repo.install import ATTRIBUTES, SCHEMAS, Install
from gitbtc.repo.prerequisites import CONFIGURED_SINCE, imports_gitbtc, is_ours_to_write, runs_configured_hooks
from gitbtc.repo.unset import INCLUDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitbtc.repo.git import BlobReader, Entry, Git
    from gitbtc.repo.hookfiles import Hooks

# The first Git whose merges are made by `ort`, the strategy that the drivers are held against. What the program itself
# asks of git (--fixed-value, --end-of-options) is older: 2.30.
MINIMUM_GIT = (2, 34, 0)

# Commands that make commits or trees without a hook, and the first Git that has them: docs/doors.md has what sees them.
_UNSEEN = {
    "merge-tree --write-tree": (2, 38, 0),
    "am --no-verify": (2, 40, 0),
    "replay": (2, 44, 0),
    "history": (2, 54, 0),
}

_WORTH_SHARDS = 1_000_000  # bytes of a file
_FORGE = 50 << 20  # bytes: GitHub warns of larger files, and refuses those over 100 MB
_A_WHILE = 20  # commits

_INSTALL = "run `gitbtc install`"
_SINCE = ".".join(map(str, CONFIGURED_SINCE[:2]))
_WHAT_GIT_RUNS = ("merge.", "diff.", "filter.", "core.", "hook.")


@dataclass(frozen=True)
class Check:
    """One check's outcome. `mend` is empty when it is fine; `fixable` says whether installing again mends it."""

    name: str
    found: str
    mend: str = ""
    fixable: bool = False

    @property
    def fine(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.mend


def examine(git: Git) -> list[Check]:
    """The outcome of every check in the repository that `git` works in; CannotWork when there is none."""
    place = _Place(git)
    if place.is_untouched():  # one fact, and not a finding for each thing that follows from it
        apart = {name: CHECKS[name] for name in ("git", "added-kinds", "canonical")}
        return [
            Check("set-up", "never set up in this clone: Git works here as without gitbtc", _INSTALL, fixable=True),
            *(Check(name, *check(place)) for name, check in apart.items()),
        ]
    return [Check(name, *check(place)) for name, check in CHECKS.items()]


class _Place:
    """The repository under examination, and the kinds that it is to be set up for."""

    def __init__(self, git: Git) -> None:
        self.wanted = Install(git)
        self.git = git.at_top()
        self.broken_schema = ""
        try:
            self.kinds = self.wanted.kinds()
        except GitbtcError as error:
            self.broken_schema = str(error)
            self.kinds = Kinds()

    def is_untouched(self) -> bool:
        """Whether gitbtc was never installed in this clone, or was uninstalled."""
        hooks = self.wanted.hooks
        has_hooks = any(hooks.state(name) not in (HookState.NONE, HookState.FOREIGN) for name in NAMES)
        return not (self.wanted.is_bound() or (self.wanted.folder / "config").exists() or has_hooks)

    def configured(self) -> dict[str, str]:
        """What stands in gitbtc's own configuration file."""
        file = self.wanted.folder / "config"
        return dict(self.git.config_entries(str(file))) if file.exists() else {}


# Each of these returns found[, mend[, fixable]].
if TYPE_CHECKING:
    Outcome = tuple[str] | tuple[str, str] | tuple[str, str, bool]


def git_version(git: Git) -> Outcome:
    """Whether Git is one that gitbtc is held against."""
    version = git.version()
    found = "Git " + ".".join(map(str, version))
    if version >= MINIMUM_GIT:
        return (found,)
    return found, f"install Git {MINIMUM_GIT[0]}.{MINIMUM_GIT[1]} or later"


def _unseen(place: _Place) -> Outcome:
    """Which commands of this Git no hook sees: nothing to mend, and worth knowing."""
    version = place.git.version()
    names = ", ".join(f"git {name}" for name, since in _UNSEEN.items() if version >= since)
    return (f"no hook sees what these make, which the push looks at: {names}",) if names else ("every command",)


def _interpreter(place: _Place) -> Outcome:
    command = place.configured().get("filter.gitbtc.process")
    if command is None:
        return "no command is registered", _INSTALL, True
    python = shlex.split(command)[0].removeprefix("p=").removesuffix(";")
    if not Path(python).exists():
        return f"{python}, which Git is told to run, is gone", _INSTALL, True
    if not imports_gitbtc(python):
        return f"{python}, which Git is told to run, cannot import gitbtc", _INSTALL, True
    return (python,)


def _configuration(place: _Place) -> Outcome:
    if not place.wanted.is_bound():
        return f"the repository's configuration does not include {INCLUDE}", _INSTALL, True
    registered = dict(place.wanted.entries(place.kinds))
    configured = place.configured()
    if not configured:
        return f"{place.wanted.folder / 'config'} is missing or empty", _INSTALL, True
    differing = sorted(
        name for name in registered.keys() | configured.keys() if registered.get(name) != configured.get(name)
    )
    if differing:
        return f"not what this gitbtc would register: {_some(differing)}", _INSTALL, True
    return (f"{len(place.wanted.served(place.kinds))} kinds have their drivers",)


def _effective_configuration(place: _Place) -> Outcome:
    ours = {name: value for name, value in place.configured().items() if name.startswith(_WHAT_GIT_RUNS)}
    effective = dict(place.git.config_entries())
    overridden = sorted(name for name, value in ours.items() if effective.get(name, value) != value)
    overridden += place.git.hooks_switched_off(place.wanted.hooks.names)
    if overridden:
        return (
            f"set elsewhere too, and there last: {_some(overridden)}",
            f"`git config --show-origin --get-all {overridden[0]}` shows where; delete it there",
        )
    return ("nothing overrides it",)


def _fallback(place: _Place) -> Outcome:
    path = place.wanted.folder / registration.FALLBACK
    if files.read(path) != place.wanted.owned_files(Kinds())[path]:
        return f"{path} is missing or another version's", _INSTALL, True
    return ("drivers fall back to text when gitbtc is gone",)


def _schemas(place: _Place) -> Outcome:
    if place.broken_schema:
        return place.broken_schema, f"mend the schema in {SCHEMAS}, then {_INSTALL}"
    wanted = place.wanted.owned_files(place.kinds)
    differing = [path for path in wanted if path.parent.name == "schemas" and files.read(path) != wanted[path]]
    differing += place.wanted.surplus_schemas()
    if differing:
        names = _some([path.name for path in differing])
        return f"{SCHEMAS} and the installed copy differ: {names}", _INSTALL, True
    return ("the added kinds are the work tree's",)


def _committed_attributes(place: _Place) -> Outcome:
    return _block(place, ".gitattributes")


def _own_attributes(place: _Place) -> Outcome:
    return _block(place, "attributes")


def _own_excludes(place: _Place) -> Outcome:
    return _block(place, "exclude")


def _block(place: _Place, name: str) -> Outcome:
    path, wanted = next(found for found in place.wanted.blocks(place.kinds).items() if found[0].name == name)
    content = files.read(path)
    try:
        if attributes.up_to_date(content, wanted, str(path)):
            return (str(path),)
        known = attributes.has_block(content, str(path))
    except GitbtcError as error:
        return str(error), "delete the block's remains, then " + _INSTALL
    return f"{path}: gitbtc's block is {'out of date' if known else 'missing'}", _INSTALL, True


def _effective_attributes(place: _Place) -> Outcome:
    expected = {
        (path, name): value
        for kind, path in place.wanted.served(place.kinds).items()
        for name, value in {"diff": f"gitbtc-{kind}", "merge": f"gitbtc-{kind}", "filter": "gitbtc"}.items()
    }
    wanted = [path for path, _ in expected]
    effective = place.git.attributes(["diff", "merge", "filter"], wanted)
    wrong = sorted({path for (path, name), value in expected.items() if effective[path, name] != value})
    if wrong:
        return (
            f"other attributes win for {_some(wrong)}",
            f"if the block is there, look below it: `git check-attr -a {wrong[0]}` shows what wins",
        )
    return ("every kind's files get its drivers" if expected else "none of a driver: the key gate alone is set up",)


def _one_filter(place: _Place) -> Outcome:
    path = place.wanted.folder / ATTRIBUTES
    if files.read(path) != place.wanted.owned_files(Kinds())[path]:
        return f"{path} is not gitbtc's line and then your own file of attributes", _INSTALL, True
    others = place.wanted.other_filters()
    return (
        (f"the key gate does not see at `git add`, {filters(others)}",) if others else ("the key gate sees every file",)
    )


def filters(others: dict[str, str]) -> str:
    """Which paths have which filter instead of ours."""
    shown = _some([f"{path} ({value})" for path, value in others.items()])
    return f"since another filter has it: {shown}"


def _hooks(place: _Place) -> Outcome:
    hooks, states = place.wanted.hooks, {name: place.wanted.hooks.state(name) for name in place.wanted.hooks.names}
    wrong = [f"{name} is {state.value}" for name, state in states.items() if state is not HookState.OURS]
    held = bool(wrong) and hold_by_configuration(place.git, states)
    elsewhere = held and not is_ours_to_write(hooks)
    if wrong and not elsewhere:
        try:
            hooks.check()
        except GitbtcError as error:
            return _some(wrong), str(error)
        note = f" (this Git runs them by the configuration, one before {_SINCE} does not)" if held else ""
        return f"{hooks.folder}: {_some(wrong)}{note}", _hooks_mend(place), not hooks.shared
    return copied(hooks, place.wanted.folder / CONFIGURED, elsewhere=elsewhere) or (str(hooks.folder),)


def copied(hooks: Hooks, copy: Path, *, elsewhere: bool) -> Outcome | None:
    """What is to be told of the hook that the configuration names, if anything; `elsewhere`: it alone holds."""
    if files.read(copy) != hooks.copy():
        return f"{copy} is missing or of another installation or version", f"run `{hooks.command}`", True
    return (by_configuration(hooks),) if elsewhere else None


def hold_by_configuration(git: Git, states: Mapping[str, HookState]) -> bool:
    """Whether hooks that are not in the hooks folder hold all the same, in this Git.

    `states` has what lies there, by name: one of ours that is not as it is to be would run as it is.
    """
    return set(states.values()) <= {HookState.NONE, HookState.FOREIGN, HookState.OURS} and runs_configured_hooks(git)


def by_configuration(hooks: Hooks) -> str:
    """That the hooks are not in the hooks folder, and hold."""
    return f"run by the configuration, since core.hooksPath is {hooks.folder}: a Git before {_SINCE} runs none of them"


def _hooks_mend(place: _Place) -> str:
    if place.wanted.hooks.shared:
        return "run `gitbtc install --shared-hooks`, or give this repository its own hooks folder (core.hooksPath)"
    return _INSTALL


def _names(place: _Place) -> Outcome:
    """Whether files have almost a state file's name: nobody guards those."""
    paths = place.git.work_tree_paths()
    wrong = [f"{path} (almost {meant})" for path in paths if (meant := _meant(place.kinds, path))]
    if wrong:
        return (
            f"no state files, and nobody guards them: {_some(wrong)}",
            "rename those that are meant to be state files",
        )
    return ("no file has almost a state file's name",)


def _meant(kinds: Kinds, path: str) -> str:
    return shadowed(kinds, path) or misspelt(kinds, path) or kinds.among_shards(path)


def _layouts(place: _Place) -> Outcome:
    """Whether the records of each kind lie in one way, and which would better lie in shards."""
    if place.git.find("HEAD") is None:
        return ("nothing is committed yet",)
    entries = place.git.tree_entries("HEAD")
    faults = [fault for _, fault in layout_faults(place.kinds, entries)]
    if faults:
        return faults[0].partition("; ")[0], faults[0].partition("; ")[2]
    large = {path: size for path, size in _sizes(place, entries).items() if size > _WORTH_SHARDS}
    too_large = [path for path, size in large.items() if size > _FORGE]
    if too_large:
        kinds = _named(place, too_large)
        return (
            f"over the {_FORGE >> 20} MB of which a forge warns (GitHub refuses 100): {_some(too_large)}",
            f"`gitbtc reshard {kinds}` puts the same records into shards, in one commit",
        )
    growing = [path for path in large if _grows(place, path, large[path])]
    if growing:
        kinds, told = _named(place, growing), _some([f"{path} ({large[path] / 1e6:.1f} MB)" for path in growing])
        return (
            f"every commit stores these anew, and they grow: {told}; `gitbtc reshard {kinds}` puts them into shards",
        )
    return ("each kind lies in one way, and none needs shards",)


def _named(place: _Place, paths: list[str]) -> str:
    return " ".join(sorted({kind.name for path in paths if (kind := place.kinds.for_path(path))}))


def _sizes(place: _Place, entries: Mapping[str, Entry]) -> dict[str, int]:
    """path -> bytes of the files that could lie in shards and lie in one."""
    wanted = {
        path: entry[1]
        for path, entry in entries.items()
        if entry[0] != SYMBOLIC_LINK
        and not place.kinds.shard(path)
        and (kind := place.kinds.for_path(path))
        and kind.shards
    }
    told = place.git.headers(wanted.values())
    return {path: told[oid][1] for path, oid in wanted.items() if oid in told}


def _grows(place: _Place, path: str, size: int) -> bool:
    """Whether the file was smaller some commits ago, or not there yet."""
    before = place.git.find(f"HEAD~{_A_WHILE}")
    entry = place.git.tree_entries(before, path).get(path) if before else None
    return entry is None or place.git.headers([entry[1]]).get(entry[1], ("", 0))[1] < size


def _committed_blobs(place: _Place) -> Outcome:
    if place.git.find("HEAD") is None:
        return ("nothing is committed yet",)
    with place.git.blobs() as blobs:
        wrong = list(_not_canonical(place, blobs))
    if wrong:
        return f"not canonical at HEAD: {_some(wrong)}", "run `git add --renormalize .`, then commit"
    return ("every state file at HEAD is canonical",)


def _not_canonical(place: _Place, blobs: BlobReader) -> Iterator[str]:
    for path, entry in place.git.tree_entries("HEAD").items():
        fault = _fault(place.kinds, path, entry, blobs)
        if fault is not None:
            yield path + fault


def _fault(kinds: Kinds, path: str, entry: Entry, blobs: BlobReader) -> str | None:
    kind = kinds.for_path(path)
    if kind is None:
        return None
    mode, oid = entry
    if mode == SYMBOLIC_LINK:
        return " (a symbolic link)"
    content = blobs.read(oid)
    try:
        return None if codec.canonical(kind, content) == content else ""
    except GitbtcError as error:
        return f" ({error})"


def _some(names: list[str]) -> str:
    shown, rest = names[:4], len(names) - 4
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


CHECKS: dict[str, Callable[[_Place], Outcome]] = {
    "git": lambda place: git_version(place.git),
    "interpreter": _interpreter,
    "configuration": _configuration,
    "overrides": _effective_configuration,
    "fallback": _fallback,
    "added-kinds": _schemas,
    "gitattributes": _committed_attributes,
    "info-attributes": _own_attributes,
    "info-exclude": _own_excludes,
    "attributes": _effective_attributes,
    "one-filter": _one_filter,
    "hooks": _hooks,
    "canonical": _committed_blobs,
    "unseen": _unseen,
    "names": _names,
    "layouts": _layouts,
}
