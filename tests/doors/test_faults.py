"""A full disk, one that cannot be written to, a lock in the way: nothing is half-written, a line says what to do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.doors import hindered, paying
from tests.made_state import coin, coins

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

_TOP = Path(__file__).parents[2]
# What a person who reads the line does next.
_ADVICE = ("make room there, and do it again", "see that it can be written to, and do it again",
           "see that there is room, and that it can be written to, and do it again")  # fmt: skip
_AFTERWARDS = {
    "merge": ("`git reset --hard` takes back", "`git merge --abort` gives"),
    "join": ("main has not moved, and all was committed there: `git reset --hard` takes back",),
    "resolve": ("settled, and not staged: `git add -- wallet/utxos.json",),
    "labels": ("the state files are written; the same import again changes nothing more",),
}


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What each command did on a disk without room, with ever more of it, and on one that cannot be written to."""
    alone = ["unshare", "--map-root-user", "--mount"]
    try:
        mounts = subprocess.run([*alone, "mount", "--make-rprivate", "/"], capture_output=True, check=False).returncode
    except FileNotFoundError:
        mounts = -1
    if mounts:
        pytest.skip("file systems cannot be mounted here")
    command = [*alone, sys.executable, "-m", hindered.__name__, str(tmp_path_factory.mktemp("hindered"))]
    done = subprocess.run(command, cwd=_TOP, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    return found


@pytest.mark.one_file
@pytest.mark.parametrize("name", hindered.TRIALS)
def test_where_nothing_can_be_written_nothing_is_half_written(
    name: str, trials: dict[str, list[dict[str, Any]]]
) -> None:
    before, well, *hampered, read_only = trials[name]
    *full, enough = hampered
    assert full
    assert (well["status"], enough["status"]) == (0, 0)
    for one in (*full, read_only):
        told = one["said"].splitlines()
        assert one["status"] == 3, one
        assert "bug" not in one["said"]
        if name != "merge":  # where Git speaks too
            assert len(told) == 1
            assert any(advice in told[0] for advice in _ADVICE)
        if one["state"] == before["state"]:
            continue
        assert any(way in told[-1] for way in _AFTERWARDS[name]), one
        _assert_nothing_is_lost(one["state"], before["state"], well["state"])
    assert read_only["state"] == before["state"]


def test_a_push_that_a_server_has_no_room_for_is_refused(trials: dict[str, list[dict[str, Any]]]) -> None:
    *refused, taken = trials[hindered.PUSHES]
    assert (taken["status"], taken["commits"]) == (0, 2)
    assert {one["commits"] for one in refused} == {1}
    assert all("No space left on device" in one["said"] and "bug" not in one["said"] for one in refused)
    assert "examined: cannot be written" in refused[-1]["said"]  # Git had room for what came, the hook had not


def _assert_nothing_is_lost(state: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    """HEAD is as it was, and each file as it was, as it is to be, or, of a merge, with all of ours between markers."""
    assert state["head"] == before["head"]
    assert state["left"] == state["journal"] == {}
    for part in ("work_tree", "index"):
        for path, content in state[part].items():
            if content not in (before[part].get(path), after[part].get(path)):
                assert "<<<<<<<" in content
                assert _lines(before["head"][path]) <= _lines(content)


def _lines(content: str) -> set[str]:
    return {line.rstrip(",") for line in content.splitlines()}


# -- a lock ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["merge", "join", "resolve", "apply"])
def test_a_lock_in_the_way_is_named_and_nothing_is_begun(treasury: Repo, name: str) -> None:
    trial = hindered.TRIALS[name]
    trial.prepare(treasury)
    lock = treasury.path / ".git/index.lock"
    lock.touch()
    before = paying.State(treasury)
    said = treasury.gitbtc(*trial.command[1:], ok=(3,)).stderr
    assert said == f"gitbtc: {lock}: another Git works here now, or one was killed; `gitbtc doctor` tells what to do\n"
    assert paying.State(treasury) == before
    lock.unlink()
    treasury.gitbtc(*trial.command[1:])


# -- Git cut short -----------------------------------------------------------------------------------------------------


def test_a_merge_whose_heads_git_could_not_write_down_is_no_plain_commit(treasury: Repo) -> None:
    """Seen on a full disk: Git leaves MERGE_HEAD empty, and what was merged staged."""
    paying.both_pay(treasury)
    treasury.git("merge", "-q", "--no-commit", "theirs")
    (treasury.path / ".git/MERGE_HEAD").write_bytes(b"")
    head = treasury.git("rev-parse", "HEAD")
    way = "`git merge --abort` gives the merge up; then begin it again"
    refused = treasury.run("git", "commit", "-q", "-m", "x", ok=(1, 3)).stderr
    assert way in refused
    assert treasury.git("rev-parse", "HEAD") == head
    told = treasury.gitbtc("doctor", ok=(1,)).stdout
    assert "Git was cut short" in told
    assert way in told
    treasury.git("merge", "--abort")
    treasury.git("merge", "-q", "--no-edit", "theirs")


@pytest.mark.one_file
def test_a_file_that_may_not_be_written_is_named_with_what_to_do(treasury: Repo) -> None:
    """By the mode of its folder, which binds whoever may not do all."""
    coins(treasury, coin(0))
    treasury.commit("base")
    bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    if bound and not shutil.which(bound[0]):
        pytest.skip("root may write everywhere")
    command = [*bound, sys.executable, "-E", "-P", "-m", "gitbtc", "label", paying.OUTPOINT, "x"]
    (treasury.path / "wallet").chmod(0o555)
    try:
        said = treasury.run(*command, ok=(3,)).stderr
    finally:
        (treasury.path / "wallet").chmod(0o755)
    assert said.count("\n") == 1
    assert (
        "utxos.json: cannot be written: Permission denied; see that this user may read and write there, and do it again"
        in said
    )
