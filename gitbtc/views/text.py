"""The semantic view of a changed state file: a headline, then one line an operation.

Uniform changes of many records are folded into one line with their number; everything else is shown whole, in key
order. A text from a record can neither end its line nor colour it.
"""

from __future__ import annotations

from gitbtc.diff.operations import DELETE, INSERT, REPLACE
from gitbtc.kinds import json_text
from gitbtc.views import terms
from gitbtc.views.changes import alarming, told
from gitbtc.views.line import Line
from gitbtc.views.spenders import names_outpoints
from gitbtc.views.tally import Tally

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from gitbtc.diff.operations import Operation
    from gitbtc.kinds.kind import Kind, Record
    from gitbtc.views.changes import Fields
    from gitbtc.views.spenders import Spender, Spenders

MOST_SHOWN = 3  # as many records with one and the same change are shown one by one

_COLOURS = {"headline": "\x1b[1m", "+": "\x1b[32m", "-": "\x1b[31m", "~": "\x1b[33m", "!": "\x1b[1;31m"}
_RESET = "\x1b[m"


def render(  # noqa: PLR0913 - what the view shows besides
    kind: Kind, path: str, operations: Sequence[Operation], *, notes: Sequence[str] = (),
    spenders: Spenders | None = None, colour: bool = False,
) -> Iterator[str]:  # fmt: skip
    """The lines of the view, without line ends. `notes` are what else changed: `new file`, `mode 100644 → 100755`."""
    for role, text in _lines(kind, path, operations, notes, spenders):
        yield f"{_COLOURS[role]}{text}{_RESET}" if colour else text


def _lines(
    kind: Kind, path: str, operations: Sequence[Operation], notes: Sequence[str], spenders: Spenders | None
) -> Iterator[tuple[str, str]]:
    yield "headline", headline(kind, path, operations, notes)
    if kind.identity == "member":
        yield from (_member(kind, operation) for operation in operations)
        return
    view = _View(kind, operations, spenders)
    yield from sorted(view.lines(), key=lambda line: line[0] != "!")


def headline(kind: Kind, path: str, operations: Sequence[Operation], notes: Sequence[str]) -> str:
    """`wallet/utxos.json: 2 coins received, 1 spent; balance +1.25000000 BTC`."""
    tally = Tally(kind, operations)
    counts = [tally.counts(), tally.gain()] if operations else ["no record changed"]
    return f"{terms.escaped(path)}: " + "; ".join(text for text in (*notes, *counts) if text)


def _member(kind: Kind, operation: Operation) -> tuple[str, str]:
    """The line of one member of an object file."""
    if operation.name == REPLACE:
        return "~", f"~ {', '.join(told(kind, operation.fields))}"
    sign = "+" if operation.name == INSERT else "-"
    name = operation.key[0]
    field = kind.fields.get(name)
    return sign, f"{sign} {terms.word(name)} {terms.value(operation.record[name], field.unit if field else '')}"


class _View:
    """The operations of one array file, or of a file that is one record, sorted for showing."""

    def __init__(self, kind: Kind, operations: Sequence[Operation], spenders: Spenders | None) -> None:
        self._kind = kind
        self._line = Line(kind)
        self._length = self._line.length(operation.record for operation in operations)
        self._spenders = _spent(kind, operations, spenders)
        self._fees_told: set[str] = set()
        self.folded: list[tuple[Fields, int]] = []
        self.single: list[tuple[Operation, Fields]] = []
        self._sort(operations)

    def _sort(self, operations: Sequence[Operation]) -> None:
        """Set apart the changes that more than a few records have in common."""
        alike: dict[bytes, list[int]] = {}
        changes = [{} if operation.name in (INSERT, DELETE) else operation.fields for operation in operations]
        for position, fields in enumerate(changes):
            if fields:
                alike.setdefault(json_text.dumps(fields), []).append(position)
        many = [positions for positions in alike.values() if len(positions) > MOST_SHOWN]
        self.folded = [(changes[positions[0]], len(positions)) for positions in many]
        folded = {position for positions in many for position in positions}
        pairs = enumerate(zip(operations, changes, strict=True))
        self.single = [pair for position, pair in pairs if position not in folded]

    def lines(self) -> Iterator[tuple[str, str]]:
        """The sign and the line of each change that many records share, and of each other operation."""
        for fields, number in self.folded:
            sign, words = self._changes(fields)
            yield sign, f"{sign} {terms.counted(number, self._kind.noun)}: {words}"
        for operation, changed in self.single:
            yield self._of(operation, changed)

    def _changes(self, fields: Fields) -> tuple[str, str]:
        """The sign of a change, and what it is: first what is told before anything else."""
        alarms = alarming(self._kind, fields)
        rest = told(self._kind, {name: sides for name, sides in fields.items() if name not in alarms})
        return "!" if alarms else "~", ", ".join([*alarms.values(), *rest])

    def _of(self, operation: Operation, fields: Fields) -> tuple[str, str]:
        sign = {INSERT: "+", DELETE: "-"}.get(operation.name, "~")
        parts = self._line.show(operation.record, self._length, fields)
        if fields:
            sign, words = self._changes(fields)
            subject = "  ".join(parts) + ("  " if sign == "!" else ": ") if parts else ""
            return sign, f"{sign} {subject}{words}"
        return sign, f"{sign} " + "  ".join([*parts, *self._beyond(operation.record), *self._spender(operation)])

    def _beyond(self, record: Record) -> list[str]:
        """What a line has to show besides: of a log entry, which is all its fields, everything."""
        return self._line.rest(record) if self._kind.identity == "record" else self._line.unknown(record)

    def _spender(self, operation: Operation) -> list[str]:
        spender = self._spenders.get(operation.key) if operation.name == DELETE else None
        if spender is None:
            return []
        is_first = spender.txid not in self._fees_told  # it is paid once, however many coins are spent
        self._fees_told.add(spender.txid)
        return [spender.told(fee_too=is_first)]


def _spent(kind: Kind, operations: Sequence[Operation], spenders: Spenders | None) -> Mapping[Any, Spender]:
    gone = {operation.key for operation in operations if operation.name == DELETE}
    if spenders is None or not gone or not names_outpoints(kind):
        return {}
    return spenders({(txid, vout) for txid, vout in gone})
