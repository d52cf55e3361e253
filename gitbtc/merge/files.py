"""Three versions of one state file become one.

The work is done on the two sides' deltas against the base: what neither side changed is not looked at. On canonical
files the result is ours with a few lines spliced; any other layout is merged from its parsed records. Both ways make
the same decisions, and the property tests hold the fast one against the plain one.
"""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.delta import Change, NotCanonical, body, compare, walk
from gitbtc.kinds.kind import word_of
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
    from gitbtc.kinds.frame import Frame
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
        pieces = _splice(kind, (base, ours), our_changes, outcomes, options)
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
    renamed = _renamed(kind, our_changes, their_changes, options) if kind.renames and not is_told else {}
    touched = {*mine, *outcomes.their_changes} if is_told else _touched(kind, mine, outcomes.their_changes)
    for key in sorted({*touched, *judged, *renamed}):
        own, other = mine.get(key), outcomes.their_changes.get(key)
        known = own or outcomes.their_changes[key]
        if key in judged:
            outcome: Outcome = judged[key]
        elif key in renamed:
            outcome = renamed[key]
        elif (own is None or other is None) and not (is_told or _needs_rule(kind, known)):
            outcome = known.new
        else:
            ours, theirs = own or _unchanged(known), other or _unchanged(known)
            outcome = _decide(kind, ours, theirs, options, outcomes.merge.notices)
        outcomes.by_key[key] = outcome
        if isinstance(outcome, Conflict):
            outcomes.merge.conflicts.append(outcome)
        elif kind.alarms:
            _notice_alarms(kind, own or _unchanged(known), outcome, outcomes.merge.notices)
    return outcomes


def _notice_alarms(kind: Kind, ours: Change, outcome: bytes | None, notices: list[Notice]) -> None:
    """What the merge does to a record of ours that is told before anything else: a coin is frozen."""
    before = ours.new_record
    if before is None or outcome is None or outcome == ours.new:
        return
    after = codec.decode_line(kind, outcome)
    for name, words in kind.alarms.items():
        was, now = (words.get(word_of(side.get(name))) for side in (before, after))
        if was != now:
            notices.append(Notice(ours.key, f"{now} (was {was})", after))


def _renamed(
    kind: Kind, our_changes: list[Change], their_changes: list[Change], options: Options
) -> dict[Key, Outcome]:
    """What becomes of the records that one side gave another name, where the other side changed them too."""
    mine, yours = _by_thing(our_changes), _by_thing(their_changes)
    outcomes: dict[Key, Outcome] = {}
    for thing in mine.keys() & yours.keys():
        ours, theirs = _as_rename(mine[thing]), _as_rename(yours[thing])
        if ours is None or theirs is None or ours.key != theirs.key:
            continue
        touched = {change.key for change in (*mine[thing], *yours[thing])}
        if not _is_told_by_name(kind, ours, theirs, len(touched)):
            continue
        outcome = _changed_twice(kind, ours, theirs, options)
        outcomes |= dict.fromkeys(touched)
        lines = (outcome.ours, outcome.theirs) if isinstance(outcome, Conflict) else (outcome,)
        key = min(codec.read_line(kind, line)[1] for line in lines if line is not None)
        if isinstance(outcome, Conflict):
            outcome.key = key
        outcomes[key] = outcome
    return outcomes


def _is_told_by_name(kind: Kind, ours: Change, theirs: Change, names: int) -> bool:
    """Whether a record that got another name is to be merged as one: both named it differently, or one named it and the
    other changed more than a measure. Two equal names, and a measure, merge record by record.
    """
    if names == 1:
        return False
    old = ours.old_record or {}
    renamed = [side for side in (ours, theirs) if (side.new_record or {}).get(kind.renames) != old.get(kind.renames)]
    if len(renamed) == 2:
        return names == 3
    other = theirs if renamed[0] is ours else ours
    return not changes_only_measures(kind, old, other.new_record or {})


def _by_thing(changes: list[Change]) -> dict[Key, list[Change]]:
    """The changes by what the records are about: their key without the name."""
    things: dict[Key, list[Change]] = {}
    for change in changes:
        things.setdefault(change.key[:-1], []).append(change)
    return things


def _as_rename(changes: list[Change]) -> Change | None:
    """The change of the one record that a side changed, under its old key, whether it has a new name or not; None where
    the side did something else.
    """
    if len(changes) == 1:
        return changes[0] if changes[0].old is not None and changes[0].new is not None else None
    gone = [change for change in changes if change.new is None]
    come = [change for change in changes if change.old is None]
    if len(changes) != 2 or len(gone) != 1 or len(come) != 1:
        return None
    renamed = Change(gone[0].key, None, None, gone[0].at)
    renamed.old, renamed.old_record = gone[0].old, gone[0].old_record
    renamed.new, renamed.new_record = come[0].new, come[0].new_record
    return renamed


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
    if kind.removal == "yields":
        notices.append(Notice(key, "was removed on one side and changed on the other; it stays as it was changed"))
        return changed.new
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

    __slots__ = ("_ends_in_comma", "_frame", "_options", "_pieces")

    def __init__(self, frame: Frame, options: Options) -> None:
        self._frame = frame
        self._options = options
        self._pieces: list[Piece] = []
        self._ends_in_comma = False

    def stretch(self, content: Buffer, start: int, end: int) -> None:
        """Unchanged lines, not copied; only those at the very end of a canonical file lack their last comma."""
        if start >= end:
            return
        line_end = self._frame.end
        complete = content[end - len(line_end) : end] == line_end
        lines = memoryview(content)[start : end if complete else end - 1]
        self._pieces += [lines] if complete else [lines, line_end]
        self._ends_in_comma = True

    def outcome(self, outcome: Outcome) -> None:
        """A record's line, a conflict between markers, or nothing."""
        if isinstance(outcome, Conflict) and not self._options.virtual:
            self._pieces.append(markers.render(outcome, self._options.style(), self._frame))
            self._ends_in_comma = False
            return
        line = outcome.base if isinstance(outcome, Conflict) else outcome
        if line is not None:
            self._pieces += [line, self._frame.end]
            self._ends_in_comma = True

    def close(self) -> list[Piece]:
        """The pieces of the whole file."""
        if not self._pieces:
            return [self._frame.empty]
        if self._ends_in_comma and self._frame.has_commas:
            self._pieces[-1:] = [self._pieces[-1][:-2], b"\n"]
        return [self._frame.head, *self._pieces, self._frame.foot]


def _splice(kind: Kind, files: tuple[Buffer, Buffer], our_changes: list[Change], outcomes: _Outcomes,
            options: Options) -> list[Piece]:  # fmt: skip
    """Ours with the outcomes in place; `files` are base and ours. Offsets in ours are those of the base, shifted by
    what ours changed before.
    """
    base, ours = files
    start, end = body(ours, kind.frame)
    shift = start - body(base, kind.frame)[0]
    writer = _Writer(kind.frame, options)
    done = start
    mine = iter(our_changes)
    change = next(mine, None)
    for key, outcome in outcomes.by_key.items():
        while change is not None and change.key < key:
            shift += _size(kind, change.new) - _size(kind, change.old)
            change = next(mine, None)
        own = change if change is not None and change.key == key else None
        touched = own or outcomes.their_changes[key]
        at = min(touched.at + shift, end)
        writer.stretch(ours, done, at)
        writer.outcome(outcome)
        done = min(at + _size(kind, own.new if own else touched.old), end)
    writer.stretch(ours, done, end)
    return writer.close()


def _size(kind: Kind, line: bytes | None) -> int:
    """What a line takes in a canonical file, with its comma and line end."""
    return 0 if line is None else len(line) + len(kind.frame.end)


def _rebuild(kind: Kind, ours: dict[Key, bytes], outcomes: _Outcomes, options: Options) -> list[Piece]:
    """The same from the lines of ours by key."""
    writer = _Writer(kind.frame, options)
    records: dict[Key, Outcome] = {**ours, **outcomes.by_key}
    for key in sorted(records):
        writer.outcome(records[key])
    return writer.close()


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
    writer = _Writer(kind.frame, options)
    writer.outcome(chosen or None)
    merge.pieces = writer.close()
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
