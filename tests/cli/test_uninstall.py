"""`gitbtc uninstall`, as a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Sandbox

pytestmark = pytest.mark.one_interpreter


def test_it_takes_out_what_install_put_in_and_says_so(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    config = repo.read(".git/config")
    repo.gitbtc("install")
    said = repo.gitbtc("uninstall").stdout
    assert "removed .gitattributes" in said
    assert "removed .git/hooks/pre-commit" in said
    assert "Next: commit .gitattributes" in said
    assert repo.read(".git/config") == config
    assert not (repo.path / ".gitattributes").exists()
    assert repo.gitbtc("uninstall").stdout == "Nothing to do: gitbtc is not set up here.\n"


def test_an_edited_hook_is_a_finding_with_a_way_out(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("install")
    repo.write(".git/hooks/pre-commit", repo.read(".git/hooks/pre-commit") + b"make lint\n")
    refused = repo.gitbtc("uninstall", ok=(1,)).stderr
    assert refused.startswith(f"gitbtc: {repo.path}/.git/hooks/pre-commit is gitbtc's, but it has been edited.")
    assert (repo.path / ".gitattributes").exists()
