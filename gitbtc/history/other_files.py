"""What a commit did to state files that say nothing of coins: labels, descriptors, channels, policies, the strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.diff.operations import operations
from gitbtc.diff.patch import Patch
from gitbtc.history.commits import RootStory
from gitbtc.history.events import Event
from gitbtc.history.telling import TOLD
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import BUILT_IN, root_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitbtc.diff.operations import Operation
    from gitbtc.history.commits import History
    from gitbtc.kinds.kind import Kind
    from gitbtc.repo.git import Entry
    from gitbtc.repo.objects import LoggedCommit

# What a source writes with every reading, and nobody decides: told where its path is asked for.
UNASKED = frozenset(["chain", "fees", "peers", "prices"])


class OtherFiles:
    """Tells the changes of files. `kind_of` answers the kind of the file at a path, None for one that is not told."""

    def __init__(self, history: History, kind_of: Callable[[str], Kind | None]) -> None:
        self._history = history
        self._kind_of = kind_of

    def add_to(self, commit: LoggedCommit, stories: Sequence[RootStory]) -> list[RootStory]:
        """The stories of a commit with what it did to other files, by root. Of a merge, what it decided itself."""
        by_root = {story.root: story for story in stories}
        for path, kind, sides, new in self._changed(commit):
            story = by_root.setdefault(root_of(path), RootStory(root_of(path), [], 0))
            try:
                told = self._decided(kind, path, sides, new)
            except Malformed as error:
                file = kind.name if kind.name in BUILT_IN.values() else ""
                story.events.append(Event("unreadable", file, details={"fault": str(error)}))
            else:
                modes = (entry[0] if entry else None for entry in (sides[0], new))
                story.patches += [Patch(kind, path, told, *modes)] if told else []
        return [by_root[root] for root in sorted(by_root)]

    def _changed(self, commit: LoggedCommit) -> list[tuple[str, Kind, list[Entry | None], Entry | None]]:
        """Each file that the commit has otherwise than every parent; nothing where the parents are not here."""
        if commit.is_cut:
            return []
        after = self._entries(commit.oid)
        before = [self._entries(parent) for parent in commit.parents] or [{}]
        paths = sorted({path for entries in (after, *before) for path in entries})
        found = ((path, self._kind_of(path), [one.get(path) for one in before], after.get(path)) for path in paths)
        return [(path, kind, old, new) for path, kind, old, new in found if kind is not None and new not in old]

    def _entries(self, oid: str) -> dict[str, Entry]:
        return {path: entry for path, entry in self._history.all_entries(oid).items() if self._kind_of(path)}

    def _decided(self, kind: Kind, path: str, sides: Sequence[Entry | None], new: Entry | None) -> list[Operation]:
        """The operations that every parent's comparison with the commit has."""
        told = [operations(kind, path, *self._history.contents.apart(old, new)) for old in sides]
        common = set.intersection(*({_identity(one) for one in some} for some in told))
        return [one for one in told[0] if _identity(one) in common]


def _identity(operation: Operation) -> tuple[str, str, str]:
    """What makes two operations of two comparisons the same one."""
    return operation.address, operation.name, operation.content_id


def is_told(kind: Kind | None, *, asked: bool) -> bool:
    """Whether the changes of a file of that kind are told here; `asked`: somebody named the file."""
    return kind is not None and kind.name not in TOLD and (asked or kind.name not in UNASKED)
