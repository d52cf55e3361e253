"""A JSON document written while it is made: whoever lists many coins never holds all of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from gitbtc.errors import printable_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_AT_ONCE = 255  # elements of an array, besides the first


def json_in_pieces(document: object, margin: str = "") -> Iterator[str]:
    """What `printable_json` makes of a document in which an array may be an iterator: its elements are asked for as
    they are written. `margin`: the blanks before each line but the first.
    """
    if isinstance(document, dict):
        members = ((f"{printable_json(name)}: ", value) for name, value in document.items())
        yield from _enclosed("{}", members, margin)
    elif isinstance(document, list):
        yield from _enclosed("[]", (("", value) for value in document), margin)
    elif isinstance(document, Iterator):
        before = "["
        for first in document:
            text = printable_json([first, *islice(document, _AT_ONCE)])
            yield before + text[1:-2].replace("\n", f"\n{margin}")
            before = ","
        yield f"\n{margin}]" if before == "," else "[]"
    else:
        yield printable_json(document)


def _enclosed(brackets: str, members: Iterable[tuple[str, object]], margin: str) -> Iterator[str]:
    before = brackets[0]
    for name, value in members:
        yield f"{before}\n{margin}  {name}"
        yield from json_in_pieces(value, f"{margin}  ")
        before = ","
    yield f"\n{margin}{brackets[1]}" if before == "," else brackets
