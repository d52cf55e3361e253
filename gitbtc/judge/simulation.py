"""No merge of any kind makes a branch live that is not; a person does that, in a commit of its own.

A strategy whose `simulation_mode` is false has real transactions broadcast. What the result of a step of Git must have
there, against the strategy of the same root before it:

| step | the result |
|---|---|
| merge, squash | has what the branch had that is merged into; simulates, where that had none |
| cherry-pick, revert, am | simulates, where HEAD does |
| rebase | simulates, where HEAD or the rebased commit does |
| a commit | is live where HEAD simulates only if nothing else is changed |
| a push | moves no branch that simulates to where it is live without such a commit on the way |

Where HEAD has no strategy, that counts which its history lost, in this root or in another: taken out and brought back,
or moved, it is what it was last. Where the history lost none, a root may get any. A file that does not tell its mode
counts as one that simulates.
"""

from __future__ import annotations

from gitbtc.errors import printable
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.state.lost import lost_files
from gitbtc.state.merging import MERGE, REBASE, SQUASH
from gitbtc.state.moves import in_place
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Self, TypeAlias

    from gitbtc.judge.findings import Told
    from gitbtc.kinds.kind import Record
    from gitbtc.repo.git import Git
    from gitbtc.state.snapshot import Snapshot

    Version: TypeAlias = tuple[str, Snapshot, str]  # of a strategy: the commit, its files, the path in it

STRATEGY, _MODE = "strategy", "simulation_mode"
_NAMES = {True: "simulating", False: "live"}
_ALONE = f"a commit that makes a branch live changes nothing but its {_MODE}"
_BACK = "what simulated when it was last there comes back live"
_UNANNOUNCED = (
    "no commit after that makes it live by itself; merge the other branch into this one, as its second parent, and"
    f" commit {_MODE} alone"
)
_AS_BEFORE = ", as its first parent is"
_WAY_ON = "commit the rest first, then that alone"
_WAY_BACK = f"commit it simulating, then its {_MODE} alone"


class Past:
    """What a step starts from: the files there, of the commit `oid` where they are one's, and the strategies that its
    history lost. `find_lost` finds those, each as it was last there; it is asked once, when a strategy is added.
    """

    def __init__(self, files: Snapshot, oid: str = "", find_lost: Callable[[], Sequence[Version]] = tuple) -> None:
        self.files = files
        self.oid = oid
        self._find_lost = find_lost
        self._lost: Sequence[Version] | None = None

    @classmethod
    def of(cls, git: Git, oid: str | None, snapshot: Callable[[str | None], Snapshot]) -> Self:
        """A commit, or the empty state before a first one; `snapshot` reads commits."""
        return cls(snapshot(oid), oid or "", lambda: lost_files(git, oid, STRATEGY, snapshot))

    def in_place(self, result: Snapshot) -> Past:
        """The same with its roots where `result` has them."""
        return Past(in_place(self.files, result), self.oid, self._find_lost)

    @property
    def lost(self) -> Sequence[Version]:
        """The strategies that the history had and `files` has not."""
        if self._lost is None:
            self._lost = self._find_lost()
        return self._lost

    def origins(self, path: str, after: Snapshot) -> list[Version]:
        """What the strategy at `path` in `after` may come from: the one there, or all that are no longer anywhere."""
        if path in self.files.entries:
            return [(self.oid, self.files, path)]
        taken_out = [one for one in _strategies(self.files) if one not in after.entries]
        return [*((self.oid, self.files, one) for one in taken_out), *self.lost]


class Step:
    """One step of Git: what it is called (see the table), where it starts, where it comes to, and what it picks."""

    __slots__ = ("after", "before", "name", "picked")

    def __init__(self, name: str, before: Past, after: Snapshot, picked: Sequence[Snapshot] = ()) -> None:
        self.name = name
        self.before = before
        self.after = after
        self.picked = picked

    def repairs(self) -> Iterator[tuple[str, bytes, str]]:
        """(path, the file as it has to be, why) of each strategy whose mode a merge of any kind got wrong."""
        for path in _strategies(self.after):
            now = _mode(self.after, path)
            wanted = None if now is None else self._wanted(path)
            if wanted is not None and now is not wanted:
                content = codec.encode_file(built_in(STRATEGY), _strategy(self.after, path) | {_MODE: wanted})
                yield path, content, self._why(path, wanted=wanted)

    def _wanted(self, path: str) -> bool | None:
        """Whether the result is to simulate; None where it may do as it likes."""
        if self.name in (MERGE, SQUASH):
            return not _is_live(self.before.files, path)
        picked = self.name == REBASE and any(_mode(side, path) for side in self.picked)
        return True if picked or _simulated(self.before, path, self.after) else None

    def _why(self, path: str, *, wanted: bool) -> str:
        if path in self.before.files.entries:
            return f"the {self.name} made it {_NAMES[not wanted]}, and it stays {_NAMES[wanted]}"
        return f"the {self.name} brought it live to where nothing was, and so it is {_NAMES[wanted]}"


def made_live(before: Past, after: Snapshot) -> list[str]:
    """The strategies that simulate before, or did when they were last there, and are live after."""
    changed = [path for path in _strategies(after) if before.files.entries.get(path) != after.entries[path]]
    return [path for path in changed if _is_live(after, path) and _simulated(before, path, after)]


def not_alone(before: Past, after: Snapshot) -> Iterator[tuple[str, str, str]]:
    """(path, why not, how then) of each strategy that a commit makes live together with another change."""
    live = made_live(before, after)
    differing = {path for path, _ in before.files.entries.items() ^ after.entries.items()} if live else set()
    if differing - set(live) or not all(_changes_mode_alone(before, path, after) for path in live):
        for path in live:
            is_there = path in before.files.entries
            yield (path, _ALONE, _WAY_ON) if is_there else (path, f"{_BACK}, and {_ALONE}", _WAY_BACK)


def faults(before: Past, after: Snapshot, *, merges: bool) -> Iterator[Told]:
    """What speaks against a made commit; `before` is its first parent, or the empty state before a first commit."""
    if merges:
        before = before.in_place(after)
        for path, _, why in Step(MERGE, before, after).repairs():
            yield "live", path, f"{path}: {why}{_AS_BEFORE if path in before.files.entries else ''}"
    else:
        yield from (("live", path, f"{path}: {why}") for path, why, _ in not_alone(before, after))


def is_any_live(side: Snapshot) -> bool:
    """Whether a strategy in any root is live."""
    return any(_is_live(side, path) for path in _strategies(side))


def unannounced(
    old: str, new: str, parents: Mapping[str, Sequence[str]], past: Callable[[str], Past]
) -> Iterator[Told]:
    """What speaks against moving a branch from the commit `old` to `new`: it goes live, and no commit on the way says
    so. `parents` are those of each commit that descends from `old`, up to `new`: none where the branch is rewritten.
    """
    before, after = past(old), past(new).files
    for path in _strategies(after):
        if not _is_live(after, path) or _is_live(before.files, path):
            continue
        if (parents or _simulated(before, path, after)) and not _goes_live(path, new, parents, before, past):
            yield "live", path, f"{path}: the branch is not live at {old[:12]}, and {_UNANNOUNCED}"


def _goes_live(
    path: str, new: str, parents: Mapping[str, Sequence[str]], before: Past, past: Callable[[str], Past]
) -> bool:
    """Whether what is live at `new` became so in commits of their own after `before`, or was so already."""
    known = {(oid, lost) for oid, _, lost in before.lost}
    waiting, seen = [(new, path)], set()
    while waiting:
        oid, path = place = waiting.pop()
        if oid == before.oid or place in known:
            return True
        if oid not in parents or place in seen:
            continue
        seen.add(place)
        live = [(parent, path) for parent in parents[oid] if _is_live(past(parent).files, path)]
        if not live and len(parents[oid]) == 1:
            parent, after = past(parents[oid][0]), past(oid).files
            if any(path == told for told, _, _ in not_alone(parent, after)):
                continue
            origins = parent.origins(path, after)
            if not origins or _simulated(parent, path, after):
                return True
            live = [(commit, one) for commit, _, one in origins]
        waiting += live
    return False


def stays(path: str, why: str) -> str:
    """The line that tells of a repaired strategy."""
    return f"gitbtc: {printable(path)}: {_MODE}: {why}; staged so now"


def refused(path: str, why: str, way_on: str) -> str:
    """The line that tells of a commit that is not made."""
    return f"gitbtc: {printable(path)}: {why}; {way_on}"


def _strategies(side: Snapshot) -> list[str]:
    """The paths of the strategies, sorted."""
    paths = (path_in(root, STRATEGY) for root in sorted(side.roots()))
    return [path for path in paths if path in side.entries]


def _mode(side: Snapshot, path: str) -> bool | None:
    """Whether the strategy at `path` only simulates; None where there is none that says so."""
    mode = _strategy(side, path).get(_MODE)
    return mode if isinstance(mode, bool) else None


def _is_live(side: Snapshot, path: str) -> bool:
    return _mode(side, path) is False


def _simulated(before: Past, path: str, after: Snapshot) -> bool:
    """Whether anything simulates that the strategy at `path` may come from."""
    return any(not _is_live(files, one) for _, files, one in before.origins(path, after))


def _changes_mode_alone(before: Past, path: str, after: Snapshot) -> bool:
    return any(_rest(files, one) == _rest(after, path) for _, files, one in before.origins(path, after))


def _rest(side: Snapshot, path: str) -> Record:
    return {**_strategy(side, path), _MODE: None}


def _strategy(side: Snapshot, path: str) -> Record:
    content = side.content(path)
    try:
        found = codec.parse(built_in(STRATEGY), content) if content else {}
    except codec.Malformed:
        return {}
    return found if isinstance(found, dict) else {}
