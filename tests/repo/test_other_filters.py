"""A path has one filter: where another one has it, it stays in force, and gitbtc says that it does not see the path."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from gitbtc.repo.doctor import examine
from gitbtc.repo.git import Git
from gitbtc.repo.install import Install

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox
    from tests.repo.conftest import Installer, Script

ROTATED = b"uryyb\n"


@pytest.fixture
def rotating(repo: Repo) -> Repo:
    """A repository with the filter `rot`, which stands in for one that encrypts."""
    for name, command in {"clean": "tr a-z n-za-m", "smudge": "tr a-z n-za-m", "required": "true"}.items():
        repo.git("config", f"filter.rot.{name}", command)
    return repo


def stored(repo: Repo, path: str) -> bytes:
    """What `git add` stores of the file."""
    repo.write(path, "hello\n")
    repo.git("add", "--", path)
    return repo.git("cat-file", "blob", f":{path}").encode()


@pytest.mark.parametrize("place", [".gitattributes", "secrets/.gitattributes", ".git/info/attributes"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_another_filter_stays_or_comes_in_force(rotating: Repo, install: Installer, place: str, when: str) -> None:
    line = "a.txt filter=rot\n" if place.startswith("secrets") else "secrets/** filter=rot\n"
    if when == "after":
        install(rotating)
    path = rotating.path / place
    rotating.write(place, (path.read_text() if path.exists() else "") + line)
    if when == "before":
        install(rotating)
    assert stored(rotating, "secrets/a.txt") == ROTATED
    assert "filter: gitbtc" in rotating.git("check-attr", "filter", "b.txt")
    assert Install(Git(rotating.path)).other_filters() == {"secrets/a.txt": "rot"}
    [told] = [check for check in examine(Git(rotating.path)) if check.name == "one-filter"]
    assert told.fine
    assert "does not see" in told.found
    assert "secrets/a.txt (rot)" in told.found


def test_a_persons_own_filters_stay_in_force(rotating: Repo, sandbox: Sandbox, install: Installer) -> None:
    mine = sandbox.home / "my attributes"
    mine.write_text("*.txt filter=rot\n*.png binary")
    rotating.git("config", "--global", "core.attributesFile", str(mine))
    install(rotating)
    assert stored(rotating, "a.txt") == ROTATED
    assert "diff: unset" in rotating.git("check-attr", "diff", "a.png")
    mine.write_text("*.txt filter=rot\n*.log filter=rot\n")
    found = {check.name for check in examine(Git(rotating.path)) if not check.fine}
    assert found == {"one-filter", "info-attributes"}
    Install(Git(rotating.path)).install()
    assert stored(rotating, "a.log") == ROTATED
    Install(Git(rotating.path)).uninstall()
    assert rotating.git("config", "core.attributesFile") == f"{mine}\n"


def test_a_branch_without_our_attributes_has_the_key_gate(repo: Repo, install: Installer) -> None:
    install(repo)
    (repo.path / ".gitattributes").unlink()
    assert "filter: gitbtc" in repo.git("check-attr", "filter", "deep/file")
    assert Install(Git(repo.path)).other_filters() == {}


def test_init_and_install_name_the_paths(rotating: Repo) -> None:
    rotating.write(".gitattributes", "secrets/** filter=rot\n")
    rotating.write("secrets/a.txt", "hello\n")
    for command in ("init", "install"):
        said = rotating.gitbtc(command).stdout
        assert "key gate does not see at `git add`, since another filter has it: secrets/a.txt (rot)" in said


def test_a_state_file_that_another_filter_stores_is_refused_by_its_name(rotating: Repo, install: Installer) -> None:
    rotating.write(".gitattributes", "wallet/utxos.json filter=rot\n")
    install(rotating)
    rotating.write("wallet/utxos.json", '[{"a":1}]')
    rotating.write("wallet/labels.json", "[x]")
    rotating.git("add", "-A")
    labels, utxos = rotating.run("git", "commit", "-m", "x", ok=(1,)).stderr.splitlines()
    assert "wallet/utxos.json" in utxos
    assert utxos.endswith("; so the filter rot stores it: a state file can have none but gitbtc's")
    assert "the filter" not in labels


@pytest.mark.parametrize("when", ["before", "after"])
def test_transcrypt_keeps_its_paths(repo: Repo, install: Installer, script: Script, when: str) -> None:
    # As `transcrypt` 2 sets itself up: commands in the Git folder, one pattern, a hook, and a copy of it as pre-commit.
    if when == "after":
        install(repo)
    script(repo.path / ".git/crypt/clean", "tr a-z n-za-m")
    for name, command in {"clean": "clean %f", "smudge": "clean %f"}.items():
        repo.git("config", f"filter.crypt.{name}", f'"$(git rev-parse --git-common-dir)"/crypt/{command}')
    repo.git("config", "filter.crypt.required", "true")
    script(repo.path / ".git/hooks/pre-commit-crypt", "exit 0")
    if when == "before":
        script(repo.path / ".git/hooks/pre-commit", "exit 0")
    path = repo.path / ".gitattributes"
    ours = path.read_text() if path.exists() else ""
    repo.write(".gitattributes", f"{ours}secrets/** filter=crypt diff=crypt merge=crypt\n")
    install(repo)
    assert stored(repo, "secrets/a.txt") == ROTATED
    repo.commit("one")
    assert Install(Git(repo.path)).other_filters() == {"secrets/a.txt": "crypt"}
    Install(Git(repo.path)).uninstall()
    left = {hook.name for hook in (repo.path / ".git/hooks").iterdir() if not hook.name.endswith(".sample")}
    assert left == {"pre-commit-crypt"} | ({"pre-commit"} if when == "before" else set())


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not here; `rot` above stands in for it")
def test_git_lfs_keeps_its_paths(repo: Repo, install: Installer) -> None:
    repo.git("lfs", "install", "--local", "--skip-repo")
    repo.git("lfs", "track", "*.bin")
    install(repo)
    assert stored(repo, "a.bin").startswith(b"version https://git-lfs")
    repo.git("lfs", "track", "*.iso")
    assert stored(repo, "a.iso").startswith(b"version https://git-lfs")


@pytest.mark.skipif(shutil.which("git-crypt") is None, reason="git-crypt is not here; `rot` above stands in for it")
def test_git_crypt_keeps_its_paths(repo: Repo, install: Installer) -> None:
    repo.git("crypt", "init")
    repo.write(".gitattributes", "secrets/** filter=git-crypt diff=git-crypt\n")
    install(repo)
    repo.write("secrets/a.txt", "hello\n")
    repo.git("add", "secrets/a.txt")
    repo.git("commit", "-q", "--no-verify", "-m", "one")
    assert "    encrypted: secrets/a.txt" in repo.git("crypt", "status")
