"""The semantic view of a changed state file: a headline, then one line an operation, a payment one line.

Uniform changes of many records are folded into one line with their number; what follows from what is shown is folded
away; everything else is shown whole. A text from a record can neither end its line nor colour it.
"""

from __future__ import annotations

from gitbtc.diff.continued import continued
from gitbtc.diff.operations import DELETE, INSERT, REPLACE
from gitbtc.kinds import json_text
from gitbtc.views import terms
from gitbtc.views.beside import Beside
from gitbtc.views.changes import alarming, told
from gitbtc.views.line import Line
from gitbtc.views.table import laid_out
from gitbtc.views.tally import Tally
from gitbtc.views.width import wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.diff.operations import Operation
    from gitbtc.kinds.kind import Kind, Record
    from gitbtc.views.beside import Outpoint
    from gitbtc.views.changes import Fields

    Changed = tuple[Operation, Fields]

# The kinds of which something may follow from other records: see gitbtc.views.folded.
FOLDED = frozenset(["descriptors", "mempool", "transactions"])
MOST_SHOWN = 3  # as many records with one and the same change are shown one by one
_MOST_NAMED = 4

_COLOURS = {"headline": "\x1b[1m", "+": "\x1b[32m", "-": "\x1b[31m", "~": "\x1b[33m", "!": "\x1b[1;31m"}
_RESET = "\x1b[m"


class Look:
    """How a view is shown: coloured, at most `width` characters wide (0: as wide as it comes), and in full: each record
    by itself, with every field and no id cut.
    """

    __slots__ = ("colour", "full", "width")

    def __init__(self, *, colour: bool = False, width: int = 0, full: bool = False) -> None:
        self.colour = colour
        self.width = width
        self.full = full


PLAIN = Look()


def render(  # noqa: PLR0913 - what the view shows besides
    kind: Kind, path: str, operations: Sequence[Operation], *, notes: Sequence[str] = (),
    beside: Beside | None = None, look: Look = PLAIN,
) -> Iterator[str]:  # fmt: skip
    """The lines of the view, without line ends. `notes` are what else changed: `new file`, `mode 100644 → 100755`."""
    for role, text in _lines(kind, path, operations, notes, beside, look):
        for part in wrapped(text, look.width):
            yield f"{_COLOURS[role]}{part}{_RESET}" if look.colour else part


def _lines(  # noqa: PLR0913, PLR0917 - as render
    kind: Kind, path: str, operations: Sequence[Operation], notes: Sequence[str], beside: Beside | None, look: Look
) -> Iterator[tuple[str, str]]:
    if kind.identity == "member":
        yield "headline", headline(kind, path, operations, notes)
        yield from (_member(kind, operation) for operation in operations)
        return
    view = _View(kind, operations, beside, look)
    lines = list(view.lines())
    yield "headline", headline(kind, path, view.counted, notes, view.notes)
    yield from sorted(lines, key=lambda line: line[0] != "!")


def headline(
    kind: Kind, path: str, operations: Sequence[Operation], notes: Sequence[str], also: Sequence[str] = ()
) -> str:
    """`wallet/utxos.json: 2 coins received, 1 spent; balance +1.25000000 BTC; 03 Mar 2026`. `also` are what the lines
    below leave out.
    """
    tally = Tally(kind, operations)
    counts = [tally.counts(), tally.gain()] if operations else [] if also else ["no record changed"]
    return f"{terms.escaped(path)}: " + "; ".join(text for text in (*notes, *counts, *also) if text)


def _member(kind: Kind, operation: Operation) -> tuple[str, str]:
    """The line of one member of an object file."""
    if operation.name == REPLACE:
        return "~", f"~ {', '.join(told(kind, operation.fields))}"
    sign = "+" if operation.name == INSERT else "-"
    name = operation.key[0]
    return sign, f"{sign} {terms.word(name)} {terms.of_field(operation.record[name], kind.fields.get(name))}"


class _View:
    """The operations of one array file, or of a file that is one record, sorted for showing.

    `counted` are those that the headline counts, `notes` what it says besides, both once the lines are made.
    """

    def __init__(self, kind: Kind, operations: Sequence[Operation], beside: Beside | None, look: Look) -> None:
        self._kind = kind
        self._look = look
        self._line = Line(kind)
        self._length = terms.WHOLE if look.full else self._line.length(operation.record for operation in operations)
        self._beside = beside or Beside(lambda _: b"", is_alone=True)
        self.counted = list(operations)
        self.notes: list[str] = []
        self._continued: set[int] = set()
        self._peers: dict[str, str] = {}  # whose channel a policy is of
        if kind.continues:
            self.counted, changes = continued(operations)
            self._continued = set(map(id, changes))
            self.notes += [f"{len(changes):,} {kind.continues[1]}"] if changes else []
        self._named: list[Operation] = []
        if kind.name in FOLDED and not look.full:
            self._fold()

    def _fold(self) -> None:
        """Leave out what follows from what is shown."""
        from gitbtc.views.folded import Folding

        folding = Folding(self._kind, self.counted, self._beside)
        self.counted = folding.told + folding.named
        self._named = folding.named
        self.notes += [*folding.notes, *self._together()]

    def _together(self) -> list[str]:
        """Which transactions the view of the coins tells."""
        if len(self._named) > _MOST_NAMED:
            return [f"{len(self._named):,} told with their coins"]
        ids = [self._line.show(operation.record, self._length)[-1] for operation in self._named]
        return [f"{', '.join(ids)} told with {'its' if len(ids) == 1 else 'their'} coins"] if ids else []

    def lines(self) -> Iterator[tuple[str, str]]:
        """The sign and the line of each payment, each change that many records share, and each other operation."""
        named = set(map(id, self._named))
        if self._kind.name == "routing":
            ids = (operation.record.get("channel_id") for operation in self.counted)
            self._peers = self._beside.peers({name for name in ids if type(name) is str})
        operations = [operation for operation in self.counted if id(operation) not in named]
        if self._kind.name == "utxos" and not self._look.full:
            yield from self._payments([one for one in operations if one.name in (INSERT, DELETE)])
            operations = [one for one in operations if one.name not in (INSERT, DELETE)]
        folded, single = self._alike(operations)
        for fields, number in folded:
            sign, words = self._changes(fields)
            yield sign, f"{sign} {terms.counted(number, self._kind.noun)}: {words}"
        for operation, changed in single:
            yield self._of(operation, changed)

    def _payments(self, moved: Sequence[Operation]) -> Iterator[tuple[str, str]]:
        """Coins that came and went."""
        from gitbtc.views.payments import MONEY, Page, movements

        gone = {_outpoint(one): one.record for one in moved if one.name == DELETE}
        came = {_outpoint(one): one.record for one in moved if one.name == INSERT}
        told = movements(gone, came, self._beside)
        page = Page(told, self._beside, length=self._length, beyond=self._beyond)
        self.notes += [page.days] if page.days else []
        yield from laid_out(list(page.rows()), self._look.width, right=MONEY)

    def _alike(self, operations: Sequence[Operation]) -> tuple[list[tuple[Fields, int]], list[Changed]]:
        """The changes that more than a few records have in common, with their number, and the other operations."""
        alike: dict[bytes, list[int]] = {}
        changes = [{} if operation.name in (INSERT, DELETE) else operation.fields for operation in operations]
        for position, fields in enumerate(changes):
            if fields and not self._look.full:
                alike.setdefault(json_text.dumps(fields), []).append(position)
        many = [positions for positions in alike.values() if len(positions) > MOST_SHOWN]
        folded = {position for positions in many for position in positions}
        pairs = enumerate(zip(operations, changes, strict=True))
        single = [pair for position, pair in pairs if position not in folded]
        return [(changes[positions[0]], len(positions)) for positions in many], single

    def _changes(self, fields: Fields) -> tuple[str, str]:
        """The sign of a change, and what it is: first what is told before anything else."""
        alarms = alarming(self._kind, fields)
        rest = {name: sides for name, sides in fields.items() if name not in alarms}
        words = told(self._kind, rest, full=self._look.full)
        return "!" if alarms else "~", ", ".join([*alarms.values(), *words])

    def _of(self, operation: Operation, fields: Fields) -> tuple[str, str]:
        sign = {INSERT: "+", DELETE: "-"}.get(operation.name, "~")
        parts = self._line.show(operation.record, self._length, fields)
        peer = self._peers.get(operation.record.get("channel_id", "")) if self._peers else None
        parts = [terms.quoted(peer), *parts] if peer else parts
        if fields:
            sign, words = self._changes(fields)
            if id(operation) in self._continued:
                words = f"{self._kind.continues[1]}: {words}"
            subject = "  ".join(parts) + ("  " if sign == "!" else ": ") if parts else ""
            return sign, f"{sign} {subject}{words}"
        return sign, f"{sign} " + "  ".join([*parts, *self._beyond(operation.record)])

    def _beyond(self, record: Record) -> list[str]:
        """What a line has to show besides: of a log entry, which is all its fields, everything."""
        if self._look.full or self._kind.identity == "record":
            return self._line.rest(record)
        return self._line.said(record)


def _outpoint(operation: Operation) -> Outpoint:
    txid, vout = operation.key
    return txid, vout
