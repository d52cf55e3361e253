"""The git program, behind typed functions.

Every call of git that gitbtc makes goes through `Git`: machine-readable formats only (`-z`, full oids, no renames, no
external diff, no textconv), messages in English, an environment without the variables that change what a command
means. Paths are `str` with `/`; bytes that are not UTF-8 travel as surrogate escapes and come back unchanged.

Hooks run inside Git, which tells them by variables which repository, which index (`commit -a` and `commit PATH` use one
of their own) and which object store (a push in quarantine) is meant: those variables survive. So do the ones that say
where configuration, identities and credentials are. Everything else that begins with `GIT_` is dropped, for instance
`GIT_EXTERNAL_DIFF`, `GIT_DIFF_OPTS`, `GIT_LITERAL_PATHSPECS`, `GIT_PREFIX`, `GIT_ATTR_SOURCE`, `GIT_TRACE`.
"""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import suppress

from gitbtc.errors import CannotWork, GitbtcError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import IO, Self

    Entry = tuple[str, str]  # mode as Git writes it (100644, 100755, 120000, 160000), oid

# Which repository, index and object store; and of these, the ones whose value is a path relative to where we are.
_PLACE_PATHS = frozenset(
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_QUARANTINE_PATH",
     "GIT_SHALLOW_FILE"]
)  # fmt: skip
_PLACE = _PLACE_PATHS | {"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_IMPLICIT_WORK_TREE"}
_KEPT = frozenset(
    ["GIT_EXEC_PATH", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_ATTR_NOSYSTEM",
     "GIT_ASKPASS", "GIT_TERMINAL_PROMPT"]
)  # fmt: skip
# GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS are `git -c name=value`: Git itself passes them on, and a safe.directory
# that only stands there is what lets us read at all.
_KEPT_FAMILIES = ("GIT_CONFIG_", "GIT_SSH", "GIT_SSL_", "GIT_PROXY_", "GIT_AUTHOR_", "GIT_COMMITTER_")

SYMBOLIC_LINK, SUBMODULE = "120000", "160000"  # modes of entries that are no file

_PLACES = _TOP, _OWN, _COMMON = "--show-toplevel", "--absolute-git-dir", "--git-common-dir"

_OID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_NO_REPOSITORY = "fatal: not a git repository"


class GitFailed(GitbtcError):
    """A git command failed. `status` stays 1; `code` is git's exit status, `stderr` what it said."""

    def __init__(self, arguments: tuple[str, ...], code: int, stderr: str) -> None:
        said = stderr.strip() or f"exit status {code}, without a message"
        super().__init__(f"git {' '.join(arguments)} failed: {said}")
        self.code = code
        self.stderr = stderr


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


def environment(*, inside_git: bool = True) -> dict[str, str]:
    """The environment for a git process; `inside_git` keeps the variables that say which repository is meant."""
    kept = {name: value for name, value in os.environ.items() if _survives(name, inside_git=inside_git)}
    # A hook's GIT_DIR is often `.git`: it must still be right when the command runs in another folder.
    kept |= {name: os.path.abspath(kept[name]) for name in _PLACE_PATHS & kept.keys()}
    return kept | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}


def _survives(name: str, *, inside_git: bool) -> bool:
    if name in _PLACE:
        return inside_git
    return not name.startswith("GIT_") or name in _KEPT or name.startswith(_KEPT_FAMILIES)


def is_oid(text: str) -> bool:
    """Whether `text` is a full object id, SHA-1 or SHA-256."""
    return _OID.match(text) is not None


class Git:
    """git, run in the folder `cwd` (the current one when None)."""

    def __init__(self, cwd: str | Path | None = None, *, inside_git: bool = True) -> None:
        self.cwd = os.path.abspath(cwd or ".")
        self.inside_git = inside_git
        self.environment = environment(inside_git=inside_git)
        self._places: dict[str, str] = {}  # what rev-parse told; a repository does not move while a process works in it

    @classmethod
    def at(cls, folder: str | Path) -> Self:
        """git for the repository that `folder` lies in, whatever repository a hook that runs us speaks of."""
        return cls(folder, inside_git=False)

    def at_top(self) -> Self:
        """The same, run in the work tree's root: where Git runs hooks, and takes a relative core.hooksPath from."""
        copy = type(self)(self.top_level(), inside_git=self.inside_git)
        copy._places |= self._places  # noqa: SLF001 - its own class
        return copy

    def as_stored(self) -> Self:
        """The same, blind to refs/replace: those stay behind when history goes elsewhere."""
        copy = type(self)(self.cwd, inside_git=self.inside_git)
        copy.environment["GIT_NO_REPLACE_OBJECTS"] = "1"
        return copy

    def run(self, *arguments: str, stdin: bytes | None = None, ok: tuple[int, ...] = (0,)) -> bytes:
        """Standard output of `git …`; GitFailed on an exit status that is not in `ok`, CannotWork without git."""
        return self.outcome(*arguments, stdin=stdin, ok=ok)[1]

    def outcome(
        self, *arguments: str, stdin: bytes | None = None, ok: tuple[int, ...] = (0,)
    ) -> tuple[int, bytes, bytes]:
        """Exit status, standard output and standard error of `git …`; errors as `run`."""
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=self.cwd, env=self.environment, input=b"" if stdin is None else stdin,
                capture_output=True, check=False,
            )  # fmt: skip
        except FileNotFoundError:
            raise self._cannot_start() from None
        if done.returncode not in ok:
            raise self._failure(arguments, done.returncode, _text(done.stderr))
        return done.returncode, done.stdout, done.stderr

    def _cannot_start(self) -> CannotWork:
        if not os.path.isdir(self.cwd):
            return CannotWork(f"{self.cwd}: no such folder")
        return CannotWork("the program git was not found; install Git, or put it on PATH")

    def _failure(self, arguments: tuple[str, ...], code: int, stderr: str) -> GitbtcError:
        if stderr.startswith(_NO_REPOSITORY):
            return CannotWork(f"{self.cwd}: not in a Git repository; `gitbtc init` makes one")
        return GitFailed(arguments, code, stderr)

    def line(self, *arguments: str, ok: tuple[int, ...] = (0,)) -> str:
        """Standard output of `git …` as text, without its last line end."""
        return _text(self.run(*arguments, ok=ok)).removesuffix("\n")

    # -- the program and the places --------------------------------------------------------------------------------

    def version(self) -> tuple[int, int, int]:
        """Git's version, (2, 39, 5); CannotWork when it does not tell."""
        told = self.line("--version")
        found = _VERSION.search(told)
        if found is None:
            raise CannotWork(f"git --version says {told!r}, which names no version")
        major, minor, patch = found.groups()
        return int(major), int(minor), int(patch or 0)

    def top_level(self) -> str:
        """The absolute path of the work tree's root; CannotWork outside of one, and in a bare repository."""
        try:
            return self._place(_TOP)
        except GitFailed as error:
            raise CannotWork(f"{self.cwd}: no work tree here: {error.stderr.strip()}") from None

    def prefix(self) -> str:
        """The current folder as its path from the work tree's root, without a `/` at its end; `""` in the root."""
        return self.line("rev-parse", "--show-prefix").removesuffix("/")

    def git_dir(self) -> str:
        """The absolute path of this work tree's own Git folder."""
        return self._place(_OWN)

    def common_dir(self) -> str:
        """The absolute path of the Git folder that linked work trees share."""
        return self._place(_COMMON)

    def _place(self, option: str) -> str:
        if option not in self._places:
            # Who asks for the work tree will ask for the others: one process tells all three.
            asked = _PLACES if option == _TOP else (option,)
            told = self.line("rev-parse", *asked)
            answers = told.split("\n")
            if len(answers) != len(asked):  # a path with a line end in it
                asked, answers = (option,), [self.line("rev-parse", option)]
            self._places |= {name: self._absolute(answer) for name, answer in zip(asked, answers, strict=True)}
        return self._places[option]

    def is_bare(self) -> bool:
        """Whether the repository has no work tree."""
        return self.line("rev-parse", "--is-bare-repository") == "true"

    def git_path(self, name: str) -> str:
        """The absolute path of a file of the Git folder (`MERGE_HEAD`, `hooks`), wherever Git keeps it."""
        return self._absolute(self.line("rev-parse", "--git-path", name))

    def hooks_dir(self) -> str:
        """The absolute path of the folder that Git runs hooks from; knows core.hooksPath."""
        return self.git_path("hooks")

    def _absolute(self, path: str) -> str:
        return os.path.normpath(os.path.join(self.cwd, path))

    # -- configuration ---------------------------------------------------------------------------------------------

    def config(self, name: str, file: str | None = None) -> str | None:
        """The last value of `name` (in `file` alone when given), None when it is not set."""
        values = self.config_values(name, file)
        return values[-1] if values else None

    def config_values(self, name: str, file: str | None = None) -> list[str]:
        """All values of `name` (in `file` alone when given), in the order in which Git reads them."""
        return _items(self.run("config", *_in_file(file), "-z", "--get-all", name, ok=(0, 1)))

    def config_entries(self, file: str | None = None) -> list[tuple[str, str]]:
        """All names (Git lower-cases all but the middle part) and values, of `file` alone or of all that is in force.

        In the order in which Git reads them: the last one of a name counts. A bare name has the value ''.
        """
        entries = (item.partition("\n") for item in _items(self.run("config", *_in_file(file), "-z", "--list")))
        return [(name, value) for name, _, value in entries]

    def set_config(self, name: str, value: str, file: str | None = None) -> None:
        """Set `name` to the one value `value`, in `file` or in the repository's own configuration."""
        self.run("config", *_in_file(file), "--replace-all", name, value)

    def add_config(self, name: str, value: str, file: str | None = None) -> None:
        """Add `value` to the values of `name`, in `file` or in the repository's own configuration."""
        self.run("config", *_in_file(file), "--add", name, value)

    # -- revisions -------------------------------------------------------------------------------------------------

    def resolve(self, revision: str) -> str:
        """The oid that `revision` names; CannotWork when it names none."""
        oid = self.find(revision)
        if oid is None:
            raise CannotWork(f"{revision}: no such revision in this repository")
        return oid

    def find(self, revision: str) -> str | None:
        """The oid that `revision` names, None when it names none (HEAD before the first commit)."""
        return self.line("rev-parse", "--verify", "--quiet", "--end-of-options", revision, ok=(0, 1, 128)) or None

    def find_each(self, *revisions: str) -> list[str | None]:
        """The same for each of several revisions, told by one process; none of them may hold a line end."""
        told = self.run(
            "cat-file", "--batch-check=%(objectname)", stdin="".join(f"{one}\n" for one in revisions).encode()
        )
        return [line if is_oid(line) else None for line in _text(told).splitlines()]

    def empty_tree(self) -> str:
        """The oid of the tree without entries: the parent of a first commit."""
        return self.line("hash-object", "-t", "tree", "--stdin")

    def merge_bases(self, ours: str, theirs: str) -> list[str]:
        """All best common ancestors; none for unrelated histories, several for a criss-cross."""
        return self.line("merge-base", "--all", self._oid(ours), self._oid(theirs), ok=(0, 1)).split()

    def new_commits(self, oids: Iterable[str], *known: str) -> list[str]:
        """The commits that `oids` (of objects of any type) reach and `known` (`--all`, `^A`) does not, oldest first."""
        asked = "".join(f"{oid}\n" for oid in oids).encode()
        options = ("rev-list", "--reverse", "--topo-order", "--stdin")
        return _text(self.run(*options, *known, stdin=asked)).split() if asked else []

    def reachable(self, *revisions: str) -> list[str]:
        """The oids of the commits that `revisions` (also `A..B`, `--all`, `--reflog`) name, oldest first."""
        return self.line("rev-list", "--reverse", "--topo-order", *revisions, "--").split()

    def refs_that_hold(self, commits: Iterable[str]) -> list[str]:
        """The names of the refs that reach one of the commits (full oids)."""
        asked = [f"--contains={oid}" for oid in commits]
        return self.line("for-each-ref", "--format=%(refname)", *asked).splitlines() if asked else []

    def commits(self, *revisions: str) -> list[tuple[str, list[str]]]:
        """The commits that `revisions` (also `A..B`, `^A`, `--not`, `--all`) name, oldest first, with their parents."""
        lines = self.line("rev-list", "--reverse", "--topo-order", "--parents", *revisions, "--").splitlines()
        return [(oid, parents) for oid, *parents in (line.split() for line in lines)]

    def independent(self, oids: Iterable[str]) -> list[str]:
        """Those of the commits `oids` that no other of them has for a parent."""
        asked = "".join(f"{oid}\n" for oid in oids).encode()
        listed = _text(self.run("rev-list", "--no-walk=unsorted", "--parents", "--stdin", stdin=asked))
        found = [line.split() for line in listed.splitlines()]
        parents = {parent for _, *parents in found for parent in parents}
        return [oid for oid, *_ in found if oid not in parents]

    def last_with(self, text: str, path: str, heads: Iterable[str]) -> list[str]:
        """The last commit that put `text` into the file `path` or took it out, and its parents: one of them has it."""
        options = ("-1", "--format=%H %P", f"-S{text}", "--no-ext-diff", "--no-textconv")
        found = self.line("--literal-pathspecs", "log", *options, *map(self._oid, heads), "--", path)
        return found.split()

    def lost_paths(self, pattern: str, head: str) -> list[str]:
        """The paths that match `pattern` (a glob from the top) and that some commit up to `head` took out, sorted.

        A merge takes out what one of its parents has. A path may have come back since.
        """
        options = ("--full-history", "--diff-merges=separate", "--diff-filter=D", "--name-only", "-z", "--format=")
        shown = ("--no-renames", "--no-ext-diff", "--no-textconv", "--no-show-signature")
        listed = self.run("log", *options, *shown, self._oid(head), "--", f":(top,glob){pattern}")
        return sorted({path for path in _items(listed) if path})

    def commits_on(self, path: str, head: str) -> list[tuple[str, list[str]]]:
        """The commits up to `head` that changed the file `path`, and the merges of lines that did, oldest first;
        for parents they have the nearest such ancestors, or a first commit.
        """
        options = ("--reverse", "--topo-order", "--parents", "--full-history")
        lines = self.line("rev-list", *options, self._oid(head), "--", f":(top,literal){path}").splitlines()
        return [(oid, parents) for oid, *parents in (line.split() for line in lines)]

    def heads_in(self, name: str) -> list[str]:
        """The oids in a file of the Git folder (MERGE_HEAD, `shallow`); none when there is no such file.

        Read from the file: an octopus merge leaves several in MERGE_HEAD, of which rev-parse tells the first.
        """
        # What is written like HEAD lies beside it; where the rest lies, Git has to be asked.
        place = os.path.join(self.git_dir(), name) if name.isupper() else self.git_path(name)
        try:
            with open(place, encoding="ascii") as heads:
                return heads.read().split()
        except FileNotFoundError:
            return []

    def _oid(self, revision: str) -> str:
        return revision if is_oid(revision) else self.resolve(revision)

    # -- trees and the index ---------------------------------------------------------------------------------------

    def tree_entries(self, revision: str, *paths: str) -> dict[str, Entry]:
        """path -> (mode, oid) of every file of the tree, or of `paths` alone (literal, no patterns)."""
        listing = self.run(
            "--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", self._oid(revision), "--", *paths
        )
        entries = {}
        for item in _items(listing):
            head, _, path = item.partition("\t")
            mode, _, oid = head.split(" ")
            entries[path] = (mode, oid)
        return entries

    def index_entries(self) -> dict[str, Entry]:
        """path -> (mode, oid) of every settled path of the index that GIT_INDEX_FILE names."""
        return {path: entry for path, stage, entry in self._staged() if stage == 0}

    def unmerged_entries(self) -> dict[str, dict[int, Entry]]:
        """path -> stage (1 base, 2 ours, 3 theirs) -> (mode, oid) of every path that a merge left open."""
        unmerged: dict[str, dict[int, Entry]] = {}
        for path, stage, entry in self._staged("--unmerged"):
            unmerged.setdefault(path, {})[stage] = entry
        return unmerged

    def _staged(self, *options: str) -> Iterator[tuple[str, int, Entry]]:
        for item in _items(self.run("ls-files", "--stage", "-z", "--full-name", *options, "--", ":/")):
            head, _, path = item.partition("\t")
            mode, oid, stage = head.split(" ")
            yield path, int(stage), (mode, oid)

    def work_tree_paths(self) -> list[str]:
        """The paths of the work tree, tracked or not, but for ignored ones; a tracked one may be missing there."""
        options = ("--cached", "--others", "--exclude-standard", "--full-name", "--deduplicate")
        return _items(self.run("ls-files", "-z", *options, "--", ":/"))

    def sparse_paths(self) -> set[str]:
        """The paths that a sparse checkout leaves out of the work tree."""
        listed = _items(self.run("ls-files", "-z", "-t", "--full-name", "--", ":/"))
        return {item[2:] for item in listed if item.startswith("S ")}

    def ignored_paths(self, patterns: Iterable[str]) -> list[str]:
        """The untracked paths of the work tree that `patterns`, written as in .gitignore, match."""
        given = (part for pattern in patterns for part in ("--exclude", pattern))
        return _items(self.run("ls-files", "-z", "--others", "--ignored", "--full-name", *given, "--", ":/"))

    def changed_paths(self, old: str, new: str) -> list[Changed]:
        """What differs between two revisions or trees, without looking for renames."""
        return _changes(self.run("diff-tree", "-r", *_RAW, self._oid(old), self._oid(new), "--"))

    def staged_paths(self, old: str = "HEAD") -> list[Changed]:
        """What differs between `old` (HEAD or the empty tree before the first commit) and the index.

        An unmerged path is there too: its `new` is None.
        """
        base = self.find(old) or (self.empty_tree() if old == "HEAD" else self.resolve(old))
        return _changes(self.run("diff-index", "--cached", *_RAW, base, "--"))

    def unstaged_paths(self) -> list[Changed]:
        """What differs between the index and the work tree; the oid of `new` is all zeros."""
        return _changes(self.run("diff-files", *_RAW, "--"))

    def update_index(self, entries: Mapping[str, Entry | Mapping[int, Entry] | None]) -> None:
        """Put each path's (mode, oid), or stage -> (mode, oid) for one left open, in the index; None takes it out."""
        self.run("update-index", "-z", "--index-info", stdin=b"".join(_index_lines(entries, self.empty_tree())))

    def refresh_index(self) -> None:
        """Tell the index which files of the work tree are as it has them; until then Git takes each for changed."""
        self.run("update-index", "-q", "--refresh", ok=(0, 1))

    def attributes(self, names: list[str], paths: list[str]) -> dict[tuple[str, str], str]:
        """(path, attribute) -> value (`set`, `unset`, `unspecified` or what was given), as Git takes them here."""
        told = _items(
            self.run("check-attr", "-z", "--stdin", *names, stdin="\0".join(paths).encode("utf-8", "surrogateescape"))
        )
        return {(path, name): value for path, name, value in zip(told[::3], told[1::3], told[2::3], strict=True)}

    # -- blobs -----------------------------------------------------------------------------------------------------

    def blob_id(self, content: bytes) -> str:
        """The oid that `content` has as a blob; nothing is written, no filter runs."""
        return self._hash(content)

    def write_blob(self, content: bytes) -> str:
        """Write `content` as a blob, without any filter; its oid."""
        return self._hash(content, "-w")

    def _hash(self, content: bytes, *options: str) -> str:
        return _text(self.run("hash-object", *options, "--no-filters", "--stdin", stdin=content)).strip()

    def stored_order(self) -> list[str]:
        """The oids of all objects in the order in which they lie in the object store."""
        return _text(self.run("cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)")).split()

    def blobs(self) -> BlobReader:
        """A reader of many blobs through one process; use it in a `with`."""
        return BlobReader(self)


class BlobReader:
    """Blobs through one long-running `git cat-file --batch`. It starts with the first blob that is read."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def read(self, oid: str) -> bytes:
        """The bytes of the object `oid` (a full one); GitFailed when the repository does not hold it."""
        found = self.find(oid)
        if found is None:
            raise GitFailed(("cat-file", "--batch"), 1, f"object {oid} is missing from this repository")
        return found[1]

    def find(self, oid: str) -> tuple[str, bytes] | None:
        """Type (blob, tree, commit, tag) and bytes of the object `oid` (a full one); None when it is not there."""
        self.ask(oid)
        return self.answer()

    def ask(self, oid: str) -> None:
        """Have the object `oid` (a full one) read, without waiting for it: `answer` tells what was asked, in order."""
        if not is_oid(oid):
            raise GitbtcError(f"{oid!r}: not a full object id")
        asked, _ = self._pipes()
        asked.write(oid.encode() + b"\n")
        asked.flush()

    def answer(self) -> tuple[str, bytes] | None:
        """What `find` tells, of the next object that was asked for."""
        _, answers = self._pipes()
        header = answers.readline().split()
        if len(header) != 3:  # "<oid> <type> <size>", else "<oid> missing"
            return None
        content: bytes = answers.read(int(header[2]))
        answers.read(1)
        return header[1].decode(), content

    def read_path(self, revision: str, path: str) -> bytes | None:
        """The bytes of the file `path` in `revision`; None when it is not there, or not a file or symbolic link."""
        # Through the tree, not as `revision:path`: a path may hold a newline, and `:` means more than one thing.
        entry = self._git.tree_entries(revision, path).get(path)
        return None if entry is None or entry[0] == SUBMODULE else self.read(entry[1])

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            try:
                self._process = subprocess.Popen(
                    ["git", "cat-file", "--batch"], cwd=self._git.cwd, env=self._git.environment,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                )  # fmt: skip
            except FileNotFoundError:
                raise CannotWork("the program git was not found; install Git, or put it on PATH") from None
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


_PIPE_SIZE = 1 << 20  # bytes
_RAW = ("--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv")


def _changes(raw: bytes) -> list[Changed]:
    items = _items(raw)
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
        name = path.encode("utf-8", "surrogateescape")
        # Out with whatever stages the path has: an entry put beside them would leave both.
        yield f"0 {nothing}\t".encode() + name + b"\0"
        stages = {0: entry} if isinstance(entry, tuple) else entry or {}
        for stage, (mode, oid) in stages.items():
            yield f"{mode} {oid} {stage}\t".encode() + name + b"\0"


def _in_file(file: str | None) -> tuple[str, ...]:
    return () if file is None else ("--file", file)


def _items(output: bytes) -> list[str]:
    return _text(output).split("\0")[:-1]


def _text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")
