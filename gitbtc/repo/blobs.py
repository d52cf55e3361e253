"""The bytes of objects: reading many through one process, and writing them."""

from __future__ import annotations

from contextlib import suppress

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.progress import doing
from gitbtc.repo.configuration import Configuration
from gitbtc.repo.index import SUBMODULE, Index
from gitbtc.repo.places import is_oid
from gitbtc.repo.program import bytes_of, lines_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import IO, Self

_PIPE_SIZE = 1 << 20  # bytes
# Base, ours, theirs and the index: each of their large files is asked for by several checks. Shards are many.
_FEW = 6
_HELD = 64 << 20  # bytes


class Blobs(Configuration, Index):
    """Reads, hashes and writes objects. No filter and no line-end conversion ever runs."""

    def blobs(self) -> BlobReader:
        """A reader of many blobs through one process; use it in a `with`."""
        return BlobReader(self)

    def blob_id(self, content: bytes) -> str:
        """The oid that `content` has as a blob; nothing is written."""
        return self._line("hash-object", "--no-filters", "--stdin", stdin=content)

    def write_blob(self, content: bytes) -> str:
        """Write `content` as a blob; its oid."""
        return self._line("hash-object", "-w", "--no-filters", "--stdin", stdin=content)

    def write_object(self, kind: str, content: bytes) -> str:
        """Write `content` as an object of the type `kind` (tree, commit, tag); its oid. GitFailed when it is none."""
        return self._line("hash-object", "-t", kind, "-w", "--stdin", stdin=content)

    def write_tree(self, files: Mapping[str, str]) -> str:
        """Write the tree that holds ordinary files: path -> oid of a blob. Its oid."""
        rows = [f"100644 blob {oid}\t{name}" for name, oid in files.items() if "/" not in name]
        for folder in sorted({path.partition("/")[0] for path in files if "/" in path}):
            below = {
                path.removeprefix(folder + "/"): oid for path, oid in files.items() if path.startswith(folder + "/")
            }
            rows.append(f"040000 tree {self.write_tree(below)}\t{folder}")
        return self._line("mktree", "-z", stdin="".join(f"{row}\0" for row in rows).encode("utf-8", "surrogateescape"))

    def headers(self, oids: Iterable[str]) -> dict[str, tuple[str, int]]:
        """oid -> type (blob, tree, commit, tag) and size in bytes, of those of `oids` (full ones) that are there."""
        asked = lines_of(oids)
        told = self._line("cat-file", "--batch-check", stdin=asked).splitlines() if asked else []
        answers = (line.split() for line in told)  # "<oid> <type> <size>", else "<oid> missing"
        return {oid: (kind, int(size)) for oid, kind, *rest in answers for size in rest}

    def stored_order(self) -> list[str]:
        """The oids of all objects in the order in which they lie in the object store."""
        return self._line("cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)").split()


class LastRead:
    """The blobs that were read last, by `read`: a `few`, and more while they are small."""

    def __init__(self, read: Callable[[str], bytes], few: int = _FEW) -> None:
        self._read = read
        self._few = few
        self._held: dict[str, bytes] = {}  # the newest last
        self._size = 0

    def __call__(self, oid: str) -> bytes:
        """The bytes of the object `oid`."""
        content = self._held.pop(oid, None)
        if content is None:
            content = self._read(oid)
            self._size += len(content)
        self._held[oid] = content
        while self._size > _HELD and len(self._held) > self._few:
            self._size -= len(self._held.pop(next(iter(self._held))))
        return content


class BlobReader:
    """Blobs that are files of their own, and others through one long-running `git cat-file --batch`, which starts with
    the first of those.
    """

    def __init__(self, git: Blobs) -> None:
        self._git = git
        self._has_died = False
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; the next blob that is read starts another."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _give_up(self) -> None:
        """End the process in the middle of an answer; the next question starts another one."""
        if self._process is not None:
            self._process.kill()
            self.__exit__(None, None, None)

    def read(self, oid: str) -> bytes:
        """The bytes of the object `oid` (a full one); CannotWork when the repository does not hold it."""
        found = self.find(oid)
        if found is None:
            raise self.missing(oid)
        return found[1]

    def staged(self, path: str) -> tuple[str, bytes] | None:
        """The oid and the bytes of the settled file at `path` (from the top) in the index; None when there is none, or
        its name has a line end, which the process reads as the end of the question.
        """
        if "\n" in path:
            return None
        asked, answers = self._pipes()
        asked.write(bytes_of(f":0:{path}\n"))
        asked.flush()
        header = answers.readline().split()
        if len(header) != 3 or header[1] != b"blob" or not is_oid(header[0].decode("ascii", "replace")):
            self._give_up()
            return None
        content = answers.read(int(header[2]))
        answers.read(1)
        return header[0].decode(), content

    def missing(self, oid: str) -> CannotWork:
        """What is told of an object that is named here and is not there."""
        why = (
            "was left out of this partial clone, and its remote does not give it; "
            "`git fetch --refetch --no-filter` brings all of it"
        )
        return CannotWork(f"object {oid} {why if self._git.is_partial() else 'is missing from this repository'}")

    def find(self, oid: str, check: Callable[[str, int], None] | None = None) -> tuple[str, bytes] | None:
        """Type (blob, tree, commit, tag) and bytes of the object `oid` (a full one); None when it is not there.

        `check` is told the type and the size before anything is read, and may raise; whatever else was asked for then
        stays unanswered.
        """
        if not is_oid(oid):
            raise GitbtcError(f"{oid!r}: not a full object id")
        loose = self._git.loose
        found = loose and loose.find(oid, check)
        if found:
            return found
        self.ask(oid)
        found = self.answer(check)
        if self._has_died:
            self.close()
        return found

    def ask(self, oid: str) -> None:
        """Have the object `oid` (a full one) read, without waiting for it: `answer` tells what was asked, in order."""
        if not is_oid(oid):
            raise GitbtcError(f"{oid!r}: not a full object id")
        asked, _ = self._pipes()
        asked.write(oid.encode() + b"\n")
        asked.flush()

    def answer(self, check: Callable[[str, int], None] | None = None) -> tuple[str, bytes] | None:
        """What `find` tells, of the next object that was asked for."""
        _, answers = self._pipes()
        line = answers.readline()
        # Git dies where it cannot fetch an object that a partial clone lacks.
        self._has_died = not line
        header = line.split()
        if len(header) != 3:  # "<oid> <type> <size>", else "<oid> missing"
            return None
        kind, size = header[1].decode(), int(header[2])
        try:
            if check is not None:
                check(kind, size)
        except BaseException:
            self._give_up()
            raise
        with doing("reading from Git"):
            content: bytes = answers.read(size)
        answers.read(1)
        return kind, content

    def read_path(self, revision: str, path: str) -> bytes | None:
        """The bytes of the file `path` in `revision`; None when it is not there, or not a file or symbolic link."""
        # Through the tree, not as `revision:path`: a path may hold a newline, and `:` means more than one thing.
        entry = self._git.tree_entries(revision, path).get(path)
        return None if entry is None or entry[0] == SUBMODULE else self.read(entry[1])

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            self._process = self._git._start("cat-file", "--batch", is_asked=True)
            _widen(self._process.stdout)
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise CannotWork("git cat-file started without pipes")
        return process.stdin, process.stdout


def _widen(pipe: IO[bytes] | None) -> None:
    """Let a pipe hold a good part of a large file: handing over small pieces costs more than unpacking it."""
    # Only Linux has this, and how much of it a user gets is limited.
    with suppress(AttributeError, ImportError, OSError):
        import fcntl

        if pipe is not None:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
