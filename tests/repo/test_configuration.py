"""Git's configuration, read and written."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.repo.colours import wants_colour
from gitbtc.repo.git import Git, GitFailed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo


def test_config_of_a_file_round_trips_any_value(repo: Repo) -> None:
    git, file = Git(repo.path), str(repo.path / "my config")
    value = ' "a" \\ $HOME # ; %P\t' + "it's\nnew \u20bf "
    git.set_config("merge.gitbtc-utxos.driver", value, file)
    assert git.config("merge.gitbtc-utxos.driver", file) == value
    assert git.config_entries(file) == [("merge.gitbtc-utxos.driver", value)]
    git.add_config("merge.gitbtc-utxos.driver", "two", file)
    assert git.config_values("merge.gitbtc-utxos.driver", file) == [value, "two"]
    assert git.config("merge.gitbtc-utxos.driver") is None


def test_one_value_or_all_values_are_unset(repo: Repo) -> None:
    git, file = Git(repo.path), str(repo.path / "my config")
    for value in ("a.b", "axb", "c"):
        git.add_config("include.path", value, file)
    git.unset_config("include.path", file, value="a.b")
    assert git.config_values("include.path", file) == ["axb", "c"]
    git.unset_config("include.path", file)
    assert git.config("include.path", file) is None
    with pytest.raises(GitFailed):
        git.unset_config("include.path", file)


def test_the_pager_is_the_configured_one(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "more")
    assert Git(repo.path).configured_pager() == "more"
    repo.git("config", "core.pager", "less -S")
    assert Git(repo.path).configured_pager() == "less -S"


@pytest.fixture
def places(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Where Git reads configuration from, each file by its name in git-config(1); the variables say so."""
    repo.gitbtc("init")  # which has the repository's own include another
    home, system = tmp_path / "home", tmp_path / "system"
    (home / ".config" / "git").mkdir(parents=True)
    for name in (
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_PARAMETERS",
        "XDG_CONFIG_HOME",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in (("HOME", home), ("GIT_CONFIG_SYSTEM", system), ("TERM", "xterm")):
        monkeypatch.setenv(name, str(value))
    own = repo.path / ".git"
    return {
        "system": system, "user": home / ".gitconfig", "XDG": home / ".config" / "git" / "config",
        "repository": own / "config", "included": own / "gitbtc" / "config", "work tree": own / "config.worktree",
    }  # fmt: skip


@pytest.mark.parametrize("place", ["system", "user", "XDG", "repository", "included", "work tree"])
@pytest.mark.parametrize("how", ["plainly", "in another file"])
def test_a_setting_is_found_in_every_place_that_git_reads(
    repo: Repo, places: dict[str, Path], place: str, how: str, tmp_path: Path
) -> None:
    if place == "work tree":
        repo.git("config", "extensions.worktreeConfig", "true")
    git, lines = Git(repo.path), "[CORE]\n\tAbbrev = 12\n[color]\n\tui = always\n"
    if how != "plainly":
        (tmp_path / "other").write_text(lines)
        lines = f"[Include]\n\tpath = {tmp_path / 'other'}\n"
    with places[place].open("a") as file:
        file.write(lines)
    assert git.config("core.abbrev") == "12"
    assert wants_colour(git, seen=False)


@pytest.mark.usefixtures("places")
def test_git_is_not_asked_for_what_is_set_nowhere(repo: Repo, started: list[Any]) -> None:
    git = Git(repo.path)
    started.clear()
    assert git.config("core.abbrev") is None
    assert [wants_colour(git, seen=seen) for seen in (True, False)] == [True, False]
    assert not started
    assert git.config("core.bare") == "false"
    assert len(started) == 1


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("terminal", [None, "", "dumb", "vt100"])
def test_colours_that_nobody_set_are_those_of_git(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, terminal: str | None
) -> None:
    monkeypatch.delenv("TERM") if terminal is None else monkeypatch.setenv("TERM", terminal)
    asked = ["git", "config", "--get-colorbool", "color.diff", "true"]
    wanted = subprocess.run(asked, cwd=repo.path, check=False, capture_output=True, text=True).stdout
    assert wants_colour(Git(repo.path), seen=True) == (wanted == "true\n")


@pytest.mark.usefixtures("places")
def test_colours_are_wanted_as_configured(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    git = Git(repo.path)
    git.set_config("color.ui", "never")
    assert not wants_colour(git, seen=True)
    git.set_config("color.diff", "always")
    assert wants_colour(git, seen=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(git, seen=True)


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("given", [
    {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.abbrev", "GIT_CONFIG_VALUE_0": "12"},
    {"GIT_CONFIG_PARAMETERS": "'core.ABBREV'='12'"},
])  # fmt: skip
def test_a_setting_is_found_that_stands_in_a_variable(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert Git(repo.path).config("core.abbrev") == "12"


def test_git_is_asked_where_nobody_else_knows_its_files(
    repo: Repo, places: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A git that was built elsewhere has a file of the system that only it can name."""
    places["system"].write_text("[core]\n\tabbrev = 12\n")
    real, other = shutil.which("git"), tmp_path / "bin" / "git"
    other.parent.mkdir()
    other.write_text(f'#!/bin/sh\nGIT_CONFIG_SYSTEM={places["system"]} exec {real} "$@"\n')
    other.chmod(0o755)
    monkeypatch.delenv("GIT_CONFIG_SYSTEM")
    monkeypatch.setenv("PATH", f"{other.parent}{os.pathsep}{os.environ['PATH']}")
    assert Git(repo.path).config("core.abbrev") == "12"
