"""What a root knows that a Lightning node does not tell again, read from its state files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.errors import GitbtcError
from gitbtc.kinds import codec, registry
from gitbtc.sources.lightning import Remembered
from gitbtc.spends import CHANNELS, COINS, EXECUTION
from gitbtc.state.on_disk import OnDisk

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.kinds.kind import Record


def remembered(root: Path) -> Remembered:
    """What `root` knows; nothing of a broken file, which whoever brings the answers in refuses."""
    coins = {(one["txid"], one["vout"]): one for one in _records(root, COINS)}
    peers = {one["pubkey"]: one for one in _records(root, "peers")}
    is_new = not (root / registry.built_in(CHANNELS).path).exists()
    return Remembered(tuple(_records(root, EXECUTION)), coins, peers, is_new)


def _records(root: Path, name: str) -> list[Record]:
    kind = registry.built_in(name)
    try:
        content = OnDisk(str(root), kind).content()
        found = codec.parse(kind, content) if content else []
    except GitbtcError:
        return []
    needed = kind.record_schema["required"]
    return [one for one in found if isinstance(one, dict) and all(field in one for field in needed)]
