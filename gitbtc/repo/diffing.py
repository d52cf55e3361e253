"""What `git diff` does with its arguments: which files it compares, whether it colours, and its own view of a file."""

from __future__ import annotations

import os
import sys
from mmap import ACCESS_READ, mmap

from gitbtc.errors import CannotWork, UsageError
from gitbtc.repo.git import SYMBOLIC_LINK, GitFailed
from gitbtc.repo.index import NO_FILTER, side
from gitbtc.repo.loose import blob_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO

    from gitbtc.kinds.delta import Buffer
    from gitbtc.repo.git import BlobReader, Entry, Git

# Configuration changes what `git diff` prints; these pin it.
_RAW = ("--raw", "-z", "--no-abbrev", "--no-renames", "--no-relative", "--no-ext-diff", "--no-textconv", "--no-color",
        "-O/dev/null")  # fmt: skip

_LARGE = 1 << 20  # bytes; below, another process costs more than it saves
WORK_TREE, INDEX = "", ":"


class ChangedFile:
    """A path that differs; `old` and `new` are (mode, oid), None where it does not exist, the oid all zeros where it is
    the work tree's. An unmerged path has whatever Git tells of it.
    """

    __slots__ = ("is_unmerged", "new", "old", "parts", "path")

    def __init__(self, path: str, old: Entry | None, new: Entry | None, *, is_unmerged: bool) -> None:
        self.path = path
        self.old = old
        self.new = new
        self.is_unmerged = is_unmerged
        self.parts: list[ChangedFile] = []  # of records that lie in shards, the files that differ


class Comparison:
    """What `git diff [--cached] WORD… [-- PATH…]` compares. The words are revisions, and without `--` (`paths` is None)
    paths too: Git tells them apart, or says that it cannot. CannotWork outside of a repository.
    """

    tells_layout = True  # a file whose records are the same is listed nevertheless

    def __init__(self, git: Git, words: Sequence[str], paths: Sequence[str] | None, *, cached: bool) -> None:
        self.git = git
        self._cached = cached
        self._words = list(words)
        self._paths = paths
        self._sizes: dict[str, int] = {}
        asked = ("--absolute-git-dir", "--is-inside-work-tree", "--show-cdup", "--revs-only")
        _, inside, *answers = git._line("rev-parse", *asked, *words).split("\n")
        # The root of the work tree, None in a bare repository: there Git says nothing of the way up.
        self.top = os.path.normpath(os.path.join(git.cwd, answers.pop(0))) if inside == "true" else None
        self._revisions = [answer for answer in answers if answer]

    def files(self) -> list[ChangedFile]:
        """The files that differ. UsageError when Git cannot take the arguments."""
        after = [] if self._paths is None else ["--", *self._paths]
        try:
            raw = self.git._items("diff", *_RAW, *self._cached_option(), "--end-of-options", *self._words, *after)
        except GitFailed as error:
            raise UsageError(error.stderr.strip().removeprefix("fatal: ")) from None
        files = _changed_files(raw)
        self._sizes = _sizes(self.git, files)
        return files

    def as_text(self, path: str, *, colour: bool) -> bytes:
        """Git's own view of the file at `path`."""
        revisions = [word for word in self._words if self.git._line("rev-parse", "--revs-only", word)]
        return text_diff(
            self.git, [*self._cached_option(), *revisions, "--", f":(top,literal){path}"], colour=colour
        )  # fmt: skip

    def _cached_option(self) -> list[str]:
        return ["--cached"] if self._cached else []

    def sides(self, blobs: BlobReader, file: ChangedFile) -> tuple[Buffer, Buffer]:
        """The bytes of both sides of `file`; none of a side without it."""
        large = [self._unpack(entry) for entry in (file.old, file.new)]
        old, new = (
            unpacking.buffer() if unpacking else self.content(blobs, file.path, entry)
            for unpacking, entry in zip(large, (file.old, file.new), strict=True)
        )
        return old, new

    def _unpack(self, entry: Entry | None) -> _Unpacking | None:
        return _Unpacking(self.git, entry[1]) if entry and self._sizes.get(entry[1], 0) >= _LARGE else None

    def content(self, blobs: BlobReader, path: str, entry: Entry | None) -> bytes:
        """The bytes of one side of a changed file; none for a side without it."""
        if entry is None:
            return b""
        return blobs.read(entry[1]) if entry[1].strip("0") else self._work_tree_file(path)

    def beside(self, blobs: BlobReader, paths: Sequence[str]) -> list[bytes]:
        """The bytes of the files at `paths` on the new side of the comparison; none for one that is not there."""
        if self.new_side == WORK_TREE:
            return [self._work_tree_file(path) for path in paths]
        entries = self.git.index_entries() if self._cached else self.git.tree_entries(self.new_side, *paths)
        return [self.content(blobs, path, entries.get(path)) for path in paths]

    def in_folder(self, folder: str) -> list[str]:
        """The paths of the files in a folder on the new side of the comparison."""
        if self.new_side == WORK_TREE:
            place = os.path.join(self.top or "", folder)
            names = sorted(os.listdir(place)) if os.path.isdir(place) else []
            return [f"{folder}/{name}" for name in names if os.path.isfile(os.path.join(place, name))]
        entries = self.git.index_entries() if self._cached else self.git.tree_entries(self.new_side, folder)
        return [path for path in entries if path.rpartition("/")[0] == folder]

    def _work_tree_file(self, path: str) -> bytes:
        try:
            with open(os.fsencode(os.path.join(self.top or "", path)), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    @property
    def new_side(self) -> str:
        """The oid of the later revision; INDEX or WORK_TREE when it is no revision."""
        if self._cached:
            return INDEX
        if len(self._revisions) < 2:
            return WORK_TREE
        # rev-parse tells `A..B` as B ^A, and `A...B` as B A ^(their merge base).
        is_range = any(revision.startswith("^") for revision in self._revisions)
        return self._revisions[0 if is_range else -1]


class Drift(Comparison):
    """How far the state files of the work tree are from the commit `revision`, as they lie there: untracked ones too,
    but for ignored ones, and whatever the index believes. `is_state` says which paths are theirs.

    CannotWork where there is no work tree; UsageError for a revision that there is not.
    """

    tells_layout = False

    def __init__(self, git: Git, revision: str, is_state: Callable[[str], bool]) -> None:
        git = git.at_top()
        commit = git.find(f"{revision}^{{commit}}")
        if commit is None:
            raise UsageError(f"{revision}: no such commit in this repository")
        super().__init__(git, [commit], [], cached=False)
        self._commit = commit
        self._is_state = is_state

    def files(self) -> list[ChangedFile]:
        """The files that differ in their bytes. Modes are not state."""
        then, known = self.git.tree_entries(self._commit), self.git.unchanged()
        may_differ = (path for path in {*then, *self.git.work_tree_paths()} if known.get(path) != then.get(path, ""))
        unmerged, elsewhere = self.git.unmerged_entries(), self.git.sparse_paths()
        files = []
        for path in sorted(filter(self._is_state, may_differ)):
            old, new = then.get(path), self._entry(path, then.get(path))
            if old != new and not (new is None and path in elsewhere):
                changed = new and (new[0], "0" * len(self._commit))
                files.append(ChangedFile(path, old, changed, is_unmerged=path in unmerged))
        self._sizes = _sizes(self.git, files)
        return files

    def _entry(self, path: str, old: Entry | None) -> Entry | None:
        """What the work tree has at `path`, as Git would call it; a file has the mode of `old`."""
        place = os.fsencode(os.path.join(self.git.cwd, path))
        if os.path.islink(place):
            return SYMBOLIC_LINK, ""
        if not os.path.isfile(place):
            return None
        with open(place, "rb") as file:
            return old[0] if old and old[0] != SYMBOLIC_LINK else "100644", blob_id(file.read(), len(self._commit))


class _Unpacking:
    """A large blob on its way into a nameless file in memory, through a git process of its own.

    The two sides of a file are unpacked at the same time, and mapped instead of read from a pipe: that takes a third
    off the time of a whole comparison.
    """

    def __init__(self, git: Git, oid: str) -> None:
        self._file = _nameless_file()
        self._command = ("cat-file", "blob", oid)
        self._process = git._start(*self._command, stdout=self._file)

    def buffer(self) -> Buffer:
        """The blob, once it is there; CannotWork when it cannot be read."""
        code = self._process.wait()
        if code:
            raise CannotWork(f"git {' '.join(self._command)} failed; Git says above why")
        with self._file:
            return mmap(self._file.fileno(), 0, access=ACCESS_READ)


def _nameless_file() -> IO[bytes]:
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("blob"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


def _sizes(git: Git, files: list[ChangedFile]) -> dict[str, int]:
    """oid -> bytes of every blob that `files` name and the repository holds."""
    oids = [side[1] for file in files for side in (file.old, file.new) if side and side[1].strip("0")]
    return {oid: size for oid, (type_, size) in git.headers(oids).items() if type_ == "blob"}


def text_diff(git: Git, arguments: Sequence[str], *, colour: bool) -> bytes:
    """`git diff` of `arguments` as if gitbtc were not there."""
    painted = f"--color={'always' if colour else 'never'}"
    return git._run(*NO_FILTER, "diff", "--no-ext-diff", "--no-textconv", painted, *arguments, ok=(0, 1))


def _changed_files(items: list[str]) -> list[ChangedFile]:
    files: dict[str, ChangedFile] = {}
    for head, path in zip(items[::2], items[1::2], strict=True):
        old_mode, new_mode, old, new, status = head[1:].split(" ")
        # An unmerged path is told twice, the second time with what there is of it.
        unmerged = status == "U" or path in files
        files[path] = ChangedFile(path, side(old_mode, old), side(new_mode, new), is_unmerged=unmerged)
    return list(files.values())
