"""No merge of any kind makes a branch live that simulates; a person does that, in a commit of its own.

A strategy whose `simulation_mode` is false has real transactions broadcast. What the result of a step of Git must have
there, against the strategy of the same root before it:

| step | the result |
|---|---|
| merge, squash | has what the branch had that is merged into |
| cherry-pick, revert, am | simulates, where HEAD does |
| rebase | simulates, where HEAD or the rebased commit does |
| a commit | is live where HEAD simulates only if nothing else is changed |

A root that had no strategy may get any.
"""

from __future__ import annotations

from gitbtc.errors import printable
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.state.merging import MERGE, REBASE, SQUASH
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.judge.findings import Told
    from gitbtc.kinds.kind import Record
    from gitbtc.state.snapshot import Snapshot

STRATEGY, _MODE = "strategy", "simulation_mode"
_NAMES = {True: "simulating", False: "live"}
_ALONE = f"a commit that makes a branch live changes nothing but its {_MODE}"


class Step:
    """One step of Git: what it is called (see the table), where it starts, where it comes to, and what it picks."""

    __slots__ = ("after", "before", "name", "picked")

    def __init__(self, name: str, before: Snapshot, after: Snapshot, picked: Sequence[Snapshot] = ()) -> None:
        self.name = name
        self.before = before
        self.after = after
        self.picked = picked

    def repairs(self) -> Iterator[tuple[str, bytes, str]]:
        """(path, the file as it has to be, why) of each strategy whose mode a merge of any kind got wrong."""
        for root in sorted(self.after.roots()):
            path = path_in(root, STRATEGY)
            now, wanted = _simulates(self.after, path), self._wanted(path)
            if None not in (now, wanted) and now is not wanted:
                content = codec.encode_file(built_in(STRATEGY), _strategy(self.after, path) | {_MODE: wanted})
                yield (
                    path,
                    content,
                    f"the {self.name} made it {_NAMES[not wanted]}, and it stays {_NAMES[bool(wanted)]}",
                )

    def _wanted(self, path: str) -> bool | None:
        """Whether the result is to simulate; None where it may do as it likes."""
        before = _simulates(self.before, path)
        if self.name in (MERGE, SQUASH):
            return before
        picked = self.name == REBASE and any(_simulates(side, path) for side in self.picked)
        return True if before or picked else None


def made_live(before: Snapshot, after: Snapshot) -> list[str]:
    """The strategies that simulate before and are live after."""
    paths = [path_in(root, STRATEGY) for root in sorted(after.roots())]
    changed = [path for path in paths if before.oid(path) != after.oid(path)]
    return [path for path in changed if _simulates(before, path) and _simulates(after, path) is False]


def not_alone(before: Snapshot, after: Snapshot) -> Iterator[tuple[str, str]]:
    """(path, why not) of each strategy that a commit makes live together with another change."""
    live = made_live(before, after)
    differing = {path for path, _ in before.entries.items() ^ after.entries.items()} if live else set()
    if differing - set(live) or any(_rest(before, path) != _rest(after, path) for path in live):
        yield from ((path, _ALONE) for path in live)


def faults(parents: Sequence[Snapshot], after: Snapshot) -> Iterator[Told]:
    """What speaks against a made commit; its `parents` are in order, one for the empty state before a first commit."""
    first, *others = parents
    if not others:
        yield from (("live", path, f"{path}: {why}") for path, why in not_alone(first, after))
        return
    for path, _, why in Step(MERGE, first, after).repairs():
        yield "live", path, f"{path}: {why}, as its first parent is"


def stays(path: str, why: str) -> str:
    """The line that tells of a repaired strategy."""
    return f"gitbtc: {printable(path)}: {_MODE}: {why}; staged so now"


def refused(path: str, why: str) -> str:
    """The line that tells of a commit that is not made."""
    return f"gitbtc: {printable(path)}: {why}; commit the rest first, then that alone"


def _simulates(side: Snapshot, path: str) -> bool | None:
    """Whether the strategy at `path` only simulates; None where there is none that says so."""
    mode = _strategy(side, path).get(_MODE)
    return mode if isinstance(mode, bool) else None


def _rest(side: Snapshot, path: str) -> Record:
    return {**_strategy(side, path), _MODE: None}


def _strategy(side: Snapshot, path: str) -> Record:
    content = side.content(path)
    try:
        found = codec.parse(built_in(STRATEGY), content) if content else {}
    except codec.Malformed:
        return {}
    return found if isinstance(found, dict) else {}
