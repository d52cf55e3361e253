"""`gitbtc install`, as a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Sandbox


def test_it_names_what_it_changed_and_what_is_next(sandbox: Sandbox) -> None:
    repo = sandbox.repo('it\'s a "treasury" $HOME %s \u20bf')
    said = repo.gitbtc("install").stdout.splitlines()
    assert "changed .gitattributes" in said
    assert "changed .git/hooks/pre-commit" in said
    assert said[-1].startswith("Next: git add .gitattributes")
    assert repo.gitbtc("install").stdout == "Nothing to do: gitbtc is set up here.\n"


def test_outside_a_repository_it_exits_with_3_and_one_line(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    (repo.path / ".git").rename(repo.path / "not-git")
    done = repo.gitbtc("install", ok=(3,))
    assert done.stdout == ""
    assert done.stderr == f"gitbtc: {repo.path}: not in a Git repository; `gitbtc init` makes one\n"


def test_shared_hooks_are_refused_with_the_way_out(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.git("config", "core.hooksPath", str(sandbox.home / "hooks"))
    refused = repo.gitbtc("install", ok=(3,)).stderr
    assert "git config core.hooksPath" in refused
    assert "gitbtc install --shared-hooks" in refused
    assert f"changed {sandbox.home}/hooks/pre-commit" in repo.gitbtc("install", "--shared-hooks").stdout


def test_hooks_in_the_work_tree_come_with_a_warning(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.git("config", "core.hooksPath", "my-hooks")
    said = repo.gitbtc("install").stdout
    assert "changed my-hooks/pre-commit" in said
    assert "do not commit them" in said


def test_a_wrong_option_is_wrong_usage(sandbox: Sandbox) -> None:
    assert "No such option" in sandbox.repo().gitbtc("install", "--nonsense", ok=(2,)).stderr
