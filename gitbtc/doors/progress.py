"""Progress of a long check, for a person who waits for a commit."""

from __future__ import annotations

import sys

from gitbtc.errors import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitbtc.kinds.kind import Record

_LONG = 20_000  # records: about a second
_STEP = 5_000


def told(path: str, records: Iterable[Record], count: int) -> Iterable[Record]:
    """`records`, with a counter on standard error when they are many and somebody is looking."""
    return _counted(path, records, count) if count >= _LONG and sys.stderr.isatty() else records


def _counted(path: str, records: Iterable[Record], count: int) -> Iterator[Record]:
    for done, record in enumerate(records):
        if done % _STEP == 0:
            print(f"\rgitbtc: {printable(path)}: {done:,} of {count:,} records checked", end="", file=sys.stderr)
        yield record
    print(f"\rgitbtc: {printable(path)}: {count:,} records checked" + " " * 20, file=sys.stderr)
