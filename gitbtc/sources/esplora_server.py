"""An Esplora or mempool.space server as a source that a repository names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gitbtc.sources import esplora
from gitbtc.sources.asking import Call, answer_to
from gitbtc.sources.chain_server import KEYS, RecordedServer, ServerProgram, server, told_of
from gitbtc.sources.chain_wallet import SERVER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gitbtc.sources.asking import Asker, Patience

__all__ = ["FOLDER", "KEYS", "NEEDED", "EsploraServer", "configured", "read"]

NEEDED = frozenset(["url"])
SCHEMES = {"http": (80, False), "https": (443, True)}
FOLDER = RecordedServer(
    esplora.SOURCE,
    "the server",
    {method: None for method, path in esplora.PATHS.items() if "{}" in path},
    first=SERVER.method,
)
read = partial(told_of, esplora.read_from)


@dataclass(frozen=True)
class EsploraServer(ServerProgram):
    """See Program."""

    read_from = staticmethod(esplora.read_from)

    def asker(self, patience: Patience, progress: Callable[[str], None]) -> Asker:
        """The server, asked over HTTP."""
        from gitbtc.sources.esplora_http import EsploraHttp

        self.server.warn(progress)
        one = self.server
        return EsploraHttp(one.name, one.endpoint, one.base, one.login, one.certificate, patience, progress)

    def tip(self, asker: Asker) -> str:
        """Its best block."""
        return str(answer_to(asker, Call("tip")))


def configured(name: str, table: Mapping[str, Any], outside: Callable[[Path, str], Path]) -> EsploraServer:
    """The server that a table of .gitbtc/sources.toml names. Raises UsageError."""
    del outside  # no file that holds a secret is named
    return EsploraServer(server(name, table, SCHEMES))
