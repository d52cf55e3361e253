"""What one hook of a commit leaves for the next, so that nothing is looked at twice, and nothing not at all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.made_state import WITHOUT_GITBTC, coin, spend, transactions

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
    if other == "what is merged":
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
