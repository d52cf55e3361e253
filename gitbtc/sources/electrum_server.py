"""An Electrum server as a source that a repository names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitbtc.errors import UsageError
from gitbtc.sources import electrum
from gitbtc.sources.answers import Answer
from gitbtc.sources.asking import NodeError
from gitbtc.sources.chain_server import RecordedServer, Server, server, told_of
from gitbtc.sources.chain_wallet import SERVER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gitbtc.sources.asking import Asker, Patience
    from gitbtc.sources.core_cursor import Cursor
    from gitbtc.sources.snapshot import SourceSnapshot

KEYS = ("url", "cert")
NEEDED = frozenset(["url"])
SCHEMES = {"tcp": (50001, False), "ssl": (50002, True)}
FOLDER = RecordedServer(
    electrum.SOURCE,
    "the server",
    dict.fromkeys(sorted(electrum.ALLOWED - {"server.features", electrum.TIP.method})),
    first=SERVER.method,
)


@dataclass(frozen=True)
class ElectrumServer:
    """See Program."""

    server: Server

    def asker(self, patience: Patience, progress: Callable[[str], None]) -> Asker:
        """The server, asked over TCP or TLS."""
        from gitbtc.sources.electrum_tcp import ElectrumTcp

        self.server.warn(progress)
        return ElectrumTcp(self.server.name, self.server.endpoint, self.server.certificate, patience, progress)

    def read(self, asker: Asker, root: Path, cursor: Cursor | None = None, *, strict: bool = False) -> SourceSnapshot:
        """What it tells of the root's descriptors."""
        del cursor
        return read(self.server.name, self.server.more, asker, root, strict=strict)

    def tip(self, asker: Asker) -> str:
        """Its best block."""
        (tip,) = asker.ask([electrum.TIP])
        if isinstance(tip, NodeError):
            raise tip
        answer = Answer(tip, asker.where(electrum.TIP))
        return electrum.read_header(answer.text("hex"), answer.natural("height"), answer.where).hash

    def waits_for_block(self, asker: Asker, tip: str) -> bool:
        """Its notifications are not waited for."""
        del asker, tip
        return False

    def lacking(self) -> str:
        """What is missing here to ask it."""
        return self.server.lacking()


def read(name: str, more: Sequence[str], asker: Asker, root: Path, *, strict: bool = False) -> SourceSnapshot:
    """What a server, live or in a folder, tells the source `name` of the descriptors of `root` and of `more`. It does
    not tell whether it lags.
    """
    del strict
    return told_of(electrum.read_from, name, more, asker, root)


def configured(name: str, table: Mapping[str, Any], outside: Callable[[Path, str], Path]) -> ElectrumServer:
    """The server that a table of .gitbtc/sources.toml names. Raises UsageError."""
    del outside  # no file that holds a secret is named
    found = server(name, table, SCHEMES)
    if found.base:
        raise UsageError("the url must be ssl://HOST:PORT or tcp://HOST:PORT")
    return ElectrumServer(found)
