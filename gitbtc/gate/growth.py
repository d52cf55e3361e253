"""Files that only grow: no commit may lose or rewrite one of their records, no merge may lose one of either side's."""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.delta import delta
from gitbtc.markers import Style
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.records import changes_fixed_facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.kinds.kind import Key, Kind


def rewritten(kind: Kind, old: bytes, new: bytes) -> Iterator[tuple[Key, str]]:
    """The records of `old` that `new` lacks, or whose fixed facts it changes, each with what happened. Malformed."""
    if not kind.append_only:
        return
    for change in delta(kind, old, new):
        if change.old_record is None:
            continue
        if change.new_record is None:
            yield change.key, "removed"
        elif changes_fixed_facts(kind, change.old_record, change.new_record):
            yield change.key, "rewritten"


def union(kind: Kind, base: bytes, sides: list[bytes], merged: bytes) -> bytes | None:
    """`merged` with every record of every side that it lacks; None when it lacks none. Malformed.

    A record that a side shares with a common ancestor and the other side removed is lost too: these files only grow.
    """
    if not any(change.new is None for side in sides for change in delta(kind, side, merged)):
        return None
    found = codec.keyed(kind, merged)
    together = sides[0]
    options = Options(Style, virtual=True)
    for side in sides[1:]:
        together = merge_files(kind, base, together, side, options).content
    known = {key: line for side in (*sides, together) for key, line in codec.keyed(kind, side).items()}
    complete = {**known, **found}
    return codec.encode_lines(kind, [complete[key] for key in sorted(complete)])
