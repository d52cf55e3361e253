"""The same histories through the doors: `git merge` and its like where gitbtc is set up, `premerge`, `gitbtc join`."""

from __future__ import annotations

import json
import re
import shutil
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from gitbtc.api import State
from tests import forking
from tests.conftest import Repo, hermetic
from tests.made_state import WITHOUT_GITBTC
from tests.oracle.expected import Expected, told
from tests.oracle.judging import Fault, Outcome, Question, faults, of_join

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.oracle.evidence import Files
    from tests.oracle.histories import History

_BRANCHES = ("ours", "theirs", "third")
_NO_EDITOR = ("-c", "core.editor=true")


class Door(NamedTuple):
    """How two heads come together: `ours` is checked out, `command` brings `theirs` in, `go_on` takes what was staged
    as decided, and `give_up` ends what was asked.
    """

    command: tuple[str, ...]
    go_on: tuple[str, ...] = ("commit", "-q", "--no-edit")
    give_up: tuple[str, ...] = ("merge", "--abort")
    ours: str = "ours"


DOORS = {
    "git merge": Door(("merge", "--no-edit", "-q", "theirs")),
    "git merge --squash": Door(("merge", "--squash", "-q", "theirs"), give_up=("reset", "-q", "--merge")),
    "git cherry-pick": Door(("cherry-pick", "theirs"), ("cherry-pick", "--continue"), ("cherry-pick", "--abort")),
    "git rebase": Door(("rebase", "-q", "ours"), ("rebase", "--continue"), ("rebase", "--abort"), "theirs"),
}  # fmt: skip


class Doors:
    """A repository with gitbtc set up, in `folder`, to be copied for each history."""

    def __init__(self, folder: Path) -> None:
        self._made = hermetic(folder / "home").repo("made")
        self._made.gitbtc("init")
        self._made.commit("Set up gitbtc")
        interpreter = folder / "interpreter"
        interpreter.mkdir()
        self._made.python = str(forking.begin(interpreter))
        for path in (self._made.path / ".git/gitbtc/config", *self._made.path.glob(".git/hooks/*")):
            path.write_text(path.read_text().replace(f"={sys.executable}", f"={self._made.python}"))
        self._copies = 0

    def faults(self, made: History) -> Iterator[Fault]:
        """What is wrong with the merge of a history of two heads, and with the joins of its heads in two orders."""
        repo = self._laid(made)
        expected = Expected(made.base, made.heads)
        names = _BRANCHES[: len(made.heads)]
        for name in names:
            if not expected.bare and (refused := self._is_refused(repo, name)):
                yield Fault("a consistent view is refused", f"gitbtc check {name}, {refused}")
        joins = [self._joined(repo, order) for order in (names, names[::-1])]
        for name, outcome in zip(("join", "join the other way"), joins, strict=True):
            yield from (Fault(f"{name}, {fault.sort}", fault.text) for fault in of_join(expected, outcome))
        if sorted(joins[0].questions) != sorted(joins[1].questions) or joins[0].coins != joins[1].coins:
            yield Fault("join, the order decides", f"{joins[0].questions} {joins[1].questions}")
        if len(names) == 2:
            yield from self._of(repo, expected, "git merge")
        shutil.rmtree(repo.path)

    def of_every_door(self, made: History) -> Iterator[Fault]:
        """What is wrong with a history of two heads by any door; and where a door asks what another does not."""
        repo = self._laid(made)
        expected = Expected(made.base, made.heads)
        asked = {"gitbtc premerge": self._foreseen(repo)}
        for name, door in DOORS.items():
            outcome = self._brought(repo, door)
            asked[name] = outcome.questions
            yield from (Fault(f"{name}, {fault.sort}", fault.text) for fault in faults(expected, outcome))
            repo.run("git", *door.give_up, ok=(0, 1, 128))
            repo.git(*WITHOUT_GITBTC, "checkout", "-q", "-f", "--detach", "base")
        wanted = sorted(asked["git merge"])
        yield from (Fault(f"{name} asks otherwise", f"{sorted(asked[name])} instead of {wanted}")
                    for name in asked if sorted(asked[name]) != wanted)  # fmt: skip
        shutil.rmtree(repo.path)

    def _of(self, repo: Repo, expected: Expected, name: str) -> Iterator[Fault]:
        outcome = self._brought(repo, DOORS[name])
        yield from (Fault(f"{name}, {fault.sort}", fault.text) for fault in faults(expected, outcome))
        refused = "" if outcome.questions else self._is_refused(repo, "HEAD")
        if refused and not expected.bare:
            yield Fault(f"{name}, the result is refused", refused)

    def _foreseen(self, repo: Repo) -> list[Question]:
        repo.git(*WITHOUT_GITBTC, "checkout", "-q", "-f", "--detach", "ours")
        document = json.loads(repo.gitbtc("premerge", "theirs", "--json", ok=(0, 1)).stdout)
        [of_theirs] = document["gitbtc.premerge/v1"]["branches"]
        return [Question(one["type"], one["address"]) for one in of_theirs["conflicts"]]

    def _laid(self, made: History) -> Repo:
        """A copy that has the base and the heads as branches, whatever a hook would say of them."""
        self._copies += 1
        repo = Repo(self._made.path.with_name(f"copy{self._copies}"), self._made.env, python=self._made.python)
        shutil.copytree(self._made.path, repo.path, symlinks=True)
        repo.run("git", "fast-import", "--quiet", stdin=b"".join(_commits(made)))
        return repo

    def _is_refused(self, repo: Repo, revision: str) -> str:
        """What `gitbtc check` says of a revision that it refuses."""
        done = repo.gitbtc("check", revision, ok=(0, 1))
        return done.stdout.strip() if done.returncode else ""

    def _joined(self, repo: Repo, order: tuple[str, ...]) -> Outcome:
        repo.git(*WITHOUT_GITBTC, "checkout", "-q", "-B", "joined", order[0])
        said = repo.gitbtc("join", "--json", *order[1:], ok=(0, 1)).stdout
        contested = json.loads(said)["gitbtc.join/v1"]["contested"]
        return Outcome([Question(one["type"], one["address"]) for one in contested], _files(repo, "HEAD"))

    def _brought(self, repo: Repo, door: Door) -> Outcome:
        """As a person does it who commits what was staged as decided."""
        repo.git(*WITHOUT_GITBTC, "checkout", "-q", "-f", "--detach", door.ours)
        done = repo.run("git", *door.command, ok=(0, 1, 2, 128))
        if done.returncode == 0 and "--squash" in door.command:
            done = repo.run("git", *_NO_EDITOR, *door.go_on, ok=(0, 1, 128))
        for _ in range(3):
            if done.returncode == 0 or repo.git("ls-files", "--unmerged"):
                break
            done = repo.run("git", *_NO_EDITOR, *door.go_on, ok=(0, 1, 128))
        if done.returncode == 0:
            return Outcome([], _files(repo, "HEAD"))
        document = json.loads(repo.gitbtc("conflicts", "--json", ok=(0, 1)).stdout)
        questions = [Question(one["type"], one["address"]) for one in _conflicts(document)]
        if not questions and re.search(
            "nothing to commit|nothing added to commit|is now empty", done.stdout + done.stderr
        ):
            return Outcome([], _files(repo, "HEAD"))  # nothing is left of theirs
        return Outcome(questions or [Question("refused", done.stderr.strip())], {})


def _commits(made: History) -> Iterator[bytes]:
    """The base and the heads, as `git fast-import` reads them: their files are canonical already."""
    for name, files in zip(("base", *_BRANCHES), (made.base, *made.heads), strict=False):
        start = "main" if name == "base" else "base"
        yield f"commit refs/heads/{name}\ncommitter Ann <ann@example.com> 1700000000 +0000\n".encode()
        yield f"data 1\n{name[0]}\nfrom refs/heads/{start}\n".encode()
        for path, content in State.of(files).files.items():
            yield f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"


def _conflicts(document: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["gitbtc.conflicts/v1"]["conflicts"]
    return found


def _files(repo: Repo, revision: str) -> Files:
    names = repo.git("ls-tree", "-r", "--name-only", revision).split()
    return told({name: repo.git("show", f"{revision}:{name}").encode() for name in names if name.endswith(".json")})
