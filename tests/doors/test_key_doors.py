"""Every way to bring a key into a repository, and which door stops it.

`MATRIX` is the table: each row is gone through as it stands there, and docs/regenerate.py prints it in
docs/key-gate.md. In the commands KEY stands for a private key, which `key.txt` holds.
"""

from __future__ import annotations

import json
import secrets
import shlex
import shutil
import zlib
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest

from gitbtc.kinds import base58
from tests.conftest import Repo, hermetic
from tests.doors.pushing import gated
from tests.doors.rows import parameters
from tests.made_state import WITHOUT_GITBTC

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Sandbox


ADD = "git add"
# A clone without gitbtc: no filter, no hook.
PLAIN = (*WITHOUT_GITBTC, "-c", "filter.gitbtc.process=", "-c", "filter.gitbtc.clean=",
         "-c", "filter.gitbtc.required=false")  # fmt: skip


class Row(NamedTuple):
    """A path as people call it; the commands that lead there, the last of which is stopped; the door that stops it;
    what the repository is like before.
    """

    path: str
    commands: str
    door: str
    before: str = "written"


MATRIX = [
    Row("a new file", "git add key.txt", ADD),
    Row("all files", "git add -A", ADD),
    Row("changed files", "git add -u", ADD),
    Row("commit -a", "git commit -a -m x", ADD),
    Row("commit PATH", "git commit -m x notes.txt", ADD),
    Row("a stash", "git stash", ADD),
    Row("a stash of new files", "git stash -u", ADD),
    Row("plumbing", "git update-index --add key.txt", ADD),
    Row("an object", "git hash-object -w key.txt", ADD),
    Row("a symbolic link to KEY", "git add link && git commit -m x", "pre-commit", "linked"),
    Row("a file that came past the filter", "git commit -m x", "pre-commit", "staged"),
    Row("amend", "git commit --amend --no-edit", "pre-commit", "staged"),
    Row("commit --no-verify", "git commit --no-verify -m x", "prepare-commit-msg", "staged"),
    Row("a merge", "git merge theirs", "pre-merge-commit", "forked"),
    Row("merge --no-verify", "git merge --no-verify theirs", "prepare-commit-msg", "forked"),
    Row("a cherry-pick", "git cherry-pick theirs", "prepare-commit-msg", "forked"),
    Row("a revert", "git revert --no-edit HEAD", "prepare-commit-msg", "taken out"),
    Row("a rebase", "git rebase main theirs", "prepare-commit-msg", "forked"),
    Row("rebase --apply", "git rebase --apply main theirs", "pre-applypatch", "forked"),
    Row("a patch by mail", "git am ../theirs.patch", "pre-applypatch", "forked"),
    Row("a message", "git commit --allow-empty -m KEY", "commit-msg", "clean"),
    Row("a message that is amended", "git commit --amend -m KEY", "commit-msg", "clean"),
    Row("the message of a merge", "git merge -m KEY sound", "commit-msg", "clean"),
    Row("a message, --no-verify", "git commit --no-verify --allow-empty -m KEY", "prepare-commit-msg", "clean"),
    Row("a message that is picked", "git cherry-pick --allow-empty spoken", "prepare-commit-msg", "spoken"),
    Row("a fast-forward", "git merge --ff-only ahead && git push server main", "pre-push", "ahead"),
    Row("a message typed after --no-verify",
        "git -c core.editor='echo KEY >' commit --no-verify --allow-empty && git push server main", "pre-push",
        "clean"),
    Row("an author's name", "git commit --allow-empty --author 'KEY <a@example.com>' -m x && git push server main",
        "pre-push", "clean"),
    Row("the message of a tag", "git tag -a -m KEY v1 && git push server v1", "pre-push", "clean"),
    Row("a tag of a file", "git tag leak LEAK && git push server leak", "pre-push", "leaked"),
    Row("an annotated tag of a tree", "git tag -a -m x leak TREE && git push server leak", "pre-push", "leaked"),
    Row("a note", "git notes add -m KEY && git push server refs/notes/commits", "pre-push", "clean"),
    Row("the name of a branch", "git branch KEY && git push server KEY", "pre-push", "clean"),
    Row("a commit made without gitbtc", "git push server ahead", "pre-push", "ahead"),
    Row("a key that the next commit takes out", "git push server main", "pre-push", "taken out"),
    Row("a clone without gitbtc", "git push gate main", "pre-receive", "bare of it"),
    Row("the same, a tag's message", "git tag -a -m KEY v1 && git push gate v1", "pre-receive", "bare of it"),
    Row("the same, a tag of a file", "git tag leak main:key.txt && git push gate leak", "pre-receive", "bare of it"),
    Row("the same, a tag of a tag of a tree",
        "git tag -a -m x one main^{tree} && git tag -a -m x two one && git push gate two", "pre-receive",
        "bare of it"),
    Row("the same, the name of a branch", "git push gate main~:refs/heads/KEY", "pre-receive", "bare of it"),
    Row("the same, a note", "git notes add -m KEY main~ && git push gate refs/notes/commits", "pre-receive",
        "bare of it"),
    Row("the same, in CI", "gitbtc verify main", "gitbtc verify", "bare of it"),
    Row("everything that is there", "gitbtc scan --all", "gitbtc scan", "bare of it"),
]  # fmt: skip


@pytest.fixture
def key() -> str:
    return base58.encode_check(b"\xef" + secrets.token_bytes(32) + b"\x01")


# -- what the repository is like before --------------------------------------------------------------------------------


def written(repo: Repo, key: str) -> None:
    """The key stands in a new file and in a changed one."""
    repo.write("notes.txt", f"second\n{key}\n")
    repo.write("key.txt", f"{key}\n")


def blob(repo: Repo, key: str) -> str:
    return repo.git("hash-object", "-w", "--no-filters", "--stdin", stdin=f"{key}\n".encode()).strip()


def staged(repo: Repo, key: str) -> None:
    """In the index alone: nothing in the work tree makes Git ask the filter again."""
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{blob(repo, key)},key.txt")


def linked(repo: Repo, key: str) -> None:
    """Git asks no filter for a symbolic link."""
    (repo.path / "link").symlink_to(key)


def without_gitbtc(repo: Repo, branch: str, key: str, message: str = "theirs") -> None:
    repo.git("checkout", "-q", "-b", branch, "main")
    staged(repo, key)
    repo.git(*PLAIN, "commit", "-q", "-m", message)
    repo.git(*PLAIN, "checkout", "-q", "-f", "main")


def forked(repo: Repo, key: str) -> None:
    """A branch that brings the key, made without gitbtc; main went on."""
    without_gitbtc(repo, "theirs", key)
    repo.git("format-patch", "-q", "-1", "--no-ext-diff", "--no-textconv", "--output=../theirs.patch", "theirs")
    repo.write("other.txt", "x\n")
    repo.unexamined("went on")


def ahead(repo: Repo, key: str) -> None:
    without_gitbtc(repo, "ahead", key)


def spoken(repo: Repo, key: str) -> None:
    repo.git("checkout", "-q", "-b", "spoken")
    repo.git(*PLAIN, "commit", "-q", "--allow-empty", "-m", key)
    repo.git("checkout", "-q", "main")


def taken_out(repo: Repo, key: str) -> None:
    without_gitbtc(repo, "leaky", key)
    repo.git(*PLAIN, "merge", "-q", "--ff-only", "leaky")
    repo.git(*PLAIN, "rm", "-q", "key.txt")
    repo.git(*PLAIN, "commit", "-q", "-m", "taken out")


def clean(repo: Repo, key: str) -> None:
    """A branch to merge, and nothing wrong with it."""
    repo.git("checkout", "-q", "-b", "sound")
    repo.write("sound.txt", "x\n")
    repo.unexamined("sound")
    repo.git("checkout", "-q", "main")
    repo.write("other.txt", "x\n")
    repo.unexamined("went on")


def leaked(repo: Repo, key: str) -> None:
    """Objects that no commit holds."""
    oid = blob(repo, key)
    repo.git("config", "leak.LEAK", oid)
    repo.git("config", "leak.TREE", repo.git("mktree", stdin=f"100644 blob {oid}\tkey.txt\n".encode()).strip())


def bare_of_it(repo: Repo, key: str) -> None:
    """gitbtc is not set up, and the last commit holds the key."""
    repo.git("push", "-q", "gate", "main")
    repo.gitbtc("uninstall")
    repo.unexamined("without gitbtc")
    repo.write("key.txt", f"{key}\n")
    repo.unexamined("leak")


BEFORE: dict[str, Callable[[Repo, str], None]] = {
    "written": written, "linked": linked, "staged": staged, "forked": forked, "ahead": ahead, "spoken": spoken,
    "taken out": taken_out, "clean": clean, "leaked": leaked, "bare of it": bare_of_it,
}  # fmt: skip


# -- going through -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """For an interpreter, a home: in it a treasury whose remote `server` lets everything in, and `gate` examines it.
    Made once: each row has a copy.
    """
    return cache(lambda python: _template(hermetic(tmp_path_factory.mktemp("doors") / "home", python)))


def _template(sandbox: Sandbox) -> Path:
    treasury = sandbox.repo()
    treasury.gitbtc("init")
    treasury.git("init", "-q", "--bare", "../server.git")
    gated(sandbox, "gate.git")
    for name in ("server", "gate"):
        treasury.git("remote", "add", name, f"../{name}.git")
    treasury.write("notes.txt", "first\n")
    treasury.unexamined("notes")
    return sandbox.home


@pytest.fixture
def repo(template: Callable[[str], Path], sandbox: Sandbox) -> Repo:
    shutil.copytree(template(sandbox.python), sandbox.home, symlinks=True, dirs_exist_ok=True)
    return Repo(sandbox.home / "treasury", sandbox.env, python=sandbox.python)


def do(repo: Repo, line: str, key: str, ok: tuple[int, ...]) -> str:
    for name in ("LEAK", "TREE"):
        line = line.replace(name, repo.git("config", f"leak.{name}", ok=(0, 1)).strip())
    command = [part.replace("KEY", key) for part in shlex.split(line)]
    if command[0] == "gitbtc":
        done = repo.gitbtc(*command[1:], ok=ok)
        return done.stdout + done.stderr
    events = repo.path.parent / "events"
    events.unlink(missing_ok=True)
    done = repo.run(*command, ok=ok, env={"GIT_TRACE2_EVENT": str(events)})
    return done.stdout + done.stderr


def refusing(repo: Repo, line: str, said: str) -> set[str]:
    """The doors that refused in the last command."""
    if line.startswith("gitbtc"):
        return {" ".join(line.split()[:2])}
    if "pre-receive hook declined" in said:
        return {"pre-receive"}
    lines = [json.loads(event) for event in (repo.path.parent / "events").read_text().splitlines()]
    started = {(one["sid"], one["child_id"]): one.get("hook_name") for one in lines if one["event"] == "child_start"}
    ended = [(one["sid"], one["child_id"], one["code"]) for one in lines if one["event"] == "child_exit"]
    hooks = {name for sid, child, code in ended if code and (name := started[sid, child])}
    return hooks or ({ADD} if "refused: it holds private-key material" in said else set())


def objects(place: Path) -> list[bytes]:
    return [zlib.decompress(path.read_bytes()) for path in place.glob("objects/??/*")]


@pytest.mark.parametrize("row", parameters(MATRIX).values())
def test_the_door_stops_the_key_and_does_not_show_it(repo: Repo, key: str, row: Row) -> None:
    BEFORE[row.before](repo, key)
    *first, last = row.commands.split(" && ")
    for line in first:
        do(repo, line, key, (0,))
    heads, head = repo.git("for-each-ref"), repo.git("rev-parse", "main")
    said = do(repo, last, key, (1, 128))
    assert refusing(repo, last, said) == {row.door}, said.replace(key, "KEY")
    # Git itself repeats the name of a branch.
    ours = [line for line in said.splitlines() if not line.startswith((" ! ", "To ", "error: "))]
    assert any("fingerprint" in line for line in ours), said.replace(key, "KEY")
    assert key not in "\n".join(ours)
    assert (repo.git("for-each-ref"), repo.git("rev-parse", "main")) == (heads, head)
    if row.door == ADD:
        assert not any(key.encode() in content for content in objects(repo.path / ".git"))
    for place in ("server.git", "gate.git"):
        assert not any(key.encode() in content for content in objects(repo.path.parent / place)), place


def test_the_doors_are_all_there() -> None:
    assert {row.door for row in MATRIX} == {
        ADD, "pre-commit", "pre-merge-commit", "prepare-commit-msg", "commit-msg", "pre-applypatch", "pre-push",
        "pre-receive", "gitbtc verify", "gitbtc scan",
    }  # fmt: skip
    assert {row.before for row in MATRIX} == BEFORE.keys()
    assert len({row.path for row in MATRIX}) == len(MATRIX)
