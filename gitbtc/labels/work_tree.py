"""The files of a root that hold names, as they lie in the work tree, and how they are replaced: all of them or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.labels.label_file import KIND, LabelFile, things
from gitbtc.labels.naming import KINDS, Files
from gitbtc.sources import statefiles
from gitbtc.sources.told import Pin, Source, Told, escaped, sources_called
from gitbtc.state.snapshot import installed_kinds, path_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitbtc.repo.git import Git

_FILE = "labels="  # before the name of a file
_PATH = built_in(KIND).path


class Root:
    """One root of the work tree at whose top `git` works; `path` is "" at the top."""

    def __init__(self, git: Git, path: str) -> None:
        self._git = git
        self.path = path
        self.files = Files(self._opened)

    @property
    def labels(self) -> LabelFile:
        """The labels of BIP-329 that lie here."""
        return LabelFile(self.files.records[KIND], known=self.content(KIND))

    def _opened(self, kind: str) -> tuple[bytes, Any]:
        return statefiles.opened(Path(self._git.cwd, self.path), built_in(kind))

    def content(self, kind: str) -> bytes:
        """The file of a kind, as it lay there, in canonical form; none where there is none."""
        return self.files.before(kind) if kind in KINDS else self._opened(kind)[0]

    def save(self, *, looked_through: bool = False) -> list[str]:
        """Write what has changed; the paths. GitbtcError, and nothing is written, for what could not be committed.

        `looked_through`: for keys, every text that is new.
        """
        from gitbtc.worktree.applying import WorkTree

        contents = {path_in(self.path, kind): after for kind, (_, after) in self.files.changed().items()}
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
        last, known = source.last(), source.last_here({_PATH: self._here.content()} if self._here.records else {})
        if last is None:
            return None
        said = known.files.get(KIND, b"") if known else b""
        if known is None or known.files != last.files:
            said = self._with_what_is_here(said, last.files.get(KIND, b""))
        return said if known or said else None

    def _with_what_is_here(self, said: bytes, later: bytes) -> bytes:
        """`said`, but of the things that stand here with other rows than there what a `later` import said of them."""
        here = self._here.things()
        known, news = (things(codec.parse(built_in(KIND), content)) for content in (said, later))
        known |= {thing: rows for thing, rows in news.items() if thing in here and here[thing] != known.get(thing)}
        return codec.encode_file(built_in(KIND), [row for rows in known.values() for row in rows])

    def keep(self, name: str, said: bytes, changed: Iterable[str], when: int) -> None:
        """Keep what the file called `name` said, whose import changed the files `changed` (from the top)."""
        inside = len(self._root.path) + 1 if self._root.path else 0
        left = {path[inside:]: Path(self._git.cwd, path).read_bytes() for path in changed}
        source = self._source(name)
        source.remember(Told(Pin(""), {KIND: said}, source.blob_ids(left)), when)

    def all(self) -> Iterator[bytes]:
        """What every file said last."""
        for source in sources_called(self._git, _FILE, self._root.path):
            last = source.last()
            yield last.files.get(KIND, b"") if last else b""

    def _source(self, name: str) -> Source:
        return Source(self._git, _FILE + escaped(name), self._root.path)
