"""Many versions of state files at once, each held as its difference from one of them, the anchor.

Branches differ in a few records. So each file is read once, compared with the anchor's, and let go; what two versions
differ in follows from their two differences, and no third comparison of whole files is made.
"""

from __future__ import annotations

from functools import lru_cache, partial

from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.delta import NotCanonical, compare, walk
from gitbtc.kinds.layouts import Folded, differing, holding, read
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK
from gitbtc.spends.listing import Coins, CoinsInShards

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gitbtc.kinds.kind import Key, Kind
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Entry

    # (the line before, the line now); None where there is no such record
    Pair = tuple[bytes | None, bytes | None]
    Differences = Mapping[Key, Pair]

# A file that only makes sense whole is one record with this key, and its content is the line.
WHOLE = ()
_KEPT = 2  # files that shards make


class Version:
    """The state files of one commit: path -> (mode, oid). `name` says which it is, in messages."""

    __slots__ = ("entries", "name", "oid")

    def __init__(self, name: str, oid: str, entries: Mapping[str, Entry]) -> None:
        self.name = name
        self.oid = oid
        self.entries = entries

    def blob(self, path: str) -> str:
        """The oid of the file at `path`; "" when there is none, or it is no file."""
        mode, oid = self.entries.get(path, (SYMBOLIC_LINK, ""))
        return "" if mode in (SYMBOLIC_LINK, SUBMODULE) else oid


class Versions:
    """What versions of state files differ in, by record. `read` answers the content of a blob by its oid."""

    def __init__(self, anchor: Version, kinds: Kinds, read: Callable[[str], bytes]) -> None:
        self.anchor = anchor
        self.kinds = kinds
        self._read = read
        self._anchored: dict[str, bytes] = {}
        self._from_anchor: dict[tuple[str, str], Differences] = {}
        self._between: dict[tuple[str, str, str], Differences] = {}
        self._lines: dict[bytes | None, bytes | None] = {}
        self._made: dict[str, bytes] = {}
        self._joined = lru_cache(maxsize=_KEPT)(self._join)
        # (path, oid) of the files that are no canonical ones, among those that were compared.
        self.other_forms: set[tuple[str, str]] = set()

    def kind(self, path: str) -> Kind:
        """The kind of the state file at `path`."""
        kind = self.kinds.for_path(path)
        if kind is None:
            raise KeyError(path)
        return kind

    def content(self, blob: str) -> bytes:
        """The bytes of a blob; none for ""."""
        if blob in self._made:
            return self._made[blob]
        if isinstance(blob, Folded):
            return self._joined(blob)
        return self._read(blob) if blob else b""

    def _join(self, oid: Folded) -> bytes:
        return read(oid, lambda _, blob: self._read(blob))

    def make(self, content: bytes) -> str:
        """What to call, instead of an oid, a file that is in no repository."""
        name = f"made {len(self._made)}"
        self._made[name] = content
        return name

    def anchored(self, path: str) -> bytes:
        """The anchor's file at `path`, read once."""
        if path not in self._anchored:
            self._anchored[path] = self.content(self.anchor.blob(path))
        return self._anchored[path]

    def coins(self, path: str, sound: Entry | None = None) -> Coins:
        """The coins that the anchor lists at `path`. Malformed. `sound`: a version of the file that was read whole, and
        broke no rule: then of shards that lie there too, each is read when it is asked about.
        """
        oid, names = self.anchor.blob(path), self.apart(path, sound)
        if names is None or not isinstance(oid, Folded):
            return Coins(self.anchored(path))
        self.anchored_in(path, names)
        return CoinsInShards({name: partial(self._in_shards, oid, [name]) for name in holding(oid)})

    def apart(self, path: str, sound: Entry | None) -> list[str] | None:
        """The shards in which the anchor's file at `path` differs from another version of it; None where all may."""
        oid = self.anchor.blob(path)
        return differing([self.anchor.entries.get(path), sound]) if sound and isinstance(oid, Folded) else None

    def anchored_in(self, path: str, names: Iterable[str]) -> bytes:
        """What some of the anchor's shards at `path` make. Malformed."""
        return self._in_shards(self.anchor.blob(path), names)

    def from_anchor(self, path: str, blob: str) -> Differences:
        """Record by record, the anchor's file at `path` and another version of it. Malformed when one is no file of
        its kind.
        """
        if (path, blob) not in self._from_anchor:
            self._from_anchor[path, blob] = self._compared(path, blob)
        return self._from_anchor[path, blob]

    def between(self, path: str, old: str, new: str) -> Differences:
        """Record by record, what two versions of the file at `path` differ in. Malformed."""
        if old == new:
            return {}
        if (path, old, new) not in self._between:
            before, after = self.from_anchor(path, old), self.from_anchor(path, new)
            pairs = {key: (_line(key, before, after), _line(key, after, before)) for key in {**before, **after}}
            self._between[path, old, new] = {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
        return self._between[path, old, new]

    def _pair(self, path: str, blob: str) -> tuple[bytes, bytes]:
        """The anchor's file and another version, without shards that both have."""
        anchor = self.anchor.blob(path)
        names = differing([("", oid) if oid else None for oid in (anchor, blob)])
        if names is None:
            return self.anchored(path), self.content(blob)
        old, new = (self._in_shards(oid, names) for oid in (anchor, blob))
        return old, new

    def _in_shards(self, oid: str, names: Iterable[str]) -> bytes:
        return read(oid, lambda _, blob: self._read(blob), names) if isinstance(oid, Folded) else b""

    def _compared(self, path: str, blob: str) -> Differences:
        if blob == self.anchor.blob(path):
            return {}
        kind, (old, new) = self.kind(path), self._pair(path, blob)
        if kind.identity == "file":
            return {WHOLE: (old or None, new or None)}
        if new and not new.strip() and kind.frame.empty:
            raise Malformed(f"the file is empty; without records it is {'[]' if kind.is_array else 'not there'}")
        try:
            changes = walk(kind, old, new)
        except NotCanonical:
            changes = compare(kind, codec.keyed(kind, old), codec.keyed(kind, new))
            if new and codec.canonical(kind, new) != new:
                self.other_forms.add((path, blob))
        # Branches have most of their lines from each other: each is kept once.
        kept = self._lines.setdefault
        return {change.key: (kept(change.old, change.old), kept(change.new, change.new)) for change in changes}


def _line(key: Key, own: Differences, other: Differences) -> bytes | None:
    """The line of a version, given its own and another version's differences from the anchor."""
    return own[key][1] if key in own else other[key][0]


def both_changed(kind: Kind, mine: Differences, yours: Differences) -> set[Key]:
    """The records that both sides changed, each in another way; where records have names, those of a thing together."""
    keys = {key for key in mine.keys() & yours.keys() if mine[key] != yours[key]}
    if not kind.renames:
        return keys
    things = {key[:-1] for key in mine} & {key[:-1] for key in yours}
    apart = {key for key in {**mine, **yours} if mine.get(key) != yours.get(key)}
    contested = {key[:-1] for key in apart} & things
    return keys | {key for key in {**mine, **yours} if key[:-1] in contested}


def excerpt(kind: Kind, lines: Iterable[tuple[Key, bytes | None]], *, exists: bool) -> bytes:
    """A state file with these records alone; nothing when the whole file does not exist."""
    found = {key: line for key, line in lines if line is not None}
    if kind.identity == "file":
        return found.get(WHOLE, b"")
    return codec.encode_lines(kind, [found[key] for key in sorted(found)]) if exists else b""
