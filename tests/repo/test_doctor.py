"""The doctor finds each thing that can be wrong, names it, and mends what installing again mends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitbtc.repo import doctor
from gitbtc.repo.doctor import CHECKS, Check, examine
from gitbtc.repo.git import Git
from gitbtc.repo.hookfiles import Hooks
from gitbtc.repo.install import Install

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Repo
    from tests.repo.conftest import Installer, Interpreter, Script


def broken(repo: Repo) -> dict[str, Check]:
    """The checks that are not fine."""
    return {check.name: check for check in examine(Git(repo.path)) if not check.fine}


def test_after_installing_all_is_well(repo: Repo, install: Installer) -> None:
    install(repo)
    checks = examine(Git(repo.path))
    assert [check.name for check in checks] == list(CHECKS)
    assert all(check.fine and check.found for check in checks)


def test_before_installing_one_fact_is_told(repo: Repo, install: Installer, interpreter: Interpreter) -> None:
    [check] = broken(repo).values()
    assert "never set up" in check.found
    assert "gitbtc install" in check.mend


def lose_the_include(repo: Repo) -> None:
    repo.git("config", "--unset", "include.path")


def lose_the_configuration(repo: Repo) -> None:
    (repo.path / ".git/gitbtc/config").unlink()


def change_a_driver(repo: Repo) -> None:
    repo.git("config", "--file", ".git/gitbtc/config", "merge.gitbtc-fees.driver", "true")


def lose_required(repo: Repo) -> None:
    repo.git("config", "--file", ".git/gitbtc/config", "filter.gitbtc.required", "false")


def lose_the_copy_of_the_hook(repo: Repo) -> None:
    (repo.path / ".git/gitbtc/hook").unlink()


def lose_the_fallback(repo: Repo) -> None:
    (repo.path / ".git/gitbtc/without-gitbtc.sh").unlink()


def lose_the_attributes(repo: Repo) -> None:
    (repo.path / ".gitattributes").unlink()


def lose_the_own_attributes(repo: Repo) -> None:
    (repo.path / ".git/info/attributes").unlink()


def lose_the_own_excludes(repo: Repo) -> None:
    (repo.path / ".git/info/exclude").unlink()


def lose_a_hook(repo: Repo) -> None:
    (repo.path / ".git/hooks/pre-push").unlink()


def replace_a_hook(repo: Repo) -> None:
    repo.write(".git/hooks/pre-push", "#!/bin/sh\n")


def make_a_hook_unexecutable(repo: Repo) -> None:
    (repo.path / ".git/hooks/pre-push").chmod(0o644)


def move_the_hooks(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", "elsewhere")


def add_a_kind(repo: Repo) -> None:
    repo.write(".gitbtc/schemas/vtxos.schema.json", (Path(__file__).parent / "vtxos.schema.json").read_text())


@pytest.mark.parametrize(
    ("harm", "names", "says"),
    [
        (lose_the_include, {"configuration"}, "does not include gitbtc/config"),
        (lose_the_configuration, {"interpreter", "configuration"}, "missing or empty"),
        (change_a_driver, {"configuration"}, "merge.gitbtc-fees.driver"),
        (lose_required, {"configuration"}, "filter.gitbtc.required"),
        (lose_the_copy_of_the_hook, {"hooks"}, "gitbtc/hook is missing or of another installation"),
        (lose_the_fallback, {"fallback"}, "missing or another version's"),
        (lose_the_attributes, {"gitattributes"}, ".gitattributes: gitbtc's block is missing"),
        (lose_the_own_attributes, {"info-attributes"}, "info/attributes: gitbtc's block is missing"),
        (lose_the_own_excludes, {"info-exclude"}, "info/exclude: gitbtc's block is missing"),
        (lose_a_hook, {"hooks"}, "pre-push is missing"),
        (replace_a_hook, {"hooks"}, "pre-push is another program's"),
        (make_a_hook_unexecutable, {"hooks"}, "pre-push is not executable"),
        (move_the_hooks, {"hooks"}, "elsewhere: pre-commit is missing"),
        (add_a_kind, {"configuration", "added-kinds", "gitattributes", "info-attributes", "attributes"}, "vtxos"),
    ],
)
def test_what_is_broken_is_named_and_mended(
    repo: Repo, harm: Callable[[Repo], None], names: set[str], says: str, install: Installer
) -> None:
    install(repo)
    harm(repo)
    found = broken(repo)
    assert set(found) == names
    assert any(says in check.found for check in found.values())
    assert any(check.fixable for check in found.values())
    Install(Git(repo.path)).install()
    assert broken(repo) == {}


def test_a_gone_interpreter_is_named(repo: Repo, script: Script, install: Installer, interpreter: Interpreter) -> None:
    python = interpreter(repo.path.parent / "it's a python")
    install(repo, python)
    assert set(broken(repo)) == {"configuration", "hooks"}
    script(repo.path.parent / "it's a python", "exit 1")
    assert f"{python}, which Git is told to run, cannot import gitbtc" in broken(repo)["interpreter"].found
    os.unlink(python)
    assert f"{python}, which Git is told to run, is gone" in broken(repo)["interpreter"].found


def test_a_setting_that_wins_over_ours_is_found_and_not_called_fixable(repo: Repo, install: Installer) -> None:
    install(repo)
    repo.git("config", "filter.gitbtc.required", "false")
    check = broken(repo)["overrides"]
    assert "filter.gitbtc.required" in check.found
    assert "--show-origin --get-all filter.gitbtc.required" in check.mend
    assert not check.fixable


def test_an_attribute_that_wins_over_ours_is_found(repo: Repo, install: Installer) -> None:
    install(repo)
    with (repo.path / ".git/info/attributes").open("a") as attributes:
        attributes.write("fees.json -merge\n")
    assert set(broken(repo)) == {"attributes"}
    assert "oracles/fees.json" in broken(repo)["attributes"].found


def test_half_a_block_and_an_edited_hook_are_left_to_the_user(repo: Repo, install: Installer) -> None:
    install(repo)
    repo.write(".gitattributes", "# gitbtc begins here\n")
    hook = repo.path / ".git/hooks/pre-push"
    hook.write_bytes(hook.read_bytes() + b"x\n")
    found = broken(repo)
    assert set(found) == {"gitattributes", "hooks"}
    assert not any(check.fixable for check in found.values())
    assert "has been edited" in found["hooks"].mend


def test_a_broken_schema_is_one_finding_and_no_end(repo: Repo, install: Installer) -> None:
    install(repo)
    repo.write(".gitbtc/schemas/vtxos.schema.json", "{")
    found = broken(repo)
    assert set(found) == {"added-kinds"}
    assert "not JSON" in found["added-kinds"].found


@pytest.mark.usefixtures("older_git")
def test_shared_hooks_are_explained(repo: Repo, install: Installer) -> None:
    install(repo)
    repo.git("config", "core.hooksPath", str(repo.path.parent / "shared"))
    check = broken(repo)["hooks"]
    assert "--shared-hooks" in check.mend
    assert not check.fixable


@pytest.mark.usefixtures("newer_git")
def test_hooks_that_the_configuration_alone_has_are_told(repo: Repo, install: Installer) -> None:
    install(repo)
    repo.git("config", "core.hooksPath", "/dev/null")
    [told] = [check for check in examine(Git(repo.path)) if check.name == "hooks"]
    assert told.fine
    assert "core.hooksPath is /dev/null: a Git before 2.54 runs none" in told.found
    repo.git("config", "core.hooksPath", "../shared")
    repo.write("../shared/pre-commit", Hooks(repo.path, "/opt/earlier/python", __file__).content())
    assert "pre-commit is ours, from another" in broken(repo)["hooks"].found


@pytest.mark.usefixtures("newer_git")
def test_hooks_that_another_tool_displaced_are_told_to_hold_all_the_same(repo: Repo, install: Installer) -> None:
    install(repo)
    replace_a_hook(repo)
    found = broken(repo)["hooks"].found
    assert "pre-push is another program's" in found
    assert found.endswith("(this Git runs them by the configuration, one before 2.54 does not)")
    Hooks(repo.path / ".git/hooks", "/opt/earlier/python", __file__).install()
    assert "by the configuration" not in broken(repo)["hooks"].found


@pytest.mark.parametrize(
    "setting", ["hook.pre-push.enabled", "hook.gitbtc-pre-push.enabled", "hook.gitbtc-pre-push.event"]
)
def test_configured_hooks_that_are_switched_off_are_found(repo: Repo, install: Installer, setting: str) -> None:
    install(repo)
    repo.git("config", setting, "" if setting.endswith("event") else "no")
    [check] = broken(repo).values()
    assert check.name == "overrides"
    assert setting in check.found


@pytest.mark.one_file
def test_committed_files_that_are_not_canonical_are_named(repo: Repo, install: Installer) -> None:
    repo.write("wallet/utxos.json", "[ ]\n")
    repo.write("wallet/labels.json", "[]\n")
    repo.write("wallet/transactions.json", "<<<<<<< ours\n")
    repo.write("notes.json", "[ ]\n")
    (repo.path / "oracles").mkdir()
    (repo.path / "oracles" / "fees.json").symlink_to("../notes.json")
    repo.commit("by hand")
    install(repo)
    found = broken(repo)["canonical"]
    for expected in ("wallet/utxos.json", "wallet/transactions.json (", "oracles/fees.json (a symbolic link)"):
        assert expected in found.found
    assert "labels" not in found.found
    assert "notes" not in found.found
    assert "git add --renormalize ." in found.mend


def test_a_git_that_is_too_old_is_told(repo: Repo, monkeypatch: pytest.MonkeyPatch, install: Installer) -> None:
    install(repo)
    monkeypatch.setattr(doctor, "MINIMUM_GIT", (99, 1, 0))
    assert broken(repo)["git"].mend == "install Git 99.1 or later"


def test_what_no_hook_sees_is_named_for_the_git_in_use(repo: Repo, install: Installer) -> None:
    install(repo)
    [told] = [check for check in examine(Git.at(repo.path)) if check.name == "unseen"]
    known = Git.at(repo.path).version()
    assert told.fine
    assert ("git replay" in told.found) == (known >= (2, 44, 0))
    assert ("git history" in told.found) == (known >= (2, 54, 0))
