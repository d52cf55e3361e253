"""Specter's table of transactions: one row an address, with the address's label.

Its header is in the user's language, its times are local, its amounts floats: of them nothing is taken.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitbtc.kinds.formats import read_address
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.sources.wallets.table import Table
from gitbtc.spends import LABELS_329

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitbtc.kinds.kind import Record

SOURCE = "specter"
# What the program calls an address that nobody has named.
_UNNAMED = re.compile(r"(?:Address|Change) #\d+")


def read(
    content: bytes, known: Mapping[str, Record], network: str, columns: Mapping[str, str] | None = None
) -> SourceSnapshot:
    """What the file tells. `columns`: what `Label` and `Address` are called in its header. Raises UnreadableFile."""
    del known
    table = Table(content)
    label, address = ((columns or {}).get(name, name) for name in ("Label", "Address"))
    table.need(label, address)
    labels: list[Record] = []
    unnamed = 0
    for _, row in table:
        unnamed += _UNNAMED.fullmatch(row[label]) is not None
        if row[label] and not _UNNAMED.fullmatch(row[label]):
            # An address, or a list of them as Python writes one.
            refs = [ref.strip(" []'") for ref in row[address].split(",")]
            labels += [{"type": "addr", "ref": ref, "label": row[label]} for ref in refs if read_address(ref)]
    notices = (f"{unnamed} rows whose label Specter made up left out",) if unnamed else ()
    return SourceSnapshot(SOURCE, network, {LABELS_329: labels}, notices=notices)
