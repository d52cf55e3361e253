"""Which file is which object: in a tree, in the index, in the work tree."""

from __future__ import annotations

import os
from contextlib import suppress

from gitbtc.errors import CannotWork, remedy
from gitbtc.repo.loose import index_rows
from gitbtc.repo.places import is_oid, oid_digits
from gitbtc.repo.program import COMMON, IN_THE_WAY, GitFailed, GitHindered, bytes_of
from gitbtc.repo.revisions import Revisions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Self

    from gitbtc.repo.loose import IndexRow

Entry = tuple[str, str]  # mode as Git writes it (100644, 100755, 120000, 160000), oid

SYMBOLIC_LINK, SUBMODULE = "120000", "160000"  # modes of entries that are no file

_RAW = ("--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv")


# Options of git: no clean filter of ours, which would look at the files and could refuse one.
NO_FILTER = ("-c", "filter.gitbtc.required=false", "-c", "filter.gitbtc.process=", "-c", "filter.gitbtc.clean=")

_FILES = frozenset(["100644", "100755"])
_DIGEST = 20  # bytes at the end of an index; with SHA-256 the end of a longer one

# The blob without bytes, by SHA-1 and by SHA-256.
_EMPTY = frozenset([
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
])  # fmt: skip


class Changed(tuple[str, "Entry | None", "Entry | None"]):
    """One path that differs between two sides: `path`, and `old` and `new` as (mode, oid), None where it is absent.

    On a side that is the work tree the oid is all zeros: Git has not hashed it.
    """

    __slots__ = ()

    def __new__(cls, path: str, old: Entry | None, new: Entry | None) -> Self:
        """Make one from its three parts."""
        return super().__new__(cls, (path, old, new))

    @property
    def path(self) -> str:
        """The path, from the root of the work tree."""
        return self[0]

    @property
    def old(self) -> Entry | None:
        """(mode, oid) on the old side."""
        return self[1]

    @property
    def new(self) -> Entry | None:
        """(mode, oid) on the new side."""
        return self[2]


class Index(Revisions):
    """Reads trees, the index and the list of the work tree's files, compares them, and writes the index. Paths are
    from the root of the work tree.
    """

    # -- entries ---------------------------------------------------------------------------------------------------

    def tree_entries(self, revision: str, *paths: str) -> dict[str, Entry]:
        """path -> (mode, oid) of every file of the tree, or of `paths` alone (literal, no patterns)."""
        loose = self.loose if is_oid(revision) and not paths else None
        found = loose.files(revision) if loose else None
        if found is not None:
            return found
        entries = {}
        for item in self._items(
            "--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", self._oid(revision), "--", *paths
        ):
            head, _, path = item.partition("\t")
            mode, _, oid = head.split(" ")
            entries[path] = (mode, oid)
        return entries

    def empty_tree(self) -> str:
        """The oid of the tree without entries: the parent of a first commit."""
        return self._line("hash-object", "-t", "tree", "--stdin")

    def index_entries(self) -> dict[str, Entry]:
        """path -> (mode, oid) of every settled path of the index that GIT_INDEX_FILE names."""
        rows = self._written_down()
        known = self._staged() if rows is None else ((row.path, row.stage, row.entry) for row in rows)
        entries = {path: entry for path, stage, entry in known if stage == 0}
        if any(oid in _EMPTY for _, oid in entries.values()):
            for path in self._announced():
                entries.pop(path, None)
        return entries

    def staged_entry(self, path: str) -> Entry | None:
        """(mode, oid) of one settled path (literal) of the index that GIT_INDEX_FILE names; no object is read."""
        options = ("--stage", "-z", "--full-name", "--", path)
        for item in self._items("--literal-pathspecs", "ls-files", *options):
            mode, oid, stage = item.partition("\t")[0].split(" ")
            if stage == "0":
                return mode, oid
        return None

    def _announced(self) -> list[str]:
        """The paths of `git add --intent-to-add`: in the index as empty files, and in no commit of it."""
        return self._items("diff-files", "--name-only", "-z", "--no-renames", "--diff-filter=A", "--", ":/")

    def index_ending(self) -> bytes:
        """The last bytes of the file of the index that GIT_INDEX_FILE names: a digest of all before them, or zeros
        where Git writes none (gitformat-index(5)). Nothing without an index.
        """
        try:
            with open(self._index_file(), "rb") as file:
                file.seek(-_DIGEST, os.SEEK_END)
                return file.read()
        except OSError:
            return b""

    def _index_file(self) -> str:
        return self.environment.get("GIT_INDEX_FILE") or os.path.join(self.git_dir(), "index")

    def unchanged(self) -> dict[str, Entry]:
        """path -> (mode, oid) of each file of the work tree, at whose top git runs, that is as the index has it: as Git
        itself would know without a look into it. Those that are not here may be so all the same.
        """
        rows = self._written_down() or []
        with suppress(OSError):
            written = int(os.stat(self._index_file()).st_mtime)
            return {row.path: row.entry for row in rows if not row.stage and row.is_in(self.cwd, written)}
        return {}

    def _written_down(self) -> list[IndexRow] | None:
        """What `_staged` tells, read from the file; None where that is Git's to read."""
        common = self._plain_place(COMMON)
        return index_rows(self._index_file(), oid_digits(common)) if common else None

    def unmerged_entries(self) -> dict[str, dict[int, Entry]]:
        """path -> stage (1 base, 2 ours, 3 theirs) -> (mode, oid) of every path that a merge left open."""
        unmerged: dict[str, dict[int, Entry]] = {}
        for path, stage, entry in self._staged("--unmerged"):
            unmerged.setdefault(path, {})[stage] = entry
        return unmerged

    def _staged(self, *options: str) -> Iterator[tuple[str, int, Entry]]:
        for item in self._items("ls-files", "--stage", "-z", "--full-name", *options, "--", ":/"):
            head, _, path = item.partition("\t")
            mode, oid, stage = head.split(" ")
            yield path, int(stage), (mode, oid)

    # -- the work tree's files -------------------------------------------------------------------------------------

    def work_tree_paths(self) -> list[str]:
        """The paths of the work tree, tracked or not, but for ignored ones; a tracked one may be missing there."""
        options = ("--cached", "--others", "--exclude-standard", "--full-name", "--deduplicate")
        return self._items("ls-files", "-z", *options, "--", ":/")

    def tracked_files(self) -> dict[str, tuple[str, bool]]:
        """path -> its oid in the index, and whether the work tree's file is that one, of each settled file: by its stat
        data, and not where Git was told to assume it (git-update-index(1)).
        """
        options = ("-c", "core.fsmonitor=false", *NO_FILTER)
        apart = {change.path for change in _changes(self._items(*options, "diff-files", *_RAW, "--"))}
        found: dict[str, tuple[str, bool]] = {}
        for item in self._items(*options, "ls-files", "-z", "-v", "--stage", "--full-name", "--", ":/"):
            head, _, path = item.partition("\t")
            told, mode, oid, stage = head.split(" ")
            if stage == "0" and mode in _FILES:
                found[path] = oid, told == "H" and path not in apart
        return found

    def sparse_paths(self) -> set[str]:
        """The paths that a sparse checkout leaves out of the work tree."""
        listed = self._items("ls-files", "-z", "-t", "--full-name", "--", ":/")
        return {item[2:] for item in listed if item.startswith("S ")}

    def ignored_paths(self, patterns: Iterable[str]) -> list[str]:
        """The untracked paths of the work tree that `patterns`, written as in .gitignore, match."""
        given = (part for pattern in patterns for part in ("--exclude", pattern))
        return self._items("ls-files", "-z", "--others", "--ignored", "--full-name", *given, "--", ":/")

    def is_ignored(self, path: str) -> bool:
        """Whether Git ignores the file at `path`, from where git runs; no tracked file is ignored."""
        return self._outcome("check-ignore", "--quiet", "--", path, ok=(0, 1))[0] == 0

    def attributes(self, names: list[str], paths: list[str]) -> dict[tuple[str, str], str]:
        """(path, attribute) -> value (`set`, `unset`, `unspecified` or what was given), as Git takes them here."""
        told = self._items("check-attr", "-z", "--stdin", *names, stdin=bytes_of("\0".join(paths)))
        return {(path, name): value for path, name, value in zip(told[::3], told[1::3], told[2::3], strict=True)}

    def other_filters(self, paths: list[str]) -> dict[str, str]:
        """path -> the filter that it has instead of ours, for each of `paths` that has one; `unset` for none at all."""
        told = self.attributes(["filter"], paths)
        return {path: value for (path, _), value in told.items() if value not in ("gitbtc", "unspecified")}

    # -- comparing -------------------------------------------------------------------------------------------------

    def changed_paths(self, old: str, new: str) -> list[Changed]:
        """What differs between two revisions or trees, without looking for renames."""
        return _changes(self._items("diff-tree", "-r", *_RAW, self._oid(old), self._oid(new), "--"))

    def staged_paths(self, old: str = "HEAD") -> list[Changed]:
        """What differs between `old` (HEAD or the empty tree before the first commit) and the index.

        An unmerged path is there too: its `new` is None.
        """
        base = self.find(old) or (self.empty_tree() if old == "HEAD" else self.resolve(old))
        return _changes(self._items("diff-index", "--cached", *_RAW, base, "--"))

    def unstaged_paths(self) -> list[Changed]:
        """What differs between the index and the work tree; the oid of `new` is all zeros."""
        return _changes(self._items("diff-files", *_RAW, "--"))

    def all_is_committed(self) -> bool:
        """Whether index and work tree hold of the tracked files what HEAD holds; untracked files do not count."""
        return not self._run("status", "--porcelain", "-z", "--untracked-files=no")

    # -- writing ---------------------------------------------------------------------------------------------------

    def check_writable(self) -> None:
        """CannotWork where index and work tree cannot be written now: what would be half done is not begun then."""
        lock = self.git_path("index.lock")
        if os.path.exists(lock):
            raise CannotWork(f"{lock}: {IN_THE_WAY}")
        for folder in (self.git_dir(), self.top_level()):
            if not os.access(folder, os.W_OK):
                raise CannotWork(f"{folder}: {remedy('Read-only file system')}")

    def index_is(self, revision: str) -> bool:
        """Whether a commit of the index would change nothing against `revision`."""
        return not self._run("diff-index", "--cached", "--name-only", "-z", revision, "--")

    def stage(self, paths: Iterable[str]) -> None:
        """Put the work tree's files at `paths` (literal, from where git runs) in the index; those that are gone, out
        of it. GitFailed, and nothing staged, when a filter refuses one or Git ignores it.
        """
        # Also what a sparse checkout leaves out, where somebody has written it all the same.
        self._judged("--literal-pathspecs", "add", "-A", "--sparse", "--", *paths)

    def update_index(self, entries: Mapping[str, Entry | Mapping[int, Entry] | None]) -> None:
        """Put each path's (mode, oid), or stage -> (mode, oid) for one left open, in the index; None takes it out."""
        self._run("update-index", "-z", "--index-info", stdin=b"".join(_index_lines(entries, self.empty_tree())))

    def refresh_index(self, *, filtered: bool = True) -> None:
        """Tell the index which files of the work tree are as it has them; until then Git takes each for changed. Where
        not `filtered`, those that lie there as they are stored.
        """
        self._run(*(() if filtered else NO_FILTER), "update-index", "-q", "--refresh", ok=(0, 1))

    def commit(self, *paragraphs: str) -> None:
        """Commit the index, also where it holds what HEAD holds, with a message of `paragraphs`. The hooks run:
        GitFailed, with what it said, when one refuses.
        """
        self._judged("commit", "-q", "--allow-empty", *(part for one in paragraphs for part in ("-m", one)))

    def _judged(self, *arguments: str) -> None:
        """Run what a filter or a hook may refuse: then Git could be asked, and this is a finding."""
        try:
            self._run(*arguments)
        except GitHindered:
            raise
        except GitFailed as error:
            error.status = 1
            raise

    def reset(self) -> None:
        """Have index and work tree hold what HEAD holds, and nothing be in progress."""
        self._run("reset", "--hard", "-q")

    def fast_forward(self, oid: str) -> None:
        """Move the current branch, the index and the work tree on to the commit `oid`, which builds on HEAD; GitFailed
        when it does not, or when a file that is not committed is in the way.
        """
        self._run("merge", "--ff-only", "-q", oid)


def _changes(items: list[str]) -> list[Changed]:
    seen: dict[str, Changed] = {}
    for head, path in zip(items[::2], items[1::2], strict=True):
        old_mode, new_mode, old, new, status = head[1:].split(" ")
        # diff-files tells an unmerged path twice, the second time with its work tree side.
        if status != "U" or path not in seen:
            seen[path] = Changed(path, side(old_mode, old), side(new_mode, new))
    return list(seen.values())


def side(mode: str, oid: str) -> Entry | None:
    """One side of a line of `--raw`; None where the file does not exist."""
    return None if mode == "000000" else (mode, oid)


def _index_lines(entries: Mapping[str, Entry | Mapping[int, Entry] | None], any_oid: str) -> Iterable[bytes]:
    nothing = "0" * len(any_oid)
    for path, entry in entries.items():
        name = bytes_of(path)
        # Out with whatever stages the path has: an entry put beside them would leave both.
        yield f"0 {nothing}\t".encode() + name + b"\0"
        stages = {0: entry} if isinstance(entry, tuple) else entry or {}
        for stage, (mode, oid) in stages.items():
            yield f"{mode} {oid} {stage}\t".encode() + name + b"\0"
