"""What Git keeps in files of its own that anybody can read: the index, and objects that are not packed yet.

A hook of a small commit needs no more, and a process of git for it takes longer than the rest. The forms are those of
gitformat-index(5) and gitrepository-layout(5). Each function here gives None wherever the answer does not stand there
plainly, as where git-replace(1) has something in its place, and then Git is asked.
"""

from __future__ import annotations

import os
import zlib
from stat import S_ISREG
from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitbtc.kinds.delta import Buffer
    from gitbtc.repo.bases import Parentage

    Entry = tuple[str, str]  # mode, oid
    Found = tuple[str, bytes]  # type, content

_LITTLE = 1 << 16  # bytes, of which OpenSSL is not loaded for a digest
_LONGEST_HEAD = 32  # bytes: a type and a size
_LARGEST_LIST = 1 << 20  # bytes of packed-refs that are worth looking at for a replacement
_MODES = frozenset([b"100644", b"100755", b"120000", b"160000", b"40000"])
_TREE = b"40000"
_SIGNATURE, _VERSION = b"DIRC", 2
# Before the oid of an index entry, what stat told: moments of change (ctime, mtime), device, inode, mode, owners, size.
_NOTED = Struct(">10I")
_NAME_SIZE, _STAGE, _EXTENDED, _BELIEVED = 0xFFF, 0x3000, 0x4000, 0x8000
_NANO = 10**9


class Loose:
    """The objects that are files of their own in the repository whose common Git folder is `common`."""

    def __init__(self, common: str) -> None:
        self._objects = os.path.join(common, "objects")

    @classmethod
    def of(cls, common: str | None, environment: dict[str, str]) -> Loose | None:
        """Those that git would read with that environment; None where it reads elsewhere, or others in their place."""
        if common is None or "GIT_OBJECT_DIRECTORY" in environment:
            return None
        return None if _may_replace(common) and "GIT_NO_REPLACE_OBJECTS" not in environment else cls(common)

    def find(self, oid: str, check: Callable[[str, int], None] | None = None) -> Found | None:
        """Type and bytes of the object `oid`. `check` is told the type and the size first, and may raise."""
        try:
            with open(os.path.join(self._objects, oid[:2], oid[2:]), "rb") as file:
                packed = file.read()
            unpacking = zlib.decompressobj()
            begun = unpacking.decompress(packed, _LONGEST_HEAD)
            head, nul, first = begun.partition(b"\0")
            kind, _, size = head.decode("ascii").partition(" ")
            if not nul or not size.isdecimal():
                return None
            if check is not None:
                check(kind, int(size))
            content = first + unpacking.decompress(unpacking.unconsumed_tail, int(size) + 1)
        except (OSError, ValueError, zlib.error):
            return None
        return (kind, content) if object_id(head, content, len(oid)) == oid else None

    def files(self, revision: str) -> dict[str, Entry] | None:
        """path -> (mode, oid) of every file of the tree of the commit, or of the tree, `revision`."""
        found = self.find(revision)
        if found is not None and found[0] == "commit":
            head = found[1][: found[1].find(b"\n")]
            found = self.find(head.removeprefix(b"tree ").decode("ascii", "replace"))
        if found is None or found[0] != "tree":
            return None
        made: dict[str, Entry] = {}
        return made if self._collect(found[1], "", made) else None

    def parentage(self, oid: str) -> Parentage | None:
        """Which the parents of the commit `oid` are, and its date."""
        from gitbtc.repo.bases import Parentage

        found = self.find(oid)
        return Parentage.parsed(found[1]) if found is not None and found[0] == "commit" else None

    def _collect(self, tree: bytes, folder: str, made: dict[str, Entry]) -> bool:
        for mode, name, oid in _rows(tree, self._digest_size):
            if mode not in _MODES or not name or "/" in name:
                return False
            if mode != _TREE:
                made[folder + name] = mode.decode("ascii"), oid
                continue
            below = self.find(oid)
            if below is None or below[0] != "tree" or not self._collect(below[1], f"{folder}{name}/", made):
                return False
        return True

    @property
    def _digest_size(self) -> int:
        from gitbtc.repo.places import oid_digits

        return oid_digits(os.path.dirname(self._objects)) // 2


def _may_replace(common: str) -> bool:
    """Whether the repository may have objects that stand in other ones' place."""
    try:
        if os.path.exists(os.path.join(common, "reftable")) or any(os.scandir(os.path.join(common, "refs", "replace"))):
            return True
    except FileNotFoundError:
        pass
    packed = os.path.join(common, "packed-refs")
    try:
        if os.path.getsize(packed) > _LARGEST_LIST:
            return True
        with open(packed, "rb") as file:
            return b" refs/replace/" in file.read()
    except FileNotFoundError:
        return False


def blob_id(content: Buffer, digits: int) -> str:
    """The oid that Git gives a blob, of 40 digits (SHA-1) or 64 (SHA-256)."""
    return object_id(b"blob %d" % len(content), content, digits)


def object_id(head: bytes, content: Buffer, digits: int) -> str:
    """The oid of 40 digits (SHA-1) or 64 (SHA-256) that Git gives an object; `head`: its type, a space and its size."""
    if len(content) < _LITTLE:
        from gitbtc.digest import sha1, sha256
    else:
        from hashlib import sha1, sha256

    digest = sha256(head) if digits == 64 else sha1(head, usedforsecurity=False)
    digest.update(b"\0")
    digest.update(content)
    return digest.hexdigest()


def _rows(tree: bytes, digest_size: int) -> Iterator[tuple[bytes, str, str]]:
    """Mode, name and oid of each entry of a tree; a mode of no bytes for what is none."""
    at = 0
    while at < len(tree):
        space = tree.find(b" ", at)
        nul = tree.find(b"\0", space)
        end = nul + 1 + digest_size
        if space < 0 or nul < 0 or end > len(tree):
            yield b"", "", ""
            return
        yield tree[at:space], tree[space + 1 : nul].decode("utf-8", "surrogateescape"), tree[nul + 1 : end].hex()
        at = end


class IndexRow:
    """An entry of the index: `path`, `stage` and `entry`, and what Git noted of its file to know it by."""

    __slots__ = ("_noted", "entry", "path", "stage")

    def __init__(self, path: str, flags: int, entry: Entry, noted: bytes) -> None:
        self.path = path
        self.stage = (flags & _STAGE) >> 12
        self.entry = entry
        self._noted = b"" if flags & _BELIEVED else noted

    def is_in(self, top: str, before: int) -> bool:
        """Whether the work tree at `top` has the file as Git has seen it, by all that stat tells; False where it was
        changed in the second `before` or later, in which the index was written: Git looks into it then, too.
        """
        try:
            stat = os.lstat(os.path.join(top, self.path))
        except (OSError, ValueError):
            return False
        seconds, rest = divmod(stat.st_mtime_ns, _NANO)
        if not self._noted or not S_ISREG(stat.st_mode) or seconds >= before:
            return False
        changed = divmod(stat.st_ctime_ns, _NANO)
        told = (*changed, seconds, rest, stat.st_ino, stat.st_uid, stat.st_gid, stat.st_size)
        noted = _NOTED.unpack(self._noted)
        return tuple(number & 0xFFFFFFFF for number in told) == noted[:4] + noted[5:6] + noted[7:]


def index_rows(path: str, digits: int) -> list[IndexRow] | None:
    """The entries of the index in the file `path`, whose oids have so many digits."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except FileNotFoundError:
        return []
    except OSError:
        return None
    number = int.from_bytes(content[8:12])
    if content[:4] != _SIGNATURE or int.from_bytes(content[4:8]) != _VERSION:
        return None  # a version in which an entry can say more of itself, or less
    rows, at, size = [], 12, digits // 2
    modes: dict[bytes, str] = {}
    for _ in range(number):
        begin = at + _NOTED.size + size + 2
        flags = int.from_bytes(content[begin - 2 : begin])
        end = content.find(b"\0", begin)
        if end < 0 or flags & _EXTENDED or (flags & _NAME_SIZE) != min(end - begin, _NAME_SIZE):
            return None
        mode = content[at + 24 : at + 28]
        named = modes.get(mode) or modes.setdefault(mode, f"{int.from_bytes(mode):06o}")
        noted = content[at : at + _NOTED.size]
        oid = content[begin - 2 - size : begin - 2].hex()
        rows.append(IndexRow(content[begin:end].decode("utf-8", "surrogateescape"), flags, (named, oid), noted))
        at += (end - at) // 8 * 8 + 8
    return rows if _is_all(content, at, size) else None


def _is_all(content: bytes, at: int, digest: int) -> bool:
    """Whether the entries that end at `at` are all there are: an extension whose name begins with a small letter says
    otherwise, as in a split or a sparse index.
    """
    end = len(content) - digest
    while at + 8 <= end:
        if not content[at : at + 1].isupper():
            return False
        at += 8 + int.from_bytes(content[at + 4 : at + 8])
    return at == end
