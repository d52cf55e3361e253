"""Tables of commas as wallets write them: named columns, exact amounts, one message for what cannot be read."""

from __future__ import annotations

import csv
import io
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from gitbtc.errors import GitbtcError
from gitbtc.sources.amounts import MAX_SAT

if TYPE_CHECKING:
    from collections.abc import Iterator

UNITS = {"btc": 8, "sat": 0}  # unit -> decimal places to satoshi


class UnreadableFile(GitbtcError):
    """The file is not what its header says, or says too little; nothing was brought in."""


class Table:
    """The rows of a table, each a dict by column; `line` counts from 1, the header's is 1. UnreadableFile."""

    def __init__(self, content: bytes) -> None:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UnreadableFile("not UTF-8 text") from None
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            self.rows = list(rows)
        except csv.Error as error:
            raise UnreadableFile(f"line {rows.line_num}: {error}") from None
        self.columns = [name.strip() for name in self.rows[0]] if self.rows else []

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        for line, row in enumerate(self.rows[1:], start=2):
            if not row or row[0].startswith("#") or not any(row):
                continue
            if len(row) != len(self.columns):
                raise UnreadableFile(f"line {line}: {len(row)} columns, where the header has {len(self.columns)}")
            yield line, dict(zip(self.columns, (cell.strip() for cell in row), strict=True))

    def need(self, *columns: str) -> None:
        """UnreadableFile unless the header names all `columns`."""
        missing = [name for name in columns if name not in self.columns]
        if missing:
            raise UnreadableFile(f"the header has no column {missing[0]}")


def amount(text: str, unit: str) -> int | None:
    """The satoshis that `text` says in a unit of UNITS; None for an empty one, and for what is no such amount.

    A comma before the last digits is taken for a decimal point: `0,00012`.
    """
    plain = text.replace(" ", "").replace("\u00a0", "")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        number = Decimal(plain.replace(",", "")).scaleb(UNITS[unit])
    except InvalidOperation:
        return None
    whole = number.is_finite() and abs(number) <= MAX_SAT and number == number.to_integral_value()
    return int(number) if whole else None
