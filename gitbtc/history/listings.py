"""The state files of many commits, each of which has nearly all in common with the one before it."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.delta import NotCanonical, body
from gitbtc.kinds.layouts import Folded, differing, folded, holding, read, refolded
from gitbtc.kinds.shards import TXID
from gitbtc.repo.blobs import LastRead
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from gitbtc.kinds.kind import Kind
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Entry
    from gitbtc.repo.objects import Objects

    Entries = Mapping[str, Entry]  # path -> (mode, oid)

_MOST = 16  # commits whose files are listed
_JOINED = 4  # files that shards make by sorting their records


class Listings:
    """The files that commits have of some kinds, by path; one for all shards of a kind in a root (kinds/layouts.py).

    The first commit's tree is listed whole. Every other one's files are those of the commit that was asked for before
    it, but for what differs between the two trees: a wallet may lie in thousands of shards.
    """

    def __init__(self, objects: Objects, kinds: Kinds, names: frozenset[str] | None = None) -> None:
        """`names`: the kinds whose files are wanted; without them, all of `kinds`."""
        self._objects = objects
        self._kinds = kinds
        self._names = names
        self._known: dict[str, tuple[str, Entries]] = {}  # by commit, with its tree
        self._wanted: dict[str, bool] = {}  # by the path that all shards have in common
        self._latest = ""

    def of(self, commit: str) -> Entries:
        """The files of the commit with that oid."""
        if commit not in self._known:
            if len(self._known) >= _MOST:
                self._known = {self._latest: self._known[self._latest]}
            tree = self._objects.ancestor(commit).tree
            self._known[commit] = tree, self._listed(commit, tree)
        self._latest = commit
        return self._known[commit][1]

    def _listed(self, commit: str, tree: str) -> Entries:
        if not self._latest:
            return folded(self._kinds, self._objects.chosen(commit, self._is_wanted))
        before, known = self._known[self._latest]
        changed = {
            path: None if now and now[0] == SUBMODULE else now
            for path, (_, now) in self._objects.differing(before, tree).items()
            if self._is_wanted(path)
        }
        return refolded(self._kinds, known, changed) if changed else known

    def _is_wanted(self, path: str) -> bool:
        shard = self._kinds.shard(path)
        whole = shard[0] if shard else path
        if whole not in self._wanted:
            kind = self._kinds.for_path(whole)
            self._wanted[whole] = kind is not None and (self._names is None or kind.name in self._names)
        return self._wanted[whole]


class Contents:
    """The bytes of such files. `blob` answers the oid of a blob with its bytes. Malformed for shards that make no file,
    and for a symbolic link.
    """

    def __init__(self, blob: Callable[[str], bytes]) -> None:
        self.blob = blob
        # The bytes of one shard, given its blob: the next commit's version has most of them too.
        self.shard = LastRead(blob)
        self._sorted = lru_cache(maxsize=_JOINED)(self._join)

    def of(self, entry: Entry | None) -> bytes:
        """All records; none where there is no file."""
        if entry is None:
            return b""
        oid = _readable(entry)
        if not isinstance(oid, Folded):
            return self.blob(oid)
        return self._join(oid) if oid.kind.shards == TXID else self._sorted(oid)

    def apart(self, *versions: Entry | None, near: Collection[str] | None = None) -> list[bytes]:
        """The records of each of some versions, without shards that are the same in all of them: they differ in the
        same records as the whole. `near`: the transactions, by the first digits, to which all that is asked about
        belongs.
        """
        names = differing(versions)
        if names is None:
            return [self.of(entry) for entry in versions]
        if near is not None:
            digits = set(map(len, names))
            belonging = {txid[:count] for txid in near for count in digits}
            names = [name for name in names if name in belonging]
        oids = [_readable(entry) if entry else None for entry in versions]
        return [self._join(oid, names) if isinstance(oid, Folded) else b"" for oid in oids]

    def about(
        self, kind: Kind, txids: Collection[str], *versions: Entry | None, near: Collection[str] | None
    ) -> list[bytes]:
        """Of that, the records that name one of some transactions, in whichever version. `kind` calls its records by
        txid; `near`: the transactions, by the first digits, whose records can name one, None for any. Of a file that is
        not a record a line, all.
        """
        texts = self.apart(*versions, near=near)
        if not all(text in {b"", kind.frame.empty} or _is_a_record_a_line(kind, text) for text in texts):
            return texts
        named = [line for text in texts for line in _naming(text, txids)]
        own = {codec.read_line(kind, line)[1][0] for line in named}
        return [kind.frame.file(_naming(text, own)) if text else b"" for text in texts]

    def near(self, entry: Entry | None, txids: Collection[str] | None = None) -> Iterator[bytes]:
        """The files in which records of some transactions can lie (of any, without `txids`), one after the other."""
        return (read_one() for _, read_one in self.files(entry, txids))

    def files(
        self, entry: Entry | None, txids: Collection[str] | None = None
    ) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """The same: what tells the versions of each apart, and how to read it."""
        oid = _readable(entry) if entry else ""
        if not isinstance(oid, Folded) or oid.kind.shards != TXID:
            yield oid, partial(self.of, entry)
            return
        for name in holding(oid, txids):
            yield oid.files[name][2], partial(self._join, oid, [name])

    def _join(self, oid: Folded, names: Sequence[str] | None = None) -> bytes:
        return read(oid, lambda _, blob: self.shard(blob), names)


def _readable(entry: Entry) -> str:
    if entry[0] == SYMBOLIC_LINK:
        raise Malformed("a symbolic link, which no state file can be")
    return entry[1]


def _is_a_record_a_line(kind: Kind, text: bytes) -> bool:
    """Whether a file looks canonical, each of its lines too."""
    try:
        begin, end = body(text, kind.frame)
    except NotCanonical:
        return False
    return text.count(b"\n{", begin - 1, end) == text.count(b"\n", begin, end)


def _naming(text: bytes, txids: Iterable[str]) -> list[bytes]:
    """The record lines that name one of some transactions, in their order."""
    found: dict[int, bytes] = {}
    for txid in txids:
        needle = txid.encode()
        at = text.find(needle)
        while at >= 0:
            begin, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
            found[begin] = text[begin:end].removesuffix(b",")
            at = text.find(needle, end)
    return [found[begin] for begin in sorted(found)]
