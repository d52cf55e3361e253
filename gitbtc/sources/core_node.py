"""A wallet of a Bitcoin Core node as a source that a repository names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitbtc.sources.asking import Call, answer_to
from gitbtc.sources.endpoints import Cookie, NodeAccess, credentials, lacking, read_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gitbtc.sources.asking import Asker, Patience
    from gitbtc.sources.core_cursor import Cursor
    from gitbtc.sources.snapshot import SourceSnapshot

KEYS = ("url", "wallet", "cookie", "auth")
NEEDED = frozenset(["url"])
_BLOCK_WAIT = 30  # seconds that a node is asked to wait for its next block
_TAKES_TIP = 300_000  # the release from which on waitfornewblock takes the tip that is known, and so misses none


@dataclass(frozen=True)
class CoreNode:
    """A node and a wallet of it. See Program."""

    access: NodeAccess

    def asker(self, patience: Patience, progress: Callable[[str], None]) -> Asker:
        """The node, asked over HTTP."""
        from gitbtc.sources.http_rpc import HttpRpc

        return HttpRpc(self.access, patience, progress)

    def read(self, asker: Asker, root: Path, cursor: Cursor | None = None, *, strict: bool = False) -> SourceSnapshot:
        """What the wallet tells."""
        return read(asker, root, cursor, strict=strict)

    def tip(self, asker: Asker) -> str:
        """The node's best block."""
        return str(answer_to(asker, Call("getbestblockhash")))

    def waits_for_block(self, asker: Asker, tip: str) -> bool:
        """Wait for the next block at the node itself, if it knows how to begin at the tip that is known here."""
        (network,) = asker.ask([Call("getnetworkinfo")])
        if not isinstance(network, dict) or network.get("version", 0) < _TAKES_TIP:
            return False
        asker.ask([Call("waitfornewblock", (_BLOCK_WAIT * 1000, tip))])
        return True

    def lacking(self) -> str:
        """What its credentials are read from."""
        return lacking(self.access.credentials)


def read(asker: Asker, root: Path, cursor: Cursor | None = None, *, strict: bool = False) -> SourceSnapshot:
    """What a wallet tells, live or in a folder, for the state files of `root`. See Program."""
    from gitbtc.sources.bitcoin_core import read_from
    from gitbtc.sources.dates import label_dates

    return read_from(asker, label_dates(root), cursor, strict=strict)


def configured(name: str, table: Mapping[str, Any], outside: Callable[[Path, str], Path]) -> CoreNode:
    """The node that a table of .gitbtc/sources.toml names. Raises UsageError."""
    endpoint = read_url(table["url"], insecure=table.get("insecure", False))
    secret = credentials(table.get("cookie"), table.get("auth"))
    if isinstance(secret, Cookie):
        secret = Cookie(outside(secret.path, "cookie"))
    return CoreNode(NodeAccess(name, endpoint, secret, table.get("wallet")))
