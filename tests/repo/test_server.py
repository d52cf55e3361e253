"""The gate of a server: set up once, checked by the doctor, taken out without a trace."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.repo.git import Git
from gitbtc.repo.install import Install
from gitbtc.repo.server import ServerInstall
from gitbtc.repo.server_doctor import examine_server
from tests.conftest import Repo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.repo.conftest import Installer, Interpreter, Script


@pytest.fixture
def bare(repo: Repo) -> Repo:
    """A bare repository with an awkward name."""
    place = Repo(repo.path.parent / f"{repo.path.name}.git", repo.env)
    repo.git("init", "-q", "--bare", str(place.path))
    return place


def install(bare: Repo, python: str | None = None, *, shared_hooks: bool = False) -> list[Path]:
    return ServerInstall(Git(bare.path), python, shared_hooks=shared_hooks).install()


def snapshot(bare: Repo) -> dict[str, tuple[bytes, int]]:
    files = (path for path in bare.path.rglob("*") if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mode) for path in files}


def broken(bare: Repo) -> dict[str, str]:
    return {check.name: f"{check.found}; {check.mend}" for check in examine_server(Git(bare.path)) if not check.fine}


def test_one_hook_and_one_setting(bare: Repo) -> None:
    hook = bare.path / "hooks/pre-receive"
    copy = bare.path / "gitbtc/server-hook"
    assert install(bare) == [copy, bare.path / "config", bare.path / "gitbtc/examined", hook]
    assert copy.read_bytes() == hook.read_bytes()
    assert hook.stat().st_mode & 0o111
    assert bare.git("config", "gitbtc.server") == "true\n"
    assert bare.git("config", "--get-regexp", "^(filter|merge|diff)", ok=(1,)) == ""


def test_twice_is_once(bare: Repo) -> None:
    install(bare)
    before = {path: path.stat().st_mtime_ns for path in bare.path.rglob("*")}
    assert install(bare) == []
    assert {path: path.stat().st_mtime_ns for path in bare.path.rglob("*")} == before


@pytest.mark.parametrize("settings", ["", "[gitbtc]\n\tunattributed = allow\n"])
@pytest.mark.parametrize("foreign", [True, False])
def test_uninstall_leaves_everything_as_it_was(bare: Repo, script: Script, settings: str, foreign: bool) -> None:
    with (bare.path / "config").open("a") as config:
        config.write(settings)
    if foreign:
        script(bare.path / "hooks/pre-receive", "exit 0").chmod(0o750)
    before = snapshot(bare)
    install(bare)
    assert (bare.path / "hooks/pre-receive.before-gitbtc").exists() == foreign
    ServerInstall(Git(bare.path)).uninstall()
    assert snapshot(bare) == before
    assert ServerInstall(Git(bare.path)).uninstall() == []


def test_beside_a_work_tree_neither_knows_of_the_other(repo: Repo, install: Installer) -> None:
    work_tree = install(repo)
    gate = ServerInstall(Git(repo.path))
    gate.install()
    assert work_tree.install() == []
    assert gate.install() == []
    work_tree.uninstall()
    assert (repo.path / ".git/hooks/pre-receive").exists()
    gate.uninstall()
    assert not (repo.path / ".git/hooks/pre-receive").exists()


def test_without_a_work_tree_the_usual_set_up_names_this_one(bare: Repo) -> None:
    with pytest.raises(CannotWork, match="gitbtc install --server"):
        Install(Git(bare.path))


def test_what_cannot_run_is_refused_before_anything_is_written(bare: Repo, script: Script) -> None:
    before = snapshot(bare)
    with pytest.raises(CannotWork, match="cannot import gitbtc"):
        install(bare, str(script(bare.path.parent / "python", "exit 1")))
    assert snapshot(bare) == before


@pytest.mark.usefixtures("newer_git")
def test_the_gate_holds_by_the_configuration_where_the_hooks_folder_is_elsewhere(bare: Repo) -> None:
    before = snapshot(bare)
    bare.git("config", "core.hooksPath", "/dev/null")
    install(bare)
    assert not (bare.path / "hooks/pre-receive").exists()
    assert broken(bare) == {}
    command = bare.git("config", "hook.gitbtc-pre-receive.command").strip()
    line = b"0" * 40 + b" " + b"1" * 40 + b" refs/heads/main\n"
    assert "failed" in bare.run("sh", "-c", command, env={"GIT_DIR": "."}, stdin=line, ok=(3,)).stderr
    bare.git("config", "hook.pre-receive.enabled", "off")
    assert "hook.pre-receive.enabled is false" in broken(bare)["server-setting"]
    bare.git("config", "--unset", "hook.pre-receive.enabled")
    ServerInstall(Git(bare.path)).uninstall()
    bare.git("config", "--unset", "core.hooksPath")
    assert snapshot(bare) == before


@pytest.mark.usefixtures("older_git")
def test_a_hooks_folder_that_repositories_share_has_to_be_allowed(bare: Repo, script: Script) -> None:
    shared = bare.path.parent / "all hooks"
    bare.git("config", "core.hooksPath", str(shared))
    with pytest.raises(CannotWork, match="--server --shared-hooks"):
        install(bare)
    install(bare, shared_hooks=True)
    other = bare.path.parent / "other.git"
    bare.git("init", "-q", "--bare", str(other))
    line = b"0" * 40 + b" " + b"1" * 40 + b" refs/heads/main\n"
    hook = str(shared / "pre-receive")
    bare.run(hook, cwd=other, stdin=line)
    bare.run(hook, ok=(3,), stdin=line)


def test_an_edited_hook_is_left_alone(bare: Repo) -> None:
    install(bare)
    hook = bare.path / "hooks/pre-receive"
    hook.write_text(hook.read_text() + "mail\n")
    with pytest.raises(GitbtcError, match="has been edited"):
        install(bare)
    with pytest.raises(GitbtcError, match="has been edited"):
        ServerInstall(Git(bare.path)).uninstall()
    assert bare.git("config", "gitbtc.server") == "true\n"


# -- the doctor ------------------------------------------------------------------------------------------------------


def lose_the_hook(bare: Repo) -> None:
    (bare.path / "hooks/pre-receive").unlink()


def replace_the_hook(bare: Repo) -> None:
    bare.write("hooks/pre-receive", "#!/bin/sh\n")


def make_it_unexecutable(bare: Repo) -> None:
    (bare.path / "hooks/pre-receive").chmod(0o644)


def lose_the_copy(bare: Repo) -> None:
    (bare.path / "gitbtc/server-hook").unlink()


def lose_the_configured_hook(bare: Repo) -> None:
    bare.git("config", "--remove-section", "hook.gitbtc-pre-receive")


def lose_the_setting(bare: Repo) -> None:
    bare.git("config", "--unset", "gitbtc.server")


@pytest.mark.parametrize(
    ("damage", "names"),
    [
        (lose_the_hook, {"server-hook"}),
        (replace_the_hook, {"server-hook"}),
        (make_it_unexecutable, {"server-hook"}),
        (lose_the_copy, {"server-hook", "server-interpreter"}),
        (lose_the_setting, {"server-setting"}),
        (lose_the_configured_hook, {"server-setting"}),
    ],
)
def test_what_is_damaged_is_found_and_mended(bare: Repo, damage: Callable[[Repo], None], names: set[str]) -> None:
    install(bare)
    assert broken(bare) == {}
    damage(bare)
    found = broken(bare)
    assert set(found) == names
    assert all("gitbtc install --server" in mend for mend in found.values())
    install(bare)
    assert broken(bare) == {}


def test_an_interpreter_that_is_gone_or_has_no_gitbtc_is_found(
    bare: Repo, interpreter: Interpreter, script: Script
) -> None:
    python = bare.path.parent / "it's python"
    install(bare, interpreter(python))
    assert set(broken(bare)) == {"server-hook"}  # that of another installation
    script(python, "exit 1")
    assert "cannot import gitbtc" in broken(bare)["server-interpreter"]
    python.unlink()
    assert "is gone" in broken(bare)["server-interpreter"]


def test_a_hook_that_nobody_can_read_names_no_interpreter(bare: Repo) -> None:
    bare.write("gitbtc/server-hook", "#!/bin/sh\npython='\n")
    assert "no hook of gitbtc's" in broken(bare)["server-interpreter"]


def test_a_work_tree_without_a_gate_is_not_told_about_it(repo: Repo) -> None:
    assert examine_server(Git(repo.path)) == []
    ServerInstall(Git(repo.path)).install()
    assert [check.name for check in examine_server(Git(repo.path))] == [
        "server-interpreter", "server-setting", "server-hook", "server-limits",
    ]  # fmt: skip


def test_the_commands_serve_a_bare_repository(bare: Repo) -> None:
    assert "gitbtc install --server" in bare.gitbtc("install", ok=(3,)).stderr
    assert "BROKEN" in bare.gitbtc("doctor", ok=(1,)).stdout
    assert "changed hooks/pre-receive" in bare.gitbtc("install", "--server").stdout
    assert "Nothing to do" in bare.gitbtc("install", "--server").stdout
    told = bare.gitbtc("doctor").stdout
    assert "attributes" not in told
    assert [line.split()[0] for line in told.splitlines()] == ["ok"] * 5
    os.chmod(bare.path / "hooks/pre-receive", 0o600)
    assert "BROKEN" not in bare.gitbtc("doctor", "--fix").stdout
    assert "removed hooks/pre-receive" in bare.gitbtc("uninstall").stdout
    assert "Nothing to do" in bare.gitbtc("uninstall").stdout
