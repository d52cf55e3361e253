"""`gitbtc record`: a node's answers into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitbtc.cli.asked_lightning import AskedCln, AskedLnd, cln_options, lnd_options
from gitbtc.cli.asked_node import node_options, tell
from gitbtc.errors import printable

if TYPE_CHECKING:
    from gitbtc.cli.asked_node import AskedNode


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


@command.command("lnd")
@_folder
@lnd_options
def lnd(folder: Path, asked: AskedLnd) -> None:
    """Write what an LND node answers into the new folder DIR.

    `gitbtc import lnd --from DIR` reads it. The folder is there when it is whole, or not at all. It tells the balance
    of every channel, and holds no key: it is a picture of the channels, and no backup of them.
    """
    from functools import partial

    from gitbtc.sources.asking import Patience, at_one_moment
    from gitbtc.sources.lightning import Remembered
    from gitbtc.sources.lnd import LNCLI, SOURCE, read_from
    from gitbtc.sources.recording import record

    asker = asked.program(SOURCE).asker(Patience(start=asked.wait), tell)
    read = partial(read_from, known=Remembered())
    _say(folder, record(asker, folder, lambda recorder: at_one_moment(partial(read, recorder)), LNCLI))


@command.command("cln")
@_folder
@cln_options
def cln(folder: Path, asked: AskedCln) -> None:
    """Write what a Core Lightning node answers into the new folder DIR.

    `gitbtc import cln --from DIR` reads it. The folder is there when it is whole, or not at all. It tells the balance
    of every channel, and holds no key: it is a picture of the channels, and no backup of them.
    """
    from functools import partial

    from gitbtc.sources.asking import Patience, at_one_moment
    from gitbtc.sources.cln import LIGHTNING_CLI, SOURCE, read_from
    from gitbtc.sources.lightning import Remembered
    from gitbtc.sources.recording import record

    asker = asked.program(SOURCE).asker(Patience(), tell)
    read = partial(read_from, known=Remembered(), read_at=0)
    _say(folder, record(asker, folder, lambda recorder: at_one_moment(partial(read, recorder)), LIGHTNING_CLI))


def _say(folder: Path, count: int) -> None:
    click.echo(f"{printable(str(folder))}: {count} files")
