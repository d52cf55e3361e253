"""One base out of several best common ancestors (a criss-cross), as Git makes it: they are first merged themselves.

What is contested between them takes the value of their own base, so that it counts as changed on both sides.
"""

from __future__ import annotations

from gitbtc.kinds.codec import Malformed
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import Style
from gitbtc.premerge.versions import Version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.premerge.versions import Versions
    from gitbtc.repo.git import Entry

    # Answers with the base of two versions.
    BaseOf = Callable[[Version, Version], Version]


def virtual_base(versions: Versions, bases: list[Version], base_of: BaseOf) -> Version:
    """The one version that stands for all of `bases`; an empty one when there are none."""
    if not bases:
        return Version("nothing", "", {})
    merged = bases[0]
    for other in bases[1:]:
        merged = _united(versions, base_of(bases[0], other), merged, other)
    return merged


def _united(versions: Versions, base: Version, one: Version, other: Version) -> Version:
    entries: dict[str, Entry] = {}
    for path in sorted(base.entries.keys() | one.entries.keys() | other.entries.keys()):
        entry = _entry(versions, path, base, one, other)
        if entry is not None:
            entries[path] = entry
    return Version(one.name, one.oid + "+" + other.oid, entries)


def _entry(versions: Versions, path: str, base: Version, one: Version, other: Version) -> Entry | None:
    was, ours, theirs = (side.entries.get(path) for side in (base, one, other))
    if theirs in (was, ours):
        return ours
    if ours in (was, None) or theirs is None:
        return theirs if ours == was else was
    contents = (versions.content(side.blob(path)) for side in (base, one, other))
    try:
        before, mine, yours = contents
        merged = merge_files(versions.kind(path), before, mine, yours, Options(Style, virtual=True))
    except Malformed:
        return was
    return "100644", versions.make(merged.content)
