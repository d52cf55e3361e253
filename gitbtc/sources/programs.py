"""The programs that a source can be, and what is asked of each: how it is named, reached, read and followed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gitbtc.sources.asking import Asker, CommandLine, Patience
    from gitbtc.sources.chain_server import ServerProgram
    from gitbtc.sources.core_cursor import Cursor
    from gitbtc.sources.lightning import Remembered
    from gitbtc.sources.snapshot import SourceSnapshot

# `kind` of .gitbtc/sources.toml -> the module that knows the program, a `Reader`.
PROGRAMS = {
    "bitcoin-core": "gitbtc.sources.core_node",
    "electrum": "gitbtc.sources.electrum_server",
    "esplora": "gitbtc.sources.esplora_server",
    "lnd": "gitbtc.sources.lnd_node",
    "scan": "gitbtc.sources.scan_node",
    "cln": "gitbtc.sources.cln_node",
}


class Program(Protocol):
    """One program where it runs: a node, a wallet of it, a server."""

    def asker(self, patience: Patience, progress: Callable[[str], None]) -> Asker:
        """The program as somebody to ask; `progress` is told what is going on."""
        ...

    def read(self, asker: Asker, root: Path, cursor: Cursor | None = None, *, strict: bool = False) -> SourceSnapshot:
        """What it tells now, for the state files of `root`; what `cursor` has is not asked for again. A program that
        lags behind the chain is refused if `strict`. Raises BadAnswer, and what the asker raises.
        """
        ...

    def tip(self, asker: Asker) -> str:
        """The hash of the block that it has come to. Raises as `read` does."""
        ...

    def waits_for_block(self, asker: Asker, tip: str) -> bool:
        """Wait at the program for a block after `tip`, half a minute at most; False where it does not know how to."""
        ...

    def lacking(self) -> str:
        """What is missing here to ask it at all, such as a file, in words; "" for nothing. Nobody is asked."""
        ...


class Reader(Protocol):
    """The module of a program. `KEYS` are what .gitbtc/sources.toml takes for it beside what all take (`kind`, `root`,
    `insecure`, `every`), each a text; `NEEDED` are those that must be there.
    """

    KEYS: tuple[str, ...]
    NEEDED: frozenset[str]

    def configured(self, name: str, table: Mapping[str, Any], outside: Callable[[Path, str], Path]) -> Program:
        """The program that a table of .gitbtc/sources.toml names; `outside` gives the path of a file that holds a
        secret, called so in words, and refuses one in the work tree. Raises UsageError.
        """
        ...


class LightningReader(Reader, Protocol):
    """The module of a Lightning node."""

    def read(self, asker: Asker, root: Path, *, strict: bool = False) -> SourceSnapshot:
        """What a node tells, live or in a folder, for the state files of `root`. Raises as Program.read does."""
        ...

    def read_knowing(self, asker: Asker, known: Remembered) -> SourceSnapshot:
        """The same for state files that hold what is `known`."""
        ...

    def shell(self) -> CommandLine:
        """How a folder has the answers: as the program's own command line prints them."""
        ...


class ServerReader(Reader, Protocol):
    """The module of a server of the chain. `FOLDER` is how a folder has its answers."""

    FOLDER: CommandLine

    def read(self, name: str, more: Sequence[str], asker: Asker, root: Path, *, strict: bool = False) -> SourceSnapshot:
        """What a server, live or in a folder, tells the source `name` of the descriptors of `root` and of `more`."""
        ...

    def configured(self, name: str, table: Mapping[str, Any], outside: Callable[[Path, str], Path]) -> ServerProgram:
        """See Reader."""
        ...


def reader(kind: str) -> Reader:
    """The module of the program that is called so."""
    return cast("Reader", import_module(PROGRAMS[kind]))


def lightning_reader(kind: str) -> LightningReader:
    """The same of a Lightning node."""
    return cast("LightningReader", import_module(PROGRAMS[kind]))


def server_reader(kind: str) -> ServerReader:
    """The same of a server of the chain."""
    return cast("ServerReader", import_module(PROGRAMS[kind]))
