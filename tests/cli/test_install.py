"""`gitbtc install`, as a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.repo.git import Git
from gitbtc.repo.prerequisites import runs_configured_hooks

if TYPE_CHECKING:
    from tests.conftest import Sandbox

pytestmark = pytest.mark.one_interpreter


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
    if runs_configured_hooks(Git()):
        said = repo.gitbtc("install").stdout
        assert f"run by the configuration, since core.hooksPath is {sandbox.home}/hooks" in said
    else:
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


def test_the_key_gate_alone(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    before = {path: path.read_bytes() for path in repo.path.rglob("*") if path.is_file()}
    said = repo.gitbtc("install", "--keys-only").stdout
    assert sorted(line[8:] for line in said.splitlines() if "/hooks/" in line) == [
        ".git/hooks/commit-msg", ".git/hooks/pre-commit", ".git/hooks/pre-push",
    ]  # fmt: skip
    assert repo.gitbtc("install", "--keys-only").stdout == "Nothing to do: gitbtc is set up here.\n"
    assert repo.gitbtc("doctor").returncode == 0
    assert "filter: gitbtc" in repo.git("check-attr", "filter", "any")
    assert "unspecified" in repo.git("check-attr", "merge", "wallet/utxos.json")
    assert not repo.git("config", "--name-only", "--get-regexp", r"^(merge|diff|mergetool)\.", ok=(1,))
    (repo.path / ".git/hooks/pre-push").unlink()
    assert "pre-push is missing" in repo.gitbtc("doctor", ok=(1,)).stdout
    repo.gitbtc("doctor", "--fix")
    assert not (repo.path / ".git/hooks/pre-merge-commit").exists()
    repo.gitbtc("uninstall")
    assert {path: path.read_bytes() for path in repo.path.rglob("*") if path.is_file()} == before


def test_the_key_gate_alone_looks_at_what_is_staged_and_at_messages(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("install", "--keys-only")
    words = " ".join(["abandon"] * 11 + ["about"])  # BIP-39's own test vector
    repo.write("notes.txt", words)
    assert "mnemonic" in repo.run("git", "add", "notes.txt", ok=(128,)).stderr
    repo.write("notes.txt", "none")
    repo.git("add", "notes.txt")
    assert "mnemonic" in repo.run("git", "commit", "-m", words, ok=(1,)).stderr
    repo.git("commit", "-m", "one")


def test_all_of_it_follows_the_key_gate_and_does_not_make_way_for_it(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("install", "--keys-only")
    repo.gitbtc("install")
    assert "gitbtc-utxos" in repo.git("check-attr", "merge", "wallet/utxos.json")
    assert repo.gitbtc("doctor").returncode == 0
    assert "gitbtc uninstall" in repo.gitbtc("install", "--keys-only", ok=(3,)).stderr
    assert "name one of them" in repo.gitbtc("install", "--keys-only", "--server", ok=(2,)).stderr
