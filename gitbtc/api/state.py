"""States: the state files of one moment, as a value."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.kinds import codec
from gitbtc.kinds.registry import SUFFIX, Kinds
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK, Git
from gitbtc.repo.install import SCHEMAS
from gitbtc.state.snapshot import of_contents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitbtc.kinds.kind import Kind
    from gitbtc.repo.git import Entry
    from gitbtc.state.snapshot import Snapshot


class State:
    """The state files of one moment: `files` maps each path (with `/`, from the top of the repository) to its canonical
    bytes, in the order of the paths. Two states are equal when their files are.

    `whole` is the same with one file for all shards of a kind in a root, at the path of the whole file: by that path
    their records are called.

    Made from files of any form; raises GitbtcError for one that does not parse, a path of no kind among `kinds` (the
    built-in ones unless told otherwise), and records that lie in two layouts, or in another one's shard.
    """

    __slots__ = ("files", "kinds", "whole")

    def __init__(self, files: Mapping[str, bytes] | None = None, kinds: Kinds | None = None) -> None:
        self.kinds = kinds or Kinds()
        self.files = {path: self._canonical(path, content) for path, content in sorted((files or {}).items())}
        self.whole = self._whole()

    def _whole(self) -> dict[str, bytes]:
        snapshot = self.snapshot("")
        if snapshot.files is snapshot.entries:
            return self.files
        return {path: snapshot.content(path) for path in sorted(snapshot.entries)}

    def snapshot(self, name: str) -> Snapshot:
        """The same as the rooms below know it; `name` says in messages which state it is."""
        return of_contents(name, self.files, self.kinds)

    def replaced(self, contents: Mapping[str, bytes | None], *others: State) -> State:
        """The state with other records at some paths (None: no file there), which lie as they do here; where there are
        none here, as in the first of `others` that has some.
        """
        snapshot = self.snapshot("")
        gone = {path for path in self.files if contents.get(self.kinds.whole(path), b"") is None}
        made = snapshot.laid_out(
            {path: content for path, content in contents.items() if content is not None},
            *(other.snapshot("") for other in others),
        )
        return State({path: content for path, content in self.files.items() if path not in gone} | made, self.kinds)

    @classmethod
    def of(cls, records: Mapping[str, Any], kinds: Kinds | None = None) -> State:
        """The state of the records at each path: a list of dicts, or the one dict of an object file."""
        known = kinds or Kinds()
        return cls({path: codec.encode_file(_kind(known, path), told) for path, told in records.items()}, known)

    def _canonical(self, path: str, content: bytes) -> bytes:
        try:
            return codec.canonical(self.kind(path), content)
        except codec.Malformed as error:
            raise GitbtcError(f"{path}: {error}") from None

    def kind(self, path: str) -> Kind:
        """The kind of the state file at `path`; GitbtcError when it is none."""
        return _kind(self.kinds, path)

    def records(self, path: str) -> Any:
        """The records of the file at `path`, in canonical order: a list of dicts, or one dict. KeyError for no file."""
        return codec.parse(self.kind(path), self.files[path] if path in self.files else self.whole[path])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self.files == other.files

    __hash__ = None  # type: ignore[assignment]  # its files are in a dict

    def __repr__(self) -> str:
        return f"State({', '.join(self.files) or 'empty'})"


def _kind(kinds: Kinds, path: str) -> Kind:
    kind = kinds.for_path(path)
    if kind is None:
        raise GitbtcError(f"{path}: not the path of a state file; `gitbtc schema` lists them")
    return kind


def snapshot(revision: str | None = None, *, repository: str | Path = ".") -> State:
    """The state that a revision holds, or without one the work tree: its state files, tracked or not, but for ignored
    ones. Kinds that the repository adds are read from there too.

    Raises UsageError for a revision that there is not, CannotWork where there is no repository, GitbtcError for a state
    file that is none.
    """
    git = Git.at(repository)
    return _work_tree(git.at_top()) if revision is None else _revision(git, revision)


def state_of(side: State | str, repository: str | Path) -> State:
    """The state itself, or the one of a revision."""
    return snapshot(side, repository=repository) if isinstance(side, str) else side


def _work_tree(git: Git) -> State:
    kinds = Kinds(os.path.join(git.cwd, SCHEMAS))
    places = {path: os.path.join(git.cwd, path) for path in git.work_tree_paths() if kinds.for_path(path)}
    return _state(
        "the work tree", {path: _read(place) for path, place in places.items() if os.path.lexists(place)}, kinds
    )


def _read(place: str) -> bytes | None:
    if os.path.islink(place) or not os.path.isfile(place):
        return None
    try:
        with open(place, "rb") as file:
            return file.read()
    except OSError as error:
        raise CannotWork(f"{place}: cannot be read: {error.strerror}") from None


def _revision(git: Git, revision: str) -> State:
    entries = git.tree_entries(revision)
    with git.blobs() as blobs:
        schemas = {
            path: blobs.read(oid)
            for path, (_, oid) in entries.items()
            if path.startswith(f"{SCHEMAS}/") and path.endswith(SUFFIX) and path.count("/") == 2
        }
        kinds = Kinds.of(schemas)

        def content(entry: Entry) -> bytes | None:
            return None if entry[0] in (SYMBOLIC_LINK, SUBMODULE) else blobs.read(entry[1])

        files = {path: content(entry) for path, entry in entries.items() if kinds.for_path(path)}
    return _state(revision, files, kinds)


def _state(name: str, files: Mapping[str, bytes | None], kinds: Kinds) -> State:
    try:
        return State({path: _file(path, content) for path, content in files.items()}, kinds)
    except GitbtcError as error:
        raise GitbtcError(f"{name}: {error}") from None


def _file(path: str, content: bytes | None) -> bytes:
    if content is None:
        raise GitbtcError(f"{path}: something else than a file stands in a state file's place")
    return content
