"""`gitbtc doctor`, as a process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitbtc.repo.doctor import CHECKS

if TYPE_CHECKING:
    from tests.conftest import Sandbox

pytestmark = pytest.mark.one_interpreter


def test_a_table_when_all_is_well(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("install")
    lines = repo.gitbtc("doctor").stdout.splitlines()
    assert len(lines) == len(CHECKS)
    assert all(line.startswith("ok      ") for line in lines)


def test_a_clone_that_was_never_set_up_is_one_finding(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    said = repo.gitbtc("doctor", ok=(1,)).stdout
    assert said.count("BROKEN") == 1
    assert "mend: run `gitbtc install`" in said
    repo.git("config", "core.hooksPath", "/dev/null")
    repo.gitbtc("doctor", ok=(1,))
    repo.git("config", "--unset", "core.hooksPath")
    repo.gitbtc("install")
    repo.git("config", "core.hooksPath", "/dev/null")
    assert "hooks" in repo.gitbtc("doctor", ok=(1,)).stdout


def test_what_is_broken_has_its_mend_and_status_1(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("install")
    (repo.path / ".git/hooks/pre-push").unlink()
    said = repo.gitbtc("doctor", ok=(1,)).stdout
    assert "BROKEN  hooks" in said
    assert "pre-push is missing" in said
    assert "mend: run `gitbtc install`" in said


def test_fix_mends_and_tells_the_new_state(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("doctor", ok=(1,))
    assert "BROKEN" not in repo.gitbtc("doctor", "--fix").stdout
    repo.gitbtc("doctor")


@pytest.mark.one_file
def test_what_fix_cannot_mend_stays_broken(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.write("wallet/utxos.json", "[ ]")
    repo.commit("by hand")
    said = repo.gitbtc("doctor", "--fix", ok=(1,)).stdout
    assert said.count("BROKEN") == 1
    assert "git add --renormalize ." in said


def test_json_has_a_versioned_root_and_every_check(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("install")
    (repo.path / ".git/hooks/pre-push").unlink()
    document = json.loads(repo.gitbtc("doctor", "--json", ok=(1,)).stdout)
    assert list(document) == ["gitbtc.doctor/v1"]
    report = document["gitbtc.doctor/v1"]
    assert report["ok"] is False
    assert [check["name"] for check in report["checks"]] == list(CHECKS)
    hooks = next(check for check in report["checks"] if check["name"] == "hooks")
    assert hooks["ok"] is False
    assert hooks["mend"] == "run `gitbtc install`"
    repo.gitbtc("install")
    assert json.loads(repo.gitbtc("doctor", "--json").stdout)["gitbtc.doctor/v1"]["ok"] is True


def test_outside_a_repository_it_cannot_work(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    (repo.path / ".git").rename(repo.path / "not-git")
    assert "not in a Git repository" in repo.gitbtc("doctor", ok=(3,)).stderr


@pytest.mark.one_file
def test_a_record_cannot_write_to_the_terminal(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.write("\x1b[31m/wallet/utxos.json", "[ ]")
    repo.commit("by hand")
    repo.gitbtc("install")
    assert "\x1b" not in repo.gitbtc("doctor", ok=(1,)).stdout
