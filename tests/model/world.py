"""The repositories of the model: a gated server, two clones with gitbtc and one without, and what is known of each.

Every commit that appears is read with plain `git cat-file` and judged by `tests.model.model`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests import forking
from tests.model.model import FILES, Tree
from tests.model.payments import born

if TYPE_CHECKING:
    import tempfile
    from collections.abc import Iterable

    from tests.model.model import Outpoint

GITBTC = (sys.executable, "-E", "-P", "-m", "gitbtc")
CONFIGURATION = """[user]
\tname = Ann Auditor
\temail = ann@example.com
[init]
\tdefaultBranch = main
[core]
\tfsync = none
\tcheckStat = minimal
\ttrustctime = false
[gc]
\tauto = 0
[advice]
\tdetachedHead = false
[protocol "file"]
\tallow = always
"""
_FOREIGN = ("GIT_", "XDG_", "PYTHON", "GITBTC_", "NO_COLOR", "CLICOLOR", "PAGER", "EDITOR", "VISUAL")


class Violation(AssertionError):
    """Something happened that must never happen; the message ends with all commands that led there."""


class Clone:
    """One repository. `gated`: gitbtc is set up in it."""

    def __init__(self, world: World, name: str, *, gated: bool) -> None:
        self.world = world
        self.name = name
        self.gated = gated
        self.path = world.place / name
        self.known: dict[str, list[str]] = {}  # every commit that was ever seen here: oid -> parents

    def run(self, *command: str, env: dict[str, str] | None = None) -> tuple[int, str]:
        """Exit status, and all that was said."""
        self.world.clock += 60
        date = f"{1_700_000_000 + self.world.clock} +0000"
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        done = subprocess.run(command, cwd=self.path, env={**self.world.env, **dates, **(env or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)  # fmt: skip
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        is_ours = command[0] == self.world.program[0]
        words = ["gitbtc", *command[len(GITBTC) :]] if is_ours else command
        self.world.tell(f"{self.name}: {' '.join(words)} -> {done.returncode}")
        if done.returncode and is_ours:
            self.world.tell(said.strip())
        if "Traceback" in said or "This is a bug" in said:
            self.world.fail(f"a crash:\n{said}")
        return done.returncode, said

    def git(self, *arguments: str) -> tuple[int, str]:
        """The same for `git …`."""
        return self.run("git", *arguments)

    def gitbtc(self, *arguments: str) -> tuple[int, str]:
        """The same for `gitbtc …`."""
        return self.run(*self.world.program, *arguments)

    def ask(self, *arguments: str, stdin: str = "") -> str:
        """What plain git answers; nothing of it is part of the story."""
        return subprocess.run(["git", *arguments], cwd=self.path, env=self.world.env, input=stdin.encode(),
                              capture_output=True, check=False).stdout.decode("utf-8", "replace")  # fmt: skip

    def head(self) -> str:
        """The oid of HEAD."""
        return self.ask("rev-parse", "HEAD").strip()

    def branches(self) -> list[str]:
        """The local branches."""
        return self.ask("for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    def refs(self) -> str:
        """All refs, and what HEAD is."""
        return self.ask("show-ref", "--head") + (self.path / ".git/HEAD").read_text()

    def dirt(self) -> str:
        """What differs between HEAD, the index and the work tree, and what is in progress."""
        going_on = [name for name in IN_PROGRESS if (self.path / ".git" / name).exists()]
        return self.ask("status", "--porcelain") + " ".join(going_on)

    def news(self) -> list[str]:
        """The commits that are new here, oldest first."""
        listed = self.ask("rev-list", "--reverse", "--topo-order", "--parents", "--all", "HEAD").splitlines()
        new = {oid: parents for oid, *parents in map(str.split, listed) if oid not in self.known}
        self.known |= new
        self.world.read(self, new)
        return list(new)


IN_PROGRESS = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply", "SQUASH_MSG")


class World:
    """One run: the repositories, what their commits hold, and the story so far."""

    def __init__(self, place: Path, env: dict[str, str], python: str) -> None:
        """`python`: what stands for the interpreter."""
        self.place = place
        self.env = env
        self.program = (python, *GITBTC[1:])
        self.clock = 0
        self.story: list[str] = []
        self.trees: dict[str, Tree] = {}
        self.unattributed: set[Outpoint] = set()
        self.ann, self.bob = (Clone(self, name, gated=True) for name in ("ann", "bob"))
        self.plain = Clone(self, "plain", gated=False)
        self.server = Clone(self, "server.git", gated=True)
        for clone in (self.ann, self.bob, self.plain, self.server):
            clone.news()

    def tell(self, line: str) -> None:
        """Add to the story."""
        self.story.append(line)

    def fail(self, what: str) -> None:
        """Raise Violation."""
        story = "\n".join(self.story)
        raise Violation(f"{what}\nin {self.place}, after\n{story}")

    def read(self, clone: Clone, oids: Iterable[str]) -> None:
        """Read the trees of commits that nobody has read yet."""
        wanted = [oid for oid in oids if oid not in self.trees]
        names = [f"{oid}:{path}" for oid in wanted for path in FILES]
        said = clone.ask("cat-file", "--batch", stdin="".join(f"{name}\n" for name in names)).encode() if names else b""
        files: dict[str, dict[str, bytes]] = {oid: {} for oid in wanted}
        for name in names:
            head, _, said = said.partition(b"\n")
            if not head.endswith(b" missing"):
                size = int(head.split()[2])
                oid, _, path = name.partition(":")
                files[oid][path], said = said[:size], said[size + 1 :]
        self.trees |= {oid: Tree(found) for oid, found in files.items()}

    def conserves(self, oid: str) -> bool:
        """Whether the coins of a commit are those that there must be."""
        return not any(self.trees[oid].discrepancies(self.unattributed))


class Template:
    """Repositories that are set up once, and copied for every run."""

    def __init__(self, folder: tempfile.TemporaryDirectory[str]) -> None:
        self._folder = folder  # it goes with this
        self.home = home = Path(folder.name)
        self._python = str(forking.begin(home))
        self._copies = 0
        (home / ".gitconfig").write_text(CONFIGURATION)
        env = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        self.env = env | {
            "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
            "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true", "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        self._set_up(home / "template")

    def _set_up(self, place: Path) -> None:
        gitbtc = (self._python, *GITBTC[1:])
        place.mkdir()
        (place / "ann").mkdir()
        server, ann = place / "server.git", place / "ann"
        self._run(place, "git", "init", "-q", "--bare", "--template=", str(server))
        self._run(server, *gitbtc, "install", "--server")
        self._run(ann, "git", "init", "-q", "--template=")
        self._run(ann, "git", "remote", "add", "origin", "../server.git")
        self._run(ann, *gitbtc, "init")
        born(ann)
        self._run(ann, "git", "add", "-A")
        self._run(ann, "git", "commit", "-q", "-m", "born")
        self._run(ann, "git", "push", "-q", "-u", "origin", "main")
        self._run(place, "git", "clone", "-q", "--template=", str(server), "plain")
        self._run(place / "plain", "git", "remote", "set-url", "origin", "../server.git")
        shutil.copytree(ann, place / "bob", symlinks=True)

    def _run(self, cwd: Path, *command: str) -> None:
        subprocess.run(command, cwd=cwd, env=self.env, check=True, capture_output=True)

    def world(self) -> World:
        """A fresh copy."""
        self._copies += 1
        place = self.home / f"{self._copies}"
        shutil.copytree(self.home / "template", place, symlinks=True)
        return World(place, self.env, self._python)
