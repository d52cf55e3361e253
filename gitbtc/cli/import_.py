"""`gitbtc import`: another program's output into the state files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitbtc.cli.asked_lightning import PROGRAMS, AskedLightning, lightning_options
from gitbtc.cli.asked_node import AskedNode, node_options, tell, volatile_option
from gitbtc.cli.asked_server import AskedServer, descriptor_option, scanning, server_options
from gitbtc.cli.import_file import ImportGroup, counted
from gitbtc.errors import UsageError, printable, printable_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from gitbtc.sources.asking import CommandLine
    from gitbtc.sources.programs import Program
    from gitbtc.sources.snapshot import SourceSnapshot
    from gitbtc.sources.statefiles import FileChange
    from gitbtc.sources.syncing import Manner

    FC = TypeVar("FC", bound=Callable[..., Any] | click.Command)

ROOT_KEY = "gitbtc.import/v1"


@click.group("import", cls=ImportGroup)
def command() -> None:
    """Read another program's output into the state files of a root.

    Instead of a program's name, FILE takes what a wallet exported: `gitbtc import FILE --help` tells more.

    What the program tells now is merged with what is here, its base being what the program told last: facts are the
    program's, what people wrote stays, and the same output twice changes nothing. It changes all files or none;
    nothing is staged or committed. Exit status: 0 done, 1 refused, 3 cannot be read, or is of another wallet.
    """


_from = click.option(
    "--from", "folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of recorded answers: what the program's own command line prints, or `gitbtc record` writes.",
)  # fmt: skip
_root = click.option(
    "--root", metavar="PATH", type=click.Path(file_okay=False, path_type=Path),
    help="The folder that holds wallet/ and network/. [default: the top of the repository]",
)  # fmt: skip
_as_json = click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")


def _as(program: str) -> Callable[[FC], FC]:
    told = "The source that these answers are of: a second wallet or node is another one."
    return click.option("--as", "name", metavar="NAME", default=program, show_default=True, help=told)


@command.command("bitcoin-core")
@_from
@node_options
@_root
@_as("bitcoin-core")
@click.option("--full", is_flag=True, help="Ask the node again also for what is known already.")
@_as_json
def bitcoin_core(  # noqa: PLR0913 - one parameter an option
    folder: Path | None, root: Path | None, name: str, asked: AskedNode, *, full: bool, as_json: bool
) -> None:
    """Read a wallet of a Bitcoin Core node, or a folder of its recorded answers.

    A node is named by --url and --cookie (or --auth), its wallet by --wallet. It is only read: gitbtc calls nothing
    that changes the node or the wallet. `gitbtc record` makes a folder for --from, for a machine that has no node.
    """
    from gitbtc.sources.asking import BITCOIN_CLI
    from gitbtc.sources.core_node import CoreNode, read
    from gitbtc.sources.syncing import Manner

    _one_of(folder, asked.url)
    manner = Manner(full=full, strict=asked.strict)
    into = _Into(root, name, manner, as_json=as_json)
    if folder:
        into.from_folder(folder, BITCOIN_CLI, read)
    else:
        into.from_program(CoreNode(asked.node(name)), asked.wait)


_LIGHTNING = {
    "lnd": """Read an LND node over REST, or a folder of what `lncli` prints, one file a command.

    Channels with their balances and policies, peers, and the coins of its wallet; what it has leased is reserved by
    the agent lnd. It is only read: readonly.macaroon allows all that is asked.
    """,
    "cln": """Read a Core Lightning node by its socket or clnrest, or a folder of what `lightning-cli` prints.

    Channels with their balances and policies, peers, and the coins of its wallet; what it has reserved is reserved by
    the agent cln. It is only read: a rune for method^list or method=getinfo allows all that is asked.
    """,
}


def _lightning(kind: str, told: str) -> None:
    """Add the command that brings in what a Lightning node of this kind tells."""

    @command.command(kind, help=told)
    @_from
    @lightning_options(PROGRAMS[kind])
    @_root
    @_as(kind)
    @volatile_option
    @_as_json
    def of_node(  # noqa: PLR0913 - one parameter an option
        folder: Path | None, root: Path | None, name: str, asked: AskedLightning, *, volatile: bool, as_json: bool
    ) -> None:
        from gitbtc.sources.syncing import Manner

        _one_of(folder, asked.place, ", ".join(f"--{place}" for place in asked.of.places))
        into = _Into(root, name, Manner(volatile=volatile), as_json=as_json)
        if folder:
            into.from_folder(folder, asked.reader.shell(), asked.reader.read)
        else:
            into.from_program(asked.program(name), asked.wait)


for _kind, _told in _LIGHTNING.items():
    _lightning(_kind, _told)


_SERVERS = {
    "esplora": """Read an Esplora or mempool.space server for the coins of the root's descriptors.

    Their addresses are derived here (by bdkpython, gitbtc's extra `descriptors`) and asked for one by one, until
    as many in a row as the gap limit says, 20 at least, were never used.
    """,
    "electrum": """Read an Electrum server (electrs, Fulcrum, ElectrumX) for the coins of the root's descriptors.

    Their scripts are derived here (by bdkpython, gitbtc's extra `descriptors`) and asked for, until as many in a
    row as the gap limit says, 20 at least, were never used. Every amount is read from the transaction itself.
    """,
}


def _server(kind: str, told: str) -> None:
    """Add the command that brings in what a server of this kind tells."""

    @command.command(kind, help=told)
    @_from
    @server_options(kind)
    @descriptor_option
    @_root
    @_as(kind)
    @_as_json
    def of_server(  # noqa: PLR0913 - one parameter an option
        folder: Path | None, root: Path | None, name: str, asked: AskedServer, more: tuple[str, ...], *, as_json: bool
    ) -> None:
        from functools import partial

        from gitbtc.sources.programs import server_reader
        from gitbtc.sources.syncing import Manner

        into = _Into(root, name, Manner(), as_json=as_json)
        _one_of(folder, asked.url)
        if folder:
            module = server_reader(kind)
            into.from_folder(folder, module.FOLDER, partial(module.read, name, more))
        else:
            into.from_program(asked.program(kind, name, more), asked.wait)


for _kind, _told in _SERVERS.items():
    _server(_kind, _told)


@command.command("scan")
@_from
@node_options
@descriptor_option
@_root
@_as("scan")
@_as_json
def scan(  # noqa: PLR0913 - one parameter an option
    folder: Path | None, root: Path | None, name: str, asked: AskedNode, more: tuple[str, ...], *, as_json: bool
) -> None:
    """Look for the coins of the root's descriptors in all coins of a Bitcoin Core node (scantxoutset).

    It takes no wallet, and minutes. It tells coins that a block holds and no more: no history, nothing that is
    unconfirmed, and of a coin that is spent only that it is gone.
    """
    from functools import partial

    from gitbtc.sources.asking import BITCOIN_CLI
    from gitbtc.sources.scan_node import read
    from gitbtc.sources.syncing import Manner

    _one_of(folder, asked.url)
    into = _Into(root, name, Manner(strict=asked.strict), as_json=as_json)
    if folder:
        into.from_folder(folder, BITCOIN_CLI, partial(read, name, more))
    else:
        into.from_program(scanning(asked, name, more), asked.wait)


def _one_of(folder: Path | None, place: str | None, options: str = "--url") -> None:
    if (folder is None) == (place is None):
        raise UsageError(f"name either a node ({options}) or a folder of recorded answers (--from)")


class _Into:
    """A root that a source of this `name` is brought into. UsageError for one behind a link."""

    def __init__(self, root: Path | None, name: str, manner: Manner, *, as_json: bool) -> None:
        from gitbtc.repo.git import Git

        if root is not None:
            refuse_way_out(root)
        self._place = root or Path(Git().top_level())
        self.name = name
        self._manner = manner
        self._show = _show_json if as_json else _show_text

    def from_folder(self, folder: Path, shell: CommandLine, read: Callable[..., SourceSnapshot]) -> None:
        """Bring in what a folder of answers holds."""
        from gitbtc.sources.bringing import bring
        from gitbtc.sources.recorded import Recorded

        snapshot = read(Recorded(folder, shell), self._place, strict=self._manner.strict)
        brought = bring(self._place, snapshot, self.name, volatile=self._manner.volatile)
        self._show(self._place, snapshot, brought.changes, [*snapshot.notices, *brought.notices])

    def from_program(self, program: Program, wait: float = 0) -> None:
        """Bring in what a program answers, which may be waited for while it starts (seconds)."""
        from gitbtc.repo.git import Git
        from gitbtc.sources.asking import Patience
        from gitbtc.sources.bringing import existing_folder
        from gitbtc.sources.configured import Configured
        from gitbtc.sources.syncing import sync

        git = Git.at(existing_folder(self._place)).at_top()
        asker = program.asker(Patience(start=wait), tell)
        done = sync(Configured(self.name, program, self._place), asker, git, self._manner)
        notices = [*done.snapshot.notices, *done.brought.notices]
        self._show(self._place, done.snapshot, done.brought.changes, notices)


def refuse_way_out(root: Path) -> None:
    """UsageError where the folder is reached through a link, or another repository, in the work tree that we are in."""
    from gitbtc.repo.files import way_out_to
    from gitbtc.repo.git import Git

    git = Git()
    away = way_out_to(git.top_level(), root) if git.is_repository() and not git.is_bare() else ""
    if away:
        raise UsageError(f"--root {root}: {away} leads out of this work tree; put the folder itself there")


def _show_text(root: Path, snapshot: SourceSnapshot, changes: list[FileChange], notices: list[str]) -> None:
    click.echo(f"{snapshot.source}: {snapshot.network} at block {snapshot.tip}, into {printable(str(root))}")
    for change in changes:
        click.echo(f"  {change.path:<26}{counted(change)}")
    for notice in notices:
        click.echo(f"note: {printable(notice)}", err=True)


def _show_json(root: Path, snapshot: SourceSnapshot, changes: list[FileChange], notices: list[str]) -> None:
    document: dict[str, Any] = {
        "source": snapshot.source,
        "root": str(root),
        "chain": snapshot.as_of,
        "files": [
            {"path": change.path, "kind": change.kind.name, "added": change.added, "changed": change.changed,
             "removed": change.removed}
            for change in changes
        ],
        "notices": notices,
    }  # fmt: skip
    click.echo(printable_json({ROOT_KEY: document}))
