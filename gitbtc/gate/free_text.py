"""Which texts of a state file somebody wrote freely: only there can a key hide from the schema."""

from __future__ import annotations

from itertools import groupby, islice

from gitbtc.kinds.registry import BUILT_IN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gitbtc.kinds.kind import Kind

# A log whose notes all say "invest" is no mnemonic, although twelve times one word is one for every sixteenth word.
_REPEATED = 11

_BINDING = ("enum", "const", "pattern", "format")


def free_texts(kind: Kind, content: bytes) -> bytes:
    """The texts of a canonical file that its schema does not bind, in order, as a JSON array.

    All of the content for an added kind: nobody has vouched for how its schema binds a text.
    """
    if kind.name not in BUILT_IN.values():
        return content
    import re

    names = "|".join(sorted(set(free_fields(kind))))
    # In canonical form a quotation mark inside a text is escaped: no text can be taken for a field.
    found = re.findall(rb'"(?:' + names.encode() + rb')":("(?:[^"\\]|\\.)*")', content) if names else []
    runs = (islice(run, _REPEATED) for _, run in groupby(found))
    return b"[" + b",".join(text for run in runs for text in run) + b"]"


def free_fields(kind: Kind) -> Iterator[str]:
    """The names of the fields, at any depth, that hold text of any form."""
    return _free(kind.record_schema)


def _free(schema: Any) -> Iterator[str]:
    for name, rules in schema.get("properties", {}).items():
        types = rules.get("type", ())
        if "string" in ([types] if isinstance(types, str) else types) and not any(word in rules for word in _BINDING):
            yield name
        yield from _free(rules)
        yield from _free(rules.get("items", {}))
