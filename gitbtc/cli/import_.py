"""`gitbtc import`: another program's output into the state files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitbtc.cli.asked_node import AskedNode, node_options
from gitbtc.cli.import_file import ImportGroup, counted
from gitbtc.errors import UsageError, printable, printable_json

if TYPE_CHECKING:
    from gitbtc.sources.snapshot import SourceSnapshot
    from gitbtc.sources.statefiles import FileChange

ROOT_KEY = "gitbtc.import/v1"


@click.group("import", cls=ImportGroup)
def command() -> None:
    """Read another program's output into the state files of a root.

    Instead of a program's name, FILE takes what a wallet exported: `gitbtc import FILE --help` tells more.

    What the program tells now is merged with what is here, its base being what the program told last: facts are the
    program's, what people wrote stays, and the same output twice changes nothing. It changes all files or none;
    nothing is staged or committed. Exit status: 0 done, 1 refused, 3 cannot be read, or is of another wallet.
    """


@command.command("bitcoin-core")
@click.option("--from", "folder", metavar="DIR",
              type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="A folder of recorded RPC answers, <method>.json and <method>.jsonl.")  # fmt: skip
@node_options
@click.option("--root", metavar="PATH", type=click.Path(file_okay=False, path_type=Path),
              help="The folder that holds wallet/ and network/. [default: the top of the repository]")  # fmt: skip
@click.option("--as", "name", metavar="NAME", default="bitcoin-core", show_default=True,
              help="The source that these answers are of: a second wallet or node is another one.")  # fmt: skip
@click.option("--full", is_flag=True, help="Ask the node again also for what is known already.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def bitcoin_core(  # noqa: PLR0913 - one parameter an option
    folder: Path | None, root: Path | None, name: str, asked: AskedNode, *, full: bool, as_json: bool
) -> None:
    """Read a wallet of a Bitcoin Core node, or a folder of its recorded answers.

    A node is named by --url and --cookie (or --auth), its wallet by --wallet. It is only read: gitbtc calls nothing
    that changes the node or the wallet. `gitbtc record` makes a folder for --from, for a machine that has no node.
    """
    from gitbtc.repo.git import Git
    from gitbtc.sources import bitcoin_core as core
    from gitbtc.sources.bringing import bring, existing_folder
    from gitbtc.sources.configured import Configured
    from gitbtc.sources.core_node import CoreNode
    from gitbtc.sources.dates import label_dates
    from gitbtc.sources.recorded import Recorded
    from gitbtc.sources.syncing import Manner, sync

    if (folder is None) == (asked.url is None):
        raise UsageError("name either a node (--url) or a folder of recorded answers (--from)")
    if root is not None:
        refuse_way_out(root)
    place = root or Path(Git().top_level())
    if folder:
        snapshot = core.read_from(Recorded(folder), label_dates(place), strict=asked.strict)
        brought = bring(place, snapshot, name)
    else:
        source = Configured(name, CoreNode(asked.node(name)), place)
        git = Git.at(existing_folder(place)).at_top()
        synced = sync(source, asked.asker(name), git, Manner(full=full, strict=asked.strict))
        snapshot, brought = synced.snapshot, synced.brought
    show = _show_json if as_json else _show_text
    show(place, snapshot, brought.changes, [*snapshot.notices, *brought.notices])


def refuse_way_out(root: Path) -> None:
    """UsageError where the folder is reached through a link, or another repository, in the work tree that we are in."""
    from gitbtc.repo.files import way_out_to
    from gitbtc.repo.git import Git

    git = Git()
    away = way_out_to(git.top_level(), root) if git.is_repository() and not git.is_bare() else ""
    if away:
        raise UsageError(f"--root {root}: {away} leads out of this work tree; put the folder itself there")


def _show_text(root: Path, snapshot: SourceSnapshot, changes: list[FileChange], notices: list[str]) -> None:
    chain = snapshot.chain
    click.echo(f"{snapshot.source}: {snapshot.network} at block {chain['block_height']}, into {printable(str(root))}")
    for change in changes:
        click.echo(f"  {change.path:<26}{counted(change)}")
    for notice in notices:
        click.echo(f"note: {printable(notice)}", err=True)


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
    click.echo(printable_json({ROOT_KEY: document}))
