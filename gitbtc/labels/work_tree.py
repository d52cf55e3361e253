"""The files of a root that hold names, as they lie in the work tree, and how they are replaced: all of them or none."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.labels.label_file import KIND, LabelFile, things
from gitbtc.labels.naming import KINDS, Files
from gitbtc.sources import statefiles
from gitbtc.sources.told import Pin, Source, Told, escaped, files_are_written, sources_called
from gitbtc.spends import COINS, TRANSACTIONS
from gitbtc.state.on_disk import OnDisk
from gitbtc.state.snapshot import installed_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from gitbtc.repo.git import Git

_FILE = "labels="  # before the name of a file
_PATH = built_in(KIND).path
_BY_TXID = (COINS, TRANSACTIONS)


class Root:
    """One root of the work tree at whose top `git` works; `path` is "" at the top."""

    def __init__(self, git: Git, path: str) -> None:
        self._git = git
        self.path = path
        self.files = Files(self._opened)
        self._txids: Collection[str] | None = None
        self._besides: Mapping[str, bytes] = {}

    def ask_only(self, txids: Collection[str]) -> None:
        """Of coins and transactions that were not read yet and lie in shards ask those of these transactions alone, and
        what lies beside them.
        """
        self._txids = txids

    @property
    def labels(self) -> LabelFile:
        """The labels of BIP-329 that lie here."""
        return LabelFile(self.files.records[KIND], known=self.content(KIND))

    def _opened(self, kind: str) -> tuple[bytes, Any]:
        return statefiles.opened(Path(self._git.cwd, self.path), built_in(kind), self._of(kind))

    def _of(self, kind: str) -> Collection[str] | None:
        return self._txids if kind in _BY_TXID else None

    def _there(self, kind: str) -> OnDisk:
        return OnDisk(os.path.join(self._git.cwd or "", self.path), built_in(kind))

    def reading(self, kind: str) -> list[Callable[[], bytes]]:
        """How to read each of the files that hold the records of a kind, as they lie."""
        there = self._there(kind)
        return [partial(there.file, path) for path in there.paths]

    def has_transactions(self) -> bool:
        """Whether any is recorded here."""
        return any(len(read()) > len(b"[]\n") for read in self.reading(TRANSACTIONS))

    def content(self, kind: str) -> bytes:
        """The file of a kind, as it lay there, in canonical form; none where there is none."""
        return self.files.before(kind) if kind in KINDS else self._opened(kind)[0]

    def take(self, contents: Mapping[str, bytes]) -> None:
        """Have other state files, by their paths from the root, written with those that hold names."""
        self._besides = contents

    def save(self, *, looked_through: bool = False) -> list[str]:
        """Write what has changed; the paths. GitbtcError, and nothing is written, for what could not be committed.

        `looked_through`: for keys, every text that is new.
        """
        from gitbtc.worktree.applying import WorkTree

        files = dict(self._besides)
        for kind, (_, after) in self.files.changed().items():
            files |= self._there(kind).laid_out(after, self._of(kind))
        contents = {f"{self.path}/{path}" if self.path else path: after for path, after in files.items()}
        if not contents:
            return []
        return WorkTree(self._git, installed_kinds(self._git)).write(contents, looked_through=looked_through)


class LastImports:
    """What each file of labels said when it came in last: the file is a source, called by its name, of the root `root`
    (gitbtc/sources/told.py). `here` is the labels that lie there now.
    """

    def __init__(self, git: Git, root: Root, here: LabelFile) -> None:
        self._git = git
        self._root = root
        self._here = here

    def of(self, name: str) -> bytes | None:
        """What the file called `name` said last of that which this branch took in; None when it never came in here.

        Whether an import was taken in is known by the file that it left. Where people went on writing in it before they
        committed, each label that it brought and that is here, or has another name here, tells that it was.
        """
        source = self._source(name)
        last, known = source.last(), self._taken(source)
        if last is None:
            return None
        said = known.files.get(KIND, b"") if known else b""
        if known is None or known.files != last.files:
            said = self._with_what_is_here(said, last.files.get(KIND, b""))
        return said if known or said else None

    def fees_of(self, name: str) -> dict[str, int]:
        """txid -> the fee that the file called `name` told last of that which this branch took in."""
        known = self._taken(self._source(name))
        told = known.files.get(TRANSACTIONS, b"") if known else b""
        return {record["txid"]: record["fee_sat"] for record in codec.parse(built_in(TRANSACTIONS), told)}

    def _taken(self, source: Source) -> Told | None:
        return source.last_here({_PATH: self._here.content()} if self._here.records else {})

    def _with_what_is_here(self, said: bytes, later: bytes) -> bytes:
        """`said`, but of the things that stand here with other rows than there what a `later` import said of them."""
        here = self._here.things()
        known, news = (things(codec.parse(built_in(KIND), content)) for content in (said, later))
        known |= {thing: rows for thing, rows in news.items() if thing in here and here[thing] != known.get(thing)}
        return codec.encode_file(built_in(KIND), [row for rows in known.values() for row in rows])

    def keep(self, name: str, said: bytes, fees: Mapping[str, int], changed: Iterable[str], when: int) -> None:
        """Keep what the file called `name` said, whose import changed the files `changed` (from the top): the labels
        `said`, and the `fees` (sat) by txid.
        """
        inside = len(self._root.path) + 1 if self._root.path else 0
        names, kinds = {built_in(kind).path for kind in KINDS}, installed_kinds(self._git)
        left = {
            path[inside:]: Path(self._git.cwd, path).read_bytes()
            for path in changed
            if kinds.whole(path[inside:]) in names
        }
        source = self._source(name)
        files = {KIND: said}
        if fees:
            rows = [{"txid": txid, "fee_sat": fee} for txid, fee in fees.items()]
            files[TRANSACTIONS] = codec.encode_file(built_in(TRANSACTIONS), rows)
        with files_are_written():
            source.remember(source.store(Told(Pin(""), files, source.blob_ids(left)), when))

    def all(self) -> Iterator[bytes]:
        """What every file said last."""
        for source in sources_called(self._git, _FILE, self._root.path):
            last = source.last()
            yield last.files.get(KIND, b"") if last else b""

    def _source(self, name: str) -> Source:
        return Source(self._git, _FILE + escaped(name), self._root.path)
