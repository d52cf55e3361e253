"""What servers of the chain (Esplora, mempool.space, Electrum) have in common as sources that a repository names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitbtc.sources.asking import CommandLine
from gitbtc.sources.descriptor_wallet import descriptors_of, told_before
from gitbtc.sources.endpoints import certificate, credentials, is_near, read_server_url
from gitbtc.sources.own_scripts import bdkpython
from gitbtc.spends import TRANSACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gitbtc.kinds.kind import Record
    from gitbtc.sources.asking import Asker, Call
    from gitbtc.sources.endpoints import Credentials, Endpoint
    from gitbtc.sources.snapshot import SourceSnapshot

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

    def lacking(self) -> str:
        """What is missing here to ask it at all."""
        from gitbtc.errors import CannotWork

        try:
            bdkpython()
            if self.login is not None:
                self.login.read()
        except CannotWork as error:
            return str(error)
        if self.certificate is not None and not self.certificate.is_file():
            return f"no certificate at {self.certificate}"
        return ""


def told_of(
    read_from: Callable[[Asker, Sequence[Record], Sequence[Record]], SourceSnapshot],
    name: str,
    more: Sequence[str],
    asker: Asker,
    root: Path,
) -> SourceSnapshot:
    """What a server tells the source `name` of the descriptors of a root, and of `more`."""
    bdkpython()  # before anybody is asked
    return read_from(asker, descriptors_of(root, more), told_before(root, name, TRANSACTIONS))


def server(
    name: str, table: Mapping[str, Any], schemes: Mapping[str, tuple[int, bool]], more: tuple[str, ...] = ()
) -> Server:
    """The server that a table of .gitbtc/sources.toml names, or the options of a command. Raises UsageError."""
    endpoint, base = read_server_url(table["url"], schemes, insecure=table.get("insecure", False))
    login = credentials(None, table["auth"]) if table.get("auth") else None
    return Server(name, endpoint, base, login, certificate(table.get("cert")), more)


@dataclass(frozen=True)
class RecordedServer(CommandLine):
    """How a folder holds a server's answers. Nobody types its calls: they are recorded together."""

    def typed(self, call: Call) -> str:
        """The command that records them."""
        del call
        return f"gitbtc record {self.name} DIR"
