"""Where the fields of a schema stand in a record, inner ones and those of elements too."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Path = tuple[str, ...]
    # A record as JSON has it: its values are of any type until its schema has spoken.
    Record = dict[str, Any]

ELEMENT = "[]"


def places(schema: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """(path, rules) of each field that the schema of a record declares; `[]` in a path stands for each element."""
    if not isinstance(schema, dict):
        return
    if path:
        yield path, schema
    properties = schema.get("properties")
    for name, rules in properties.items() if isinstance(properties, dict) else ():
        yield from places(rules, (*path, name))
    if path:
        yield from places(schema.get("items"), (*path, ELEMENT))
