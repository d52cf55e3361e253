"""`gitbtc completion`: the scripts, and what the program answers them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Sandbox


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


def test_an_unknown_shell_is_wrong_usage(sandbox: Sandbox) -> None:
    assert "'bash', 'zsh', 'fish'" in sandbox.repo().gitbtc("completion", "tcsh", ok=(2,)).stderr
