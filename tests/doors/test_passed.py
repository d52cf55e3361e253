"""What one hook of a commit leaves for the next, so that nothing is looked at twice, and nothing not at all."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.made_state import WITHOUT_GITBTC, change_of, coin, coins, spend, transactions

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter


def message(repo: Repo) -> list[str]:
    return repo.git("log", "-1", "--format=%B").splitlines()


def looked_at(repo: Repo, env: dict[str, str] | None = None) -> None:
    """As `git commit` begins; what is left for its next hook asks for a trailer that nothing else would write."""
    repo.run(sys.executable, "-E", "-P", "-m", "gitbtc", "hook", "pre-commit", env=env)
    left = repo.path / ".git/gitbtc/passed.json"
    left.write_text(left.read_text().replace('"trailers": []', '"trailers": ["Looked: once"]'))


@pytest.mark.own_interpreters
def test_what_pre_commit_has_looked_at_is_not_looked_at_again(treasury: Repo) -> None:
    treasury.write("notes.txt", "one")
    treasury.git("add", "-A")
    looked_at(treasury)
    treasury.git("commit", "-q", "--no-verify", "-m", "one")
    assert "Looked: once" in message(treasury)
    treasury.git("commit", "-q", "--no-verify", "--allow-empty", "-m", "two")
    assert "Looked: once" not in message(treasury)
    assert not (treasury.path / ".git/gitbtc/passed.json").exists()


def side(repo: Repo, name: str) -> str:
    """A commit beside HEAD; its oid."""
    tree = repo.git("rev-parse", "HEAD^{tree}").strip()
    return repo.git("commit-tree", "-p", "HEAD", "-m", name, tree)


@pytest.mark.parametrize("other", ["the index", "HEAD", "a rewrite", "what is merged", "a setting"])
def test_what_was_looked_at_is_not_taken_for_anything_else(treasury: Repo, other: str) -> None:
    heads = [side(treasury, name) for name in ("theirs", "others")]
    merged = treasury.path / ".git/MERGE_HEAD"
    if other in ("what is merged", "a setting"):  # which counts in a merge
        merged.write_text(heads[0])
    treasury.write("notes.txt", "one")
    treasury.git("add", "-A")
    looked_at(treasury, {"GITBTC_ALLOW_REWRITE": "1"} if other == "a rewrite" else None)
    if other == "the index":
        treasury.write("notes.txt", "two")
        treasury.git("add", "-A")
    elif other == "HEAD":
        treasury.git(*WITHOUT_GITBTC, "commit", "-q", "--allow-empty", "--only", "-m", "another")
    elif other == "what is merged":
        merged.write_text(heads[1])
    elif other == "a setting":
        treasury.git("config", "gitbtc.unattributed", "allow")
    treasury.git("commit", "-q", "--no-verify", "-m", "one")
    assert "Looked: once" not in message(treasury)


def test_what_cannot_be_read_has_not_been_looked_at(treasury: Repo) -> None:
    transactions(treasury, spend("aa", coin(0)), spend("bb", coin(0)))
    treasury.git("add", "-A")
    for text in ("", "{", "[]", '{"gitbtc.passed/v1": 7}'):
        (treasury.path / ".git/gitbtc/passed.json").write_text(text)
        assert coin(0)["txid"] in treasury.run("git", "commit", "--no-verify", "-m", "both", ok=(1,)).stderr


def without_python(repo: Repo, name: str) -> None:
    """Have one hook find no Python: it stops whatever it cannot decide without."""
    hook = repo.path / ".git/hooks" / name
    hook.write_text(re.sub("(?m)^python=.*", "python=/nowhere/python", hook.read_text()))


def wrapped(repo: Repo, name: str, *lines: str) -> None:
    """Have one hook do something once gitbtc has said yes, as where several are configured."""
    hook = repo.path / ".git/hooks" / name
    hook.rename(hook.with_suffix(".before"))
    hook.write_text("\n".join(["#!/bin/sh", '"$0".before "$@" || exit', *lines, ""]))
    hook.chmod(0o755)


@pytest.mark.own_interpreters
@pytest.mark.parametrize(
    "command",
    [["commit", "-q", "-m", "one"], ["commit", "-q", "-a", "-m", "one"], ["commit", "-q", "-m", "one", "notes.txt"],
     ["merge", "-q", "--no-edit", "theirs"]],
    ids=["commit", "commit -a", "commit PATH", "merge"],
)  # fmt: skip
def test_where_there_is_nothing_to_say_no_python_starts_for_the_message(treasury: Repo, command: list[str]) -> None:
    treasury.git("branch", "theirs", side(treasury, "theirs").strip())
    treasury.write("notes.txt", "none")
    treasury.commit("notes")
    without_python(treasury, "prepare-commit-msg")
    without_python(treasury, "post-merge")
    if command[0] == "commit":
        treasury.write("notes.txt", "one")
        treasury.git("add", "-A")
    head = treasury.git("rev-parse", "HEAD")
    assert treasury.run("git", *command).stderr == ""
    assert treasury.git("rev-parse", "HEAD^") == head
    left = {path.name for path in (treasury.path / ".git/gitbtc").iterdir()}
    assert not left & {"passed.json", "passed.by", "passed.index", "unvouched.json"}


@pytest.mark.own_interpreters
@pytest.mark.parametrize(
    ("command", "after"),
    [(["commit", "--no-verify", "-m", "one"], ""), (["commit", "--amend", "--no-edit"], ""),
     (["commit", "-m", "This reverts commit " + "ab" * 20], ""), (["commit", "-C", "HEAD"], ""),
     (["commit", "-m", "one"], "echo two >more.txt && git add more.txt"),
     (["commit", "-m", "one"], "echo 1 1 >.git/gitbtc/passed.by"),
     (["commit", "-m", "one"], "sed -i 's/ .*/ 1/' .git/gitbtc/passed.by"),
     (["commit", "-m", "one"], "rm .git/gitbtc/passed.index")],
    ids=["not looked at", "amend", "revert", "the message of another", "another index", "another process",
         "a process of the same number", "torn"],
)  # fmt: skip
def test_what_the_script_cannot_be_sure_of_it_does_not_decide(treasury: Repo, command: list[str], after: str) -> None:
    treasury.write("notes.txt", "one")
    treasury.git("add", "-A")
    wrapped(treasury, "pre-commit", after)
    without_python(treasury, "prepare-commit-msg")
    assert "prepare-commit-msg: gitbtc cannot run here" in treasury.run("git", *command, ok=(1,)).stderr


@pytest.mark.own_interpreters
def test_a_commit_that_has_something_to_say_is_not_decided_by_the_script(treasury: Repo) -> None:
    """Here a coin goes without a word: the message has to vouch for it."""
    paid = spend("aa", coin(0))
    transactions(treasury, paid)
    coins(treasury, change_of(paid))
    treasury.commit("a payment and its change")
    coins(treasury)
    treasury.git("add", "-A")
    without_python(treasury, "prepare-commit-msg")
    assert "prepare-commit-msg: gitbtc cannot run here" in treasury.run("git", "commit", "-m", "x", ok=(1,)).stderr
