"""The git program: how it is started, in which environment, how it fails, and where its repository lies.

Every process of git that gitbtc starts is started here: machine-readable formats only (`-z`, full oids, no renames, no
external diff, no textconv), messages in English, an environment without the variables that change what a command
means. Paths are `str` with `/`; bytes that are not UTF-8 travel as surrogate escapes and come back unchanged.

Hooks run inside Git, which tells them by variables which repository, which index (`commit -a` and `commit PATH` use one
of their own) and which object store (a push in quarantine) is meant: those variables survive. So do the ones that say
where configuration, identities and credentials are. Everything else that begins with `GIT_` is dropped, for instance
`GIT_EXTERNAL_DIFF`, `GIT_DIFF_OPTS`, `GIT_LITERAL_PATHSPECS`, `GIT_PREFIX`, `GIT_ATTR_SOURCE`, `GIT_TRACE`.

`_run`, `_outcome`, `_line`, `_items` and `_start` are this room's alone: whoever needs something of Git elsewhere calls
a method that says what it returns.
"""

from __future__ import annotations

import os
import re

from gitbtc import progress
from gitbtc.errors import CannotWork, GitbtcError, remedy
from gitbtc.interrupts import is_undisturbed
from gitbtc.repo.loose import Loose
from gitbtc.repo.places import common_folder, plain_places

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable
    from pathlib import Path
    from typing import IO

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

_PLACES = _TOP, _OWN, COMMON = "--show-toplevel", "--absolute-git-dir", "--git-common-dir"

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_NO_REPOSITORY = "fatal: not a git repository"
_NOT_OURS = "detected dubious ownership"  # safe.directory
_NOT_FETCHED = "from promisor remote"
_FILE_SIZE = -25  # SIGXFSZ ended it: it was about to write more than `ulimit -f` lets it
_LOCKED = re.compile(r"^(?:error|fatal): .*Unable to create '(.+\.lock)': File exists", re.MULTILINE)
# What stands after the name of a lock.
IN_THE_WAY = "another Git works here now, or one was killed; `gitbtc doctor` tells what to do"


class GitFailed(GitbtcError):
    """A git command failed: nobody could look. `code` is git's exit status, `stderr` what it said."""

    status = 3

    def __init__(self, arguments: tuple[str, ...], code: int, stderr: str) -> None:
        said = stderr.strip() or (f"signal {-code} ended it" if code < 0 else f"exit status {code}, without a message")
        super().__init__(self._told(arguments, said))
        self.code = code
        self.stderr = stderr

    def _told(self, arguments: tuple[str, ...], said: str) -> str:
        return f"git {' '.join(arguments)} failed: {said}"


class GitHindered(GitFailed):
    """Nobody could look, for the machine lacked something, or another Git had locked what this one needs."""

    def _told(self, _: tuple[str, ...], said: str) -> str:
        """One line: the first that says why, and what to do."""
        locked = _LOCKED.search(said)
        if locked:
            return f"{locked[1]}: {IN_THE_WAY}"
        line = next(line for line in said.splitlines() if _hinders(line))
        return f"Git could not do its part: {line.partition(': ')[2]}; {remedy(line)}"


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


class GitProgram:
    """The program git, run in the folder `cwd` (the current one when None)."""

    def __init__(self, cwd: str | Path | None = None, *, inside_git: bool = True) -> None:
        self.cwd = os.path.abspath(cwd or ".")
        self.inside_git = inside_git
        self.environment = environment(inside_git=inside_git)
        self._places: dict[str, str] = {}  # what rev-parse told; a repository does not move while a process works in it
        self._loose: Loose | None = None
        self._has_looked = False

    # -- starting it -----------------------------------------------------------------------------------------------

    def _run(self, *arguments: str, stdin: bytes = b"", ok: tuple[int, ...] = (0,)) -> bytes:
        """Standard output of `git …`; GitFailed on an exit status that is not in `ok`, CannotWork without git."""
        return self._outcome(*arguments, stdin=stdin, ok=ok)[1]

    def _line(self, *arguments: str, stdin: bytes = b"", ok: tuple[int, ...] = (0,)) -> str:
        """Standard output of `git …` as text, without its last line end."""
        return text_of(self._run(*arguments, stdin=stdin, ok=ok)).removesuffix("\n")

    def _items(self, *arguments: str, stdin: bytes = b"", ok: tuple[int, ...] = (0,)) -> list[str]:
        """What stands before each NUL in the standard output of `git … -z …`."""
        return text_of(self._run(*arguments, stdin=stdin, ok=ok)).split("\0")[:-1]

    def _outcome(
        self, *arguments: str, stdin: bytes = b"", ok: tuple[int, ...] | range = (0,)
    ) -> tuple[int, bytes, bytes]:
        """Exit status, standard output and standard error of `git …`; errors as `_run`."""
        with _told(arguments):
            process = self._start(*arguments, is_asked=True, is_heard=True)
            code, told, said = _ended(process, stdin)
        if code not in ok:
            raise self._failure(arguments, code, text_of(said))
        return code, told, said

    def attached(self, *arguments: str) -> int:
        """Run git as a person would here, with this process's own input and output; its exit status."""
        import subprocess  # many a process asks Git for nothing

        with progress.Paused():
            process = subprocess.Popen(["git", "-C", str(self.cwd), *arguments], env=environment())
            return _ended(process)[0]

    def _start(
        self, *arguments: str, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None,
        stderr: IO[bytes] | None = None, is_asked: bool = False, is_heard: bool = False,
    ) -> subprocess.Popen[bytes]:  # fmt: skip
        """`git …`, started and not waited for; CannotWork without git. Whoever starts it ends it. What it says comes
        through a pipe where no `stdout` is given, and so does, if it `is_asked`, what it is told, and its complaints if
        it `is_heard`.
        """
        import subprocess

        try:
            return subprocess.Popen(
                ["git", *arguments], cwd=self.cwd, env=self.environment, stdin=subprocess.PIPE if is_asked else stdin,
                stdout=subprocess.PIPE if stdout is None else stdout, stderr=subprocess.PIPE if is_heard else stderr,
                process_group=0 if is_undisturbed() else None,
            )  # fmt: skip
        except FileNotFoundError:
            raise self._cannot_start() from None

    def _cannot_start(self) -> CannotWork:
        if not os.path.isdir(self.cwd):
            return CannotWork(f"{self.cwd}: no such folder")
        return CannotWork("the program git was not found; install Git, or put it on PATH")

    def _failure(self, arguments: tuple[str, ...], code: int, stderr: str) -> GitbtcError:
        if stderr.startswith(_NO_REPOSITORY):
            return CannotWork(f"{self.cwd}: not in a Git repository; `gitbtc init` makes one")
        if _NOT_OURS in stderr:
            import shlex

            return CannotWork(
                f"{self.cwd}: Git does not read a repository of somebody else; if you trust it: "
                f"git config --global --add safe.directory {shlex.quote(self.cwd)}"
            )
        if _NOT_FETCHED in stderr:
            return CannotWork(
                "objects were left out of this partial clone, and its remote does not give them; "
                f"`git fetch --refetch --no-filter` brings all of them ({stderr.strip().splitlines()[-1]})"
            )
        if code == _FILE_SIZE:
            stderr = "fatal: File too large"
        is_hindered = _LOCKED.search(stderr) or any(map(_hinders, stderr.splitlines()))
        return (GitHindered if is_hindered else GitFailed)(arguments, code, stderr)

    # -- the program and the places --------------------------------------------------------------------------------

    def version(self) -> tuple[int, int, int]:
        """Git's version, (2, 39, 5); CannotWork when it does not tell."""
        told = self._line("--version")
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

    def git_dir(self) -> str:
        """The absolute path of this work tree's own Git folder."""
        return self._place(_OWN)

    def common_dir(self) -> str:
        """The absolute path of the Git folder that linked work trees share."""
        return self._place(COMMON)

    @property
    def loose(self) -> Loose | None:
        """The objects that are files of their own; None where only Git can say which those are."""
        if not self._has_looked:
            self._has_looked = True
            self._loose = Loose.of(self._plain_place(COMMON), self.environment)
        return self._loose

    def _plain_place(self, option: str) -> str | None:
        """What files tell of a place; None where Git has to be asked."""
        if option not in self._places:
            plain = plain_places(self.cwd)
            if plain is not None:
                self._places |= dict(zip(_PLACES, plain, strict=True))
        if option == COMMON and option not in self._places and self.inside_git and "GIT_DIR" in self.environment:
            common = common_folder(self.cwd)  # where Git told a hook whose it is
            if common is not None:
                self._places[option] = common
        return self._places.get(option)

    def _place(self, option: str) -> str:
        if self._plain_place(option) is None:
            # Who asks for the work tree will ask for the others: one process tells all three.
            asked = _PLACES if option == _TOP else (option,)
            told = self._line("rev-parse", *asked)
            answers = told.split("\n")
            if len(answers) != len(asked):  # a path with a line end in it
                asked, answers = (option,), [self._line("rev-parse", option)]
            self._places |= {name: self._absolute(answer) for name, answer in zip(asked, answers, strict=True)}
        return self._places[option]

    @staticmethod
    def _is_unreadable(said: str) -> bool:
        """Whether Git says that there is no repository, or one that it does not read."""
        return said.startswith(_NO_REPOSITORY) or _NOT_OURS in said

    def is_repository(self) -> bool:
        """Whether the folder lies in a repository that Git can read."""
        arguments = "rev-parse", "--git-dir"
        code, _, said = self._outcome(*arguments, ok=(0, 128))
        if code and _NOT_OURS in text_of(said):
            raise self._failure(arguments, code, text_of(said))
        return code == 0

    def linked_work_tree(self) -> str:
        """The name that Git gives to the linked work tree that we are in; "" in the main one."""
        folder = self._line("rev-parse", "--absolute-git-dir")
        parent, name = os.path.split(folder)
        is_linked = os.path.basename(parent) == "worktrees" and os.path.exists(os.path.join(folder, "commondir"))
        return name if is_linked else ""

    def is_bare(self) -> bool:
        """Whether the repository has no work tree."""
        return self._line("rev-parse", "--is-bare-repository") == "true"

    def prefix(self) -> str:
        """The folder that git runs in, as its path from the work tree's root, without a last `/`; "" in the root."""
        return self._line("rev-parse", "--show-prefix").removesuffix("/")

    def git_path(self, name: str) -> str:
        """The absolute path of a file of the Git folder (`MERGE_HEAD`, `hooks`), wherever Git keeps it."""
        return self._absolute(self._line("rev-parse", "--git-path", name))

    def hooks_dir(self) -> str:
        """The absolute path of the folder that Git runs hooks from; knows core.hooksPath."""
        return self.git_path("hooks")

    def _absolute(self, path: str) -> str:
        return os.path.normpath(os.path.join(self.cwd, path))


# These may ask a person for a password, on the terminal.
_ASKING = frozenset(["fetch", "push", "ls-remote"])


def _told(arguments: tuple[str, ...]) -> progress.Paused | progress.Doing:
    """What to hold while git runs, so that people who wait are told."""
    return progress.Paused() if _ASKING.intersection(arguments) else progress.doing(f"git {arguments[0]}")


def _ended(process: subprocess.Popen[bytes], stdin: bytes | None = None) -> tuple[int, bytes, bytes]:
    """Exit status, standard output and standard error of a process once it has ended."""
    with process:
        try:
            told, said = process.communicate(stdin)
        except BaseException:
            process.terminate()  # not by a kill: Git then takes its locks away
            process.wait()
            raise
    return process.returncode, told or b"", said or b""


def _hinders(line: str) -> bool:
    """Whether Git says in this line that the machine lacks something. A hook's own words begin otherwise."""
    return line.startswith(("error: ", "fatal: ")) and bool(remedy(line))


def text_of(output: bytes) -> str:
    """What git printed, as text; bytes that are not UTF-8 as surrogate escapes."""
    return output.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """The way back: what git is to read on its standard input."""
    return text.encode("utf-8", "surrogateescape")


def lines_of(words: Iterable[str]) -> bytes:
    """Words for git to read on its standard input, one a line; none of them may hold a line end."""
    return bytes_of("".join(f"{word}\n" for word in words))
