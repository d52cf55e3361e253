"""Killed at every step of an application, nothing is half-written that nobody knows of."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitbtc.diff.operations import operations
from gitbtc.diff.patch import FILE, Patch, replay
from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.kinds import codec
from gitbtc.kinds.registry import Kinds, built_in
from gitbtc.repo.all_or_none import AllOrNone
from gitbtc.repo.git import Git
from gitbtc.repo.lock import JOURNAL
from gitbtc.views import document
from gitbtc.worktree.applying import WorkTree
from tests.conftest import Repo
from tests.made_state import ADDRESS, coin
from tests.strategies import histories, kinds

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind
    from tests.conftest import Sandbox

LABEL = {"address": ADDRESS, "label": "rent", "category": "expense", "created_at": 1_700_000_000}
UTXOS, LABELS, PEERS = built_in("utxos"), built_in("labels"), built_in("peers")
OLD = {UTXOS.path: codec.encode_file(UTXOS, [coin(0), coin(1)]), PEERS.path: b"[]\n"}
NEW = {UTXOS.path: codec.encode_file(UTXOS, [coin(1, label="rent")]), LABELS.path: codec.encode_file(LABELS, [LABEL])}

# Makes the application in each of the folders, killed just before its first step in the first one, before its second in
# the second, and so on from step FIRST. Steps are what Python tells an audit hook, of
# files that it opens those that it may write. Stops with one that is not killed.
KILLER = """
import os, signal, sys
from pathlib import Path
from gitbtc.diff.reading import read
from gitbtc.kinds.registry import Kinds
from gitbtc.repo.git import Git
from gitbtc.worktree.applying import WorkTree
import gitbtc.repo.files, json, subprocess, tempfile

change, options, steps, first, *folders = sys.argv[1:]
patches = read(Path(change).read_bytes(), Kinds())
for number, folder in enumerate(folders, int(first)):
    child = os.fork()
    if not child:
        tree, left = WorkTree(Git.at(folder), Kinds()), number
        def step(event, told):
            global left
            left -= event in steps.split() and (event != "open" or bool(told[2] & os.O_ACCMODE))
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(step)
        tree.apply(patches, index=options == "index")
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        print(number)
        break
"""
EVERY_STEP = "open os.rename os.remove os.mkdir os.chmod subprocess.Popen"


def patches() -> list[Patch]:
    kinds = {kind.path: kind for kind in (UTXOS, LABELS, PEERS)}
    return [
        Patch(
            kind,
            path,
            operations(kind, path, OLD.get(path, b""), NEW.get(path, b"")),
            FILE if path in OLD else None,
            FILE if path in NEW else None,
        )
        for path, kind in kinds.items()
    ]


@pytest.fixture
def repo(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Repo:
    for name in [name for name in os.environ if name.startswith("GIT")]:
        monkeypatch.delenv(name)
    for name, value in sandbox.env.items():
        monkeypatch.setenv(name, value)
    repo = sandbox.repo()
    for path, content in OLD.items():
        repo.write(path, content)
    repo.commit("base")
    return repo


def tree(repo: Repo) -> WorkTree:
    return WorkTree(Git.at(repo.path), Kinds())


def now(repo: Repo) -> dict[str, bytes]:
    return {path: repo.read(path) for path in {**OLD, **NEW} if (repo.path / path).exists()}


def staged(repo: Repo) -> dict[str, bytes]:
    paths = repo.git("ls-files").split()
    return {path: repo.git("show", f":{path}").encode() for path in paths}


def killed(repo: Repo, steps: str, first: int, most: int, options: str = "") -> tuple[list[Repo], str]:
    """Copies of the repository in which the application was killed, and what the killer says."""
    change = repo.path.parent / "change.json"
    change.write_text(json.dumps(document.document([document.patch(patch) for patch in patches()])))
    for sample in (repo.path / ".git/hooks").glob("*.sample"):
        sample.unlink()
    copies = [Repo(repo.path.parent / f"killed {number}", repo.env) for number in range(most)]
    for copy in copies:
        shutil.copytree(repo.path, copy.path, symlinks=True)
    folders = [str(copy.path) for copy in copies]
    command = (sys.executable, "-E", "-P", "-c", KILLER, str(change), options, steps, str(first), *folders)
    return copies, repo.run(*command).stdout


def half_applied(repo: Repo) -> Repo:
    """One in which the first of the files is renamed, after the journal, and the second is not."""
    [copy], _ = killed(repo, "os.rename", first=3, most=1)
    assert now(copy) not in (OLD, NEW)
    return copy


@pytest.mark.one_file
def test_killed_at_any_step_it_has_not_begun_or_is_finished_by_the_next(repo: Repo) -> None:
    copies, last = killed(repo, EVERY_STEP, first=1, most=60, options="index")
    *cut, whole = copies[: int(last)]
    assert now(whole) == staged(whole) == NEW
    untouched = finished = half = 0
    for copy in cut:
        begun = (copy.path / ".git" / JOURNAL).exists()
        half += now(copy) not in (OLD, NEW)
        assert begun or now(copy) in (OLD, NEW)
        (copy.path / ".git/index.lock").unlink(missing_ok=True)
        assert bool(tree(copy).finish()) == begun
        assert now(copy) == staged(copy)
        assert now(copy) == NEW or not begun
        untouched, finished = untouched + (now(copy) == OLD), finished + begun
        tree(copy).apply(patches(), index=True)  # the same once more ends well, whatever was left
        assert now(copy) == staged(copy) == NEW
    assert untouched > 10
    assert finished > half > 1


@pytest.mark.one_file
def test_what_was_cut_short_is_told_finished_and_keeps_commits_waiting(treasury: Repo) -> None:
    for path, content in OLD.items():
        treasury.write(path, content)
    treasury.commit("base")
    half = half_applied(treasury)
    half.git("add", "-A")
    said = half.run("git", "commit", "-m", "half", ok=(1,)).stderr
    assert "was cut short; `gitbtc apply --continue` does the rest" in said
    doctor = half.gitbtc("doctor", ok=(1,)).stdout
    assert "half applied" in doctor
    assert "left behind" not in doctor  # what waits is needed
    assert "cut short" in half.gitbtc("apply", "--check", stdin=b'{"gitbtc.diff/v1":{"operations":[]}}', ok=(3,)).stderr
    told = half.gitbtc("apply", "--continue").stderr
    assert f"{UTXOS.path}: an earlier change was cut short; the rest of it is done" in told
    assert now(half) == NEW
    half.git("add", "-A")
    half.git("commit", "-q", "-m", "whole")
    assert half.gitbtc("apply", "--continue").stderr == ""


def test_a_file_that_was_changed_since_is_not_overwritten(repo: Repo) -> None:
    half = half_applied(repo)
    half.write(LABELS.path, "[ ]")
    before = now(half)
    with pytest.raises(CannotWork, match=r"labels.json: the file was changed meanwhile; .* cut short"):
        tree(half).finish()
    with pytest.raises(CannotWork, match="apply --continue"):
        tree(half).apply(patches())
    assert now(half) == before
    AllOrNone(Git.at(half.path)).journal.unlink()
    assert tree(half).finish() == []


@pytest.mark.one_file
def test_a_file_that_changes_while_it_is_applied_stops_it(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = AllOrNone._prepare

    def prepare_late(*arguments: object) -> None:
        prepare(*arguments)  # type: ignore[arg-type]  # handed on as they come
        repo.write(UTXOS.path, "[]\n")

    monkeypatch.setattr(AllOrNone, "_prepare", prepare_late)
    with pytest.raises(CannotWork, match="changed meanwhile"):
        tree(repo).apply(patches())
    assert now(repo) == {**OLD, UTXOS.path: b"[]\n"}
    assert sorted(os.listdir(repo.path / "wallet")) == ["utxos.json"]


@pytest.mark.one_file
def test_nothing_is_left_beside_the_files(repo: Repo) -> None:
    tree(repo).apply(patches())
    assert sorted(path.name for path in Path(repo.path, "wallet").iterdir()) == ["labels.json", "utxos.json"]
    assert not (repo.path / ".git" / JOURNAL).exists()


@pytest.mark.one_file
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])  # files are written anew
@given(st.data(), kinds)
def test_it_does_what_the_patches_say_or_leaves_everything_as_it_was(
    repo: Repo, data: st.DataObject, kind: Kind
) -> None:
    """Made from one version, applied to another one: they may fit, and may make what no commit takes."""
    old, new, other = data.draw(histories(kind))
    there = data.draw(st.sampled_from([old, new, other]))
    patch = Patch(kind, kind.path, operations(kind, kind.path, old, new))
    repo.write(kind.path, there)
    try:
        changed = tree(repo).apply([patch])
    except GitbtcError:
        assert repo.read(kind.path) == there
    else:
        assert {path: repo.read(path) for path in changed} == replay([patch], {kind.path: there}.get)
    finally:
        (repo.path / kind.path).unlink()
    assert not list(repo.path.rglob("*-new"))
