"""What a source told last, in a ref of its own."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork
from gitbtc.repo.git import Git
from gitbtc.sources.told import OtherWallet, Pin, Source, Told
from tests.sources.test_bringing import bring, commit, files, git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sources.conftest import Node

CHAIN = {"block_time": 1_700_000_000}


@pytest.mark.parametrize(
    ("one", "other", "another"),
    [
        (Pin("main", "a"), Pin("test", "a"), True),
        (Pin("main", "a"), Pin("main", "b"), True),
        (Pin("main", "a"), Pin("main"), False),
        (Pin("main", "a", frozenset("xy")), Pin("main", "renamed", frozenset("yz")), False),
        (Pin("main", "a", frozenset("x")), Pin("main", "a", frozenset("y")), True),
        (Pin("main", "a", frozenset("x")), Pin("main", "a"), False),
    ],
)
def test_which_wallet_it_is(one: Pin, other: Pin, *, another: bool) -> None:
    assert (one.is_another_than(other), other.is_another_than(one)) == (another, another)


def test_what_it_told_is_there_again(root: Path) -> None:
    pin = Pin("regtest", "Zürich", frozenset(["id"]))
    told = Told(pin, {"labels": b"[]\n", "chain": b'{\n"block_height":1\n}\n'}, {"wallet/labels.json": "0" * 40})
    source = Source(Git.at(root), "core", "")
    source.remember(source.store(told, CHAIN["block_time"]))
    source = Source(Git.at(root), "core", "")
    assert source.last() == told
    names = git(root, "ls-tree", "-r", "--name-only", "refs/gitbtc/sources/core").split()
    assert names == ["network/chain.json", "wallet/labels.json"]
    assert Source(Git.at(root), "other", "").last() is None
    assert Source(Git.at(root), "core", "cold").last() is None


def test_the_same_words_again_are_nothing_new(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    bring(root, node)
    oid = git(root, "rev-parse", "refs/gitbtc/sources/core")
    bring(root, node)
    commit(root)
    bring(root, node)
    assert git(root, "rev-parse", "refs/gitbtc/sources/core") == oid


def test_what_only_earlier_answers_said_of_the_wallet_still_counts(root: Path) -> None:
    source = Source(Git.at(root), "core", "")
    source.remember(source.store(Told(Pin("regtest", "a", frozenset("x")), {}, {}), CHAIN["block_time"]))
    assert Pin("regtest").with_what(Pin("regtest", "a", frozenset("x"))) == Pin("regtest", "a", frozenset("x"))
    assert str(Pin("regtest", "\x1b[2Ja")) == 'the wallet "[2Ja" (regtest)'


def test_a_ref_that_holds_something_else_is_told(node: Node, root: Path) -> None:
    git(root, "commit", "-q", "--allow-empty", "-m", "mine")
    git(root, "update-ref", "refs/gitbtc/sources/core", "HEAD")
    with pytest.raises(CannotWork, match=r"`git update-ref -d refs/gitbtc/sources/core` forgets it"):
        bring(root, node)


def test_it_is_known_in_every_work_tree_and_in_a_repository_of_sha256(node: Node, root: Path, tmp_path: Path) -> None:
    place = tmp_path / "sha256"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", place], check=True)
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="rent")
    bring(place, node)
    commit(place)
    before = files(place)
    bring(place, node)
    git(place, "worktree", "add", "-q", str(tmp_path / "beside"), "-b", "beside")
    bring(tmp_path / "beside", node)
    assert files(place) == {name: content for name, content in files(tmp_path / "beside").items() if name != ".git"}
    assert files(place) == before


def test_another_network_is_another_wallet(node: Node, root: Path) -> None:
    bring(root, node)
    node.chain = "main"
    with pytest.raises(OtherWallet, match=r"a wallet \(main\), and this source is a wallet \(regtest\)"):
        bring(root, node)
