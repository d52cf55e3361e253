"""Lines of a view as a table: columns one below the other, and never wider than a terminal."""

from __future__ import annotations

from gitbtc.views.width import columns, padded, wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GAP = "  "
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
    if width and any(columns(line) > width for line in lines):
        lines = _aligned([row.brief for row in rows], right, max(right, default=0) + 1)
    for row, line in zip(rows, lines, strict=True):
        for part in wrapped(line, width):
            yield row.role, part


def _aligned(rows: Sequence[Sequence[str]], right: frozenset[int], first: int = 1 << 10) -> list[str]:
    """The rows with each column as wide as its widest cell; a column that is empty everywhere is none. After the
    `first` columns, cells follow each other as they are.
    """
    number = max(map(len, rows), default=0)
    cells_of = list(zip(*([*row, *[""] * (number - len(row))] for row in rows), strict=True))
    widths = {place: _width(column) for place, column in enumerate(cells_of[:first]) if any(column)}
    lines = []
    for row in zip(*cells_of, strict=True):
        cells = [padded(row[place], width, ">" if place in right else "<") for place, width in widths.items()]
        lines.append(_GAP.join([*cells, *(cell for cell in row[first:] if cell)]).rstrip())
    return lines


def _width(column: Sequence[str]) -> int:
    return max((wide for cell in column if (wide := columns(cell)) <= _WIDEST), default=0)
