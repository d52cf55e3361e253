"""`gitbtc record`: a node's answers into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitbtc.cli.asked_node import node_options
from gitbtc.errors import printable

if TYPE_CHECKING:
    from gitbtc.cli.asked_node import AskedNode


@click.group("record")
def command() -> None:
    """Write a program's answers into a folder, for a machine that the program does not run on."""


@command.command("bitcoin-core")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
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
    click.echo(f"{printable(str(folder))}: {count} files")
