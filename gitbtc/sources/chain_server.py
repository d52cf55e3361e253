"""What servers of the chain (Esplora, mempool.space, Electrum) have in common as sources that a repository names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from gitbtc.errors import CannotWork
from gitbtc.sources.asking import CommandLine
from gitbtc.sources.descriptor_wallet import descriptors_of, told_before
from gitbtc.sources.endpoints import certificate, credentials, is_near, lacking, read_server_url
from gitbtc.sources.own_scripts import bdkpython
from gitbtc.spends import TRANSACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gitbtc.kinds.kind import Record
    from gitbtc.sources.asking import Asker, Call, Patience
    from gitbtc.sources.core_cursor import Cursor
    from gitbtc.sources.endpoints import Credentials, Endpoint
    from gitbtc.sources.snapshot import SourceSnapshot

    ReadFrom = Callable[[Asker, Sequence[Record], Sequence[Record]], SourceSnapshot]

KEYS = ("url", "auth", "cert")


@dataclass(frozen=True)
class Server:
    """A server, whose paths begin with `base`; `login` is of one behind a password. `more` are descriptors beside those
    of the root.
    """

    name: str
    endpoint: Endpoint
    base: str = ""
    login: Credentials | None = None
    certificate: Path | None = None
    more: tuple[str, ...] = ()

    def warn(self, progress: Callable[[str], None]) -> None:
        """Say what a server of others learns, before it is asked."""
        if not is_near(self.endpoint.host):
            progress(f"{self.name}: this tells {self.endpoint.host} every address of this wallet")


@dataclass(frozen=True)
class ServerProgram(ABC):
    """What all servers have of a Program; how one is asked, and what its tip is, its protocol says."""

    server: Server

    @abstractmethod
    def asker(self, patience: Patience, progress: Callable[[str], None]) -> Asker:
        """The server as somebody to ask."""

    @abstractmethod
    def tip(self, asker: Asker) -> str:
        """Its best block."""

    @staticmethod
    @abstractmethod
    def read_from(asker: Asker, descriptors: Sequence[Record], earlier: Sequence[Record]) -> SourceSnapshot:
        """What it knows of the scripts of `descriptors`, of which it told the transactions `earlier`."""

    def beside(self, more: tuple[str, ...]) -> Self:
        """The same, asked for `more` descriptors beside those of a root."""
        return replace(self, server=replace(self.server, more=more))

    def read(self, asker: Asker, root: Path, cursor: Cursor | None = None, *, strict: bool = False) -> SourceSnapshot:
        """What it tells of the descriptors. Each answer is whole: there is no cursor."""
        del cursor
        return told_of(self.read_from, self.server.name, self.server.more, asker, root, strict=strict)

    def waits_for_block(self, asker: Asker, tip: str) -> bool:
        """No server is waited at: not all tell of a block, and none ends a question by one."""
        del asker, tip
        return False

    def lacking(self) -> str:
        """What is missing here to ask it at all."""
        try:
            bdkpython()
        except CannotWork as error:
            return str(error)
        return lacking(self.server.login, self.server.certificate)


def told_of(  # noqa: PLR0913 - what Program.read is given, and what a server is asked beside
    read_from: ReadFrom, name: str, more: Sequence[str], asker: Asker, root: Path, *, strict: bool = False
) -> SourceSnapshot:
    """What a server, live or in a folder, tells the source `name` of the descriptors of `root` and of `more`. It does
    not tell whether it lags.
    """
    del strict
    bdkpython()  # before anybody is asked
    return read_from(asker, descriptors_of(root, more), told_before(root, name, TRANSACTIONS))


def server(name: str, table: Mapping[str, Any], schemes: Mapping[str, tuple[int, bool]]) -> Server:
    """The server that a table of .gitbtc/sources.toml names, or the options of a command. Raises UsageError."""
    endpoint, base = read_server_url(table["url"], schemes, insecure=table.get("insecure", False))
    login = credentials(None, table["auth"]) if table.get("auth") else None
    return Server(name, endpoint, base, login, certificate(table.get("cert")))


@dataclass(frozen=True)
class RecordedServer(CommandLine):
    """How a folder holds a server's answers. Nobody types its calls: they are recorded together."""

    def typed(self, call: Call) -> str:
        """The command that records them."""
        del call
        return f"gitbtc record {self.name} DIR"
