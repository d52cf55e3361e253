"""A hermetic place for tests with real Git: its own home, no system configuration, fixed dates."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import pytest
from hypothesis import settings

from tests import forking, layouts
from tests.made_state import WITHOUT_GITBTC
from tests.prepared import move_config

if TYPE_CHECKING:
    from collections.abc import Callable

# No test by timing: a slow machine is not a failure.
settings.register_profile("gitbtc", deadline=None)
settings.load_profile("gitbtc")

# A shell's job in the background ignores Ctrl-C, and what it starts inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Files of tests lie in memory, if there is room and what lies there may be run: they take less of the processor there.
_MEMORY, _ROOM = "/dev/shm", 2 << 30  # noqa: S108 - pytest makes a folder of its own in it
if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK):
    _told = os.statvfs(_MEMORY)
    if _told.f_bavail * _told.f_frsize >= _ROOM and not _told.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = tempfile.tempdir = _MEMORY

# Variables of the surrounding machine that must not reach Git or gitbtc under test.
_FOREIGN = ("GIT_", "XDG_", "PYTHON", "GITBTC_", "NO_COLOR", "CLICOLOR", "PAGER", "LESS", "EDITOR", "VISUAL")
_EPOCH = 1_700_000_000
# When the files of work trees are written, a second after each other.
_MOMENTS = itertools.count(_EPOCH)


class Options(TypedDict, total=False):
    """How a command is run; see Repo.run."""

    ok: tuple[int, ...]
    stdin: bytes | None
    env: dict[str, str] | None
    cwd: Path | None


@dataclass
class Repo:
    """A repository in the sandbox, driven through the real programs."""

    path: Path
    env: dict[str, str]
    clock: int = field(default=_EPOCH)
    python: str = sys.executable

    def run(
        self,
        *command: str,
        ok: tuple[int, ...] = (0,),
        stdin: bytes | None = None,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run `command` here; fails the test on an exit status that is not in `ok`."""
        if layouts.in_shards() and command[0] == "git":
            command = tuple(layouts.folder_of(cwd or self.path, word) or word for word in command)
        self.clock += 60
        dates = {"GIT_AUTHOR_DATE": f"{self.clock} +0000", "GIT_COMMITTER_DATE": f"{self.clock} +0000"}
        done = subprocess.run(command, cwd=cwd or self.path, env={**self.env, **dates, **(env or {})},
                              input=stdin, capture_output=True, check=False)  # fmt: skip
        result = subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        )
        assert result.returncode in ok, f"{command} exited {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    def git(self, *arguments: str, ok: tuple[int, ...] = (0,), stdin: bytes | None = None) -> str:
        """Standard output of `git …`."""
        if layouts.in_shards() and arguments[0] == "show" and len(arguments) == 2 and ":" in arguments[1]:
            revision, _, path = arguments[1].partition(":")
            listed = (
                self.run("git", "ls-tree", "-r", "--name-only", revision) if revision else self.run("git", "ls-files")
            )
            places = [place for place in listed.stdout.splitlines() if layouts.KINDS.whole(place) == path]
            if places and path not in places:
                content = {place: self.run("git", "show", f"{revision}:{place}").stdout.encode() for place in places}
                return layouts.joined(path, places, content.__getitem__).decode()
        return self.run("git", *arguments, ok=ok, stdin=stdin).stdout

    def gitbtc(self, *arguments: str, **options: Unpack[Options]) -> subprocess.CompletedProcess[str]:
        """Run `gitbtc …` as a process of its own."""
        return self.run(self.python, "-E", "-P", "-m", "gitbtc", *arguments, **options)

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file of the work tree."""
        target = self.path / path
        written = content.encode() if isinstance(content, str) else content
        shards = layouts.write(self.path, path, written)
        if shards is not None:
            self.date(*shards)
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(written)
        self.date(target)
        return target

    def date(self, *targets: Path) -> None:
        """Give files a time that no other has, before any index was written: an index of the same second cannot tell
        whether a file is as it was staged, and each command filters it anew.
        """
        moment = next(_MOMENTS)
        for target in targets:
            os.utime(target, (moment, moment))

    def read(self, path: str) -> bytes:
        """The bytes of a file of the work tree; of shards, of what they make."""
        folder = layouts.folder_of(self.path, path) if layouts.in_shards() else ""
        if folder:
            places = [f"{folder}/{place.name}" for place in (self.path / folder).iterdir()]
            return layouts.joined(path, places, lambda place: (self.path / place).read_bytes())
        return (self.path / path).read_bytes()

    def commit(self, message: str) -> str:
        """Commit everything; the new commit's oid."""
        return self._commit(message)

    def unexamined(self, message: str) -> str:
        """The same, also of nothing, past the hooks, as a clone without gitbtc does: what tests begin with."""
        return self._commit(message, *WITHOUT_GITBTC)

    def _commit(self, message: str, *configuration: str) -> str:
        self.git("add", "-A")
        self.git(*configuration, "commit", "-q", *(["--allow-empty"] if configuration else []), "-m", message)
        return self.git("rev-parse", "HEAD").strip()


@dataclass
class Sandbox:
    """A home of its own with any number of repositories in it."""

    home: Path
    env: dict[str, str]
    python: str

    def repo(self, name: str = "treasury") -> Repo:
        """A new, empty repository without gitbtc; call `.gitbtc("init")` to set it up."""
        path = self.home / name
        path.mkdir(parents=True)
        repo = Repo(path, self.env, python=self.python)
        repo.git("init", "-q", "-b", "main")
        return repo


def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto` half as many again as there are processors: tests wait for what they started."""
    return -(-3 * (os.cpu_count() or 1) // 2)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Have the suite run over one layout."""
    parser.addoption("--layout", choices=[layouts.WHOLE, layouts.SHARDS], help="how state files lie in tests")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked so runs over each layout, unless the run is to have one."""
    if metafunc.definition.get_closest_marker(layouts.BOTH) and not metafunc.config.getoption("--layout"):
        metafunc.fixturenames.append("state_layout")
        metafunc.parametrize("state_layout", [layouts.WHOLE, layouts.SHARDS])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Function) -> None:
    """Choose the layout of a test."""
    of_run = item.config.getoption("--layout") or layouts.WHOLE
    of_test = item.callspec.params.get("state_layout", of_run) if hasattr(item, "callspec") else of_run
    layouts.choose(layouts.WHOLE if item.get_closest_marker(layouts.ONE_FILE) else str(of_test))


@pytest.fixture
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Sandbox:
    """A hermetic home: nothing of the machine's Git configuration is seen from within."""
    marked = request.node.get_closest_marker
    forks = marked("one_interpreter") and not marked("own_interpreters")
    return hermetic(tmp_path / "home", request.getfixturevalue("one_interpreter") if forks else sys.executable)


def hermetic(home: Path, python: str = sys.executable) -> Sandbox:
    """A new sandbox in the folder `home`, which is made. `python` starts gitbtc in it."""
    home.mkdir()
    # Repositories of another kind than Git's default: `defaultRefFormat = reftable`, `defaultObjectFormat = sha256`.
    kind = os.environ.get("GITBTC_TESTS_INIT", "")
    (home / ".gitconfig").write_text(
        f"[user]\n\tname = Ann Auditor\n\temail = ann@example.com\n[init]\n\tdefaultBranch = main\n\t{kind}\n"
        "[core]\n\tfsync = none\n"
        # A copy of a repository is then as clean as what it was copied from, without filtering its files anew.
        "\tcheckStat = minimal\n\ttrustctime = false\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    env |= {
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
    }
    _assert_it_holds(home, tuple((name, value.replace(str(home), "")) for name, value in env.items()), env)
    return Sandbox(home, env, python)


_HELD: set[tuple[tuple[str, str], ...]] = set()


def _assert_it_holds(home: Path, named: tuple[tuple[str, str], ...], env: dict[str, str]) -> None:
    """That Git sees no configuration but the home's: once for each environment, but for its home."""
    if named in _HELD:
        return
    seen = subprocess.run(
        ["git", "config", "--show-origin", "--list"], cwd=home, env=env, capture_output=True, check=True, text=True
    ).stdout
    assert all(str(home) in line for line in seen.splitlines()), f"the sandbox leaks configuration:\n{seen}"
    _HELD.add(named)


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Repo]:
    """For an interpreter, a repository with gitbtc set up and one commit, to be copied: hundreds of tests begin so."""
    return cache(lambda python: _set_up(hermetic(tmp_path_factory.mktemp("set-up") / "home", python)))


def _set_up(sandbox: Sandbox) -> Repo:
    repo = sandbox.repo()
    repo.gitbtc("init")
    for sample in repo.path.glob(".git/hooks/*.sample"):
        sample.unlink()
    repo.write(".gitattributes", repo.read(".gitattributes"))  # older than the index
    repo.commit("Set up gitbtc")
    return repo


@pytest.fixture(scope="session")
def one_interpreter(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What stands for the interpreter where a test is marked `one_interpreter`."""
    return str(forking.begin(tmp_path_factory.mktemp("one-interpreter")))


@pytest.fixture
def treasury(sandbox: Sandbox, set_up: Callable[[str], Repo]) -> Repo:
    """A repository with gitbtc set up and one commit."""
    original = set_up(sandbox.python)
    repo = Repo(sandbox.home / "treasury", sandbox.env, original.clock, sandbox.python)
    shutil.copytree(original.path, repo.path, symlinks=True)
    move_config(repo, original.path)
    return repo


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The recorded answers of two Bitcoin Core nodes, one folder a moment."""
    return Path(__file__).resolve().parents[1] / "gitbtc" / "demo" / "recordings"
