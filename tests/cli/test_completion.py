"""`gitbtc completion`: the scripts, and what the program answers them."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from click.shell_completion import CompletionItem

from gitbtc.cli import program, shells
from tests.made_state import FUNDING, branch, coin, coins, spend, transactions

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter


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
    done = sandbox.repo().gitbtc(env=asked)
    assert set(expected) <= set(done.stdout.splitlines())


def completed(repo: Repo, words: str) -> list[str]:
    asked = {
        "_GITBTC_COMPLETE": "bash_complete",
        "COMP_WORDS": f"gitbtc {words}",
        "COMP_CWORD": str(words.count(" ") + 1),
    }
    return repo.gitbtc(env=asked).stdout.splitlines()


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
    outside = repo.gitbtc(cwd=sandbox.home, env=asked)
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


@pytest.mark.parametrize(
    ("line", "value", "expected"),
    [
        ("gitbtc label x cold", "cold storage", r"cold\ storage"),
        (r"gitbtc label x cold\ st", "cold storage", r"cold\ storage"),
        ('gitbtc label x "cold s', "cold storage", "cold storage"),
        ('gitbtc label x "it', 'its "$5"', r"its \"\$5\""),
        ("gitbtc label 'x y' 'it", "it's", r"it'\''s"),
        ("gitbtc label x rent", "rent, March *", r"rent,\ March\ \*"),
        ("gitbtc why f0f0:", "f0f0:1", "1"),
        (r"gitbtc label x acme:\ in", "acme: invoice", r"\ invoice"),
        ("gitbtc label x ", "miete für März", r"miete\ für\ März"),
    ],
)
def test_bash_gets_a_value_as_it_belongs_into_the_line(
    monkeypatch: pytest.MonkeyPatch, line: str, value: str, expected: str
) -> None:
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_BREAKS", " \t\n\"'><=;|&(:")
    bash = shells.Bash(program, {}, "gitbtc", "_GITBTC_COMPLETE")
    assert bash.format_completion(CompletionItem(value)) == f"plain,{expected}"
    assert value.startswith(bash.get_completion_args()[1])


SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(gitbtc completion bash)"),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit && compinit -u -D && source <(gitbtc completion zsh)"),
    "fish": (["fish", "--no-config", "-i"], "gitbtc completion fish | source"),
}


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shutil.which(shell)])
def test_a_shell_completes_labels_of_any_words(sandbox: Sandbox, shell: str) -> None:
    repo = sandbox.repo()
    repo.gitbtc("init")
    labels = ["cold storage", "rent, March", 'it\'s "mine" $HOME *', "acme: invoice 7"]
    coins(repo, *(coin(place, label=label) for place, label in enumerate(labels)))
    program = sandbox.home / "bin/gitbtc"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -E -P -m gitbtc "$@"\n')
    program.chmod(0o755)
    command, setup = SHELLS[shell]
    environment = {**repo.env, "PATH": f"{program.parent}:{repo.env['PATH']}", "TERM": "dumb"}
    child, terminal = pty.fork()
    if not child:
        os.chdir(repo.path)
        os.execvpe(command[0], command, environment)  # noqa: S606 - fish wants the terminal to be its own

    def shown(typed: str, until: str) -> str:
        os.write(terminal, typed.encode())
        seen = b""
        while not re.search(until.encode(), seen):
            assert select.select([terminal], [], [], 60)[0], seen
            seen += os.read(terminal, 1 << 16)
        return seen.decode("utf-8", "replace")

    shown(f"{setup}; echo rea''dy\n", r"\nready")
    for begun, label in zip(("cold", '"ren', "it", "acme:"), labels, strict=True):
        shown(f"gitbtc label x {begun}\t", re.escape(label.split()[-1].replace("*", "\\*")))
        # The line becomes another one: C-a and C-e go to its ends.
        told = shown("\x01printf '<%s>' \x05; echo e''nd\n", r">end\r?\n")
        assert f"<gitbtc><label><x><{label}>end" in told
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(terminal)
