"""Lines of a view as a table: columns one below the other, and never wider than a terminal."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_GAP = "  "
_INDENT = "    "
# As wide as a column gets for the sake of one long text; longer ones push the rest of their own line.
_WIDEST = 28


class Row:
    """A line: what it means (`+`, `-`, `~`, `!`), its cells, and how it begins. `brief` are the cells where it has to
    be narrow.
    """

    __slots__ = ("brief", "cells", "role")

    def __init__(self, role: str, cells: Sequence[str], brief: Sequence[str] | None = None) -> None:
        self.role = role
        self.cells = list(cells)
        self.brief = list(cells if brief is None else brief)

    def add(self, words: Sequence[str]) -> None:
        """Have the line end with `words`."""
        for cells in (self.cells, self.brief):
            cells[-1] = _GAP.join(text for text in (cells[-1], *words) if text)


def laid_out(rows: Sequence[Row], width: int, *, right: frozenset[int] = frozenset()) -> Iterator[tuple[str, str]]:
    """Role and text of each line; the columns `right` are aligned to the right. `width` is the terminal's in
    characters, 0 for none.
    """
    lines = _aligned([row.cells for row in rows], right)
    if width and any(len(line) > width for line in lines):
        lines = _aligned([row.brief for row in rows], right, max(right, default=0) + 1)
    for row, line in zip(rows, lines, strict=True):
        for part in wrapped(line, width):
            yield row.role, part


def _aligned(rows: Sequence[Sequence[str]], right: frozenset[int], first: int = 1 << 10) -> list[str]:
    """The rows with each column as wide as its widest cell; a column that is empty everywhere is none. After the
    `first` columns, cells follow each other as they are.
    """
    number = max(map(len, rows), default=0)
    columns = list(zip(*([*row, *[""] * (number - len(row))] for row in rows), strict=True))
    widths = {place: _width(column) for place, column in enumerate(columns[:first]) if any(column)}
    lines = []
    for row in zip(*columns, strict=True):
        cells = [f"{row[place]:{'>' if place in right else '<'}{width}}" for place, width in widths.items()]
        lines.append(_GAP.join([*cells, *(cell for cell in row[first:] if cell)]).rstrip())
    return lines


def _width(column: Sequence[str]) -> int:
    return max((len(cell) for cell in column if len(cell) <= _WIDEST), default=0)


def wrapped(line: str, width: int) -> Iterable[str]:
    """The line in pieces of at most `width` characters, broken between words only: a word, a number, an id stays whole,
    and is then wider by itself.
    """
    if not width or len(line) <= width:
        return [line]
    pieces, now = [], ""
    for word, gap in _words(line):
        if now.strip() and len(now) + len(word) > width:
            pieces.append(now.rstrip())
            now = _INDENT
        now += word + gap
    return [*pieces, now.rstrip()]


def _words(line: str) -> Iterator[tuple[str, str]]:
    """Each word with the blanks after it; blanks at the beginning belong to the first word."""
    start = len(line) - len(line.lstrip(" "))
    at = 0
    while at < len(line):
        end = line.find(" ", max(at, start))
        end = len(line) if end < 0 else end
        after = end
        while after < len(line) and line[after] == " ":
            after += 1
        yield line[at:end], line[end:after]
        at = after
