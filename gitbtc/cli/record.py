"""`gitbtc record`: a node's answers into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitbtc.cli.asked_lightning import PROGRAMS, AskedLightning, lightning_options
from gitbtc.cli.asked_node import node_options, tell
from gitbtc.cli.asked_server import AskedServer, descriptor_option, scanning, server_options
from gitbtc.errors import printable

if TYPE_CHECKING:
    from gitbtc.cli.asked_node import AskedNode
    from gitbtc.sources.asking import CommandLine
    from gitbtc.sources.programs import Program


_root = click.option(
    "--root", metavar="PATH", type=click.Path(file_okay=False, path_type=Path),
    help="The folder that holds wallet/descriptors.json. [default: the top of the repository]",
)  # fmt: skip
_folder = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


@click.group("record")
def command() -> None:
    """Write a program's answers into a folder, for a machine that the program does not run on."""


@command.command("bitcoin-core")
@_folder
@node_options
def bitcoin_core(folder: Path, asked: AskedNode) -> None:
    """Write what a wallet of a Bitcoin Core node answers into the new folder DIR.

    `gitbtc import bitcoin-core --from DIR` reads it. The folder is there when it is whole, or not at all. It tells
    every address of the wallet, and holds no key that can sign.
    """
    from functools import partial

    from gitbtc.sources import bitcoin_core as core
    from gitbtc.sources.recording import record

    count = record(asked.asker(core.SOURCE), folder, partial(core.read_from, strict=asked.strict))
    _say(folder, count)


def _lightning(kind: str, node: str) -> None:
    """Add the command that records what a Lightning node of this kind answers."""
    told = f"""Write what {node} answers into the new folder DIR.

    `gitbtc import {kind} --from DIR` reads it. The folder is there when it is whole, or not at all. It tells the
    balance of every channel, and holds no key: it is a picture of the channels, and no backup of them.
    """

    @command.command(kind, help=told)
    @_folder
    @lightning_options(PROGRAMS[kind])
    def of_node(folder: Path, asked: AskedLightning) -> None:
        from functools import partial

        from gitbtc.sources.asking import Patience
        from gitbtc.sources.lightning import Remembered
        from gitbtc.sources.recording import record

        asker = asked.program(kind).asker(Patience(start=asked.wait), tell)
        read = partial(asked.reader.read_knowing, known=Remembered())
        _say(folder, record(asker, folder, read, asked.reader.shell()))


for _kind, _node in {"lnd": "an LND node", "cln": "a Core Lightning node"}.items():
    _lightning(_kind, _node)


def _server(kind: str, server: str) -> None:
    """Add the command that records what a server of this kind answers."""
    told = f"""Write what {server} answers of the root's descriptors into the new folder DIR.

    `gitbtc import {kind} --from DIR` reads it, where the same descriptors are.
    """

    @command.command(kind, help=told)
    @_folder
    @server_options(kind)
    @descriptor_option
    @_root
    def of_server(folder: Path, root: Path | None, asked: AskedServer, more: tuple[str, ...]) -> None:
        from gitbtc.sources.programs import server_reader

        _record(asked.program(kind, kind, more), server_reader(kind).FOLDER, folder, root, asked.wait)


for _kind, _node in {"esplora": "an Esplora or mempool.space server", "electrum": "an Electrum server"}.items():
    _server(_kind, _node)


@command.command("scan")
@_folder
@node_options
@descriptor_option
@_root
def scan(folder: Path, root: Path | None, asked: AskedNode, more: tuple[str, ...]) -> None:
    """Write what a Bitcoin Core node says of the coins of the root's descriptors into the new folder DIR.

    `gitbtc import scan --from DIR` reads it, where the same descriptors are.
    """
    from gitbtc.sources.asking import BITCOIN_CLI

    _record(scanning(asked, "scan", more), BITCOIN_CLI, folder, root, asked.wait)


def _record(program: Program, shell: CommandLine, folder: Path, root: Path | None, wait: float) -> None:
    """What a program answers of the descriptors of a root."""
    from gitbtc.repo.git import Git
    from gitbtc.sources.asking import Patience
    from gitbtc.sources.recording import record

    place = root or Path(Git().top_level())
    asker = program.asker(Patience(start=wait), tell)
    _say(folder, record(asker, folder, lambda recorder: program.read(recorder, place), shell))


def _say(folder: Path, count: int) -> None:
    click.echo(f"{printable(str(folder))}: {count} files")
