"""Three versions of one state file become one.

The work is done on the two sides' deltas against the base: what neither side changed is not looked at. On canonical
files the result is ours with a few lines spliced; any other layout is merged from its parsed records. Both ways make
the same decisions, and the property tests hold the fast one against the plain one.
"""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.delta import Change, NotCanonical, body, compare, walk
from gitbtc.merge import markers
from gitbtc.merge.conflict import Conflict, Notice
from gitbtc.merge.records import (
    changed_fields,
    changes_fixed_facts,
    changes_only_measures,
    merge_record,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from gitbtc.kinds.delta import Buffer
    from gitbtc.kinds.kind import Key, Kind
    from gitbtc.merge.markers import Style
    from gitbtc.merge.told import Telling

    Piece: TypeAlias = bytes | memoryview
    # What a record becomes: its line, nothing, or a conflict.
    Outcome: TypeAlias = bytes | Conflict | None
    # Answers with the records that somebody has to decide about, whatever becomes of them by themselves.
    # What is contested besides the records; it is told whether both sides removed the same one.
    Judge: TypeAlias = Callable[[bool], Mapping[Key, Conflict]]


class Merge:
    """The outcome of a merge: `pieces` of the merged file in order, what is left to settle, what to tell.

    `pieces` may be views of the input buffers: use them before those are closed.
    """

    __slots__ = ("conflicts", "notices", "pieces")

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.conflicts: list[Conflict] = []
        self.notices: list[Notice] = []

    @property
    def content(self) -> bytes:
        """The merged file."""
        return b"".join(self.pieces)


class Options:
    """How to merge.

    `into_ours`: ours is a branch that is merged into (`git merge`), so it keeps its mode. `virtual`: the result is only
    a base for another merge, where contested records take their base value instead of markers. `style` answers how
    markers look, and is only asked when one is written. `judge` answers with what is contested for other
    reasons than the records of this file. `telling`: theirs is what that source tells now and base what it told last,
    so that nothing is contested: each field goes by whose word counts for it (see merge/told.py).
    """

    __slots__ = ("into_ours", "judge", "style", "telling", "virtual")

    def __init__(
        self,
        style: Callable[[], Style],
        *,
        into_ours: bool = False,
        virtual: bool = False,
        judge: Judge | None = None,
        telling: Telling | None = None,
    ) -> None:
        self.style = style
        self.telling = telling
        self.into_ours = into_ours
        self.virtual = virtual
        self.judge = judge


def merge_files(kind: Kind, base: Buffer, ours: Buffer, theirs: Buffer, options: Options) -> Merge:
    """Merge three versions; an empty buffer is a version that does not exist.

    Raises codec.Malformed for a version that does not parse.
    """
    if kind.identity == "file":
        return _merge_register(kind, base[:], ours[:], theirs[:], options)
    try:
        our_changes, their_changes = walk(kind, base, ours), walk(kind, base, theirs)
        outcomes = _decide_all(kind, our_changes, their_changes, options)
        pieces = _splice(base, ours, our_changes, outcomes, options)
    except NotCanonical:
        before, one, other = (codec.keyed(kind, side[:]) for side in (base, ours, theirs))
        outcomes = _decide_all(kind, compare(kind, before, one), compare(kind, before, other), options)
        pieces = _rebuild(kind, one, outcomes, options)
    outcomes.merge.pieces = pieces
    return outcomes.merge


class _Outcomes:
    """What becomes of each record that the merge touches in ours, in key order."""

    __slots__ = ("by_key", "merge", "their_changes")

    def __init__(self) -> None:
        self.by_key: dict[Key, Outcome] = {}
        self.their_changes: dict[Key, Change] = {}
        self.merge = Merge()


def _decide_all(kind: Kind, our_changes: list[Change], their_changes: list[Change], options: Options) -> _Outcomes:
    outcomes = _Outcomes()
    mine = {change.key: change for change in our_changes}
    outcomes.their_changes = {change.key: change for change in their_changes}
    removed_twice = any(
        key in mine and mine[key].new is None and change.new is None for key, change in outcomes.their_changes.items()
    )
    judged = options.judge(removed_twice) if options.judge else {}
    judged = {key: judged[key] for key in judged if key in mine or key in outcomes.their_changes}
    is_told = options.telling is not None
    touched = {*mine, *outcomes.their_changes} if is_told else _touched(kind, mine, outcomes.their_changes)
    for key in sorted({*touched, *judged}):
        own, other = mine.get(key), outcomes.their_changes.get(key)
        known = own or outcomes.their_changes[key]
        if key in judged:
            outcome: Outcome = judged[key]
        elif (own is None or other is None) and not (is_told or _needs_rule(kind, known)):
            outcome = known.new
        else:
            ours, theirs = own or _unchanged(known), other or _unchanged(known)
            outcome = _decide(kind, ours, theirs, options, outcomes.merge.notices)
        outcomes.by_key[key] = outcome
        if isinstance(outcome, Conflict):
            outcomes.merge.conflicts.append(outcome)
    return outcomes


def _touched(kind: Kind, mine: dict[Key, Change], yours: dict[Key, Change]) -> set[Key]:
    """The records that need a decision: theirs changed them, or ours removed what only grows, or the mode changed."""
    alone = (key for key, change in mine.items() if key not in yours and _needs_rule(kind, change))
    return {*yours, *alone}


def _needs_rule(kind: Kind, change: Change) -> bool:
    """Whether one side's change alone is not simply taken."""
    if kind.append_only and change.new is None:
        return True
    return _is_mode(kind, change.key)


def _is_mode(kind: Kind, key: Key) -> bool:
    field = kind.fields.get(key[0]) if kind.identity == "member" else None
    return field is not None and field.merge == "never-live"


def _decide(kind: Kind, ours: Change, theirs: Change, options: Options, notices: list[Notice]) -> Outcome:
    """One record that both sides changed, or one side in a way that is not simply taken."""
    if ours.new == theirs.new:
        return ours.new
    if options.telling is not None:
        return _told(kind, ours, theirs, options.telling, notices)
    if (ours.new is None or theirs.new is None) and not _is_mode(kind, ours.key):
        return _removed_and_changed(kind, ours, theirs, notices)
    return _changed_twice(kind, ours, theirs, options)


def _told(kind: Kind, ours: Change, theirs: Change, telling: Telling, notices: list[Notice]) -> Outcome:
    """One record that is not the same here, by the source's last word and by its word now. Who lists a record that the
    other never had adds it; else it is gone.
    """
    from gitbtc.merge.told import merge_told

    if ours.new is None or theirs.new is None:
        if ours.old is None:
            return ours.new or theirs.new
        _notice_label(ours.key, ours.old_record or {}, ours.new_record or {}, notices)
        return None
    merged = merge_told(kind, ours.old_record, ours.new_record or {}, theirs.new_record or {}, telling)
    notices += [Notice(ours.key, text) for text in merged.notices()]
    return _line(kind, merged.record)


def _unchanged(other: Change) -> Change:
    """The change of a side that left the record alone."""
    change = Change(other.key, None, None, other.at)
    change.old = change.new = other.old
    change.old_record = change.new_record = other.old_record
    return change


def _removed_and_changed(kind: Kind, ours: Change, theirs: Change, notices: list[Notice]) -> Outcome:
    key = ours.key
    if kind.append_only:
        return Conflict("append_only", key, ours.old, ours.new, theirs.new)
    changed = theirs if ours.new is None else ours
    before, after = changed.old_record or {}, changed.new_record or {}
    if changes_fixed_facts(kind, before, after):
        return Conflict("data_error", key, ours.old, ours.new, theirs.new, tuple(changed_fields(before, after)))
    if kind.removal == "stands":
        _notice_label(key, before, after, notices)
        return None
    if changes_only_measures(kind, before, after):
        return None
    return Conflict("remove_change", key, ours.old, ours.new, theirs.new, tuple(changed_fields(before, after)))


def _notice_label(key: Key, before: dict[str, object], after: dict[str, object], notices: list[Notice]) -> None:
    label = after.get("label")
    if label and label != before.get("label"):
        notices.append(Notice(key, f"was removed on one side and labelled “{label}” on the other; it stays removed"))


def _changed_twice(kind: Kind, ours: Change, theirs: Change, options: Options) -> Outcome:
    merged = merge_record(
        kind, ours.old_record, ours.new_record or {}, theirs.new_record or {}, into_ours=options.into_ours
    )
    line = _line(kind, merged.ours)
    if not merged.contested:
        return line
    return Conflict(merged.type, ours.key, ours.old, line, _line(kind, merged.theirs), tuple(merged.contested))


def _line(kind: Kind, record: dict[str, object]) -> bytes:
    line = codec.encode_record(kind, record)
    return line if kind.is_array else line[1:-1]


class _Writer:
    """Collects the pieces of a file whose records are ended by commas, and takes the last comma back."""

    __slots__ = ("_ends_in_comma", "_options", "_pieces")

    def __init__(self, options: Options) -> None:
        self._options = options
        self._pieces: list[Piece] = []
        self._ends_in_comma = False

    def stretch(self, content: Buffer, start: int, end: int) -> None:
        """Unchanged lines, not copied; only those at the very end of a canonical file lack their last comma."""
        if start >= end:
            return
        complete = content[end - 2 : end] == b",\n"
        lines = memoryview(content)[start : end if complete else end - 1]
        self._pieces += [lines] if complete else [lines, b",\n"]
        self._ends_in_comma = True

    def outcome(self, outcome: Outcome) -> None:
        """A record's line, a conflict between markers, or nothing."""
        if isinstance(outcome, Conflict) and not self._options.virtual:
            self._pieces.append(markers.render(outcome, self._options.style()))
            self._ends_in_comma = False
            return
        line = outcome.base if isinstance(outcome, Conflict) else outcome
        if line is not None:
            self._pieces += [line, b",\n"]
            self._ends_in_comma = True

    def close(self, opening: bytes, closing: bytes) -> list[Piece]:
        """The pieces of the whole file."""
        if not self._pieces:
            return [opening + closing + b"\n"]
        if self._ends_in_comma:
            self._pieces[-1:] = [self._pieces[-1][:-2], b"\n"]
        return [opening + b"\n", *self._pieces, closing + b"\n"]


def _splice(base: Buffer, ours: Buffer, our_changes: list[Change], outcomes: _Outcomes,
            options: Options) -> list[Piece]:  # fmt: skip
    """Ours with the outcomes in place. Offsets in ours are those of the base, shifted by what ours changed before."""
    start, end = body(ours)
    shift = start - body(base)[0]
    writer = _Writer(options)
    done = start
    mine = iter(our_changes)
    change = next(mine, None)
    for key, outcome in outcomes.by_key.items():
        while change is not None and change.key < key:
            shift += _size(change.new) - _size(change.old)
            change = next(mine, None)
        own = change if change is not None and change.key == key else None
        touched = own or outcomes.their_changes[key]
        at = min(touched.at + shift, end)
        writer.stretch(ours, done, at)
        writer.outcome(outcome)
        done = min(at + _size(own.new if own else touched.old), end)
    writer.stretch(ours, done, end)
    return writer.close(b"[", b"]")


def _size(line: bytes | None) -> int:
    """What a line takes in a canonical file, with its comma and line end."""
    return 0 if line is None else len(line) + 2


def _rebuild(kind: Kind, ours: dict[Key, bytes], outcomes: _Outcomes, options: Options) -> list[Piece]:
    """The same from the lines of ours by key."""
    writer = _Writer(options)
    records: dict[Key, Outcome] = {**ours, **outcomes.by_key}
    for key in sorted(records):
        writer.outcome(records[key])
    return writer.close(*((b"[", b"]") if kind.is_array else (b"{", b"}")))


def _merge_register(kind: Kind, base: bytes, ours: bytes, theirs: bytes, options: Options) -> Merge:
    """A file that only makes sense whole: a side that left the base alone gives way; else the higher one wins."""
    before, one, other = (b",\n".join(codec.keyed(kind, side).values()) for side in (base, ours, theirs))
    chosen: Outcome
    if other in (one, before):
        chosen = one
    elif one == before:
        chosen = other
    else:
        chosen = _higher(kind, before, one, other)
        if isinstance(chosen, Conflict) and options.telling is not None:
            chosen = other
    merge = Merge()
    if isinstance(chosen, Conflict):
        merge.conflicts.append(chosen)
    writer = _Writer(options)
    writer.outcome(chosen or None)
    merge.pieces = writer.close(b"{", b"}")
    return merge


def _higher(kind: Kind, base: bytes, ours: bytes, theirs: bytes) -> Outcome:
    one, other = codec.parse(kind, b"{" + ours + b"}"), codec.parse(kind, b"{" + theirs + b"}")
    within, highest = kind.register["within"], kind.register["highest"]
    if one.get(within) != other.get(within):
        return Conflict("network", (kind.name,), base or None, ours, theirs, (within,))
    heights = one.get(highest), other.get(highest)
    if not all(isinstance(height, int) for height in heights):
        return Conflict("data_error", (kind.name,), base or None, ours, theirs, (highest,))
    if heights[0] == heights[1]:
        same = kind.register["same"]
        type_ = "edit" if one.get(same) == other.get(same) else "reorg"
        return Conflict(type_, (kind.name,), base or None, ours, theirs, tuple(changed_fields(one, other)))
    return ours if heights[0] > heights[1] else theirs
