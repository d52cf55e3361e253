"""`gitbtc init`, as a process: new folders, folders with files, repositories."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter


@pytest.fixture
def home(sandbox: Sandbox) -> Repo:
    """The sandbox's home: a folder that is in no repository."""
    return replace(sandbox.repo("elsewhere"), path=sandbox.home)


@pytest.mark.parametrize("name", ["treasury", 'it\'s a "treasury" $HOME %s', "new/deep/\u20bf", "-n"])
def test_a_new_folder_becomes_a_repository_with_everything(home: Repo, name: str) -> None:
    said = home.gitbtc("init", "--", name).stdout.splitlines()
    assert said[0] == f"made a Git repository in {home.path / name}"
    assert said[-1].startswith("Next: git add .gitattributes")
    repo = replace(home, path=home.path / name)
    assert repo.git("config", "filter.gitbtc.required") == "true\n"
    assert repo.git("status", "--porcelain", "-uall", "--ignored", "--", ":!.gitattributes") == ""
    assert repo.gitbtc("doctor").returncode == 0


def test_the_current_folder_is_meant_when_none_is_named(home: Repo) -> None:
    (home.path / "here").mkdir()
    here = replace(home, path=home.path / "here")
    here.gitbtc("init")
    assert (here.path / ".git" / "hooks" / "pre-commit").exists()


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below `folder`: its bytes and its time of change."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_twice_is_once(home: Repo) -> None:
    home.gitbtc("init", "treasury")
    before = tree(home.path)
    assert home.gitbtc("init", "treasury").stdout.splitlines()[0] == "Nothing to do: gitbtc is set up here."
    assert tree(home.path) == before


@pytest.mark.one_file
def test_files_that_are_there_stay_and_are_reported(home: Repo) -> None:
    folder = replace(home, path=home.path / "treasury")
    folder.write("wallet/utxos.json", "[ ]")
    folder.write("wallet/labels.json", "[]\n")
    folder.write("a b/wallet/transactions.json", "{nonsense")
    folder.write("notes.txt", "mine")
    folder.write(".gitattributes", "*.txt text")
    said = home.gitbtc("init", "treasury").stdout
    assert "wallet/utxos.json is not in canonical form; staging it makes it so" in said
    assert "a b/wallet/transactions.json cannot be committed as it is: " in said
    assert "labels.json" not in said
    assert "git add --renormalize ." in said
    assert folder.read("wallet/utxos.json") == b"[ ]"
    assert folder.read(".gitattributes").startswith(b"*.txt text\n")
    assert folder.git("ls-files", "--cached") == ""


def test_a_repository_gets_gitbtc_and_keeps_its_history(sandbox: Sandbox, home: Repo) -> None:
    repo = sandbox.repo()
    repo.write("notes.txt", "mine")
    head = repo.commit("one")
    assert "made a Git repository" not in home.gitbtc("init", "treasury").stdout
    assert repo.git("rev-parse", "HEAD").strip() == head
    assert "gitbtc-utxos" in repo.git("check-attr", "merge", "wallet/utxos.json")


def test_committed_attributes_need_no_next_step(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("init")
    attributes = repo.read(".gitattributes")
    repo.gitbtc("uninstall")
    repo.write(".gitattributes", attributes)
    repo.commit("attributes")
    assert "Next:" not in repo.gitbtc("init").stdout


def test_a_folder_inside_a_repository_is_refused_with_the_way_out(sandbox: Sandbox, home: Repo) -> None:
    sandbox.repo()
    refused = home.gitbtc("init", "treasury/cold", ok=(3,)).stderr
    assert f"lies in the repository {sandbox.home}/treasury. Run `gitbtc init` there" in refused


def test_a_file_is_no_folder(home: Repo) -> None:
    home.write("file", "")
    assert "a file, not a folder" in home.gitbtc("init", "file", ok=(3,)).stderr
    assert "file/below: cannot be written" in home.gitbtc("init", "file/below", ok=(3,)).stderr


def test_the_repository_of_a_hook_that_runs_it_is_left_alone(sandbox: Sandbox, home: Repo) -> None:
    other = sandbox.repo("other")
    before = tree(other.path)
    home.env["GIT_DIR"] = str(other.path / ".git")
    home.gitbtc("init", "treasury")
    assert tree(other.path) == before
    assert (home.path / "treasury" / ".git" / "gitbtc" / "config").exists()
