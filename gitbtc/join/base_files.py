"""The files of the commit that all heads have in common, read where somebody asks for them: of shards each by itself.

A wallet of a million coins of which the heads changed ten costs the ten shards that those lie in.
"""

from __future__ import annotations

from gitbtc.errors import CannotWork
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.layouts import Folded, divided, folded, layout_named, read, shard_of_key, shard_path, unfolded
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitbtc.kinds.kind import Key, Kind
    from gitbtc.kinds.layouts import Layout
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Entry

NO_FILE = frozenset([SYMBOLIC_LINK, SUBMODULE])


class BaseFiles:
    """The files of the base as they lie, `files` (path -> entry); `blob` reads one by its oid.

    Where a path is that of a shard, its records are those of the base that belong in it, however they lie there.
    """

    def __init__(self, files: Mapping[str, Entry], blob: Callable[[str], bytes], kinds: Kinds) -> None:
        self.files = files
        self.blob = blob
        self._kinds = kinds
        self._kind_of: dict[str, Kind | None] = {}
        self._entries = folded(kinds, files)
        self._contents: dict[str, bytes] = {}
        self._lines: dict[str, dict[Key, bytes]] = {}
        self._divisions: dict[tuple[str, Layout], dict[str, bytes]] = {}

    def kind(self, path: str) -> Kind | None:
        """The kind of a state file; None for any other file."""
        if path not in self._kind_of:
            self._kind_of[path] = self._kinds.for_path(path)
        return self._kind_of[path]

    def entry(self, path: str) -> Entry | None:
        """The entry of a file; of shards, of all together."""
        return self._entries.get(path)

    def entries(self) -> Mapping[str, Entry]:
        """Those of all files."""
        return self._entries

    def holding(self, path: str) -> dict[str, Entry]:
        """The files that hold the records at `path`: path -> entry."""
        entry = self.entry(path)
        return unfolded({path: entry}) if entry else {}

    def content(self, path: str) -> bytes:
        """The bytes of a state file; none where it is no such file. CannotWork for shards that are none."""
        self._take(path)
        return self._contents[path]

    def lines(self, path: str) -> dict[Key, bytes]:
        """The lines of a state file, by key."""
        self._take(path)
        return self._lines[path]

    def line(self, path: str, key: Key) -> bytes | None:
        """The line of one of the records at `path`; None where there is none."""
        shards = self.shards(path)
        if shards is None or path in self._lines:
            return self.lines(path).get(key)
        try:
            name = shard_of_key(shards.kind, shards.layout, key)
        except Malformed:  # no shard can hold it
            return None
        return self.lines(path if name is None else shard_path(path, name)).get(key)

    def shards(self, path: str) -> Folded | None:
        """The shards that hold the records at `path`; None where they lie in one file, in two layouts, or nowhere."""
        oid = (self.entry(path) or ("", ""))[1]
        return oid if isinstance(oid, Folded) and not oid.fault else None

    def _take(self, path: str) -> None:
        if path in self._lines:
            return
        kind, content = self.kind(path), b""
        try:
            content = self._read(path)
            self._lines[path] = codec.keyed(kind, content) if kind else {}
        except Malformed as error:
            if kind is not None and (kind.shards and self._is_in_shards(path)):
                raise CannotWork(f"the commit that the heads have in common cannot be read: {error}") from None
            self._lines[path], content = {}, b""
        self._contents[path] = content

    def _is_in_shards(self, path: str) -> bool:
        return isinstance((self.entry(self._kinds.whole(path)) or ("", ""))[1], Folded)

    def _read(self, path: str) -> bytes:
        shard, kind = self._kinds.shard(path), self.kind(path)
        if shard is None or kind is None:
            return self._whole(self.entry(path))
        whole, name = shard
        shards, layout = self.shards(whole), layout_named(kind, name)
        if shards is not None and shards.layout == layout:
            return read(shards, self._file, [name]) if name in shards.files else b""
        if (whole, layout) not in self._divisions:
            self._divisions[whole, layout] = divided(kind, layout, self.content(whole))
        return self._divisions[whole, layout].get(name, b"")

    def _whole(self, entry: Entry | None) -> bytes:
        if entry is None or entry[0] in NO_FILE:
            return b""
        oid = entry[1]
        return read(oid, self._file) if isinstance(oid, Folded) else self.blob(oid)

    def _file(self, _: str, oid: str) -> bytes:
        return self.blob(oid)
