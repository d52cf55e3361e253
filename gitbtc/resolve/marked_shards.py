"""Records that lie in shards some of which hold conflicts: settled as those of one file are (merge/markers.py)."""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.layouts import Layout, shard_of
from gitbtc.merge.markers import MarkedFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitbtc.kinds.kind import Key, Kind


class MarkedShards:
    """The shards `contents` (name -> bytes) of a kind that lies as `layout` says. Malformed as for a MarkedFile."""

    def __init__(self, kind: Kind, layout: Layout, contents: Mapping[str, bytes]) -> None:
        self.kind = kind
        self._layout = layout
        self.shards = {name: MarkedFile(kind, content) for name, content in contents.items()}

    @property
    def open(self) -> dict[Key, bytes]:
        """Each open conflict by its record's key."""
        return {key: marked for shard in self.shards.values() for key, marked in shard.open.items()}

    @property
    def lines(self) -> dict[Key, bytes]:
        """The settled records by key."""
        return {key: line for shard in self.shards.values() for key, line in shard.lines.items()}

    def settle(self, key: Key, *lines: bytes | None) -> None:
        """Put `lines` (None: nothing) in the place of the record `key`, each in the shard where it belongs."""
        for shard in self.shards.values():
            if key in shard.open or key in shard.lines:
                shard.settle(key)
        for line in lines:
            if line is not None:
                name = shard_of(self.kind, self._layout, key, codec.decode_line(self.kind, line))
                self.shards.setdefault(name, MarkedFile(self.kind, b"")).settle(key, line)

    def contents(self) -> dict[str, bytes]:
        """The shards as they now stand."""
        return {name: shard.content() for name, shard in self.shards.items()}
