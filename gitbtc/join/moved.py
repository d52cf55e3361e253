"""Heads of which one moved a root and another one knows it where it was: a join, which goes by paths, would make two of
it.
"""

from __future__ import annotations

from gitbtc.errors import GitbtcError
from gitbtc.kinds.registry import root_of
from gitbtc.state.moves import apart, doubled
from gitbtc.state.snapshot import Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Entry
    from gitbtc.repo.objects import Objects

    Files = Mapping[str, Entry | None]

_WAY_ON = "`git merge` follows a move: merge the head that moved it into the others first, then join"


def refuse_moved(objects: Objects, kinds: Kinds, base: Files, heads: Sequence[str], result: Files) -> None:
    """GitbtcError where the join of the commits `heads`, whose files are those of `base` and then `result` (None: no
    more), has a root twice, or would mix two that changed places.
    """

    def of(name: str, files: Files) -> Snapshot:
        entries = {path: entry for path, entry in files.items() if entry}
        return Snapshot(name, entries, lambda _, blob: objects.blob(blob), kinds)

    def is_state(path: str) -> bool:
        return kinds.for_path(path) is not None

    before = of("the base", base)
    touched = {root_of(kinds.whole(path)) for path, entry in result.items() if entry and is_state(path)}
    if len(touched) < 2 and touched <= before.roots():  # two that changed places are both touched
        return
    after = of("the join", {**base, **result})
    sides = [of(head[:12], objects.chosen(head, is_state)) for head in heads]
    for line in doubled([before], sides, after):
        raise GitbtcError(f"{line}. {_WAY_ON}")
    for line in apart([before], sides).values():
        raise GitbtcError(line)
