"""What each commit brought in: the files that none of its parents has so.

By induction from the first commits on, every version of every file of a history is brought in by one of them: to look
at what they bring in is to look at everything once.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, NamedTuple

from gitbtc.errors import CannotWork

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from gitbtc.repo.git import Git

_BUFFER = 1 << 16
_GONE = "000000"


class Introduced(NamedTuple):
    """A file, symbolic link or submodule (`mode`) that the commit has at `path`, and no parent of it."""

    commit: str
    path: str
    mode: str
    oid: str


def introduced(git: Git, commits: Iterable[str]) -> Iterator[Introduced]:
    """What the commits (full oids) brought in, commit by commit in the order that they are given in.

    A merge brings in what differs from all of its parents; a commit at which a shallow clone ends, everything.
    """
    options = ("--stdin", "-r", "-c", "--root", "--raw", "-z", "--no-abbrev", "--no-renames")
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as said:
        asked.writelines(f"{oid}\n".encode() for oid in commits)
        asked.seek(0)
        # Files, since two full pipes would wait for each other.
        with git._start("diff-tree", *options, stdin=asked, stderr=said) as process:
            if process.stdout is not None:
                yield from _parsed(_items(process.stdout))
        if process.returncode != 0:
            raise CannotWork("the history cannot be read to its end: `git fsck` says what is wrong with it")


def _parsed(items: Iterator[str]) -> Iterator[Introduced]:
    commit = ""
    for item in items:
        if not item.startswith(":"):
            commit = item.strip()
            continue
        parents = len(item) - len(item.lstrip(":"))
        fields = item[parents:].split(" ")
        mode, oid, path = fields[parents], fields[2 * parents + 1], next(items)
        if mode != _GONE:
            yield Introduced(commit, path, mode, oid)


def _items(output: IO[bytes]) -> Iterator[str]:
    rest = b""
    while chunk := output.read(_BUFFER):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from (item.decode("utf-8", "surrogateescape") for item in whole)
