"""An Electrum server as a source that a repository names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gitbtc.errors import UsageError
from gitbtc.sources import electrum
from gitbtc.sources.answers import Answer
from gitbtc.sources.asking import answer_to
from gitbtc.sources.chain_server import RecordedServer, ServerProgram, server, told_of
from gitbtc.sources.chain_wallet import SERVER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gitbtc.sources.asking import Asker, Patience

KEYS = ("url", "cert")
NEEDED = frozenset(["url"])
SCHEMES = {"tcp": (50001, False), "ssl": (50002, True)}
FOLDER = RecordedServer(
    electrum.SOURCE,
    "the server",
    dict.fromkeys(sorted(electrum.ALLOWED - {"server.features", electrum.TIP.method})),
    first=SERVER.method,
)
read = partial(told_of, electrum.read_from)


@dataclass(frozen=True)
class ElectrumServer(ServerProgram):
    """See Program."""

    read_from = staticmethod(electrum.read_from)

    def asker(self, patience: Patience, progress: Callable[[str], None]) -> Asker:
        """The server, asked over TCP or TLS."""
        from gitbtc.sources.electrum_tcp import ElectrumTcp

        self.server.warn(progress)
        return ElectrumTcp(self.server.name, self.server.endpoint, self.server.certificate, patience, progress)

    def tip(self, asker: Asker) -> str:
        """Its best block."""
        answer = Answer(answer_to(asker, electrum.TIP), asker.where(electrum.TIP))
        return electrum.read_header(answer.text("hex"), answer.natural("height"), answer.where).hash


def configured(name: str, table: Mapping[str, Any], outside: Callable[[Path, str], Path]) -> ElectrumServer:
    """The server that a table of .gitbtc/sources.toml names. Raises UsageError."""
    del outside  # no file that holds a secret is named
    found = server(name, table, SCHEMES)
    if found.base:
        raise UsageError("the url must be ssl://HOST:PORT or tcp://HOST:PORT")
    return ElectrumServer(found)
