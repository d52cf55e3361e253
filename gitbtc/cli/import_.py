"""`gitbtc import`: another program's output into the state files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitbtc.cli.import_file import ImportGroup
from gitbtc.errors import CannotWork, printable

if TYPE_CHECKING:
    from gitbtc.sources.snapshot import SourceSnapshot
    from gitbtc.sources.statefiles import FileChange

ROOT_KEY = "gitbtc.import/v1"


@click.group("import", cls=ImportGroup)
def command() -> None:
    """Read another program's output into the state files of a root.

    Instead of a program's name, FILE takes what a wallet exported: `gitbtc import FILE --help` tells more.

    Records that the program cannot know are kept, its coins that are gone are removed, and importing the same output
    twice changes nothing. Nothing is staged or committed.
    """


@command.command("bitcoin-core")
@click.option("--from", "folder", required=True, metavar="DIR",
              type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="The folder of recorded RPC answers, <method>.json and <method>.jsonl.")  # fmt: skip
@click.option("--root", metavar="PATH", type=click.Path(file_okay=False, path_type=Path),
              help="The folder that holds wallet/ and network/. [default: the top of the repository]")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def bitcoin_core(folder: Path, root: Path | None, *, as_json: bool) -> None:
    """Read a folder of Bitcoin Core RPC answers.

    Needed: getblockchaininfo.json, and gettransaction.jsonl with one answer of `gettransaction TXID true true` a line.
    Read when there: getrawtransaction.jsonl, listunspent, listtransactions, listdescriptors, getrawmempool,
    getwalletinfo, estimatesmartfee-1, -6 and -144.
    """
    from gitbtc.sources import bitcoin_core as core
    from gitbtc.sources import statefiles

    snapshot = core.read(folder)
    place = root or _top()
    changes, notices = statefiles.update(place, snapshot)
    show = _show_json if as_json else _show_text
    show(place, snapshot, changes, [*snapshot.notices, *notices])


def _top() -> Path:
    from gitbtc.repo.git import Git

    try:
        return Path(Git().top_level())
    except CannotWork:
        return Path.cwd()


def _show_text(root: Path, snapshot: SourceSnapshot, changes: list[FileChange], notices: list[str]) -> None:
    chain = snapshot.chain
    click.echo(f"{snapshot.source}: {snapshot.network} at block {chain['block_height']}, into {printable(str(root))}")
    for change in changes:
        click.echo(f"  {change.path:<26}{_counted(change)}")
    for notice in notices:
        click.echo(f"note: {printable(notice)}", err=True)


def _counted(change: FileChange) -> str:
    counts = {"added": change.added, "changed": change.changed, "removed": change.removed}
    told = [f"{count} {change.kind.noun[count != 1]} {verb}" for verb, count in counts.items() if count]
    return ", ".join(told) or (f"no {change.kind.noun[1]}" if change.made else "unchanged")


def _show_json(root: Path, snapshot: SourceSnapshot, changes: list[FileChange], notices: list[str]) -> None:
    document: dict[str, Any] = {
        "source": snapshot.source,
        "root": str(root),
        "chain": snapshot.chain,
        "files": [
            {"path": change.path, "kind": change.kind.name, "added": change.added, "changed": change.changed,
             "removed": change.removed}
            for change in changes
        ],
        "notices": notices,
    }  # fmt: skip
    click.echo(json.dumps({ROOT_KEY: document}, indent=2))
