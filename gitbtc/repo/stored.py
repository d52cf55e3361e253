"""Commits, tags and trees exactly as they are stored, for history that anybody may have made.

`git ls-tree` shows a tree that no Git writes as if it were one: two entries of one name, a name with a slash. Checked
out, each Git and each file system would make something else of it, so such a tree is refused here.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.repo.limits import FILE, FILES, MESSAGE, UNPACKED, Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.repo.git import BlobReader, Entry

_DEEPEST = 256  # folders
_TREE = "40000"
_MODES = frozenset(["100644", "100755", "100664", "120000", "160000", _TREE])
_LIMITED = {"blob": FILE, "tree": FILE, "commit": MESSAGE, "tag": MESSAGE}
_HEADER = re.compile(
    rb"tree [0-9a-f]+\n(?:parent [0-9a-f]+\n)*author [^\n]*\ncommitter [^\n]*\n(?!(?:tree|parent|author|committer) )"
)
_RESERVED = frozenset([b"", b".", b"..", b".git"])


def _in_tree(entry: tuple[str, str, str]) -> bytes:
    """By what Git sorts the entries of a tree."""
    name, mode, _ = entry
    return name.encode("utf-8", "surrogateescape") + b"/" * (mode == _TREE)


class NotHere(CannotWork):
    """An object that the history names is not in this repository."""


class Unsound(GitbtcError):
    """An object that no Git writes."""


class Commit:
    """A commit: `tree` and `parents` (oids), `message`, and `spoken`: all that a person may have written in it."""

    __slots__ = ("message", "parents", "spoken", "tree")

    def __init__(self, content: bytes) -> None:
        head, _, message = content.partition(b"\n\n")
        fields = [line.split(b" ", 1) for line in head.split(b"\n")]
        named = [(name, value[0].decode("ascii", "replace")) for name, *value in fields if value]
        self.tree = next((oid for name, oid in named if name == b"tree"), "")
        self.parents = [oid for name, oid in named if name == b"parent"]
        self.message = message.decode("utf-8", "replace")
        # The message first, so that its lines count from 1.
        self.spoken = message + b"\n" + _without_oids(head)


def spoken_in_tag(content: bytes) -> bytes:
    """What a person may have written in the annotated tag whose object is `content`."""
    head, _, message = content.partition(b"\n\n")
    return message + b"\n" + _without_oids(head)


def tagged(content: bytes) -> str:
    """The oid that the annotated tag whose object is `content` stands for."""
    return content.partition(b"\n")[0].removeprefix(b"object ").decode("ascii", "replace")


def _without_oids(head: bytes) -> bytes:
    """The header of a commit or a tag without what looks like key material and is none: object names. Nobody looks
    into a signature, which a key can stand in as well.
    """
    lines = (line for line in head.split(b"\n") if not line.lstrip(b" ").startswith((b"tree ", b"parent ", b"object ")))
    return b"\n".join(lines)


class Stored:
    """The objects that `blobs` reads, checked. Raises NotHere for a missing one, Unsound for a malformed one, TooMuch
    for what is larger than `limits` (the defaults, where there are none) allow, before it is read.
    """

    def __init__(self, blobs: BlobReader, limits: Limits | None = None) -> None:
        self._blobs = blobs
        self._limits = limits or Limits({})
        self._unpacked = 0
        # Most folders of a commit are its parent's.
        self._entries = lru_cache(maxsize=4096)(self._read_tree)

    def object(self, oid: str) -> tuple[str, bytes]:
        """Type (blob, tree, commit, tag) and content of an object."""

        def check(kind: str, size: int) -> None:
            self._limits.check(_LIMITED[kind], size, f"{kind} {oid}")
            self._unpacked += size
            self._limits.check(UNPACKED, self._unpacked, "what is pushed")

        found = self._blobs.find(oid, check)
        if found is None:
            raise NotHere(f"object {oid} is not in this repository")
        return found

    def commit(self, oid: str) -> Commit:
        """The commit `oid`."""
        content = self._of_type("commit", oid)
        if not _HEADER.match(content):
            raise Unsound(
                f"commit {oid} is malformed: it has no tree, its parents, an author and a committer in this order"
            )
        return Commit(content)

    def blob(self, oid: str) -> bytes:
        """The content of the blob `oid`."""
        return self._of_type("blob", oid)

    def tag(self, oid: str) -> tuple[str, bytes]:
        """The oid that the annotated tag `oid` stands for, and what a person may have written in it."""
        content = self._of_type("tag", oid)
        return tagged(content), spoken_in_tag(content)

    def _of_type(self, wanted: str, oid: str) -> bytes:
        kind, content = self.object(oid)
        if kind != wanted:
            raise Unsound(f"object {oid} is a {kind} where a {wanted} belongs")
        return content

    def files(self, tree: str) -> dict[str, Entry]:
        """path -> (mode, oid) of every file of a tree, submodules and symbolic links among them."""
        files: dict[str, Entry] = {}
        waiting, seen = [("", tree, 0)], 0
        while waiting:
            above, oid, depth = waiting.pop()
            entries = self._entries(oid)
            seen += 1 + len(entries)
            # A small tree whose folders are one another's can stand for more files than any disk holds.
            self._limits.check(FILES, seen, f"tree {tree}")
            if depth > _DEEPEST:
                raise Unsound(f"tree {tree} has folders {_DEEPEST} deep")
            files |= {above + name: (mode, entry) for name, mode, entry in entries if mode != _TREE}
            waiting += [(f"{above}{name}/", entry, depth + 1) for name, mode, entry in entries if mode == _TREE]
        return files

    def entries(self, tree: str) -> list[tuple[str, str, str]]:
        """Name, mode and oid of each entry of a tree, in its order."""
        return self._entries(tree)

    def _read_tree(self, oid: str) -> list[tuple[str, str, str]]:
        content, at, width = self._of_type("tree", oid), 0, len(oid) // 2
        entries = []
        while at < len(content):
            end = content.find(b"\0", at)
            mode, _, name = content[at:end].lstrip(b"0").partition(b" ")
            entry = content[end + 1 : end + 1 + width]
            if end < 0 or len(entry) < width or name.lower() in _RESERVED or b"/" in name:
                raise Unsound(f"tree {oid} is malformed")
            entries.append((name.decode("utf-8", "surrogateescape"), mode.decode("ascii", "replace"), entry.hex()))
            at = end + 1 + width
        if entries != sorted(entries, key=_in_tree):
            raise Unsound(f"tree {oid} is malformed: it is not in Git's order")
        if len({name for name, _, _ in entries}) < len(entries) or any(mode not in _MODES for _, mode, _ in entries):
            raise Unsound(f"tree {oid} is malformed: a name occurs twice, or a mode is none of Git's")
        return entries
