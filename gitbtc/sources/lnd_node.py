"""An LND node as a source that a repository names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gitbtc.sources.asking import Call, answer_to, at_one_moment
from gitbtc.sources.endpoints import Endpoint, SecretText, certificate, lacking, read_url, secret_text
from gitbtc.sources.remembering import remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gitbtc.sources.asking import Asker, CommandLine, Patience
    from gitbtc.sources.core_cursor import Cursor
    from gitbtc.sources.lightning import Remembered
    from gitbtc.sources.snapshot import SourceSnapshot

KEYS = ("url", "macaroon", "cert")
NEEDED = frozenset(["url", "macaroon"])
_PORT = 8080
_ADMIN = "admin.macaroon"


@dataclass(frozen=True)
class LndNode:
    """An lnd and what it is asked with. See Program. `certificate` is its tls.cert; without one it must show a
    certificate that this system trusts.
    """

    name: str
    endpoint: Endpoint
    macaroon: SecretText
    certificate: Path | None

    def asker(self, patience: Patience, progress: Callable[[str], None]) -> Asker:
        """The node, asked over REST."""
        from gitbtc.sources.lnd_rest import LndRest

        return LndRest(self.name, self.endpoint, self.macaroon, self.certificate, patience, progress)

    def read(self, asker: Asker, root: Path, cursor: Cursor | None = None, *, strict: bool = False) -> SourceSnapshot:
        """What the node tells. There is no cursor: each answer is whole."""
        del cursor
        known = remembered(root)
        snapshot = read(asker, root, strict=strict)
        if known.is_new and self.macaroon.path and self.macaroon.path.name == _ADMIN:
            told = f"{_ADMIN} can spend and close channels; gitbtc only reads, and readonly.macaroon is enough"
            return replace(snapshot, notices=(*snapshot.notices, told))
        return snapshot

    def tip(self, asker: Asker) -> str:
        """The block that it has come to."""
        return str(answer_to(asker, Call("getinfo")).get("block_hash"))

    def waits_for_block(self, asker: Asker, tip: str) -> bool:
        """There is no such call over REST that ends by itself."""
        del asker, tip
        return False

    def lacking(self) -> str:
        """The macaroon, the certificate."""
        return lacking(self.macaroon, self.certificate, "; lnd writes tls.cert beside its configuration")


def read(asker: Asker, root: Path, *, strict: bool = False) -> SourceSnapshot:
    """What a node tells, live or in a folder, for the state files of `root`. One that has not caught up with the chain
    is refused anyhow.
    """
    del strict
    return read_knowing(asker, remembered(root))


def read_knowing(asker: Asker, known: Remembered) -> SourceSnapshot:
    """The same for state files that hold what is `known`."""
    from gitbtc.sources.lnd import read_from

    return at_one_moment(asker, partial(read_from, asker, known))


def shell() -> CommandLine:
    """How a folder has the answers: as `lncli` prints them."""
    from gitbtc.sources.lnd import LNCLI

    return LNCLI


def configured(name: str, table: Mapping[str, Any], outside: Callable[[Path, str], Path]) -> LndNode:
    """The node that a table of .gitbtc/sources.toml names. Raises UsageError."""
    endpoint = read_url(table["url"], insecure=table.get("insecure", False), port=_PORT, sent="macaroon")
    macaroon = secret_text("macaroon", table["macaroon"], outside)
    return LndNode(name, endpoint, macaroon, certificate(table.get("cert")))
