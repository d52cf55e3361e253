"""What a source told last: a local ref each, `refs/gitbtc/sources/<name>`.

It points to a commit whose tree holds canonical state files of the kinds that the source speaks of, and nothing else,
each in one file or in shards, as records of that kind lie in the root: so what is stored follows what is new. Its
parent is what was told before. Its message is one line of JSON: which wallet the source answers for, and what the
files that the import changed became, by which a branch is known that has what it brought. (Branches are switched and
commits undone; what was told to another branch is no base for this one.) A source of another root than the top of
the repository has `@` and that root, in URL escapes, after its name.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from gitbtc.errors import CannotWork, UsageError, printable
from gitbtc.kinds import layouts, registry
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.delta import delta
from gitbtc.kinds.layouts import Folded
from gitbtc.repo.files import read, remove, write
from gitbtc.repo.loose import blob_id
from gitbtc.repo.program import GitHindered
from gitbtc.spends import CHAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitbtc.kinds.kind import Kind
    from gitbtc.kinds.layouts import Layout
    from gitbtc.repo.git import Entry, Git
    from gitbtc.sources.snapshot import SourceSnapshot

PREFIX = "refs/gitbtc/sources/"
ROOT_KEY = "gitbtc.told/v1"
_COMING = ".coming"
_ASKED = ".asked"  # beside it: when it was read last
_AUTHOR = "gitbtc <sources@gitbtc.invalid>"
_EMPTY = b"[]\n"  # which says nothing of where it came from
_BLOCK = registry.built_in(CHAIN).path  # which names its block, and is told once
_LOOKED_BACK = 100  # words: what comes back to what it was does so soon


class OtherWallet(CannotWork):
    """The answers are of another wallet, or network, than the source's earlier ones."""


@dataclass(frozen=True)
class Pin:
    """Which wallet a source answers for: its network, its name ("" where the program has none), the ids of its
    descriptors.
    """

    network: str
    wallet: str = ""
    descriptors: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, snapshot: SourceSnapshot) -> Pin:
        """The wallet of a snapshot."""
        told = {record["id"] for record in snapshot.records.get("descriptors", ())}
        return cls(snapshot.network, snapshot.wallet, snapshot.descriptors | told)

    def is_another_than(self, other: Pin) -> bool:
        """Whether two pins cannot be of one wallet. One that was renamed has the same descriptors."""
        if self.network != other.network:
            return True
        if self.descriptors and other.descriptors:
            return not self.descriptors & other.descriptors
        return bool(self.wallet and other.wallet) and self.wallet != other.wallet

    def with_what(self, earlier: Pin) -> Pin:
        """The same with what only the earlier answers said."""
        return Pin(self.network, self.wallet or earlier.wallet, self.descriptors or earlier.descriptors)

    def __str__(self) -> str:
        name = f'the wallet "{printable(self.wallet)}"' if self.wallet else "a wallet"
        first = f", descriptor {min(self.descriptors)[:8]}" if self.descriptors else ""
        return f"{name} ({self.network}{first})"


@dataclass(frozen=True)
class Told:
    """One answer of a source as it was brought in: `files` maps the name of each kind to its canonical bytes; `brought`
    each path that was changed (from the root) to the blob that it became. `word` is the commit that says so, if any.
    """

    pin: Pin
    files: Mapping[str, bytes]
    brought: Mapping[str, str]
    word: str = field(default="", compare=False)


class Source:
    """The source `name` of the root `root` (from the top of the work tree, "" for the top). UsageError for a name that
    is none.
    """

    def __init__(self, git: Git, name: str, root: str) -> None:
        self._git = git
        self.name = name
        self._root = root
        self.ref = PREFIX + name + ("@" + escaped(root) if root else "")
        if not name or "@" in name or "/" in name or not git.is_ref_name(self.ref):
            raise UsageError(f"{printable(name)!r} cannot name a source: take letters, digits and dashes")
        self._last = git.find(self.ref)
        self._before: dict[str, list[Mapping[str, str]]] = {}
        self._newest: dict[str, tuple[Told, str | None]] = {}  # the last one, which is asked for more than once

    def last(self) -> Told | None:
        """What it told last, to whatever branch; None before the first time."""
        return next(self._all(), None)

    @property
    def word(self) -> str:
        """The commit of what it told last, to whatever branch; "" before the first time."""
        return self._last or ""

    def last_time(self) -> int | None:
        """The time of its last news (Unix seconds): of its block, or when it was read; None before the first time."""
        if self._last is None:
            return None
        headers = self._git.commit_content(self._last).decode("utf-8", "replace").partition("\n\n")[0]
        committer = next(line for line in headers.splitlines() if line.startswith("committer "))
        return int(committer.split()[-2])

    def has_brought(self, path: str, oid: str) -> bool:
        """Whether an import of it ever left the file `path` (from the root) as the blob `oid`."""
        return self._coming().get(path) == oid or any(told.brought.get(path) == oid for told in self._all())

    @property
    def kept(self) -> str:
        """What the names of files begin with that are kept for the source in the Git folder."""
        return os.path.join(self._git.common_dir(), "gitbtc", "sources", self.ref.rsplit("/", 1)[-1])

    def announce(self, brought: Mapping[str, str]) -> None:
        """Note which files are about to become which blobs. Whoever is cut short before `remember` has brought them."""
        write(self.kept + _COMING, json.dumps(dict(brought)).encode())

    def come(self, here: Mapping[str, bytes]) -> dict[str, str]:
        """What was announced, and lies among the files `here` (by path from the root): of an import that was cut short
        then.
        """
        coming = self._coming()
        now = self.blob_ids({path: here[path] for path in coming if path in here})
        return {path: oid for path, oid in now.items() if coming[path] == oid}

    def _coming(self) -> dict[str, str]:
        try:
            return dict(json.loads(read(self.kept + _COMING) or b"{}"))
        except ValueError:
            return {}

    def last_here(self, here: Mapping[str, bytes]) -> Told | None:
        """What it told last of that which this branch, or its work tree with the files `here` (by path from the root),
        has taken in.
        """
        if self._last is None:
            return None
        now, head = self.blob_ids(here), self._git.find("HEAD")
        committed = self._committed(head, here) if head else {}
        ever: set[str] | None = None
        for told in self._all():
            if self._is_taken_in(told, lambda path, oid: oid in (now.get(path), committed.get(path))):
                return told
            if ever is None:
                ever = (
                    self._git.contents_of(
                        [registry.below(self._root, path) for path in (*registry.BUILT_IN, *registry.BUILT_IN_SHARDS)],
                        head,
                    )
                    if head
                    else set()
                )
            if self._is_taken_in(told, partial(_is_among, ever)):
                return told
        return None

    def _is_taken_in(self, told: Told, is_here: Callable[[str, str], bool]) -> bool:
        """Whether files are here (by path and blob) as `told` left them, and no earlier word did: of what comes back to
        what it was, all the others have to be here, too, as they were left before.
        """
        empty = self.blob_ids({"": _EMPTY})[""]
        seen: set[str] = set()
        brought, at = told.brought, 0
        while True:
            left = {path: oid for path, oid in brought.items() if path not in seen and oid != empty}
            found = {path: oid for path, oid in left.items() if is_here(path, oid)}
            if _BLOCK in found:
                return True
            earlier = self._brought_before(told)[at:]
            if any(all(one.get(path) != oid for one in earlier) for path, oid in found.items()):
                return True
            if len(found) < len(left) or not earlier:
                return len(found) == len(left)
            seen |= brought.keys()
            brought, at = earlier[0], at + 1

    def _brought_before(self, told: Told) -> list[Mapping[str, str]]:
        """What was brought with the words before it, the last first; not of all that are long ago."""
        if told.word not in self._before:
            bodies = self._git.messages_before(told.word, _LOOKED_BACK)
            self._before = {told.word: [json.loads(body)[ROOT_KEY]["brought"] for body in bodies]}
        return self._before[told.word]

    def _committed(self, head: str, here: Mapping[str, bytes]) -> dict[str, str]:
        paths = {registry.below(self._root, path): path for path in here}
        entries = self._git.tree_entries(head, *paths) if paths else {}
        return {paths[path]: oid for path, (_, oid) in entries.items() if path in paths}

    def _all(self) -> Iterator[Told]:
        """What it told, the last first."""
        oid = self._last
        while oid:
            told, parent = self._newest.get(oid) or self._version(oid)
            if oid == self._last:
                self._newest = {oid: (told, parent)}
            yield told
            oid = parent

    def _version(self, oid: str) -> tuple[Told, str | None]:
        """What a commit says was told, and the commit before it."""
        content = self._git.commit_content(oid).decode("utf-8", "replace")
        headers, _, message = content.partition("\n\n")
        parents = [line.removeprefix("parent ") for line in headers.splitlines() if line.startswith("parent ")]
        return self._read(oid, message), parents[0] if parents else None

    def _read(self, oid: str, message: str) -> Told:
        try:
            said = json.loads(message)[ROOT_KEY]
            pin = Pin(said["network"], said["wallet"], frozenset(said["descriptors"]))
            brought: dict[str, str] = dict(said["brought"])
        except (ValueError, KeyError, TypeError):
            raise CannotWork(
                f"{self.ref} holds something else than what a source told; `git update-ref -d {self.ref}` forgets it"
            ) from None
        try:
            with self._git.blobs() as blobs:
                files = {
                    registry.BUILT_IN[path]: layouts.read(blob, lambda _, shard: blobs.read(shard))
                    if isinstance(blob, Folded)
                    else blobs.read(blob)
                    for path, (_, blob) in self._entries(oid).items()
                    if path in registry.BUILT_IN
                }
        except Malformed as error:
            raise CannotWork(f"{self.ref}: {error}; `git update-ref -d {self.ref}` forgets it") from None
        return Told(pin, files, brought, oid)

    def _entries(self, oid: str) -> Mapping[str, Entry]:
        """The files of a commit of what was told, with one for all shards of a kind."""
        return layouts.folded(registry.Kinds(), self._git.tree_entries(oid))

    def check(self, snapshot: SourceSnapshot) -> Pin:
        """The wallet that the source is for, from now on too. Raises OtherWallet when `snapshot` is of another one."""
        last, pin = self.last(), Pin.of(snapshot)
        if last is None:
            return pin
        if pin.is_another_than(last.pin):
            raise OtherWallet(
                f"{self.name}: these answers are of another wallet: {pin}, and this source is {last.pin}; nothing was "
                "imported; `--as NAME` makes them a source of their own"
            )
        return pin.with_what(last.pin)

    def store(self, told: Told, when: int, lie: Mapping[str, Layout] | None = None) -> str | None:
        """The commit of what it told, at `when` (Unix seconds), which no ref points to yet; None for the same words
        again. `lie`: how the records of a kind, by its name, are to lie; in one file if nothing else is said.
        """
        last = self.last()
        if last is not None and (dict(last.files), last.pin) == (dict(told.files), told.pin) and not told.brought:
            return None
        said = {
            "network": told.pin.network, "wallet": told.pin.wallet, "descriptors": sorted(told.pin.descriptors),
            "brought": dict(told.brought),
        }  # fmt: skip
        message = json.dumps({ROOT_KEY: said}, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
        files: dict[str, str] = {}
        entries = self._entries(self._last) if self._last else {}
        for name, content in told.files.items():
            kind, layout = registry.built_in(name), (lie or {}).get(name, layouts.WHOLE)
            before = last.files.get(name) if last and layouts.layout_of(entries.get(kind.path)) == layout else None
            files |= self._stored(kind, layout, entries.get(kind.path), before, content)
        parent = f"parent {self._last}\n" if self._last else ""
        by = f"{_AUTHOR} {when} +0000"
        commit = f"tree {self._git.write_tree(files)}\n{parent}author {by}\ncommitter {by}\n\n{message}"
        return self._git.write_object("commit", commit.encode())

    def _stored(
        self, kind: Kind, layout: Layout, entry: Entry | None, before: bytes | None, content: bytes
    ) -> dict[str, str]:  # fmt: skip
        """path -> blob of the files of some records, which are those of `before` in `entry`, if that is not None."""
        there = layouts.unfolded({kind.path: entry}) if entry and before is not None else {}
        files = {path: oid for path, (_, oid) in there.items()}
        if content == before:
            return files
        if layout.is_whole:
            made = {kind.path: content}
        elif entry and before is not None and isinstance(entry[1], Folded):
            with self._git.blobs() as blobs:
                changes = delta(kind, before, content)
                made = layouts.relaid(entry[1], kind.path, changes, lambda _, shard: blobs.read(shard))
        else:
            shards = layouts.divided(kind, layout, content)
            made = {layouts.shard_path(kind.path, name): shard for name, shard in shards.items()}
        return files | {path: self._blob(path, content) for path, content in made.items()}

    def _blob(self, path: str, content: bytes) -> str:
        try:
            return self._git.write_blob(content)
        except GitHindered as error:
            raise CannotWork(f"{path}: {error}") from None

    def remember(self, stored: str | None) -> None:
        """Keep what was stored as what it told last."""
        if stored is not None:
            with files_are_written():
                self._git.move_ref(self.ref, stored, self._last, f"import: {self.name}")
            self._last = stored
        remove(self.kept + _COMING)
        write(self.kept + _ASKED, str(int(time.time())).encode())

    def asked_time(self) -> int | None:
        """When it was read last (Unix seconds), whether it had news or not; None where nobody noted that."""
        noted = (read(self.kept + _ASKED) or b"").decode("ascii", "replace")
        return int(noted) if noted.isdecimal() else None

    def blob_ids(self, contents: Mapping[str, bytes]) -> dict[str, str]:
        """path -> the blob that a file of these bytes is."""
        return {path: blob_id(content, self._digits) for path, content in contents.items()}

    @cached_property
    def _digits(self) -> int:
        """How long an oid is in this repository."""
        return len(self._last or self._git.blob_id(b""))


def _is_among(contents: set[str], _: str, oid: str) -> bool:
    return oid in contents


@contextmanager
def files_are_written() -> Iterator[None]:
    """Say so where Git cannot do what is begun within, which comes after them."""
    try:
        yield
    except GitHindered as error:
        raise CannotWork(f"{error} (the state files are written; the same import again changes nothing more)") from None


def sources_called(git: Git, beginning: str, root: str) -> list[Source]:
    """The sources of a root whose names begin so."""
    names = [name.removeprefix(PREFIX).partition("@") for _, _, name in git.refs() if name.startswith(PREFIX)]
    return [Source(git, name, root) for name, _, place in names
            if name.startswith(beginning) and place == (escaped(root) if root else "")]  # fmt: skip


def escaped(text: str) -> str:
    """A text as a part of a ref's name: no separator, nor what Git refuses there."""
    return quote(text, safe="").replace("~", "%7E").replace(".", "%2E")
