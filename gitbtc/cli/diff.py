"""`gitbtc diff`: what changed between two revisions, the index and the work tree, in coins."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import WithPaths
from gitbtc.cli.paging import pager, show
from gitbtc.diff.operations import operations
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import Kinds, root_of
from gitbtc.repo.diffing import ChangedFile, Comparison, wants_colour
from gitbtc.repo.git import SYMBOLIC_LINK, Git
from gitbtc.views import document, stat, terms, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitbtc.diff.operations import Operation
    from gitbtc.kinds.kind import Kind
    from gitbtc.repo.git import BlobReader
    from gitbtc.views.spenders import Outpoint, Spender

UNMERGED = "not merged yet; `gitbtc conflicts` lists what is left to settle"


@click.command(cls=WithPaths, options_metavar="[OPTIONS]")
@click.argument("words", nargs=-1, metavar="[REVISION [REVISION]] [-- PATH...]")
@click.option(
    "--cached", "--staged", "cached", is_flag=True, help="Compare the index, with HEAD unless told otherwise."
)
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.diff/v1.")
@click.option("--stat", "as_stat", is_flag=True, help="One line a file.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when a record differs.")
@click.pass_context
def command(  # noqa: PLR0913 - each is an option
    ctx: click.Context, words: tuple[str, ...], *, cached: bool, as_json: bool, as_stat: bool, exit_code: bool
) -> int:
    """Show what changed in the state files, record by record.

    Compares what `git diff` compares for the same arguments: the work tree with the index, a revision with the work
    tree, two revisions.
    """
    if as_json and as_stat:
        raise click.UsageError("--json and --stat are two forms; choose one")
    git = Git()
    compared = _Compared(Comparison(git, words, ctx.meta.get("paths"), cached=cached))
    with git.blobs() as blobs:
        files = list(compared.files(blobs))
        form = _json if as_json else _stat if as_stat else _text
        seen = sys.stdout.isatty()
        compared.colour = form is _text and wants_colour(git, seen=seen)
        show(form(compared, files, blobs), pager(git) if seen else "")
    return 1 if exit_code and files else 0


class _File:
    """A changed state file: its operations, or why there are none."""

    def __init__(self, kind: Kind, changed: ChangedFile) -> None:
        self.kind = kind
        self.changed = changed
        # A path that is not UTF-8 can be opened as it is, but not written into a document.
        self.path = changed.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        self.operations: list[Operation] = []
        self.fault = ""

    def notes(self) -> list[str]:
        """What happened to the file besides its records."""
        old, new = self.changed.old, self.changed.new
        if old is None or new is None:
            return ["new file" if old is None else "deleted file"]
        return [f"mode {old[0]} → {new[0]}"] if old[0] != new[0] else []


class _Compared:
    """The changed state files of a comparison."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.colour = False
        self._listed = comparison.files()
        self._kinds = Kinds(os.path.join(comparison.top, ".gitbtc", "schemas") if comparison.top else None)

    def files(self, blobs: BlobReader) -> Iterator[_File]:
        """Each of them, in the order of their paths."""
        for changed in self._listed:
            kind = self._kinds.for_path(changed.path)
            if kind is not None:
                file = _File(kind, changed)
                self._compare(file, blobs)
                yield file

    def _compare(self, file: _File, blobs: BlobReader) -> None:
        """Fill in the operations, or why there are none."""
        changed = file.changed
        if changed.is_unmerged:
            file.fault = UNMERGED
        elif SYMBOLIC_LINK in {side[0] for side in (changed.old, changed.new) if side}:
            file.fault = "a symbolic link, which no state file can be"
        else:
            old, new = self.comparison.sides(blobs, changed)
            try:
                file.operations = operations(file.kind, file.path, old, new)
            except Malformed as error:
                file.fault = str(error)


def _text(compared: _Compared, files: list[_File], blobs: BlobReader) -> Iterator[bytes]:
    for file in files:
        if file.fault:
            yield f"{terms.escaped(file.path)}: {file.fault}; shown as text\n".encode()
            yield compared.comparison.as_text(file.changed.path, colour=compared.colour)
            continue
        spenders = _spenders(compared, file.changed.path, blobs)
        shown = text.render(
            file.kind, file.path, file.operations, notes=file.notes(), spenders=spenders, colour=compared.colour
        )  # fmt: skip
        yield from (line.encode() + b"\n" for line in shown)


def _spenders(
    compared: _Compared, path: str, blobs: BlobReader
) -> Callable[[set[Outpoint]], dict[Outpoint, Spender]]:  # fmt: skip
    """Looks spenders up in the transaction files of the new side, in the same root; only when coins are gone."""

    def look_up(wanted: set[Outpoint]) -> dict[Outpoint, Spender]:
        from gitbtc.views.spenders import FILES, find

        root = root_of(path)
        paths = [f"{root}/{name}" if root else name for name in FILES]
        return find(compared.comparison.beside(blobs, paths), wanted)

    return look_up


def _stat(_: _Compared, files: list[_File], __: BlobReader) -> Iterator[bytes]:
    lines = (
        (file.path, file.fault, 0) if file.fault else stat.counted(file.kind, file.path, file.operations, file.notes())
        for file in files
    )
    return (line.encode() + b"\n" for line in stat.render(list(lines)))


def _json(_: _Compared, files: list[_File], __: BlobReader) -> Iterator[bytes]:
    import json

    patches = [
        document.unreadable(file.kind, file.path, file.fault, file.notes())
        if file.fault
        else document.patch(file.kind, file.path, file.operations, file.notes())
        for file in files
    ]
    yield json.dumps(document.document(patches), indent=2, ensure_ascii=False).encode() + b"\n"
