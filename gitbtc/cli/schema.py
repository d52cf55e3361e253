"""`gitbtc schema`: what is versioned, and how it merges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gitbtc.cli.arguments import complete_kinds, kinds_of_repository
from gitbtc.errors import printable, printable_json
from gitbtc.views.schema import document, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitbtc.kinds.kind import Kind

_IDENTITIES = {"record": "the whole record", "member": "the field's name", "file": "the whole file"}


@click.command("schema")
@click.argument("kind", required=False, shell_complete=complete_kinds)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(kind: str | None, *, as_json: bool) -> None:
    """Tell what is versioned and how it merges.

    Without KIND, all kinds, the repository's own among them: path, identity, growth, and the replicated data type
    that the kind joins as. With one, its fields: type, unit and merge rule.
    """
    kinds = kinds_of_repository()
    chosen = [kinds.load(name) for name in ([kind] if kind else kinds.names())]
    if as_json:
        click.echo(printable_json(document(chosen)))
    else:
        lines = _one(chosen[0]) if kind else _table(_rows(chosen))
        click.echo("\n".join(printable(line) for line in lines))


# -- text ------------------------------------------------------------------------------------------------------------


def _rows(kinds: Iterable[Kind]) -> Iterator[tuple[str, ...]]:
    yield "KIND", "PATH", "IDENTITY", "GROWTH", "JOINS AS"
    for kind in kinds:
        yield kind.name, kind.path, _identity(kind), kind.growth, kind.crdt


def _identity(kind: Kind) -> str:
    return _IDENTITIES[kind.identity] if isinstance(kind.identity, str) else ", ".join(kind.identity)


def _table(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    cells = list(rows)
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _one(kind: Kind) -> Iterator[str]:
    yield f"{kind.name}: {kind.schema.get('description') or kind.title}"
    yield ""
    facts = {
        "path": kind.path,
        "holds": _held(kind),
        "identity": _identity(kind),
        "growth": kind.growth,
        "joins as": kind.crdt,
        "removed here, changed there": _removal(kind),
        **{f"{group.name}, as one": f"{', '.join(group.fields)} ({group.merge})" for group in kind.groups},
    }
    yield from _table((f"  {name}", value) for name, value in facts.items() if value)
    yield ""
    yield from _table(_field_rows(kind))


def _held(kind: Kind) -> str:
    if not kind.is_array:
        return "one object"
    return f"a list of {kind.noun[1]}" if kind.frame.opening else f"{kind.noun[1]}, one a line and nothing else"


_REMOVALS = {"stands": "removed", "yields": "changed", "contested": "a conflict"}


def _removal(kind: Kind) -> str:
    if kind.growth != "set":
        return "a conflict, the record is kept" if kind.append_only else ""
    return _REMOVALS[kind.removal]


def _field_rows(kind: Kind) -> Iterator[tuple[str, ...]]:
    yield "FIELD", "TYPE", "UNIT", "MERGE", ""
    for field, depth in _fields(kind):
        name = "  " * depth + field["name"] + ("" if field["required"] else "?")
        options = ": " + ", ".join(map(str, field["options"])) if field["options"] else ""
        yield name, field["type"], field["unit"], field["merge"], field["description"].removesuffix(".") + options


def _fields(kind: Kind) -> Iterator[tuple[dict[str, Any], int]]:
    for field in fields_of(kind):
        yield field, 0
        for part in field.get("elements", ()):
            yield part, 1
