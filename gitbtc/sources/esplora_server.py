"""An Esplora or mempool.space server as a source that a repository names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitbtc.sources import esplora
from gitbtc.sources.asking import Call, NodeError
from gitbtc.sources.chain_server import KEYS, RecordedServer, Server, server, told_of
from gitbtc.sources.chain_wallet import SERVER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gitbtc.sources.asking import Asker, Patience
    from gitbtc.sources.core_cursor import Cursor
    from gitbtc.sources.snapshot import SourceSnapshot

__all__ = ["FOLDER", "KEYS", "NEEDED", "EsploraServer", "configured", "read"]

NEEDED = frozenset(["url"])
SCHEMES = {"http": (80, False), "https": (443, True)}
FOLDER = RecordedServer(
    esplora.SOURCE,
    "the server",
    {method: None for method, path in esplora.PATHS.items() if "{}" in path},
    first=SERVER.method,
)


@dataclass(frozen=True)
class EsploraServer:
    """See Program."""

    server: Server

    def asker(self, patience: Patience, progress: Callable[[str], None]) -> Asker:
        """The server, asked over HTTP."""
        from gitbtc.sources.esplora_http import EsploraHttp

        self.server.warn(progress)
        one = self.server
        return EsploraHttp(one.name, one.endpoint, one.base, one.login, one.certificate, patience, progress)

    def read(self, asker: Asker, root: Path, cursor: Cursor | None = None, *, strict: bool = False) -> SourceSnapshot:
        """What it tells of the root's descriptors."""
        del cursor
        return read(self.server.name, self.server.more, asker, root, strict=strict)

    def tip(self, asker: Asker) -> str:
        """Its best block."""
        (tip,) = asker.ask([Call("tip")])
        if isinstance(tip, NodeError):
            raise tip
        return str(tip)

    def waits_for_block(self, asker: Asker, tip: str) -> bool:
        """It cannot be waited at."""
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
    return told_of(esplora.read_from, name, more, asker, root)


def configured(name: str, table: Mapping[str, Any], outside: Callable[[Path, str], Path]) -> EsploraServer:
    """The server that a table of .gitbtc/sources.toml names. Raises UsageError."""
    del outside  # no file that holds a secret is named
    return EsploraServer(server(name, table, SCHEMES))
