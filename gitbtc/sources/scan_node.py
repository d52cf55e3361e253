"""The coins of a Bitcoin Core node without a wallet as a source that a repository names."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gitbtc.sources import core_node
from gitbtc.sources.asking import Call, NodeError, Patience, Unreadable
from gitbtc.sources.core_node import CoreNode
from gitbtc.sources.descriptor_wallet import descriptors_of, told_before
from gitbtc.sources.http_rpc import HttpRpc
from gitbtc.spends import COINS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gitbtc.sources.asking import Asker
    from gitbtc.sources.core_cursor import Cursor
    from gitbtc.sources.endpoints import NodeAccess
    from gitbtc.sources.snapshot import SourceSnapshot

KEYS = ("url", "cookie", "auth")
NEEDED = frozenset(["url"])
_LOOK = 2.0  # seconds between looks at how far a scan is
_LONGEST = 24 * 3600.0  # seconds that a scan may take, while the node says that it goes on
_SCAN, _BUSY = "scantxoutset", -8
_STATUS = Call(_SCAN, ("status",))


class ScanningRpc:
    """A node that is asked how far it is, over a second connection, while it scans: that takes minutes."""

    live = True

    def __init__(
        self, node: NodeAccess, patience: Patience, progress: Callable[[str], None], look: float = _LOOK
    ) -> None:
        self.name = node.name
        self._node = node
        self._patience = patience
        self._progress = progress
        self._look = look
        self._rpc = HttpRpc(node, patience, progress)
        self._told = -1

    def where(self, call: Call) -> str:
        """The method, and of whom it was asked."""
        return self._rpc.where(call)

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """The result of each call, or a NodeError in its place. Raises Unreadable."""
        if all(call.method != _SCAN for call in calls):
            return self._rpc.ask(calls)
        return [self._scanned(call) for call in calls]

    def close(self) -> None:
        """Close the connection."""
        self._rpc.close()

    def _scanned(self, call: Call) -> Any:
        """The scan; where another one is under way at the node, after it."""
        waited = 0.0
        while True:
            result = self._once(call)
            if not isinstance(result, NodeError) or result.code != _BUSY:
                return result
            share = self._share()
            if waited >= self._patience.start:
                far = "" if share is None else f" ({share} %)"
                raise Unreadable(f"{self.name}: another scan is under way at the node{far}, and it does one at a time; "
                                 "try later, or wait longer (--wait)")  # fmt: skip
            self._say(share, "another scan is under way at the node")
            threading.Event().wait(self._look)
            waited += self._look

    def _once(self, call: Call) -> Any:
        """The scan, followed until it ends. Raises Unreadable, also where the node forgets it."""
        outcome: list[Any] = []
        worker = threading.Thread(target=self._run, args=(call, outcome), daemon=True)
        worker.start()
        silent = 0.0
        while True:
            worker.join(self._look)
            if outcome:
                break
            share = self._share()
            silent = silent + self._look if share is None else 0.0
            if silent > self._patience.answer:
                raise Unreadable(f"{self.name}: the node says that nothing is scanned, and gave no answer to the scan")
            self._say(share, "scanning the coins")
        if isinstance(outcome[0], Exception) and not isinstance(outcome[0], NodeError):
            raise outcome[0]
        return outcome[0]

    def _run(self, call: Call, outcome: list[Any]) -> None:
        rpc = HttpRpc(self._node, replace(self._patience, answer=_LONGEST), self._progress)
        try:
            outcome += rpc.ask([call])
        except Exception as error:  # noqa: BLE001 - it is raised where the scan is waited for
            outcome.append(error)
        finally:
            rpc.close()

    def _share(self) -> int | None:
        """How much of a scan is done, in percent; None where none is under way."""
        (status,) = self._rpc.ask([_STATUS])
        done = status.get("progress") if isinstance(status, dict) else None
        return None if done is None else int(done)

    def _say(self, share: int | None, what: str) -> None:
        if share is not None and share // 10 != self._told // 10:
            self._told = share
            self._progress(f"{self.name}: {what}: {share} %")


@dataclass(frozen=True)
class ScanNode(CoreNode):
    """A node. See Program. `more` are descriptors beside those of the root."""

    more: tuple[str, ...] = ()

    def asker(self, patience: Patience, progress: Callable[[str], None]) -> Asker:
        """The node, asked over HTTP."""
        return ScanningRpc(self.access, patience, progress)

    def read(self, asker: Asker, root: Path, cursor: Cursor | None = None, *, strict: bool = False) -> SourceSnapshot:
        """The coins of the root's descriptors."""
        del cursor  # the coins are one set, and looked at all
        return read(self.access.name, self.more, asker, root, strict=strict)


def read(name: str, more: Sequence[str], asker: Asker, root: Path, *, strict: bool = False) -> SourceSnapshot:
    """What a node, live or in a folder, tells the source `name` of the coins of the descriptors of `root`, and of
    `more`.
    """
    from gitbtc.sources.scan import read_from

    return read_from(asker, descriptors_of(root, more), told_before(root, name, COINS), strict=strict)


def configured(name: str, table: Mapping[str, Any], outside: Callable[[Path, str], Path]) -> ScanNode:
    """The node that a table of .gitbtc/sources.toml names. Raises UsageError."""
    return ScanNode(core_node.configured(name, table, outside).access)
