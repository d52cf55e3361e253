"""Installing: complete, idempotent, reversible, and refused before anything is touched."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.repo.git import Git
from gitbtc.repo.hookfiles import NAMES
from gitbtc.repo.install import Install
from gitbtc.repo.prerequisites import imports_gitbtc, runs_configured_hooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Repo, Sandbox
    from tests.repo.conftest import Installer, Interpreter, Script

REALLY_RUN = runs_configured_hooks(Git())
BASE, OURS, THEIRS = '[\n{"a":1}\n]\n', '[\n{"a":2}\n]\n', '[\n{"a":3}\n]\n'
STATE = "wallet/utxos.json"


def snapshot(repo: Repo) -> dict[str, tuple[bytes, int]]:
    """Every file of the work tree and the Git folder, objects and index apart: bytes and mode."""
    found = {}
    for path in sorted(repo.path.rglob("*")):
        name = str(path.relative_to(repo.path))
        if path.is_file() and not name.startswith((".git/objects", ".git/index", ".git/logs")):
            found[name] = (path.read_bytes(), path.stat().st_mode)
    return found


def fork(repo: Repo) -> None:
    """Two branches that change the same record, main checked out; gitbtc is not set up yet."""
    repo.write(STATE, BASE)
    repo.commit("base")
    repo.git("checkout", "-q", "-b", "topic")
    repo.write(STATE, THEIRS)
    repo.commit("theirs")
    repo.git("checkout", "-q", "main")
    repo.write(STATE, OURS)
    repo.commit("ours")
    # A file as young as the index is read again, through the filter, to see whether it has changed.
    os.utime(repo.path / STATE, (1, 1))
    repo.git("update-index", "--refresh")


def test_git_finds_drivers_filter_attributes_and_hooks(repo: Repo, install: Installer) -> None:
    installation = install(repo)
    assert repo.git("config", "filter.gitbtc.required") == "true\n"
    assert "merge-driver --kind fees" in repo.git("config", "merge.gitbtc-fees.driver")
    assert "merge: gitbtc-utxos" in repo.git("check-attr", "merge", "deep/wallet/utxos.json")
    assert all((installation.hooks.folder / name).stat().st_mode & 0o111 for name in NAMES)
    assert repo.git("config", "--file", ".git/config", "include.path") == "gitbtc/config\n"


def test_twice_is_once(repo: Repo, install: Installer) -> None:
    install(repo)
    before = {path: path.stat().st_mtime_ns for path in repo.path.rglob("*")}
    assert Install(Git(repo.path)).install() == []
    assert {path: path.stat().st_mtime_ns for path in repo.path.rglob("*")} == before


@pytest.mark.parametrize("attributes", [None, b"*.png binary", b"*.png binary\r\n"])
@pytest.mark.parametrize(
    "include", ["", "[include]\n\tpath = ../mine\n", "[include] # mine\n\tpath = x\n[alias]\n\tst = status\n"]
)
def test_uninstall_leaves_everything_as_it_was(
    repo: Repo, attributes: bytes | None, include: str, script: Script, install: Installer
) -> None:
    with (repo.path / ".git" / "config").open("a") as config:
        config.write(include)
    if attributes is not None:
        repo.write(".gitattributes", attributes)
        repo.write(".git/info/attributes", attributes)
    script(repo.path / ".git" / "hooks" / "pre-push", "exit 0").chmod(0o750)
    before = snapshot(repo)
    install(repo)
    assert snapshot(repo) != before
    changed = Install(Git(repo.path)).uninstall()
    assert snapshot(repo) == before
    assert not (repo.path / ".git" / "gitbtc").exists()
    assert len(changed) > len(NAMES)
    assert Install(Git(repo.path)).uninstall() == []


def test_uninstall_keeps_what_came_later(repo: Repo, install: Installer) -> None:
    install(repo)
    repo.git("config", "alias.st", "status")
    with (repo.path / ".gitattributes").open("a") as attributes:
        attributes.write("*.png binary\n")
    repo.write(".git/gitbtc/notes", "another program's")
    Install(Git(repo.path)).uninstall()
    assert repo.git("config", "alias.st") == "status\n"
    assert repo.read(".gitattributes") == b"*.png binary\n"
    assert repo.read(".git/gitbtc/notes") == b"another program's"


def test_it_is_set_up_from_any_folder_and_for_all_work_trees(repo: Repo, install: Installer) -> None:
    repo.write("deep/er/file", "1")
    repo.commit("one")
    Install(Git(repo.path / "deep" / "er")).install()
    repo.git("-c", "core.hooksPath=/none", "worktree", "add", "-q", "--no-checkout", "-b", "linked", "../linked tree")
    linked = repo.path.parent / "linked tree"
    assert "gitbtc-utxos" in repo.git("-C", str(linked), "check-attr", "merge", STATE)
    assert "merge-driver" in repo.git("-C", str(linked), "config", "merge.gitbtc-utxos.driver")
    assert Git(linked).hooks_dir() == str(repo.path / ".git" / "hooks")
    changed = Install(Git(linked)).install()
    assert changed == [linked / ".gitattributes"]


def test_hooks_go_where_core_hookspath_says(repo: Repo, install: Installer) -> None:
    repo.git("config", "core.hooksPath", "my hooks")
    install(repo)
    assert {path.name for path in (repo.path / "my hooks").iterdir()} == set(NAMES)
    Install(Git(repo.path)).uninstall()
    assert not list((repo.path / "my hooks").iterdir())


@pytest.mark.usefixtures("older_git")
def test_a_shared_hooks_folder_is_not_written_to_unasked(repo: Repo, install: Installer) -> None:
    shared = repo.path.parent / "shared hooks"
    shared.mkdir()
    repo.git("config", "core.hooksPath", str(shared))
    before = snapshot(repo)
    with pytest.raises(CannotWork, match="--shared-hooks"):
        install(repo)
    assert snapshot(repo) == before
    install(repo, shared_hooks=True)
    assert {path.name for path in shared.iterdir()} == set(NAMES)
    Install(Git(repo.path)).uninstall()
    assert {path.name for path in shared.iterdir()} == set(NAMES)
    Install(Git(repo.path), shared_hooks=True).uninstall()
    assert not list(shared.iterdir())


@pytest.mark.usefixtures("older_git")
def test_hooks_that_are_switched_off_are_told(repo: Repo, install: Installer) -> None:
    repo.git("config", "core.hooksPath", "/dev/null")
    with pytest.raises(CannotWork, match="which is no folder"):
        install(repo, shared_hooks=True)


@pytest.mark.parametrize("place", ["/dev/null", "../shared hooks"])
@pytest.mark.usefixtures("newer_git")
def test_where_the_hooks_folder_is_no_place_the_configuration_has_them(
    repo: Repo, install: Installer, place: str
) -> None:
    (repo.path.parent / "shared hooks").mkdir()
    before = snapshot(repo)
    repo.git("config", "core.hooksPath", place)
    install(repo)
    assert not list((repo.path.parent / "shared hooks").iterdir())
    assert not {path.name for path in (repo.path / ".git/hooks").iterdir()} & set(NAMES)
    assert Install(Git(repo.path)).install() == []
    for name in NAMES:
        assert repo.git("config", f"hook.gitbtc-{name}.event") == f"{name}\n"
        command = repo.git("config", f"hook.gitbtc-{name}.command").strip()
        # As Git runs it, with the arguments of the event behind.
        done = repo.run("sh", "-c", f'{command} "$@"', command, "a b", stdin=b"", ok=(0, 1))
        assert "cannot run here" not in done.stderr
    Install(Git(repo.path)).uninstall()
    repo.git("config", "--unset", "core.hooksPath")
    assert snapshot(repo) == before


@pytest.mark.skipif(not REALLY_RUN, reason="needs Git 2.54 or later, which runs hooks that the configuration names")
def test_git_runs_what_the_configuration_names_and_once(repo: Repo, install: Installer) -> None:
    install(repo)
    repo.write(STATE, '[{"txid":1}]')
    repo.git("add", "-A")
    for place, words in {"/dev/null": "", ".git/hooks": "", ".husky/_": " --no-verify"}.items():
        repo.git("config", "core.hooksPath", place)
        said = repo.run("git", "commit", "-m", "x", *words.split(), ok=(1,)).stderr
        assert said.startswith(f"gitbtc: {STATE}: ")
        assert said.count("txid") == 1


def test_hooks_of_an_earlier_hookspath_are_taken_out_too(repo: Repo, install: Installer) -> None:
    install(repo)
    repo.git("config", "core.hooksPath", "my hooks")
    Install(Git(repo.path)).uninstall()
    assert not set(NAMES) & {path.name for path in (repo.path / ".git" / "hooks").iterdir()}


def test_a_moved_repository_still_has_everything(repo: Repo, install: Installer) -> None:
    install(repo)
    repo.path = repo.path.rename(repo.path.parent / "moved")
    assert repo.git("config", "filter.gitbtc.required") == "true\n"
    assert "gitbtc" in repo.git("check-attr", "filter", "any")
    # What serves branches without a `.gitattributes` goes by an absolute path, and the doctor tells.
    assert Install(Git(repo.path)).install() == [repo.path / ".git/gitbtc/config"]
    assert Install(Git(repo.path)).install() == []
    (repo.path / ".gitattributes").unlink()
    assert "gitbtc" in repo.git("check-attr", "filter", "any")


def test_a_moved_interpreter_is_registered_anew(repo: Repo, install: Installer, interpreter: Interpreter) -> None:
    install(repo, interpreter(repo.path.parent / "python one"))
    second = install(repo, interpreter(repo.path.parent / "python two"))
    assert "python one" not in repo.git("config", "--list")
    assert b"python two" in (second.hooks.folder / "pre-commit").read_bytes()
    assert second.install() == []


def test_an_interpreter_without_gitbtc_is_refused(repo: Repo, script: Script, install: Installer) -> None:
    before = snapshot(repo)
    for wrong in ("/nonexistent/python", str(script(repo.path.parent / "wrong", "exit 1"))):
        assert not imports_gitbtc(wrong)
        with pytest.raises(CannotWork, match="cannot import gitbtc"):
            install(repo, wrong)
    assert snapshot(repo) == before
    assert imports_gitbtc(sys.executable)


def test_without_its_interpreter_nothing_is_committed_merged_or_staged_in_silence(
    repo: Repo, install: Installer, interpreter: Interpreter
) -> None:
    fork(repo)
    python = interpreter(repo.path.parent / "python")
    install(repo, python)
    os.unlink(python)
    refused = repo.run("git", "commit", "--allow-empty", "-m", "x", ok=(1,))
    assert "gitbtc: pre-commit: gitbtc cannot run here" in refused.stderr
    merged = repo.run("git", "merge", "topic", ok=(1,))
    assert "left as a conflict" in merged.stderr
    assert b"<<<<<<< " in repo.read(STATE)
    repo.write(STATE, OURS)
    repo.git("add", STATE, ok=(128,))
    assert repo.git("ls-files", "-u")


def test_without_its_interpreter_history_can_be_read_and_checked_out(
    repo: Repo, install: Installer, interpreter: Interpreter
) -> None:
    fork(repo)
    python = interpreter(repo.path.parent / "python")
    install(repo, python)
    os.unlink(python)
    assert '+{"a":2}' in repo.git("diff", "HEAD~1", "HEAD")
    assert '+{"a":2}' in repo.git("log", "-1", "-p")
    repo.git("checkout", "-q", "topic")
    assert repo.read(STATE).decode() == THEIRS


def test_an_added_kind_is_registered_and_does_not_depend_on_the_branch(
    repo: Repo, install: Installer, added_kind: str
) -> None:
    repo.write(".gitbtc/schemas/vtxos.schema.json", added_kind)
    installation = install(repo)
    copy = installation.folder / "schemas" / "vtxos.schema.json"
    assert copy.read_text() == added_kind
    assert "merge: gitbtc-vtxos" in repo.git("check-attr", "merge", "ark/vtxos.json")
    assert "--kind vtxos --schemas" in repo.git("config", "merge.gitbtc-vtxos.driver")
    (repo.path / ".gitbtc/schemas/vtxos.schema.json").unlink()
    assert copy in Install(Git(repo.path)).install()
    assert not copy.exists()
    assert "merge: unspecified" in repo.git("check-attr", "merge", "ark/vtxos.json")


@pytest.mark.parametrize("break_it", [lambda text: "{", lambda text: text.replace("vtxos", "utxos")])
def test_a_broken_schema_is_refused_before_anything_is_written(
    repo: Repo, break_it: Callable[[str], str], install: Installer, added_kind: str
) -> None:
    install(repo)
    repo.write(".gitbtc/schemas/vtxos.schema.json", break_it(added_kind))
    before = snapshot(repo)
    with pytest.raises(CannotWork):
        install(repo)
    assert snapshot(repo) == before


def test_an_edited_hook_stops_both_before_anything_is_changed(repo: Repo, install: Installer) -> None:
    hook = install(repo).hooks.folder / "pre-push"
    hook.write_bytes(hook.read_bytes() + b"make lint\n")
    before = snapshot(repo)
    for attempt in (Install(Git(repo.path)).install, Install(Git(repo.path)).uninstall):
        with pytest.raises(GitbtcError, match="has been edited"):
            attempt()
    assert snapshot(repo) == before


def test_a_bare_repository_and_no_repository_are_told(repo: Repo, sandbox: Sandbox) -> None:
    repo.git("init", "-q", "--bare", "../bare.git")
    with pytest.raises(CannotWork, match="a bare repository"):
        Install(Git(sandbox.home / "bare.git"))
    with pytest.raises(CannotWork, match="not in a Git repository"):
        Install(Git(sandbox.home))


def test_a_file_in_a_folders_place_is_told(repo: Repo, install: Installer) -> None:
    repo.write(".git/gitbtc", "a file")
    with pytest.raises(CannotWork, match="gitbtc"):
        install(repo)
