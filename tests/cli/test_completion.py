"""`gitbtc completion`: the scripts, and what the program answers them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.made_state import FUNDING, branch, coin, coins, spend, transactions

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox


@pytest.mark.parametrize(
    ("shell", "part"),
    [("bash", "_gitbtc_completion() {"), ("zsh", "#compdef gitbtc"), ("fish", "function _gitbtc_completion;")],
)
def test_the_script_defines_its_function_and_asks_the_program(sandbox: Sandbox, shell: str, part: str) -> None:
    script = sandbox.repo().gitbtc("completion", shell).stdout
    assert part in script
    assert f"_GITBTC_COMPLETE={shell}_complete" in script


def test_bash_accepts_the_script(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.write("script", repo.gitbtc("completion", "bash").stdout)
    assert repo.run("bash", "-c", "source ./script && type -t _gitbtc_completion").stdout == "function\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [("gitbtc doc", ["plain,doctor"]), ("gitbtc doctor --", ["plain,--json", "plain,--fix", "plain,--help"])],
)
def test_the_program_completes_commands_and_options(sandbox: Sandbox, words: str, expected: list[str]) -> None:
    asked = {"_GITBTC_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = sandbox.repo().run(sys.executable, "-E", "-P", "-m", "gitbtc", env=asked)
    assert set(expected) <= set(done.stdout.splitlines())


def completed(repo: Repo, words: str) -> list[str]:
    asked = {
        "_GITBTC_COMPLETE": "bash_complete",
        "COMP_WORDS": f"gitbtc {words}",
        "COMP_CWORD": str(words.count(" ") + 1),
    }
    return repo.run(sys.executable, "-E", "-P", "-m", "gitbtc", env=asked).stdout.splitlines()


def test_revisions_coins_labels_kinds_and_files_are_completed(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("init")
    coins(repo, coin(0, label="cold storage"))
    repo.commit("base")
    branch(repo, "agents/ada")
    assert completed(repo, "premerge age") == ["plain,agents/ada"]
    assert completed(repo, "log main..ag") == ["plain,main..agents/ada"]
    assert completed(repo, "diff ma") == ["plain,main"]
    assert completed(repo, "diff wal") == completed(repo, "validate wal") == ["file,wal"]
    assert completed(repo, "schema utx") == ["plain,utxos"]
    assert completed(repo, "why f0f0") == [f"plain,{FUNDING}:0"]
    assert completed(repo, "label x cold") == ["plain,cold storage"]
    assert completed(repo, "privacy ma") == completed(repo, "mempool ma") == ["plain,main"]
    transactions(repo, spend("a", coin(1)))
    txid = spend("a", coin(1))["txid"]
    assert completed(repo, f"fees {txid[:6]}") == [f"plain,{txid}"]
    assert completed(repo, "help resol") == ["plain,resolve"]
    asked = {"_GITBTC_COMPLETE": "bash_complete", "COMP_WORDS": "gitbtc log m", "COMP_CWORD": "2"}
    outside = repo.run(sys.executable, "-E", "-P", "-m", "gitbtc", cwd=sandbox.home, env=asked)
    assert (outside.stdout.strip(), outside.stderr) == ("", "")


def test_a_misspelt_command_is_named_with_what_was_meant(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    for typed, meant in (("lgo", "log"), ("chekc", "check"), ("premerg", "premerge"), ("valdate", "validate")):
        assert f"Did you mean {meant}" in repo.gitbtc(typed, ok=(2,)).stderr
    assert "Did you mean" not in repo.gitbtc("xyzzy", ok=(2,)).stderr
    assert repo.gitbtc("help").stdout == repo.gitbtc("--help").stdout
    assert repo.gitbtc("help", "log").stdout.strip() == repo.gitbtc("log", "--help").stdout.strip()
    assert "xyzzy" in repo.gitbtc("help", "xyzzy", ok=(2,)).stderr


def test_an_unknown_shell_is_wrong_usage(sandbox: Sandbox) -> None:
    assert "'bash', 'zsh', 'fish'" in sandbox.repo().gitbtc("completion", "tcsh", ok=(2,)).stderr
