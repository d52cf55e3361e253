"""A Core Lightning node as a source that a repository names."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gitbtc.errors import UsageError
from gitbtc.sources.asking import Call, answer_to, at_one_moment
from gitbtc.sources.endpoints import Endpoint, SecretText, certificate, lacking, named_file, read_url, secret_text
from gitbtc.sources.remembering import remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gitbtc.sources.asking import Asker, CommandLine, Patience
    from gitbtc.sources.core_cursor import Cursor
    from gitbtc.sources.lightning import Remembered
    from gitbtc.sources.snapshot import SourceSnapshot

KEYS = ("socket", "url", "rune", "cert")
NEEDED: frozenset[str] = frozenset()
_PORT = 3010


@dataclass(frozen=True)
class ClnSocket:
    """Where lightningd listens: <lightning-dir>/<network>/lightning-rpc."""

    path: Path


@dataclass(frozen=True)
class ClnDoor:
    """Where clnrest listens, what is shown to it, and the certificate that it must show: without one, some certificate
    that this system trusts.
    """

    endpoint: Endpoint
    rune: SecretText
    certificate: Path | None


@dataclass(frozen=True)
class ClnNode:
    """A lightningd. See Program."""

    name: str
    door: ClnSocket | ClnDoor

    def asker(self, patience: Patience, progress: Callable[[str], None]) -> Asker:
        """The node, asked by its socket or by clnrest."""
        del progress
        from gitbtc.sources.cln_rpc import ClnRest, UnixRpc

        if isinstance(self.door, ClnSocket):
            return UnixRpc(self.name, self.door.path, patience)
        return ClnRest(self.name, self.door.endpoint, self.door.rune, self.door.certificate, patience)

    def read(self, asker: Asker, root: Path, cursor: Cursor | None = None, *, strict: bool = False) -> SourceSnapshot:
        """What the node tells. There is no cursor: each answer is whole."""
        del cursor
        return read(asker, root, strict=strict)

    def tip(self, asker: Asker) -> str:
        """The height that it has come to; it tells no hash."""
        return str(answer_to(asker, Call("getinfo")).get("blockheight"))

    def waits_for_block(self, asker: Asker, tip: str) -> bool:
        """There is no such call that a rune for reading would allow."""
        del asker, tip
        return False

    def lacking(self) -> str:
        """The socket; the rune, the certificate."""
        if isinstance(self.door, ClnSocket):
            here = self.door.path.is_socket()
            return "" if here else f"no socket at {self.door.path}; is lightningd running for this network?"
        return lacking(self.door.rune, self.door.certificate)


def read(asker: Asker, root: Path, *, strict: bool = False) -> SourceSnapshot:
    """What a node tells, live or in a folder, for the state files of `root`. One that has not caught up with the chain
    is refused anyhow.
    """
    del strict
    return read_knowing(asker, remembered(root))


def read_knowing(asker: Asker, known: Remembered) -> SourceSnapshot:
    """The same for state files that hold what is `known`."""
    from gitbtc.sources.cln import read_from

    return at_one_moment(asker, partial(read_from, asker, known, int(time.time())))


def shell() -> CommandLine:
    """How a folder has the answers: as `lightning-cli` prints them."""
    from gitbtc.sources.cln import LIGHTNING_CLI

    return LIGHTNING_CLI


def configured(name: str, table: Mapping[str, Any], outside: Callable[[Path, str], Path]) -> ClnNode:
    """The node that a table of .gitbtc/sources.toml names. Raises UsageError."""
    path = table.get("socket")
    if (path is None) == (table.get("url") is None):
        raise UsageError("name one of lightningd's socket and the url of its clnrest")
    if path is not None:
        if table.get("rune") is not None or table.get("cert") is not None:
            raise UsageError("a socket needs neither rune nor cert")
        return ClnNode(name, ClnSocket(named_file(path)))
    if table.get("rune") is None:
        raise UsageError("rune is missing: a file's path or env:NAME")
    endpoint = read_url(table["url"], insecure=table.get("insecure", False), port=_PORT, sent="rune")
    rune = secret_text("rune", table["rune"], outside)
    return ClnNode(name, ClnDoor(endpoint, rune, certificate(table.get("cert"))))
